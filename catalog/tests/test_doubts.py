"""Audits and reports pass through the same desk as questions, and every answer can be taken back there."""

import pytest

from catalog import gates, reports, review
from catalog.models import Audit, MatchReport, ReviewCard
from catalog.tests.cast import open_shop
from catalog.tests.doubted import share

pytestmark = pytest.mark.django_db


@pytest.fixture
def link():
    bruno, alma = open_shop("Bruno"), open_shop("Alma")
    (row,) = share(bruno, alma, 1, units=3)
    return row


def status(row):
    row.refresh_from_db()
    return row.status


def test_an_audit_is_answered_and_undone_at_the_desk(link):
    gates.draw_audits()
    card = Audit.objects.get(match=link).card
    assert review.approve_card(card, by="sam") == 1
    assert Audit.objects.get(match=link).right is True
    review.undo_card(card, by="sam")
    assert Audit.objects.get(match=link).right is None
    review.reject_card(card, by="sam")
    assert (status(link), Audit.objects.get(match=link).right) == ("rejected", False)
    review.undo_last("sam")
    assert (status(link), status(card)) == ("linked", "open")


def test_a_report_is_answered_and_undone_at_the_desk(link):
    made = reports.report_match(link, link.shop.merchant, "other_colour", by="bea")
    review.reject_card(made.card, by="sam")
    assert (status(link), status(made)) == ("rejected", "upheld")
    review.undo_last("sam")
    assert (status(link), status(made)) == ("ask", "open")
    assert review.approve_card(ReviewCard.everyone.get(pk=made.card_id), by="sam") == 1
    assert (status(link), status(made)) == ("linked", "refused")
    assert MatchReport.everyone.count() == 1


def test_reports_and_audits_are_given_to_reviewers_and_a_report_first(link):
    other = share(open_shop("Berta"), open_shop("Anna"), 1)[0]
    gates.draw_audits()
    reports.report_match(other, other.shop.merchant, "other", by="bea")
    assert review.take_next("sam").kind == "report"
    review.skip_card(review.take_next("sam"), by="sam")
    assert review.take_next("sam").kind == "audit"
