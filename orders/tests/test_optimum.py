"""The engine's plans cost what an independent solver of integer programmes says is the least, under every policy."""

import os
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orders.routing import POLICIES, Demand, Destination, Offer, Promise, Way, plan_order
from orders.tests.optimum import least_objective

HAARLEM = Destination("NL", "2011")
PROMISE = Promise(3)
DEEP = bool(os.environ.get("SKUU_DEEP"))
PLACES = [("NL", "3012"), ("NL", "9711"), ("DE", "10115"), ("FR", "75001"), ("BE", "9000"), ("NL", "1012")]
BANDS = (1_000, 2_000, 5_000, 10_000, 20_000, 30_000)
SLOW = Way("Slow post", "near", BANDS, (300, 350, 420, 700, 900, 1_500), 3, 6)
QUICK = Way("Quick post", "near", BANDS, (900, 930, 1_000, 1_300, 2_000, 2_700), 1, 1)


@st.composite
def orders(draw, most_units=12):
    """Draw an order of up to twelve units whose stock is scarce at every place, now and then with shippers that said no."""
    items = draw(st.integers(1, 4))
    demands, left = [], most_units
    for line in range(1, draw(st.integers(items, 5)) + 1):
        units = draw(st.integers(1, max(1, min(4, left - (5 - line)))))
        left -= units
        declined = frozenset(draw(st.sets(st.integers(1, 6), max_size=1)))
        demands.append(Demand(line, (line - 1) % items + 1, units, (400, 900, 1_500, 2_500)[line % items], declined))
    offers = []
    for shipper in range(1, draw(st.integers(2, 6)) + 1):
        country, postcode = PLACES[shipper - 1]
        ways = draw(st.sampled_from([(), (SLOW,), (SLOW, QUICK)]))
        for item in range(1, items + 1):
            free, risk, given_bp = draw(st.integers(0, 3)), draw(st.sampled_from([0, 700, 2_500])), shipper * 900
            offers.append(
                Offer(
                    shipper,
                    shipper,
                    shipper * 10 + item,
                    item,
                    free,
                    country,
                    postcode,
                    risk_bp=risk,
                    given_bp=given_bp,
                    fresh_bp=item * 1_000,
                    ways=ways,
                    km=float(shipper * 70),
                )  # fmt: skip
            )
    return demands, offers


def objective(found, weights):
    return found.cost_minor + found.parcels * weights.parcel


@pytest.mark.parametrize("policy", POLICIES)
@given(problem=orders())
@settings(max_examples=100 if DEEP else 5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_plan_is_the_optimum_of_an_integer_programme(policy, problem):
    demands, offers = problem
    found = plan_order(demands, offers, HAARLEM, PROMISE, policy=policy)
    served = {one.line for one in found.allotments}
    assert found.exact
    assert found.gap_minor == 0
    if served:
        lines = [demand for demand in demands if demand.line in served]
        weights = POLICIES[policy]
        assert objective(found, weights) == least_objective(lines, offers, HAARLEM, PROMISE, weights)


@pytest.mark.parametrize("policy", POLICIES)
def test_six_lines_and_sixty_candidates_cost_what_the_integer_programme_says(policy):
    dice, weights = random.Random(5), POLICIES[policy]
    demands = [Demand(line, line, dice.randint(1, 2), dice.choice((300, 900, 1_400))) for line in range(1, 7)]
    offers = [
        Offer(at, at, at * 10 + item, item, dice.randint(1, 2), *PLACES[at % 6], days=at % 6 + 1, risk_bp=at * 37 % 900)
        for at in range(60)
        for item in range(1, 7)
        if dice.random() < 0.3
    ]
    found = plan_order(demands, offers, HAARLEM, PROMISE, policy=policy)
    assert not found.unserved
    assert objective(found, weights) == least_objective(demands, offers, HAARLEM, PROMISE, weights)


def test_twelve_lines_of_one_unit_each_are_divided_exactly():
    demands = [Demand(line, line, 1, 700) for line in range(1, 13)]
    offers = [
        Offer(at, at, at * 100 + item, item, 1, *PLACES[at % 6], risk_bp=at * 91 % 800)
        for at in range(1, 9)
        for item in range(1, 13)
        if (at + item) % 3
    ]
    found = plan_order(demands, offers, HAARLEM, PROMISE)
    assert found.exact
    weights = POLICIES["fewest_parcels"]
    assert objective(found, weights) == least_objective(demands, offers, HAARLEM, PROMISE, weights)


@given(seed=st.integers(0, 10_000), policy=st.sampled_from(sorted(POLICIES)))
@settings(max_examples=60 if DEEP else 3, deadline=None)
def test_an_order_too_large_for_that_is_within_its_reported_gap(seed, policy):
    dice, weights = random.Random(seed), POLICIES[policy]
    demands = [Demand(line, line, dice.randint(2, 3), dice.choice((300, 900))) for line in range(1, 10)]
    offers = [
        Offer(at, at, at * 100 + item, item, dice.randint(1, 5), *PLACES[at % 6], risk_bp=at * 91 % 800)
        for at in range(1, 8)
        for item in range(1, 10)
        if dice.random() < 0.8
    ]
    found = plan_order(demands, offers, HAARLEM, PROMISE, policy=policy)
    lines = [demand for demand in demands if demand.line in {one.line for one in found.allotments}]
    least = least_objective(lines, offers, HAARLEM, PROMISE, weights)
    assert not found.exact
    assert found.trace["parcels_at_least"] <= found.parcels
    assert objective(found, weights) >= least
    if found.parcels * weights.parcel <= least:  # as few parcels as the optimum
        assert objective(found, weights) - least <= found.gap_minor
