"""Figures of a merchant's trade through the network; read-only."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from network.models import Merchant, Shop
from orders.models import InternalOrder, InternalOrderLine, OrderLine
from skuu.kit.money import Money

SERVED = ("routed", "shipped", "delivered", "returned")


@dataclass(frozen=True)
class TradeFigures:
    """What the network brought a merchant in a span of days; amounts per currency, as customers paid before discounts."""

    rescued: list[Money]
    rescued_lines: int
    lost_lines: int
    shipped_for_partners: int
    to_ship: int

    @property
    def fill_percent(self) -> int | None:
        """Of the shelf lines that were decided, the share a partner took; None when there were none."""
        decided = self.rescued_lines + self.lost_lines
        return round(100 * self.rescued_lines / decided) if decided else None


def trade_figures(merchant: Merchant, shops: list[Shop], *, days: int = 30) -> TradeFigures:
    """Sum a merchant's trade of the last days, and count what it must ship now."""
    since = timezone.now() - dt.timedelta(days=days)
    sold = _sold(merchant, shops, since)
    amounts = (
        sold.filter(status__in=SERVED)
        .values("order__currency")
        .annotate(minor=Sum(F("unit_price_minor") * F("quantity")))
    )
    counts = sold.aggregate(
        rescued=Count("pk", filter=Q(status__in=SERVED)), lost=Count("pk", filter=Q(status="handed_back"))
    )
    sent = InternalOrderLine.objects.for_merchant(merchant).filter(
        internal_order__shipper__in=shops, internal_order__shipped_at__gte=since
    )
    return TradeFigures(
        rescued=sorted((Money(row["minor"], row["order__currency"]) for row in amounts), reverse=True),
        rescued_lines=counts["rescued"],
        lost_lines=counts["lost"],
        shipped_for_partners=sent.aggregate(units=Sum("shipped_quantity"))["units"] or 0,
        to_ship=orders_to_ship(merchant, shops).count(),
    )


def orders_to_ship(merchant: Merchant, shops: list[Shop]) -> QuerySet[InternalOrder]:
    """Select the internal orders a merchant has to answer or to send; one that is called back is not among them."""
    mine = InternalOrder.objects.for_merchant(merchant).filter(shipper__in=shops, cancel_wanted_at=None)
    return mine.filter(
        Q(status__in=("placed", "accepted")) | Q(status="planned", asks=True, order__paid_at__isnull=False)
    )


def trade_by_day(merchant: Merchant, shops: list[Shop], *, days: int = 30) -> dict[str, Any]:
    """Lay out per day what was sold from the shelf and what was shipped for partners, in units, for the chart."""
    today = timezone.localdate()
    span = [today - dt.timedelta(days=back) for back in range(days - 1, -1, -1)]
    since = timezone.now() - dt.timedelta(days=days)
    sold: dict[dt.date, int] = defaultdict(int)
    for row in (
        _sold(merchant, shops, since)
        .filter(status__in=SERVED)
        .values(day=TruncDate("order__placed_at"))
        .annotate(units=Sum("quantity"))
    ):
        sold[row["day"]] = row["units"]
    sent: dict[dt.date, int] = defaultdict(int)
    lines = InternalOrderLine.objects.for_merchant(merchant).filter(
        internal_order__shipper__in=shops, internal_order__shipped_at__gte=since
    )
    for row in lines.values(day=TruncDate("internal_order__shipped_at")).annotate(units=Sum("shipped_quantity")):
        sent[row["day"]] = row["units"]
    return {"days": span, "sold": [sold[day] for day in span], "sent": [sent[day] for day in span]}


def _sold(merchant: Merchant, shops: list[Shop], since: dt.datetime) -> QuerySet[OrderLine]:
    return OrderLine.objects.for_merchant(merchant).filter(
        order__shop__in=shops, order__placed_at__gte=since, order__is_test=False
    )
