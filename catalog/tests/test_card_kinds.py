"""Cards of every kind: audits, merchants' reports and disputes are answered where questions are."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog import gates, reports, review, second_look
from catalog.models import Match, ReviewCard
from catalog.sight import see_card
from catalog.tests.asked import HTMX, ask, decide_at_desk, reviewer, sell
from catalog.tests.cast import link, make_item, open_shop
from skuu.testing.signing_in import signed_in

pytestmark = pytest.mark.django_db
MOST_QUERIES = 54


@pytest.fixture
def shops(db):
    return open_shop("Alma"), open_shop("Bruno", "DE")


@pytest.fixture
def desk(shops):
    return signed_in(reviewer("sam"), second_factor=True)


@pytest.fixture
def linked(shops):
    (mine,), (theirs,) = sell(shops[0], sizes=("42",)), sell(shops[1], sizes=("42",))
    item = make_item()
    link(theirs, item)
    return link(mine, item)


@pytest.fixture
def audit(linked):
    gates.draw_audits()
    return ReviewCard.everyone.filter(kind="audit").first()


def test_an_audit_asks_whether_the_linked_are_the_same_and_a_yes_keeps_the_link(desk, audit):
    page = desk.get(reverse("admin:review"), {"pile": "audit"}).content.decode()
    assert "These are linked. Are they really the same?" in page
    assert "1 size is linked" in page
    assert decide_at_desk(desk, audit, "approve", candidate="0").status_code == 200
    audit.refresh_from_db()
    assert (audit.status, audit.decided_by) == ("approved", "sam")
    assert audit.changes.get(to_status="approved").seen["0"]["mine"]["title"] == audit.product.title
    assert Match.everyone.filter(status="linked").count() == 2


def test_an_audit_answered_no_unlinks_and_undo_links_again(desk, audit):
    decide_at_desk(desk, audit, "reject")
    audit.refresh_from_db()
    assert (audit.status, Match.everyone.filter(status="rejected").count()) == ("rejected", 1)
    desk.post(reverse("admin:review_undo_last"), headers=HTMX)
    audit.refresh_from_db()
    assert (audit.status, Match.everyone.filter(status="linked").count()) == ("open", 2)


def test_a_report_shows_the_merchants_words_and_a_no_upholds_it(desk, linked):
    reports.report_match(linked, linked.shop.merchant, "other_colour", "Ours is <navy>.", by="owner")
    card = ReviewCard.everyone.get(kind="report")
    page = desk.get(reverse("admin:review"), {"pile": "report"}).content.decode()
    assert "It is another colour." in page
    assert "Ours is &lt;navy&gt;." in page
    assert "is withdrawn until this is decided" in page
    decide_at_desk(desk, card, "reject")
    linked.refresh_from_db()
    assert linked.status == "rejected"
    card.refresh_from_db()
    assert card.status == "rejected"


def test_a_report_answered_yes_links_again_and_undo_takes_that_back(desk, linked):
    reports.report_match(linked, linked.shop.merchant, "other_size", by="owner")
    card = ReviewCard.everyone.get(kind="report")
    decide_at_desk(desk, card, "approve", candidate="0")
    linked.refresh_from_db()
    assert linked.status == "linked"
    desk.post(reverse("admin:review_undo", args=[card.pk]), headers=HTMX)
    linked.refresh_from_db()
    assert linked.status == "ask"


def test_a_dispute_shows_what_both_said_to_a_third_only(desk, shops):
    card = ask(sell(shops[0]), sell(shops[1]))
    review.approve_card(card, by="ann")
    second_look.draw_second(ReviewCard.everyone.get(pk=card.pk))
    review.reject_card(ReviewCard.everyone.get(kind="double"), by="ben")
    page = desk.get(reverse("admin:review"), {"pile": "dispute"}).content.decode()
    assert "<strong>ann</strong>: the same as the product of Bruno" in page
    assert "<strong>ben</strong>: none of them" in page
    assert "No questions are waiting" in desk.get(reverse("admin:review")).content.decode()


def test_colours_are_classes_and_nothing_carries_a_style(desk, shops):
    ask(sell(shops[0]), sell(shops[1], colour_key="navy/red"))
    page = desk.get(reverse("admin:review")).content.decode().split('id="desk"')[1].split("</article>")[0]
    assert 'class="tone tone-navy"' in page
    assert " style=" not in page


@pytest.mark.parametrize("what", ["approve", "reject"])
def test_a_decision_and_the_next_card_cost_the_same_queries_however_many_candidates_and_sizes(
    desk, shops, what, django_assert_num_queries
):
    sizes = tuple(str(size) for size in range(36, 48))
    small = ask(sell(shops[0]), sell(shops[1]), money_minor=9)
    large = ask(sell(shops[0], sizes=sizes), *(sell(shops[1], sizes=sizes) for _ in range(8)), money_minor=8)
    ask(sell(shops[0], sizes=sizes), *(sell(shops[1], sizes=sizes) for _ in range(8)), money_minor=7)
    desk.get(reverse("admin:review"))
    with CaptureQueriesContext(connection) as counted:
        assert decide_at_desk(desk, small, what, candidate="0").status_code == 200
    digest = see_card(large).digest
    with django_assert_num_queries(len(counted)):
        assert decide_at_desk(desk, large, what, candidate="0", digest=digest).status_code == 200
    assert len(counted) <= MOST_QUERIES
