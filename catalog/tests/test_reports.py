"""A merchant reports a wrong match: nothing goes through it until a person decides, and the merchant hears what came of it."""

import datetime as dt

import pytest
from django.utils import timezone

from catalog import reports, review
from catalog.claim import claim_units
from catalog.distribute import explain_absence
from catalog.models import Item, Match, MatchReport, Placement, ReviewCard, Variant, Verdict
from catalog.supply import offers_for
from catalog.tests.cast import level_of, make_item, stock
from catalog.tests.doubted import decide_shelves, match_all, share, share_on_shelf
from catalog.verdicts import say_all
from network.models import Notice
from skuu.kit.errors import Busy, NotFound, NotPossible
from skuu.kit.states import move

pytestmark = pytest.mark.django_db


@pytest.fixture
def boot(alma, bruno):
    """Bruno's link to a boot of which he has none and Alma has three."""
    row = share_on_shelf(bruno, alma)
    Variant.everyone.filter(shop__in=[alma, bruno]).update(barcode="9520000054014")
    return row


def wanted(shop):
    return list(Placement.everyone.filter(shop=shop).values_list("wanted", flat=True))


def report(row, shop, reason="other_colour", note="Mine is white.", by="bea"):
    return reports.report_match(row, shop.merchant, reason, note, by=by)


def snapshot():
    return (
        list(Match.everyone.order_by("pk").values_list("pk", "status", "method")),
        list(Verdict.objects.order_by("pk").values_list("pk", "same", "undone_at")),
        list(MatchReport.everyone.order_by("pk").values_list("pk", "status", "words")),
        list(ReviewCard.everyone.order_by("pk").values_list("pk", "status", "about")),
        list(Placement.everyone.order_by("pk").values_list("pk", "wanted")),
        Notice.everyone.count(),
    )


# --- reporting --------------------------------------------------------------------------------------------------------
def test_a_report_takes_the_variant_off_the_shelf_at_once_and_asks_a_person(boot, bruno, alma):
    assert wanted(bruno) == [3]
    made = report(boot, bruno)
    boot.refresh_from_db()
    assert (boot.status, made.status) == ("ask", "open")
    assert wanted(bruno) == [0]  # no sweep had to run for it
    assert offers_for(bruno, [boot.item_id])[boot.item_id] == []
    card = ReviewCard.everyone.get(kind="report")
    assert (card.status, card.product_id, made.card_id) == ("open", boot.variant.product_id, card.pk)
    assert card.reason == "Bruno says: It is another colour."
    assert card.about["words"][0]["note"] == "Mine is white."
    assert (card.about["shop"], card.about["by"], card.about["match"]) == ("Bruno", "bea", boot.pk)
    assert (card.about["report"], card.about["held_units"]) == (made.pk, 0)
    theirs = Match.everyone.get(shop=alma).variant
    assert card.candidates[0]["sizes"] == [
        {"mine": boot.variant_id, "theirs": theirs.pk, "label": "42", "theirs_label": "42"}
    ]
    assert explain_absence(bruno, boot.variant) == ["A person is still asked whether a partner's product is the same."]


def test_others_in_the_item_go_on_without_the_one_who_reported(boot, bruno, alma, cara):
    stock(cara, Item.objects.get(pk=boot.item_id), 0)
    decide_shelves({boot.item_id})
    report(boot, bruno)
    assert (wanted(bruno), wanted(cara)) == ([0], [3])


def test_matching_again_does_not_link_what_is_reported(boot, bruno):
    report(boot, bruno)
    Variant.everyone.update(match_due_at=timezone.now(), norm_version=0)
    match_all()
    boot.refresh_from_db()
    assert boot.status == "ask"
    assert not Match.everyone.filter(variant=boot.variant, status="linked").exists()


def test_reported_twice_the_words_are_added_to_the_first(boot, bruno):
    first = report(boot, bruno)
    assert report(boot, bruno, "other_size", "And 43.", by="ben") == first
    assert report(boot, bruno, "other_size", "And 43.", by="ben") == first
    kept = MatchReport.everyone.get()
    assert [(one["by"], one["reason"], one["note"]) for one in kept.words] == [
        ("bea", "other_colour", "Mine is white."),
        ("ben", "other_size", "And 43."),
    ]
    assert ReviewCard.everyone.get(kind="report").about["words"] == kept.words
    assert Verdict.objects.filter(undone_at=None).count() == 1


def test_a_strangers_match_is_not_there_and_nothing_changes(boot, cara, alma):
    before = snapshot()
    with pytest.raises(NotFound):
        report(boot, cara)
    with pytest.raises(NotFound):
        report(boot, alma)  # a partner in the very same item, but it is not her variant
    assert snapshot() == before


def test_an_unknown_reason_or_a_match_that_stands_for_nothing_is_refused(boot, bruno, alma):
    before = snapshot()
    with pytest.raises(NotPossible) as refused:
        report(boot, bruno, "ugly")
    assert refused.value.code == "unknown_reason"
    assert snapshot() == before
    Match.everyone.filter(shop=alma).update(status="withdrawn")
    before = snapshot()
    with pytest.raises(NotPossible) as refused:
        report(boot, bruno)
    assert refused.value.code == "not_linked"
    assert snapshot() == before


def test_a_merchant_reports_only_so_many_in_a_day(boot, bruno, alma, monkeypatch):
    monkeypatch.setattr(reports, "MOST_A_DAY", 1)
    report(boot, bruno)
    (second,) = share(bruno, alma, 1)
    before = snapshot()
    with pytest.raises(reports.TooManyReports) as refused:
        report(second, bruno)
    assert (refused.value.status, snapshot()) == (429, before)
    report(boot, bruno, note="More about the first is welcome.")
    MatchReport.everyone.update(created_at=timezone.now() - dt.timedelta(days=1, minutes=1))
    assert report(second, bruno).status == "open"


def test_units_of_open_orders_are_named_on_the_card_and_stay_held(boot, bruno, alma):
    level = level_of(Match.everyone.get(shop=alma).variant)
    claim_units("order_line:7", [(level.pk, 2)])
    report(boot, bruno)
    assert ReviewCard.everyone.get(kind="report").about["held_units"] == 2
    level.refresh_from_db()
    assert level.claimed == 2


# --- deciding ---------------------------------------------------------------------------------------------------------
def test_the_same_after_all_restores_the_link_and_the_shelf_and_the_merchant_is_told(boot, bruno, alma):
    made = report(boot, bruno)
    assert reports.answer_report(made.card, True, by="sam") == "refused"
    decide_shelves()
    boot.refresh_from_db()
    made.refresh_from_db()
    assert (boot.status, boot.method, boot.decided_by) == ("linked", "person", "sam")
    assert (made.status, made.decided_by, wanted(bruno)) == ("refused", "sam", [3])
    said = Verdict.objects.filter(undone_at=None).values_list("variant__shop__name", "same", "by")
    assert set(said) == {("Bruno", True, "sam"), ("Alma", True, "sam")}
    notice = Notice.everyone.get()
    assert (notice.shop, notice.kind, notice.link) == (bruno, "match_report", f"/products/{boot.variant.product_id}/")
    assert notice.subject == "Checked after your report: Boot, 42 is the same"
    assert "Alma" not in notice.subject + notice.body
    Variant.everyone.update(match_due_at=timezone.now(), norm_version=0)
    match_all()
    boot.refresh_from_db()
    assert boot.status == "linked"


def test_not_the_same_keeps_them_apart_for_ever_and_the_merchant_is_told(boot, bruno):
    made = report(boot, bruno)
    assert reports.answer_report(made.card, False, by="sam") == "upheld"
    Variant.everyone.update(match_due_at=timezone.now(), norm_version=0)
    match_all()
    decide_shelves()
    boot.refresh_from_db()
    assert (boot.status, wanted(bruno)) == ("rejected", [0])
    assert not Match.everyone.filter(variant=boot.variant, status="linked").exists()
    standing = Verdict.objects.get(undone_at=None)
    assert (standing.same, standing.by) == (False, "sam")
    assert Notice.everyone.get().subject == "Your report was right: Boot, 42"


def test_a_decided_report_is_not_decided_again_and_nothing_changes(boot, bruno):
    made = report(boot, bruno)
    reports.answer_report(made.card, False, by="sam")
    before = snapshot()
    with pytest.raises(NotPossible):
        reports.answer_report(made.card, True, by="ina")
    assert snapshot() == before


def test_a_card_another_reviewer_holds_is_refused(boot, bruno):
    made = report(boot, bruno)
    ReviewCard.everyone.update(taken_by="ina", taken_until=timezone.now() + dt.timedelta(minutes=5))
    before = snapshot()
    with pytest.raises(Busy):
        reports.answer_report(made.card, True, by="sam")
    assert snapshot() == before


@pytest.mark.parametrize("same", [True, False])
def test_a_decision_taken_back_waits_again_with_nothing_on_the_shelf(boot, bruno, same):
    made = report(boot, bruno)
    reports.answer_report(made.card, same, by="sam")
    decide_shelves()
    reports.undo_report(made.card, by="sam")
    boot.refresh_from_db()
    made.refresh_from_db()
    assert (boot.status, made.status, made.card.status) == ("ask", "open", "open")
    assert wanted(bruno) == [0]
    assert Verdict.objects.get(undone_at=None).same is False
    assert reports.answer_report(made.card, True, by="sam") == "refused"
    decide_shelves()
    assert wanted(bruno) == [3]


def test_after_a_refusal_the_merchant_may_report_anew(boot, bruno):
    made = report(boot, bruno)
    reports.answer_report(made.card, True, by="sam")
    boot.refresh_from_db()
    again = report(boot, bruno, "other_version", "The sole is another one.")
    assert again != made
    assert MatchReport.everyone.filter(status="open").count() == 1


def test_a_place_that_another_variant_took_meanwhile_is_not_taken_from_it(boot, bruno):
    made = report(boot, bruno)
    other = stock(bruno, Item.objects.get(pk=boot.item_id), 0)
    assert reports.answer_report(made.card, True, by="sam") == "refused"
    boot.refresh_from_db()
    assert boot.status == "ask"
    assert Match.everyone.get(shop=bruno, status="linked").variant == other


def test_an_item_that_went_into_another_meanwhile_is_restored_as_that_other(boot, bruno, alma):
    made = report(boot, bruno)
    heir = make_item()
    Match.everyone.filter(shop=alma).update(item=heir)
    Item.objects.filter(pk=boot.item_id).update(merged_into=heir)
    reports.answer_report(made.card, True, by="sam")
    boot.refresh_from_db()
    assert boot.status == "withdrawn"
    assert Match.everyone.get(shop=bruno, status="linked").item == heir
    decide_shelves({heir.pk})
    assert wanted(bruno) == [3]


# --- taken back by the merchant ---------------------------------------------------------------------------------------
def test_a_report_taken_back_restores_link_shelf_and_what_was_known_of_it(boot, bruno):
    known = (boot.method, boot.evidence, boot.probability, boot.decided_by)
    made = report(boot, bruno)
    assert reports.withdraw_report(boot, bruno.merchant, by="bea").pk == made.pk
    boot.refresh_from_db()
    made.refresh_from_db()
    assert (boot.status, boot.method, boot.evidence, boot.probability, boot.decided_by) == ("linked", *known)
    assert (made.status, made.decided_by, made.outcome) == (
        "withdrawn",
        "bea",
        "You took this report back before anybody decided.",
    )
    assert wanted(bruno) == [3]
    card = ReviewCard.everyone.get(kind="report")
    assert (card.status, card.changes.order_by("pk").last().reason) == ("moot", "the merchant took its report back")
    assert not Verdict.objects.filter(undone_at=None).exists()


def test_taking_back_again_changes_nothing(boot, bruno):
    report(boot, bruno)
    reports.withdraw_report(boot, bruno.merchant, by="bea")
    before = snapshot()
    assert reports.withdraw_report(boot, bruno.merchant, by="ben").decided_by == "bea"
    assert snapshot() == before


def test_what_a_person_had_said_before_the_report_holds_again(boot, bruno):
    say_all({(boot.variant_id, boot.item_id): {"card": 1}}, same=True, by="sam")
    report(boot, bruno)
    assert Verdict.objects.get(undone_at=None).same is False
    reports.withdraw_report(boot, bruno.merchant, by="bea")
    standing = Verdict.objects.get(undone_at=None)
    assert (standing.same, standing.by) == (True, "sam")


@pytest.mark.parametrize("same", [True, False])
def test_a_decided_report_and_one_that_never_was_are_not_taken_back(boot, bruno, same):
    with pytest.raises(NotPossible):
        reports.withdraw_report(boot, bruno.merchant, by="bea")
    made = report(boot, bruno)
    reports.answer_report(made.card, same, by="sam")
    before = snapshot()
    with pytest.raises(NotPossible):
        reports.withdraw_report(boot, bruno.merchant, by="bea")
    assert snapshot() == before


def test_nobody_takes_anothers_report_back(boot, bruno, alma, cara):
    report(boot, bruno)
    before = snapshot()
    for shop in (alma, cara):
        with pytest.raises(NotFound):
            reports.withdraw_report(boot, shop.merchant, by="x")
    assert snapshot() == before


def test_a_reviewer_who_held_its_card_is_told_and_decides_nothing(boot, bruno):
    card = report(boot, bruno).card
    review.take_card(card, by="sam")
    reports.withdraw_report(boot, bruno.merchant, by="bea")
    before = snapshot()
    with pytest.raises(NotPossible):
        review.reject_card(card, by="sam")
    assert snapshot() == before


def test_a_place_taken_meanwhile_stays_taken(boot, bruno):
    report(boot, bruno)
    other = stock(bruno, Item.objects.get(pk=boot.item_id), 0, sku="other")
    reports.withdraw_report(boot, bruno.merchant, by="bea")
    boot.refresh_from_db()
    assert boot.status == "withdrawn"
    assert Match.everyone.get(shop=bruno, status="linked").variant_id == other.pk


def test_a_report_can_be_made_anew_after_it_was_taken_back(boot, bruno):
    first = report(boot, bruno)
    reports.withdraw_report(boot, bruno.merchant, by="bea")
    second = report(boot, bruno)
    assert (second.pk != first.pk, second.status, wanted(bruno)) == (True, "open", [0])


def test_a_report_nobody_need_decide_any_more_is_closed(boot, bruno):
    made = report(boot, bruno)
    assert reports.close_ended_reports() == 0
    assert MatchReport.everyone.get().status == "open"
    Variant.everyone.filter(pk=boot.variant_id).update(deleted_at=timezone.now())
    assert reports.close_ended_reports() == 1
    made.refresh_from_db()
    assert (made.status, made.decided_by) == ("moot", "network")
    assert made.outcome == "The match ended before anybody had to decide."
    assert ReviewCard.everyone.get(kind="report").status == "moot"
    assert Verdict.objects.filter(variant=boot.variant_id, same=False, undone_at=None).count() == 1
    before = snapshot()
    assert reports.close_ended_reports() == 0
    assert snapshot() == before


def test_a_report_whose_match_was_decided_elsewhere_is_closed(boot, bruno):
    report(boot, bruno)
    boot.refresh_from_db()
    move(boot, "rejected", by="ruth", reason="a card about the product said so")
    assert reports.close_ended_reports() == 1
    assert MatchReport.everyone.get().status == "moot"
