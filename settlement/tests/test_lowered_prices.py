"""What was taken off a price by a decision is not given back again with the goods: shared by items, to the cent, in any order."""

from hypothesis import given
from hypothesis import strategies as st

from settlement.splitting import (
    Hold,
    Item,
    Left,
    Terms,
    divide_shipment,
    lower_price,
    take_back,
    take_out,
    what_is_left,
)

SALE = divide_shipment([100_00], Terms(1500, 200, 2000, 2000, 6_00))  # 85.00 and 17.00 VAT, shipping 6.00 and 1.20


def grosses(shares: list[tuple[int, Item]]) -> list[tuple[int, int, int]]:
    return [(place, item.supply, item.vat) for place, item in shares]


def left_after(sent: list[int], *shares: tuple[int, int, Item]) -> list[Left]:
    return what_is_left(SALE, sent, [(place, units, one.supply, one.vat) for place, units, one in shares])


class TestPrices:
    def test_goods_bear_a_lower_price_before_the_shipping_does(self):
        left = left_after([1, 1])
        assert grosses(lower_price(SALE, left, 50_00)) == [(0, -41_67, -8_33)]
        assert grosses(lower_price(SALE, left, 102_00)) == [(0, -85_00, -17_00)]
        assert grosses(lower_price(SALE, left, 105_00)) == [(0, -85_00, -17_00), (1, -2_50, -50)]
        assert grosses(lower_price(SALE, left, 109_20)) == [(0, -85_00, -17_00), (1, -6_00, -1_20)]

    def test_vat_is_reckoned_once_on_the_sum_as_the_invoice_reckons_it(self):
        sale = divide_shipment([33_33, 66_67], Terms(1500, 200, 2000, 2000, 6_00))
        lowered = lower_price(sale, what_is_left(sale, [1, 1, 1], []), 4_00)  # 3.33 and 20 % of it
        assert grosses(lowered) == [(0, -1_11, -22), (1, -2_22, -45)]

    def test_nobodys_fee_is_lowered_and_no_unit_comes_back(self):
        ((_, item),) = lower_price(SALE, left_after([1, 1]), 50_00)
        assert item == Item("goods", 0, 0, 0, -41_67, -8_33, 0)

    def test_more_than_a_sale_stands_for_is_refused(self):
        for gross in (0, -1, 109_21):
            try:
                lower_price(SALE, left_after([1, 1]), gross)
            except ValueError:
                continue
            raise AssertionError(gross)

    def test_what_comes_back_after_it_is_worth_what_is_left(self):
        ((place, off),) = lower_price(SALE, left_after([1, 1]), 50_00)
        left = left_after([1, 1], (place, 0, off))
        ((_, share),) = take_back(SALE, [1, 1], {0: (0, 1)}, {0: left[0]})
        assert (share.supply, share.vat) == (-43_33, -8_67)
        assert (share.net, share.origin_fee, share.network_fee, share.fee_vat) == (-100_00, -15_00, -2_00, -40)

    def test_units_that_are_left_bear_it_evenly(self):
        ((place, off),) = lower_price(SALE, left_after([3, 1]), 34_00)  # a third of what three units are worth
        left = left_after([3, 1], (place, 0, off))
        ((_, share),) = take_back(SALE, [3, 1], {0: (0, 1)}, {0: left[0]})
        assert -(share.supply + share.vat) == 22_67


class TestHolds:
    def test_what_is_held_because_of_the_goods_goes_first(self):
        assert take_out([Hold("dispute", 1, 109_20, of_goods=True)], gross=102_00, owed=7_20, returned=9) == [102_00]
        assert take_out([Hold("dispute", 1, 34_00, of_goods=True)], gross=102_00, owed=7_20, returned=9) == [34_00]

    def test_another_matter_stays_held_as_far_as_the_sale_stands_for_it(self):
        matter = [Hold("dispute", 1, 34_00)]
        assert take_out(matter, gross=34_00, owed=75_20, returned=9) == [0]
        assert take_out(matter, gross=102_00, owed=7_20, returned=9) == [26_80]

    def test_a_correction_takes_its_own_objection_first(self):
        holds = [Hold("dispute", 1, 75_20), Hold("objection", 2, 34_00, correction=9)]
        assert take_out(holds, gross=34_00, owed=75_20, returned=9) == [0, 34_00]
        assert take_out(holds, gross=34_00, owed=75_20, returned=8) == [34_00, 0]


steps = st.lists(
    st.tuples(st.sampled_from(["return", "open", "decide", "withdraw"]), st.integers(0, 10_000)), max_size=14
)


@given(
    nets=st.lists(st.integers(0, 500_00), min_size=1, max_size=3),
    units=st.lists(st.integers(1, 5), min_size=3, max_size=3),
    shipping=st.integers(0, 20_00),
    origin_bp=st.integers(0, 5000),
    vat=st.sampled_from([0, 500, 1900, 2000, 2550]),
    of_goods=st.booleans(),
    steps=steps,
)
def test_whatever_happens_the_sale_is_paid_at_most_once_and_never_less_than_nothing(
    nets, units, shipping, origin_bp, vat, of_goods, steps
):
    items = divide_shipment(nets, Terms(origin_bp, 200, vat, vat, shipping))
    sent = [*units[: len(nets)], 1][: len(items)]
    sold = sum(item.supply + item.vat for item in items)
    moved: list[tuple[int, int, int, int]] = []
    lowered: set[int] = set()
    back, held = [0] * len(items), 0
    for what, draw in steps:
        left = what_is_left(items, sent, moved)
        owed = sum(one.gross for one in left)
        if what == "return":
            place = draw % len(nets)
            now = draw // 7 % (sent[place] - back[place] + 1)
            worth = {at: left[at] for at in lowered}
            shares = take_back(items, sent, {place: (back[place], now)}, worth)
            gross = -sum(share.supply + share.vat for _, share in shares)
            holds = [Hold("dispute", 1, held, of_goods)] if held else []
            held -= sum(take_out(holds, gross=gross, owed=owed - gross, returned=0))
            moved += [(at, -now, share.supply, share.vat) for at, share in shares]
            back[place] += now
        elif what == "open":
            held = held or draw * 7 % (owed + 1)
        elif what == "decide" and held:
            gross = draw % (held + 1)
            if gross:
                shares = lower_price(items, left, gross)
                assert -sum(share.supply + share.vat for _, share in shares) == gross
                moved += [(at, 0, share.supply, share.vat) for at, share in shares]
                lowered |= {at for at, _ in shares}
            held = 0
        elif what == "withdraw":
            held = 0
        left = what_is_left(items, sent, moved)
        owed = sum(one.gross for one in left)
        assert 0 <= held <= owed <= sold
        assert all(one.supply >= 0 and one.vat >= 0 for one in left)
    for place in range(len(nets)):
        worth = {at: what_is_left(items, sent, moved)[at] for at in lowered}
        shares = take_back(items, sent, {place: (back[place], sent[place] - back[place])}, worth)
        moved += [(at, 0, share.supply, share.vat) for at, share in shares]
    goods = what_is_left(items, sent, moved)[: len(nets)]
    assert [(one.supply, one.vat) for one in goods] == [(0, 0)] * len(nets)
