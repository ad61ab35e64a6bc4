"""Parcels: what the shipper sent, mirrored to the origin's order, which alone notifies its customer."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from network.connectors.base import ConnectorError, RemoteFulfilment, RemoteFulfilmentOrder
from network.connectors.shopify import translate
from network.connectors.shopify.client import Client

Node = dict[str, Any]


class Parcels:
    """The part of the Shopify connector that reads and writes fulfilments."""

    client: Client

    def read_internal_order(self, order_id: str) -> Any:
        """Given by InternalOrders."""
        raise NotImplementedError

    def fulfilments_of(self, order_id: str) -> list[RemoteFulfilment]:
        """Read the parcels of an order with their lines and events."""
        node = self.client.ask("ParcelsOfOrder", id=order_id).get("order")
        if node is None:
            raise ConnectorError("The store no longer has this order.", retryable=False, code="gone")
        return [translate.fulfilment(one, order_id) for one in node["fulfillments"]]

    def ship_internal_order(
        self, order_id: str, carrier: str, number: str, url: str, lines: Sequence[tuple[str, int]]
    ) -> RemoteFulfilment:
        """Enter a parcel at the shipper's store for one shipped from portal or API; nobody is mailed.

        *Again*, with the same tracking number and lines: returns the parcel that is there.
        """
        wanted = dict(lines)
        for one in self.fulfilments_of(order_id):
            if one.status != "CANCELLED" and number and one.tracking_number == number and dict(one.lines) == wanted:
                return one
        parts = _parts(self.read_internal_order(order_id).fulfilment_orders, wanted)
        made = self._ship(parts, carrier, number, url, notify=False)
        return next(one for one in self.fulfilments_of(order_id) if one.id == made["id"])

    def mirror_fulfilment(self, lines: Sequence[tuple[str, str, int]], carrier: str, number: str, url: str) -> str:
        """Enter a parcel at the origin and let its store notify the customer; returns the fulfilment's id.

        Not repeatable: look among ``fulfilments_of`` first, and again after an unknown outcome.
        """
        parts: dict[str, list[Node]] = defaultdict(list)
        for fulfilment_order, line, units in lines:
            parts[fulfilment_order].append({"id": line, "quantity": units})
        return str(self._ship(parts, carrier, number, url, notify=True)["id"])

    def update_tracking(self, fulfilment_id: str, carrier: str, number: str, url: str) -> None:
        """Correct the tracking of a parcel and let the store tell its customer. *Again*: no change."""
        asked = {"id": fulfilment_id, "tracking": _tracking(carrier, number, url), "notify": True}
        self.client.write("UpdateTracking", "fulfillmentTrackingInfoUpdate", **asked)

    def tell_event(self, fulfilment_id: str, status: str, at: dt.datetime, message: str) -> None:
        """Say in the origin's store what the carrier said of a parcel.

        Not repeatable: look among the events of ``fulfilments_of`` first.
        """
        when = at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        event = {"fulfillmentId": fulfilment_id, "status": status, "happenedAt": when, "message": message}
        self.client.write("TellEvent", "fulfillmentEventCreate", event=event)

    def cancel_fulfilment(self, order_id: str, fulfilment_id: str) -> None:
        """Take a parcel back that the shipper took back: its units wait to be shipped again. *Again*: no change."""
        try:
            self.client.write("CancelFulfilment", "fulfillmentCancel", id=fulfilment_id)
        except ConnectorError as error:
            known = {one.id: one.status for one in self.fulfilments_of(order_id)} if not error.retryable else {}
            if known.get(fulfilment_id, "") != "CANCELLED":
                raise

    def _ship(self, parts: dict[str, list[Node]], carrier: str, number: str, url: str, *, notify: bool) -> Node:
        asked: Node = {
            "lineItemsByFulfillmentOrder": [
                {"fulfillmentOrderId": one, "fulfillmentOrderLineItems": lines} for one, lines in sorted(parts.items())
            ],
            "notifyCustomer": notify,
        }
        tracking = _tracking(carrier, number, url)
        if tracking:
            asked["trackingInfo"] = tracking
        made: Node = self.client.write("Ship", "fulfillmentCreate", fulfillment=asked)["fulfillment"]
        return made


def _tracking(carrier: str, number: str, url: str) -> Node:
    given = {"company": carrier, "number": number, "url": url}
    return {name: value for name, value in given.items() if value}


def _parts(fulfilment_orders: Sequence[RemoteFulfilmentOrder], wanted: dict[str, int]) -> dict[str, list[Node]]:
    """Find the open fulfilment-order lines that hold the wanted units; one parcel leaves from one location."""
    open_ones = [one for one in fulfilment_orders if one.status in ("OPEN", "IN_PROGRESS")]
    for place in dict.fromkeys(one.location_id for one in open_ones):
        left, parts = dict(wanted), defaultdict(list)
        for one in open_ones:
            for line in one.lines if one.location_id == place else ():
                units = min(left.get(line.line_id, 0), line.remaining)
                if units:
                    parts[one.id].append({"id": line.id, "quantity": units})
                    left[line.line_id] -= units
        if not any(left.values()):
            return dict(parts)
    raise ConnectorError(
        "The shipper's store has no single location that still has these units to ship.",
        retryable=False,
        code="nothing_to_ship",
    )
