"""What carriers say of parcels → the selling shops' orders, so that a customer who looks there sees where the parcel is."""

import datetime as dt

import structlog

from network.connectors.base import EVENTS, ConnectorError, connector_for
from orders.leases import held, later, take
from orders.models import Parcel

log = structlog.get_logger(__name__)

GIVE_UP_AFTER = 8
DELIVERED = "DELIVERED"


def tell_events_due() -> int:
    """Say in the selling shops' orders what carriers said of mirrored parcels; returns how many parcels it took up.

    What the order shows already is looked up first. *Again*: an event is told once. After eight tries it is left alone: the
    tracking link is there.
    """
    rows = Parcel.everyone.select_related("internal_order__order__shop").exclude(mirror_remote_id="")
    taken = take(rows.filter(cancelled_at=None, events_due_at__isnull=False), "events_due_at", tries="events_tries")
    for parcel in held(taken, "events_due_at"):
        this = Parcel.everyone.filter(pk=parcel.pk, events_due_at=parcel.events_due_at)
        try:
            _tell(parcel)
        except ConnectorError as error:
            log.warning("events_not_told", parcel=parcel.pk, code=error.code, tries=parcel.events_tries)
            over = parcel.events_tries >= GIVE_UP_AFTER
            this.update(events_due_at=None if over else later(parcel.events_tries, error.retry_after))
            continue
        this.update(events_due_at=None)  # a word that came meanwhile has moved it and stays due
    return len(taken)


def _tell(parcel: Parcel) -> None:
    order = parcel.internal_order.order
    connector = connector_for(order.shop)
    if not connector.can_push_shelf or order.cancelled_at:
        return
    shown = next((one for one in connector.fulfilments_of(order.remote_id) if one.id == parcel.mirror_remote_id), None)
    if shown is None:
        return
    there = {(status, _second(at)) for status, at, _message in shown.events}
    for status, at, message in _said(parcel):
        if (status, _second(at)) not in there and not (status == DELIVERED and shown.delivered_at):
            connector.tell_event(parcel.mirror_remote_id, status, at, message)


def _said(parcel: Parcel) -> list[tuple[str, dt.datetime, str]]:
    """List what the carrier said, oldest first; a delivery that is only known by its time counts as said."""
    events = parcel.events.filter(status__in=EVENTS).order_by("at", "pk")
    said = [(event.status, event.at, event.message) for event in events]
    if parcel.delivered_at and not parcel.delivery_presumed and all(status != DELIVERED for status, _at, _m in said):
        said.append((DELIVERED, parcel.delivered_at, ""))
    return said


def _second(at: dt.datetime) -> int:
    return int(at.timestamp())
