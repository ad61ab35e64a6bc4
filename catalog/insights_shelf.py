"""What the network does for a merchant's stock-outs, and what it could do: weeks of demand, sizes filled, sizes kept empty and why."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.db.models import Count, F, Sum
from django.db.models.functions import TruncWeek
from django.utils import timezone

from catalog.distributing.bits import REFUSALS
from catalog.goods import lower_vat
from catalog.market import standing_on
from catalog.models import Demand, Variant
from catalog.preview import MOST_ITEMS, items_shared
from catalog.shelf_sql import states_of
from network.models import Merchant, Shop
from skuu.kit.money import Money

WEEKS = 12
MOST_LOST = 10
# in the order in which a merchant can do something about them
BLOCKERS = {
    "vat": "A VAT registration is missing",
    "price": "Your price is below the partner’s floor",
    "rule": "Your own rule keeps it off",
    "distance": "The partner is too far away for you",
    "days": "Delivery takes longer than you promise",
    "currency": "No reference rate for the partner’s currency",
    "partner_rule": "The partner’s rule keeps it off",
    "not_shared": "The partner does not share it",
    "shipper_not_live": "The partner is not live",
    "shipper_unfit": "The partner cannot ship it",
}


@dataclass(frozen=True, slots=True)
class Week:
    """Units shoppers wanted from the shelf in a week from a Monday: shipped by partners, or not."""

    starts: dt.date
    served: int
    lost: int


@dataclass(frozen=True, slots=True)
class StockOuts:
    """Sizes a merchant is out of that others carry too, as they stand now."""

    filled: int = 0
    units: int = 0
    nobody: int = 0
    unfit: int = 0
    blocked: dict[str, int] = field(default_factory=dict)  # by the first of BLOCKERS that holds
    complete: bool = True

    @property
    def closed(self) -> int:
        """Sizes that a partner has and that something keeps off the shelf."""
        return sum(self.blocked.values())

    @property
    def total(self) -> int:
        return self.filled + self.closed + self.nobody + self.unfit


@dataclass(frozen=True, slots=True)
class Lost:
    """A size that shoppers wanted and nobody shipped."""

    variant: Variant
    units: int


def demand_by_week(merchant: Merchant, shops: list[Shop], *, weeks: int = WEEKS) -> list[Week]:
    """Sum what shoppers wanted from a merchant's shelves by week, the oldest first; weeks without any stand as zero."""
    monday = timezone.localdate() - dt.timedelta(days=timezone.localdate().weekday())
    first = monday - dt.timedelta(weeks=weeks - 1)
    rows = Demand.objects.for_merchant(merchant).filter(shop__in=shops, at__date__gte=first)
    sums = rows.annotate(week=TruncWeek("at")).values("week", "outcome").annotate(total=Sum("units"))
    counts = {(row["week"].date(), row["outcome"]): row["total"] for row in sums}
    days = [first + dt.timedelta(weeks=number) for number in range(weeks)]
    return [Week(day, counts.get((day, "served"), 0), counts.get((day, "lost"), 0)) for day in days]


def rescued_at_todays_prices(merchant: Merchant, shops: list[Shop], *, weeks: int = WEEKS) -> list[Money]:
    """Sum what partners shipped for a merchant's customers, at the merchant's prices of today, per currency."""
    since = timezone.now() - dt.timedelta(weeks=weeks)
    served = Demand.objects.for_merchant(merchant).filter(shop__in=shops, outcome="served", at__gte=since)
    sums = served.values("shop__currency").annotate(minor=Sum(F("units") * F("variant__price_minor")))
    return sorted((Money(row["minor"], row["shop__currency"]) for row in sums), reverse=True)


def most_lost(merchant: Merchant, shops: list[Shop]) -> list[Lost]:
    """List the sizes that shoppers asked for most in the last weeks and nobody shipped."""
    since = timezone.now() - dt.timedelta(weeks=WEEKS)
    lost = Demand.objects.for_merchant(merchant).filter(shop__in=shops, outcome="lost", at__gte=since)
    rows = list(
        lost.values("variant_id").annotate(total=Sum("units"), times=Count("pk")).order_by("-total", "variant_id")
    )
    ids = [row["variant_id"] for row in rows[:MOST_LOST]]
    variants = Variant.objects.for_merchant(merchant).select_related("product", "shop").in_bulk(ids)
    return [
        Lost(variants[row["variant_id"]], row["total"]) for row in rows[:MOST_LOST] if row["variant_id"] in variants
    ]


def stock_outs(shops: list[Shop]) -> StockOuts:
    """Count the sizes these shops are out of by what the network does about them now; one statement, bounded."""
    ids = [shop.pk for shop in shops]
    items = items_shared(ids)
    today = timezone.localdate()
    ruled = standing_on(today).exists()
    sql = states_of(
        "m.item_id = any(%(items)s)",
        "s.shop_id = any(%(shops)s)",
        "%(today)s::date",
        ruled=ruled,
        lower=lower_vat(today),
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, {"items": items[:MOST_ITEMS], "shops": ids, "today": today})
        rows = cursor.fetchall()
    counts: Counter[str] = Counter()
    blocked: Counter[str] = Counter()
    units = 0
    for state, _shop, _hindered, refused, _vat, sizes, standing in rows:
        counts[state] += sizes
        units += int(standing or 0)
        if state == "refused":
            blocked[_first_blocker(refused)] += sizes
    ordered = {code: blocked[code] for code in BLOCKERS if blocked[code]}
    complete = len(items) <= MOST_ITEMS
    return StockOuts(counts["filled"], units, counts["nobody"], counts["unfit"], ordered, complete)


def _first_blocker(bits: int) -> str:
    held = {code for place, code in enumerate(REFUSALS) if bits >> place & 1}
    return next(code for code in BLOCKERS if code in held)
