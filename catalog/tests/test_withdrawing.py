"""What a stopped class linked and nobody confirmed is taken back on a person's word, and becomes questions."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from catalog import gates, tasks, withdrawing
from catalog.distribute import distribute_due
from catalog.models import EvidenceClass, Match, Placement, ReviewCard, Verdict
from catalog.tests.cast import open_shop
from catalog.tests.doubted import match_all, share
from network.models import User
from skuu.kit.errors import NotPossible
from skuu.testing.signing_in import signed_in
from skuu.testing.world import load_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def links():
    bruno, alma = open_shop("Bruno"), open_shop("Alma")
    return share(bruno, alma, 3, units=2)


def stop(name="gtin"):
    EvidenceClass.objects.filter(pk=name).update(status="stopped")


def linked(name="gtin"):
    return Match.everyone.filter(status="linked", method=name).count()


def test_unproven_links_are_taken_back_batch_by_batch_and_confirmed_ones_stay(links, monkeypatch):
    monkeypatch.setattr(withdrawing, "BATCH", 2)
    for variant in Match.everyone.filter(item=links[0].item_id).values_list("variant_id", flat=True):
        Verdict.objects.create(variant_id=variant, item_id=links[0].item_id, same=True, by="sam")
    stop()
    assert withdrawing.withdraw_class("gtin", by="ina") == 4
    assert withdrawing.withdraw_due() == 2
    assert linked() == 4
    tasks.withdraw_links()
    assert linked() == 2
    assert EvidenceClass.objects.get(pk="gtin").withdrawing_by == ""
    links[1].refresh_from_db()
    change = links[1].changes.get()
    assert (change.to_status, change.by) == ("withdrawn", "ina")
    while distribute_due():
        pass
    assert set(Placement.everyone.filter(wanted__gt=0).values_list("item", flat=True)) <= {links[0].item_id}


def test_a_class_that_is_not_stopped_keeps_its_links(links):
    with pytest.raises(NotPossible):
        withdrawing.withdraw_class("gtin", by="ina")
    assert withdrawing.withdraw_due() == 0
    assert linked() == 6


def test_a_class_reopened_meanwhile_keeps_what_it_has_left(links, monkeypatch):
    monkeypatch.setattr(withdrawing, "BATCH", 2)
    stop()
    withdrawing.withdraw_class("gtin", by="ina")
    withdrawing.withdraw_due()
    gates.reopen_class("gtin", reason="It was a mistake.", by="ina")
    assert withdrawing.withdraw_due() == 0
    assert linked() == 4


def test_what_is_taken_back_becomes_questions():
    load_world("tiny")
    match_all()
    assert linked() > 0
    stop()
    withdrawing.withdraw_class("gtin", by="ina")
    tasks.withdraw_links()
    match_all()
    assert linked() == 0
    assert ReviewCard.everyone.filter(status="open", kind="question", evidence_class="gtin_guarded").exists()
    assert Match.everyone.filter(status="linked", method="code").exists()


def test_the_class_page_previews_and_asks_for_it(links):
    stop()
    staff = signed_in(User.objects.create_superuser("ina", "ina@example.com", "x"), second_factor=True)
    reader = User.objects.create_user("rita", "rita@example.com", "x", is_staff=True)
    reader.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    page = staff.get(reverse("admin:catalog_evidenceclass_change", args=["gtin"])).content.decode()
    assert "Yes, take back 6 links" in page
    where = reverse("admin:evidence_class_withdraw", args=["gtin"])
    assert signed_in(reader, second_factor=True).post(where).status_code == 403
    assert EvidenceClass.objects.get(pk="gtin").withdrawing_by == ""
    staff.post(where)
    assert EvidenceClass.objects.get(pk="gtin").withdrawing_by == "ina"
