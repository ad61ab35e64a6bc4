"""What the books call for is paid once, between the two who owe it; what leaves is owed at that moment, part by part."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

from settlement.paying import BILATERAL, PSP, Books, Wanted, open_books, stand_of, want_payments

ALMA, BRUNO, CARA = 1, 2, 3


def eur(owed: dict[tuple[int, int | None], int], *under_way: Wanted) -> Books:
    """Books in euro, with payments under way."""
    places = {(merchant, other, "EUR"): amount for (merchant, other), amount in owed.items()}
    return open_books(places, [(one.currency, one.parts) for one in under_way])


def told(found: list[Wanted]) -> list[tuple]:
    return [(one.kind, one.payer, one.payee, one.amount, one.parts) for one in found]


class TestWhatIsCalledFor:
    def test_bilateral_each_debtor_pays_its_partner_and_its_fee(self):
        books = eur({(ALMA, BRUNO): -109_20, (ALMA, None): 2_40, (BRUNO, ALMA): 109_20})
        assert told(want_payments(books, BILATERAL, 1)) == [
            ("fee", ALMA, None, 2_40, ((ALMA, None, -2_40),)),
            ("trade", BRUNO, ALMA, 109_20, ((BRUNO, ALMA, -109_20), (ALMA, BRUNO, 109_20))),
        ]
        assert told(want_payments(books, BILATERAL, 2_41))[0][0] == "trade"

    def test_psp_a_payout_is_what_each_counterparty_has_paid_in_less_the_fee(self):
        # Bruno has paid in 102.00, Cara owes 51.00 still
        books = eur({(ALMA, BRUNO): -102_00, (ALMA, CARA): -51_00, (ALMA, None): 3_60, (CARA, ALMA): 51_00})
        assert told(want_payments(books, PSP, 1)) == [
            ("payout", None, ALMA, 98_40, ((ALMA, BRUNO, 102_00), (ALMA, None, -3_60))),
            ("collect", CARA, None, 51_00, ((CARA, ALMA, -51_00),)),
        ]

    def test_psp_a_fee_that_a_debit_fetches_already_is_not_deducted_too(self):
        owed = {(ALMA, BRUNO): -102_00, (ALMA, None): 2_40, (BRUNO, ALMA): 102_00}
        by_debit = want_payments(eur(owed), PSP, 1)[0]
        assert (by_debit.kind, by_debit.payer, by_debit.parts) == ("collect", ALMA, ((ALMA, None, -2_40),))
        paid_in = {(ALMA, BRUNO): -102_00, (ALMA, None): 2_40}
        assert told(want_payments(eur(paid_in, by_debit), PSP, 1)) == [
            ("payout", None, ALMA, 102_00, ((ALMA, BRUNO, 102_00),))
        ]

    def test_psp_the_fee_of_who_is_being_paid_waits_for_its_next_payout(self):
        (payout,) = want_payments(eur({(ALMA, BRUNO): -102_00, (ALMA, None): 2_40}), PSP, 1)
        books = eur({(ALMA, BRUNO): -102_00, (ALMA, None): 8_40}, payout)
        assert want_payments(books, PSP, 1) == []


class TestWhatStands:
    trade = Wanted("trade", BRUNO, ALMA, "EUR", 109_20, ((BRUNO, ALMA, -109_20), (ALMA, BRUNO, 109_20)))
    payout = Wanted("payout", None, ALMA, "EUR", 97_20, ((ALMA, BRUNO, 102_00), (ALMA, None, -4_80)))

    @pytest.mark.parametrize(("owed", "left"), [(109_20, 109_20), (150_00, 109_20), (7_20, 7_20), (0, 0), (-5_00, 0)])
    def test_a_payment_between_two_is_owed_as_far_as_the_books_are(self, owed, left):
        found = stand_of(self.trade, eur({(BRUNO, ALMA): owed, (ALMA, BRUNO): -owed}, self.trade))
        assert (found.owed, found.holds) == (left, left == 109_20)

    def test_a_payout_is_not_covered_by_what_another_counterparty_has_paid_in(self):
        owed = {(ALMA, BRUNO): -102_00, (ALMA, CARA): -102_00, (ALMA, None): 4_80, (BRUNO, ALMA): 102_00}
        found = stand_of(self.payout, eur(owed, self.payout))
        assert (found.owed, found.short, found.holds) == (0, (((ALMA, BRUNO, 102_00), 0),), False)
        paid_in = {(ALMA, BRUNO): -102_00, (ALMA, CARA): -102_00, (ALMA, None): 4_80, (CARA, ALMA): 102_00}
        assert stand_of(self.payout, eur(paid_in, self.payout)).holds

    def test_a_payout_is_short_when_the_fee_has_grown_and_nothing_else_was_paid_in(self):
        owed = {(ALMA, BRUNO): -102_00, (ALMA, None): 6_00}
        found = stand_of(self.payout, eur(owed, self.payout))
        assert (found.owed, found.holds) == (96_00, False)
        more = owed | {(ALMA, CARA): -20_00}
        assert stand_of(self.payout, eur(more, self.payout)).holds

    def test_a_payout_that_would_keep_more_fee_than_is_owed_by_now_does_not_leave(self):
        found = stand_of(self.payout, eur({(ALMA, BRUNO): -102_00, (ALMA, None): 2_40}, self.payout))
        assert (found.owed, found.short, found.holds) == (97_20, (((ALMA, None, -4_80), 2_40),), False)

    def test_two_payments_of_one_debt_do_not_leave_both(self):
        collect = Wanted("collect", BRUNO, None, "EUR", 109_20, ((BRUNO, ALMA, -109_20),))
        books = eur({(BRUNO, ALMA): 109_20, (ALMA, BRUNO): -109_20}, self.trade, collect)
        assert (stand_of(self.trade, books).owed, stand_of(collect, books).owed) == (0, 0)
        assert stand_of(collect, eur({(BRUNO, ALMA): 109_20}, collect)).holds


@dataclass
class Network:
    """Three merchants, what they owe, and payments with their states, moved as the verbs move them."""

    mode: str
    owed: dict[tuple[int, int | None, str], int] = field(default_factory=dict)
    sold: dict[tuple[int, int], int] = field(default_factory=dict)
    payments: list[list] = field(default_factory=list)  # the payment, its status

    def books(self) -> Books:
        moving = [one for one, status in self.payments if status in ("prepared", "instructed")]
        return open_books(dict(sorted(self.owed.items(), key=str)), [(one.currency, one.parts) for one in moving])

    def trade(self, origin: int, shipper: int, amount: int) -> None:
        """Sell, or take back (negative) what was sold."""
        amount = max(amount, -self.sold.get((origin, shipper), 0))
        self.sold[origin, shipper] = self.sold.get((origin, shipper), 0) + amount
        for place, moved in (
            ((origin, shipper), amount), ((shipper, origin), -amount), ((shipper, None), amount // 40),
        ):  # fmt: skip
            self.owed[(*place, "EUR")] = self.owed.get((*place, "EUR"), 0) + moved

    def prepare(self) -> None:
        is_open = {
            (one.kind, one.payer, one.payee) for one, status in self.payments if status in ("prepared", "instructed")
        }
        for one in want_payments(self.books(), self.mode, 1):
            if (one.kind, one.payer, one.payee) not in is_open:
                self.payments.append([one, "prepared"])

    def write(self) -> None:
        """Let leave what stands, cancel what does not; what leaves is paid for, reckoned from the payments themselves."""
        books = self.books()
        left = []
        for row in self.payments:
            if row[1] == "prepared":
                row[1] = "instructed" if stand_of(row[0], books).holds else "cancelled"
                left += [row[0]] if row[1] == "instructed" else []
        for one in left:
            self.prove(one)

    def prove(self, one: Wanted) -> None:
        leaving = [other for other, status in self.payments if status == "instructed"]
        for merchant, other, amount in one.parts:
            if amount < 0:
                moved = sum(-a for each in leaving for m, o, a in each.parts if (m, o) == (merchant, other) and a < 0)
                assert moved <= self.owed[merchant, other, "EUR"]
            elif one.kind == "payout" and other is not None:
                assert self.sum_of("payout", {merchant, other}, "instructed") <= -self.sum_of(
                    "collect", {merchant, other}
                )

    def sum_of(self, kind: str, pair: set[int], *also: str) -> int:
        """Add up what payments of a kind have moved between two."""
        done = [one for one, status in self.payments if one.kind == kind and status in ("settled", *also)]
        return sum(amount for one in done for merchant, other, amount in one.parts if {merchant, other} == pair)

    def book(self, at: int, status: str, to: str, sign: int) -> None:
        rows = [row for row in self.payments if row[1] == status]
        if rows:
            row = rows[at % len(rows)]
            row[1] = to
            for merchant, other, amount in row[0].parts:
                place = merchant, other, "EUR"
                self.owed[place] = self.owed.get(place, 0) + sign * amount

    def take(self, step: tuple) -> None:
        match step:
            case ("trade", origin, shipper, amount) if origin != shipper:
                self.trade(origin, shipper, amount)
            case ("settle", at):
                self.book(at, "instructed", "settled", 1)
            case ("fail", at):
                self.book(at, "instructed", "failed", 0)
            case ("bounce", at):
                self.book(at, "settled", "bounced", -1)
            case ("prepare" | "write" as verb,):
                getattr(self, verb)()


who, place = st.integers(1, 3), st.integers(0, 9)
steps = st.one_of(
    st.tuples(st.just("trade"), who, who, st.integers(-150_00, 200_00)),
    st.tuples(st.sampled_from(["prepare", "write"])),
    st.tuples(st.sampled_from(["settle", "settle", "fail", "bounce"]), place),
)


@pytest.mark.parametrize("mode", [BILATERAL, PSP])
@settings_of_hypothesis(max_examples=300, deadline=None, derandomize=True)
@given(taken=st.lists(steps, max_size=40))
def test_I10_whatever_happens_nothing_leaves_that_is_not_owed_and_everything_is_paid_in_the_end(mode, taken):
    network = Network(mode)
    for step in taken:
        network.take(step)
    for _ in range(5):
        network.prepare()
        network.write()
        while any(status == "instructed" for _, status in network.payments):
            network.book(0, "instructed", "settled", 1)
    rest = {place: amount for place, amount in network.owed.items() if amount and (mode == PSP or place[1] is not None)}
    assert rest == {}  # where no provider pays, what the network owes a merchant counts against its next fee
