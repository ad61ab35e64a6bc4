"""Payments booked without a bank's paper, and entries taken back; settlement.propose asks two people for either."""

from django.db.models import Q, Sum
from django.utils import timezone

from network.scoping import as_network
from settlement.models import Entry, Line, Payment
from settlement.pay import bounce_payment, settle_payment
from settlement.post import Posted, reverse_entry
from skuu.kit.errors import NotPossible, WrongState

REVERSIBLE = ("ship", "return", "takeover", "penalty", "write_off")  # all else follows from these, or from a bank


def is_reversible(entry: Entry) -> bool:
    """Say whether staff may propose to take an entry back: a sale, what changed it since, or an amount moved by hand."""
    lowered = entry.kind == "resolve" and entry.key.startswith("lower:")
    return (entry.kind in REVERSIBLE or lowered) and not Entry.objects.filter(reverses=entry).exists()


def moved_by(entry: Entry) -> tuple[int, str]:
    """Tell how much an entry moved (minor units, what its debits sum to) and in which currency; the first one of two."""
    sums = Line.objects.filter(entry=entry).values("currency").annotate(sum=Sum("amount", filter=Q(amount__gt=0)))
    row = sums.order_by("currency")[0]
    return int(row["sum"]), str(row["currency"])


def book_payment(payment: Payment, what: str, *, by: str, reason: str) -> None:
    """Book a payment as ``paid`` or ``returned`` today because two people say so.

    *Locks* as settle_payment does. Raises WrongState when the payment is not where that can happen, as after the bank has told it.
    """
    if not reason.strip():
        raise NotPossible("Say how you know; there is no bank statement to look at.", code="no_reason")
    with as_network():
        row = Payment.everyone.get(pk=payment.pk)
        if not Payment.STEPS.get(row.status, set()) & ({"settled"} if what == "paid" else {"failed", "bounced"}):
            raise WrongState(f"{row.number} is “{row.get_status_display()}”; it cannot be booked as {what}.")
        verb = settle_payment if what == "paid" else bounce_payment
        verb(row, on=timezone.localdate(), by=by, reason=f"booked by hand: {reason}")


def take_back(entry: Entry, *, by: str, reason: str) -> Posted:
    """Reverse an entry because two people say so. Raises WrongState for one that is not theirs to reverse, and as reverse_entry."""
    if not is_reversible(entry):
        raise WrongState(f"{entry.key} is not reversed by hand, or was taken back already.")
    return reverse_entry(entry, reason=reason, by=by)
