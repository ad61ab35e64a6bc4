"""What is payable is prepared once, by whom it must be paid, approved by a second person, and told line by line."""

import pytest
import time_machine

from settlement.models import Entry, Payment
from settlement.pay import (
    NotPayable,
    SamePerson,
    approve_payments,
    bounce_payment,
    cancel_payment,
    prepare_payments,
    settle_payment,
)
from settlement.penalties import compensate, write_off
from settlement.states import states_of
from settlement.tests.books import FRIDAY, NETWORK, clean, payable, payable_sale, under_way
from settlement.tests.cast import make_merchant, make_shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(settings):
    settings.NETWORK_COUNTRY = "FR"
    settings.NETWORK_IBAN = NETWORK
    settings.NETWORK_CREDITOR_ID = "BE69ZZZ050D000000008"
    with time_machine.travel(FRIDAY, tick=False) as clock:
        yield clock


@pytest.fixture
def alma():
    return make_shop(make_merchant("Alma"))


@pytest.fixture
def bruno():
    return make_shop(make_merchant("Bruno"))


def told(payments) -> list[tuple]:
    return [(p.kind, p.payer and p.payer.name, p.payee and p.payee.name, p.amount) for p in payments]


class TestWhatALineSays:
    """Paid is told line by line, and only of what the payment settled."""

    def state(self, shop, order) -> str:
        entry = Entry.objects.get(internal_order=order, kind="ship")
        return states_of(shop.merchant_id, [entry.pk])[entry.pk]

    def test_what_became_payable_after_the_payment_was_prepared_is_payable_when_it_arrives(self, alma, bruno):
        first = payable_sale(bruno, alma)
        payment = under_way(alma, bruno)
        second = payable_sale(bruno, alma, nets=(50_00,))
        assert [self.state(shop, first) for shop in (alma, bruno)] == ["payable", "payable"]
        settle_payment(payment, on=FRIDAY.date(), by="bank")
        assert [self.state(shop, first) for shop in (alma, bruno)] == ["paid", "paid"]
        assert [self.state(shop, second) for shop in (alma, bruno)] == ["payable", "payable"]

    def test_a_payment_that_came_back_paid_nothing(self, alma, bruno):
        order = payable_sale(bruno, alma)
        payment = under_way(alma, bruno)
        settle_payment(payment, on=FRIDAY.date(), by="bank")
        bounce_payment(payment, on=FRIDAY.date(), by="bank", reason="account closed")
        assert self.state(alma, order) == "payable"

    def test_the_networks_fee_alone_pays_no_sale(self, alma, bruno, settings):
        settings.SETTLEMENT_MINIMUM_MINOR = 1
        order = payable_sale(bruno, alma)
        under_way(alma, bruno)
        settle_payment(Payment.everyone.get(kind="fee"), on=FRIDAY.date(), by="bank")
        assert self.state(alma, order) == "payable"


class TestPreparing:
    def test_who_owes_pays_the_other_merchant_and_the_network_its_fee(self, alma, bruno, settings):
        settings.SETTLEMENT_MINIMUM_MINOR = 100
        payable_sale(bruno, alma)
        assert told(prepare_payments(by="ina")) == [("fee", "Alma", None, 2_40), ("trade", "Bruno", "Alma", 109_20)]
        assert prepare_payments(by="ina") == []  # both are under way

    def test_N34_a_payment_below_the_minimum_is_carried_until_it_is_worth_its_way(self, alma, bruno):
        for _ in range(4):
            payable_sale(bruno, alma, nets=(50_00,), shipping=0)
            assert [p.kind for p in prepare_payments(by="ina")] in (["trade"], [])
        payable_sale(bruno, alma, nets=(50_00,), shipping=0)  # five fees of 1.20 are worth their way
        assert told(prepare_payments(by="ina")) == [("fee", "Alma", None, 6_00)]

    def test_N35_both_directions_net_to_nothing_and_nothing_is_paid_but_the_fees(self, alma, bruno, settings):
        settings.SETTLEMENT_MINIMUM_MINOR = 100
        payable_sale(bruno, alma)
        payable_sale(alma, bruno)
        assert told(prepare_payments(by="ina")) == [("fee", "Alma", None, 2_40), ("fee", "Bruno", None, 2_40)]

    def test_who_prepares_a_payment_does_not_approve_it(self, alma, bruno):
        payable_sale(bruno, alma)
        payments = prepare_payments(by="ina")
        with pytest.raises(SamePerson):
            approve_payments(payments, by="ina")
        assert {p.status for p in Payment.everyone.all()} == {"prepared"}
        approve_payments(payments, by="olaf")
        assert {(p.status, p.approved_by) for p in Payment.everyone.all()} == {("approved", "olaf")}

    def test_N10_a_dispute_during_a_payout_stops_its_approval(self, alma, bruno):
        from settlement.dispute import open_dispute

        order = payable_sale(bruno, alma)
        payments = prepare_payments(by="ina")
        open_dispute(order, merchant=bruno.merchant, reason="faulty", amount=30_00, text="Torn", by="bruno")
        with pytest.raises(NotPayable):
            approve_payments(payments, by="olaf")
        cancel_payment(payments[0], by="ina", reason="disputed")
        assert [(p.kind, p.amount) for p in prepare_payments(by="ina")] == [("trade", 79_20)]

    def test_I10_a_payout_is_never_more_than_was_collected_from_each_counterparty(self, alma, bruno, settings):
        settings.SETTLEMENT_MODE = "psp"
        cara = make_shop(make_merchant("Cara"))
        payable_sale(bruno, alma)
        payable_sale(cara, alma, nets=(50_00,), shipping=0)
        payments = prepare_payments(by="ina")
        assert told(payments) == [("collect", "Bruno", None, 109_20), ("collect", "Cara", None, 51_00)]
        assert all(p.by_debit for p in payments)
        from_bruno = payments[0]
        Payment.everyone.filter(pk=from_bruno.pk).update(status="instructed", approved_by="olaf")
        settle_payment(from_bruno, on=FRIDAY.date(), by="bank")
        # Cara has not paid: Alma is paid what came from Bruno, less its fees on both sales
        assert told(prepare_payments(by="ina")) == [("payout", None, "Alma", 109_20 - 2_40 - 1_20)]
        assert clean()


class TestBesideSales:
    def test_a_penalty_is_owed_to_the_other_merchant_and_posted_once(self, alma, bruno):
        for _ in range(2):
            compensate(
                payer=alma.merchant,
                payee=bruno.merchant,
                amount=2_00,
                currency="EUR",
                reason="Declined after accepting",
                by="ina",
                key="N-1",
            )
        assert (payable(alma), payable(bruno)) == (-2_00, 2_00)
        assert clean()

    def test_a_debt_that_nobody_will_pay_is_written_off(self, alma, bruno):
        payable_sale(bruno, alma, nets=(50_00,), shipping=0)
        write_off(alma.merchant, currency="EUR", amount=1_20, reason="insolvent", by="ina", key="W-1")
        assert payable(alma) == 51_00
        assert clean()


def test_N5_a_return_after_the_payout_leaves_the_shipper_owing(alma, bruno):
    from orders.return_goods import announce_return, inspect_return

    order = payable_sale(bruno, alma)
    payment = under_way(bruno, alma)
    settle_payment(payment, on=FRIDAY.date(), by="bank")
    line = order.lines.get()
    back = announce_return(order, [(line.pk, 1)], reason="too_small", by="bruno")
    inspect_return(back, {line.pk: {"as_new": 1}}, verdict="", by="alma")
    from settlement.release import release_due
    from settlement.settle_returns import post_returns

    post_returns()
    release_due()
    # the goods' 102.00 go back to Bruno, and Alma's fee on them to Alma; the shipping stays paid
    assert (payable(alma), payable(bruno)) == (-102_00, 102_00)
    assert told(prepare_payments(by="ina"))[0][:3] == ("trade", "Alma", "Bruno")
    assert clean()
