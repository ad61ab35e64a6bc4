"""Direct debits: nothing is fetched without a mandate that was signed for the account in use, nor without a word days before."""

import datetime as dt

import pytest
import time_machine

from network.models import Notice
from settlement.bank_details import add_bank_account
from settlement.mandates import NoMandate, enter_mandate, mandates_in_use, revoke_mandate, sign_mandate
from settlement.models import Mandate, Payment, PaymentFile
from settlement.pay import approve_payments, prepare_payments
from settlement.pay_files import write_payment_files
from settlement.tests.books import FRIDAY, NETWORK, bank_account, payable_sale
from settlement.tests.cast import make_merchant, make_shop
from skuu.kit.errors import NotPossible, WrongState

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(settings):
    settings.NETWORK_COUNTRY, settings.NETWORK_IBAN, settings.NETWORK_CREDITOR_ID = (
        "FR",
        NETWORK,
        "BE69ZZZ050D000000008",
    )
    settings.SETTLEMENT_MINIMUM_MINOR, settings.SETTLEMENT_DEBIT_NOTICE_DAYS = 100, 5
    with time_machine.travel(FRIDAY, tick=False) as clock:
        yield clock


@pytest.fixture
def alma():
    return make_shop(make_merchant("Alma"))


@pytest.fixture
def bruno():
    return make_shop(make_merchant("Bruno"))


def test_a_mandate_is_entered_read_and_signed(alma, settings):
    with pytest.raises(NoMandate):
        enter_mandate(alma.merchant, by="owner")
    bank_account(alma, mandate=False)
    row = enter_mandate(alma.merchant, by="owner")
    assert enter_mandate(alma.merchant, by="owner") == row
    for said in (settings.NETWORK_CREDITOR_ID, settings.NETWORK_LEGAL_NAME, row.reference, "0189", "5 days"):
        assert said in row.words
    assert mandates_in_use([alma.merchant_id]) == {}
    with pytest.raises(NotPossible):
        sign_mandate(row, by="owner", name=" ")
    with pytest.raises(NotPossible):
        sign_mandate(row, by="owner", name="Ada", on=FRIDAY.date() + dt.timedelta(days=1))
    sign_mandate(row, by="owner", name="Ada Owner")
    sign_mandate(row, by="owner", name="Somebody else")
    row.refresh_from_db()
    assert (row.status, row.signed_by, row.signed_on) == ("signed", "Ada Owner", FRIDAY.date())
    assert mandates_in_use([alma.merchant_id]) == {alma.merchant_id: row}


def test_a_revoked_mandate_is_over_and_the_next_one_has_another_reference(alma):
    bank_account(alma)
    first = Mandate.everyone.get()
    revoke_mandate(first, by="owner")
    revoke_mandate(first, by="owner")
    with pytest.raises(WrongState):
        sign_mandate(first, by="owner", name="Ada")
    second = enter_mandate(alma.merchant, by="owner")
    assert (second.reference, mandates_in_use([alma.merchant_id])) == (f"{first.reference}-2", {})


def test_a_mandate_does_not_go_over_to_another_account(alma, clock):
    bank_account(alma)
    add_bank_account(alma.merchant, holder="Alma", iban="NL91ABNA0417164300", by="owner")
    assert len(mandates_in_use([alma.merchant_id])) == 1
    clock.shift(dt.timedelta(hours=49))
    assert mandates_in_use([alma.merchant_id]) == {}


class TestDebits:
    def approved(self):
        payments = prepare_payments(by="schedule")
        approve_payments(payments, by="ina")
        return Payment.everyone.get(kind="fee")

    def test_are_announced_when_they_are_approved_and_are_due_no_sooner(self, alma, bruno):
        payable_sale(bruno, alma)
        bank_account(alma)
        fee = self.approved()
        assert (fee.by_debit, fee.announced_on, fee.due_on) == (True, FRIDAY.date(), dt.date(2026, 11, 4))
        notice = Notice.everyone.get(kind="debit_announced")
        assert (notice.shop, notice.subject) == (alma, "€2.40 will be fetched on 04.11.2026")
        assert Mandate.everyone.get().reference in notice.body
        write_payment_files(by="olaf")
        content = bytes(PaymentFile.everyone.get(kind="pain.008.001.08").content)
        for said in (Mandate.everyone.get().reference, "2026-10-30", "<ReqdColltnDt>2026-11-04</ReqdColltnDt>", "B2B"):
            assert said.encode() in content

    def test_wait_when_the_mandate_was_revoked_meanwhile(self, alma, bruno):
        payable_sale(bruno, alma)
        bank_account(alma)
        fee = self.approved()
        revoke_mandate(Mandate.everyone.get(), by="owner")
        files, stuck = write_payment_files(by="olaf", payments=[fee])
        assert (files, list(stuck), PaymentFile.everyone.count()) == ([], [fee.number], 0)
        assert "no direct debit mandate" in stuck[fee.number]

    def test_are_not_made_of_who_has_signed_nothing(self, alma, bruno):
        payable_sale(bruno, alma)
        bank_account(alma, mandate=False)
        enter_mandate(alma.merchant, by="owner")
        assert (self.approved().by_debit, Notice.everyone.count()) == (False, 0)

    def test_collect_everything_owed_where_a_provider_pays(self, alma, bruno, settings):
        settings.SETTLEMENT_MODE = "psp"
        payable_sale(bruno, alma)
        payments = prepare_payments(by="schedule")
        approve_payments(payments, by="ina")
        collect = Payment.everyone.get(kind="collect", payer=bruno.merchant)
        _, stuck = write_payment_files(by="olaf", payments=[collect])
        assert collect.number in stuck
        assert (collect.announced_on, Notice.everyone.count()) == (None, 0)
        bank_account(bruno)  # and its mandate: what waited for it is announced and leaves, nothing is done anew
        collect.refresh_from_db()
        assert (collect.status, collect.announced_on, collect.due_on) == (
            "approved", FRIDAY.date(), dt.date(2026, 11, 4)
        )  # fmt: skip
        assert Notice.everyone.get(kind="debit_announced").key == f"debit:{collect.number}"
        (file,), stuck = write_payment_files(by="olaf", payments=[collect])
        assert (stuck, file.execution_on, file.total) == ({}, dt.date(2026, 11, 4), 109_20)
        assert Notice.everyone.count() == 1
