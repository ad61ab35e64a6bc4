"""Stock: levels by item and place, compare-and-set writes, and what orders take and give back."""

from typing import Any

from network.connectors.shopify.standin.identifiers import number
from network.connectors.shopify.standin.loading import STATES, add_level
from network.connectors.shopify.standin.payloads import level_payload
from network.connectors.shopify.standin.registry import Call, Rows, bad_request, field_of, mutation, query, user_error
from network.connectors.shopify.standin.searching import search
from network.connectors.shopify.standin.state import Node, Store

ON_HAND = tuple(state for state in STATES if state != "incoming")
ADJUSTABLE = {"available", "reserved", "incoming", "safety_stock", "damaged", "quality_control"}
REASONS = {
    "correction", "cycle_count_available", "damaged", "movement_created", "movement_updated", "movement_received", "movement_canceled",
    "other", "promotion", "quality_control", "received", "reservation_created", "reservation_deleted", "reservation_updated", "restock",
    "safety_stock", "shrinkage",
}  # fmt: skip
MOST = 250


def quantity(level: Node, name: str) -> int:
    """Read one state of a level; on hand is the sum of its parts."""
    return sum(level["q"][state] for state in ON_HAND) if name == "on_hand" else int(level["q"][name])


def shift(store: Store, level: Node, **deltas: int) -> None:
    """Move quantities of a level and announce it; inside ``writing``."""
    quantities = dict(level["q"])
    for state, delta in deltas.items():
        quantities[state] += delta
    store.change(level, q=quantities, updatedAt=store.clock.iso())
    announce_level(store, level)


def announce_level(store: Store, level: Node) -> None:
    """Tell subscribers what is available now."""
    store.emit("inventory_levels/update", level["id"], lambda: level_payload(level, quantity(level, "available")))


# --- reading ----------------------------------------------------------------------------------------------------------
@query("inventoryItems")
def inventory_items(call: Call, query: str | None = None, **_: Any) -> Rows:
    """List stock keys by id."""
    return Rows(sorted(search(call.store, "InventoryItem", query), key=lambda one: number(one["id"])), lambda one: "")


@query("inventoryItem", "inventoryLevel", "inventoryAdjustmentGroup")
def one_of_stock(call: Call, id: str) -> Node | None:
    """Find a stock key, a level or a change."""
    return call.store.get(id)


@field_of("InventoryItem", "variants")
def variants_of(call: Call, item: Node, **_: Any) -> list[Node]:
    """List the variants that share this stock."""
    return call.store.where("ProductVariant", "inventoryItem", item["id"])


@field_of("InventoryItem", "variant")
def variant_of(call: Call, item: Node) -> Node | None:
    """Name the first variant, as the old field does."""
    return next(iter(variants_of(call, item)), None)


@field_of("InventoryItem", "measurement")
def measurement(call: Call, item: Node) -> Node:
    """Give the weight in kilograms."""
    weight = {"__typename": "Weight", "value": item["grams"] / 1000, "unit": "KILOGRAMS"}
    return {
        "__typename": "InventoryItemMeasurement",
        "id": item["id"].replace("/InventoryItem/", "/InventoryItemMeasurement/"),
        "weight": weight,
    }


@field_of("InventoryItem", "trackedEditable")
def tracked_editable(call: Call, item: Node) -> Node:
    """Tracking may be switched."""
    return {"locked": False, "reason": None}


@field_of("InventoryItem", "duplicateSkuCount")
def duplicates(call: Call, item: Node) -> int:
    """Count the other items with the same code."""
    return len(call.store.where("InventoryItem", "sku", item["sku"])) - 1 if item["sku"] else 0


@field_of("InventoryItem", "locationsCount")
def places_count(call: Call, item: Node, **_: Any) -> Node:
    """Count the places that stock the item."""
    return {"count": len(levels_of_item(call, item)), "precision": "EXACT"}


@field_of("InventoryItem", "inventoryLevels")
def levels_of_item(
    call: Call, item: Node, include_inactive: bool = False, query: str | None = None, **_: Any
) -> list[Node]:
    """List the item's stock at each place."""
    rows = [
        one for one in call.store.where("InventoryLevel", "item", item["id"]) if include_inactive or one["isActive"]
    ]
    return search(call.store, "InventoryLevel", query, rows)


@field_of("Location", "inventoryLevels")
def levels_of_location(
    call: Call, place: Node, include_inactive: bool = False, query: str | None = None, **_: Any
) -> Rows:
    """List what a place stocks, by id."""
    rows = [
        one
        for one in call.store.where("InventoryLevel", "location", place["id"])
        if include_inactive or one["isActive"]
    ]
    return Rows(
        sorted(search(call.store, "InventoryLevel", query, rows), key=lambda one: number(one["id"])), lambda one: ""
    )


@field_of("InventoryItem", "inventoryLevel")
def level_of_item(call: Call, item: Node, location_id: str, include_inactive: bool = False) -> Node | None:
    """Find the item's stock at a place."""
    level = call.store.level(item["id"], location_id)
    return level if level and (include_inactive or level["isActive"]) else None


@field_of("Location", "inventoryLevel")
def level_of_location(call: Call, place: Node, inventory_item_id: str, include_inactive: bool = False) -> Node | None:
    """Find a place's stock of an item."""
    level = call.store.level(inventory_item_id, place["id"])
    return level if level and (include_inactive or level["isActive"]) else None


@field_of("InventoryLevel", "quantities")
def quantities(call: Call, level: Node, names: list[str]) -> list[Node]:
    """Read states of a level by name."""
    for name in names:
        if name != "on_hand" and name not in STATES:
            raise bad_request(f"The quantity name {name} is not supported", "BAD_USER_INPUT")
    return [
        {
            "__typename": "InventoryQuantity", "id": level["id"].replace("/InventoryLevel/", "/InventoryQuantity/") + f"&name={name}",
            "name": name, "quantity": quantity(level, name), "updatedAt": level["updatedAt"],
        }
        for name in names
    ]  # fmt: skip


@field_of("InventoryLevel", "canDeactivate")
def can_deactivate(call: Call, level: Node) -> bool:
    """Tell whether nothing is committed."""
    return level["q"]["committed"] == 0


# --- writing ----------------------------------------------------------------------------------------------------------
@mutation("inventoryActivate", idempotent=True)
def activate(
    call: Call,
    inventory_item_id: str,
    location_id: str,
    available: int | None = None,
    on_hand: int | None = None,
    **_: Any,
) -> Node:
    """Stock an item at a place; an inactive level comes back with the quantities it had, unless one is given."""
    store = call.store
    item, place = store.get(inventory_item_id), store.get(location_id)
    if item is None or place is None:
        missing = "inventoryItemId" if item is None else "locationId"
        return {"inventoryLevel": None, "userErrors": [user_error(f"The {missing} could not be found.", [missing])]}
    if place["isFulfillmentService"] and not item["sku"]:
        words = "A SKU is required to stock an item at a fulfillment service location"
        return {"inventoryLevel": None, "userErrors": [user_error(words, ["inventoryItemId"])]}
    level = store.level(item["id"], place["id"])
    fresh = level is None or not level["isActive"]
    level = level or add_level(store, item["id"], place["id"], 0, active=False)
    store.change(level, isActive=True)
    if on_hand is not None:
        available = on_hand - quantity(level, "on_hand") + level["q"]["available"]
    shift(store, level, available=0 if available is None else available - level["q"]["available"])
    if fresh:
        store.emit("inventory_levels/connect", level["id"], lambda: level_payload(level, quantity(level, "available")))
    return {"inventoryLevel": level["id"], "userErrors": []}


@mutation("inventoryDeactivate")
def deactivate(call: Call, inventory_level_id: str) -> Node:
    """Stop stocking an item at a place; the quantities stay."""
    level = call.store.get(inventory_level_id)
    if level is None:
        return {"userErrors": [user_error("Inventory level not found", ["inventoryLevelId"])]}
    if level["q"]["committed"]:
        return {"userErrors": [user_error("The inventory level has committed quantities", ["inventoryLevelId"])]}
    _disconnect(call.store, level)
    return {"userErrors": []}


@mutation("inventoryBulkToggleActivation")
def toggle(call: Call, inventory_item_id: str, inventory_item_updates: list[Node]) -> Node:
    """Switch an item's stock at several places."""
    store, item, levels = call.store, call.store.get(inventory_item_id), []
    if item is None:
        error = user_error("The inventory item could not be found.", ["inventoryItemId"], "GENERIC_ERROR")
        return {"inventoryItem": None, "inventoryLevels": None, "userErrors": [error]}
    for update in inventory_item_updates:
        level: Node | None
        if update["activate"]:
            level = store.level(item["id"], update["locationId"]) or add_level(
                store, item["id"], update["locationId"], 0
            )
            store.change(level, isActive=True)
            shift(store, level)
        else:
            level = store.level(item["id"], update["locationId"])
            if level:
                _disconnect(store, level)
        levels += [level] if level else []
    return {"inventoryItem": item, "inventoryLevels": levels, "userErrors": []}


@mutation("inventorySetQuantities", idempotent=True)
def set_quantities(call: Call, input: Node) -> Node:
    """Set available or on-hand figures, each only while it still is what the caller says it is (null: whatever it is)."""
    if input["name"] not in {"available", "on_hand"}:
        return _refused("The quantity name must be either 'available' or 'on_hand'.", ["input", "name"], "INVALID_NAME")
    rows = input["quantities"]
    _demand_comparison(rows)
    changes = []
    for row in rows:
        if row["quantity"] > 1_000_000_000 or row["quantity"] < -1_000_000_000:
            return _refused(
                "The quantity must be lower than 1000000000.", ["input", "quantities"], "INVALID_QUANTITY_TOO_HIGH"
            )
        level = call.store.level(row["inventoryItemId"], row["locationId"])
        now = quantity(level, input["name"]) if level else 0
        changes.append((row["inventoryItemId"], row["locationId"], row["quantity"] - now, row["changeFromQuantity"]))
    return _apply(call, input, changes, "quantities")


@mutation("inventoryAdjustQuantities", idempotent=True)
def adjust_quantities(call: Call, input: Node) -> Node:
    """Add to or take from figures, each only while it still is what the caller says it is (null: whatever it is)."""
    if input["name"] not in ADJUSTABLE:
        return _refused("The specified quantity name is invalid.", ["input", "name"], "INVALID_QUANTITY_NAME")
    _demand_comparison(input["changes"])
    changes = [
        (one["inventoryItemId"], one["locationId"], one["delta"], one["changeFromQuantity"]) for one in input["changes"]
    ]
    return _apply(call, input, changes, "changes")


@mutation("inventoryMoveQuantities", idempotent=True)
def move_quantities(call: Call, input: Node) -> Node:
    """Move units from one state to another at one place, all or nothing."""
    store, errors, moves = call.store, [], []
    for place, row in enumerate(input["changes"]):
        source, target = row["from"], row["to"]
        _demand_comparison([source, target])
        where = ["input", "changes", str(place)]
        level = store.level(row["inventoryItemId"], source["locationId"])
        if level is None:
            errors.append(
                user_error(
                    "The specified inventory item could not be found.",
                    [*where, "inventoryItemId"],
                    "INVALID_INVENTORY_ITEM",
                )
            )
        elif source["locationId"] != target["locationId"]:
            errors.append(user_error("Quantities can't be moved between locations.", where, "DIFFERENT_LOCATIONS"))
        elif source["name"] == target["name"]:
            errors.append(
                user_error("The quantity names for each change can't be the same.", where, "SAME_QUANTITY_NAME")
            )
        else:
            for side, end in (("from", source), ("to", target)):
                if end["changeFromQuantity"] is not None and level["q"][end["name"]] != end["changeFromQuantity"]:
                    errors.append(_stale([*where, side, "changeFromQuantity"]))
            moves.append((level, row))
    if errors:
        return {"inventoryAdjustmentGroup": None, "userErrors": errors}
    changes = []
    for level, row in moves:
        shift(store, level, **{row["from"]["name"]: -row["quantity"], row["to"]["name"]: row["quantity"]})
        changes += [
            _changed(level, row["from"]["name"], -row["quantity"]),
            _changed(level, row["to"]["name"], row["quantity"]),
        ]
    return _grouped(call, input, changes)


def _apply(call: Call, input: Node, changes: list[tuple[str, str, int, int | None]], name: str) -> Node:
    store, state, errors = call.store, input["name"], []
    if input["reason"] not in REASONS:
        return _refused("The specified reason is invalid.", ["input", "reason"], "INVALID_REASON")
    for place, (item, location, _, expected) in enumerate(changes):
        where = ["input", name, str(place)]
        level = store.level(item, location)
        if store.get(item) is None:
            errors.append(
                user_error(
                    "The specified inventory item could not be found.",
                    [*where, "inventoryItemId"],
                    "INVALID_INVENTORY_ITEM",
                )
            )
        elif store.get(location) is None:
            errors.append(
                user_error("The specified location could not be found.", [*where, "locationId"], "INVALID_LOCATION")
            )
        elif expected is not None and (quantity(level, state) if level else 0) != expected:
            errors.append(_stale([*where, "changeFromQuantity"]))
    if errors:
        return {"inventoryAdjustmentGroup": None, "userErrors": errors}
    done = []
    for item, location, delta, _ in changes:
        level = store.level(item, location) or add_level(
            store, item, location, 0, active=False
        )  # a figure can be written anywhere
        shift(store, level, **{"available" if state == "on_hand" else state: delta})
        done.append(_changed(level, state, delta))
    return _grouped(call, input, done)


def _changed(level: Node, name: str, delta: int) -> Node:
    return {
        "__typename": "InventoryChange", "name": name, "delta": delta, "quantityAfterChange": quantity(level, name), "item": level["item"],
        "location": level["location"], "ledgerDocumentUri": None,
    }  # fmt: skip


def _grouped(call: Call, input: Node, changes: list[Node]) -> Node:
    group = call.store.add(
        "InventoryAdjustmentGroup",
        createdAt=call.now,
        reason=input["reason"],
        referenceDocumentUri=input.get("referenceDocumentUri"),
        changes=changes,
    )
    return {"inventoryAdjustmentGroup": group["id"], "userErrors": []}


def _demand_comparison(rows: list[Node]) -> None:
    if len(rows) > MOST:
        raise bad_request(
            f"The input array size of {len(rows)} is greater than the maximum allowed of {MOST}.",
            "MAX_INPUT_SIZE_EXCEEDED",
        )
    if any("changeFromQuantity" not in row for row in rows):
        raise bad_request("changeFromQuantity must be given for every entry; null skips the comparison.")


def _refused(words: str, place: list[str], code: str) -> Node:
    return {"inventoryAdjustmentGroup": None, "userErrors": [user_error(words, place, code)]}


def _stale(place: list[str]) -> Node:
    return user_error(
        "The specified changeFromQuantity does not match the persisted quantity.", place, "CHANGE_FROM_QUANTITY_STALE"
    )


def _disconnect(store: Store, level: Node) -> None:
    store.change(level, isActive=False, updatedAt=store.clock.iso())
    payload = {
        "inventory_item_id": int(level["item"].rpartition("/")[2]),
        "location_id": int(level["location"].rpartition("/")[2]),
    }
    store.emit("inventory_levels/disconnect", level["id"], lambda: payload)
