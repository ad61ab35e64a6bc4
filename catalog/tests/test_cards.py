"""Questions are thought over again when a product they show becomes something else, and only then."""

import pytest
from django.utils import timezone

from catalog import cards
from catalog.models import Product, ReviewCard, Variant
from catalog.tests.small_network import match_all, open_shops, sell

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked():
    """A product of Alma's that nothing but its title connects with Bruno's; returns the one open card and both products."""
    alma, bruno = open_shops("Alma", "Bruno")
    for shop in (alma, bruno):
        sell(shop, {"42": "", "43": ""}, title="Nordwand Trail Runner Zephyr", colour="Black")
    match_all()
    card = ReviewCard.everyone.filter(status="open", kind="question").order_by("pk").first()
    assert card is not None
    return card, card.product, Product.everyone.get(pk=card.candidates[0]["product"])


def rename(product, title):
    Product.everyone.filter(pk=product.pk).update(title=title)
    Variant.everyone.filter(product=product).update(match_due_at=timezone.now())
    match_all()


def test_a_candidate_that_was_renamed_is_shown_as_it_is_now(asked):
    card, _, theirs = asked
    before = card.candidates[0]
    rename(theirs, "Nordwand Trail Runner Zephyr 2")
    card.refresh_from_db()
    after = card.candidates[0]
    assert (card.status, after["product"]) == ("open", theirs.pk)
    assert after["why"] != before["why"]
    assert after["score"] < before["score"]


def test_a_candidate_that_became_another_thing_leaves_the_question(asked):
    card, _, theirs = asked
    rename(theirs, "Fjord Wool Scarf")
    card.refresh_from_db()
    assert card.status == "moot"


def test_nothing_is_thought_over_twice(asked):
    card, mine, theirs = asked
    for product in (mine, theirs):
        Product.everyone.filter(pk=product.pk).update(cards_due_at=timezone.now())
    kept = list(ReviewCard.everyone.order_by("pk").values())
    assert cards.ask_due() == 2
    assert cards.ask_due() == 0
    assert list(ReviewCard.everyone.order_by("pk").values()) == kept
    card.refresh_from_db()
    assert card.candidates[0]["read"]
