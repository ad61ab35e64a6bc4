"""Returns that the selling shop's own staff or customers made in its store: read, never written."""

from collections.abc import Sequence
from typing import Any

from network.connectors.returned import RemoteReturn
from network.connectors.shopify import translate
from network.connectors.shopify.client import Client

RETURNS_A_CALL = 100

Node = dict[str, Any]


class Returns:
    """The part of the Shopify connector that reads returns."""

    client: Client

    def returns_of(self, order_id: str) -> list[RemoteReturn]:
        """Read every return of an order with its lines; none when there is no such order."""
        node = self.client.ask("ReturnsOfOrder", id=order_id).get("order")
        if node is None:
            return []
        found = self.client.all_of(node["returns"], "MoreReturns", "order", "returns", id=order_id)
        if not found:
            return []
        parcel_of = {line: one["id"] for one in node["fulfillments"] for line in self._lines_of(one)}
        return [translate.returned(one, self._returned_lines(one), parcel_of) for one in found]

    def orders_of_returns(self, return_ids: Sequence[str]) -> dict[str, str]:
        """Find the orders of returns, whose messages may name no order; unknown ones are missing."""
        nodes = self.client.by_id("OrdersOfReturns", return_ids, RETURNS_A_CALL)
        return {one["id"]: one["order"]["id"] for one in nodes}

    def _lines_of(self, parcel: Node) -> list[str]:
        path = ("fulfillment", "fulfillmentLineItems")
        nodes = self.client.all_of(parcel["fulfillmentLineItems"], "MoreParcelLines", *path, id=parcel["id"])
        return [one["id"] for one in nodes]

    def _returned_lines(self, node: Node) -> list[Node]:
        path = ("return", "returnLineItems")
        return self.client.all_of(node["returnLineItems"], "MoreReturnLines", *path, id=node["id"])
