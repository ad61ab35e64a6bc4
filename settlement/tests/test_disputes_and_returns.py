"""A dispute and a return about the same sale, in any order: nothing is given back twice, nobody pays less than nothing."""

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from network.scoping import as_network
from orders.models import Objection, Return
from orders.object_grade import decide_objection, object_grade
from orders.return_goods import announce_return, inspect_return, report_lost
from settlement.balances import positions_of
from settlement.check import check_ledger
from settlement.dispute import open_dispute, owed_for, resolve_dispute, withdraw_dispute
from settlement.models import Dispute, DisputeMessage, Entry, Line, Payment
from settlement.pay import prepare_payments, settle_payment
from settlement.penalties import compensate
from settlement.post import PartlyTakenBack, StillHeld, reverse_entry
from settlement.release import release_due
from settlement.settle import post_shipped
from settlement.settle_returns import post_returns
from settlement.tests.books import FRIDAY, clean, delivered, payable_sale
from settlement.tests.cast import make_card, make_merchant, make_shop
from skuu.kit.errors import NotPossible, SkuuError, WrongState


@pytest.fixture(autouse=True)
def clock(db, settings):
    settings.NETWORK_COUNTRY, settings.SETTLEMENT_MINIMUM_MINOR = "FR", 1
    with time_machine.travel(FRIDAY, tick=False) as clock:
        yield clock


@pytest.fixture
def alma():
    return make_shop(make_merchant("Alma"))


@pytest.fixture
def bruno():
    return make_shop(make_merchant("Bruno"))


@pytest.fixture
def sale(alma, bruno):
    """The reference sale, payable: 85.00 and 17.00 VAT, shipping 6.00 and 1.20; the network's fee 2.00 and 0.40."""
    return payable_sale(bruno, alma)


@pytest.fixture
def three(alma, bruno):
    """The same of three units."""
    return payable_sale(bruno, alma, quantities=(3,))


def disputed(order, amount=None, reason="faulty"):
    merchant = order.order.shop.merchant
    return open_dispute(order, merchant=merchant, reason=reason, amount=amount, text="Torn", by="bruno")


def decide(row, to_origin):
    resolve_dispute(row, to_origin=to_origin, by="ina", reason="Torn indeed")


def give_back(order, units=1, grade="as_new"):
    line = order.lines.get()
    row = announce_return(order, [(line.pk, units)], reason="too_small", by="bruno")
    inspect_return(row, {line.pk: {grade: units}}, by="alma")
    sweep = post_returns()
    assert sweep.refused == {}
    return row


def lose(order):
    row = report_lost(order, by="bruno")
    inspect_return(row, {line.pk: {"lost": line.quantity} for line in order.lines.all()}, by="alma")
    post_returns()


def stands(*shops):
    """(payable, pending, held) of each."""
    return [(p.payable, p.pending, p.held) for shop in shops for p in positions_of(shop.merchant)]


def total(*shops):
    return [sum(p.total for p in positions_of(shop.merchant)) for shop in shops]


class TestReturnWhileDisputed:
    def test_what_comes_back_leaves_the_dispute_and_is_given_back_once(self, alma, bruno, sale):
        row = disputed(sale)
        give_back(sale)
        assert stands(alma, bruno) == [(-2_40, 2_40, 7_20), (0, 0, -7_20)]
        row.refresh_from_db()
        assert (row.status, row.amount) == ("open", 7_20)
        before = (stands(alma, bruno), Entry.objects.count())
        with pytest.raises(NotPossible) as refused:
            decide(row, 109_20)
        assert (refused.value.code, refused.value.extra) == ("bad_amount", {"most": 7_20})
        row.refresh_from_db()
        assert (row.status, stands(alma, bruno), Entry.objects.count()) == ("open", *before)
        decide(row, 0)
        release_due()
        assert stands(alma, bruno) == [(7_20, 0, 0), (-7_20, 0, 0)]
        assert clean()

    def test_both_parties_read_what_left_it(self, sale):
        row = disputed(sale)
        returned = give_back(sale)
        said = DisputeMessage.everyone.filter(dispute=row).order_by("pk").last()
        assert said.author is None
        assert said.text == (
            f"{returned.number} came back and was posted: €102.00 of what is disputed is not owed any more. "
            "What is disputed from now on is €7.20."
        )

    @pytest.mark.parametrize(("to_origin", "left"), [(7_20, 0), (3_00, 4_20), (0, 7_20)])
    def test_only_the_rest_is_decided(self, alma, bruno, sale, to_origin, left):
        row = disputed(sale)
        give_back(sale)
        decide(row, to_origin)
        release_due()
        assert stands(alma, bruno) == [(left, 0, 0), (-left, 0, 0)] if left else total(alma, bruno) == [0, 0]
        assert clean()

    def test_taken_back_the_rest_is_owed(self, alma, bruno, sale):
        row = disputed(sale)
        give_back(sale)
        withdraw_dispute(row, merchant=bruno.merchant, by="bruno")
        release_due()
        assert stands(alma, bruno) == [(7_20, 0, 0), (-7_20, 0, 0)]
        assert clean()

    def test_a_dispute_of_which_nothing_is_left_has_ended(self, alma, bruno, sale):
        row = disputed(sale, 50_00)
        returned = give_back(sale)
        row.refresh_from_db()
        assert (row.status, row.to_origin) == ("resolved", 0)
        assert row.status_reason == f"All of it came back with {returned.number}."
        release_due()
        assert stands(alma, bruno) == [(7_20, 0, 0), (-7_20, 0, 0)]
        with pytest.raises(WrongState):
            decide(row, 0)
        assert disputed(sale, 7_20).amount == 7_20  # another one, if something else is wrong
        assert clean()

    def test_a_lost_parcel_ends_it_with_the_shipping(self, alma, bruno, sale):
        row = disputed(sale, reason="not_delivered")
        lose(sale)
        row.refresh_from_db()
        release_due()
        assert (row.status, total(alma, bruno)) == ("resolved", [0, 0])
        assert clean()

    def test_another_matter_stays_disputed_as_long_as_the_sale_stands_for_it(self, alma, bruno, three):
        row = disputed(three, 34_00, reason="return_condition")
        give_back(three, 2)
        row.refresh_from_db()
        assert (row.amount, owed_for(three)) == (34_00, 7_20)
        give_back(three, 1)
        row.refresh_from_db()
        assert (row.status, row.amount, owed_for(three)) == ("open", 7_20, 0)
        decide(row, 7_20)
        release_due()
        assert total(alma, bruno) == [0, 0]
        assert clean()

    @pytest.mark.parametrize("portions", [(1, 2), (2, 1), (1, 1, 1), (3,)])
    def test_portions_leave_it_one_after_the_other(self, alma, bruno, three, portions):
        row = disputed(three)
        for units in portions:
            give_back(three, units)
        row.refresh_from_db()
        assert row.amount == 7_20
        assert total(alma, bruno) == [7_20, -7_20]
        assert clean()

    def test_returns_posted_together_leave_it_together(self, alma, bruno, three):
        row, line = disputed(three), three.lines.get()
        for units in (1, 2):
            made = announce_return(three, [(line.pk, units)], reason="too_small", by="bruno")
            inspect_return(made, {line.pk: {"as_new": units}}, by="alma")
        assert post_returns().posted == 2
        row.refresh_from_db()
        assert (row.amount, DisputeMessage.everyone.filter(dispute=row).count()) == (7_20, 3)
        assert clean()

    def test_what_is_worn_leaves_nothing(self, alma, bruno, sale):
        row = disputed(sale)
        give_back(sale, grade="worn")
        row.refresh_from_db()
        assert (row.amount, total(alma, bruno)) == (109_20, [106_80, -109_20])
        assert clean()

    def test_a_sale_that_is_pending_stays_so(self, alma, bruno):
        order = delivered(bruno, alma, days_ago=2)
        post_shipped()
        row = disputed(order)
        give_back(order)
        assert stands(alma, bruno) == [(0, 0, 7_20), (0, 0, -7_20)]
        decide(row, 0)
        assert stands(alma, bruno) == [(0, 7_20, 0), (0, -7_20, 0)]
        assert clean()

    def test_of_a_sale_that_is_paid_the_price_comes_back_once(self, alma, bruno, sale):
        (payment,) = [one for one in prepare_payments(by="ina") if one.kind == "trade"]
        Payment.everyone.filter(pk=payment.pk).update(status="instructed", approved_by="olaf")
        payment.refresh_from_db()
        settle_payment(payment, on=FRIDAY.date(), by="bank")
        row = disputed(sale)
        give_back(sale)
        decide(row, 0)
        release_due()
        assert [p.payable for p in positions_of(bruno.merchant)] == [102_00]
        assert clean()

    def test_a_hold_of_before_that_a_return_went_by_is_decided_on_what_is_left(self, alma, bruno, sale):
        row = disputed(sale, 7_20, reason="other")
        give_back(sale)
        Dispute.everyone.filter(pk=row.pk).update(amount=102_00)  # as it would have stood
        with pytest.raises(NotPossible) as refused:
            decide(row, 102_00)
        assert refused.value.extra == {"most": 7_20}
        assert [one.promise for one in check_ledger(strict=True).findings] == [
            "nothing is held where nothing is disputed or objected to"
        ]


class TestReturnAfterDecision:
    def test_a_price_that_was_lowered_is_not_given_back_with_the_goods(self, alma, bruno, sale):
        decide(disputed(sale, 50_00), 50_00)
        assert stands(alma, bruno) == [(56_80, 0, 0), (-59_20, 0, 0)]
        give_back(sale)
        release_due()
        assert stands(alma, bruno) == [(7_20, 0, 0), (-7_20, 0, 0)]
        item = Entry.objects.get(kind="return").facts["items"][0]
        assert (item["supply"], item["vat"], item["network_fee"]) == (-43_33, -8_67, -2_00)
        assert clean()

    def test_the_decision_names_the_items_it_lowers(self, alma, sale):
        row = disputed(sale, 50_00)
        decide(row, 50_00)
        entry = Entry.objects.get(key=f"lower:{row.pk}")
        (item,) = entry.facts["items"]
        assert (item["title"], item["supply"], item["vat"], item["quantity"]) == (
            f"Trail shoe, 42: price lowered, {row.number}", -41_67, -8_33, 0,
        )  # fmt: skip
        assert (entry.kind, entry.facts["sale"], entry.facts["dispute"]) == (
            "resolve", f"ship:internal_order:{sale.pk}", row.number,
        )  # fmt: skip

    def test_lost_after_all_of_it_was_decided_nothing_is_left(self, alma, bruno, sale):
        decide(disputed(sale, reason="not_delivered"), 109_20)
        assert total(alma, bruno) == [-2_40, 0]
        lose(sale)
        assert total(alma, bruno) == [0, 0]
        assert clean()

    @pytest.mark.parametrize("portions", [(1, 2), (2, 1), (1, 1, 1)])
    def test_in_any_portions_the_lower_price_comes_back_and_no_more(self, alma, bruno, three, portions):
        give_back(three, portions[0])
        decide(disputed(three, 10_01), 10_01)
        for units in portions[1:]:
            give_back(three, units)
        release_due()
        assert total(alma, bruno) == [7_20, -7_20]
        assert clean()

    def test_a_second_dispute_is_about_what_is_left(self, alma, bruno, three):
        decide(disputed(three, 60_00), 60_00)
        with pytest.raises(NotPossible) as refused:
            disputed(three, 49_21)
        assert refused.value.extra == {"most": 49_20}
        decide(disputed(three, 49_20), 45_00)
        assert total(bruno) == [-4_20]
        give_back(three, 3)
        assert total(alma, bruno) == [4_20, -4_20]
        assert clean()

    def test_the_terms_of_the_sale_stand_whatever_they_are_by_then(self, alma, bruno, sale):
        type(sale.rate_card).objects.filter(pk=sale.rate_card_id).update(origin_bp=4000, network_bp=900)
        type(sale).everyone.filter(pk=sale.pk).update(
            origin_bp=4000, network_bp=900, vat=sale.vat | {"supply_rate_bp": 0}
        )
        decide(disputed(sale, 50_00), 50_00)
        give_back(sale)
        assert total(alma, bruno) == [7_20, -7_20]
        assert clean()

    def test_an_objection_holds_no_more_than_its_units_are_worth_by_then(self, alma, bruno, three):
        decide(disputed(three, 51_00), 51_00)
        returned = give_back(three, 2, grade="worn")
        asked = [{"line": three.lines.get().pk, "from": "worn", "to": "as_new", "units": 2}]
        objection = object_grade(returned, asked, "The box was sealed.", by="bruno")
        post_returns()
        objection.refresh_from_db()
        assert objection.held_minor == 34_00  # two thirds of 51.00
        decide_objection(objection, upheld=True, answer="It was.", by="staff")
        assert post_returns().refused == {}
        assert total(alma, bruno) == [23_40, -24_20]
        assert Objection.everyone.get().held_minor is None
        assert clean()

    def test_a_dispute_and_an_objection_about_one_sale_stay_within_it(self, alma, bruno, three):
        returned = give_back(three, 1, grade="worn")
        line = three.lines.get().pk
        asked = [{"line": line, "from": "worn", "to": "as_new", "units": 1}]
        objection = object_grade(returned, asked, "The box was sealed.", by="bruno")
        post_returns()
        decide(disputed(three), 75_20)  # all that is not held for the objection
        give_back(three, 2)
        objection.refresh_from_db()
        assert (objection.held_minor, owed_for(three)) == (16_13, 0)
        decide_objection(objection, upheld=True, answer="It was.", by="staff")
        post_returns()
        release_due()
        assert stands(alma, bruno) == [(7_20, 0, 0), (-7_20, 0, 0)]
        assert clean()


class TestReversals:
    def refused(self, entry, error):
        before = (Entry.objects.count(), Line.objects.count())
        with pytest.raises(error):
            reverse_entry(entry, reason="wrong", by="staff")
        assert (Entry.objects.count(), Line.objects.count()) == before

    def test_a_sale_is_not_reversed_while_a_part_of_it_is_held(self, alma, bruno, sale):
        row = disputed(sale, 50_00)
        self.refused(Entry.objects.get(kind="ship"), StillHeld)
        self.refused(Entry.objects.get(kind="hold"), StillHeld)
        withdraw_dispute(row, merchant=bruno.merchant, by="bruno")
        self.refused(Entry.objects.get(kind="resolve"), StillHeld)
        reverse_entry(Entry.objects.get(kind="ship"), reason="wrong", by="staff")
        release_due()
        assert total(alma, bruno) == [0, 0]
        assert clean()

    def test_a_decision_is_reversed_before_its_sale_and_after_its_returns(self, alma, bruno, sale):
        row = disputed(sale, 50_00)
        decide(row, 50_00)
        self.refused(Entry.objects.get(kind="ship"), PartlyTakenBack)
        give_back(sale)
        lowered = Entry.objects.get(key=f"lower:{row.pk}")
        self.refused(lowered, PartlyTakenBack)
        reverse_entry(Entry.objects.get(kind="return"), reason="wrong", by="staff")
        reverse_entry(lowered, reason="wrong", by="staff")
        reverse_entry(Entry.objects.get(kind="ship"), reason="wrong", by="staff")
        release_due()
        assert total(alma, bruno) == [0, 0]
        assert clean()


class TestPromise:
    PROMISE = "what came back, what need not be paid and what is held is at most the sale"

    def test_what_was_given_back_twice_is_found(self, alma, bruno, sale):
        give_back(sale)
        assert clean()
        twice = Entry.objects.get(kind="return")
        from settlement.post import Draft, post_entry
        from settlement.splitting import Posting

        postings = (
            Posting(bruno.merchant_id, "merchant", -102_00, "resolve", alma.merchant_id),
            Posting(alma.merchant_id, "merchant", 102_00, "resolve", bruno.merchant_id),
        )
        facts = twice.facts | {"items": [twice.facts["items"][0] | {"quantity": 0}]}
        draft = Draft("lower:x", "resolve", "test", FRIDAY.date(), "EUR", postings, internal_order=sale.pk, facts=facts)
        post_entry(draft)
        found = {one.promise: one.rows for one in check_ledger(strict=True).findings}
        assert found == {
            self.PROMISE: [f"{sale.number}: sold for 10920 EUR, owed -9480, held 0"],
            "no item of a sale goes back for more than it was sold for": [
                f"{sale.number}: Trail shoe, 42 is left for -8500 and VAT -1700"
            ],
        }


world = st.lists(
    st.tuples(
        st.sampled_from(["return", "open", "decide", "withdraw", "lose", "object", "answer", "pay"]),
        st.integers(0, 9_999),
    ),
    min_size=2,
    max_size=8,
)


class Trade:
    """One sale of three units to which things happen; what is not possible at the moment is refused and changes nothing."""

    def __init__(self, order):
        self.order, self.line = order, order.lines.get().pk
        self.origin, self.shipper = order.order.shop.merchant, order.shipper.merchant

    def take(self, what, draw):
        try:
            with transaction.atomic():
                getattr(self, what)(draw)
        except SkuuError:
            return
        assert post_returns().refused == {}
        if draw % 2:
            release_due()

    def open_row(self):
        return Dispute.everyone.filter(internal_order=self.order, status="open").first()

    def returned(self, draw):
        units, grade = draw % 3 + 1, ("as_new", "worn", "faulty")[draw // 3 % 3]
        row = announce_return(self.order, [(self.line, units)], reason="too_small", by="bruno")
        inspect_return(row, {self.line: {grade: units}}, by="alma")

    def open(self, draw):
        reason = ("faulty", "other")[draw % 2]
        disputed(self.order, draw % (owed_for(self.order) + 1) or None, reason)

    def decide(self, draw):
        if row := self.open_row():
            decide(row, draw % (row.amount + 1))

    def withdraw(self, draw):
        if row := self.open_row():
            withdraw_dispute(row, merchant=self.origin, by="bruno")

    def lose(self, draw):
        row = report_lost(self.order, by="bruno")
        inspect_return(row, {one.line_id: {"lost": one.quantity} for one in row.lines.all()}, by="alma")

    def object(self, draw):
        for row in Return.everyone.filter(internal_order=self.order, status="closed", corrects=None):
            if worn := row.lines.get().worn:
                asked = [{"line": self.line, "from": "worn", "to": "as_new", "units": draw % worn + 1}]
                object_grade(row, asked, "Sealed.", by="bruno")
                return

    def answer(self, draw):
        for row in Objection.everyone.filter(returned__internal_order=self.order, status="open"):
            decide_objection(row, upheld=bool(draw % 2), answer="So.", by="staff")

    def pay(self, draw):
        also = {"currency": "EUR", "reason": "Damaged", "by": "ina", "key": str(draw)}
        compensate(payer=self.shipper, payee=self.origin, amount=draw + 1, internal_order=self.order, **also)


def play(alma, bruno, steps):
    """Let things happen to a sale and look after each; taken back at the end."""
    with as_network(), transaction.atomic():
        trade = Trade(delivered(bruno, alma, quantities=(3,), card=make_card()))
        post_shipped()
        for what, draw in steps:
            trade.take("returned" if what == "return" else what, draw)
            lines = Line.objects.filter(entry__internal_order=trade.order).exclude(entry__kind="release")
            owed = sum(one.amount for one in lines.filter(account__merchant=trade.origin))
            fees = sum(one.amount for one in lines.filter(account__merchant=None))
            residual = sum(one.amount for one in lines.filter(account__merchant=trade.shipper))
            assert 0 <= owed <= 109_20
            assert -2_40 <= fees <= 0
            assert residual == -owed - fees  # the shipper is the residual; the sum is nothing
        assert check_ledger(strict=True).findings == []
        transaction.set_rollback(True)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=world)
def test_whatever_happens_to_a_sale_its_books_stay_within_it(alma, bruno, steps):
    play(alma, bruno, steps)


@pytest.mark.deep
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=world)
def test_whatever_happens_to_a_sale_its_books_stay_within_it_many_times(alma, bruno, steps):
    play(alma, bruno, steps)
