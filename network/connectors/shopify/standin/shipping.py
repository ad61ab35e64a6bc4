"""Fulfilments: parcels leave, get tracking and events, come back to nothing when cancelled; refunds put units back."""

from decimal import Decimal
from typing import Any

from network.connectors.shopify.standin.fulfilment import (
    FULFILLABLE,
    missing_units,
    owner,
    release,
    rows_of,
    touch_fulfillment_order,
)
from network.connectors.shopify.standin.identifiers import gid
from network.connectors.shopify.standin.inventory import shift
from network.connectors.shopify.standin.order_reading import bag
from network.connectors.shopify.standin.orders import touch_order
from network.connectors.shopify.standin.payloads import event_payload, fulfillment_payload, refund_payload
from network.connectors.shopify.standin.registry import Call, field_of, mutation, user_error
from network.connectors.shopify.standin.state import Node, Store

SHOWN = {
    "DELIVERED": "DELIVERED", "IN_TRANSIT": "IN_TRANSIT", "OUT_FOR_DELIVERY": "OUT_FOR_DELIVERY", "FAILURE": "FAILURE",
    "ATTEMPTED_DELIVERY": "ATTEMPTED_DELIVERY", "CONFIRMED": "CONFIRMED", "LABEL_PRINTED": "LABEL_PRINTED", "DELAYED": "DELAYED",
    "LABEL_PURCHASED": "LABEL_PURCHASED", "READY_FOR_PICKUP": "READY_FOR_PICKUP", "CARRIER_PICKED_UP": "CARRIER_PICKED_UP",
}  # fmt: skip
MANAGED = "write_merchant_managed_fulfillment_orders"


@mutation("fulfillmentCreate")
def create_fulfillment(call: Call, fulfillment: Node, message: str | None = None) -> Node:
    """Ship units of fulfilment orders that share an order and a place; from a shelf only its own app can."""
    store, groups = call.store, fulfillment["lineItemsByFulfillmentOrder"]
    if not groups:
        return _bad("No fulfillment orders were given.")
    chosen: list[tuple[Node, dict[str, int]]] = []
    for group in groups:
        one = store.get(group["fulfillmentOrderId"])
        problem = _unshippable(call, one, group)
        if one is None or problem:
            return _bad(problem or "Fulfillment order does not exist.")
        wanted = group.get("fulfillmentOrderLineItems")
        units = (
            {row["id"]: row["quantity"] for row in wanted}
            if wanted
            else {row["id"]: row["remainingQuantity"] for row in rows_of(store, one)}
        )
        chosen.append((one, units))
    if len({one["location"] for one, _ in chosen}) > 1 or len({one["order"] for one, _ in chosen}) > 1:
        return _bad("All fulfillment orders must be assigned to the same location and belong to the same order.")
    if not any(units for _, wanted in chosen for units in wanted.values()):
        return _bad("There is nothing left to fulfill.")
    made = _ship(store, chosen, fulfillment.get("trackingInfo"))
    store.emit("fulfillments/create", made["id"], lambda: fulfillment_payload(store, made))
    return {"fulfillment": made, "userErrors": []}


def _unshippable(call: Call, one: Node | None, group: Node) -> str | None:
    if one is None or one["__typename"] != "FulfillmentOrder":
        return "Fulfillment order does not exist."
    mine = owner(call.store, one)
    if mine is None and not call.grant.holds(MANAGED):
        return "The api_client does not have permission to fulfill merchant managed fulfillment orders."
    if mine is not None and mine != call.grant.client:
        return "Only the app of the fulfillment service can create fulfillments for it."
    if one["status"] not in FULFILLABLE:
        return f"Fulfillment order {one['legacyResourceId']} has an unfulfillable status= {one['status'].lower()}."
    if missing_units(call.store, one, group.get("fulfillmentOrderLineItems")):
        return "Invalid fulfillment order line item quantity requested."
    return None


def _bad(words: str) -> Node:
    return {"fulfillment": None, "userErrors": [user_error(words, ["fulfillment"])]}


def _ship(store: Store, chosen: list[tuple[Node, dict[str, int]]], tracking: Node | None) -> Node:
    order, place, now = store[chosen[0][0]["order"]], chosen[0][0]["location"], store.clock.iso()
    made = store.add(
        "Fulfillment",
        order=order["id"], name=f"{order['name']}-F{len(order['fulfillments']) + 1}", status="SUCCESS", displayStatus="FULFILLED",
        location=place, trackingInfo=parcels(tracking), fulfillmentLineItems=[], fulfillmentOrders=[one["id"] for one, _ in chosen],
        events=[],
        createdAt=now, updatedAt=now, deliveredAt=None, inTransitAt=None, estimatedDeliveryAt=None, totalQuantity=0,
    )  # fmt: skip
    shipped: dict[str, int] = {}
    for one, units in chosen:
        for row in rows_of(store, one):
            count = units.get(row["id"], 0)
            if count:
                _leave(store, one, row, count)
                shipped[row["lineItem"]] = shipped.get(row["lineItem"], 0) + count
        left = sum(row["remainingQuantity"] for row in rows_of(store, one))
        closed: Node = (
            {"status": "IN_PROGRESS"}
            if left
            else {"status": "CLOSED", "requestStatus": "CLOSED" if owner(store, one) else one["requestStatus"]}
        )
        touch_fulfillment_order(store, one, **closed, fulfillments=[*one["fulfillments"], made["id"]])
    rows = [
        store.add("FulfillmentLineItem", fulfillment=made["id"], lineItem=line, quantity=count)["id"]
        for line, count in shipped.items()
    ]
    store.change(made, fulfillmentLineItems=rows, totalQuantity=sum(shipped.values()))
    touch_order(store, order, fulfillments=[*order["fulfillments"], made["id"]])
    return made


def _leave(store: Store, one: Node, row: Node, count: int) -> None:
    line = store[row["lineItem"]]
    store.change(row, remainingQuantity=row["remainingQuantity"] - count)
    left = line["unfulfilledQuantity"] - count
    store.change(line, unfulfilledQuantity=left, fulfillableQuantity=left)
    release(store, one, row, count, back_to=None)


def parcels(tracking: Node | None) -> list[Node]:
    """Pair numbers and addresses of a shipment's parcels."""
    given = tracking or {}
    numbers = given.get("numbers") or ([given["number"]] if given.get("number") else [])
    urls = given.get("urls") or ([given["url"]] if given.get("url") else [])
    count = max(len(numbers), len(urls), 1 if given.get("company") else 0)
    return [
        {
            "company": given.get("company"), "number": numbers[place] if place < len(numbers) else None,
            "url": urls[place] if place < len(urls) else None,
        }
        for place in range(count)
    ]  # fmt: skip


@mutation("fulfillmentTrackingInfoUpdate")
def update_tracking(
    call: Call, fulfillment_id: str, tracking_info_input: Node, notify_customer: bool | None = None
) -> Node:
    """Replace the tracking of a fulfilment."""
    one = call.store.get(fulfillment_id)
    if one is None or one["status"] == "CANCELLED":
        return {
            "fulfillment": None,
            "userErrors": [user_error("Fulfillment does not exist or is cancelled.", ["fulfillmentId"])],
        }
    call.store.change(one, trackingInfo=parcels(tracking_info_input), updatedAt=call.now)
    touch_order(call.store, call.store[one["order"]])
    call.store.emit("fulfillments/update", one["id"], lambda: fulfillment_payload(call.store, one))
    return {"fulfillment": one, "userErrors": []}


@mutation("fulfillmentEventCreate")
def create_event(call: Call, fulfillment_event: Node) -> Node:
    """Note what the carrier reports of a parcel."""
    store, one = call.store, call.store.get(fulfillment_event["fulfillmentId"])
    if one is None:
        return {
            "fulfillmentEvent": None,
            "userErrors": [user_error("Fulfillment does not exist.", ["fulfillmentEvent", "fulfillmentId"])],
        }
    fields = {name: value for name, value in fulfillment_event.items() if name != "fulfillmentId"}
    when = fields.pop("happenedAt", None) or call.now
    event = store.add(
        "FulfillmentEvent", fulfillment=one["id"], **{"message": None, **fields}, happenedAt=when, createdAt=call.now
    )
    changes: Node = {
        "events": [*one["events"], event["id"]],
        "displayStatus": SHOWN.get(event["status"], one["displayStatus"]),
    }
    if event["status"] == "DELIVERED":
        changes["deliveredAt"] = when
    if event["status"] == "IN_TRANSIT":
        changes["inTransitAt"] = when
    store.change(one, **changes, updatedAt=call.now)
    store.emit("fulfillment_events/create", event["id"], lambda: event_payload(store, event))
    store.emit("fulfillments/update", one["id"], lambda: fulfillment_payload(store, one))
    return {"fulfillmentEvent": event, "userErrors": []}


@mutation("fulfillmentCancel")
def cancel_fulfillment(call: Call, id: str) -> Node:
    """Take a fulfilment back: its units wait to be shipped again, at the same place."""
    store, one = call.store, call.store.get(id)
    if one is None or one["status"] == "CANCELLED":
        return {
            "fulfillment": None,
            "userErrors": [user_error("Fulfillment does not exist or is already cancelled.", ["id"])],
        }
    back = {store[row]["lineItem"]: store[row]["quantity"] for row in one["fulfillmentLineItems"]}
    for each in one["fulfillmentOrders"]:
        fulfillment_order = store[each]
        for row in rows_of(store, fulfillment_order):
            count = min(back.get(row["lineItem"], 0), row["totalQuantity"] - row["remainingQuantity"])
            if count:
                back[row["lineItem"]] -= count
                _return(store, fulfillment_order, row, count)
        request = (
            "UNSUBMITTED" if fulfillment_order["requestStatus"] == "CLOSED" else fulfillment_order["requestStatus"]
        )
        touch_fulfillment_order(store, fulfillment_order, status="OPEN", requestStatus=request)
    store.change(one, status="CANCELLED", displayStatus="CANCELED", updatedAt=call.now)
    touch_order(store, store[one["order"]])
    store.emit("fulfillments/update", one["id"], lambda: fulfillment_payload(store, one))
    return {"fulfillment": one, "userErrors": []}


def _return(store: Store, fulfillment_order: Node, row: Node, count: int) -> None:
    line = store[row["lineItem"]]
    store.change(row, remainingQuantity=row["remainingQuantity"] + count)
    left = line["unfulfilledQuantity"] + count
    store.change(line, unfulfilledQuantity=left, fulfillableQuantity=left)
    item = store.get(line["item"])
    level = store.level(item["id"], fulfillment_order["location"]) if item and item["tracked"] else None
    if level and fulfillment_order["claimed"]:
        shift(store, level, committed=count)


# --- refunds ----------------------------------------------------------------------------------------------------------
@mutation("refundCreate", idempotent=True)
def create_refund(call: Call, input: Node) -> Node:
    """Refund units: CANCEL what has not shipped, RETURN what came back, NO_RESTOCK what stays away."""
    store, order = call.store, call.store.get(input["orderId"])
    rows = input.get("refundLineItems") or []
    if order is None:
        return {"refund": None, "order": None, "userErrors": [user_error("Order does not exist", ["input", "orderId"])]}
    for place, row in enumerate(rows):
        line = store.get(row["lineItemId"])
        if line is None or line["order"] != order["id"] or row["quantity"] > line["refundableQuantity"]:
            words = "Quantity cannot refund more items than were purchased"
            return {
                "refund": None,
                "order": order,
                "userErrors": [user_error(words, ["input", "refundLineItems", str(place)])],
            }
        if row.get("restockType") == "CANCEL" and row["quantity"] > line["unfulfilledQuantity"]:
            words = "Cannot cancel more than is unfulfilled"
            return {
                "refund": None,
                "order": order,
                "userErrors": [user_error(words, ["input", "refundLineItems", str(place)])],
            }
    done = [_refund_line(store, order, row) for row in rows]
    goods = sum((Decimal(store[row["lineItem"]]["price"]) * row["quantity"] for row in done), Decimal(0))
    paid = sum((Decimal(str(one["amount"])) for one in input.get("transactions") or []), Decimal(0)) or goods
    refund = store.add(
        "Refund", order=order["id"], createdAt=call.now, processedAt=call.now, updatedAt=call.now, note=input.get("note"),
        refundLineItems=done,
        amount=f"{paid:.2f}", transactions=[],
    )  # fmt: skip
    whole = not any(store[one]["currentQuantity"] for one in order["lineItems"])
    paid_before = order["displayFinancialStatus"] in {"PAID", "PARTIALLY_REFUNDED"}
    status = ("REFUNDED" if whole else "PARTIALLY_REFUNDED") if paid_before else order["displayFinancialStatus"]
    total = f"{Decimal(order['refunded']) + paid:.2f}"
    touch_order(store, order, refunds=[*order["refunds"], refund["id"]], displayFinancialStatus=status, refunded=total)
    store.emit("refunds/create", refund["id"], lambda: refund_payload(store, refund))
    return {"refund": refund, "order": order, "userErrors": []}


def _refund_line(store: Store, order: Node, row: Node) -> Node:
    line, units, kind = store[row["lineItemId"]], row["quantity"], row.get("restockType") or "NO_RESTOCK"
    unshipped = (
        units if kind == "CANCEL" else max(0, min(units, line["unfulfilledQuantity"])) if kind == "NO_RESTOCK" else 0
    )
    if unshipped:
        withdraw(store, order, line, unshipped, restock=kind == "CANCEL", to=row.get("locationId"))
    if kind == "RETURN" and row.get("locationId") and line["item"] and store[line["item"]]["tracked"]:
        level = store.level(line["item"], row["locationId"])
        if level:
            shift(store, level, available=units)
    left = line["unfulfilledQuantity"] - unshipped
    store.change(
        line, currentQuantity=line["currentQuantity"] - units, refundableQuantity=line["refundableQuantity"] - units,
        unfulfilledQuantity=left,
        fulfillableQuantity=left,
    )  # fmt: skip
    return {
        "__typename": "RefundLineItem", "id": gid("RefundLineItem", store.number()), "lineItem": line["id"], "quantity": units,
        "restockType": kind, "restocked": kind in {"CANCEL", "RETURN"}, "location": row.get("locationId"),
    }  # fmt: skip


def withdraw(store: Store, order: Node, line: Node, units: int, *, restock: bool, to: str | None) -> None:
    """Take unshipped units of a line out of its fulfilment orders, their stock back to a place or gone."""
    for one in order["fulfillmentOrders"]:
        fulfillment_order = store[one]
        for row in rows_of(store, fulfillment_order):
            count = min(units, row["remainingQuantity"]) if row["lineItem"] == line["id"] else 0
            if not count:
                continue
            units -= count
            release(
                store, fulfillment_order, row, count, back_to=(to or fulfillment_order["location"]) if restock else None
            )
            store.change(
                row, remainingQuantity=row["remainingQuantity"] - count, totalQuantity=row["totalQuantity"] - count
            )
        if (
            not any(row["remainingQuantity"] for row in rows_of(store, fulfillment_order))
            and fulfillment_order["status"] != "CLOSED"
        ):
            touch_fulfillment_order(store, fulfillment_order, status="CLOSED")


@field_of("Refund", "totalRefundedSet")
def refunded_set(call: Call, refund: Node) -> Node:
    """Give what was paid back."""
    return bag(call.store[refund["order"]]["currencyCode"], refund["amount"])


@field_of("Refund", "totalRefunded")
def refunded(call: Call, refund: Node) -> Node:
    """Give what was paid back, the old way."""
    return refunded_set(call, refund)["shopMoney"]


@field_of("RefundLineItem", "priceSet", "subtotalSet", "totalTaxSet")
def refund_line_amount(call: Call, row: Node, **_: Any) -> Node:
    """Give the line's amount before tax is told apart."""
    line = call.store[row["lineItem"]]
    return bag(line["currency"], Decimal(line["price"]) * row["quantity"])
