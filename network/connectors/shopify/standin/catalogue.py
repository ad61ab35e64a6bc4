"""Products and variants: reading, and what a store's staff may change (names, prices, codes, stock switches)."""

from decimal import Decimal, InvalidOperation
from typing import Any

from network.connectors.shopify.standin.inventory import levels_of_item, shift
from network.connectors.shopify.standin.loading import add_products, plain_text
from network.connectors.shopify.standin.payloads import item_payload, product_payload
from network.connectors.shopify.standin.registry import (
    Call,
    Rows,
    field_of,
    mutation,
    not_implemented,
    query,
    user_error,
)
from network.connectors.shopify.standin.searching import search
from network.connectors.shopify.standin.seeds import ProductSeed, VariantSeed
from network.connectors.shopify.standin.state import Node, Store

SORTS = {
    "UPDATED_AT": "updatedAt",
    "CREATED_AT": "createdAt",
    "PUBLISHED_AT": "publishedAt",
    "TITLE": "title",
    "VENDOR": "vendor",
    "SKU": "sku",
}


def ordered(rows: list[Node], sort: str | None) -> Rows:
    """Put nodes in the asked order, ids deciding among equals."""
    name = SORTS.get(sort or "ID")
    key = (lambda one: one.get(name) or "") if name else (lambda one: "")
    return Rows(sorted(rows, key=lambda one: (key(one), int(one["legacyResourceId"]))), key)


@query("products")
def products(call: Call, query: str | None = None, sort_key: str | None = None, **_: Any) -> Rows:
    """List products."""
    return ordered(search(call.store, "Product", query), sort_key)


@query("productVariants")
def variants(call: Call, query: str | None = None, sort_key: str | None = None, **_: Any) -> Rows:
    """List variants."""
    return ordered(search(call.store, "ProductVariant", query), sort_key)


@query("product", "productVariant")
def one_of_catalogue(call: Call, id: str) -> Node | None:
    """Find a product or a variant."""
    return call.store.get(id)


@query("productsCount")
def products_count(call: Call, query: str | None = None, **_: Any) -> Node:
    """Count products."""
    return {"count": len(search(call.store, "Product", query)), "precision": "EXACT"}


@query("productVariantsCount")
def variants_count(call: Call, query: str | None = None, **_: Any) -> Node:
    """Count variants."""
    return {"count": len(search(call.store, "ProductVariant", query)), "precision": "EXACT"}


@field_of("Product", "variantsCount")
def count_of(call: Call, product: Node) -> Node:
    """Count a product's variants."""
    return {"count": len(product["variants"]), "precision": "EXACT"}


@field_of("Product", "totalVariants")
def total_variants(call: Call, product: Node) -> int:
    """Count a product's variants, the old way."""
    return len(product["variants"])


@field_of("Product", "hasOnlyDefaultVariant")
def only_default(call: Call, product: Node) -> bool:
    """Tell whether the product comes in one form only."""
    return len(product["variants"]) == 1 and call.store[product["variants"][0]]["title"] == "Default Title"


@field_of("Product", "totalInventory")
def total_inventory(call: Call, product: Node) -> int:
    """Add up what is available of all variants, everywhere."""
    return sum(inventory_quantity(call, call.store[one]) for one in product["variants"])


@field_of("Product", "hasOutOfStockVariants")
def has_gaps(call: Call, product: Node) -> bool:
    """Tell whether any variant has nothing left."""
    return any(inventory_quantity(call, call.store[one]) <= 0 for one in product["variants"])


@field_of("Product", "tracksInventory")
def tracks(call: Call, product: Node) -> bool:
    """Tell whether stock is counted."""
    return any(call.store[call.store[one]["inventoryItem"]]["tracked"] for one in product["variants"])


@field_of("Product", "description", "descriptionPlainSummary")
def description(call: Call, product: Node, truncate_at: int | None = None) -> str:
    """Give the description without markup."""
    return plain_text(product["descriptionHtml"])[:truncate_at]


@field_of("Product", "bodyHtml")
def body(call: Call, product: Node) -> str:
    """Give the description, the old way."""
    return str(product["descriptionHtml"])


@field_of("Product", "priceRangeV2", "priceRange")
def price_range(call: Call, product: Node) -> Node:
    """Give the lowest and highest price."""
    code = call.store.shop["currencyCode"]
    prices = [Decimal(call.store[one]["price"]) for one in product["variants"]] or [Decimal(0)]
    low, high = min(prices), max(prices)
    return {
        "minVariantPrice": {"amount": f"{low:.2f}", "currencyCode": code},
        "maxVariantPrice": {"amount": f"{high:.2f}", "currencyCode": code},
    }


@field_of("Product", "seo")
def seo(call: Call, product: Node) -> Node:
    """Nothing for search engines."""
    return {"__typename": "SEO", "title": None, "description": None}


@field_of("ProductOption", "optionValues")
def option_values(call: Call, option: Node) -> list[Node]:
    """List an option's values as objects."""
    base = option["id"].replace("/ProductOption/", "/ProductOptionValue/")
    return [
        {"__typename": "ProductOptionValue", "id": f"{base}{place}", "name": value, "hasVariants": True}
        for place, value in enumerate(option["values"])
    ]


# --- pictures ---------------------------------------------------------------------------------------------------------
def picture_url(base: str, store: Store, product: Node) -> str:
    """Say where the product's picture is: its own, or one the stand-in draws."""
    return product["imageUrl"] or f"{base}/__pictures/{store.domain}/{product['legacyResourceId']}.svg"


def _image(call: Call, product: Node) -> Node:
    url = picture_url(call.standin.base_url, call.store, product)
    return {
        "__typename": "Image", "id": product["id"].replace("/Product/", "/ImageSource/"), "url": url, "src": url, "originalSrc": url,
        "altText": product["title"], "width": 800, "height": 800,
    }  # fmt: skip


@field_of("Image", "transformedSrc", "url")
def image_url(call: Call, image: Node, **_: Any) -> str:
    """Give the picture's address; transformations are ignored, the picture is a drawing."""
    return str(image["src"])


@field_of("Product", "featuredMedia")
def featured(call: Call, product: Node) -> Node:
    """Give the product's picture as media."""
    image = _image(call, product)
    return {
        "__typename": "MediaImage", "id": product["id"].replace("/Product/", "/MediaImage/"), "alt": product["title"], "image": image,
        "preview": {"__typename": "MediaPreviewImage", "image": image, "status": "READY"}, "mimeType": "image/svg+xml",
        "createdAt": product["createdAt"], "updatedAt": product["updatedAt"],
    }  # fmt: skip


@field_of("Product", "media")
def media(call: Call, product: Node, **_: Any) -> list[Node]:
    """List the product's pictures as media: one."""
    return [featured(call, product)]


@field_of("Product", "mediaCount")
def media_count(call: Call, product: Node) -> Node:
    """Count the pictures."""
    return {"count": 1, "precision": "EXACT"}


@field_of("Product", "images")
def images(call: Call, product: Node, **_: Any) -> list[Node]:
    """List the product's pictures: one."""
    return [_image(call, product)]


@field_of("Product", "featuredImage")
def featured_image(call: Call, product: Node) -> Node:
    """Give the product's picture, the old way."""
    return _image(call, product)


@field_of("ProductVariant", "image")
def variant_image(call: Call, variant: Node, **_: Any) -> Node | None:
    """Variants show their product's picture."""
    return None


@field_of("ProductVariant", "media")
def variant_media(call: Call, variant: Node, **_: Any) -> list[Node]:
    """Variants have no media of their own."""
    return []


# --- stock of a variant -----------------------------------------------------------------------------------------------
@field_of("ProductVariant", "inventoryQuantity")
def inventory_quantity(call: Call, variant: Node) -> int:
    """Add up what is available everywhere, shelves included."""
    return sum(level["q"]["available"] for level in levels_of_item(call, {"id": variant["inventoryItem"]}))


@field_of("ProductVariant", "sellableOnlineQuantity")
def sellable(call: Call, variant: Node) -> int:
    """Add up what is available at places that fulfil online orders."""
    levels = levels_of_item(call, {"id": variant["inventoryItem"]})
    places = call.store.kinds["Location"]
    return sum(
        one["q"]["available"]
        for one in levels
        if places[one["location"]]["isActive"] and places[one["location"]]["fulfillsOnlineOrders"]
    )


@field_of("ProductVariant", "availableForSale")
def for_sale(call: Call, variant: Node) -> bool:
    """Tell whether a customer can buy it now."""
    untracked = not call.store[variant["inventoryItem"]]["tracked"]
    return untracked or variant["inventoryPolicy"] == "CONTINUE" or sellable(call, variant) > 0


@field_of("ProductVariant", "displayName")
def display_name(call: Call, variant: Node) -> str:
    """Name product and variant together."""
    return f"{call.store[variant['product']]['title']} - {variant['title']}"


@field_of("ProductVariant", "contextualPricing")
def contextual_price(call: Call, variant: Node, context: Node) -> Node:
    """One price for every market."""
    code = call.store.shop["currencyCode"]
    before = variant["compareAtPrice"]
    return {
        "price": {"amount": variant["price"], "currencyCode": code}, "compareAtPrice": before and {"amount": before, "currencyCode": code},
    }  # fmt: skip


# --- staff ------------------------------------------------------------------------------------------------------------
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
    ignored = {"redirectNewHandle"}
    if set(wanted) - known - ignored:
        raise not_implemented(f"productUpdate({', '.join(sorted(set(wanted) - known))})")
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
        unknown = set(row) - {"id", "barcode", "compareAtPrice", "price", "inventoryPolicy", "taxable", "inventoryItem"}
        if unknown:
            raise not_implemented(f"productVariantsBulkUpdate({', '.join(sorted(unknown))})")
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
    unknown = set(wanted) - {"title", "handle", "vendor", "productType", "status", "tags", "descriptionHtml"}
    if unknown:
        raise not_implemented(f"productCreate({', '.join(sorted(unknown))})")
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
    fields = {
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
