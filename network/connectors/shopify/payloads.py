"""Webhooks in the network's words: the neutral topic of each, and the ids in a payload, whatever shape it came in. Pure."""

import datetime as dt
import re
from typing import Any

from network.connectors.shopify.translate import moment

NEUTRAL = {
    "products/create": "product.changed",
    "products/update": "product.changed",
    "products/delete": "product.deleted",
    "inventory_levels/connect": "stock.changed",
    "inventory_levels/update": "stock.changed",
    "inventory_levels/disconnect": "stock.changed",
    "locations/create": "location.changed",
    "locations/update": "location.changed",
    "locations/activate": "location.changed",
    "locations/deactivate": "location.changed",
    "locations/delete": "location.changed",
    "orders/create": "order.changed",
    "orders/updated": "order.changed",
    "orders/paid": "order.changed",
    "orders/edited": "order.changed",
    "orders/cancelled": "order.changed",
    "refunds/create": "order.changed",
    "fulfillment_orders/order_routing_complete": "order.changed",
    "fulfillment_orders/moved": "order.changed",
    "fulfillment_orders/split": "order.changed",
    "fulfillment_orders/merged": "order.changed",
    "fulfillment_orders/cancelled": "order.changed",
    "fulfillment_orders/placed_on_hold": "order.changed",
    "fulfillment_orders/hold_released": "order.changed",
    "fulfillment_orders/fulfillment_request_submitted": "order.changed",
    "fulfillment_orders/cancellation_request_submitted": "order.changed",
    "fulfillments/create": "fulfilment.changed",
    "fulfillments/update": "fulfilment.changed",
    "fulfillment_events/create": "fulfilment.changed",
    "returns/request": "return.changed",
    "returns/approve": "return.changed",
    "returns/decline": "return.changed",
    "returns/update": "return.changed",
    "returns/process": "return.changed",
    "returns/close": "return.changed",
    "returns/reopen": "return.changed",
    "returns/cancel": "return.changed",
    "bulk_operations/finish": "read.finished",
    "app/uninstalled": "shop.left",
    "shop/update": "shop.changed",
    "app/scopes_update": "scopes.changed",
    "customers/data_request": "privacy.data_request",
    "customers/redact": "privacy.customer_redact",
    "shop/redact": "privacy.shop_redact",
}
# Compliance topics come by the app's own configuration at Shopify, never by a subscription.
SUBSCRIBED = tuple(sorted(topic for topic, neutral in NEUTRAL.items() if not neutral.startswith("privacy.")))
# Messages about orders carry the customer's e-mail, phone and address; these fields are all that is asked for of them.
NEEDED = {
    "ORDERS": ("id", "admin_graphql_api_id", "updated_at"),
    "REFUNDS": ("id", "admin_graphql_api_id", "order_id"),
    "FULFILLMENTS": ("id", "admin_graphql_api_id", "order_id", "updated_at"),
    "RETURNS": ("id", "admin_graphql_api_id", "order_id", "order", "status"),
}
WHOLE = {"ORDERS_EDITED"}  # it names its order one level down, and nobody
GID = re.compile(r"\Agid://shopify/(\w+)/(\d+)(\?\S*)?\Z")
TEXT_ID = re.compile(r"\A\d{1,25}\Z")
FULFILMENT_ORDERS = (
    "fulfillment_order",
    "original_fulfillment_order",
    "moved_fulfillment_order",
    "remaining_fulfillment_order",
    "replacement_fulfillment_order",
    "submitted_fulfillment_order",
    "unsubmitted_fulfillment_order",
    "original_fulfillment_order_id",
)

Level = tuple[str, str, int | None, dt.datetime | None]


def gid(kind: str, value: Any) -> str:
    """Read an id that may be a number, digits, or a global id already; anything else is empty."""
    if isinstance(value, str):
        found = GID.match(value)
        if found:
            return value if found[1] == kind else ""
        return f"gid://shopify/{kind}/{value}" if TEXT_ID.match(value) else ""
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**25:
        return f"gid://shopify/{kind}/{value}"
    return ""


def own_id(kind: str, payload: Any) -> str:
    """Read what the payload itself is about, preferring the global id, which no rounding has touched."""
    if not isinstance(payload, dict):
        return ""
    return gid(kind, payload.get("admin_graphql_api_id")) or gid(kind, payload.get("id"))


def order_id_of(topic: str, payload: Any) -> str:
    """Find the order a payload is about; empty where it names only fulfilment orders (ask ``fulfilment_orders_of``)."""
    if not isinstance(payload, dict):
        return ""
    if topic == "orders/edited":
        edit = payload.get("order_edit")
        return gid("Order", edit.get("order_id")) if isinstance(edit, dict) else ""
    if topic.startswith("orders/"):
        return own_id("Order", payload)
    return gid("Order", payload.get("order_id"))


def fulfilment_orders_of(payload: Any) -> list[str]:
    """List the fulfilment orders a payload names, wherever it names them."""
    if not isinstance(payload, dict):
        return []
    merges = payload.get("fulfillment_order_merges")
    boxes = [payload, *([merges] if isinstance(merges, dict) else []), *(merges if isinstance(merges, list) else [])]
    found = []
    for box in boxes:
        for name in FULFILMENT_ORDERS if isinstance(box, dict) else ():
            value = box.get(name)
            found.append(gid("FulfillmentOrder", value.get("id") if isinstance(value, dict) else value))
    return list(dict.fromkeys(one for one in found if one))


def product_id_of(payload: Any) -> str:
    """Find the product a payload is about."""
    return own_id("Product", payload)


def level_of(payload: Any) -> Level | None:
    """Read a stock message: item, location, available units (None when it says none) and when; None when it is no such thing."""
    if not isinstance(payload, dict):
        return None
    item = gid("InventoryItem", payload.get("inventory_item_id")) or _item_in_level(payload.get("admin_graphql_api_id"))
    place = gid("Location", payload.get("location_id"))
    if not item or not place:
        return None
    available = payload.get("available")
    if isinstance(available, bool) or not isinstance(available, int) or abs(available) > 10**9:
        available = None
    return item, place, available, moment(payload.get("updated_at"))


def _item_in_level(value: Any) -> str:
    found = re.search(r"inventory_item_id=(\d{1,25})\Z", value) if isinstance(value, str) else None
    return gid("InventoryItem", found[1]) if found else ""


def fulfilment_of(topic: str, payload: Any) -> tuple[str, str]:
    """Find the parcel and its order in a fulfilment message; each is empty when the message does not say."""
    if not isinstance(payload, dict):
        return "", ""
    parcel = (
        gid("Fulfillment", payload.get("fulfillment_id"))
        if topic.startswith("fulfillment_events/")
        else own_id("Fulfillment", payload)
    )
    return parcel, gid("Order", payload.get("order_id"))


def return_of(payload: Any) -> tuple[str, str]:
    """Find a return and its order; each is empty when the message does not say."""
    if not isinstance(payload, dict):
        return "", ""
    return own_id("Return", payload), gid("Order", payload.get("order_id")) or own_id("Order", payload.get("order"))


def read_id_of(payload: Any) -> str:
    """Find the large read that has finished."""
    return own_id("BulkOperation", payload)


def scopes_of(payload: Any) -> tuple[str, ...] | None:
    """Read the scopes a store grants now; None when the message does not say."""
    current = payload.get("current") if isinstance(payload, dict) else None
    return tuple(str(one) for one in current) if isinstance(current, list) else None
