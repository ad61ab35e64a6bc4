"""Settlement's jobs run by themselves: a shipment rings, a finished week closes, the night proves the books."""

import datetime as dt

import pytest
import time_machine

from settlement.models import Cycle, Entry, Line, Statement
from settlement.tasks import close_due, post_shipped, prove_books
from settlement.tests.cast import make_internal_order, make_merchant, make_shop
from skuu.kit.models import Bell
from skuu.kit.states import move

pytestmark = pytest.mark.django_db

SWEEP = "settlement.tasks.post_shipped"


@pytest.fixture
def parties():
    return make_shop(make_merchant("Bruno")), make_shop(make_merchant("Alma"))


def test_a_shipment_rings_the_sweep_and_nothing_else_does(parties, django_capture_on_commit_callbacks):
    order = make_internal_order(*parties, status="placed")
    with django_capture_on_commit_callbacks(execute=True):
        move(order, "accepted", by="Alma")
    assert not Bell.objects.filter(name=SWEEP).exists()
    with django_capture_on_commit_callbacks(execute=True):
        move(order, "shipped", by="Alma", shipped_at=dt.datetime.now(dt.UTC))
    assert Bell.objects.get(name=SWEEP).pressed_at is not None
    assert post_shipped() == 1
    assert Bell.objects.get(name=SWEEP).pressed_at is None
    assert Entry.objects.get().internal_order_id == order.pk


def test_the_week_closes_by_itself_on_monday_and_only_once(parties):
    with time_machine.travel(dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC), tick=False) as clock:
        make_internal_order(*parties)
        assert close_due() == 0
        clock.move_to(dt.datetime(2026, 11, 23, 6, tzinfo=dt.UTC))
        make_internal_order(*parties)
        assert close_due() == 2
        assert close_due() == 0
    assert Cycle.objects.get().through == dt.date(2026, 11, 22)
    assert sorted(Statement.everyone.values_list("line_count", flat=True)) == [2, 2]


def test_the_nightly_proof_counts_what_does_not_hold(parties):
    make_internal_order(*parties)
    post_shipped()
    assert prove_books() == 0
    account = Line.objects.order_by("pk")[0].account
    account.balance.amount += 1
    account.balance.save()
    assert prove_books() == 3
