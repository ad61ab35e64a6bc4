"""Editing an order after the fact: a staff member takes units out before they are shipped."""

from typing import Any

from network.connectors.shopify.standin.identifiers import gid
from network.connectors.shopify.standin.order_reading import bag
from network.connectors.shopify.standin.orders import announce_order, touch_order
from network.connectors.shopify.standin.registry import Call, field_of, mutation, not_implemented, user_error
from network.connectors.shopify.standin.shipping import withdraw
from network.connectors.shopify.standin.state import Node


@mutation("orderEditBegin")
def begin_edit(call: Call, id: str) -> Node:
    """Open an edit; the order stays as it is until the edit is committed."""
    order = call.store.get(id)
    if order is None or order["cancelledAt"]:
        return _bad("The order cannot be edited.", "id")
    rows = [
        {
            "__typename": "CalculatedLineItem", "id": gid("CalculatedLineItem", line.rpartition("/")[2]), "line": line,
            "quantity": call.store[line]["currentQuantity"], "restock": False,
        }
        for line in order["lineItems"]
    ]  # fmt: skip
    edit = call.store.add("CalculatedOrder", originalOrder=id, rows=rows, committed=False)
    return {"calculatedOrder": edit, "userErrors": []}


@mutation("orderEditSetQuantity")
def edit_quantity(call: Call, id: str, line_item_id: str, quantity: int, restock: bool | None = None, **_: Any) -> Node:
    """Take units of a line out of the order; putting more in is not implemented."""
    edit = call.store.get(id)
    row = next(
        (
            one
            for one in (edit or {}).get("rows", [])
            if one["id"].rpartition("/")[2] == line_item_id.rpartition("/")[2]
        ),
        None,
    )
    if edit is None or row is None or edit["committed"]:
        return _bad("The line item does not exist or the edit is over.", "lineItemId")
    line = call.store[row["line"]]
    if quantity > line["currentQuantity"]:
        raise not_implemented("orderEditSetQuantity with more units")
    if line["currentQuantity"] - quantity > line["unfulfilledQuantity"] or quantity < 0:
        return _bad("Fulfilled units cannot be removed.", "quantity")
    changed = {**row, "quantity": quantity, "restock": bool(restock)}
    call.store.change(edit, rows=[changed if one["id"] == row["id"] else one for one in edit["rows"]])
    return {"calculatedLineItem": changed, "calculatedOrder": edit, "userErrors": []}


@mutation("orderEditCommit")
def commit_edit(call: Call, id: str, staff_note: str | None = None, **_: Any) -> Node:
    """Make an edit true: units leave their fulfilment orders, and subscribers hear what was taken away."""
    store, edit = call.store, call.store.get(id)
    if edit is None or edit["committed"]:
        return {
            "order": None,
            "successMessages": None,
            "userErrors": [user_error("The edit does not exist or is over.", ["id"])],
        }
    order, removals = store[edit["originalOrder"]], []
    for row in edit["rows"]:
        line = store[row["line"]]
        gone = line["currentQuantity"] - row["quantity"]
        if gone <= 0:
            continue
        withdraw(store, order, line, gone, restock=row["restock"], to=None)
        left = line["unfulfilledQuantity"] - gone
        store.change(line, currentQuantity=row["quantity"], unfulfilledQuantity=left, fulfillableQuantity=left)
        removals.append({"id": int(line["legacyResourceId"]), "delta": gone})
    store.change(edit, committed=True)
    touch_order(store, order, edited=True)
    payload = {
        "order_edit": {
            "id": int(edit["legacyResourceId"]), "order_id": int(order["legacyResourceId"]), "created_at": call.now,
            "committed_at": call.now,
            "notify_customer": False, "staff_note": staff_note or "", "user_id": None, "app_id": None,
            "line_items": {"additions": [], "removals": removals},
        }
    }  # fmt: skip
    store.emit("orders/edited", edit["id"], lambda: payload)
    announce_order(store, order)
    return {"order": order, "successMessages": ["Order updated"], "userErrors": []}


@field_of("CalculatedOrder", "lineItems")
def edited_lines(call: Call, edit: Node, **_: Any) -> list[Node]:
    """List the lines as they would be."""
    return list(edit["rows"])


@field_of("CalculatedOrder", "subtotalLineItemsQuantity")
def edited_units(call: Call, edit: Node) -> int:
    """Count the units as they would be."""
    return sum(row["quantity"] for row in edit["rows"])


def _fact(name: str) -> Any:
    return lambda call, row: call.store[row["line"]][name]


for _name in ("sku", "title", "variantTitle", "variant"):
    field_of("CalculatedLineItem", _name)(_fact(_name))


@field_of("CalculatedLineItem", "editableQuantity", "editableQuantityBeforeChanges")
def editable(call: Call, row: Node) -> int:
    """Count the units that may still be taken out."""
    return int(call.store[row["line"]]["unfulfilledQuantity"])


@field_of("CalculatedLineItem", "originalUnitPriceSet", "discountedUnitPriceSet")
def edited_price(call: Call, row: Node) -> Node:
    """Give the price of one unit."""
    line = call.store[row["line"]]
    return bag(line["currency"], line["price"])


def _bad(words: str, place: str) -> Node:
    return {"calculatedOrder": None, "calculatedLineItem": None, "userErrors": [user_error(words, [place])]}
