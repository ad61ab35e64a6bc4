"""Sales that are in the books and payable, for the tests about paying, disputing and invoicing."""

import datetime as dt

from django.conf import settings

from orders.models import InternalOrder
from settlement.balances import positions_of
from settlement.bank_details import add_bank_account
from settlement.check import check_ledger
from settlement.mandates import enter_mandate, sign_mandate
from settlement.models import BankAccount, Payment
from settlement.pay import approve_payments, prepare_payments
from settlement.pay_files import write_payment_files
from settlement.release import release_due
from settlement.settle import post_shipped
from settlement.tests.cast import make_internal_order

FRIDAY = dt.datetime(2026, 10, 30, 10, tzinfo=dt.UTC)
IBANS = {
    "Alma": "FR7630006000011234567890189",
    "Bruno": "DE89370400440532013000",
    "Cara": "NL91ABNA0417164300",
}
NETWORK = "BE68539007547034"


def delivered(origin, shipper, *, days_ago: int = 17, **also) -> InternalOrder:
    order = make_internal_order(origin, shipper, shipped_at=FRIDAY - dt.timedelta(days=days_ago + 1), **also)
    InternalOrder.everyone.filter(pk=order.pk).update(
        status="delivered", delivered_at=FRIDAY - dt.timedelta(days=days_ago)
    )
    order.refresh_from_db()
    return order


def payable_sale(origin, shipper, **also) -> InternalOrder:
    order = delivered(origin, shipper, **also)
    post_shipped()
    release_due()
    return order


def bank_account(shop, *, mandate: bool = True) -> BankAccount:
    merchant = shop.merchant
    type(merchant).everyone.filter(pk=merchant.pk).update(address1="Teststraat 2", postcode="9000", city="Gent")
    account = add_bank_account(merchant, holder=merchant.name, iban=IBANS[merchant.name], by="finance")
    if mandate and settings.NETWORK_CREDITOR_ID:
        sign_mandate(enter_mandate(merchant, by="finance"), by="finance", name="Ada Owner")
    return account


def camt(*rows: tuple[str, int, str], code: str = "", stated: str = "S1") -> bytes:
    """Write a camt.053 with one booking a row: end-to-end reference, minor units, currency."""
    entries = "".join(
        f"<Ntry><Amt Ccy='{currency}'>{abs(amount) / 100:.2f}</Amt><CdtDbtInd>{'CRDT' if amount > 0 else 'DBIT'}</CdtDbtInd>"
        f"<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-10-30</Dt></BookgDt><AcctSvcrRef>{stated}-{at}</AcctSvcrRef>"
        f"<NtryDtls><TxDtls><Refs><EndToEndId>{reference or 'NOTPROVIDED'}</EndToEndId></Refs>"
        + (f"<RtrInf><Rsn><Cd>{code}</Cd></Rsn></RtrInf>" if code else "")
        + "</TxDtls></NtryDtls></Ntry>"
        for at, (reference, amount, currency) in enumerate(rows)
    )
    return (
        "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><BkToCstmrStmt><Stmt>"
        f"<Id>{stated}</Id>{entries}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def under_way(shop_a, shop_b) -> Payment:
    """A payment between two merchants that has left."""
    bank_account(shop_a)
    bank_account(shop_b)
    payments = prepare_payments(by="ina")
    approve_payments(payments, by="olaf")
    write_payment_files(by="ina")
    return Payment.everyone.get(kind="trade")


def payable(shop) -> int:
    """Tell what is payable to a shop's merchant now."""
    return sum(p.payable for p in positions_of(shop.merchant))


def clean() -> bool:
    """Prove the books."""
    assert check_ledger(strict=True).findings == []
    return True
