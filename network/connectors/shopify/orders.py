"""Customers' orders at the origin, and the fulfilment orders by which the store asks its shelf to ship."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from network.connectors.base import ConnectorError, RemoteAddress, RemoteFulfilmentOrder, RemoteOrder
from network.connectors.shopify import translate
from network.connectors.shopify.catalogue import window
from network.connectors.shopify.client import Client, UserErrors

HANDED_BACK_TAG = "skuu-handed-back"
OVER = {"CLOSED", "CANCELLED", "INCOMPLETE"}
FULFILMENT_ORDERS_A_CALL = 100

Node = dict[str, Any]


class Orders:
    """The part of the Shopify connector that reads customers' orders and answers their fulfilment requests."""

    client: Client

    def orders_since(self, since: dt.datetime) -> Iterator[str]:
        """Yield the ids of orders changed since a moment, oldest change first."""
        for node in self.client.pages("OrdersSince", "orders", query=f"updated_at:>='{window(since)}'"):
            yield node["id"]

    def orders_of(self, fulfilment_order_ids: Sequence[str]) -> dict[str, str]:
        """Find the orders of fulfilment orders, whose messages name no order; unknown ones are missing."""
        nodes = self.client.by_id("OrdersOfFulfilmentOrders", fulfilment_order_ids, FULFILMENT_ORDERS_A_CALL)
        return {one["id"]: one["orderId"] for one in nodes}

    def read_order(self, order_id: str) -> RemoteOrder | None:
        """Read an order with its lines and fulfilment orders, without customer data; None when there is no such order."""
        node = self.client.ask("OrderForRouting", id=order_id).get("order")
        if node is None:
            return None
        lines = self.client.all_of(node["lineItems"], "MoreOrderLines", "order", "lineItems", id=order_id)
        asked = self.client.all_of(
            node["fulfillmentOrders"], "MoreFulfilmentOrders", "order", "fulfillmentOrders", id=order_id
        )
        return translate.order(node, lines, [self._fulfilment_order(one) for one in asked])

    def _fulfilment_order(self, node: Node) -> RemoteFulfilmentOrder:
        path = ("fulfillmentOrder", "lineItems")
        lines = self.client.all_of(node["lineItems"], "MoreFulfilmentOrderLines", *path, id=node["id"])
        return translate.fulfilment_order(node, lines)

    def read_destination(self, fulfilment_order_id: str) -> RemoteAddress:
        """Read where the parcel goes: personal data, for the routing step alone."""
        node = self.client.ask("Destination", id=fulfilment_order_id).get("fulfillmentOrder") or {}
        if not node.get("destination"):
            raise ConnectorError(
                "The store says no destination for this order.", retryable=False, code="no_destination"
            )
        return translate.destination(node["destination"])

    def read_contact(self, order_id: str) -> str:
        """Read where the customer gets mail: asked for one relayed mail and kept nowhere; empty when the store does not say."""
        node = self.client.ask("OrderContact", id=order_id).get("order") or {}
        return str(node.get("email") or "")

    def accept_request(self, fulfilment_order_id: str) -> None:
        """Accept the request to ship, asking for it first where the store did not. *Again*: no change."""
        state = self._state(fulfilment_order_id)
        if state["requestStatus"] == "ACCEPTED":
            return
        if state["requestStatus"] not in ("SUBMITTED", "CANCELLATION_REQUESTED"):
            self._submit(fulfilment_order_id)
        try:
            field = "fulfillmentOrderAcceptFulfillmentRequest"
            self.client.write("AcceptRequest", field, id=fulfilment_order_id)
        except ConnectorError as error:
            if not _settled(error) or self._state(fulfilment_order_id)["requestStatus"] != "ACCEPTED":
                raise

    def hand_back(self, fulfilment_order_id: str, reason: str, *, order_id: str) -> None:
        """Give a line back to the store: reject or close the request, and tag the order. *Again*: no change."""
        state = self._state(fulfilment_order_id)
        if state["status"] not in OVER:
            try:
                self._give_up(fulfilment_order_id, state["requestStatus"], reason[:250])
            except ConnectorError as error:
                if not _settled(error) or not _is_back(self._state(fulfilment_order_id)):
                    raise
        self.client.write("TagOrder", "tagsAdd", id=order_id, tags=[HANDED_BACK_TAG])

    def _give_up(self, fulfilment_order_id: str, request: str, reason: str) -> None:
        ask = {"id": fulfilment_order_id, "message": reason}
        if request in ("ACCEPTED", "CANCELLATION_REJECTED"):
            self.client.write("CloseFulfilmentOrder", "fulfillmentOrderClose", **ask)
        elif request == "CANCELLATION_REQUESTED":
            self.client.write("AcceptCancellation", "fulfillmentOrderAcceptCancellationRequest", **ask)
        elif request in ("UNSUBMITTED", "SUBMITTED", "CANCELLATION_ACCEPTED"):
            if request != "SUBMITTED":
                self._submit(fulfilment_order_id)
            field = "fulfillmentOrderRejectFulfillmentRequest"
            self.client.write("RejectRequest", field, reason="INVENTORY_OUT_OF_STOCK", **ask)

    def move_to_own(self, fulfilment_order_id: str, location_id: str) -> bool:
        """Give a fulfilment order to a real location of the origin; False when the store refuses."""
        asked = {"id": fulfilment_order_id, "locationId": location_id}
        try:
            self.client.write("MoveFulfilmentOrder", "fulfillmentOrderMove", **asked)
        except UserErrors:
            return False
        return True

    def _submit(self, fulfilment_order_id: str) -> None:
        try:
            self.client.write("SubmitRequest", "fulfillmentOrderSubmitFulfillmentRequest", id=fulfilment_order_id)
        except ConnectorError as error:
            if not _settled(error) or self._state(fulfilment_order_id)["requestStatus"] != "SUBMITTED":
                raise

    def _state(self, fulfilment_order_id: str) -> Node:
        node = self.client.ask("RequestState", id=fulfilment_order_id).get("fulfillmentOrder")
        if node is None:
            raise ConnectorError("The store no longer has this fulfilment order.", retryable=False, code="gone")
        return node


def _settled(error: ConnectorError) -> bool:
    """Say whether looking at the state may show that the step was taken after all."""
    return error.unknown_outcome or isinstance(error, UserErrors)


def _is_back(state: Node) -> bool:
    return state["status"] in OVER or state["requestStatus"] in ("REJECTED", "CANCELLATION_ACCEPTED")
