"""Whether shippers handed parcels over by the day they were meant to leave: counted once for each, for their record."""

from collections import Counter

from django.db import transaction
from django.utils import timezone

from catalog.trust import record_outcome
from network.workdays import clock_of
from orders.models import InternalOrder

BATCH = 500


def count_punctuality() -> int:
    """Count a batch of shipped internal orders as on time or late; returns how many.

    *Locks* the internal orders it takes, skipping those that somebody else has. *Again*: each is counted once.
    """
    with transaction.atomic():
        rows = InternalOrder.everyone.filter(shipped_at__isnull=False, judged_at=None).select_related("shipper")
        taken = list(rows.order_by("shipped_at").select_for_update(skip_locked=True, of=("self",))[:BATCH])
        counts: Counter[tuple[int, str]] = Counter()
        for row in taken:
            if row.leaves_on and row.shipped_at:
                sent = row.shipped_at.astimezone(clock_of(row.shipper.country)).date()
                counts[row.shipper_id, "late" if sent > row.leaves_on else "on_time"] += 1
        for (shop_id, kind), times in sorted(counts.items()):
            record_outcome(shop_id, kind, times)
        InternalOrder.everyone.filter(pk__in=[row.pk for row in taken]).update(judged_at=timezone.now())
    return len(taken)
