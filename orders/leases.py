"""Taking rows for work outside the database: a time ahead in their due column is the lease, so a killed worker's rows come back."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

LEASE = dt.timedelta(seconds=30)
ENOUGH = LEASE / 2  # a row is begun only while so much of its lease is left
LONGEST_WAIT = 300.0


def take(rows: QuerySet[Any], due: str, *, tries: str = "", most: int = 5) -> list[Any]:
    """Lease up to ``most`` due rows, skipping those another worker has; commits before it returns.

    Again: a row whose lease ran out (its worker died) is taken anew, with one more try counted.
    """
    now = timezone.now()
    rows = rows.filter(**{f"{due}__lte": now})
    if not rows.exists():  # most sweeps find nothing, and a transaction that locks costs several times as much
        return []
    with transaction.atomic():
        found = list(rows.order_by(due).select_for_update(skip_locked=True, of=("self",))[:most])
        if found:
            changes: dict[str, Any] = {due: now + LEASE}
            if tries:
                changes[tries] = F(tries) + 1
            rows.model.everyone.filter(pk__in=[row.pk for row in found]).update(**changes)
    for row in found:
        setattr(row, due, now + LEASE)
        if tries:
            setattr(row, tries, getattr(row, tries) + 1)
    return found


def held(rows: Iterable[Any], due: str) -> Iterator[Any]:
    """Go through leased rows while their lease lasts; slow ones before may have cost too much of it for the rest."""
    for row in rows:
        if getattr(row, due) - timezone.now() > ENOUGH:
            yield row


def later(tries: int, retry_after: float = 0.0) -> dt.datetime:
    """Say when to try again: doubling from one second to five minutes, or what the platform asked for."""
    return timezone.now() + dt.timedelta(seconds=max(retry_after, min(2.0 ** max(tries - 1, 0), LONGEST_WAIT)))
