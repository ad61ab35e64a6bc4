"""Direct debits need a mandate: entered for an account, signed by its owner, announced before each debit, revoked at any time."""

import datetime as dt
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from network.models import Merchant, Notice, Shop
from network.notify import give_notices
from network.scoping import as_network
from settlement.bank_details import accounts_in_use
from settlement.models import BankAccount, Mandate, Payment
from settlement.pay_books import owed_less
from skuu.kit.errors import NotFound, NotPossible
from skuu.kit.money import Money
from skuu.kit.states import move

WORDS = (
    "By signing this mandate, {holder} authorises {creditor} (creditor identifier {identifier}) to send instructions to its bank "
    "to debit the account ending in {tail}, and its bank to debit that account in accordance with them. This is a SEPA "
    "business-to-business direct debit: after the debit there is no right to a refund, and until the day before there is the "
    "right to ask the bank not to debit. The bank wants to be told of this mandate before the first debit. Mandate reference "
    "{reference}; recurrent; every debit is announced at least {days} days before."
)


class NoMandate(NotPossible):
    """There is nothing that could be signed or revoked, or no account to debit."""

    code = "no_mandate"


def enter_mandate(merchant: Merchant, *, by: str) -> Mandate:
    """Write a mandate for the account in use, to be read and signed. *Again*: the one that stands for this account.

    *Locks* the merchant. Raises NoMandate while there is no account or the network has no creditor identifier.
    """
    with as_network(), transaction.atomic():
        Merchant.everyone.select_for_update().get(pk=merchant.pk)
        account = accounts_in_use([merchant.pk]).get(merchant.pk)
        if account is None:
            raise NoMandate("Give a bank account first; a mandate is for one account.")
        if not settings.NETWORK_CREDITOR_ID:
            raise NoMandate("The network has no creditor identifier yet, so it cannot fetch anything.")
        standing = Mandate.everyone.filter(account=account, status__in=["entered", "signed"]).first()
        if standing is not None:
            return standing
        earlier = Mandate.everyone.filter(account=account).count()
        reference = f"SKUU-{merchant.pk}-{account.pk}" + (f"-{earlier + 1}" if earlier else "")
        row = Mandate.everyone.create(
            reference=reference, merchant=merchant, account=account, words=_words(account, reference), entered_by=by
        )
        row.changes.create(to_status="entered", by=by)
        return row


def sign_mandate(mandate: Mandate, *, by: str, name: str, on: dt.date | None = None) -> None:
    """Sign a mandate: ``name`` is who signs for the merchant, ``on`` an earlier day when it was signed on paper.

    What was approved before, waited for it and is owed still is announced, and leaves. *Locks* the mandate, then those payments.
    *Again*: no change. Raises NoMandate, NotPossible, WrongState for one that was revoked.
    """
    today = timezone.localdate()
    on = on or today
    if len(name.strip()) < 2:
        raise NotPossible("Write the name of who signs.", code="no_name")
    if on > today:
        raise NotPossible("A mandate is not signed in the future.", code="future_date")
    with as_network(), transaction.atomic():
        row = Mandate.everyone.select_for_update(of=("self",)).get(pk=mandate.pk)
        if row.status == "signed":
            return
        used = accounts_in_use([row.merchant_id]).get(row.merchant_id)
        if used is None or used.pk != row.account_id:
            raise NoMandate("The account has changed since; revoke this mandate and enter one for the new account.")
        move(row, "signed", by=by, signed_by=name.strip()[:120], signed_on=on)
        waiting = Payment.everyone.select_for_update().filter(payer=row.merchant_id, status="approved", by_debit=True)
        approved = list(waiting.order_by("pk"))
        less = owed_less(approved)
        announce_debits(one for one in approved if one.pk not in less)


def revoke_mandate(mandate: Mandate, *, by: str, reason: str = "") -> None:
    """Revoke a mandate: nothing is fetched by it from now on; what is on its way already is not stopped. *Again*: no change.

    *Locks* the mandate.
    """
    with as_network(), transaction.atomic():
        row = Mandate.everyone.select_for_update().get(pk=mandate.pk)
        if row.status != "revoked":
            move(row, "revoked", by=by, reason=reason, status_reason=reason, revoked_at=timezone.now())


def may_enter_mandate(merchant: Merchant) -> bool:
    """Say whether the account in use lacks a mandate that could be entered for it."""
    with as_network():
        account = accounts_in_use([merchant.pk]).get(merchant.pk)
        return account is not None and not account.mandates.filter(status__in=["entered", "signed"]).exists()


def mandates_in_use(merchants: Iterable[int]) -> dict[int, Mandate]:
    """Tell by which mandate each merchant's account in use may be debited now; who has signed none is not in the answer."""
    accounts = accounts_in_use(merchants)
    rows = Mandate.everyone.filter(account__in=[one.pk for one in accounts.values()], status="signed")
    return {row.merchant_id: row for row in rows}


def find_mandate(merchant: Merchant, reference: str) -> Mandate:
    """Find a merchant's mandate. Raises NotFound for a stranger's."""
    row: Mandate | None = Mandate.objects.for_merchant(merchant).filter(reference=reference).first()
    if row is None:
        raise NotFound("There is no such mandate.")
    return row


def announce_debits(payments: Iterable[Payment]) -> int:
    """Tell debtors what will be fetched and when, at least ``SETTLEMENT_DEBIT_NOTICE_DAYS`` before; returns how many.

    A payment that would be due earlier becomes due then. The notice stands in the portal of the merchant's first shop, and is
    mailed. Called in the transaction that approves, and again once a mandate is signed or a file is written. *Again*: what is
    announced stays as it was told.
    """
    today = timezone.localdate()
    rows = [row for row in payments if row.by_debit and row.announced_on is None and row.payer_id is not None]
    with as_network():
        mandates = mandates_in_use({row.payer_id for row in rows if row.payer_id is not None})
        shops = _first_shops(mandates)
        told, notices = [], []
        for row in rows:
            mandate = mandates.get(row.payer_id or 0)
            if mandate is None:
                continue  # it waits, and is announced when one is signed
            row.due_on = max(row.due_on, today + dt.timedelta(days=settings.SETTLEMENT_DEBIT_NOTICE_DAYS))
            row.announced_on = today
            told.append(row)
            if shop := shops.get(row.payer_id or 0):
                notices.append(_notice(shop, row, mandate))
        Payment.everyone.bulk_update(told, ["due_on", "announced_on"], batch_size=500)
        give_notices(notices)
        return len(told)


def call_off_debits(payments: Iterable[Payment]) -> None:
    """Tell debtors who were told of a debit that it is not made. Called in the transaction that cancels. *Again*: said once."""
    rows = [row for row in payments if row.announced_on is not None and row.payer_id is not None]
    if not rows:
        return
    with as_network():
        shops = _first_shops({row.payer_id for row in rows if row.payer_id is not None})
        announced = Notice.everyone.filter(shop__in=shops.values(), key__in=[f"debit:{row.number}" for row in rows])
        announced.filter(done_at=None).update(done_at=timezone.now())
        give_notices(
            Notice(
                shop=shops[row.payer_id],
                kind="debit_called_off",
                key=f"debit:{row.number}:off",
                subject=f"{Money(row.amount, row.currency).format()} will not be fetched on {row.due_on:%d.%m.%Y}",
                body=f"The direct debit {row.number} that we told you of is called off. What you owe by now is announced anew.",
                link="/money/",
            )
            for row in rows
            if row.payer_id in shops
        )


def _first_shops(merchants: Iterable[int]) -> dict[int, Shop]:
    """Find each merchant's first shop, where it is told what concerns its money."""
    return {shop.merchant_id: shop for shop in Shop.everyone.filter(merchant__in=list(merchants)).order_by("-pk")}


def _notice(shop: Shop, row: Payment, mandate: Mandate) -> Notice:
    amount = Money(row.amount, row.currency).format()
    return Notice(
        shop=shop,
        kind="debit_announced",
        key=f"debit:{row.number}",
        subject=f"{amount} will be fetched on {row.due_on:%d.%m.%Y}",
        body=f"{settings.NETWORK_LEGAL_NAME} ({settings.NETWORK_CREDITOR_ID}) will fetch {amount} by direct debit on "
        f"{row.due_on:%d.%m.%Y}, mandate {mandate.reference}, payment {row.number}. "
        "If something is wrong with it, tell us before.",
        link="/money/",
    )


def _words(account: BankAccount, reference: str) -> str:
    return WORDS.format(
        holder=account.holder,
        creditor=settings.NETWORK_LEGAL_NAME,
        identifier=settings.NETWORK_CREDITOR_ID,
        tail=account.tail,
        reference=reference,
        days=settings.SETTLEMENT_DEBIT_NOTICE_DAYS,
    )
