"""Parcels nobody reports on: presumed delivered some days after the promise, and marked as such."""

import datetime as dt

from django.db import transaction
from django.utils import timezone

from orders.locking import lock_internal_order
from orders.models import InternalOrder, Parcel
from orders.parcels import follow_parcels

SILENCE = dt.timedelta(days=5)


def presume_delivered() -> int:
    """Mark parcels without news as delivered, five days after the promise's last day; returns how many orders.

    *Locks* the order, then the internal order. *Again*: no change.
    """
    today = timezone.localdate()
    silent = InternalOrder.everyone.filter(status="shipped", promised_on__lt=today - SILENCE)
    ids = list(silent.order_by("pk").values_list("pk", flat=True)[:200])
    for internal_order_id in ids:
        with transaction.atomic():
            row = lock_internal_order(internal_order_id)
            parcels = Parcel.everyone.filter(internal_order=row, cancelled_at=None, delivered_at=None)
            parcels.update(delivered_at=timezone.now(), delivery_presumed=True)
            follow_parcels(row, by="presumed")
    return len(ids)
