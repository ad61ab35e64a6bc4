"""The cast with links to doubt: Alma and Bruno share what the engine linked, Cara is a stranger."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from catalog import match
from catalog.distribute import distribute_due
from catalog.mark import mark_items
from catalog.models import Audit, EvidenceClass, Match, Variant
from catalog.tests.cast import make_item, open_shop, stock
from network.models import Shop


def match_all() -> None:
    """Match until nothing is due."""
    while match.match_due():
        pass


def share(one: Shop, other: Shop, count: int, *, method: str = "gtin", units: int = 0) -> list[Match]:
    """Let two shops share so many items, each a product of its own; returns the first shop's links."""
    found = []
    for number in range(count):
        item = make_item(f"Boot {number}")
        mine = stock(one, item, 0, sku=f"{one.name}-{number}")
        stock(other, item, units, sku=f"{other.name}-{number}")
        found.append(Match.everyone.get(variant=mine))
    Match.everyone.filter(item__in=[row.item_id for row in found]).update(
        method=method,
        decided_by="engine 1",
        evidence=["The barcode stands once in each of 2 shops."],
        probability=0.999,
    )
    return list(Match.everyone.filter(pk__in=[row.pk for row in found]).select_related("variant").order_by("pk"))


def decide_shelves(items: Iterable[int] = ()) -> None:
    """Decide what stands on the shelves for these items and whatever else is marked."""
    mark_items(set(items))
    while distribute_due():
        pass


def share_on_shelf(one: Shop, other: Shop, units: int = 3) -> Match:
    """Let two shops share an item that the first is out of, with these units of the second on its shelf; returns its link."""
    (row,) = share(one, other, 1, units=units)
    decide_shelves([row.item_id])
    return row


def checked(name: str, right: int, wrong: int = 0, **columns: Any) -> None:
    """Let a class have so many answered audits, each of a link of its own."""
    shop = open_shop(f"Past{Audit.objects.count()}", merchant=Shop.everyone.first().merchant, status="paused")
    item = make_item()
    first = stock(shop, item)
    total = right + wrong
    variants = Variant.everyone.bulk_create(
        Variant(
            shop=shop,
            product=first.product,
            inventory_item=first.inventory_item,
            remote_id=f"past-{shop.pk}-{number}",
            match_due_at=None,
        )
        for number in range(total)
    )
    matches = Match.everyone.bulk_create(
        Match(variant=variant, shop=shop, item=item, status="withdrawn", method=name, decided_by="engine 1")
        for variant in variants
    )
    Audit.objects.bulk_create(
        Audit(
            match=row,
            evidence_class=EvidenceClass.objects.get(pk=name),
            seed="past",
            right=number < right,
            by="past",
            **({"answered_at": timezone.now()} | columns),
        )
        for number, row in enumerate(matches)
    )
