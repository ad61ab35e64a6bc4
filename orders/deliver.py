"""Parcels nobody reports on: looked at once more, then presumed delivered some days after the promise, and marked as such."""

import datetime as dt

import structlog
from django.db import transaction
from django.utils import timezone

from network.connectors.base import ConnectorError, connector_for
from orders.locking import lock_internal_order
from orders.models import InternalOrder, Parcel
from orders.parcels import follow_parcels, read_fulfilments

log = structlog.get_logger(__name__)

AT_ONCE = 50  # each is a call to a store
SILENCE = dt.timedelta(days=5)


def presume_delivered() -> int:
    """Mark parcels without news as delivered, five days after the promise's last day; returns how many orders.

    The shipper's store is read first: the news may have been lost on its way to us. *Locks* the order, then the internal
    order. *Again*: no change.
    """
    today = timezone.localdate()
    silent = InternalOrder.everyone.filter(status="shipped", promised_on__lt=today - SILENCE)
    rows = list(silent.select_related("shipper", "order__shop").order_by("pk")[:AT_ONCE])
    for internal_order in rows:
        _look(internal_order)
        with transaction.atomic():
            row = lock_internal_order(internal_order.pk)
            parcels = Parcel.everyone.filter(internal_order=row, cancelled_at=None, delivered_at=None)
            parcels.update(delivered_at=timezone.now(), delivery_presumed=True)
            follow_parcels(row, by="presumed")
    return len(rows)


def _look(internal_order: InternalOrder) -> None:
    """Read the parcels as the shipper's store has them; a store that cannot be reached changes nothing."""
    try:
        read_fulfilments(internal_order, connector_for(internal_order.shipper))
    except ConnectorError as error:
        log.warning("silent_parcels_not_read", number=internal_order.number, code=error.code)
