"""Fulfilment orders: who is asked to ship what from where, and everything that moves them before a parcel leaves."""

from typing import Any

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
def found(call: Call, global_id: str, *, own: bool) -> tuple[Node | None, Node | None]:
    """Find a fulfilment order, or say why not; ``own`` ones stand on a shelf of the calling app."""
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
    one, problem = found(call, id, own=False)
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
    one, problem = found(call, id, own=False)
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
        one, problem = found(call, id, own=True)
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
