"""A second look: another person, blind; agreement measured; a third settles what they dispute, and the first stands until then."""

import datetime as dt

import pytest
from django.utils import timezone

from catalog import review, second_look
from catalog.models import Match, ReviewCard, Verdict
from catalog.review import QueueFilter
from catalog.reviewing.agreement import measure_agreement
from catalog.sight import see_card
from catalog.tests.asked import ask, sell
from catalog.tests.cast import open_shop
from skuu.kit.errors import NotAllowed, NotPossible

pytestmark = pytest.mark.django_db
DISPUTES = QueueFilter(kind="dispute")


@pytest.fixture
def card(settings):
    settings.REVIEW_TWICE_PERCENT = 100
    alma, bruno, cara = open_shop("Alma"), open_shop("Bruno", "DE"), open_shop("Cara", "DE")
    return ask(sell(alma), sell(bruno), sell(cara), money_minor=5000)


def second_of(card):
    return ReviewCard.everyone.get(first=card, kind="double")


def linked():
    return set(Match.everyone.filter(status="linked", method="person").values_list("variant_id", flat=True))


def test_a_decided_question_is_asked_again_of_somebody_else_and_looks_the_same(card):
    review.approve_card(card, by="sam")
    double = second_of(card)
    assert (double.status, double.money_minor, double.candidates) == ("open", 5000, card.candidates)
    assert review.take_next("sam") is None
    assert review.take_next("tess").pk == double.pk
    assert see_card(double).asked == see_card(card).asked
    assert "sam" not in str(see_card(double).trail)


def test_no_card_is_asked_again_when_the_share_is_nothing(card, settings):
    settings.REVIEW_TWICE_PERCENT = 0
    review.approve_card(card, by="sam")
    assert not ReviewCard.everyone.filter(kind="double").exists()


def test_two_who_agree_change_nothing(card):
    review.approve_card(card, by="sam")
    before, verdicts = linked(), Verdict.objects.count()
    review.approve_card(second_of(card), candidate=0, by="tess")
    assert second_of(card).agrees is True
    assert (linked(), Verdict.objects.count()) == (before, verdicts)
    assert not ReviewCard.everyone.filter(kind="dispute").exists()


def test_nobody_looks_a_second_time_at_their_own_decision(card):
    review.approve_card(card, by="sam")
    with pytest.raises(NotAllowed) as refusal:
        review.reject_card(second_of(card), by="sam")
    assert refusal.value.code == "decided_it_yourself"
    assert second_of(card).status == "open"


def test_where_they_differ_the_first_decision_stands_until_a_third_settles_it(card):
    review.approve_card(card, by="sam")
    before = linked()
    review.reject_card(second_of(card), by="tess")
    dispute = ReviewCard.everyone.get(kind="dispute")
    assert second_of(card).agrees is False
    assert linked() == before
    assert ReviewCard.everyone.get(pk=card.pk).status == "approved"
    assert review.take_next("uma") is None
    assert review.take_next("sam", DISPUTES) is None
    assert review.take_next("uma", DISPUTES).pk == dispute.pk


@pytest.mark.parametrize("who", ["sam", "tess"])
def test_neither_of_the_two_settles_their_dispute(card, who):
    review.approve_card(card, by="sam")
    review.reject_card(second_of(card), by="tess")
    dispute = ReviewCard.everyone.get(kind="dispute")
    with pytest.raises(NotAllowed):
        review.reject_card(dispute, by=who)
    assert ReviewCard.everyone.get(pk=dispute.pk).status == "open"
    assert linked()


def test_a_third_who_agrees_with_the_first_leaves_its_links_alone(card):
    review.approve_card(card, by="sam")
    before = linked()
    review.reject_card(second_of(card), by="tess")
    review.approve_card(ReviewCard.everyone.get(kind="dispute"), candidate=0, by="uma")
    assert linked() == before
    assert (ReviewCard.everyone.get(pk=card.pk).decided_by, card.product_id) == ("sam", card.product_id)


def test_a_third_who_rejects_takes_the_links_back_and_keeps_the_pairs_apart(card):
    review.approve_card(card, by="sam")
    review.reject_card(second_of(card), by="tess")
    review.reject_card(ReviewCard.everyone.get(kind="dispute"), by="uma")
    settled = ReviewCard.everyone.get(pk=card.pk)
    assert linked() == set()
    assert (settled.status, settled.decided_by) == ("rejected", "uma")
    assert set(Verdict.objects.filter(undone_at=None).values_list("same", "by")) == {(False, "uma")}
    assert ReviewCard.everyone.get(kind="dispute").status == "rejected"


def test_a_third_may_choose_the_other_candidate(card):
    review.approve_card(card, candidate=0, by="sam")
    review.approve_card(second_of(card), candidate=1, by="tess")
    review.approve_card(ReviewCard.everyone.get(kind="dispute"), candidate=1, by="uma")
    mine, theirs = (card.candidates[1]["sizes"][0][side] for side in ("mine", "theirs"))
    items = Match.everyone.filter(variant__in=(mine, theirs), status="linked").values_list("item_id", flat=True)
    assert len(set(items)) == 1
    assert ReviewCard.everyone.get(pk=card.pk).chosen_product == card.candidates[1]["product"]


def test_undoing_the_first_decision_ends_the_second_look_and_the_dispute(card):
    review.approve_card(card, by="sam")
    review.reject_card(second_of(card), by="tess")
    review.undo_card(card, by="sam")
    assert ReviewCard.everyone.get(kind="dispute").status == "moot"
    assert ReviewCard.everyone.get(pk=card.pk).status == "open"


def test_a_second_word_is_taken_back_until_the_dispute_is_settled(card):
    review.approve_card(card, by="sam")
    review.reject_card(second_of(card), by="tess")
    review.undo_card(second_of(card), by="tess")
    assert (second_of(card).status, second_of(card).agrees) == ("open", None)
    assert ReviewCard.everyone.get(kind="dispute").status == "moot"
    review.reject_card(second_of(card), by="tess")
    review.reject_card(ReviewCard.everyone.get(kind="dispute", status="open"), by="uma")
    with pytest.raises(NotPossible) as refusal:
        review.undo_card(second_of(card), by="tess")
    assert refusal.value.code == "dispute_is_settled"


def test_agreement_counts_second_looks_within_the_time_asked_for(card):
    review.approve_card(card, by="sam")
    review.reject_card(second_of(card), by="tess")
    now = timezone.now()
    found = second_look.agreement(now - dt.timedelta(hours=1), now + dt.timedelta(hours=1))
    assert (found.judged, found.alike) == (1, 0)
    earlier = second_look.agreement(now - dt.timedelta(days=2), now - dt.timedelta(days=1))
    assert (earlier.judged, earlier.percent, earlier.kappa) == (0, 0.0, None)


def test_kappa_says_how_much_of_the_agreement_is_not_chance():
    """The textbook table: 20 both yes, 15 both no, 5 and 10 apart."""
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    found = measure_agreement(pairs)
    assert (found.judged, found.alike, found.percent) == (50, 35, 70.0)
    assert found.kappa == pytest.approx(0.4)
    assert measure_agreement([("y", "y")] * 3).kappa is None
    assert measure_agreement([("y", "y"), ("n", "n")]).kappa == 1.0
