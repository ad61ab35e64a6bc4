"""Reads a merchant's own matches with all that may be known of them: evidence, its class, how many partners, shelf, report."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, Max, OuterRef, QuerySet, Subquery

from catalog.catalogue import SizeRow
from catalog.models import EvidenceClass, Match, MatchChange, MatchReport, Placement
from network.models import Merchant, Shop


@dataclass(slots=True)
class MatchRow:
    """One own match: the row itself, its class's standing, partner shops in the item, the shelf and the latest report."""

    match: Match
    class_status: str = ""
    partners: int = 0
    placement: Placement | None = None
    report: MatchReport | None = None


def matches_of(shop: Shop) -> QuerySet[Match]:
    """Select a shop's own matches with ``updated_at``, the time of their last step."""
    last = MatchChange.objects.filter(row=OuterRef("pk")).order_by().values("row").annotate(at=Max("at")).values("at")
    rows: QuerySet[Match] = Match.objects.for_shop(shop)
    return rows.select_related("variant__product", "item__style").annotate(updated_at=Subquery(last))


def stepped_after(rows: QuerySet[Match], moment: dt.datetime) -> QuerySet[Match]:
    """Keep those whose status took a step after a moment."""
    return rows.filter(Exists(MatchChange.objects.filter(row=OuterRef("pk"), at__gt=moment)))


def describe_matches(shop: Shop, matches: Collection[Match]) -> list[MatchRow]:
    """Put together what is told of these own matches: four queries, however many they are."""
    found = {match.pk: MatchRow(match) for match in matches}
    classes = dict(EvidenceClass.objects.values_list("name", "status"))
    partners = _partners(shop, {match.item_id for match in matches})
    shelf = {
        row.inventory_item_id: row
        for row in Placement.objects.for_shop(shop).filter(
            inventory_item__in={match.variant.inventory_item_id for match in matches}
        )
    }
    reports = MatchReport.objects.for_shop(shop).filter(match__in=found).order_by("pk")
    for report in reports:
        found[report.match_id].report = report
    for row in found.values():
        row.class_status = classes.get(row.match.method, "")
        row.partners = partners.get(row.match.item_id, 0)
        placement = shelf.get(row.match.variant.inventory_item_id)
        row.placement = placement if placement and placement.item_id == row.match.item_id else None
    return list(found.values())


def add_reports(merchant: Merchant, rows: Iterable[SizeRow]) -> None:
    """Note on sizes the latest report of theirs; one query."""
    by_variant = {row.variant.pk: row for row in rows}
    reports = MatchReport.objects.for_merchant(merchant).filter(match__variant__in=by_variant)
    for report in reports.select_related("match").order_by("pk"):
        by_variant[report.match.variant_id].report = report


def _partners(shop: Shop, items: Collection[int]) -> dict[int, int]:
    """Count the other merchants' shops that stand for each item; who they are is nobody's business."""
    others = Match.everyone.filter(item__in=items, status="linked", variant__deleted_at=None)
    others = others.exclude(shop__merchant=shop.merchant_id).order_by()
    return dict(others.values_list("item").annotate(shops=Count("shop", distinct=True)))
