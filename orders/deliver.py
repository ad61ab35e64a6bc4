"""Parcels nobody reports on: looked at once more some days after the promise, then presumed delivered, or lost when none stands."""

import datetime as dt
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from network.connectors.base import ConnectorError, connector_for
from network.notify import give_notice
from orders.locking import lock_internal_order
from orders.models import InternalOrder, InternalOrderLine, OrderLine, Parcel, Return
from orders.parcels import deliver_lines, follow_parcels, read_fulfilments
from orders.return_goods import report_lost
from skuu.kit.errors import SkuuError
from skuu.kit.states import move

log = structlog.get_logger(__name__)

AT_ONCE = 50  # each is a call to a store
SILENCE = dt.timedelta(days=5)


def presume_delivered() -> int:
    """Mark parcels without news as delivered, five days after the promise's last day; returns how many orders.

    What was sent and taken back, and never sent again, is reported lost instead, for nobody may ever say so: once, and only
    units that are in no return. A shipper that answered such a report with "it was delivered" is believed. The shipper's
    store is read first: the news may have been lost on its way to us. *Locks* the order, then the internal order.
    *Again*: no change.
    """
    today = timezone.localdate()
    silent = InternalOrder.everyone.filter(status="shipped", promised_on__lt=today - SILENCE)
    reported = Return.everyone.filter(internal_order=OuterRef("pk"), is_lost=True, status__in=Return.OPEN)
    left = InternalOrderLine.everyone.filter(internal_order=OuterRef("pk"), shipped_quantity__gt=F("returned_quantity"))
    silent = silent.filter(Exists(_standing(OuterRef("pk"))) | (~Exists(reported) & Exists(left)))
    rows = list(silent.select_related("shipper", "order__shop").order_by("pk")[:AT_ONCE])
    for internal_order in rows:
        _look(internal_order)
        with transaction.atomic():
            row = lock_internal_order(internal_order.pk)
            parcels = _standing(row.pk).filter(delivered_at=None)
            parcels.update(delivered_at=timezone.now(), delivery_presumed=True)
            follow_parcels(row, by="presumed")
            if row.status == "shipped" and not _standing(row.pk).exists():
                _end(row)
    return len(rows)


def _standing(internal_order: Any) -> Any:
    return Parcel.everyone.filter(internal_order=internal_order, cancelled_at=None)


def _end(internal_order: InternalOrder) -> None:
    """End what left and has no parcel that stands; call it with order and internal order locked."""
    if not internal_order.returns.filter(is_lost=True, status="closed").exists():
        _report(internal_order)
        return
    move(internal_order, "delivered", by="presumed", reason="The shipper says so.", delivered_at=timezone.now())
    deliver_lines(list(OrderLine.everyone.filter(internal_lines__internal_order=internal_order)), by="presumed")


def _report(internal_order: InternalOrder) -> None:
    """Report as lost what left and was taken back; call it with order and internal order locked."""
    order = internal_order.order
    try:
        made = report_lost(internal_order, words="Its parcel was taken back, and no other came.", by="network")
    except SkuuError as error:  # all of it is on its way back, or somebody was faster
        log.warning("not_reported_lost", number=internal_order.number, code=error.code)
        return
    give_notice(
        order.shop,
        kind="parcel_missing",
        key=f"parcel_missing:{internal_order.number}",
        subject=f"Order {order.name}: nothing is on its way",
        body=f"The partner took its parcel back and sent no other; it is reported lost as {made.number}, and you will not pay for it. "
        "Send your customer another one, or refund the order.",
        link=f"/returns/{made.number}/",
    )


def _look(internal_order: InternalOrder) -> None:
    """Read the parcels as the shipper's store has them; a store that cannot be reached changes nothing."""
    try:
        read_fulfilments(internal_order, connector_for(internal_order.shipper))
    except ConnectorError as error:
        log.warning("silent_parcels_not_read", number=internal_order.number, code=error.code)
