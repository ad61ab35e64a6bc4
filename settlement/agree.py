"""How often a merchant is settled: weekly unless it has agreed on monthly; it counts from the next closing on."""

import datetime as dt

from django.db.models import Min
from django.utils import timezone

from network.models import Merchant
from network.scoping import as_network
from settlement.cycles import next_cycle_end
from settlement.models import AgreedCycle, Carried
from settlement.models.period import MONTHLY, WEEKLY
from skuu.kit.errors import NotPossible


class UnknownCycle(NotPossible):
    """Nobody is settled like that."""

    code = "unknown_cycle"


def agree_cycle(merchant: Merchant, kind: str, *, by: str) -> AgreedCycle:
    """Settle a merchant ``weekly`` or ``monthly`` from the next closing on; what was carried stands on its next statement.

    *Again*: the same word changes nothing. Raises UnknownCycle.
    """
    if kind not in AgreedCycle.KINDS:
        raise UnknownCycle("A merchant is settled weekly or monthly.")
    with as_network():
        standing = AgreedCycle.objects.filter(merchant=merchant).first()
        if standing is not None and standing.kind == kind:
            return standing
        row, _ = AgreedCycle.objects.update_or_create(
            merchant=merchant, defaults={"kind": kind, "by": by, "agreed_at": timezone.now()}
        )
        return row


def cycle_of(merchant_id: int) -> str:
    """Tell how often a merchant is settled."""
    kind: str | None = AgreedCycle.objects.filter(merchant=merchant_id).values_list("kind", flat=True).first()
    return kind or WEEKLY


def next_statement_on(merchant_id: int, today: dt.date | None = None) -> dt.date:
    """Name the last day of the cycle that is running for a merchant; its statement is written when that day is over."""
    return next_cycle_end(today or timezone.localdate(), cycle_of(merchant_id))


def carried_since(merchant_id: int) -> dt.date | None:
    """Name the first closing of which something is carried to a merchant's next statement; None when nothing is."""
    rows = Carried.objects.filter(merchant=merchant_id, stated_in=None)
    return rows.aggregate(first=Min("cycle__through"))["first"]


def settled_monthly() -> set[int]:
    """Name the merchants that are settled monthly; all others are settled weekly."""
    return set(AgreedCycle.objects.filter(kind=MONTHLY).values_list("merchant_id", flat=True))


def is_concerned(merchant_id: int | None, kind: str, monthly: set[int]) -> bool:
    """Say whether a closing of a kind (all, weekly, monthly) is about a merchant."""
    return kind not in AgreedCycle.KINDS or (kind == MONTHLY) == (merchant_id in monthly)
