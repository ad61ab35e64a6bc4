"""Dividing money loses no cent, whatever the amount, the rates, the weights and the order of returns."""

import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from settlement.splitting import (
    Terms,
    divide_half_away,
    divide_shipment,
    net_of_vat,
    part_of_total,
    post_shipment,
    share_by_weight,
    split_line,
    take_back,
    vat_on,
)
from skuu.kit.money import round_half_away

CASES = settings(max_examples=300, deadline=None, derandomize=True)


def test_the_reference_sale_comes_out_to_the_cent():
    net = net_of_vat(120_00, 2000)
    shares = split_line(net, 1500, 200)
    assert (net, shares.origin, shares.network, shares.shipper, shares.supply) == (100_00, 15_00, 2_00, 83_00, 85_00)
    assert vat_on(shares.supply + 6_00, 2000) == 18_20
    assert vat_on(shares.network, 2000) == 40


def test_N14_one_cent_is_divided_without_creating_another():
    shares = split_line(1, 1500, 200)
    assert (shares.origin, shares.network, shares.shipper) == (0, 0, 1)
    shares = split_line(1, 5000, 5000)
    assert (shares.origin, shares.network, shares.shipper) == (1, 0, 0)


@CASES
@given(st.integers(-(10**9), 10**9), st.integers(0, 9_000), st.integers(0, 1_000))
def test_shares_always_add_up_to_the_net(net: int, origin_bp: int, network_bp: int):
    shares = split_line(net, origin_bp, network_bp)
    assert shares.origin + shares.network + shares.shipper == shares.net == net
    assert all(share * net >= 0 for share in (shares.origin, shares.network, shares.shipper))
    mirrored = split_line(-net, origin_bp, network_bp)
    assert (mirrored.origin, mirrored.network, mirrored.shipper) == (-shares.origin, -shares.network, -shares.shipper)


@pytest.mark.parametrize(("origin_bp", "network_bp"), [(-1, 0), (0, -1), (9_999, 2)])
def test_rates_that_take_more_than_everything_are_refused(origin_bp: int, network_bp: int):
    with pytest.raises(ValueError, match="do not divide a sale"):
        split_line(100, origin_bp, network_bp)


@CASES
@given(st.integers(-(10**9), 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=40))
def test_an_amount_shared_by_weights_adds_up_and_stays_within_a_cent(total: int, weights: list[int]):
    parts = share_by_weight(total, weights)
    assert sum(parts) == total
    if whole := sum(weights):
        assert all(abs(part - Fraction(total * weight, whole)) < 1 for part, weight in zip(parts, weights, strict=True))
        assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0)


def test_odd_cents_go_to_the_largest_remainder_then_to_the_lowest_line():
    assert share_by_weight(100, [1, 1, 1]) == [34, 33, 33]
    assert share_by_weight(-100, [1, 1, 1]) == [-34, -33, -33]
    assert share_by_weight(10, [1, 2, 4]) == [1, 3, 6]
    assert share_by_weight(5, [0, 0]) == [3, 2]


@pytest.mark.parametrize("weights", [[], [1, -1]])
def test_weights_that_mean_nothing_are_refused(weights: list[int]):
    with pytest.raises(ValueError, match="not negative"):
        share_by_weight(1, weights)


@CASES
@given(st.integers(-(10**7), 10**7), st.integers(1, 60), st.integers(0, 2**32))
def test_returns_in_any_portions_end_at_exactly_the_sale(total: int, units: int, seed: int):
    shuffle = random.Random(seed)
    taken = given_back = 0
    while taken < units:
        now = shuffle.randint(1, units - taken)
        given_back += part_of_total(total, taken, now, units)
        taken += now
    assert given_back == total


def test_more_units_than_were_sold_are_never_given_back():
    with pytest.raises(ValueError, match="cannot be taken"):
        part_of_total(100, 2, 2, 3)


@CASES
@given(st.integers(-(10**9), 10**9), st.integers(0, 2_700))
def test_vat_of_a_refund_is_exactly_minus_the_vat_of_the_sale(net: int, vat_bp: int):
    assert vat_on(-net, vat_bp) == -vat_on(net, vat_bp)
    assert net_of_vat(-net, vat_bp) == -net_of_vat(net, vat_bp)
    assert abs(net_of_vat(net, vat_bp) + vat_on(net_of_vat(net, vat_bp), vat_bp) - net) <= 1


@CASES
@given(st.integers(-(10**13), 10**13), st.integers(1, 10**5))
def test_whole_numbers_are_rounded_by_the_one_rule_of_money(numerator: int, denominator: int):
    assert divide_half_away(numerator, denominator) == round_half_away(Fraction(numerator, denominator))


def test_nothing_is_divided_by_nothing():
    with pytest.raises(ValueError, match="divides no amount"):
        divide_half_away(1, 0)


TERMS = st.builds(
    Terms,
    origin_bp=st.integers(0, 5_000),
    network_bp=st.integers(0, 1_000),
    supply_vat_bp=st.sampled_from([0, 550, 1900, 2000, 2500]),
    fee_vat_bp=st.sampled_from([0, 2100]),
    shipping=st.integers(0, 5_000),
    own_goods=st.booleans(),
    network_fixed=st.integers(0, 200),
    network_min=st.integers(0, 500),
    network_max=st.none() | st.integers(0, 2_000),
)


@CASES
@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 6)), min_size=1, max_size=6), TERMS, st.randoms())
def test_a_sale_and_all_its_returns_in_any_portions_leave_nothing_behind(lines, terms: Terms, luck: random.Random):
    items = divide_shipment([net for net, _ in lines], terms)
    sold = post_shipment(items, 1, 2)
    assert sum(line.amount for line in sold) == 0
    left: dict[tuple, int] = {}
    for line in sold:
        left[line.merchant, line.account] = left.get((line.merchant, line.account), 0) + line.amount
    sent = [units for _, units in lines] + [1] * (len(items) - len(lines))
    waiting = [place for place, units in enumerate(sent) for _ in range(units)]
    luck.shuffle(waiting)
    before = [0] * len(items)
    for place in waiting:
        back = post_shipment([share for _, share in take_back(items, sent, {place: (before[place], 1)})], 1, 2)
        before[place] += 1
        assert sum(line.amount for line in back) == 0
        for line in back:
            left[line.merchant, line.account] += line.amount
    assert set(left.values()) <= {0}
