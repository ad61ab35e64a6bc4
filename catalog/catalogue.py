"""Reads a merchant's own products, sizes, stock and shelf as its pages show them; changes nothing."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from catalog.keep_back import kept_for_record
from catalog.models import Match, MatchReport, Placement, Product, StockLevel, Variant
from network.models import Merchant, Shop

STATES = ("matched", "unmatched", "gap", "shelf")


@dataclass
class SizeRow:
    """One size of a product with all a merchant wants to know of it."""

    variant: Variant
    label: str
    levels: list[StockLevel] = field(default_factory=list)
    match: Match | None = None
    placement: Placement | None = None
    gap_threshold: int = 0
    least_kept: int = 0  # of each size, by the shop's settings or its record as shipper
    kept: list[str] = field(default_factory=list)  # why units stay off partners' shelves, where a page asks
    report: MatchReport | None = None  # the latest, where a page asks for it: catalog.matches.add_reports

    @property
    def stock(self) -> int:
        """Own units at every active real location."""
        return sum(level.available for level in self.levels)

    @property
    def is_gap(self) -> bool:
        return self.stock <= self.gap_threshold

    @property
    def on_shelf(self) -> int:
        """Partners' units that stand on the shelf for it now."""
        return max(0, (self.placement.pushed or 0) if self.placement else 0)

    @property
    def kept_units(self) -> int:
        """Own units that stay off partners' shelves, at every place that has some to give."""
        if not self.is_matched:
            return 0
        free = ((level.available - level.claimed - level.phantom, level.kept_back) for level in self.levels)
        return sum(min(units, max(kept, self.least_kept)) for units, kept in free if units > 0)

    @property
    def is_matched(self) -> bool:
        return self.match is not None and self.match.status == "linked"


@dataclass
class ProductRow:
    """A product with its size run."""

    product: Product
    sizes: list[SizeRow]

    @property
    def units(self) -> int:
        return sum(size.stock for size in self.sizes)

    @property
    def on_shelf(self) -> int:
        return sum(size.on_shelf for size in self.sizes)

    @property
    def kept_units(self) -> int:
        return sum(size.kept_units for size in self.sizes)

    @property
    def matched(self) -> int:
        return sum(size.is_matched for size in self.sizes)


def products_of(merchant: Merchant, shops: list[Shop], search: str = "", state: str = "") -> QuerySet[Product]:
    """Select own products by words in title, brand, SKU or barcode, and by what at least one of their sizes is."""
    rows = Product.objects.for_merchant(merchant).filter(shop__in=shops, deleted_at=None)
    own = Variant.objects.filter(product=OuterRef("pk"), deleted_at=None)
    for word in search.split():
        found = own.filter(Q(sku__icontains=word) | Q(barcode__icontains=word) | Q(article_code__icontains=word))
        rows = rows.filter(Q(title__icontains=word) | Q(vendor__icontains=word) | Exists(found))
    if state in STATES:
        rows = rows.filter(Exists(_sizes_that_are(state, own)))
    return rows


def _sizes_that_are(state: str, own: QuerySet[Variant]) -> QuerySet[Variant]:
    linked = Exists(Match.objects.filter(variant=OuterRef("pk"), status="linked"))
    if state == "matched":
        return own.filter(linked)
    if state == "unmatched":
        return own.filter(~linked)
    if state == "shelf":
        return own.filter(Exists(Placement.objects.filter(variant=OuterRef("pk"), pushed__gt=0)))
    counted: Any = with_stock(own)
    gaps: QuerySet[Variant] = counted.filter(units__lte=F("shop__gap_threshold"))
    return gaps


def with_stock(variants: QuerySet[Variant]) -> QuerySet[Variant]:
    """Annotate variants with ``units``, their own stock at active real locations."""
    levels = StockLevel.objects.filter(
        inventory_item=OuterRef("inventory_item"), is_active=True, location__is_active=True
    )
    total = levels.order_by().values("inventory_item").annotate(units=Sum("available")).values("units")
    return variants.annotate(units=Coalesce(Subquery(total, output_field=IntegerField()), 0))


def size_rows(merchant: Merchant, products: Iterable[Product]) -> list[ProductRow]:
    """Put the size runs of some products together; six queries, however many products."""
    products = list(products)
    variants = list(
        Variant.objects.for_merchant(merchant)
        .filter(product__in=products, deleted_at=None)
        .select_related("shop", "inventory_item")
        .order_by("product_id", "position", "pk")
    )
    runs: dict[int, list[SizeRow]] = defaultdict(list)
    for row in describe_variants(merchant, variants):
        runs[row.variant.product_id].append(row)
    return [ProductRow(product, runs[product.pk]) for product in products]


def describe_variants(merchant: Merchant, variants: list[Variant]) -> list[SizeRow]:
    """Say of each variant: its stock by location, its match, its place on the shelf."""
    items = {variant.inventory_item_id for variant in variants}
    levels: dict[int, list[StockLevel]] = defaultdict(list)
    stock = StockLevel.objects.for_merchant(merchant).filter(
        inventory_item__in=items, is_active=True, location__is_active=True
    )
    for level in stock.select_related("location__shop").order_by("location__name", "pk"):
        levels[level.inventory_item_id].append(level)
    shelf = {
        row.inventory_item_id: row
        for row in Placement.objects.for_merchant(merchant).filter(inventory_item__in=items).order_by("pk")
    }
    matches: dict[int, Match] = {}
    decided = Match.objects.for_merchant(merchant).filter(variant__in=variants, status__in=("linked", "ask"))
    for match in decided.order_by("status", "pk"):  # ask, then linked: what is decided hides what is asked
        matches[match.variant_id] = match
    record = kept_for_record({variant.shop_id for variant in variants})
    return [
        SizeRow(
            variant,
            label=size_label(variant),
            levels=levels[variant.inventory_item_id],
            match=matches.get(variant.pk),
            placement=shelf.get(variant.inventory_item_id),
            gap_threshold=variant.shop.gap_threshold,
            least_kept=max(variant.shop.buffer, record.get(variant.shop_id, 0)),
        )
        for variant in variants
    ]


def size_label(variant: Variant) -> str:
    """Name a size the way the shop's own people do."""
    values: list[Any] = [pair[1] for pair in variant.options if len(pair) == 2]
    own = " / ".join(str(value) for value in values) or variant.title
    return "One size" if own in ("", "Default Title") else own
