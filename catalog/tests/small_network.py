"""A few shops and products in a few words, for tests of matching: barcodes by name, sizes by label."""

import itertools
from typing import Any

from django.utils import timezone

from catalog import match
from catalog.models import InventoryItem, Match, Product, Variant
from catalog.tests.cast import open_shop
from network.models import Shop

_count = itertools.count(1)


def gtin(number: int) -> str:
    """Make the number-th valid barcode of the demonstration prefix."""
    body = f"952{number:09d}"
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return body + str(-total % 10)


def open_shops(*names: str) -> list[Shop]:
    """Open shops by these names."""
    return [open_shop(name) for name in names]


def sell(
    shop: Shop,
    sizes: dict[str, str],
    *,
    title: str = "Nordwand Trail Runner",
    vendor: str = "Nordwand",
    colour: str = "Black",
    code: str = "",
    **columns: Any,
) -> dict[str, Variant]:
    """List a product with its sizes, each with its barcode; returns its variants by size, all of them due."""
    number = next(_count)
    product = Product.objects.create(
        shop=shop, remote_id=f"p{number}", title=title, vendor=vendor, product_type="Sneakers"
    )
    made = {}
    for size, barcode in sizes.items():
        goods = InventoryItem.objects.create(shop=shop, remote_id=f"i{number}-{size}", sku="")
        made[size] = Variant.objects.create(
            shop=shop,
            product=product,
            inventory_item=goods,
            remote_id=f"v{number}-{size}",
            options=[["Size", size], ["Colour", colour]],
            barcode=barcode,
            article_code=code,
            price_minor=10000,
            **columns,
        )
    return made


def match_all() -> None:
    """Match until nothing is due."""
    while match.match_due():
        pass


def change(*variants: Variant, **columns: Any) -> None:
    """Write other columns as sync does, mark the rows, and match."""
    ids = [variant.pk for variant in variants]
    Variant.objects.filter(pk__in=ids).update(**columns, match_due_at=timezone.now())
    match_all()


def linked() -> set[frozenset[int]]:
    """The sets of variants that stand for one item, lone ones left out."""
    items: dict[int, set[int]] = {}
    for item, variant in Match.objects.filter(status="linked").values_list("item_id", "variant_id"):
        items.setdefault(item, set()).add(variant)
    return {frozenset(members) for members in items.values() if len(members) > 1}


def item_of(variant: Variant) -> int | None:
    """The item a variant stands for now."""
    return Match.objects.filter(variant=variant, status="linked").values_list("item_id", flat=True).first()
