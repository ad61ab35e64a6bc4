"""Figures of a merchant's catalogue in the network; read-only."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Sum

from catalog.models import Match, Placement, Variant
from network.models import Merchant, Shop


@dataclass(frozen=True)
class CatalogueFigures:
    """How far a merchant's sizes take part: counts of variants, and partners' units on its shelves."""

    variants: int
    matched: int
    exchangeable: int  # the same item is linked at another merchant too
    shelf_units: int
    shelf_sizes: int

    @property
    def matched_percent(self) -> int:
        return _percent(self.matched, self.variants)

    @property
    def exchangeable_percent(self) -> int:
        return _percent(self.exchangeable, self.variants)


def _percent(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0


def catalogue_figures(merchant: Merchant, shops: list[Shop]) -> CatalogueFigures:
    """Count a merchant's variants, the matched ones, those a partner could serve, and what stands on its shelves."""
    variants = Variant.objects.for_merchant(merchant).filter(shop__in=shops, deleted_at=None)
    linked = Match.objects.for_merchant(merchant).filter(shop__in=shops, status="linked", variant__deleted_at=None)
    elsewhere = Match.objects.filter(item=OuterRef("item"), status="linked").exclude(shop__merchant=merchant)
    shelf = Placement.objects.for_merchant(merchant).filter(shop__in=shops, pushed__gt=0)
    return CatalogueFigures(
        variants=variants.count(),
        matched=linked.count(),
        exchangeable=linked.filter(Exists(elsewhere)).count(),
        shelf_units=shelf.aggregate(units=Sum("pushed"))["units"] or 0,
        shelf_sizes=shelf.count(),
    )
