"""Parcels that left a shipper → fulfilments of the selling shop's order, which alone tells its customer."""

import structlog
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from network.connectors.base import Connector, ConnectorError, connector_for
from network.notify import give_notice
from orders.bells import wake
from orders.failpoint import failpoint
from orders.leases import held, later, take
from orders.models import OrderLine, Parcel, ParcelLine
from orders.place import accept_request_of
from orders.shelf import shelf_units

log = structlog.get_logger(__name__)

GIVE_UP_AFTER = 8  # some four minutes of being refused


def mirror_due() -> int:
    """Show parcels in the selling shops' orders, correct their tracking, take back what was cancelled; returns how many it took up.

    Looked up by tracking number before any retry. *Again*: what stands there already is not entered twice.
    """
    rows = Parcel.everyone.select_related("internal_order__order__shop")
    taken = take(rows.exclude(mirror_wanted=F("mirrored")), "next_attempt_at", tries="tries")
    for parcel in held(taken, "next_attempt_at"):
        try:
            _mirror(parcel)
        except ConnectorError as error:
            _postpone(parcel, error)
    return len(taken)


def _mirror(parcel: Parcel) -> None:
    order = parcel.internal_order.order
    connector = connector_for(order.shop)
    if not connector.can_push_shelf or order.cancelled_at:
        _mirrored(
            parcel, parcel.mirror_remote_id
        )  # the shop reads it from our API, or there is no order left to show it
        return
    remote_id = parcel.mirror_remote_id
    if not remote_id and parcel.tries > 1:
        remote_id = _find(parcel, connector)
    if parcel.cancelled_at:
        _take_back(parcel, remote_id, connector)
    elif parcel.mirror_remote_id:
        connector.update_tracking(remote_id, parcel.carrier, parcel.tracking_number, parcel.tracking_url)
    elif not remote_id:
        if parcel.tries > 1:
            _follow_fulfilment_orders(parcel, connector)
        remote_id = _enter(parcel, connector)
    failpoint("mirrored")
    _mirrored(parcel, remote_id)


def _take_back(parcel: Parcel, remote_id: str, connector: Connector) -> None:
    if remote_id:
        connector.cancel_fulfilment(parcel.internal_order.order.remote_id, remote_id)
        order_lines = OrderLine.everyone.filter(internal_lines__internal_order=parcel.internal_order_id)
        order_lines.update(accept_due_at=timezone.now())  # the reopened fulfilment order wants its acceptance again
        wake("accept_requests")


def _find(parcel: Parcel, connector: Connector) -> str:
    """Find what an earlier try may have left among the fulfilments that no other parcel of ours stands for.

    It is recognised by its number, one without a number by its units.
    """
    order = parcel.internal_order.order
    others = Parcel.everyone.filter(internal_order__order=order).exclude(pk=parcel.pk)
    known = set(others.values_list("mirror_remote_id", flat=True))
    wanted = sorted(ParcelLine.objects.filter(parcel=parcel).values_list("line__order_line__remote_id", "quantity"))
    for one in connector.fulfilments_of(order.remote_id):
        if one.id in known or one.status == "CANCELLED" or one.tracking_number != parcel.tracking_number:
            continue
        if one.tracking_number or sorted(one.lines) == wanted:
            return one.id
    return ""


def _follow_fulfilment_orders(parcel: Parcel, connector: Connector) -> None:
    """Learn the fulfilment orders anew: edits, moves and merges change their ids."""
    order = parcel.internal_order.order
    remote = connector.read_order(order.remote_id)
    if remote is None:
        raise ConnectorError("The selling shop no longer has this order.", retryable=False, code="gone")
    for unit in shelf_units(remote, order.shop.shelf_location_id):
        if unit.remaining:
            OrderLine.everyone.filter(order=order, remote_id=unit.line.id).update(
                fulfilment_order_id=unit.fulfilment_order_id, fulfilment_order_line_id=unit.fulfilment_order_line_id
            )


def _enter(parcel: Parcel, connector: Connector) -> str:
    rows = ParcelLine.objects.filter(parcel=parcel).select_related("line__order_line__order__shop")
    if rows.filter(line__order_line__exchange_of__isnull=False).exists():
        rows = rows.filter(
            line__order_line__exchange_of=None
        )  # the shop's order has no such line: its people tell the customer
        _tell_exchange(parcel)
        if not rows.exists():
            return ""
    units: dict[tuple[str, str], int] = {}
    lines: dict[str, OrderLine] = {}
    for row in rows.order_by("pk"):
        line = row.line.order_line
        key = (line.fulfilment_order_id, line.fulfilment_order_line_id)
        units[key] = units.get(key, 0) + row.quantity
        lines[line.fulfilment_order_id] = line
    for line in lines.values():
        if line.accept_due_at is not None:
            accept_request_of(line)
    parts = [(answer, part, quantity) for (answer, part), quantity in units.items()]
    return connector.mirror_fulfilment(parts, parcel.carrier, parcel.tracking_number, parcel.tracking_url)


def _tell_exchange(parcel: Parcel) -> None:
    order = parcel.internal_order.order
    give_notice(
        order.shop,
        kind="exchange_sent",
        key=f"exchange_sent:{parcel.pk}",
        subject=f"Order {order.name}: what you gave in exchange is on its way",
        body=f"{parcel.carrier} {parcel.tracking_number}. Your store does not tell your customer; send them the link on the order's page.",
        link=f"/my-orders/{order.pk}/",
    )


def _mirrored(parcel: Parcel, remote_id: str) -> None:
    with transaction.atomic():
        Parcel.everyone.filter(pk=parcel.pk).update(
            mirrored=parcel.mirror_wanted,
            mirror_remote_id=remote_id,
            mirrored_at=parcel.mirrored_at or (timezone.now() if remote_id else None),
            error="",
            tries=0,
            next_attempt_at=timezone.now(),  # what is wanted may have changed meanwhile
        )
        wake("tell_handed_back", "tell_events")


def _postpone(parcel: Parcel, error: ConnectorError) -> None:
    log.warning("not_mirrored", parcel=parcel.pk, code=error.code, tries=parcel.tries)
    if error.retryable or error.unknown_outcome or parcel.tries < GIVE_UP_AFTER:
        when = later(parcel.tries, error.retry_after)
        Parcel.everyone.filter(pk=parcel.pk).update(next_attempt_at=when, error=str(error))
        return
    order = parcel.internal_order.order
    Parcel.everyone.filter(pk=parcel.pk).update(mirrored=parcel.mirror_wanted, error=str(error))
    give_notice(
        order.shop,
        kind="not_mirrored",
        key=f"not_mirrored:{parcel.pk}",
        subject=f"Order {order.name}: please enter the tracking yourself",
        body=f"{parcel.carrier} {parcel.tracking_number} is on its way, but your shop does not take it: {error}",
        link=f"/my-orders/{order.pk}/",
    )
