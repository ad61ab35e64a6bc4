"""People in real threads: audits answered at once are all counted, a card has one answer, a match one report."""

import datetime as dt
import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from catalog import gates, reports
from catalog.models import Audit, EvidenceClass, Match, MatchReport, ReviewCard, Verdict
from catalog.tests.cast import open_shop
from catalog.tests.doubted import share
from skuu.kit.errors import SkuuError

_names = itertools.count()


@pytest.fixture
def links(own_database):
    """Ten links of a class of its own, so that the module's tests do not count each other's answers."""
    number = next(_names)
    bruno, alma = open_shop(f"Bruno{number}"), open_shop(f"Alma{number}")
    made = share(bruno, alma, 10, method=f"kind{number}")
    gates.draw_audits(dt.date(2026, 11, 1) + dt.timedelta(days=40 * number))
    return made


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """Make all calls at the same moment; an error of ours is a result too."""

    def run(call: Callable[[], Any]) -> Any:
        try:
            return call()
        except SkuuError as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def cards_of(links):
    """The cards drawn of the links' class, whichever of the two shops' products they are about."""
    drawn = Audit.objects.filter(evidence_class=links[0].method, card__isnull=False)
    return [audit.card for audit in drawn.select_related("card").order_by("pk")]


def test_audits_answered_at_once_are_all_counted(links):
    cards = cards_of(links)
    assert len(cards) >= 5
    answers = at_once(
        [lambda card=card, n=n: gates.answer_audit(card, True, by=f"r{n}") for n, card in enumerate(cards)]
    )
    assert answers == ["provisional"] * len(cards)
    row = EvidenceClass.objects.get(pk=links[0].method)
    assert (row.audited, row.audited_right) == (len(cards), len(cards))


def test_two_wrong_answers_at_once_stop_the_class_once(links):
    cards = cards_of(links)[:2]
    assert at_once([lambda card=card: gates.answer_audit(card, False, by="r") for card in cards]) == ["stopped"] * 2
    row = EvidenceClass.objects.get(pk=links[0].method)
    assert (row.status, row.audited, row.audited_right, row.changes.count()) == ("stopped", 2, 0, 1)


def test_a_card_that_two_people_answer_at_once_has_one_answer(links):
    card = cards_of(links)[0]
    answers = at_once([lambda same=same: gates.answer_audit(card, same, by=f"says {same}") for same in (True, False)])
    refused = [one for one in answers if isinstance(one, SkuuError)]
    assert [one.code for one in refused] == ["already_decided"]
    audit = Audit.objects.get(card=card)
    assert audit.by == f"says {audit.right}"
    assert set(Verdict.objects.filter(seen__audit=audit.pk, undone_at=None).values_list("same", flat=True)) == {
        audit.right
    }


def test_a_match_reported_by_many_at_once_has_one_report_and_one_card(links):
    match = links[0]
    merchant = match.shop.merchant
    made = at_once(
        [lambda n=n: reports.report_match(match, merchant, "other", f"word {n}", by=f"m{n}") for n in range(5)]
    )
    assert len({one.pk for one in made}) == 1
    report = MatchReport.everyone.get(match=match)
    assert sorted(one["note"] for one in report.words) == [f"word {n}" for n in range(5)]
    assert ReviewCard.everyone.filter(kind="report", about__match=match.pk).count() == 1
    assert Match.everyone.get(pk=match.pk).status == "ask"
