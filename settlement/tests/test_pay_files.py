"""Approved payments leave once, in files that banks accept, to accounts that were looked at."""

import datetime as dt

import pytest
import time_machine
from defusedxml import ElementTree

from settlement.bank_details import BadBankDetails, accounts_in_use, add_bank_account
from settlement.models import BankAccount, Payment, PaymentFile
from settlement.pay import (
    approve_payments,
    bounce_payment,
    prepare_payments,
    settle_payment,
)
from settlement.pay_files import take_file, write_payment_files
from settlement.tests.books import FRIDAY, IBANS, NETWORK, bank_account, clean, payable, payable_sale, under_way
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


def test_many_payments_take_as_many_statements_as_few(settings):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    settings.SETTLEMENT_MINIMUM_MINOR = 100
    bruno = make_shop(make_merchant("Bruno"))
    bank_account(bruno)
    counted = []
    for several in (2, 5):
        for at in range(several):
            shop = make_shop(make_merchant(f"Alma {several} {at}"))
            payable_sale(bruno, shop)
            add_bank_account(shop.merchant, holder="Alma", iban=IBANS["Alma"], by="finance")
        with CaptureQueriesContext(connection) as counter:
            payments = prepare_payments(by="ina")
        prepared = len(counter)
        with CaptureQueriesContext(connection) as counter:
            assert approve_payments(payments, by="olaf") == 2 * several
        approved = len(counter)
        with CaptureQueriesContext(connection) as counter:
            _, stuck = write_payment_files(by="ina", payments=payments)
        assert len(stuck) == 0
        counted.append((prepared, approved, len(counter)))
    assert counted[0] == counted[1]
