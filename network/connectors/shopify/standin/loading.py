"""Opening a store from its seed: shop, locations, products, variants, stock keys and levels, in one change."""

import html
import re
import unicodedata
from collections.abc import Iterable

from network.connectors.shopify.standin.identifiers import gid
from network.connectors.shopify.standin.seeds import LocationSeed, ProductSeed, StoreSeed, VariantSeed
from network.connectors.shopify.standin.state import Node, Store

STATES = ("available", "committed", "reserved", "incoming", "safety_stock", "damaged", "quality_control")


def open_store(store: Store, seed: StoreSeed) -> None:
    """Fill an empty store from its seed."""
    with store.writing():
        now = store.clock.iso()
        store.add(
            "Shop",
            name=seed.name, myshopifyDomain=seed.domain, email=seed.email or f"shop@{seed.domain}",
            contactEmail=seed.email or f"shop@{seed.domain}",
            shopOwnerName=seed.merchant, currencyCode=seed.currency, enabledPresentmentCurrencies=[seed.currency], taxesIncluded=True,
            weightUnit="KILOGRAMS", ianaTimezone="Europe/Brussels", planName=seed.plan, country=seed.country, merchant=seed.merchant,
            merchantKind=seed.kind, vatIds=list(seed.vat_ids), oss=seed.oss, createdAt=now, updatedAt=now, url=f"https://{seed.domain}",
            address=_address(seed.locations[0]) if seed.locations else {"countryCode": seed.country, "country": seed.country},
        )  # fmt: skip
        places = [add_location(store, place) for place in seed.locations or (_only_place(seed),)]
        _profile(store, places)
        add_products(store, seed.products)


def add_location(store: Store, place: LocationSeed) -> Node:
    """Open a merchant's own place."""
    now = store.clock.iso()
    return store.add(
        "Location",
        name=place.name, isActive=True, isFulfillmentService=False, fulfillsOnlineOrders=place.online, shipsInventory=place.online,
        fulfillmentService=None, address=_address(place), createdAt=now, updatedAt=now,
    )  # fmt: skip


def add_products(store: Store, products: Iterable[ProductSeed]) -> None:
    """Put product pages, their variants and their stock into a store; inside ``writing``."""
    places = [place["id"] for place in store.all("Location") if not place["isFulfillmentService"]]
    handles = {product["handle"] for product in store.all("Product")}
    for seed in products:
        _add_product(store, seed, places, handles)


def add_level(store: Store, item: str, location: str, available: int, *, active: bool = True) -> Node:
    """Begin to stock an item at a place."""
    now = store.clock.iso()
    value = store.number()
    node = {
        "__typename": "InventoryLevel", "id": f"{gid('InventoryLevel', value)}?inventory_item_id={item.rpartition('/')[2]}",
        "item": item, "location": location, "isActive": active, "createdAt": now, "updatedAt": now,
        "q": dict.fromkeys(STATES, 0) | {"available": available},
    }  # fmt: skip
    store.put(node)
    return node


def handle_of(title: str) -> str:
    """Write a title as the last part of an address."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "product"


def _add_product(store: Store, seed: ProductSeed, places: list[str], handles: set[str]) -> None:
    now = store.clock.iso()
    names = seed.option_names or ("Title",)
    product = store.add(
        "Product",
        title=seed.title, handle=_free(seed.handle or handle_of(seed.title), handles), vendor=seed.vendor, productType=seed.product_type,
        status=seed.status, tags=list(seed.tags), descriptionHtml=seed.body_html, createdAt=now, updatedAt=now,
        publishedAt=now if seed.status == "ACTIVE" else None, isGiftCard=False, imageUrl=seed.image_url, colourHex=seed.colour_hex,
        shape=seed.shape,
        options=[
            {
                "__typename": "ProductOption", "id": gid("ProductOption", store.number()), "name": name, "position": place + 1,
                "values": list(dict.fromkeys(one.options[place] for one in seed.variants if place < len(one.options))),
            }
            for place, name in enumerate(names)
        ],
        variants=[],
    )  # fmt: skip
    variants = [
        _add_variant(store, product["id"], names, one, place + 1, places) for place, one in enumerate(seed.variants)
    ]
    product["variants"] = variants


def _add_variant(
    store: Store, product: str, names: tuple[str, ...], seed: VariantSeed, position: int, places: list[str]
) -> str:
    now = store.clock.iso()
    item = store.add(
        "InventoryItem",
        sku=seed.sku or None, tracked=seed.tracked, requiresShipping=seed.requires_shipping, grams=seed.grams, unitCost=None,
        countryCodeOfOrigin=seed.origin_country, harmonizedSystemCode=seed.hs_code, createdAt=now, updatedAt=now,
    )  # fmt: skip
    options = seed.options or ("Default Title",)
    variant = store.add(
        "ProductVariant",
        product=product, inventoryItem=item["id"], title=" / ".join(options), sku=seed.sku or None, barcode=seed.barcode or None,
        price=seed.price, compareAtPrice=seed.compare_at, inventoryPolicy="CONTINUE" if seed.continue_selling else "DENY", taxable=True,
        position=position, selectedOptions=[{"name": name, "value": value} for name, value in zip(names, options, strict=False)],
        createdAt=now, updatedAt=now,
    )  # fmt: skip
    for place, available in zip(places, seed.stock, strict=False):
        add_level(store, item["id"], place, available)
    return str(variant["id"])


def _free(handle: str, taken: set[str]) -> str:
    free, turn = handle, 1
    while free in taken:
        free, turn = f"{handle}-{turn}", turn + 1
    taken.add(free)
    return free


def _address(place: LocationSeed) -> Node:
    return {
        "address1": place.address1, "address2": None, "city": place.city, "zip": place.zip, "countryCode": place.country,
        "country": place.country, "province": None, "provinceCode": None, "phone": None,
    }  # fmt: skip


def _only_place(seed: StoreSeed) -> LocationSeed:
    return LocationSeed(name=seed.name, address1="", city="", zip="", country=seed.country)


def _profile(store: Store, places: list[Node]) -> None:
    group = {"id": gid("DeliveryLocationGroup", store.number()), "locations": [place["id"] for place in places]}
    store.add("DeliveryProfile", name="General profile", default=True, coversAllItems=True, version=1, groups=[group])


def plain_text(body: str) -> str:
    """Take the markup out of a description."""
    return html.unescape(re.sub(r"<[^>]+>", " ", body)).strip()
