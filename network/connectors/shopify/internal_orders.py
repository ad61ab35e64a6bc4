"""The network's orders at a shipper: looked up, placed once, read back, cancelled."""

import time
from typing import Any

from network.connectors.base import ConnectorError, InternalOrderRequest, OutOfStock, PlacedOrder
from network.connectors.shopify import translate
from network.connectors.shopify.client import Client, UserErrors

INTERNAL_TAG = "skuu-internal"
CLAIM_FAILED = "INVENTORY_CLAIM_FAILED"
CANCEL_LOOKS = 8  # cancelling is a job at Shopify; we look so often, 0.25 s apart, before we leave it to the next sweep

Node = dict[str, Any]


class InternalOrders:
    """The part of the Shopify connector that places internal orders."""

    client: Client

    def find_internal_order(self, identifier: str) -> PlacedOrder | None:
        """Find the order that carries our identifier, by its source identifier or by its tag; a live one before a cancelled."""
        quoted = identifier.replace("\\", "\\\\").replace("'", "\\'")
        for query in (f"source_identifier:'{quoted}'", f"tag:'{quoted}'"):
            nodes = self.client.ask("FindInternalOrder", query=query)["orders"]["nodes"]
            ours = [one for one in nodes if one.get("sourceIdentifier") == identifier or identifier in one["tags"]]
            if ours:
                return translate.placed_order(min(ours, key=lambda one: bool(one.get("cancelledAt"))))
        return None

    def place_internal_order(self, request: InternalOrderRequest) -> PlacedOrder:
        """Create the order: real name and street, no customer, price 0, paid, its stock claimed by the store's own policy.

        Not repeatable: a lost answer raises with ``unknown_outcome``; look by identifier before trying again.
        Raises OutOfStock when the store has no unit left.
        """
        options = {
            "inventoryBehaviour": "DECREMENT_OBEYING_POLICY",
            "sendReceipt": False,
            "sendFulfillmentReceipt": False,
        }
        try:
            made = self.client.write("PlaceInternalOrder", "orderCreate", order=_order(request), options=options)
        except UserErrors as error:
            if CLAIM_FAILED in error.codes:
                raise OutOfStock("The shipper's store has no unit left for this order.") from None
            raise
        return translate.placed_order(made["order"])

    def read_internal_order(self, order_id: str) -> PlacedOrder:
        """Read an internal order with its fulfilment orders, which say where the store wants to ship it from."""
        node = self.client.ask("InternalOrder", id=order_id).get("order")
        if node is None:
            raise ConnectorError("The shipper's store no longer has this order.", retryable=False, code="gone")
        asked = [
            translate.fulfilment_order(one, one["lineItems"]["nodes"]) for one in node["fulfillmentOrders"]["nodes"]
        ]
        return translate.placed_order(node, asked)

    def cancel_internal_order(self, order_id: str, note: str) -> None:
        """Cancel an internal order and put its units back. *Again*: no change.

        Raises ConnectorError ``not_cancelled``, retryable, while the store is still at it.
        """
        if self._is_cancelled(order_id):
            return
        try:
            self.client.write("CancelInternalOrder", "orderCancel", id=order_id, note=note[:250])
        except ConnectorError as error:
            if not (error.unknown_outcome or isinstance(error, UserErrors)) or not self._is_cancelled(order_id):
                raise
        for _ in range(CANCEL_LOOKS):
            if self._is_cancelled(order_id):
                return
            time.sleep(0.25)
        raise ConnectorError("The store is still cancelling this order.", retryable=True, code="not_cancelled")

    def _is_cancelled(self, order_id: str) -> bool:
        node = self.client.ask("OrderCancelled", id=order_id).get("order")
        if node is None:
            raise ConnectorError("The shipper's store no longer has this order.", retryable=False, code="gone")
        return bool(node["cancelledAt"])


def _order(request: InternalOrderRequest) -> Node:
    nothing = {"shopMoney": {"amount": "0.00", "currencyCode": request.currency}}
    lines = [
        {"variantId": variant, "quantity": units, "priceSet": nothing, "requiresShipping": True, "taxable": False}
        for variant, units in request.lines
    ]
    return {
        "currency": request.currency,
        "financialStatus": "PAID",
        "lineItems": lines,
        "shippingAddress": translate.mailing_address(request.address),
        "sourceIdentifier": request.identifier,
        "tags": list(dict.fromkeys((INTERNAL_TAG, request.identifier, *request.tags))),
        "note": request.note,
    }
