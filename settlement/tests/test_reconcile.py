"""What the bank says settles payments, reopens them, or waits in suspense until somebody names it."""

import datetime as dt

import pytest
import time_machine

from settlement.bank_reading import UnreadableStatementError, read_bank_statement
from settlement.models import BankLine, Entry, Line, Payment
from settlement.pay import (
    confirm_received,
)
from settlement.reconcile import NoStatement, credit_booking, leave_booking, name_booking, read_bank_file
from settlement.tests.books import FRIDAY, NETWORK, camt, clean, payable, payable_sale, under_way
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
