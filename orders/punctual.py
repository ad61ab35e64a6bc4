"""Whether shippers handed parcels over by the day they were meant to leave: counted once for each, for their record."""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable

from django.db import transaction
from django.utils import timezone

from catalog.trust import record_outcome
from network.sending import sending_of
from network.workdays import clock_of, working_days_after, working_days_between
from orders.models import InternalOrder

BATCH = 500


def closings_of(rows: Iterable[InternalOrder]) -> dict[int, frozenset[dt.date]]:
    """Read the days on which the shippers of these internal orders are closed, as they say now; one query."""
    shops = {row.shipper_id: row.shipper for row in rows}
    return {pk: sending.closed_on for pk, sending in sending_of(shops.values()).items()} if shops else {}


def due_on(row: InternalOrder, closed_on: Collection[dt.date] = ()) -> dt.date | None:
    """Name the day on which a shipper is to hand a parcel over.

    Later than planned by as many working days as its order came late to it, and by the days on which it is closed, also those
    it entered afterwards.
    """
    if row.leaves_on is None:
        return None
    country, late = row.shipper.country, 0
    if row.placed_at is not None:
        planned, placed = (at.astimezone(clock_of(country)).date() for at in (row.created_at, row.placed_at))
        late = working_days_between(country, planned, placed, closed_on)
    open_day = working_days_after(country, row.leaves_on, int(row.leaves_on in closed_on), closed_on)
    return working_days_after(country, open_day, late, closed_on)


def count_punctuality() -> int:
    """Count a batch of shipped internal orders as on time or late; returns how many.

    *Locks* the internal orders it takes, skipping those that somebody else has. *Again*: each is counted once.
    """
    with transaction.atomic():
        rows = InternalOrder.everyone.filter(shipped_at__isnull=False, judged_at=None).select_related("shipper")
        taken = list(rows.order_by("shipped_at").select_for_update(skip_locked=True, of=("self",))[:BATCH])
        counts: Counter[tuple[int, str]] = Counter()
        closings = closings_of(taken)
        for row in taken:
            if (due := due_on(row, closings[row.shipper_id])) and row.shipped_at:
                sent = row.shipped_at.astimezone(clock_of(row.shipper.country)).date()
                counts[row.shipper_id, "late" if sent > due else "on_time"] += 1
        for (shop_id, kind), times in sorted(counts.items()):
            record_outcome(shop_id, kind, times)
        InternalOrder.everyone.filter(pk__in=[row.pk for row in taken]).update(judged_at=timezone.now())
    return len(taken)
