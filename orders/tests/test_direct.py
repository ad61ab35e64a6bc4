"""Where goods go that come back: by the selling merchant's rule, with every place's figures and a reason that is kept."""

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from catalog.models import Demand
from orders.direct import choose_rule, direct_return, rule_of
from orders.models import InternalOrder, Return, ReturnRule
from orders.restock import receiver_of, restock_due
from orders.return_goods import announce_return, inspect_return
from orders.returning import Place, choose_place
from skuu.kit.errors import NotPossible

ALMA = Place(1, "Alma", "shipper", 70.0, 3, 2)
BRUNO = Place(2, "Bruno", "origin", 20.0, 9, 0)
SOUTH = Place(3, "Bruno South", "origin", 5.0, 1, 0)


class TestChoosing:
    """Pure: no shop, no clock."""

    @pytest.mark.parametrize(
        ("rule", "shop", "why"),
        [
            ("shipper", 1, "Returns go back to who shipped them."),
            ("origin", 2, "You keep what your customers send back."),
            ("nearest", 3, "Bruno South is nearest to the customer: 5 km."),
            ("next_seller", 2, "Bruno is likely to sell it next: 9 asked for in 90 days, 0 in stock."),
        ],
    )
    def test_each_rule_chooses_and_says_why(self, rule, shop, why):
        choice = choose_place(rule, "too_small", [ALMA, BRUNO, SOUTH])
        assert (choice.shop, choice.why) == (shop, why)

    @pytest.mark.parametrize("reason", ["faulty", "wrong_item", "undeliverable"])
    def test_what_its_sender_got_wrong_goes_to_its_sender(self, reason):
        assert [choose_place(rule, reason, [ALMA, BRUNO, SOUTH]).shop for rule in ReturnRule.NAMES] == [1, 1, 1, 1]

    def test_a_shipper_who_takes_nothing_back_leaves_it_to_the_selling_shop(self):
        late = Place(1, "Alma", "shipper", 1.0, 9, 0, "Alma takes nothing back after 2026-11-01.")
        choice = choose_place("shipper", "faulty", [late, BRUNO])
        assert (choice.shop, choice.why) == (2, "Alma takes nothing back after 2026-11-01. You keep the goods.")
        assert choose_place("nearest", "other", [late, BRUNO]).shop == 2

    def test_without_figures_it_goes_back_to_who_shipped_it(self):
        nobody = [Place(1, "Alma", "shipper"), Place(2, "Bruno", "origin")]
        assert [choose_place(rule, "other", nobody).shop for rule in ("nearest", "next_seller")] == [1, 1]

    places = st.builds(
        Place, st.integers(3, 9), st.just("x"), st.sampled_from(["origin", "taker"]),
        st.none() | st.floats(0, 2000), st.integers(0, 50), st.integers(0, 50), st.sampled_from(["", "no"]),
    )  # fmt: skip

    @given(st.sampled_from(ReturnRule.NAMES), st.sampled_from(sorted(Return.REASONS)), st.lists(places, max_size=5))
    def test_nobody_who_was_refused_is_ever_chosen(self, rule, reason, others):
        choice = choose_place(rule, reason, [ALMA, BRUNO, *others])
        assert any(
            place.shop == choice.shop and place.role == choice.role and not place.refused for place in choice.places
        )


@pytest.fixture
def sent(market):
    """One unit of 42 that Alma shipped for Bruno to Amsterdam; Cara is another shop of Bruno's."""
    type(market.cara).everyone.filter(pk=market.cara.pk).update(merchant=market.bruno.merchant)
    market.buy(market.bruno, ("42", 1))
    market.settle()
    market.ship(InternalOrder.everyone.get())
    market.sweep()
    return InternalOrder.everyone.select_related("shipper", "order__shop__merchant").get()


def announce(sent):
    return announce_return(sent, [(sent.lines.get().pk, 1)], reason="too_small", destination="rule", by="bruno")


def test_a_rule_is_a_version_and_the_same_again_is_none(market):
    merchant = market.bruno.merchant
    assert (rule_of(merchant).rule, rule_of(merchant).version) == ("shipper", 0)
    made = choose_rule(merchant, "nearest", takes_over=False, by="bruno")
    assert (made.version, choose_rule(merchant, "nearest", takes_over=False, by="bruno")) == (1, None)
    with pytest.raises(NotPossible):
        choose_rule(merchant, "cheapest", takes_over=False, by="bruno")
    assert [row.rule for row in ReturnRule.everyone.all()] == ["nearest"]


def test_the_nearest_of_our_shops_keeps_it_and_nobodys_figures_move(market, sent):
    choose_rule(market.bruno.merchant, "nearest", takes_over=False, by="bruno")
    type(market.bruno).everyone.filter(pk=market.bruno.pk).update(postcode="6211 CP", city="Maastricht")
    sent.refresh_from_db()
    sent = InternalOrder.everyone.select_related("shipper", "order__shop__merchant").get()
    made = announce(sent)
    assert (made.destination, made.receiver_id) == ("origin", market.cara.pk)
    assert made.why_there == "cara-mode is nearest to the customer: 34 km."
    assert [place["name"] for place in made.considered["places"]] == ["alma-studio", "bruno-schoenen", "cara-mode"]
    assert (made.considered["rule"], made.considered["version"]) == ("nearest", 1)
    figures = [market.available(shop, "42") for shop in (market.alma, market.bruno, market.cara)]
    inspect_return(made, {made.lines.get().line_id: {"as_new": 1}}, by="cara")
    assert (restock_due(), receiver_of(made).pk) == (0, market.cara.pk)
    assert [market.available(shop, "42") for shop in (market.alma, market.bruno, market.cara)] == figures


def test_the_shop_that_was_asked_for_it_most_is_likely_to_sell_it_next(market, sent):
    choose_rule(market.bruno.merchant, "next_seller", takes_over=False, by="bruno")
    variant, item = market.variant(market.cara, "42"), market.items["42"]
    for number in range(4):
        Demand.objects.create(
            shop=market.cara,
            variant=variant,
            item=item,
            key=f"wish:{number}",
            units=2,
            outcome="lost",
            at=timezone.now(),
        )
    directed = direct_return(sent, [sent.lines.get().pk], reason="too_small")
    assert (directed.destination, directed.receiver) == ("origin", market.cara.pk)
    assert directed.why == "cara-mode is likely to sell it next: 8 asked for in 90 days, 0 in stock."
    figures = {place["name"]: (place["sold"], place["has"]) for place in directed.considered["places"]}
    assert figures == {"alma-studio": (1, 2), "bruno-schoenen": (1, 0), "cara-mode": (8, 0)}


def test_changing_the_rule_leaves_what_is_announced_alone(market, sent):
    made = announce(sent)
    choose_rule(market.bruno.merchant, "origin", takes_over=False, by="bruno")
    made.refresh_from_db()
    assert (made.destination, made.considered["version"]) == ("shipper", 0)
