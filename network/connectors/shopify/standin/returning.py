"""Returns: asked for by customers, opened, changed, processed and closed by a store's staff, and told to whoever subscribed."""

from collections.abc import Callable
from typing import Any

from network.connectors.shopify.standin.identifiers import gid
from network.connectors.shopify.standin.inventory import shift
from network.connectors.shopify.standin.loading import add_level
from network.connectors.shopify.standin.order_reading import bag
from network.connectors.shopify.standin.orders import touch_order
from network.connectors.shopify.standin.payloads import return_change_payload, return_payload, return_update_payload
from network.connectors.shopify.standin.registry import (
    Call,
    field_of,
    mutation,
    not_implemented,
    query,
    refuse_unknown,
    user_error,
)
from network.connectors.shopify.standin.state import Node, Store

REASONS = {
    "unknown": "Unknown", "size-too-small": "Size was too small", "size-too-large": "Size was too large",
    "unwanted": "Customer changed their mind", "not-as-described": "Item not as described",
    "wrong-item": "Received the wrong item", "defective": "Damaged or defective", "style": "Style", "color": "Color", "other": "Other",
}  # fmt: skip
OLD_REASONS = {handle: handle.upper().replace("-", "_") for handle in REASONS}
HANDLES = {old: handle for handle, old in OLD_REASONS.items()}
GONE = {"CANCELED", "DECLINED"}


# --- what could come back ---------------------------------------------------------------------------------------------
@query("returnableFulfillments")
def returnable_fulfillments(call: Call, order_id: str, **_: Any) -> list[Node]:
    """List an order's parcels with the units of them that are not on their way back."""
    order = call.store.get(order_id)
    found = []
    for one in (call.store[each] for each in (order or {}).get("fulfillments", [])):
        rows = [(row, returnable(call.store, call.store[row])) for row in one["fulfillmentLineItems"]]
        kept = [
            {"__typename": "ReturnableFulfillmentLineItem", "fulfillmentLineItem": row, "quantity": units}
            for row, units in rows
            if units
        ]
        if kept and one["status"] == "SUCCESS":
            found.append(
                {
                    "__typename": "ReturnableFulfillment", "id": one["id"].replace("/Fulfillment/", "/ReturnableFulfillment/"),
                    "fulfillment": one["id"], "returnableFulfillmentLineItems": kept,
                }
            )  # fmt: skip
    return found


def returnable(store: Store, row: Node) -> int:
    """Count the units of a parcel's line that no living return has."""
    order = store[store[row["fulfillment"]]["order"]]
    taken = sum(
        line["quantity"]
        for each in order["returns"]
        if store[each]["status"] not in GONE
        for line in _lines(store, store[each])
        if line["fulfillmentLineItem"] == row["id"]
    )
    return int(row["quantity"]) - taken


@query("returnReasonDefinitions")
def reasons(call: Call, ids: list[str] | None = None, handles: list[str] | None = None, **_: Any) -> list[Node]:
    """List why things come back."""
    rows = [_definition(handle) for handle in REASONS]
    return [row for row in rows if (not ids or row["id"] in ids) and (not handles or row["handle"] in handles)]


def _definition(handle: str) -> Node:
    place = list(REASONS).index(handle) + 1
    node = {"__typename": "ReturnReasonDefinition", "id": gid("ReturnReasonDefinition", place)}
    return node | {"handle": handle, "name": REASONS[handle], "deleted": False}


# --- opening ----------------------------------------------------------------------------------------------------------
@mutation("returnCreate")
def create_return(call: Call, return_input: Node) -> Node:
    """Open a return as a store's staff does: it is approved from its first moment."""
    known = {"orderId", "returnLineItems", "requestedAt", "notifyCustomer", "unprocessed"}
    refuse_unknown("returnCreate", return_input, known)
    made, problem = _open(call, return_input, "OPEN")
    if made is not None:
        _tell(call, made, "approve")
    return _answer(made, problem)


@mutation("returnRequest")
def request_return(call: Call, input: Node) -> Node:
    """Ask for a return as a customer does; the store's staff approves or declines it."""
    refuse_unknown("returnRequest", input, {"orderId", "returnLineItems"})
    made, problem = _open(call, input, "REQUESTED")
    if made is not None:
        _tell(call, made, "request")
    return _answer(made, problem)


def _open(call: Call, given: Node, status: str) -> tuple[Node | None, Node | None]:
    store, order = call.store, call.store.get(given["orderId"])
    if order is None:
        return None, user_error("Order does not exist", ["orderId"], "NOT_FOUND")
    rows, problem = _wanted(store, order, given["returnLineItems"])
    if problem:
        return None, problem
    made = store.add(
        "Return",
        order=order["id"], name=f"{order['name']}-R{len(order['returns']) + 1}", status=status, createdAt=call.now, closedAt=None,
        requestApprovedAt=call.now if status == "OPEN" else None, decline=None, returnLineItems=[], exchangeLineItems=[], refunds=[],
        returnShippingFees=[], reverseFulfillmentOrders=[], transactions=[],
    )  # fmt: skip
    ids = [store.add("ReturnLineItem", **{"return": made["id"]}, **row)["id"] for row in rows]
    store.change(made, returnLineItems=ids)
    if status == "OPEN":
        _ask_back(store, made)
    touch_order(store, order, returns=[*order["returns"], made["id"]])
    return made, None


def _wanted(store: Store, order: Node, given: list[Node]) -> tuple[list[Node], Node | None]:
    rows: list[Node] = []
    asked: dict[str, int] = {}
    for place, one in enumerate(given):
        where = ["returnLineItems", str(place)]
        row = store.get(one["fulfillmentLineItemId"])
        if row is None or row["__typename"] != "FulfillmentLineItem" or row["fulfillment"] not in order["fulfillments"]:
            return [], user_error("Fulfillment line item not found.", where, "NOT_FOUND")
        asked[row["id"]] = asked.get(row["id"], 0) + one["quantity"]
        if one["quantity"] < 1 or asked[row["id"]] > returnable(store, row):
            return [], user_error("Quantity exceeds the returnable quantity.", [*where, "quantity"], "INVALID")
        handle = _handle(one)
        if handle is None:
            return [], user_error("Return reason is invalid.", [*where, "returnReasonDefinitionId"], "INVALID")
        rows.append(
            {
                "fulfillmentLineItem": row["id"], "quantity": one["quantity"], "processedQuantity": 0, "reason": handle,
                "returnReasonNote": one.get("returnReasonNote") or "", "customerNote": one.get("customerNote"),
            }
        )  # fmt: skip
    return (rows, None) if rows else ([], user_error("Return line items can't be blank", ["returnLineItems"], "BLANK"))


def _handle(given: Node) -> str | None:
    chosen = given.get("returnReasonDefinitionId")
    if chosen:
        return next((handle for handle in REASONS if _definition(handle)["id"] == chosen), None)
    return HANDLES[given.get("returnReason") or "UNKNOWN"]


def _ask_back(store: Store, one: Node) -> None:
    """Open the reverse fulfilment order by which the units of a return are received."""
    made = store.add("ReverseFulfillmentOrder", order=one["order"], status="OPEN", lineItems=[], reverseDeliveries=[])
    ids = [
        store.add(
            "ReverseFulfillmentOrderLineItem",
            fulfillmentLineItem=line["fulfillmentLineItem"], totalQuantity=line["quantity"], dispositions=[], line=line["id"],
        )["id"]
        for line in _lines(store, one)
    ]  # fmt: skip
    store.change(made, lineItems=ids, thirdPartyConfirmation=None)
    store.change(one, reverseFulfillmentOrders=[made["id"]])


# --- what becomes of it -----------------------------------------------------------------------------------------------
@mutation("returnApproveRequest")
def approve(call: Call, input: Node) -> Node:
    """Agree to what a customer asked for."""

    def agree(one: Node) -> Node:
        _ask_back(call.store, one)
        return {"status": "OPEN", "requestApprovedAt": call.now}

    return _step(call, input["id"], {"REQUESTED"}, agree, "approve")


@mutation("returnDeclineRequest")
def decline(call: Call, input: Node) -> Node:
    """Refuse what a customer asked for."""
    why = {"__typename": "ReturnDecline", "reason": input["declineReason"], "note": input.get("declineNote")}
    return _step(call, input["id"], {"REQUESTED"}, lambda _one: {"status": "DECLINED", "decline": why}, "decline")


@mutation("returnCancel")
def cancel(call: Call, id: str, **_: Any) -> Node:
    """Take a return back; what has been processed stays processed and cannot be cancelled."""

    def undo(one: Node) -> Node:
        for each in one["reverseFulfillmentOrders"]:
            call.store.change(call.store[each], status="CANCELED")
        return {"status": "CANCELED", "closedAt": call.now}

    one = call.store.get(id)
    if one is not None and any(line["processedQuantity"] for line in _lines(call.store, one)):
        return _answer(None, user_error("Return is not cancelable.", ["id"], "INVALID_STATE"))
    return _step(call, id, {"OPEN", "REQUESTED"}, undo, "cancel")


@mutation("returnClose")
def close(call: Call, id: str) -> Node:
    """End a return."""
    return _step(call, id, {"OPEN"}, lambda _one: {"status": "CLOSED", "closedAt": call.now}, "close")


@mutation("returnReopen")
def reopen(call: Call, id: str) -> Node:
    """Open a closed return again."""
    return _step(call, id, {"CLOSED"}, lambda _one: {"status": "OPEN", "closedAt": None}, "reopen")


def _step(call: Call, id: str, allowed: set[str], change: Callable[[Node], Node], word: str) -> Node:
    one = call.store.get(id)
    if one is None or one["__typename"] != "Return":
        return _answer(None, user_error("Return not found.", ["id"], "NOT_FOUND"))
    if one["status"] not in allowed:
        words = f"Return is {one['status'].lower()}; it cannot be changed so."
        return _answer(None, user_error(words, ["id"], "INVALID_STATE"))
    call.store.change(one, **change(one))
    touch_order(call.store, call.store[one["order"]])
    _tell(call, one, word)
    return _answer(one, None)


@mutation("removeFromReturn")
def remove(
    call: Call, return_id: str, return_line_items: list[Node] | None = None, exchange_line_items: Any = None
) -> Node:
    """Take units out of an open return: the customer keeps them after all."""
    store, one = call.store, call.store.get(return_id)
    if exchange_line_items:
        raise not_implemented("removeFromReturn(exchangeLineItems)")
    if one is None or one["status"] not in {"OPEN", "REQUESTED"}:
        return _answer(None, user_error("Return not found.", ["returnId"], "NOT_FOUND"))
    removed = []
    for row in return_line_items or []:
        line = store.get(row["returnLineItemId"])
        if (
            line is None
            or line["return"] != one["id"]
            or row["quantity"] > line["quantity"] - line["processedQuantity"]
        ):
            words = "Quantity is more than can be removed."
            return _answer(None, user_error(words, ["returnLineItems", "quantity"], "INVALID"))
        removed.append((line, row["quantity"]))
    for line, units in removed:
        store.change(line, quantity=line["quantity"] - units)
        for each in one["reverseFulfillmentOrders"]:
            for row in (store[row] for row in store[each]["lineItems"]):
                if row["line"] == line["id"]:
                    store.change(row, totalQuantity=line["quantity"])
    store.change(one, returnLineItems=[line["id"] for line in _lines(store, one) if line["quantity"]])
    touch_order(store, store[one["order"]])
    gone = [(line["id"], units) for line, units in removed]
    store.emit("returns/update", f"{one['id']}{store.number()}", lambda: return_update_payload(one, gone))
    return _answer(one, None)


@mutation("returnProcess")
def finish(call: Call, input: Node) -> Node:
    """Say what became of the units that came back; money is paid back by refundCreate here."""
    store, one = call.store, call.store.get(input["returnId"])
    refuse_unknown("returnProcess", input, {"returnId", "returnLineItems", "note", "notifyCustomer"})
    if one is None or one["status"] != "OPEN":
        return _answer(None, user_error("Return not found.", ["returnId"], "NOT_FOUND"))
    rows = [(store.get(row["id"]), row) for row in input.get("returnLineItems") or []]
    for line, row in rows:
        if (
            line is None
            or line["return"] != one["id"]
            or row["quantity"] > line["quantity"] - line["processedQuantity"]
        ):
            words = "Quantity is more than can be processed."
            return _answer(None, user_error(words, ["returnLineItems", "quantity"], "INVALID"))
    for line, row in rows:
        assert line is not None
        store.change(line, processedQuantity=line["processedQuantity"] + row["quantity"])
        for given in row.get("dispositions") or []:
            _dispose(store, line, given)
    touch_order(store, store[one["order"]])
    _tell(call, one, "process")
    if all(line["processedQuantity"] == line["quantity"] for line in _lines(store, one)):
        close(call, one["id"])
    return _answer(one, None)


def _dispose(store: Store, line: Node, given: Node) -> None:
    row = store[given["reverseFulfillmentOrderLineItemId"]]
    kind, place, units = given["dispositionType"], given.get("locationId"), given["quantity"]
    said: Node = {
        "__typename": "ReverseFulfillmentOrderDisposition",
        "id": gid("ReverseFulfillmentOrderDisposition", store.number()),
    }
    said |= {"type": kind, "quantity": units, "location": place, "createdAt": store.clock.iso()}
    store.change(row, dispositions=[*row["dispositions"], said])
    item = store.get(store[store[line["fulfillmentLineItem"]]["lineItem"]]["item"])
    if kind == "RESTOCKED" and place and item is not None and item["tracked"]:
        shift(
            store,
            store.level(item["id"], place) or add_level(store, item["id"], place, 0, active=True),
            available=units,
        )


def _answer(one: Node | None, problem: Node | None) -> Node:
    return {"return": one, "userErrors": [problem] if problem else []}


def _tell(call: Call, one: Node, word: str) -> None:
    """Announce a step; a processed one is told without a word of what it is about, as Shopify documents it."""
    write = {"request": return_payload, "approve": return_payload, "decline": return_payload}.get(
        word, return_change_payload
    )
    empty: Node = {}
    call.store.emit(f"returns/{word}", one["id"], lambda: empty if word == "process" else write(call.store, one))


# --- reading ----------------------------------------------------------------------------------------------------------
def _lines(store: Store, one: Node) -> list[Node]:
    return [store[each] for each in one["returnLineItems"]]


@field_of("Order", "returnStatus")
def order_status(call: Call, order: Node) -> str:
    """Say how far an order's returns are."""
    states = {call.store[one]["status"] for one in order["returns"]} - GONE
    if "OPEN" in states:
        return "IN_PROGRESS"
    if "REQUESTED" in states:
        return "RETURN_REQUESTED"
    return "RETURNED" if states else "NO_RETURN"


@field_of("Return", "totalQuantity")
def total_units(call: Call, one: Node) -> int:
    """Count the units of a return."""
    return sum(line["quantity"] for line in _lines(call.store, one))


@field_of("ReturnLineItem", "returnReasonDefinition")
def reason_of(call: Call, line: Node) -> Node:
    """Say why it comes back."""
    return _definition(line["reason"])


@field_of("ReturnLineItem", "returnReason")
def old_reason_of(call: Call, line: Node) -> str:
    """Say why it comes back, the old way."""
    return OLD_REASONS[line["reason"]]


@field_of("ReturnLineItem", "processableQuantity", "unprocessedQuantity")
def unprocessed(call: Call, line: Node) -> int:
    """Count the units nobody has looked at."""
    return int(line["quantity"] - line["processedQuantity"])


@field_of("ReturnLineItem", "refundableQuantity")
def refundable_units(call: Call, line: Node) -> int:
    """Count the units that could be paid back."""
    sold = call.store[call.store[line["fulfillmentLineItem"]]["lineItem"]]
    return int(min(line["quantity"], sold["refundableQuantity"]))


@field_of("ReturnLineItem", "refundedQuantity")
def refunded_units(call: Call, line: Node) -> int:
    """Count the units paid back through the return: refunds are made beside it here."""
    return 0


@field_of("ReturnLineItem", "restockingFee", "totalWeight")
def no_fee(call: Call, line: Node) -> None:
    """Nothing is charged, and nothing weighed."""


@field_of("ReturnLineItem", "withCodeDiscountedTotalPriceSet")
def line_total(call: Call, line: Node) -> Node:
    """Add up the price of what comes back."""
    sold = call.store[call.store[line["fulfillmentLineItem"]]["lineItem"]]
    return bag(sold["currency"], f"{float(sold['price']) * line['quantity']:.2f}")
