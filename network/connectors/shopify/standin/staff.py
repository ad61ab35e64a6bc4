"""What a store's staff does to its catalogue: names, prices, codes, deletions, and sales at the till."""

from decimal import Decimal, InvalidOperation
from typing import Any

from network.connectors.shopify.standin.catalogue import picture_url
from network.connectors.shopify.standin.inventory import shift
from network.connectors.shopify.standin.loading import add_products
from network.connectors.shopify.standin.payloads import item_payload, product_payload
from network.connectors.shopify.standin.registry import Call, mutation, refuse_unknown, user_error
from network.connectors.shopify.standin.seeds import ProductSeed, VariantSeed
from network.connectors.shopify.standin.state import Node, Store


def announce_product(call: Call, product: Node, topic: str = "products/update") -> None:
    """Tell subscribers about a product."""
    store, base = call.store, call.standin.base_url
    store.emit(topic, product["id"], lambda: product_payload(store, product, picture_url(base, store, product)))


@mutation("productUpdate")
def update_product(
    call: Call, product: Node | None = None, input: Node | None = None, identifier: Node | None = None, **_: Any
) -> Node:
    """Rename, relabel or retire a product."""
    wanted = dict(product or input or {})
    found = call.store.get(wanted.pop("id", None) or (identifier or {}).get("id"))
    if found is None:
        return {"product": None, "userErrors": [user_error("Product does not exist", ["id"])]}
    known = {"title", "handle", "vendor", "productType", "status", "tags", "descriptionHtml"}
    refuse_unknown("productUpdate", wanted, known | {"redirectNewHandle"})
    if "title" in wanted and not (wanted["title"] or "").strip():
        return {"product": found, "userErrors": [user_error("Title can't be blank", ["title"])]}
    call.store.change(found, **{name: value for name, value in wanted.items() if name in known}, updatedAt=call.now)
    announce_product(call, found)
    return {"product": found, "userErrors": []}


@mutation("productVariantsBulkUpdate")
def update_variants(call: Call, product_id: str, variants: list[Node], **_: Any) -> Node:
    """Change prices, codes and policies of a product's variants, all or nothing."""
    product = call.store.get(product_id)
    if product is None:
        error = user_error("Product does not exist", ["productId"], "PRODUCT_DOES_NOT_EXIST")
        return {"product": None, "productVariants": None, "userErrors": [error]}
    errors = []
    for place, row in enumerate(variants):
        where = ["variants", str(place)]
        if row.get("id") not in product["variants"]:
            errors.append(
                user_error("Product variant does not exist", [*where, "id"], "PRODUCT_VARIANT_DOES_NOT_EXIST")
            )
        if row.get("price") is not None and not _amount(row["price"]):
            errors.append(user_error("Price is not a valid amount", [*where, "price"], "INVALID_INPUT"))
        refuse_unknown(
            "productVariantsBulkUpdate",
            row,
            {"id", "barcode", "compareAtPrice", "price", "inventoryPolicy", "taxable", "inventoryItem"},
        )
    if errors:
        return {"product": None, "productVariants": None, "userErrors": errors}
    for row in variants:
        variant = call.store[row["id"]]
        fields = {
            name: row[name]
            for name in ("barcode", "compareAtPrice", "price", "inventoryPolicy", "taxable")
            if name in row
        }
        call.store.change(variant, **fields, updatedAt=call.now)
        if row.get("inventoryItem"):
            _change_item(call, call.store[variant["inventoryItem"]], row["inventoryItem"])
    call.store.change(product, updatedAt=call.now)
    announce_product(call, product)
    return {"product": product, "productVariants": [row["id"] for row in variants], "userErrors": []}


@mutation("productCreate")
def create_product(call: Call, product: Node | None = None, input: Node | None = None, **_: Any) -> Node:
    """Open a product page with one default variant, as Shopify does; its sizes and stock come by other mutations."""
    wanted = product or input or {}
    refuse_unknown(
        "productCreate", wanted, {"title", "handle", "vendor", "productType", "status", "tags", "descriptionHtml"}
    )
    if not (wanted.get("title") or "").strip():
        return {"product": None, "shop": None, "userErrors": [user_error("Title can't be blank", ["title"])]}
    seed = ProductSeed(
        title=wanted["title"], vendor=wanted.get("vendor") or call.store.shop["name"], option_names=("Title",),
        variants=(VariantSeed(options=("Default Title",), price="0.00"),), product_type=wanted.get("productType") or "",
        tags=tuple(wanted.get("tags") or ()), handle=wanted.get("handle") or "", body_html=wanted.get("descriptionHtml") or "",
        status=wanted.get("status") or "ACTIVE",
    )  # fmt: skip
    add_products(call.store, [seed])
    made = call.store.all("Product")[-1]
    announce_product(call, made, "products/create")
    return {"product": made, "shop": call.store.shop["id"], "userErrors": []}


@mutation("productDelete")
def delete_product(call: Call, input: Node, **_: Any) -> Node:
    """Delete a product with its variants and stock."""
    store, product = call.store, call.store.get(input["id"])
    if product is None:
        return {"deletedProductId": None, "shop": None, "userErrors": [user_error("Product does not exist", ["id"])]}
    for one in product["variants"]:
        variant = store[one]
        store.remove(variant)
        if not store.where("ProductVariant", "inventoryItem", variant["inventoryItem"]):
            for level in store.where("InventoryLevel", "item", variant["inventoryItem"]):
                store.remove(level)
            store.remove(store[variant["inventoryItem"]])
    store.remove(product)
    store.emit("products/delete", product["id"], lambda: {"id": int(product["legacyResourceId"])})
    return {"deletedProductId": product["id"], "shop": store.shop["id"], "userErrors": []}


@mutation("inventoryItemUpdate")
def update_item(call: Call, id: str, input: Node) -> Node:
    """Change a stock key: its code, weight, customs facts, or whether it is counted."""
    item = call.store.get(id)
    if item is None:
        return {"inventoryItem": None, "userErrors": [user_error("The inventory item could not be found.", ["id"])]}
    _change_item(call, item, input)
    for variant in call.store.where("ProductVariant", "inventoryItem", id):
        announce_product(call, call.store[variant["product"]])
    return {"inventoryItem": item, "userErrors": []}


def _change_item(call: Call, item: Node, wanted: Node) -> None:
    fields: Node = {
        name: wanted[name]
        for name in ("countryCodeOfOrigin", "harmonizedSystemCode", "requiresShipping", "sku", "tracked")
        if name in wanted
    }
    if "cost" in wanted:
        code = call.store.shop["currencyCode"]
        fields["unitCost"] = None if wanted["cost"] is None else {"amount": str(wanted["cost"]), "currencyCode": code}
    weight = (wanted.get("measurement") or {}).get("weight")
    if weight:
        factor = {"KILOGRAMS": 1000, "GRAMS": 1, "POUNDS": 453.59237, "OUNCES": 28.349523}[weight["unit"]]
        fields["grams"] = round(weight["value"] * factor)
    call.store.change(item, **fields, updatedAt=call.now)
    if "sku" in fields:
        for variant in call.store.where("ProductVariant", "inventoryItem", item["id"]):
            call.store.change(variant, sku=fields["sku"], updatedAt=call.now)
    call.store.emit("inventory_items/update", item["id"], lambda: item_payload(item))


def _amount(text: Any) -> bool:
    try:
        return Decimal(str(text)) >= 0
    except InvalidOperation:
        return False


def sell_at_till(
    store: Store, item: str, location: str, *, available: int | None = None, delta: int | None = None
) -> int:
    """Count stock down (or set it) as the store's own till does, and give what is available now."""
    level = store.level(item, location)
    if level is None:
        raise LookupError(f"{item} is not stocked at {location}")
    with store.writing():
        change = (delta or 0) if available is None else available - level["q"]["available"]
        shift(store, level, available=change)
    return int(level["q"]["available"])
