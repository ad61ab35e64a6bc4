"""Reviewers in real threads: each card is given to one of them, and decided once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from catalog import bulk, review
from catalog.bulk_pattern import Pattern
from catalog.models import BulkDecision, Match, Product, ReviewCard, ReviewCardChange
from catalog.review import QueueFilter
from catalog.tests.asked import ask, sell
from catalog.tests.cast import open_shop

CARDS, REVIEWERS = 24, 6


@pytest.fixture
def cards(own_database):
    shop = open_shop("Alma")
    products = Product.everyone.bulk_create(
        Product(shop=shop, remote_id=f"p{n}", title=f"Boot {n}") for n in range(CARDS)
    )
    return ReviewCard.everyone.bulk_create(
        ReviewCard(product=product, reason="?", evidence_class="title", money_minor=100) for product in products
    )


def test_reviewers_in_a_rush_never_share_a_card(cards):
    def work(name):
        done = []
        try:
            while (card := review.take_next(name)) is not None:
                review.skip_card(card, by=name)
                done.append(card.pk)
        finally:
            connections.close_all()
        return done

    with ThreadPoolExecutor(REVIEWERS) as pool:
        shares = list(pool.map(work, [f"reviewer {n}" for n in range(REVIEWERS)]))
    given = [pk for share in shares for pk in share]
    assert sorted(given) == sorted(card.pk for card in cards)
    assert not review.waiting(QueueFilter()).exists()
    assert all(card.changes.filter(to_status="skipped").count() == 1 for card in cards)


def test_workers_in_a_rush_decide_each_card_of_a_bulk_decision_once(own_database):
    dora, egon = open_shop("Dora"), open_shop("Egon", "DE")
    for n in range(CARDS):
        ask(sell(dora, f"Boot {n}", ("42",)), sell(egon, f"Boot {n}", ("42",)))
    made = bulk.preview_bulk(Pattern("title", brand="fjord"), by="sam")
    bulk.confirm_bulk(made, digest=made.digest, by="sam")

    def work(_):
        try:
            while bulk.go_on(BulkDecision.objects.get(pk=made.pk)):
                pass
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    while bulk.go_on_with_all():
        pass
    assert list(made.cards.values_list("status", flat=True)) == ["decided"] * CARDS
    assert ReviewCardChange.objects.filter(to_status="approved").count() == CARDS
    assert Match.everyone.filter(status="linked", method="person").count() == CARDS
    assert BulkDecision.objects.get().status == "decided"
