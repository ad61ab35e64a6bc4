"""The back office's first page names what waits for a person, to those who may see it, and leads to it."""

import re

import pytest
from django.urls import reverse

from settlement.models import Dispute, Payment
from skuu.testing.scene import open_scene
from skuu.tests.test_doors import ALMA, World
from skuu.waiting import KINDS, what_waits

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    return open_scene()


@pytest.fixture
def world(scene):
    made = World(scene)
    made.sign_in()
    return made


def everything(_permission: str) -> bool:
    return True


def test_every_kind_counts_its_rows_and_its_page_opens_for_staff_without_being_sent_on(world):
    browser = world.browser("staff")
    told = {one.title: one for one in what_waits(everything)}
    assert told["Open disputes"].count == Dispute.everyone.filter(status="open").count() > 0
    assert told["Matches to decide"].count == 2
    for kind in KINDS:
        answer = browser.get(reverse(f"admin:{kind.page}") + (f"?{kind.asked}" if kind.asked else ""))
        assert answer.status_code == 200, kind.title


def test_what_is_decided_waits_no_more(scene):
    Payment.everyone.create(
        number="P-900001", kind="fee", payer=scene.shops[ALMA].merchant, amount=100, currency="EUR", parts=[],
        due_on="2026-11-01", prepared_by="ina",
    )  # fmt: skip
    assert {one.title: one.count for one in what_waits(everything)}["Payments to approve"] == 1
    Payment.everyone.filter(number="P-900001").update(status="approved", approved_by="ben")
    assert "Payments to approve" not in {one.title for one in what_waits(everything)}


def test_who_may_not_see_disputes_is_not_told_of_them(world):
    assert "Open disputes" not in {one.title for one in what_waits(lambda named: named != "settlement.view_dispute")}


def test_the_first_page_shows_it_with_a_number_and_nothing_when_nothing_waits(world):
    browser = world.browser("staff")
    page = browser.get("/admin/").content.decode()
    assert "Open disputes" in page
    assert re.search(r'waits-count">\s*2\s*<', page)
    assert "Nothing waits for a person." not in page
