"""Payable → paid: payments are prepared from the books, approved by a second person, instructed, and booked when they arrived."""

import datetime as dt
from collections.abc import Iterable, Sequence

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from network.models import Merchant
from network.scoping import as_network
from settlement.agree import is_concerned, settled_monthly
from settlement.bank_details import accounts_in_use
from settlement.mandates import announce_debits, call_off_debits, mandates_in_use
from settlement.models import Cycle, Payment
from settlement.pay_books import owed_less, read_books
from settlement.paying import Wanted, want_payments
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
        _one_at_a_time()
        monthly = settled_monthly()
        new = [
            one
            for one in _wanted()
            if (merchant is None or merchant in (one.payer, one.payee))
            and currency in ("", one.currency)
            and is_concerned(one.payer or one.payee, kind, monthly)
        ]
        return _prepare(new, by, cycle, due_on)


def approve_payments(payments: Iterable[Payment], *, by: str) -> int:
    """Approve prepared payments as a second person; returns how many.

    Direct debits are announced to who pays them. *Locks* the payments. Raises SamePerson, NotPayable when the books owe less by
    now, be it of one counterparty's part only, WrongState; none is approved then.
    """
    with as_network(), transaction.atomic():
        rows = list(Payment.everyone.select_for_update().filter(pk__in=[one.pk for one in payments]).order_by("pk"))
        new = [row for row in rows if row.status != "approved"]
        less = owed_less(rows)
        for row in new:
            if not by or by == row.prepared_by:
                raise SamePerson(f"{row.number} was prepared by {by}; somebody else approves it.")
            if row.pk in less:
                raise NotPayable(f"{row.number}: {less[row.pk]}")
        move_all(new, "approved", by=by, also={"approved_by": by})
        announce_debits(row for row in rows if row.pk not in less)
        return len(rows)


def cancel_payment(payment: Payment, *, by: str, reason: str) -> None:
    """Take a payment back before it has left; what it would have paid is payable still, and a debit announced is called off."""
    with as_network(), transaction.atomic():
        row = Payment.everyone.select_for_update().get(pk=payment.pk)
        _cancel([row], by, reason)


def renew_payments(payments: Iterable[Payment], *, by: str, due_on: dt.date | None = None) -> list[Payment]:
    """Cancel payments that have not left, and prepare anew what the books call for between the same; returns the new ones.

    Nothing is prepared where nothing, or less than the minimum, is owed by now. One that is cancelled already is prepared anew
    as well. *Locks* one preparation at a time, then the payments. *Again*: cancels and prepares once more. Raises WrongState when
    any has left; nothing is changed then.
    """
    due_on = due_on or timezone.localdate() + dt.timedelta(days=DAYS_TO_PAY)
    with as_network(), transaction.atomic():
        _one_at_a_time()
        rows = list(Payment.everyone.select_for_update().filter(pk__in=[one.pk for one in payments]).order_by("pk"))
        _cancel(rows, by, "prepared anew")
        again = {(row.kind, row.payer_id, row.payee_id, row.currency) for row in rows}
        new = [one for one in _wanted() if (one.kind, one.payer, one.payee, one.currency) in again]
        return _prepare(new, by, None, due_on)


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

    What was collected and came back is not there to be paid out: payouts of it that have not left are cancelled. A payment that
    was on its way and never executed just ends. *Locks* and *Again* as settle_payment; payouts that another holds, as who writes
    them into files does, are passed over: they are asked about there.
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
        if row.kind == "collect":
            _take_payouts_back(row, by)


def confirm_received(payment: Payment, *, merchant: int, by: str) -> None:
    """Let the payee of a payment between two merchants say that it has arrived. Raises NotAllowed for anybody else."""
    if payment.kind != "trade" or payment.payee_id != merchant:
        raise NotAllowed("Only who is paid can say that the payment has arrived.")
    settle_payment(payment, on=timezone.localdate(), by=by, reason="confirmed by the payee")


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])


def _wanted() -> list[Wanted]:
    """List what the books call for and no payment under way is about."""
    under_way = set(
        Payment.everyone.filter(status__in=Payment.OPEN).values_list("kind", "payer_id", "payee_id", "currency")
    )
    found = want_payments(read_books(), settings.SETTLEMENT_MODE, settings.SETTLEMENT_MINIMUM_MINOR)
    return [one for one in found if (one.kind, one.payer, one.payee, one.currency) not in under_way]


def _cancel(rows: Sequence[Payment], by: str, reason: str) -> None:
    going = [row for row in rows if row.status != "cancelled"]
    move_all(going, "cancelled", by=by, reasons={row.pk: reason for row in going}, also={"status_reason": reason})
    call_off_debits(going)


def _take_payouts_back(collected: Payment, by: str) -> None:
    """Cancel the payouts that have not left and pay on what was collected by a payment that came back."""
    pairs = {frozenset((merchant, other)) for merchant, other, _ in collected.parts if other is not None}
    waiting = Payment.everyone.select_for_update(of=("self",), skip_locked=True).filter(
        kind="payout", currency=collected.currency, status__in=["prepared", "approved"],
        payee__in={merchant for pair in pairs for merchant in pair},
    )  # fmt: skip
    concerned = [
        row
        for row in waiting.order_by("pk")
        if any(frozenset((merchant, other)) in pairs for merchant, other, _ in row.parts)
    ]
    less = owed_less(concerned)
    _cancel(
        [row for row in concerned if row.pk in less], by, f"What it would pay out came back with {collected.number}."
    )


def _prepare(wanted: Sequence[Wanted], by: str, cycle: Cycle | None, due_on: dt.date) -> list[Payment]:
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
