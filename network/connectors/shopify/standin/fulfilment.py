"""Fulfilment orders: who is asked to ship what from where, and everything that moves them before a parcel leaves."""

from typing import Any

from network.connectors.shopify.standin.assigning import Want, assign
from network.connectors.shopify.standin.identifiers import gid
from network.connectors.shopify.standin.inventory import shift
from network.connectors.shopify.standin.loading import add_level
from network.connectors.shopify.standin.payloads import order_of_fulfillment
from network.connectors.shopify.standin.registry import Call, mutation, user_error
from network.connectors.shopify.standin.state import Node, Store

ASKED = {"SUBMITTED", "ACCEPTED", "CANCELLATION_REQUESTED", "CANCELLATION_REJECTED"}
FULFILLABLE = {"OPEN", "IN_PROGRESS"}
Part = tuple[Node, int]  # an order line and how many of it


# --- shared with orders, shipping and refunds -------------------------------------------------------------------------
def open_fulfillment_order(store: Store, order: Node, place: str, parts: list[Part], *, claimed: bool) -> Node:
    """Ask a place to ship units of an order; inside ``writing``."""
    now = store.clock.iso()
    made = store.add(
        "FulfillmentOrder",
        order=order["id"], orderId=order["id"], orderName=order["name"], orderProcessedAt=order["processedAt"], status="OPEN",
        requestStatus="UNSUBMITTED", location=place, lineItems=[], fulfillments=[], holds=[], requests=[], claimed=claimed, createdAt=now,
        updatedAt=now, fulfillAt=now, fulfillBy=None,
    )  # fmt: skip
    rows = [
        store.add(
            "FulfillmentOrderLineItem",
            fulfillmentOrder=made["id"],
            lineItem=line["id"],
            totalQuantity=units,
            remainingQuantity=units,
        )["id"]
        for line, units in parts
    ]
    return store.change(made, lineItems=rows)


def rows_of(store: Store, fulfillment_order: Node) -> list[Node]:
    """List the lines of a fulfilment order."""
    return [store[one] for one in fulfillment_order["lineItems"]]


def owner(store: Store, fulfillment_order: Node) -> str | None:
    """Name the app whose shelf a fulfilment order stands on, or nobody for a merchant's own place."""
    service = store.get(store[fulfillment_order["location"]]["fulfillmentService"])
    return service["client"] if service else None


def tell(store: Store, fulfillment_order: Node, topic: str, payload: Node | None = None) -> None:
    """Announce a step of a fulfilment order."""
    one = fulfillment_order
    store.emit(
        f"fulfillment_orders/{topic}", one["id"], lambda: payload or {"fulfillment_order": order_of_fulfillment(one)}
    )


def touch_fulfillment_order(store: Store, fulfillment_order: Node, **fields: Any) -> Node:
    """Change a fulfilment order."""
    return store.change(fulfillment_order, **fields, updatedAt=store.clock.iso())


def release(store: Store, fulfillment_order: Node, row: Node, units: int, *, back_to: str | None) -> None:
    """Let go of committed units: available again at a place, or gone for good."""
    item = store.get(store[row["lineItem"]]["item"])
    if item is None or not item["tracked"] or not units:
        return
    if fulfillment_order["claimed"]:
        level = store.level(item["id"], fulfillment_order["location"])
        if level:
            shift(store, level, committed=-units)
    if back_to and (fulfillment_order["claimed"] or back_to != fulfillment_order["location"]):
        level = store.level(item["id"], back_to) or add_level(store, item["id"], back_to, 0)
        shift(store, level, available=units)


def close_for_cancel(store: Store, order: Node, *, restock: bool) -> None:
    """Cancel what is still to be shipped of an order."""
    for one in order["fulfillmentOrders"]:
        fulfillment_order = store[one]
        if fulfillment_order["status"] in {"CLOSED", "CANCELLED"}:
            continue
        for row in rows_of(store, fulfillment_order):
            place = fulfillment_order["location"]
            release(
                store,
                fulfillment_order,
                row,
                row["remainingQuantity"],
                back_to=place if restock and fulfillment_order["claimed"] else None,
            )
            store.change(row, remainingQuantity=0)
        touch_fulfillment_order(store, fulfillment_order, status="CANCELLED", holds=[])
        payload = {"fulfillment_order": order_of_fulfillment(fulfillment_order), "replacement_fulfillment_order": None}
        tell(store, fulfillment_order, "cancelled", payload)


def cut_off(store: Store, fulfillment_order: Node, wanted: dict[str, int]) -> Node | None:
    """Move units of some lines into a fulfilment order of their own at the same place; None when nothing would move."""
    parts: list[Part] = []
    for row in rows_of(store, fulfillment_order):
        units = min(wanted.get(row["id"], 0), row["remainingQuantity"])
        if units:
            parts.append((store[row["lineItem"]], units))
            store.change(
                row, totalQuantity=row["totalQuantity"] - units, remainingQuantity=row["remainingQuantity"] - units
            )
    if not parts:
        return None
    order = store[fulfillment_order["order"]]
    made = open_fulfillment_order(
        store, order, fulfillment_order["location"], parts, claimed=fulfillment_order["claimed"]
    )
    kept = [row["id"] for row in rows_of(store, fulfillment_order) if row["totalQuantity"] > 0]
    touch_fulfillment_order(store, fulfillment_order, lineItems=kept)
    store.change(order, fulfillmentOrders=[*order["fulfillmentOrders"], made["id"]])
    return made


def rest_of(store: Store, fulfillment_order: Node, wanted: list[Node] | None) -> dict[str, int]:
    """Work out what remains of a fulfilment order beside the wanted units; nothing wanted means everything is."""
    if not wanted:
        return {}
    units = {one["id"]: one["quantity"] for one in wanted}
    return {row["id"]: row["remainingQuantity"] - units.get(row["id"], 0) for row in rows_of(store, fulfillment_order)}


def missing_units(store: Store, fulfillment_order: Node, wanted: list[Node] | None) -> bool:
    """Tell whether more is asked than remains."""
    left = {row["id"]: row["remainingQuantity"] for row in rows_of(store, fulfillment_order)}
    return any(one["quantity"] < 1 or one["quantity"] > left.get(one["id"], 0) for one in wanted or [])


# --- requests between merchant and shelf ------------------------------------------------------------------------------
def _found(call: Call, global_id: str, *, own: bool) -> tuple[Node | None, Node | None]:
    one = call.store.get(global_id)
    if one is None or one["__typename"] != "FulfillmentOrder":
        return None, user_error("Fulfillment order does not exist.", ["id"])
    if own and owner(call.store, one) != call.grant.client:
        return None, user_error("The fulfillment order is not assigned to a fulfillment service of this app.", ["id"])
    return one, None


@mutation("fulfillmentOrderSubmitFulfillmentRequest")
def submit(
    call: Call, id: str, fulfillment_order_line_items: list[Node] | None = None, message: str | None = None, **_: Any
) -> Node:
    """Ask a shelf to ship: by staff, or by the shelf's own app."""
    store = call.store
    names = ("originalFulfillmentOrder", "submittedFulfillmentOrder", "unsubmittedFulfillmentOrder")
    one, problem = _found(call, id, own=False)
    if one is not None and owner(store, one) is None:
        problem = user_error("The fulfillment order is not assigned to a fulfillment service.", ["id"])
    elif one is not None and (
        one["status"] not in FULFILLABLE
        or one["requestStatus"] not in {"UNSUBMITTED", "REJECTED", "CANCELLATION_ACCEPTED"}
    ):
        problem = user_error(
            f"Cannot request fulfillment for the fulfillment order: it is {one['requestStatus'].lower()}.", ["id"]
        )
    elif one is not None and missing_units(store, one, fulfillment_order_line_items):
        problem = user_error("Invalid fulfillment order line item quantity requested.", ["fulfillmentOrderLineItems"])
    if one is None or problem:
        return dict.fromkeys(names) | {"userErrors": [problem]}
    rest = cut_off(store, one, rest_of(store, one, fulfillment_order_line_items))
    asked = _ask(call, one, "FULFILLMENT_REQUEST", message, "SUBMITTED")
    payload = {
        "original_fulfillment_order": order_of_fulfillment(one), "submitted_fulfillment_order": order_of_fulfillment(one),
        "fulfillment_order_merchant_request": {"id": asked["id"], "message": message},
    }  # fmt: skip
    tell(store, one, "fulfillment_request_submitted", payload)
    return dict(zip(names, (one, one, rest), strict=True)) | {"userErrors": []}


@mutation("fulfillmentOrderSubmitCancellationRequest")
def ask_cancellation(call: Call, id: str, message: str | None = None) -> Node:
    """Ask a shelf to stop: at once when it has not accepted yet."""
    one, problem = _found(call, id, own=False)
    if one is not None and one["requestStatus"] not in {"SUBMITTED", "ACCEPTED"}:
        problem = user_error(f"Cannot request cancellation: it is {one['requestStatus'].lower()}.", ["id"])
    if one is None or problem:
        return {"fulfillmentOrder": None, "userErrors": [problem]}
    asked = _ask(call, one, "CANCELLATION_REQUEST", message, "CANCELLATION_REQUESTED")
    payload = {
        "fulfillment_order": order_of_fulfillment(one),
        "fulfillment_order_merchant_request": {"id": asked["id"], "message": message},
    }
    tell(call.store, one, "cancellation_request_submitted", payload)
    return {"fulfillmentOrder": one, "userErrors": []}


def _ask(call: Call, one: Node, kind: str, message: str | None, status: str) -> Node:
    asked = {
        "__typename": "FulfillmentOrderMerchantRequest", "id": gid("FulfillmentOrderMerchantRequest", call.store.number()), "kind": kind,
        "message": message, "requestOptions": {}, "responseData": None, "sentAt": call.now, "fulfillmentOrder": one["id"],
    }  # fmt: skip
    touch_fulfillment_order(call.store, one, requestStatus=status, requests=[*one["requests"], asked])
    return asked


def _answers(name: str, asked: set[str], status: str, fulfilment: str | None, topic: str) -> None:
    @mutation(name)
    def answer(call: Call, id: str, message: str | None = None, **_: Any) -> Node:
        """Answer a request, as the shelf's own app."""
        one, problem = _found(call, id, own=True)
        if one is not None and one["requestStatus"] not in asked:
            words = f"Cannot do this to the fulfillment order: its request status is {one['requestStatus'].lower()}."
            problem = user_error(words, ["id"])
        if one is None or problem:
            return {"fulfillmentOrder": None, "userErrors": [problem]}
        touch_fulfillment_order(call.store, one, requestStatus=status, status=fulfilment or one["status"])
        tell(call.store, one, topic, {"fulfillment_order": order_of_fulfillment(one), "message": message})
        return {"fulfillmentOrder": one, "userErrors": []}


_answers(
    "fulfillmentOrderAcceptFulfillmentRequest", {"SUBMITTED"}, "ACCEPTED", "IN_PROGRESS", "fulfillment_request_accepted"
)
_answers("fulfillmentOrderRejectFulfillmentRequest", {"SUBMITTED"}, "REJECTED", "OPEN", "fulfillment_request_rejected")
_answers(
    "fulfillmentOrderAcceptCancellationRequest",
    {"CANCELLATION_REQUESTED"},
    "CANCELLATION_ACCEPTED",
    "OPEN",
    "cancellation_request_accepted",
)
_answers(
    "fulfillmentOrderRejectCancellationRequest",
    {"CANCELLATION_REQUESTED"},
    "CANCELLATION_REJECTED",
    None,
    "cancellation_request_rejected",
)
_answers(
    "fulfillmentOrderClose",
    {"ACCEPTED", "CANCELLATION_REJECTED"},
    "CLOSED",
    "INCOMPLETE",
    "fulfillment_service_failed_to_complete",
)


# --- moving -----------------------------------------------------------------------------------------------------------
@mutation("fulfillmentOrderMove")
def move(call: Call, id: str, new_location_id: str, fulfillment_order_line_items: list[Node] | None = None) -> Node:
    """Assign a fulfilment order, or some of its units, to another place that stocks them; the stock it holds moves along."""
    store, names = call.store, ("movedFulfillmentOrder", "originalFulfillmentOrder", "remainingFulfillmentOrder")
    one, problem = _found(call, id, own=False)
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
    one, problem = _found(call, id, own=False)
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
        "__typename": "FulfillmentHold", "id": gid("FulfillmentHold", store.number()), "handle": handle, "reason": fulfillment_hold["reason"],
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
    one, problem = _found(call, id, own=False)
    if one is None or problem:
        return {"fulfillmentOrder": None, "userErrors": [problem]}
    left = [have for have in one["holds"] if hold_ids and have["id"] not in hold_ids]
    touch_fulfillment_order(call.store, one, holds=left, status="ON_HOLD" if left else "OPEN")
    tell(call.store, one, "hold_released")
    return {"fulfillmentOrder": one, "userErrors": []}


@mutation("fulfillmentOrderOpen")
def reopen(call: Call, id: str) -> Node:
    """Open a fulfilment order again."""
    one, problem = _found(call, id, own=False)
    if one is None or problem:
        return {"fulfillmentOrder": None, "userErrors": [problem]}
    touch_fulfillment_order(call.store, one, status="OPEN")
    return {"fulfillmentOrder": one, "userErrors": []}
