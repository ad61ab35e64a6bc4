"""Products and variants, as they are read: prices, pictures, and what can be sold."""

from decimal import Decimal
from typing import Any

from network.connectors.shopify.standin.inventory import levels_of_item
from network.connectors.shopify.standin.loading import plain_text
from network.connectors.shopify.standin.registry import Call, Rows, field_of, query
from network.connectors.shopify.standin.searching import search
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


@query("node")
def one_of_any_kind(call: Call, id: str) -> Node | None:
    """Find whatever a global id names."""
    return call.store.get(id)


@query("nodes")
def several_of_any_kind(call: Call, ids: list[str]) -> list[Node | None]:
    """Find whatever global ids name, in the asked order; null where there is nothing."""
    return [call.store.get(one) for one in ids]


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
