"""Keep products and variants as their shop has them: one write for a batch, identities kept, garbage kept out.

Stored texts are cleaned, never trusted; what cannot be used is said on the product itself and stops nothing else.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from catalog import cleaning
from catalog.identity import adopt_returned, reunite_twins
from catalog.mark import mark_inventory, mark_variants
from catalog.models import InventoryItem, Product, Variant
from catalog.stocktake import default_location
from network.connectors.base import RemoteProduct, RemoteVariant
from skuu.kit.jobs import ring

BATCH_VARIANTS = 500
_HIGHEST_PRICE = 10**12

_PRODUCT = ["title", "handle", "vendor", "product_type", "tags", "status", "image_url", "option_names"]
_PRODUCT_STAMPS = ["remote_updated_at", "seen_at", "sync_error", "deleted_at"]
_STOCK = ["sku", "tracked", "requires_shipping", "grams", "hs_code", "origin_country"]
_VARIANT = ["title", "options", "sku", "barcode", "article_code", "price_minor", "compare_at_minor", "position"]
_VARIANT_REST = ["product_id", "inventory_item_id", "sells_without_stock", "taxable", "remote_updated_at", "deleted_at"]

# what changes a match, and what changes where units may stand
_MATCHING_PRODUCT = ("title", "vendor", "product_type", "tags", "option_names", "deleted_at")
_MATCHING_VARIANT = ("options", "sku", "barcode", "article_code", "deleted_at", "product_id")
_PLACING_PRODUCT = ("vendor", "product_type", "tags", "status", "deleted_at")
_PLACING_VARIANT = ("sku", "price_minor", "sells_without_stock", "inventory_item_id", "deleted_at")
_PLACING_STOCK = ("tracked", "requires_shipping", "grams")


@dataclass(slots=True)
class Applied:
    """What a batch changed: counts for the record of the read, errors by product."""

    products: int = 0
    variants: int = 0
    changed: int = 0
    deleted: int = 0
    errors: list[str] = field(default_factory=list)

    def add(self, other: "Applied") -> None:
        """Take another batch's counts in; errors are kept up to fifty."""
        self.products += other.products
        self.variants += other.variants
        self.changed += other.changed
        self.deleted += other.deleted
        self.errors = [*self.errors, *other.errors][:50]


def apply_products(shop: Any, products: Iterable[RemoteProduct]) -> Applied:
    """Mirror products as read from a shop; variants missing from a complete product are marked deleted.

    A product older than the one we have is ignored. A variant created anew with the SKU and barcode of one that is gone takes
    its row over, and with it its match. *Locks* the products by id, one short transaction a batch. *Again*: no change.
    """
    total = Applied()
    for batch in _batches(products):
        with transaction.atomic():
            total.add(_apply(shop, batch))
    return total


def upsert_products(shop: Any, products: Iterable[RemoteProduct]) -> Applied:
    """Mirror products that a shop pushes by REST; makes its one default location if it has none. *Again*: no change."""
    if not shop.locations.exists():
        default_location(shop)
    return apply_products(shop, products)


def delete_products(shop: Any, product_ids: Collection[str], *, before: dt.datetime | None = None) -> int:
    """Mark products and their variants as gone at the shop; ``before`` spares what was seen since. *Again*: no change."""
    now = timezone.now()
    with transaction.atomic():
        gone = Product.objects.filter(shop=shop, remote_id__in=product_ids, deleted_at=None)
        if before:
            gone = gone.filter(seen_at__lt=before)
        ids = list(gone.select_for_update().order_by("pk").values_list("pk", flat=True))
        Product.objects.filter(pk__in=ids).update(deleted_at=now)
        variants = list(Variant.objects.filter(product_id__in=ids, deleted_at=None).values_list("pk", flat=True))
        delete_variants(shop, variants, now)
    return len(ids)


def delete_variants(shop: Any, variant_ids: Sequence[int], now: dt.datetime) -> None:
    """Mark variants as gone; one that already came back under another id is made one with it."""
    if not variant_ids:
        return
    mark_variants(variant_ids)
    Variant.objects.filter(pk__in=variant_ids).update(deleted_at=now, match_due_at=now)
    reunite_twins(shop, variant_ids, now)
    ring_match()


def ring_match() -> None:
    """Wake matching after commit."""
    from catalog import tasks

    ring(tasks.match)


def _batches(products: Iterable[RemoteProduct]) -> Iterable[list[RemoteProduct]]:
    batch: dict[str, RemoteProduct] = {}
    size = 0
    for product in products:
        if product.id in batch or size >= BATCH_VARIANTS:
            yield list(batch.values())
            batch, size = {}, 0
        batch[product.id] = product
        size += max(len(product.variants), 1)
    if batch:
        yield list(batch.values())


def _apply(shop: Any, batch: Sequence[RemoteProduct]) -> Applied:
    now = timezone.now()
    known = {
        row.remote_id: row
        for row in Product.objects.select_for_update()
        .filter(shop=shop, remote_id__in=[product.id for product in batch])
        .order_by("pk")
    }
    fresh = [product for product in batch if not _is_older(known.get(product.id), product)]
    done = Applied(products=len(batch))
    rows = {product.id: _product_row(shop, product, now, done) for product in fresh}
    Product.objects.bulk_create(
        sorted(rows.values(), key=lambda row: row.remote_id),
        update_conflicts=True,
        unique_fields=["shop", "remote_id"],
        update_fields=[*_PRODUCT, *_PRODUCT_STAMPS],
    )
    _apply_variants(shop, fresh, rows, known, now, done)
    return done


def _is_older(row: Product | None, new: RemoteProduct) -> bool:
    return bool(row and row.remote_updated_at and new.updated_at and new.updated_at < row.remote_updated_at)


def _product_row(shop: Any, product: RemoteProduct, now: dt.datetime, done: Applied) -> Product:
    said = []
    status = product.status if product.status in ("active", "draft", "archived") else "draft"
    if status != product.status:
        said.append("its status is unknown, so it is kept as a draft")
    for variant in product.variants:
        if whole_price(variant.price_minor) is None:
            said.append(f"variant {cleaning.text(variant.id, 60)} has no usable price")
    error = "; ".join(filter(None, [cleaning.text(product.problem, 1000), *said]))[:2000]
    if error:
        done.errors.append(f"{cleaning.text(product.id, 120)}: {error}")
    return Product(
        shop=shop,
        remote_id=product.id,
        title=cleaning.text(product.title, 400) or "(no title)",
        handle=cleaning.text(product.handle, 300),
        vendor=cleaning.text(product.vendor, 200),
        product_type=cleaning.text(product.product_type, 200),
        tags=cleaning.texts(product.tags, 255),
        status=status,
        image_url=cleaning.address(product.image_url),
        option_names=cleaning.texts(product.option_names, 255),
        remote_updated_at=product.updated_at,
        seen_at=now,
        sync_error=error,
        deleted_at=None,
    )


def whole_price(value: Any) -> int | None:
    """Keep a price in minor units; None when it is none, or negative."""
    return cleaning.whole(value, 0, _HIGHEST_PRICE)


def _apply_variants(
    shop: Any,
    products: Sequence[RemoteProduct],
    rows: dict[str, Product],
    known: dict[str, Product],
    now: dt.datetime,
    done: Applied,
) -> None:
    told = {variant.id: (product, variant) for product in products for variant in product.variants}
    before = {row.remote_id: row for row in Variant.objects.filter(shop=shop, remote_id__in=told)}
    complete = [rows[product.id].pk for product in products if product.complete]
    gone = {
        row.pk: row
        for row in Variant.objects.filter(product_id__in=complete, deleted_at=None).exclude(remote_id__in=told)
    }
    new = [variant for remote_id, (_, variant) in told.items() if remote_id not in before]
    for remote_id, row in adopt_returned(shop, new, gone).items():
        before[remote_id] = row
        gone.pop(row.pk, None)
    old_stock = _stock_before(shop, told.values())
    stock = _write_stock(shop, [variant for _, variant in told.values()])
    written = [
        _variant_row(shop, rows[product.id], stock, variant, before.get(variant.id), now)
        for product, variant in told.values()
    ]
    _note_changes(written, before, rows, known, now, done)
    Variant.objects.bulk_create(
        sorted(written, key=lambda row: row.remote_id),
        update_conflicts=True,
        unique_fields=["shop", "remote_id"],
        update_fields=[*_VARIANT, *_VARIANT_REST, "match_due_at"],
    )
    delete_variants(shop, list(gone), now)
    done.variants += len(written)
    done.deleted += len(gone)
    _mark(written, before, rows, known, stock, old_stock)


def _stock_before(shop: Any, told: Iterable[tuple[RemoteProduct, RemoteVariant]]) -> dict[str, InventoryItem]:
    ids = {variant.inventory_item_id for _, variant in told}
    return {row.remote_id: row for row in InventoryItem.objects.filter(shop=shop, remote_id__in=ids)}


def _write_stock(shop: Any, variants: Sequence[RemoteVariant]) -> dict[str, InventoryItem]:
    rows = {
        variant.inventory_item_id: InventoryItem(
            shop=shop,
            remote_id=variant.inventory_item_id,
            sku=cleaning.text(variant.sku, 255),
            tracked=bool(variant.tracked),
            requires_shipping=bool(variant.requires_shipping),
            grams=cleaning.whole(variant.grams, 0, 2_000_000_000) or 0,
            hs_code=cleaning.text(variant.hs_code, 20),
            origin_country=cleaning.text(variant.origin_country, 2),
        )
        for variant in variants
    }
    InventoryItem.objects.bulk_create(
        sorted(rows.values(), key=lambda row: row.remote_id),
        update_conflicts=True,
        unique_fields=["shop", "remote_id"],
        update_fields=_STOCK,
    )
    return rows


def _variant_row(
    shop: Any,
    product: Product,
    stock: dict[str, InventoryItem],
    variant: RemoteVariant,
    before: Variant | None,
    now: dt.datetime,
) -> Variant:
    price = whole_price(variant.price_minor)
    return Variant(
        shop=shop,
        product_id=product.pk,
        inventory_item_id=stock[variant.inventory_item_id].pk,
        remote_id=variant.id,
        title=cleaning.text(variant.title, 400),
        options=cleaning.pairs(variant.options),
        sku=cleaning.text(variant.sku, 255),
        barcode=cleaning.text(variant.barcode, 255),
        article_code=cleaning.text(variant.article_code, 120),
        price_minor=price if price is not None else (before.price_minor if before else 0),
        compare_at_minor=whole_price(variant.compare_at_minor),
        position=cleaning.whole(variant.position, 0, 1_000_000) or 1,
        sells_without_stock=bool(variant.sells_without_stock),
        taxable=bool(variant.taxable),
        remote_updated_at=variant.updated_at,
        deleted_at=None,
        match_due_at=before.match_due_at if before else now,
    )


def _differ(old: Any, new: Any, names: Iterable[str]) -> bool:
    return any(getattr(old, name) != getattr(new, name) for name in names)


def _note_changes(
    written: Sequence[Variant],
    before: dict[str, Variant],
    rows: dict[str, Product],
    known: dict[str, Product],
    now: dt.datetime,
    done: Applied,
) -> None:
    """Count what is new or another, and have it matched again where that may change a match."""
    renamed = {
        row.pk
        for remote_id, row in rows.items()
        if (old := known.get(remote_id)) is None or _differ(old, row, _MATCHING_PRODUCT)
    }
    done.changed += sum(_differ(known[one], rows[one], _PRODUCT) for one in rows.keys() & known.keys())
    for variant in written:
        was = before.get(variant.remote_id)
        if was is None or variant.product_id in renamed or _differ(was, variant, _MATCHING_VARIANT):
            variant.match_due_at = now
        if was is None or _differ(was, variant, [*_VARIANT, *_VARIANT_REST]):
            done.changed += 1
    if any(variant.match_due_at == now for variant in written):
        ring_match()


def _mark(
    written: Sequence[Variant],
    before: dict[str, Variant],
    rows: dict[str, Product],
    known: dict[str, Product],
    stock: dict[str, InventoryItem],
    old_stock: dict[str, InventoryItem],
) -> None:
    """Have the shelves decided again for what changed where units may stand; what is new has no item yet."""
    moved = {
        row.pk
        for remote_id, row in rows.items()
        if (old := known.get(remote_id)) is not None and _differ(old, row, _PLACING_PRODUCT)
    }
    mark_variants(
        [
            was.pk
            for one in written
            if (was := before.get(one.remote_id)) and (one.product_id in moved or _differ(was, one, _PLACING_VARIANT))
        ]
    )
    mark_inventory(
        [
            item.pk
            for remote_id, item in stock.items()
            if (held := old_stock.get(remote_id)) is not None and _differ(held, item, _PLACING_STOCK)
        ]
    )
