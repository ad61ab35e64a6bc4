"""What is at stake: stock-outs that a "same" would fill × price × probability, in EUR cents."""

import pytest

from catalog import review, stakes
from catalog.models import ReviewCard
from catalog.tests.asked import ask, sell
from catalog.tests.cast import open_shop, put

pytestmark = pytest.mark.django_db


@pytest.fixture
def alma(db):
    return open_shop("Alma")


@pytest.fixture
def bruno(db):
    return open_shop("Bruno", "DE")


def worth(card):
    while stakes.weigh_due():
        pass
    return ReviewCard.everyone.get(pk=card.pk).money_minor


def test_a_size_counts_where_one_shop_is_out_and_the_other_is_not_at_the_price_of_the_one_that_is_out(alma, bruno):
    sizes = ("40", "41", "42", "43")
    mine = sell(alma, sizes=sizes, units={"41": 2, "42": 1}, price=9000)
    theirs = sell(bruno, sizes=sizes, units={"40": 3, "42": 5}, price=12000)
    # 40: Alma sells at 90; 41: Bruno sells at 120; 42: both have it; 43: nobody has
    assert worth(ask(mine, theirs, score=0.9)) == round(0.9 * (9000 + 12000))


def test_a_card_is_worth_what_its_best_candidate_is_worth(alma, bruno):
    mine = sell(alma, price=9000)
    nothing, plenty = sell(bruno), sell(bruno, units={"41": 1, "42": 1})
    assert worth(ask(mine, nothing, plenty, score=0.9)) == round(0.7 * 2 * 9000)


def test_other_currencies_are_worth_their_euros(bruno):
    sven = open_shop("Sven", "SE")
    mine = sell(sven, sizes=("41",), price=109780)
    assert worth(ask(mine, sell(bruno, sizes=("41",), units={"41": 1}), score=1.0)) == 10000


def test_what_is_never_out_of_stock_fills_nothing(alma, bruno):
    mine = sell(alma, sizes=("41", "42"))
    mine[0].inventory_item.tracked = False
    mine[0].inventory_item.save()
    mine[1].sells_without_stock = True
    mine[1].save()
    assert worth(ask(mine, sell(bruno, units={"41": 1, "42": 1}))) == 0


def test_stock_of_a_closed_location_and_a_deleted_size_count_for_nothing(alma, bruno):
    mine, theirs = sell(alma), sell(bruno, units={"41": 1, "42": 1})
    card = ask(mine, theirs)
    bruno.locations.update(is_active=False)
    assert worth(card) == 0


def test_cards_are_weighed_again_after_an_hour_and_the_queue_follows(alma, bruno):
    first = ask(sell(alma), sell(bruno, units={"41": 1}), score=1.0)
    second_mine = sell(alma, title="Other")
    second = ask(second_mine, sell(bruno, units={"41": 1, "42": 1}), score=1.0)
    assert (worth(first), worth(second)) == (10000, 20000)
    assert [card.pk for card in review.waiting(review.EVERYTHING)] == [second.pk, first.pk]
    for variant in second_mine:
        put(variant, 9)
    assert stakes.weigh_due() == 0
    ReviewCard.everyone.filter(pk=second.pk).update(weighed_at="2026-01-01T00:00:00Z")
    assert worth(second) == 0
    assert [card.pk for card in review.waiting(review.EVERYTHING)] == [first.pk, second.pk]


def test_an_audit_keeps_the_worth_its_own_verb_gave_it(alma, bruno):
    audit = ask(sell(alma), sell(bruno, units={"41": 1}), kind="audit", money_minor=777)
    assert worth(audit) == 777
