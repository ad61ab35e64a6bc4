"""The named cast in the database, straight from the worlds: Alma supplies, Bruno sells, Cara is a stranger."""

import itertools
from collections.abc import Iterator

from django.utils import timezone

from catalog.models import InventoryItem, Product, StockLevel, Variant
from network.connectors.shopify.standin.seeds import StoreSeed
from network.connectors.shopify.standin.world import build_world
from network.models import Location, Merchant, Shop, TaxRegistration
from skuu.kit.money import parse_minor

_numbers = itertools.count(1)


def load_world(name: str = "tiny", *, status: str = "live", scale: float = 1.0) -> dict[str, Shop]:
    """Put a world's shops, catalogues and stock into the database as a finished first read would; by the store's short name."""
    shops = [load_store(store, status=status) for store in build_world(name, scale=scale).stores]
    return {shop.domain.split(".")[0]: shop for shop in shops}


def load_store(store: StoreSeed, *, status: str = "live") -> Shop:
    """Put one store into the database, in a handful of bulk inserts."""
    place = store.locations[0]
    merchant, made = Merchant.everyone.get_or_create(
        legal_name=store.merchant,
        defaults={
            "name": store.merchant,
            "kind": store.kind,
            "country": store.country,
            "currency": store.currency,
            "oss": store.oss,
            "address1": place.address1,
            "postcode": place.zip,
            "city": place.city,
        },
    )
    if made:
        TaxRegistration.everyone.bulk_create(
            TaxRegistration(merchant=merchant, country=vat_id[:2], vat_id=vat_id, valid_from="2024-01-01")
            for vat_id in store.vat_ids
        )
    shop = Shop.everyone.create(
        merchant=merchant,
        domain=store.domain,
        name=store.name,
        status=status,
        country=store.country,
        currency=store.currency,
        address1=place.address1,
        postcode=place.zip,
        city=place.city,
        shelf_service_id=f"gid://shopify/FulfillmentService/{next(_numbers)}",
        shelf_location_id=f"gid://shopify/Location/{next(_numbers)}",
        installed_at=timezone.now(),
    )
    _load_catalogue(store, shop)
    return shop


def _load_catalogue(store: StoreSeed, shop: Shop) -> None:
    locations = Location.everyone.bulk_create(
        Location(
            shop=shop,
            remote_id=f"gid://shopify/Location/{next(_numbers)}",
            name=seed.name,
            country=seed.country,
            postcode=seed.zip,
            city=seed.city,
        )
        for seed in store.locations
    )
    products, variants, items, levels = [], [], [], []
    for seed in store.products:
        product = Product(
            shop=shop,
            remote_id=f"gid://shopify/Product/{next(_numbers)}",
            title=seed.title,
            vendor=seed.vendor,
            product_type=seed.product_type,
            tags=list(seed.tags),
            status=seed.status.lower(),
            option_names=list(seed.option_names),
        )
        products.append(product)
        for one in seed.variants:
            item = InventoryItem(
                shop=shop,
                remote_id=f"gid://shopify/InventoryItem/{next(_numbers)}",
                sku=one.sku,
                tracked=one.tracked,
                requires_shipping=one.requires_shipping,
                grams=one.grams,
            )
            items.append(item)
            variants.append(
                Variant(
                    shop=shop,
                    product=product,
                    inventory_item=item,
                    remote_id=f"gid://shopify/ProductVariant/{next(_numbers)}",
                    title=" / ".join(one.options),
                    options=[list(pair) for pair in zip(seed.option_names, one.options, strict=True)],
                    sku=one.sku,
                    barcode=one.barcode,
                    price_minor=parse_minor(one.price, shop.currency),
                    sells_without_stock=one.continue_selling,
                )
            )
            levels += list(_levels(item, locations, one.stock))
    Product.everyone.bulk_create(products)
    InventoryItem.everyone.bulk_create(items)
    Variant.everyone.bulk_create(variants)
    StockLevel.everyone.bulk_create(levels)


def _levels(item: InventoryItem, locations: list[Location], stock: tuple[int, ...]) -> Iterator[StockLevel]:
    for location, available in zip(locations, stock, strict=False):
        yield StockLevel(inventory_item=item, location=location, available=available)
