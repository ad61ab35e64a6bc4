"""Payable → paid: payments are prepared from the books, approved by a second person, instructed, and booked when they arrived."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from network.models import Merchant
from network.scoping import as_network
from settlement.agree import is_concerned, settled_monthly
from settlement.bank_details import accounts_in_use
from settlement.convert import Open, open_positions
from settlement.mandates import announce_debits, mandates_in_use
from settlement.models import Cycle, Payment
from settlement.post import Draft, post_entry
from settlement.splitting import Posting
from skuu.kit.errors import NotAllowed, WrongState
from skuu.kit.states import move, move_all

log = structlog.get_logger(__name__)

DAYS_TO_PAY = 3
_AT_ONCE = 1_000  # rows in one statement
_LOCK = 7_700_454  # advisory: one preparation at a time in this database


class SamePerson(NotAllowed):
    """Who prepared a payment does not approve it."""

    code = "four_eyes"


class NotPayable(WrongState):
    """The books no longer owe what the payment says; prepare it anew."""

    code = "not_payable"


Part = tuple[int, int | None, int]  # merchant, counterparty (None: the network), minor units its account moves


@dataclass(frozen=True, slots=True)
class _Wanted:
    kind: str
    payer: int | None
    payee: int | None
    currency: str
    amount: int
    parts: tuple[Part, ...]


def prepare_payments(
    *,
    by: str,
    cycle: Cycle | None = None,
    due_on: dt.date | None = None,
    merchant: int | None = None,
    currency: str = "",
    kind: str = "all",
) -> list[Payment]:
    """Prepare a payment for everything payable that has none under way; returns the new ones, nothing leaves yet.

    ``bilateral``: who owes pays the other merchant, net of both directions, and the network its fee. ``psp``: the provider
    collects from who owes; who is owed is paid what was collected from each counterparty, never more. Less than
    ``SETTLEMENT_MINIMUM_MINOR`` is carried on. A closing of a ``kind`` prepares what merchants settled like that pay, or, where
    the provider pays, are paid. *Locks* one preparation at a time. *Again*: nothing is prepared twice.
    """
    due_on = due_on or timezone.localdate() + dt.timedelta(days=DAYS_TO_PAY)
    with as_network(), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        wanted = _wanted(open_positions())
        under_way = set(
            Payment.everyone.filter(status__in=Payment.OPEN).values_list("kind", "payer_id", "payee_id", "currency")
        )
        monthly = settled_monthly()
        new = [
            one
            for one in wanted
            if (one.kind, one.payer, one.payee, one.currency) not in under_way
            and (merchant is None or merchant in (one.payer, one.payee))
            and currency in ("", one.currency)
            and is_concerned(one.payer or one.payee, kind, monthly)
        ]
        return _prepare(new, by, cycle, due_on)


def approve_payments(payments: Iterable[Payment], *, by: str) -> int:
    """Approve prepared payments as a second person; returns how many.

    Direct debits are announced to who pays them. *Locks* the payments.
    Raises SamePerson, NotPayable when the books owe less by now, WrongState; none is approved then.
    """
    with as_network(), transaction.atomic():
        rows = list(Payment.everyone.select_for_update().filter(pk__in=[one.pk for one in payments]).order_by("pk"))
        payable = {(o.kind, o.payer, o.payee, o.currency): o.amount for o in _wanted(open_positions(), minimum=1)}
        new = [row for row in rows if row.status != "approved"]
        for row in new:
            if not by or by == row.prepared_by:
                raise SamePerson(f"{row.number} was prepared by {by}; somebody else approves it.")
            if row.amount > payable.get((row.kind, row.payer_id, row.payee_id, row.currency), 0):
                raise NotPayable(f"{row.number} is more than is payable by now; cancel it and prepare it anew.")
        move_all(new, "approved", by=by, also={"approved_by": by})
        announce_debits(rows)
        return len(rows)


def cancel_payment(payment: Payment, *, by: str, reason: str) -> None:
    """Take a payment back before it has left; what it would have paid is payable still."""
    with as_network(), transaction.atomic():
        row = Payment.everyone.select_for_update().get(pk=payment.pk)
        move(row, "cancelled", by=by, reason=reason, status_reason=reason)


def settle_payment(payment: Payment, *, on: dt.date, by: str, reason: str = "") -> None:
    """Book a payment that has arrived: its entry lowers what both sides have between them.

    *Locks* the payment, then as post_entries does. *Again*: a settled payment stays settled, its entry is posted once.
    Raises WrongState when it has not left yet.
    """
    with as_network(), transaction.atomic():
        row = Payment.everyone.select_for_update(of=("self",)).select_related("payer", "payee").get(pk=payment.pk)
        if row.status in ("settled", "bounced"):
            return
        move(row, "settled", by=by, reason=reason, settled_on=on)
        post_entry(_booking(row, f"payment:{row.pk}", "payment", min(on, timezone.localdate()), sign=1))


def bounce_payment(payment: Payment, *, on: dt.date, by: str, reason: str) -> None:
    """Reopen a payment that came back: what it paid is payable again, on the payee's next account.

    A payment that was on its way and never executed just ends. *Locks* and *Again* as settle_payment.
    """
    with as_network(), transaction.atomic():
        row = Payment.everyone.select_for_update(of=("self",)).select_related("payer", "payee").get(pk=payment.pk)
        if row.status in ("bounced", "failed"):
            return
        if row.status == "instructed":
            move(row, "failed", by=by, reason=reason, status_reason=reason)
            return
        move(row, "bounced", by=by, reason=reason, status_reason=reason)
        post_entry(_booking(row, f"bounce:{row.pk}", "bounce", min(on, timezone.localdate()), sign=-1))


def confirm_received(payment: Payment, *, merchant: int, by: str) -> None:
    """Let the payee of a payment between two merchants say that it has arrived. Raises NotAllowed for anybody else."""
    if payment.kind != "trade" or payment.payee_id != merchant:
        raise NotAllowed("Only who is paid can say that the payment has arrived.")
    settle_payment(payment, on=timezone.localdate(), by=by, reason="confirmed by the payee")


def _wanted(positions: list[Open], minimum: int | None = None) -> list[_Wanted]:
    """Say which payments the books call for, by the mode the network settles in."""
    least = settings.SETTLEMENT_MINIMUM_MINOR if minimum is None else minimum
    found = _psp(positions) if settings.SETTLEMENT_MODE == "psp" else _bilateral(positions)
    return [one for one in found if one.amount >= least]


def _bilateral(positions: list[Open]) -> list[_Wanted]:
    """Let each debtor pay the other merchant what it owes net of both directions, and the network its fee."""
    found = []
    for row in positions:
        if row.amount <= 0:
            continue
        settled: tuple[Part, ...] = ((row.merchant, row.counterparty, -row.amount),)
        if row.counterparty is not None:
            settled += ((row.counterparty, row.merchant, row.amount),)
        kind = "fee" if row.counterparty is None else "trade"
        found.append(_Wanted(kind, row.merchant, row.counterparty, row.currency, row.amount, settled))
    return found


def _psp(positions: list[Open]) -> list[_Wanted]:
    """Collect every debt; pay each creditor what each of its debtors has paid in already, less its own fee."""
    owed = {(row.merchant, row.counterparty, row.currency): row.amount for row in positions}
    found = []
    for merchant, currency in sorted({(row.merchant, row.currency) for row in positions}):
        fee = max(0, owed.get((merchant, None, currency), 0))
        ready = _ready(owed, merchant, currency)
        total = sum(amount for _, _, amount in ready)
        deducted = fee if total > fee else 0
        if total > deducted:
            less: tuple[Part, ...] = ((merchant, None, -deducted),) if deducted else ()
            found.append(_Wanted("payout", None, merchant, currency, total - deducted, (*ready, *less)))
        debts: list[Part] = [
            (merchant, other, -amount)
            for (who, other, money), amount in owed.items()
            if who == merchant and money == currency and amount > 0 and (other is not None or not deducted)
        ]
        if debts:
            found.append(
                _Wanted("collect", merchant, None, currency, -sum(amount for *_, amount in debts), tuple(debts))
            )
    return found


def _ready(owed: dict[tuple[int, int | None, str], int], merchant: int, currency: str) -> tuple[Part, ...]:
    """Tell what a merchant may be paid: per counterparty what that one owed it and does not owe any more, because it paid."""
    found: list[Part] = []
    for (who, other, money), amount in owed.items():
        if who != merchant or money != currency or amount >= 0:
            continue
        unpaid = max(0, owed.get((other, merchant, currency), 0)) if other is not None else 0
        if -amount > unpaid:
            found.append((merchant, other, -amount - unpaid))
    return tuple(found)


def _prepare(wanted: list[_Wanted], by: str, cycle: Cycle | None, due_on: dt.date) -> list[Payment]:
    """Write payments in as many statements, however many they are."""
    if not wanted:
        return []
    with connection.cursor() as cursor:
        cursor.execute("select nextval('settlement_payment_id_seq') from generate_series(1, %s)", [len(wanted)])
        keys = [key for (key,) in cursor.fetchall()]
    parties = Merchant.everyone.in_bulk({pk for one in wanted for pk in (one.payer, one.payee) if pk is not None})
    accounts = accounts_in_use(parties)
    signed = mandates_in_use(parties)
    rows = []
    for key, one in zip(keys, wanted, strict=True):
        paid = one.payee if one.kind in ("trade", "payout") else one.payer
        rows.append(
            Payment(
                pk=key,
                number=f"P-{key:06d}",
                cycle=cycle,
                kind=one.kind,
                payer=parties[one.payer] if one.payer is not None else None,
                payee=parties[one.payee] if one.payee is not None else None,
                amount=one.amount,
                currency=one.currency,
                parts=one.parts,
                due_on=due_on,
                by_debit=one.kind == "collect" or (one.kind == "fee" and one.payer in signed),
                prepared_by=by,
                account=accounts.get(paid) if paid is not None else None,
            )
        )
    return list(Payment.everyone.bulk_create(rows, batch_size=_AT_ONCE))


def _booking(row: Payment, key: str, kind: str, on: dt.date, *, sign: int) -> Draft:
    postings = [
        Posting(merchant, "merchant", sign * amount, "payment", counterparty)
        for merchant, counterparty, amount in row.parts
    ]
    if rest := -sum(posting.amount for posting in postings):
        postings.append(Posting(None, "bank", rest, "payment", row.payer_id or row.payee_id))
    names = {}
    if row.payer_id is not None:
        names[str(row.payer_id)] = row.payee.name if row.payee else settings.NETWORK_NAME
    if row.payee_id is not None:
        names[str(row.payee_id)] = row.payer.name if row.payer else settings.NETWORK_NAME
    word = "Payment" if sign > 0 else "Payment came back:"
    return Draft(
        key=key,
        kind=kind,
        ref=f"payment:{row.number}",
        effective_on=on,
        currency=row.currency,
        postings=tuple(postings),
        facts={"number": row.number, "reason": f"{word} {row.number}", "partners": names},
    )
