"""The cast of the catalog's tests: Alma supplies, Bruno sells, Cara is a stranger; their goods in a few words."""

import datetime as dt
from typing import Any

from django.utils import timezone

from catalog.models import InventoryItem, Item, Match, Product, StockLevel, Style, Variant
from network.models import Location, Merchant, Shop, TaxRegistration

PLACES = {
    "IE": ("IE", "D02 X285"),
    "BE": ("BE", "9000"),
    "DE": ("DE", "10115"),
    "SE": ("SE", "11330"),
    "PL": ("PL", "00-001"),
}
CURRENCIES = {"SE": "SEK", "PL": "PLN"}


def open_shop(
    name: str, country: str = "BE", *, status: str = "live", merchant: Merchant | None = None, **policy: Any
) -> Shop:
    """Open a shop with one real location, its merchant registered for VAT at home and in the OSS."""
    if merchant is None:
        merchant = Merchant.objects.create(name=name, legal_name=f"{name} {country}", country=country, oss=True)
        TaxRegistration.objects.create(
            merchant=merchant, country=country, vat_id=f"{country}1", valid_from=dt.date(2024, 1, 1)
        )
    code, postcode = PLACES[country]
    shop = Shop.objects.create(
        merchant=merchant,
        domain=f"{name.lower()}.myshopify.com",
        name=name,
        status=status,
        country=code,
        postcode=postcode,
        currency=CURRENCIES.get(country, "EUR"),
        shelf_location_id=f"{name}-shelf",
        **policy,
    )
    Location.objects.create(shop=shop, remote_id=f"{name}-shop", name=name, country=code, postcode=postcode)
    return shop


def make_item(title: str = "Boot", size: str = "42") -> Item:
    """Make one size of a style."""
    return Item.objects.create(style=Style.objects.create(title=title), size_key=size, size_label=size)


def stock(
    shop: Shop, item: Item | None, available: int = 0, *, price: int = 10000, sku: str = "S1", **columns: Any
) -> Variant:
    """Give a shop a variant of an item with so many units at its first location."""
    count = Variant.objects.count()
    goods = InventoryItem.objects.create(
        shop=shop, remote_id=f"inv-{count}", sku=sku, tracked=columns.pop("tracked", True), grams=500
    )
    product = Product.objects.create(
        shop=shop,
        remote_id=f"p-{count}",
        title="Boot",
        vendor=columns.pop("vendor", "Nordwand"),
        product_type=columns.pop("product_type", "Boots"),
        tags=columns.pop("tags", []),
        status=columns.pop("status", "active"),
    )
    variant = Variant.objects.create(
        shop=shop,
        product=product,
        inventory_item=goods,
        remote_id=f"v-{count}",
        title="42",
        sku=sku,
        price_minor=price,
        match_due_at=None,
        **columns,
    )
    put(variant, available)
    if item is not None:
        link(variant, item)
    return variant


def put(variant: Variant, available: int, *, location: Location | None = None) -> StockLevel:
    """Put units of a variant at a location of its shop, the first one if none is named."""
    location = location or variant.shop.locations.order_by("pk").first()
    level, _ = StockLevel.objects.update_or_create(
        inventory_item=variant.inventory_item,
        location=location,
        defaults={"available": available, "remote_updated_at": timezone.now() - dt.timedelta(hours=1)},
    )
    return level


def link(variant: Variant, item: Item) -> Match:
    """Say that a variant is an item."""
    return Match.objects.create(
        variant=variant, shop=variant.shop, item=item, status="linked", method="gtin", decided_by="test"
    )


def level_of(variant: Variant) -> StockLevel:
    """Read the variant's level at its shop's first location."""
    return StockLevel.objects.filter(inventory_item=variant.inventory_item).order_by("location_id").first()
