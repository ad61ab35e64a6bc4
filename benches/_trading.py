"""Shops that trade: goods of each stand on the shelves of three others, everything pushed, before a bench begins to change figures."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import F
from django.utils import timezone

from catalog.distribute import distribute_all, notice_changes
from catalog.matching.deciding import RULE_VERSION
from catalog.matching.normalising import NORM_VERSION
from catalog.models import InventoryItem, Item, ItemMark, Match, Placement, Product, StockLevel, Style, Variant
from network.connectors.shopify.auth import OPTIONAL_SCOPES, REQUIRED_SCOPES, Grant
from network.models import Location, Merchant, Shop, TaxRegistration
from network.tokens import store_grant

SHELVES = 3  # of each thing
MOST_SHOWN = 1_000_000


@dataclass(frozen=True)
class Good:
    """One thing a shop has: where it lies, and under which keys three others show it."""

    domain: str
    stock: str  # inventory item, as the shop's store names it
    place: str
    shown: tuple[tuple[str, str], ...]  # (domain, inventory item) of each shelf


def open_trading(shops: int, things: int) -> list[Good]:
    """Write so many shops, and so many things spread over them; returns the things. All shelves stand as they should."""
    opened = [_open_shop(number) for number in range(max(shops, SHELVES + 1))]
    places = {place.shop_id: place for place in Location.everyone.bulk_create([
        Location(shop=shop, remote_id=f"gid://shopify/Location/{shop.pk}", name="Shop", country="BE", postcode="9000")
        for shop in opened
    ])}  # fmt: skip
    style = Style.objects.create(title="Boot")
    items = Item.objects.bulk_create([Item(style=style, size_key=f"{n}", size_label=f"{n}") for n in range(things)])
    holders = [[opened[(n + step) % len(opened)] for step in range(SHELVES + 1)] for n in range(things)]
    stocks = _stock(items, holders, places)
    with connection.cursor() as cursor:
        cursor.execute("analyze")  # so many rows at once have no statistics yet
    notice_changes()
    distribute_all()
    ItemMark.objects.all().delete()
    Placement.everyone.update(pushed=F("wanted"), activated=True, pushed_at=timezone.now())
    goods = []
    for n, shops_of in enumerate(holders):
        own, *others = stocks[n * (SHELVES + 1) : (n + 1) * (SHELVES + 1)]
        shown = tuple((shop.domain, one.remote_id) for shop, one in zip(shops_of[1:], others, strict=True))
        goods.append(Good(shops_of[0].domain, own.remote_id, places[shops_of[0].pk].remote_id, shown))
    return goods


def _open_shop(number: int) -> Shop:
    merchant = Merchant.everyone.create(name=f"M{number}", legal_name=f"M{number} BV", country="BE", oss=True)
    TaxRegistration.everyone.create(
        merchant=merchant, country="BE", vat_id=f"BE{number}", valid_from=dt.date(2024, 1, 1)
    )
    shop = Shop.everyone.create(
        merchant=merchant, domain=f"live-{number}.myshopify.com", name=f"Shop {number}", status="live", country="BE",
        postcode="9000", currency="EUR", shelf_service_id=f"gid://shopify/FulfillmentService/{number + 1}",
        shelf_location_id=f"gid://shopify/Location/{900_000 + number}", placement_cap=MOST_SHOWN,
        installed_at=timezone.now(), checked_at=timezone.now(), orders_read_until=timezone.now(),
    )  # fmt: skip
    scopes = (*REQUIRED_SCOPES, *OPTIONAL_SCOPES)
    store_grant(shop, Grant(f"shpat_{number}", f"shprt_{number}", 86_000, 7_776_000, scopes))
    return shop


def _stock(
    items: Sequence[Item], holders: Sequence[Sequence[Shop]], places: dict[int, Location]
) -> list[InventoryItem]:
    """Write what each shop knows of each thing it has or shows; the first of its holders has five, the others none."""
    rows = [(item, shop, at) for item, shops in zip(items, holders, strict=True) for at, shop in enumerate(shops)]
    stocks = InventoryItem.everyone.bulk_create([
        InventoryItem(shop=shop, remote_id=f"gid://shopify/InventoryItem/{n}", sku=f"S{n}", grams=500)
        for n, (_, shop, _) in enumerate(rows, 1)
    ])  # fmt: skip
    products = Product.everyone.bulk_create([
        Product(shop=shop, remote_id=f"gid://shopify/Product/{n}", title="Boot", vendor="Nordwand", status="active")
        for n, (_, shop, _) in enumerate(rows, 1)
    ])  # fmt: skip
    variants = Variant.everyone.bulk_create([
        Variant(
            shop=shop, product=products[n], inventory_item=stocks[n], remote_id=f"gid://shopify/ProductVariant/{n + 1}",
            title="42", options=[["Size", "42"]], sku=f"S{n + 1}", price_minor=10_000,
        )
        for n, (_, shop, _) in enumerate(rows)
    ])  # fmt: skip
    before = timezone.now() - dt.timedelta(hours=1)
    StockLevel.everyone.bulk_create([
        StockLevel(inventory_item=stocks[n], location=places[shop.pk], available=0 if at else 5, remote_updated_at=before)
        for n, (_, shop, at) in enumerate(rows)
    ])  # fmt: skip
    Match.everyone.bulk_create([
        Match(variant=variants[n], shop=shop, item=item, status="linked", method="gtin", decided_by="bench")
        for n, (item, shop, _) in enumerate(rows)
    ])  # fmt: skip
    Variant.everyone.update(match_due_at=None, matched_rule=RULE_VERSION, norm_version=NORM_VERSION)
    return list(stocks)
