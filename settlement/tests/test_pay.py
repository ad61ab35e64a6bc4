"""What is payable is paid once, by whom it must, after two people have looked, and booked when the bank says so."""

import datetime as dt

import pytest
import time_machine
from defusedxml import ElementTree

from settlement.balances import positions_of
from settlement.bank_details import BadBankDetails, accounts_in_use, add_bank_account
from settlement.bank_reading import UnreadableStatementError, read_bank_statement
from settlement.check import check_ledger
from settlement.models import BankAccount, BankLine, Entry, Line, Payment, PaymentFile
from settlement.pay import (
    NotPayable,
    SamePerson,
    approve_payments,
    bounce_payment,
    cancel_payment,
    confirm_received,
    prepare_payments,
    settle_payment,
)
from settlement.pay_files import take_file, write_payment_files
from settlement.penalties import compensate, write_off
from settlement.reconcile import NoStatement, credit_booking, leave_booking, name_booking, read_bank_file
from settlement.states import states_of
from settlement.tests.books import FRIDAY, IBANS, NETWORK, bank_account, camt, payable_sale
from settlement.tests.cast import make_merchant, make_shop
from skuu.kit.errors import NotAllowed, NotPossible, WrongState

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


def under_way(shop_a, shop_b) -> Payment:
    """A payment between two merchants that has left."""
    bank_account(shop_a)
    bank_account(shop_b)
    payments = prepare_payments(by="ina")
    approve_payments(payments, by="olaf")
    write_payment_files(by="ina")
    return Payment.everyone.get(kind="trade")


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


def payable(shop) -> int:
    return sum(p.payable for p in positions_of(shop.merchant))


def clean() -> bool:
    assert check_ledger(strict=True).findings == []
    return True


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


class TestFiles:
    def test_transfers_and_debits_are_valid_by_their_schemas_and_carry_structured_addresses(
        self, alma, bruno, settings
    ):
        settings.SETTLEMENT_MINIMUM_MINOR = 100
        payable_sale(bruno, alma)
        bank_account(alma)
        bank_account(bruno)
        approve_payments(prepare_payments(by="ina"), by="olaf")
        files, stuck = write_payment_files(by="ina")
        assert stuck == {}
        assert {(f.kind, f.merchant and f.merchant.name, f.total) for f in files} == {
            ("pain.001.001.09", "Bruno", 109_20),
            ("pain.008.001.08", None, 2_40),
        }
        for file in files:
            root = ElementTree.fromstring(bytes(file.content))
            assert root.findtext(".//{*}MsgId") == file.message_id
            assert {node.text for node in root.findall(".//{*}EndToEndId")} == {
                p.number for p in Payment.everyone.filter(file=file)
            }
            assert root.find(".//{*}PstlAdr/{*}TwnNm") is not None
            assert root.find(".//{*}PstlAdr/{*}AdrLine") is None

    def test_N30_a_payment_is_in_one_file_and_the_file_is_always_the_same(self, alma, bruno):
        payable_sale(bruno, alma)
        bank_account(alma)
        bank_account(bruno)
        payments = prepare_payments(by="schedule")
        approve_payments(payments, by="ina")
        assert write_payment_files(by="ina")[0] == []  # who approved it does not let it leave
        (file,) = write_payment_files(by="olaf")[0]
        assert write_payment_files(by="olaf") == ([], {})
        assert take_file(file, by="olaf") == take_file(file, by="olaf") == bytes(file.content)
        assert PaymentFile.everyone.count() == 1

    def test_N42_a_restored_backup_repeats_no_message_the_bank_has_seen(self, alma, bruno, clock):
        payable_sale(bruno, alma)
        first = under_way(bruno, alma).file.message_id
        clock.shift(dt.timedelta(hours=1))
        payable_sale(bruno, alma)
        settle_payment(Payment.everyone.get(kind="trade"), on=FRIDAY.date(), by="bank")
        approve_payments(prepare_payments(by="ina"), by="olaf")
        (second,) = write_payment_files(by="ina")[0]
        # the moment is part of the message's name: a counter that was set back does not repeat one
        assert (first.split("-")[1], second.message_id.split("-")[1]) == ("261030100000", "261030110000")

    def test_another_currency_leaves_as_a_list(self, alma, bruno):
        payable_sale(bruno, alma, currency="SEK")
        payment = under_way(bruno, alma)
        assert (payment.file.kind, payment.file.currency) == ("list", "SEK")
        assert b"109.20,SEK,P-" in bytes(payment.file.content)

    def test_what_has_no_bank_account_stays_and_is_named(self, alma, bruno):
        payable_sale(bruno, alma)
        payments = prepare_payments(by="ina")
        approve_payments(payments, by="olaf")
        files, stuck = write_payment_files(by="ina")
        assert (files, list(stuck)) == ([], [payments[0].number])
        assert Payment.everyone.get().status == "approved"

    def test_N32_a_bounced_payment_is_payable_again_and_a_changed_account_needs_a_new_approval(
        self, alma, bruno, clock
    ):
        payable_sale(bruno, alma)
        payment = under_way(bruno, alma)
        settle_payment(payment, on=FRIDAY.date(), by="bank")
        assert payable(alma) == -2_40
        bounce_payment(payment, on=FRIDAY.date(), by="bank", reason="AC04")
        assert payable(alma) == 106_80
        (again,) = prepare_payments(by="ina")
        approve_payments([again], by="olaf")
        add_bank_account(alma.merchant, holder="Alma", iban=IBANS["Cara"], by="thief")
        assert accounts_in_use([alma.merchant_id])[alma.merchant_id].tail == IBANS["Alma"][-4:]  # cooling off
        clock.shift(dt.timedelta(hours=49))
        files, stuck = write_payment_files(by="ina")
        assert (files, list(stuck)) == ([], [again.number])
        assert "has changed its bank account" in stuck[again.number]
        assert clean()


class TestBankDetails:
    def test_the_first_account_is_used_at_once_and_a_new_one_after_its_waiting_time(self, alma, clock):
        first = bank_account(alma)
        assert accounts_in_use([alma.merchant_id]) == {alma.merchant_id: first}
        second = add_bank_account(alma.merchant, holder="Alma", iban=IBANS["Bruno"], by="finance")
        assert accounts_in_use([alma.merchant_id]) == {alma.merchant_id: first}
        clock.shift(dt.timedelta(hours=48))
        assert accounts_in_use([alma.merchant_id]) == {alma.merchant_id: second}
        assert add_bank_account(alma.merchant, holder="Alma", iban=IBANS["Bruno"], by="finance") == second

    def test_a_number_that_cannot_exist_is_refused(self, alma):
        with pytest.raises(BadBankDetails):
            add_bank_account(alma.merchant, holder="Alma", iban="FR7630006000011234567890180", by="finance")
        assert BankAccount.everyone.count() == 0


class TestBankStatements:
    def test_the_payees_statement_settles_a_payment_and_keeps_nothing_of_its_other_business(self, alma, bruno):
        payable_sale(bruno, alma)
        payment = under_way(bruno, alma)
        content = camt((payment.number, 109_20, "EUR"), ("RENT", -900_00, "EUR"))
        read_bank_file(content, merchant=alma.merchant, by="alma")
        payment.refresh_from_db()
        assert (payment.status, payable(bruno), payable(alma)) == ("settled", 0, -2_40)
        assert [line.amount for line in BankLine.everyone.all()] == [109_20]
        read_bank_file(content, merchant=alma.merchant, by="alma")
        assert Entry.objects.filter(kind="payment").count() == 1
        assert clean()

    def test_a_strangers_statement_settles_nothing(self, alma, bruno):
        payable_sale(bruno, alma)
        payment = under_way(bruno, alma)
        cara = make_merchant("Cara")
        read_bank_file(camt((payment.number, 109_20, "EUR")), merchant=cara, by="cara")
        payment.refresh_from_db()
        assert (payment.status, BankLine.everyone.count()) == ("instructed", 0)
        with pytest.raises(NotAllowed):
            confirm_received(payment, merchant=cara.pk, by="cara")

    def test_N31_a_direct_debit_that_comes_back_weeks_later_reopens_the_fee(self, alma, bruno, settings, clock):
        settings.SETTLEMENT_MINIMUM_MINOR = 100
        payable_sale(bruno, alma)
        under_way(bruno, alma)
        fee = Payment.everyone.get(kind="fee")
        read_bank_file(camt((fee.number, 2_40, "EUR")), merchant=None, by="ina")
        assert payable(alma) == 109_20
        clock.shift(dt.timedelta(weeks=7))
        read_bank_file(camt((fee.number, -2_40, "EUR"), code="MD06", stated="S2"), merchant=None, by="ina")
        fee.refresh_from_db()
        assert (fee.status, fee.status_reason, payable(alma)) == ("bounced", "came back: MD06", 106_80)
        assert clean()

    @pytest.mark.parametrize(
        ("reference", "amount", "currency"),
        [("", 2_40, "EUR"), ("P-999999", 2_40, "EUR"), ("own", 1_40, "EUR"), ("own", 2_40, "SEK")],
    )
    def test_N33_a_booking_without_reference_or_with_another_amount_or_currency_waits_in_suspense(
        self, alma, bruno, settings, reference, amount, currency
    ):
        settings.SETTLEMENT_MINIMUM_MINOR = 100
        payable_sale(bruno, alma)
        under_way(bruno, alma)
        fee = Payment.everyone.get(kind="fee")
        said = fee.number if reference == "own" else reference
        read_bank_file(camt((said, amount, currency)), merchant=None, by="ina")
        line = BankLine.everyone.get()
        assert (line.status, line.amount) == ("suspense", amount)
        suspense = Line.objects.filter(account__kind="suspense", currency=currency)
        assert [row.amount for row in suspense] == [-amount]
        fee.refresh_from_db()
        assert fee.status == "instructed"
        if reference == "own":
            with pytest.raises(NotPossible):
                name_booking(line, fee, by="olaf")
            credit_booking(line, alma.merchant, by="olaf", reason="paid by hand")
            assert sum(row.amount for row in suspense.all()) == 0
        elif reference == "":
            name_booking(line, fee, by="olaf")
            fee.refresh_from_db()
            assert (fee.status, payable(alma)) == ("settled", 109_20)
        else:
            leave_booking(line, by="olaf", reason="the landlord")
            with pytest.raises(WrongState):
                name_booking(line, fee, by="olaf")
        assert clean()

    def test_N33_an_aggregated_booking_is_split_into_its_transactions(self):
        content = camt(("P-000001", 3_00, "EUR")).replace(
            b"<NtryDtls><TxDtls><Refs><EndToEndId>P-000001</EndToEndId></Refs></TxDtls></NtryDtls>",
            b"<NtryDtls>"
            b"<TxDtls><Refs><EndToEndId>P-000001</EndToEndId></Refs><Amt Ccy='EUR'>1.00</Amt></TxDtls>"
            b"<TxDtls><Refs><EndToEndId>P-000002</EndToEndId></Refs><Amt Ccy='EUR'>2.00</Amt></TxDtls></NtryDtls>",
        )
        kind, bookings = read_bank_statement(content)
        assert kind == "camt.053"
        assert [(b.end_to_end, b.amount, b.reference) for b in bookings] == [
            ("P-000001", 1_00, "S1-0/0"),
            ("P-000002", 2_00, "S1-0/1"),
        ]

    def test_an_mt940_statement_is_read_too(self):
        kind, bookings = read_bank_statement(
            b":20:STARTUMS\r\n:25:BE68539007547034\r\n:28C:1/1\r\n:60F:C261029EUR1000,00\r\n"
            b":61:2610301030C109,20NTRFP-000007//BANK1\r\n:86:166?20P-000007 SKUU?32BRUNO\r\n"
            b":61:2610301030D12,NTRFNONREF//BANK2\r\n:86:RENT\r\n"
            b":61:2610301030RC109,20NRTIP-000007//BANK3\r\n:86:AC04 P-000007\r\n:62F:C261030EUR1097,20\r\n-\r\n"
        )
        assert kind == "mt940"
        assert [(b.end_to_end, b.amount, b.currency, b.return_code) for b in bookings] == [
            ("P-000007", 109_20, "EUR", ""),
            ("", -12_00, "EUR", ""),
            ("P-000007", -109_20, "EUR", "AC04"),
        ]

    @pytest.mark.parametrize(
        "content", [b"", b"hello", b"<a/>", b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", b"\xff\xfe"]
    )
    def test_what_is_no_statement_is_refused_in_words(self, content):
        with pytest.raises(UnreadableStatementError):
            read_bank_statement(content)
        with pytest.raises(NoStatement):
            read_bank_file(content, merchant=None, by="ina")


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
