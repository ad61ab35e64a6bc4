"""The plan is the optimum, promises no unit twice, and says what it weighed."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orders.routing import DEFAULT_POLICY, POLICIES, Demand, Destination, Offer, Promise, plan_order
from orders.routing.costs import bundle_cost, place_of, unit_minor

HAARLEM = Destination("NL", "2011")
PROMISE = Promise(3)
WEIGHTS = POLICIES[DEFAULT_POLICY]


def offer(shipper, item, free, *, country="NL", postcode="3012", days=0, risk_bp=0):
    return Offer(shipper, shipper * 10, shipper * 100 + item, item, free, country, postcode, days, risk_bp)


def plan(demands, offers, to=HAARLEM):
    return plan_order(demands, offers, to, PROMISE)


def test_one_partner_that_has_everything_sends_one_parcel():
    found = plan([Demand(1, 7, 1), Demand(2, 8, 1)], [offer(1, 7, 5), offer(2, 8, 5), offer(3, 7, 1), offer(3, 8, 1)])
    assert {(a.line, a.shipper, a.units) for a in found.allotments} == {(1, 3, 1), (2, 3, 1)}
    assert (found.parcels, found.exact, found.unserved) == (1, True, ())


def test_two_units_at_two_partners_are_two_parcels_and_a_third_partner_stays_idle():
    """T3."""
    found = plan([Demand(1, 7, 2)], [offer(1, 7, 1), offer(2, 7, 1), offer(3, 7, 1, country="FI", postcode="00100")])
    assert sorted((a.shipper, a.units) for a in found.allotments) == [(1, 1), (2, 1)]
    assert found.parcels == 2


def test_partners_with_the_same_quantity_add_up():
    """T1."""
    found = plan([Demand(1, 7, 10)], [offer(1, 7, 5), offer(2, 7, 5)])
    assert sum(a.units for a in found.allotments) == 10


def test_two_lines_of_one_item_are_summed():
    found = plan([Demand(1, 7, 1), Demand(2, 7, 1)], [offer(1, 7, 1)])
    assert [a.line for a in found.allotments] == [1]
    assert found.unserved == ((2, "no partner has a free unit to send there"),)


def test_a_line_is_served_whole_or_not_at_all():
    found = plan([Demand(1, 7, 3), Demand(2, 8, 1)], [offer(1, 7, 2), offer(1, 8, 1)])
    assert [(a.line, a.units) for a in found.allotments] == [(2, 1)]
    assert found.unserved == ((1, "only 2 of 3 units left"),)


def test_who_declined_a_line_is_not_asked_again_for_it():
    near, far = offer(1, 7, 1), offer(2, 7, 1, country="PT", postcode="1000")
    found = plan([Demand(1, 7, 1, declined=frozenset({1}))], [near, far])
    assert [a.shipper for a in found.allotments] == [2]
    assert {row["shipper"]: row["refused"] for row in found.trace["candidates"]} == {
        1: "declined this line before",
        2: "",
    }


def test_lines_with_different_exclusions_never_share_a_unit():
    lines = [Demand(1, 7, 1), Demand(2, 7, 1, declined=frozenset({2}))]
    found = plan(lines, [offer(1, 7, 1), offer(2, 7, 1)])
    taken = [(a.level, a.units) for a in found.allotments]
    assert len(taken) == len(set(taken))
    assert all(a.shipper != 2 for a in found.allotments if a.line == 2)


def test_an_offer_that_serves_one_line_of_two_is_not_told_as_refused():
    lines = [Demand(1, 7, 1), Demand(2, 7, 1, declined=frozenset({2}))]
    found = plan(lines, [offer(1, 7, 1), offer(2, 7, 1)])
    assert {row["shipper"]: row["refused"] for row in found.trace["candidates"]} == {1: "", 2: ""}


def test_a_late_partner_loses_to_a_punctual_one_at_the_same_tariff():
    found = plan([Demand(1, 7, 1)], [offer(1, 7, 1, days=6), offer(2, 7, 1, days=2)])
    assert [a.shipper for a in found.allotments] == [2]


def test_every_candidate_stands_in_the_trace_with_its_numbers():
    found = plan([Demand(1, 7, 1, grams=700)], [offer(1, 7, 4), offer(2, 7, 0)])
    rows = {row["shipper"]: row for row in found.trace["candidates"]}
    assert (rows[1]["free"], rows[1]["postage_minor"], rows[1]["chosen"], rows[1]["refused"]) == (4, 490, True, "")
    assert (rows[2]["chosen"], rows[2]["refused"]) == (False, "no free unit left here")
    assert (found.trace["rule_version"], found.trace["policy"]) == (2, "fewest_parcels")


def test_above_twelve_units_the_answer_is_exact_where_it_can_be_had():
    offers = [offer(shipper, 7, 5) for shipper in range(1, 5)]
    found = plan([Demand(1, 7, 15)], offers)
    assert (found.exact, found.parcels, sum(a.units for a in found.allotments)) == (True, 3, 15)


def test_a_large_order_that_one_place_can_send_whole_is_one_parcel_and_exact():
    offers = [offer(shipper, item, 3) for shipper in range(1, 4) for item in range(1, 11)]
    found = plan([Demand(item, item, 3, 400) for item in range(1, 11)], offers)
    assert (found.exact, found.parcels, found.gap_minor, found.cost_minor) == (True, 1, 0, 1_090)


def test_an_order_too_large_to_be_divided_exactly_reports_its_gap():
    offers = [offer(shipper, item, 2) for shipper in range(1, 4) for item in range(1, 11)]
    found = plan([Demand(item, item, 3, 100) for item in range(1, 11)], offers)
    assert (found.exact, found.parcels, found.trace["parcels_at_least"]) == (False, 2, 2)
    assert found.cost_minor == 540 + 490
    assert found.gap_minor == 540 + 490 - 2 * 490  # what part of the items takes by itself already


PLACES = [("NL", "3012"), ("NL", "9711"), ("DE", "10115"), ("FR", "75001")]


@st.composite
def problems(draw):
    items = draw(st.integers(1, 3))
    demands = [Demand(n + 1, n + 1, draw(st.integers(1, 2)), draw(st.integers(0, 3000))) for n in range(items)]
    offers = []
    for shipper in range(1, draw(st.integers(1, 4)) + 1):
        country, postcode = PLACES[shipper - 1]
        risk = draw(st.sampled_from([0, 2000]))
        for item in range(1, items + 1):
            free = draw(st.integers(0, 2))
            offers.append(offer(shipper, item, free, country=country, postcode=postcode, risk_bp=risk))
    return demands, offers


def brute_force(demands, offers):
    """Try every way to give each unit of every line to a shipper."""
    units = [demand for demand in demands for _ in range(demand.units)]
    places = {one.shipper: place_of(one, HAARLEM, PROMISE, WEIGHTS) for one in offers}
    free = {(one.shipper, one.item): one.free for one in offers}
    weighed = {(one.shipper, one.item): unit_minor(one, WEIGHTS) for one in offers}
    best = None
    for choice in product(sorted(places), repeat=len(units)):
        used, grams, counts, own = {}, {}, {}, {}
        for shipper, demand in zip(choice, units, strict=True):
            used[shipper, demand.item] = used.get((shipper, demand.item), 0) + 1
            grams[shipper] = grams.get(shipper, 0) + demand.grams
            counts[shipper] = counts.get(shipper, 0) + 1
            own.setdefault(shipper, []).append(weighed.get((shipper, demand.item), 0))
        if any(count > free.get(key, 0) for key, count in used.items()):
            continue
        cost = sum(bundle_cost(places[s], grams[s], own[s]) for s in counts)
        if best is None or (len(counts), cost) < best:
            best = (len(counts), cost)
    return best


@given(problems())
@settings(max_examples=60, deadline=None)
def test_the_plan_is_what_brute_force_finds(problem):
    demands, offers = problem
    found = plan(demands, offers)
    served = {a.line for a in found.allotments}
    best = brute_force([demand for demand in demands if demand.line in served], offers)
    assert (found.parcels, found.cost_minor) == best
    assert {line for line, _ in found.unserved} | served == {demand.line for demand in demands}


@given(problems())
@settings(max_examples=60, deadline=None)
def test_no_level_gives_more_than_it_has_and_no_line_gets_more_than_it_asked(problem):
    demands, offers = problem
    found = plan(demands, offers)
    for one in offers:
        assert sum(a.units for a in found.allotments if a.level == one.level) <= one.free
    for demand in demands:
        got = sum(a.units for a in found.allotments if a.line == demand.line)
        assert got in (0, demand.units)


@pytest.mark.parametrize("shippers", [20, 60])
def test_six_lines_that_need_three_partners_are_still_exact(shippers):
    demands = [Demand(n, n, 1, 500) for n in range(1, 7)]
    offers = [
        offer(s, item, 1, country=PLACES[s % 4][0], postcode=PLACES[s % 4][1])
        for s in range(1, shippers + 1)
        for item in ((s % 3) * 2 + 1, (s % 3) * 2 + 2)
    ]
    found = plan(demands, offers)
    assert (found.parcels, found.exact, found.unserved) == (3, True, ())
