"""Approved payments leave as files: one per payer, kind, currency and execution day, and no payment in two of them."""

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Iterable

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from network.models import Merchant
from network.scoping import as_network
from settlement.bank_details import accounts_in_use
from settlement.documents.sepa import DEBIT, LIST, TRANSFER, BankParty, Order, debit_file, list_file, transfer_file
from settlement.mandates import announce_debits, mandates_in_use
from settlement.models import BankAccount, Mandate, Payment, PaymentFile
from settlement.pay_books import owed_less
from settlement.post import lock_balances
from skuu.kit.errors import NotPossible
from skuu.kit.states import move_all

AT_ONCE = 500  # rows in one statement
Group = tuple[int | None, str, str, dt.date]  # whose file (None: the network's), kind, currency, execution day


class NoAccount(NotPossible):
    """A payment cannot leave because somebody's bank details are missing."""

    code = "no_bank_account"


def write_payment_files(
    *, by: str, payments: Iterable[Payment] | None = None
) -> tuple[list[PaymentFile], dict[str, str]]:
    """Write a file for every group of approved payments and mark them as on their way; also tells what cannot leave and why.

    The bank account is the one in use now, not the one of the day the payment was prepared: when it has changed meanwhile, the
    approval is void and the payment must be prepared anew. So it is when the books owe less than was approved. Who approved a
    payment does not let it leave: two people have looked at every payment, also at one that a machine prepared. *Locks* the
    payments, then the balances they will move, so that no return or dispute is posted meanwhile. *Again*: a payment is in one
    file, for ever.
    """
    with as_network(), transaction.atomic():
        rows = Payment.everyone.filter(status="approved").select_for_update(of=("self",))
        rows = rows.select_related("payer", "payee", "account").order_by("pk")
        if payments is not None:
            rows = rows.filter(pk__in=[one.pk for one in payments])
        lock_balances({merchant for row in rows for merchant, *_ in row.parts})
        less = owed_less(rows)
        accounts = accounts_in_use({pk for row in rows for pk in (row.payer_id, row.payee_id) if pk})
        mandates = mandates_in_use({row.payer_id for row in rows if row.by_debit and row.payer_id})
        groups: defaultdict[Group, list[tuple[Payment, Order]]] = defaultdict(list)
        stuck: dict[str, str] = {}
        announce_debits(row for row in rows if row.pk not in less)  # whose mandate was signed after the approval
        for row in rows:
            if row.pk in less or row.approved_by == by:
                stuck[row.number] = less.get(row.pk, "You approved it; somebody else lets it leave.")
                continue
            try:
                order = _order_of(row, accounts, mandates)
                groups[_group_of(row)].append((row, order))
            except NoAccount as error:
                stuck[row.number] = error.message
        files = _write(groups, accounts, by, stuck)
        return files, stuck


def take_file(file: PaymentFile, *, by: str) -> bytes:
    """Hand out the bytes of a payment file; the first time is noted, the bytes are always the same."""
    with as_network():
        PaymentFile.everyone.filter(pk=file.pk, first_taken_at=None).update(first_taken_at=timezone.now())
    return bytes(file.content)


def _group_of(row: Payment) -> Group:
    if row.currency != "EUR":
        kind = LIST
    else:
        kind = DEBIT if row.by_debit else TRANSFER
    owner = None if row.by_debit or row.kind == "payout" else row.payer_id
    return owner, kind, row.currency, max(row.due_on, timezone.localdate())


def _order_of(row: Payment, accounts: dict[int, BankAccount], mandates: dict[int, Mandate]) -> Order:
    """Say whom the file's owner pays, or fetches from; the network itself stands where there is no merchant."""
    other = row.payer if row.by_debit else row.payee
    if other is None:
        return Order(network_party(), row.amount, row.number, f"{settings.NETWORK_NAME} {row.number}")
    account = accounts.get(other.pk)
    if account is None:
        raise NoAccount(f"{other.name} has given no bank account yet.")
    if row.account_id is not None and row.account_id != account.pk:
        raise NoAccount(f"{other.name} has changed its bank account since; cancel the payment and prepare it anew.")
    text = f"{settings.NETWORK_NAME} {row.number}"
    if not row.by_debit:
        return Order(_party(other, account), row.amount, row.number, text)
    mandate = mandates.get(other.pk)
    if mandate is None:
        raise NoAccount(f"{other.name} has signed no direct debit mandate for its account.")
    if row.announced_on is None:
        raise NoAccount(f"{row.number} was not announced to {other.name}; cancel the payment and prepare it anew.")
    return Order(_party(other, account), row.amount, row.number, text, mandate.reference, mandate.signed_on)


def _write(
    groups: dict[Group, list[tuple[Payment, Order]]], accounts: dict[int, BankAccount], by: str, stuck: dict[str, str]
) -> list[PaymentFile]:
    """Write the files of all groups and send their payments on their way, in as many statements however many they are.

    Payments of a group that cannot leave are named in ``stuck``.
    """
    if not groups:
        return []
    with connection.cursor() as cursor:
        cursor.execute("select nextval('settlement_paymentfile_id_seq') from generate_series(1, %s)", [len(groups)])
        keys = [key for (key,) in cursor.fetchall()]
    files, sent = [], []
    for key, (group, members) in zip(keys, sorted(groups.items(), key=lambda pair: str(pair[0])), strict=True):
        try:
            files.append(_file(key, group, [order for _, order in members], accounts, by))
        except NoAccount as error:
            stuck |= {row.number: error.message for row, _ in members}
            continue
        for row, _ in members:
            row.file = files[-1]
            sent.append(row)
    PaymentFile.everyone.bulk_create(files, batch_size=AT_ONCE)
    Payment.everyone.bulk_update(sent, ["file"], batch_size=AT_ONCE)
    move_all(sent, "instructed", by=by)
    return files


def _file(key: int, group: Group, orders: list[Order], accounts: dict[int, BankAccount], by: str) -> PaymentFile:
    owner, kind, currency, on = group
    # the day and hour too, so that a restored backup cannot repeat a message the bank has seen
    message_id = f"SKUU-{timezone.now():%y%m%d%H%M%S}-{key}"
    content = _content(group, orders, accounts, message_id)
    return PaymentFile(
        pk=key,
        merchant_id=owner,
        message_id=message_id,
        kind=kind,
        execution_on=on,
        currency=currency,
        count=len(orders),
        total=sum(order.amount for order in orders),
        content=content,
        digest=hashlib.sha256(content).hexdigest(),
        made_by=by,
    )


def _content(group: Group, orders: list[Order], accounts: dict[int, BankAccount], message_id: str) -> bytes:
    owner, kind, currency, on = group
    if kind == LIST:
        return list_file(orders, on=on, currency=currency, message_id=message_id)
    if owner is None:
        me = network_party()
    elif owner in accounts:
        me = _party(accounts[owner].merchant, accounts[owner])
    else:
        raise NoAccount("The payer has given no bank account yet.")
    if kind == DEBIT:
        if not settings.NETWORK_CREDITOR_ID:
            raise NoAccount("Set SKUU_NETWORK_CREDITOR_ID before fees are fetched by direct debit.")
        return debit_file(me, orders, on=on, message_id=message_id, creditor_id=settings.NETWORK_CREDITOR_ID)
    return transfer_file(me, orders, on=on, message_id=message_id)


def network_party() -> BankParty:
    """Name the network's own account. Raises NoAccount when it is not set up."""
    if not settings.NETWORK_IBAN:
        raise NoAccount("Set SKUU_NETWORK_IBAN: the network has no account yet.")
    return BankParty(
        settings.NETWORK_LEGAL_NAME,
        settings.NETWORK_IBAN,
        settings.NETWORK_BIC,
        settings.NETWORK_ADDRESS,
        settings.NETWORK_POSTCODE,
        settings.NETWORK_CITY,
        settings.NETWORK_COUNTRY,
    )


def _party(merchant: Merchant, account: BankAccount) -> BankParty:
    return BankParty(
        account.holder,
        account.iban,
        account.bic,
        merchant.address1,
        merchant.postcode,
        merchant.city,
        merchant.country,
    )
