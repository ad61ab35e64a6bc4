"""Moving fulfilment orders: to another place, in parts, on hold; the stock they hold moves along."""

from typing import Any

from network.connectors.shopify.standin.assigning import Want, assign
from network.connectors.shopify.standin.fulfilment import (
    ASKED,
    FULFILLABLE,
    cut_off,
    found,
    missing_units,
    rest_of,
    rows_of,
    tell,
    touch_fulfillment_order,
)
from network.connectors.shopify.standin.identifiers import gid
from network.connectors.shopify.standin.inventory import shift
from network.connectors.shopify.standin.loading import add_level
from network.connectors.shopify.standin.payloads import order_of_fulfillment
from network.connectors.shopify.standin.registry import Call, mutation, user_error
from network.connectors.shopify.standin.state import Node, Store


@mutation("fulfillmentOrderMove")
def move(call: Call, id: str, new_location_id: str, fulfillment_order_line_items: list[Node] | None = None) -> Node:
    """Assign a fulfilment order, or some of its units, to another place that stocks them; the stock it holds moves along."""
    store, names = call.store, ("movedFulfillmentOrder", "originalFulfillmentOrder", "remainingFulfillmentOrder")
    one, problem = found(call, id, own=False)
    if one is not None:
        problem = problem or _immovable(store, one, new_location_id, fulfillment_order_line_items)
    if one is None or problem:
        return dict.fromkeys(names) | {"userErrors": [problem]}
    wanted = {row["id"]: row["quantity"] for row in fulfillment_order_line_items or []}
    whole = not wanted or all(wanted.get(row["id"], 0) >= row["remainingQuantity"] for row in rows_of(store, one))
    moved = one if whole else cut_off(store, one, wanted)
    assert moved is not None
    relocate(store, moved, new_location_id)
    return {
        "movedFulfillmentOrder": moved,
        "originalFulfillmentOrder": one,
        "remainingFulfillmentOrder": None if whole else one,
        "userErrors": [],
    }


def relocate(store: Store, one: Node, place: str) -> None:
    """Give a fulfilment order to another place with the stock it holds; inside ``writing``."""
    before = one["location"]
    for row in rows_of(store, one):
        item, units = store.get(store[row["lineItem"]]["item"]), row["remainingQuantity"]
        if item is None or not item["tracked"] or not one["claimed"] or not units:
            continue
        old = store.level(item["id"], before)
        if old:
            shift(store, old, committed=-units, available=units)
        new = store.level(item["id"], place) or add_level(store, item["id"], place, 0, active=False)
        shift(store, new, available=-units, committed=units)
    touch_fulfillment_order(
        store,
        one,
        location=place,
        requestStatus="UNSUBMITTED",
        status="OPEN" if one["status"] == "INCOMPLETE" else one["status"],
    )
    moved = order_of_fulfillment(one)
    payload = {
        "original_fulfillment_order": {**moved, "assigned_location_id": before}, "moved_fulfillment_order": moved,
        "destination_location_id": place, "source_location": {"id": before},
        "fulfillment_order_line_items_requested": [{"id": row["id"], "quantity": row["remainingQuantity"]} for row in rows_of(store, one)],
    }  # fmt: skip
    tell(store, one, "moved", payload)


def _immovable(store: Store, one: Node, place: str, wanted: list[Node] | None) -> Node | None:
    target = store.get(place)
    if target is None or not target["isActive"]:
        return user_error("Location does not exist or is not active.", ["newLocationId"])
    if one["requestStatus"] in ASKED or one["status"] not in {"OPEN", "IN_PROGRESS", "INCOMPLETE", "ON_HOLD"}:
        words = f"The fulfillment order cannot be moved: status {one['status'].lower()}, request status {one['requestStatus'].lower()}."
        return user_error(words, ["id"])
    if place == one["location"]:
        return user_error("The fulfillment order is already assigned to that location.", ["newLocationId"])
    if missing_units(store, one, wanted):
        return user_error("Invalid fulfillment order line item quantity requested.", ["fulfillmentOrderLineItems"])
    chosen = {row["id"] for row in wanted or []}
    if any(not _is_stocked(store, row, place) for row in rows_of(store, one) if not chosen or row["id"] in chosen):
        return user_error("The items are not stocked at the new location.", ["newLocationId"])
    return None


def _is_stocked(store: Store, row: Node, place: str) -> bool:
    item = store[row["lineItem"]]["item"]
    if item is None or not store[item]["tracked"]:
        return True
    level = store.level(item, place)
    return level is not None and bool(level["isActive"])


def movable_to(store: Store, one: Node, place: str) -> str | None:
    """Say why a fulfilment order cannot go to a place, or nothing when it can."""
    problem = _immovable(store, one, place, None)
    return problem["message"] if problem else None


@mutation("fulfillmentOrdersReroute")
def reroute(
    call: Call,
    fulfillment_order_ids: list[str],
    excluded_location_ids: list[str] | None = None,
    included_location_ids: list[str] | None = None,
) -> Node:
    """Let routing choose again among other places that have everything."""
    store, moved = call.store, []
    for global_id in fulfillment_order_ids:
        one = store.get(global_id)
        if one is None or one["requestStatus"] in ASKED or one["status"] not in FULFILLABLE:
            error = user_error(
                "The fulfillment order cannot be rerouted.", ["fulfillmentOrderIds"], "FULFILLMENT_ORDER_NOT_FOUND"
            )
            return {"movedFulfillmentOrders": None, "userErrors": [error]}
        barred = {*(excluded_location_ids or []), one["location"]}
        place = _other_place(store, one, barred, included_location_ids)
        if place:
            relocate(store, one, place)
            moved.append(one)
    return {"movedFulfillmentOrders": moved, "userErrors": []}


def _other_place(store: Store, one: Node, barred: set[str], only: list[str] | None) -> str | None:
    lines = [(row, store[row["lineItem"]]) for row in rows_of(store, one) if row["remainingQuantity"]]
    wants = [
        Want(
            place,
            line["item"],
            row["remainingQuantity"],
            bool(line["item"] and store[line["item"]]["tracked"]),
            oversold=False,
        )
        for place, (row, line) in enumerate(lines)
    ]
    for place in store.all("Location"):
        if place["id"] in barred or (only and place["id"] not in only):
            continue
        shares = assign(store, wants, only=place["id"])
        if shares and all(share.covered for share in shares):
            return str(place["id"])
    return None


@mutation("fulfillmentOrderSplit")
def split(call: Call, fulfillment_order_splits: list[Node]) -> Node:
    """Split units off; the fulfilment order keeps the named units, the rest gets one of its own."""
    store, results = call.store, []
    for row in fulfillment_order_splits:
        one = store.get(row["fulfillmentOrderId"])
        if one is None:
            return {
                "fulfillmentOrderSplits": None,
                "userErrors": [user_error("Fulfillment order not found.", None, "FULFILLMENT_ORDER_NOT_FOUND")],
            }
        if missing_units(store, one, row["fulfillmentOrderLineItems"]) or one["status"] not in FULFILLABLE:
            return {
                "fulfillmentOrderSplits": None,
                "userErrors": [user_error("Invalid quantity.", None, "INVALID_LINE_ITEM_QUANTITY")],
            }
        rest = cut_off(store, one, rest_of(store, one, row["fulfillmentOrderLineItems"]))
        if rest is None:
            return {
                "fulfillmentOrderSplits": None,
                "userErrors": [user_error("Nothing would remain.", None, "GREATER_THAN")],
            }
        payload = {
            "fulfillment_order": order_of_fulfillment(one),
            "remaining_fulfillment_order": order_of_fulfillment(rest),
        }
        tell(
            store,
            one,
            "split",
            {**payload, "split_line_items": row["fulfillmentOrderLineItems"], "replacement_fulfillment_order": None},
        )
        results.append(
            {"fulfillmentOrder": one, "remainingFulfillmentOrder": rest, "replacementFulfillmentOrder": None}
        )
    return {"fulfillmentOrderSplits": results, "userErrors": []}


@mutation("fulfillmentOrderHold")
def hold(call: Call, id: str, fulfillment_hold: Node) -> Node:
    """Hold a fulfilment order; a handle can be used once by each app."""
    store, names = call.store, ("fulfillmentHold", "fulfillmentOrder", "remainingFulfillmentOrder")
    one, problem = found(call, id, own=False)
    handle = fulfillment_hold.get("handle") or ""
    if one is not None and any(
        have["handle"] == handle and have["client"] == call.grant.client for have in one["holds"]
    ):
        problem = user_error(
            "The handle is already used.", ["fulfillmentHold", "handle"], "DUPLICATE_FULFILLMENT_HOLD_HANDLE"
        )
    elif one is not None and (one["status"] not in {"OPEN", "ON_HOLD"} or one["requestStatus"] in ASKED):
        problem = user_error("The fulfillment order is not in a holdable state.", ["id"])
    if one is None or problem:
        return dict.fromkeys(names) | {"userErrors": [problem]}
    rest = cut_off(store, one, rest_of(store, one, fulfillment_hold.get("fulfillmentOrderLineItems")))
    made = {
        "__typename": "FulfillmentHold", "id": gid("FulfillmentHold", store.number()), "handle": handle,
        "reason": fulfillment_hold["reason"],
        "reasonNotes": fulfillment_hold.get("reasonNotes"), "displayReason": fulfillment_hold["reason"].replace("_", " ").capitalize(),
        "client": call.grant.client,
    }  # fmt: skip
    touch_fulfillment_order(store, one, status="ON_HOLD", holds=[*one["holds"], made])
    tell(
        store,
        one,
        "placed_on_hold",
        {
            "fulfillment_order": order_of_fulfillment(one),
            "created_fulfillment_hold": {"id": made["id"], "handle": handle},
        },
    )
    return dict(zip(names, (made, one, rest), strict=True)) | {"userErrors": []}


@mutation("fulfillmentOrderReleaseHold")
def release_hold(call: Call, id: str, hold_ids: list[str] | None = None, **_: Any) -> Node:
    """Release some or all holds."""
    one, problem = found(call, id, own=False)
    if one is None or problem:
        return {"fulfillmentOrder": None, "userErrors": [problem]}
    left = [have for have in one["holds"] if hold_ids and have["id"] not in hold_ids]
    touch_fulfillment_order(call.store, one, holds=left, status="ON_HOLD" if left else "OPEN")
    tell(call.store, one, "hold_released")
    return {"fulfillmentOrder": one, "userErrors": []}


@mutation("fulfillmentOrderOpen")
def reopen(call: Call, id: str) -> Node:
    """Open a fulfilment order again."""
    one, problem = found(call, id, own=False)
    if one is None or problem:
        return {"fulfillmentOrder": None, "userErrors": [problem]}
    touch_fulfillment_order(call.store, one, status="OPEN")
    return {"fulfillmentOrder": one, "userErrors": []}
