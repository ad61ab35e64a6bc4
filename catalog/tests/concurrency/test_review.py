"""Reviewers in real threads: each card is given to one of them, and decided once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from catalog import review
from catalog.models import Product, ReviewCard
from catalog.review import QueueFilter
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
