"""Audits measure each class of evidence; the bound that proves it, the bound that stops it, and who may re-open it."""

import datetime as dt

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog import gates, tasks
from catalog.distribute import distribute_due
from catalog.mark import mark_items
from catalog.models import Audit, EvidenceClass, Match, Placement, ReviewCard, Variant, Verdict
from catalog.tests.cast import stock
from catalog.tests.doubted import checked, match_all, share
from network.models import User
from skuu.kit.errors import Busy, NotFound, NotPossible
from skuu.testing.world import load_world

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 11, 2)


def status(name="gtin"):
    return EvidenceClass.objects.get(pk=name).status


def figures(name="gtin"):
    return next(one for one in gates.class_figures() if one.name == name)


def drawn_cards(name="gtin"):
    return list(ReviewCard.everyone.filter(kind="audit", evidence_class=name).order_by("pk"))


def snapshot():
    return (
        list(Match.everyone.order_by("pk").values_list("pk", "status")),
        list(Verdict.objects.order_by("pk").values_list("pk", "same", "undone_at")),
        list(Audit.objects.order_by("pk").values_list("pk", "right")),
        list(ReviewCard.everyone.order_by("pk").values_list("pk", "status", "decided_by")),
        list(EvidenceClass.objects.order_by("pk").values_list("pk", "status", "audited")),
    )


# --- drawing ----------------------------------------------------------------------------------------------------------
def test_a_days_share_is_drawn_and_a_month_of_them_is_300_or_more(alma, bruno):
    share(bruno, alma, 20)
    assert gates.draw_audits(DAY) == 11
    assert 28 * 11 >= 300
    assert Audit.objects.filter(evidence_class="gtin", answered_at=None).count() == 11
    assert figures().waiting == 11


def test_the_same_day_draws_once_and_a_link_is_never_drawn_twice(alma, bruno):
    share(bruno, alma, 20)
    gates.draw_audits(DAY)
    assert gates.draw_audits(DAY) == 0
    first = set(Audit.objects.values_list("match_id", flat=True))
    gates.draw_audits(DAY + dt.timedelta(days=1))
    second = set(Audit.objects.values_list("match_id", flat=True)) - first
    assert len(first) == len(Audit.objects.filter(match__in=first)) == 11
    assert second
    assert not first & second


def test_a_small_network_is_drawn_as_far_as_it_goes(alma, bruno):
    share(bruno, alma, 2)
    assert gates.draw_audits(DAY) == 4  # both ends of both items; each end is a link of its own
    assert gates.draw_audits(DAY + dt.timedelta(days=1)) == 0


def test_days_that_were_missed_are_made_up_for_within_a_week(alma, bruno):
    EvidenceClass.objects.filter(pk="gtin").update(checks_a_month=28)
    share(bruno, alma, 20)
    assert gates.draw_audits(DAY) == 1
    assert gates.draw_audits(DAY + dt.timedelta(days=3)) == 3
    assert gates.draw_audits(DAY + dt.timedelta(days=40)) == 7


def test_the_same_links_and_day_draw_the_same_sample(alma, bruno):
    share(bruno, alma, 30)
    gates.draw_audits(DAY)
    first = list(Audit.objects.order_by("pk").values_list("match_id", flat=True))
    ReviewCard.everyone.all().delete()
    Audit.objects.all().delete()
    EvidenceClass.objects.update(drawn_on=None)
    gates.draw_audits(DAY)
    assert list(Audit.objects.order_by("pk").values_list("match_id", flat=True)) == first
    Audit.objects.all().delete()
    ReviewCard.everyone.all().delete()
    EvidenceClass.objects.update(drawn_on=None)
    gates.draw_audits(DAY + dt.timedelta(days=1))
    assert list(Audit.objects.order_by("pk").values_list("match_id", flat=True)) != first


def test_only_links_the_machine_made_and_a_partner_shares_are_drawn(alma, bruno):
    (alone,) = share(bruno, alma, 1)
    Match.everyone.filter(item=alone.item_id, shop=alma).update(status="withdrawn")
    share(bruno, alma, 1, method="person")
    (seen,) = share(bruno, alma, 1)
    for variant in Match.everyone.filter(item=seen.item_id).values_list("variant_id", flat=True):
        Verdict.objects.create(variant_id=variant, item_id=seen.item_id, same=True, by="sam")
    assert gates.draw_audits(DAY) == 0


def test_a_kind_of_evidence_that_is_new_comes_under_audit_by_itself(alma, bruno):
    share(bruno, alma, 1, method="style")
    assert gates.draw_audits(DAY) == 2
    assert status("style") == "provisional"


def test_the_card_shows_the_link_beside_everybody_else_of_the_item(alma, bruno):
    (row,) = share(bruno, alma, 1)
    gates.draw_audits(DAY)
    card = Audit.objects.get(match=row).card
    theirs = Match.everyone.get(item=row.item_id, shop=alma).variant
    assert (card.kind, card.status, card.product_id) == ("audit", "open", row.variant.product_id)
    assert (card.money_minor, card.about) == (10000, {"match": row.pk})
    assert card.candidates == [
        {
            "product": theirs.product_id,
            "score": 0.999,
            "why": ["The barcode stands once in each of 2 shops."],
            "read_on": row.decided_at.date().isoformat(),
            "sizes": [{"mine": row.variant_id, "theirs": theirs.pk, "label": "42", "theirs_label": "42"}],
        }
    ]


def test_drawing_asks_no_more_queries_for_more_links(alma, bruno, django_assert_max_num_queries):
    share(bruno, alma, 40)
    with django_assert_max_num_queries(60):
        assert gates.draw_audits(DAY) == 11


def test_an_audit_whose_link_ended_is_closed_and_counts_for_nothing(alma, bruno):
    (row,) = share(bruno, alma, 1)
    gates.draw_audits(DAY)
    Match.everyone.filter(pk=row.pk).update(status="withdrawn")
    gates.draw_audits(DAY + dt.timedelta(days=1))
    audit = Audit.objects.get(match=row)
    assert (audit.card.status, audit.answered_at) == ("moot", None)
    assert figures().checked == 0


# --- answering --------------------------------------------------------------------------------------------------------
def test_a_right_link_counts_and_becomes_a_verdict(alma, bruno):
    (row,) = share(bruno, alma, 1)
    gates.draw_audits(DAY)
    card = Audit.objects.get(match=row).card
    assert gates.answer_audit(card, True, by="sam") == "provisional"
    card.refresh_from_db()
    audit = Audit.objects.get(match=row)
    assert (card.status, card.decided_by, audit.right, audit.by) == ("approved", "sam", True, "sam")
    said = Verdict.objects.filter(item=row.item_id, undone_at=None)
    theirs = Match.everyone.get(item=row.item_id, shop=alma).variant_id
    assert set(said.values_list("variant_id", "same", "by")) == {
        (row.variant_id, True, "sam"),
        (theirs, True, "sam"),
    }
    assert (figures().checked, figures().wrong, figures().precision) == (1, 0, 1.0)
    row.refresh_from_db()
    assert (row.status, row.method) == ("linked", "gtin")


def test_a_wrong_link_is_ended_its_placements_go_and_the_machine_does_not_make_it_again(alma, bruno):
    checked("gtin", 300)
    (row,) = share(bruno, alma, 1, units=3)
    for variant in (row.variant, Match.everyone.get(item=row.item_id, shop=alma).variant):
        Variant.everyone.filter(pk=variant.pk).update(barcode="9520000054014")
    mark_items({row.item_id})
    while distribute_due():
        pass
    assert Placement.everyone.get(shop=bruno, item=row.item_id).wanted == 3
    gates.draw_audits(DAY)
    assert gates.answer_audit(Audit.objects.get(match=row).card, False, by="sam") == "provisional"
    while distribute_due():
        pass
    row.refresh_from_db()
    assert row.status == "rejected"
    assert Placement.everyone.get(shop=bruno, item=row.item_id).wanted == 0
    assert Verdict.objects.get(variant=row.variant, undone_at=None).same is False
    Variant.everyone.filter(
        shop__in=[alma, bruno], pk__in=Match.everyone.filter(item=row.item_id).values("variant")
    ).update(match_due_at=timezone.now(), norm_version=0)
    match_all()
    row.refresh_from_db()
    assert row.status == "rejected"
    assert not Match.everyone.filter(variant=row.variant, status="linked").exists()
    assert (figures().checked, figures().wrong) == (301, 1)


def test_598_clean_checks_prove_a_class_and_staff_are_told(alma, bruno):
    User.objects.create_user("sam", "sam@network.example", "x", is_staff=True)
    checked("gtin", 597)
    (row,) = share(bruno, alma, 1)
    assert (figures().needed, round(figures().lower, 5)) == (1, 0.99499)
    gates.draw_audits(DAY)
    assert status() == "provisional"
    assert gates.answer_audit(Audit.objects.get(match=row).card, True, by="sam") == "proven"
    kept = EvidenceClass.objects.get(pk="gtin")
    assert (kept.audited, kept.audited_right, figures().needed) == (598, 598, 0)
    assert gates.announce_classes() == 1
    assert [message.subject for message in mail.outbox][0].endswith("“Same barcode” is proven")
    assert mail.outbox[0].bcc == ["sam@network.example"]
    assert gates.announce_classes() == 0


def test_a_class_is_stopped_when_chance_no_longer_explains_its_errors(alma, bruno):
    User.objects.create_user("sam", "sam@network.example", "x", is_staff=True)
    checked("gtin", 295, wrong=4)
    first, second = share(bruno, alma, 2)
    gates.draw_audits(DAY)
    assert status() == "provisional"  # 4 of 299: the upper bound is still above 99.5 %
    assert gates.answer_audit(Audit.objects.get(match=first).card, False, by="sam") == "stopped"
    assert figures().upper < 0.995
    second.refresh_from_db()
    assert second.status == "linked"  # what it linked before stays until somebody looks
    tasks.announce_classes()
    assert mail.outbox[0].subject.endswith("“Same barcode” no longer links by itself")
    assert "Checked 300, wrong 5" in mail.outbox[0].body
    history = EvidenceClass.objects.get(pk="gtin").changes.get()
    assert (history.from_status, history.to_status, history.by) == ("provisional", "stopped", "gates")
    assert history.reason.startswith("295 of 300 checks were right")


def test_a_bad_month_stops_a_class_that_three_good_months_would_carry(alma):
    checked("gtin", 700, answered_at=timezone.now() - dt.timedelta(days=60))
    assert gates.evaluate_class("gtin") == "proven"
    checked("gtin", 95, wrong=3)
    assert figures().upper > 0.995 > figures().recent_upper
    assert gates.evaluate_class("gtin") == "stopped"


def test_answers_older_than_the_window_no_longer_count_and_a_proven_class_falls_back(alma):
    checked("gtin", 598, answered_at=timezone.now() - dt.timedelta(days=89))
    assert gates.evaluate_class("gtin") == "proven"
    Audit.objects.update(answered_at=timezone.now() - dt.timedelta(days=91))
    assert gates.evaluate_class("gtin") == "provisional"
    assert figures().checked == 0


def test_an_answered_card_is_refused_and_nothing_changes(alma, bruno):
    (row,) = share(bruno, alma, 1)
    gates.draw_audits(DAY)
    card = Audit.objects.get(match=row).card
    gates.answer_audit(card, True, by="sam")
    before = snapshot()
    with pytest.raises(NotPossible) as refused:
        gates.answer_audit(card, False, by="ina")
    assert refused.value.code == "already_decided"
    assert snapshot() == before


def test_a_card_another_reviewer_holds_is_refused_and_nothing_changes(alma, bruno):
    (row,) = share(bruno, alma, 1)
    gates.draw_audits(DAY)
    card = Audit.objects.get(match=row).card
    ReviewCard.everyone.filter(pk=card.pk).update(taken_by="ina", taken_until=timezone.now() + dt.timedelta(minutes=5))
    before = snapshot()
    with pytest.raises(Busy):
        gates.answer_audit(card, True, by="sam")
    assert snapshot() == before


def test_a_question_is_not_answered_as_an_audit(alma, bruno):
    variant = stock(alma, None)
    card = ReviewCard.everyone.create(product=variant.product, reason="?", evidence_class="title")
    with pytest.raises(NotPossible) as refused:
        gates.answer_audit(card, True, by="sam")
    assert refused.value.code == "another_kind"


def test_taking_a_wrong_answer_back_links_again_and_uncounts_it(alma, bruno):
    checked("gtin", 300)
    (row,) = share(bruno, alma, 1)
    gates.draw_audits(DAY)
    card = Audit.objects.get(match=row).card
    gates.answer_audit(card, False, by="sam")
    assert gates.undo_audit(card, by="sam") == "provisional"
    row.refresh_from_db()
    card.refresh_from_db()
    assert (row.status, row.method, card.status, card.taken_by) == ("linked", "gtin", "open", "sam")
    assert not Verdict.objects.filter(undone_at=None).exists()
    assert (figures().checked, figures().wrong, figures().waiting) == (300, 0, 2)
    assert gates.answer_audit(card, True, by="sam") == "provisional"
    assert (figures().checked, figures().wrong) == (301, 0)


# --- re-opening -------------------------------------------------------------------------------------------------------
def test_a_person_reopens_a_stopped_class_with_a_reason_and_its_checks_begin_anew(alma):
    checked("gtin", 10, wrong=5)
    assert gates.evaluate_class("gtin") == "stopped"
    assert gates.evaluate_class("gtin") == "stopped"
    gates.reopen_class("gtin", reason="The shop that copied barcodes has left.", by="ina")
    assert status() == "provisional"
    assert (figures().checked, figures().needed) == (0, 598)
    assert gates.evaluate_class("gtin") == "provisional"
    last = EvidenceClass.objects.get(pk="gtin").changes.order_by("-pk").first()
    assert (last.to_status, last.by, last.reason) == ("provisional", "ina", "The shop that copied barcodes has left.")


@pytest.mark.parametrize(
    ("name", "reason", "error"), [("gtin", " ", NotPossible), ("gtin", "because", NotPossible), ("no", "x", NotFound)]
)
def test_a_class_is_not_reopened_without_a_reason_nor_when_it_runs(name, reason, error):
    with pytest.raises(error):
        gates.reopen_class(name, reason=reason, by="ina")
    assert status() == "provisional"
    assert EvidenceClass.objects.get(pk="gtin").changes.count() == 0


def test_a_stopped_class_asks_about_new_rows_and_a_reopened_one_links_them():
    EvidenceClass.objects.filter(pk="gtin").update(status="stopped")
    load_world("tiny")
    match_all()
    assert not Match.everyone.filter(status="linked", method="gtin").exists()
    gates.reopen_class("gtin", reason="A test of it.", by="ina")
    match_all()
    assert Match.everyone.filter(status="linked", method="gtin").count() > 0


def test_what_a_class_linked_before_it_was_stopped_stays_when_its_rows_are_matched_again():
    load_world("tiny")
    match_all()
    before = set(Match.everyone.filter(status="linked").values_list("variant_id", "item_id", "method"))
    assert {method for _, _, method in before} == {"gtin", "code"}
    EvidenceClass.objects.filter(pk="gtin").update(status="stopped")
    Variant.everyone.update(match_due_at=timezone.now(), norm_version=0)
    match_all()
    assert set(Match.everyone.filter(status="linked").values_list("variant_id", "item_id", "method")) == before


def test_an_answer_does_not_count_every_link_there_is(alma, bruno):
    (row,) = share(bruno, alma, 1)
    gates.draw_audits(DAY)
    card = Audit.objects.get(match=row).card
    with CaptureQueriesContext(connection) as asked:
        gates.answer_audit(card, True, by="sam")
    assert [query["sql"] for query in asked if 'COUNT("catalog_match"' in query["sql"]] == []
