"""What the bank says: bookings are matched to payments; what nobody can name waits in suspense until somebody does."""

import hashlib
import re

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from network.models import Merchant
from network.scoping import as_network
from settlement.bank_reading import Booking, UnreadableStatementError, read_bank_statement
from settlement.known_bookings import lock_reading, unknown_bookings
from settlement.models import BankFile, BankLine, Payment
from settlement.pay import bounce_payment, settle_payment
from settlement.post import Draft, lock_balances, post_entry
from settlement.splitting import Posting
from skuu.kit.errors import NotPossible
from skuu.kit.states import move

LARGEST = 20 * 1024 * 1024
_NUMBER = re.compile(r"\bP-\d{6,}\b")


class NoStatement(NotPossible):
    """The file is no bank statement we can read."""

    code = "no_bank_statement"


def read_bank_file(content: bytes, *, merchant: Merchant | None, by: str) -> BankFile:
    """Read a bank statement (camt.053 or MT940) and settle, or reopen, the payments it speaks of.

    The network's own statement is kept whole: what matches nothing is booked to suspense. Of a merchant's statement only what
    names one of its payments is kept. *Locks* the payments in the order of their keys, then every balance they will move in the
    order of accounts. *Again*: the same file is read once, and so is a booking that another file of the same account told before
    (counted in ``known``). Raises NoStatement.
    """
    if len(content) > LARGEST:
        raise NoStatement("A bank statement of more than 20 MB is not read; split it by day.")
    try:
        kind, bookings = read_bank_statement(content)
    except UnreadableStatementError as error:
        raise NoStatement(str(error)) from error
    digest = hashlib.sha256(content).hexdigest()
    with as_network(), transaction.atomic():
        lock_reading()
        file, new = BankFile.everyone.get_or_create(
            merchant=merchant,
            digest=digest,
            defaults={"kind": kind, "lines": len(bookings), "read_by": by},
        )
        if not new:
            return file
        unknown = unknown_bookings(bookings, file.merchant_id)
        file.known = len(bookings) - len(unknown)
        file.save(update_fields=["known"])
        payments = _payments_named([booking for booking, _ in unknown])
        for booking, fingerprint in unknown:
            _take(booking, fingerprint, file, payments.get(_number_in(booking)), by)
    return file


def name_booking(line: BankLine, payment: Payment, *, by: str) -> None:
    """Take a booking out of suspense: it is this payment. Raises NotPossible when amount or direction do not fit."""
    with as_network(), transaction.atomic():
        row = BankLine.everyone.select_for_update().get(pk=line.pk)
        if _verdict(row.amount, row.currency, "", payment, None) != "settle":
            raise NotPossible(f"{payment.number} is not a payment of this amount on its way.", code="does_not_fit")
        move(row, "matched", by=by, payment=payment)
        post_entry(_suspense(row, f"suspense:{row.pk}:named", -row.amount))
        settle_payment(payment, on=row.booked_on, by=by, reason="named by staff")


def credit_booking(line: BankLine, merchant: Merchant, *, by: str, reason: str) -> None:
    """Take a booking out of suspense: it is a merchant's money towards what it owes the network."""
    if not reason.strip():
        raise NotPossible("Say why it is this merchant's.", code="no_reason")
    with as_network(), transaction.atomic():
        row = BankLine.everyone.select_for_update().get(pk=line.pk)
        move(row, "matched", by=by, reason=reason, status_reason=reason)
        post_entry(
            Draft(
                key=f"suspense:{row.pk}:credited",
                kind="suspense",
                ref=f"bank:{row.pk}",
                effective_on=timezone.localdate(),
                currency=row.currency,
                postings=(
                    Posting(None, "suspense", row.amount, "payment", merchant.pk),
                    Posting(merchant.pk, "merchant", -row.amount, "payment"),
                ),
                facts={"reason": reason, "partners": {str(merchant.pk): settings.NETWORK_NAME}},
            )
        )


def leave_booking(line: BankLine, *, by: str, reason: str) -> None:
    """Take a booking out of suspense: it has nothing to do with the network's books."""
    if not reason.strip():
        raise NotPossible("Say what it is instead.", code="no_reason")
    with as_network(), transaction.atomic():
        row = BankLine.everyone.select_for_update().get(pk=line.pk)
        move(row, "foreign", by=by, reason=reason, status_reason=reason)
        post_entry(_suspense(row, f"suspense:{row.pk}:left", -row.amount))


def _payments_named(bookings: list[Booking]) -> dict[str, Payment]:
    """Lock what the bookings name: one file posts many entries in one transaction, in the bank's order, not in the accounts'."""
    numbers = {_number_in(booking) for booking in bookings} - {""}
    named = Payment.everyone.select_for_update(of=("self",)).filter(number__in=numbers).order_by("pk")
    payments = {row.number: row for row in named}
    lock_balances({merchant for row in payments.values() for merchant, *_ in row.parts})
    return payments


def _number_in(booking: Booking) -> str:
    found = _NUMBER.search(booking.end_to_end) or _NUMBER.search(booking.text)
    return found[0] if found else ""


def _take(booking: Booking, fingerprint: str, file: BankFile, payment: Payment | None, by: str) -> None:
    verdict = "unknown"
    if payment is not None:
        payment.refresh_from_db()
        verdict = _verdict(booking.amount, booking.currency, booking.return_code, payment, file.merchant_id)
    if verdict == "unknown" and file.merchant_id is not None:
        return  # a merchant's other business is none of ours
    row = BankLine.everyone.create(
        file=file,
        bank_ref=booking.reference,
        fingerprint=fingerprint,
        booked_on=booking.booked_on,
        amount=booking.amount,
        currency=booking.currency,
        end_to_end=booking.end_to_end,
        text=booking.text,
        return_code=booking.return_code,
        payment=payment if verdict != "unknown" else None,
        status="suspense" if verdict == "unknown" else "matched",
    )
    if verdict == "settle" and payment is not None:
        settle_payment(payment, on=booking.booked_on, by=by, reason=f"booked by the bank: {booking.reference}")
    elif verdict == "bounce" and payment is not None:
        reason = f"came back: {booking.return_code or 'no code'}"
        bounce_payment(payment, on=booking.booked_on, by=by, reason=reason)
    elif verdict == "unknown":
        post_entry(_suspense(row, f"suspense:{row.pk}", row.amount))


def _verdict(amount: int, currency: str, return_code: str, payment: Payment, merchant: int | None) -> str:
    """Say what a booking means for the payment it names: settle, bounce, note (nothing more to do) or unknown."""
    if currency != payment.currency or abs(amount) != payment.amount:
        return "unknown"
    if merchant is None:
        sign = {"fee": 1, "collect": 1, "payout": -1}.get(payment.kind, 0)
    else:
        sign = 0 if payment.kind != "trade" else {payment.payee_id: 1, payment.payer_id: -1}.get(merchant, 0)
    if not sign:
        return "unknown"
    forward = (amount > 0) == (sign > 0)
    if not forward or return_code:
        return "bounce" if payment.status in ("settled", "instructed") and not forward else "unknown"
    if payment.status == "instructed":
        return "settle" if merchant is None or sign > 0 else "note"
    return "note" if payment.status in ("settled", "bounced") and merchant is not None else "unknown"


def _suspense(row: BankLine, key: str, amount: int) -> Draft:
    return Draft(
        key=key,
        kind="suspense",
        ref=f"bank:{row.pk}",
        effective_on=min(row.booked_on, timezone.localdate()),
        currency=row.currency,
        postings=(Posting(None, "bank", amount, "suspense"), Posting(None, "suspense", -amount, "suspense")),
        facts={"reason": "A booking that nobody has named yet"},
    )
