"""Reading fulfilment orders and fulfilments; an app sees the ones its scopes reach."""

from typing import Any

from network.connectors.shopify.standin.catalogue import ordered
from network.connectors.shopify.standin.fulfilment import FULFILLABLE, owner
from network.connectors.shopify.standin.moving import movable_to
from network.connectors.shopify.standin.order_reading import bag
from network.connectors.shopify.standin.registry import Call, Rows, field_of, query
from network.connectors.shopify.standin.searching import search
from network.connectors.shopify.standin.shop import app
from network.connectors.shopify.standin.state import Node

ASSIGNED = {
    "FULFILLMENT_REQUESTED": "SUBMITTED", "FULFILLMENT_ACCEPTED": "ACCEPTED", "CANCELLATION_REQUESTED": "CANCELLATION_REQUESTED",
    "FULFILLMENT_UNSUBMITTED": "UNSUBMITTED",
}  # fmt: skip


def visible(call: Call, one: Node) -> bool:
    """Tell whether the caller's scopes reach a fulfilment order."""
    mine = owner(call.store, one)
    if mine is None:
        return call.grant.holds("read_merchant_managed_fulfillment_orders")
    if mine == call.grant.client and call.grant.holds("read_assigned_fulfillment_orders"):
        return True
    return call.grant.holds("read_third_party_fulfillment_orders")


@query("fulfillmentOrders")
def fulfillment_orders(
    call: Call, query: str | None = None, include_closed: bool = False, sort_key: str | None = None, **_: Any
) -> Rows:
    """List fulfilment orders."""
    rows = [
        one
        for one in search(call.store, "FulfillmentOrder", query)
        if include_closed or one["status"] not in {"CLOSED", "CANCELLED"}
    ]
    return ordered([one for one in rows if visible(call, one)], sort_key)


@query("fulfillmentOrder")
def fulfillment_order(call: Call, id: str) -> Node | None:
    """Find one fulfilment order."""
    one = call.store.get(id)
    return one if one and visible(call, one) else None


@query("assignedFulfillmentOrders")
def assigned(
    call: Call,
    assignment_status: str | None = None,
    location_ids: list[str] | None = None,
    sort_key: str | None = None,
    **_: Any,
) -> Rows:
    """List the open fulfilment orders on the calling app's shelves (staff: on any shelf)."""
    rows = []
    for place in call.store.all("Location"):
        if place["isFulfillmentService"] and (not location_ids or place["id"] in location_ids):
            rows += call.store.where("FulfillmentOrder", "location", place["id"])
    mine = [one for one in rows if call.grant.kind == "staff" or owner(call.store, one) == call.grant.client]
    wanted = ASSIGNED.get(assignment_status or "")
    kept = [
        one for one in mine if one["status"] not in {"CLOSED", "CANCELLED"} and wanted in (None, one["requestStatus"])
    ]
    return ordered(kept, sort_key)


@query("manualHoldsFulfillmentOrders")
def held(call: Call, **_: Any) -> list[Node]:
    """List what is on hold."""
    return [one for one in call.store.all("FulfillmentOrder") if one["status"] == "ON_HOLD" and visible(call, one)]


@field_of("Order", "fulfillmentOrders")
def of_order(call: Call, order: Node, **_: Any) -> list[Node]:
    """List an order's fulfilment orders that the caller may see."""
    return [one for one in (call.store[each] for each in order["fulfillmentOrders"]) if visible(call, one)]


@field_of("FulfillmentOrder", "assignedLocation")
def assigned_location(call: Call, one: Node) -> Node:
    """Say where it is assigned, with the address of now."""
    place = call.store[one["location"]]
    return {
        "__typename": "FulfillmentOrderAssignedLocation",
        **place["address"],
        "name": place["name"],
        "location": place["id"],
    }


@field_of("FulfillmentOrder", "destination")
def destination(call: Call, one: Node) -> Node | None:
    """Say where the parcel goes."""
    order = call.store[one["order"]]
    place = order["shippingAddress"]
    if place is None:
        return None
    names = ("firstName", "lastName", "company", "address1", "address2", "city", "province", "zip", "phone")
    return {
        "__typename": "FulfillmentOrderDestination", "id": one["id"].replace("/FulfillmentOrder/", "/FulfillmentOrderDestination/"),
        **{name: place[name] for name in names}, "countryCode": place["countryCodeV2"], "email": order["email"], "location": None,
    }  # fmt: skip


@field_of("FulfillmentOrder", "deliveryMethod")
def delivery_method(call: Call, one: Node) -> Node | None:
    """Say how it travels, when the order has a shipping line."""
    lines = call.store[one["order"]]["shippingLines"]
    if not lines:
        return None
    return {
        "__typename": "DeliveryMethod", "id": one["id"].replace("/FulfillmentOrder/", "/DeliveryMethod/"), "methodType": "SHIPPING",
        "serviceCode": lines[0]["code"], "presentedName": lines[0]["title"],
    }  # fmt: skip


@field_of("FulfillmentOrder", "fulfillmentHolds")
def holds(call: Call, one: Node) -> list[Node]:
    """List the holds."""
    return [
        {**have, "heldByRequestingApp": have["client"] == call.grant.client, "heldByApp": app(call, have["client"])}
        for have in one["holds"]
    ]


@field_of("FulfillmentOrder", "merchantRequests")
def requests(call: Call, one: Node, kind: str | None = None, **_: Any) -> list[Node]:
    """List what was asked of the shelf."""
    return [asked for asked in one["requests"] if kind in (None, asked["kind"])]


@field_of("FulfillmentOrder", "supportedActions")
def actions(call: Call, one: Node) -> list[Node]:
    """List what may be done next."""
    return [
        {"__typename": "FulfillmentOrderSupportedAction", "action": action, "externalUrl": None}
        for action in _actions(call, one)
    ]


def _actions(call: Call, one: Node) -> list[str]:
    mine = owner(call.store, one)
    if one["status"] == "ON_HOLD":
        return ["RELEASE_HOLD"]
    if one["status"] not in FULFILLABLE:
        return []
    may_ship = ["CREATE_FULFILLMENT"] if mine in (None, call.grant.client) else []
    if one["requestStatus"] in {"SUBMITTED", "ACCEPTED"}:
        return [*may_ship, "REQUEST_CANCELLATION"]
    if one["requestStatus"].startswith("CANCELLATION_RE"):
        return may_ship
    return [*may_ship, *(["REQUEST_FULFILLMENT"] if mine else []), "MOVE", "HOLD", "SPLIT"]


@field_of("FulfillmentOrder", "locationsForMove")
def targets(call: Call, one: Node, location_ids: list[str] | None = None, **_: Any) -> list[Node]:
    """List the other places and whether each may take it."""
    places = [place for place in call.store.all("Location") if place["isActive"] and place["id"] != one["location"]]
    rows = []
    for place in places:
        if location_ids and place["id"] not in location_ids:
            continue
        reason = movable_to(call.store, one, place["id"])
        rows.append(
            {
                "__typename": "FulfillmentOrderLocationForMove", "location": place["id"], "movable": reason is None, "message": reason,
                "availableLineItems": [] if reason else one["lineItems"], "unavailableLineItems": one["lineItems"] if reason else [],
            }
        )  # fmt: skip
    return rows


@field_of("FulfillmentOrderLineItem", "sku")
def row_sku(call: Call, row: Node) -> str | None:
    """Give the code of the line."""
    return call.store[row["lineItem"]]["sku"]


@field_of("FulfillmentOrderLineItem", "inventoryItemId")
def row_item(call: Call, row: Node) -> str | None:
    """Give the stock key of the line."""
    return call.store[row["lineItem"]]["item"]


@field_of("FulfillmentOrderLineItem", "variant")
def row_variant(call: Call, row: Node) -> str | None:
    """Give the variant of the line."""
    return call.store[row["lineItem"]]["variant"]


@field_of("FulfillmentOrderLineItem", "productTitle")
def row_title(call: Call, row: Node) -> str:
    """Name the product of the line."""
    return str(call.store[row["lineItem"]]["title"])


@field_of("FulfillmentOrderLineItem", "variantTitle", "vendor")
def row_words(call: Call, row: Node) -> str | None:
    """Name the form of the product."""
    return call.store[row["lineItem"]]["variantTitle"]


@field_of("FulfillmentOrderLineItem", "requiresShipping")
def row_ships(call: Call, row: Node) -> bool:
    """Tell whether the line needs a parcel."""
    return bool(call.store[row["lineItem"]]["requiresShipping"])


@field_of("FulfillmentOrderLineItem", "originalUnitPriceSet")
def row_price(call: Call, row: Node) -> Node:
    """Give the price of one unit."""
    line = call.store[row["lineItem"]]
    return bag(line["currency"], line["price"])


# --- fulfilments ------------------------------------------------------------------------------------------------------
@field_of("Fulfillment", "trackingInfo")
def tracking(call: Call, one: Node, first: int | None = None) -> list[Node]:
    """List the parcels' numbers."""
    return [{"__typename": "FulfillmentTrackingInfo", **parcel} for parcel in one["trackingInfo"][:first]]


@field_of("Fulfillment", "service")
def service(call: Call, one: Node) -> Node | None:
    """Name the shelf's service, if it shipped."""
    return call.store.get(call.store[one["location"]]["fulfillmentService"])


@field_of("FulfillmentLineItem", "originalTotalSet", "discountedTotalSet")
def shipped_total(call: Call, row: Node) -> Node:
    """Add up the price of what was shipped."""
    line = call.store[row["lineItem"]]
    return bag(line["currency"], str(round(float(line["price"]) * row["quantity"], 2)))


@field_of("FulfillmentLineItem", "originalTotal", "discountedTotal")
def shipped_amount(call: Call, row: Node) -> str:
    """Add up the price of what was shipped, the old way."""
    return str(shipped_total(call, row)["shopMoney"]["amount"])
