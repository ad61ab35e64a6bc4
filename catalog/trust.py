"""Remember how shops keep their word as shippers: units not found are not offered until proven, and a score is made of the rest."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Sum
from django.utils import timezone

from catalog.mark import mark_inventory
from catalog.models import StockLevel, TrustCount
from skuu.kit.errors import NotFound, NotPossible

WINDOW = dt.timedelta(days=90)
FEW = 5  # below so many orders a score says little
_USUAL, _WEIGHT = (
    0.02,
    20,
)  # a shop we know nothing of fails like one in fifty, and twenty orders begin to say otherwise
_BAD = {"declined": 1.0, "expired": 1.0, "failed": 1.0, "not_found": 0.5, "late": 0.25}
_GOOD = ("on_time", "late")

_COUNT = """
insert into catalog_trustcount (shop_id, day, kind, count) values (%s, %s, %s, %s)
on conflict (shop_id, kind, day) do update set count = catalog_trustcount.count + excluded.count
"""
_DOUBT = """
update catalog_stocklevel l set phantom = l.phantom + w.units
from (select k.id, u.units from unnest(%s::bigint[], %s::int[]) as u (id, units) join catalog_stocklevel k on k.id = u.id
  order by k.id for no key update of k) w
where l.id = w.id returning l.inventory_item_id
"""


@dataclass(frozen=True, slots=True)
class Trust:
    """What the last 90 days say of a shipper. ``risk_bp`` is how often an order of it goes wrong, in basis points."""

    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def orders(self) -> int:
        """The orders that came to an end, well or not."""
        return sum(self.counts.get(kind, 0) for kind in (*_GOOD, "declined", "expired", "failed"))

    @property
    def risk_bp(self) -> int:
        bad = sum(self.counts.get(kind, 0) * weight for kind, weight in _BAD.items())
        return min(10_000, round(10_000 * (bad + _USUAL * _WEIGHT) / (self.orders + _WEIGHT)))

    @property
    def score(self) -> int:
        """From 0 to 100, for people."""
        return 100 - round(self.risk_bp / 100)

    @property
    def says_little(self) -> bool:
        return self.orders < FEW

    @property
    def kept_back(self) -> int:
        """Units of each size that are kept off the shelves beside the shop's own buffer, because too often one is not there."""
        if self.says_little:
            return 0
        missing = self.counts.get("not_found", 0) / self.orders
        return 2 if missing > 0.15 else 1 if missing > 0.05 else 0


def trust_of(shop_ids: Collection[int]) -> dict[int, Trust]:
    """Read the score of these shops, one query; a shop of which nothing is known has the usual one."""
    since = timezone.localdate() - WINDOW
    rows = TrustCount.everyone.filter(shop_id__in=shop_ids, day__gt=since).values("shop_id", "kind")
    counts: dict[int, dict[str, int]] = {shop_id: {} for shop_id in shop_ids}
    for row in rows.annotate(total=Sum("count")):
        counts[row["shop_id"]][row["kind"]] = row["total"]
    return {shop_id: Trust(found) for shop_id, found in counts.items()}


def record_outcome(shop: Any, kind: str, times: int = 1, *, on: dt.date | None = None) -> None:
    """Count what came of a shipper's order: on_time, late, declined, expired, failed.

    Said twice it counts twice: the caller says it in the transaction of its own state change. *Locks* one row of the day.
    """
    if kind not in TrustCount.KINDS:
        raise NotPossible(f"There is no outcome {kind}.", code="unknown_outcome")
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [getattr(shop, "pk", shop), on or timezone.localdate(), kind, times])


def record_rejection(level_id: int, units: int, reason: str, *, coming_back: int = 0) -> None:
    """Take units that a shop could not find out of the network until the shop's own figure moves; its score knows of it.

    ``coming_back`` are the units that our own cancellation will put back there: that rise is no proof. *Locks* the level.
    Said twice it counts twice: the caller says it in the transaction of its own state change. Raises NotFound.
    """
    if units <= 0:
        raise NotPossible("A rejection is of one unit or more.", code="bad_quantity")
    with transaction.atomic():
        levels = StockLevel.objects.filter(pk=level_id)
        if not levels.update(phantom=F("phantom") + units, coming_back=F("coming_back") + coming_back):
            raise NotFound("There is no such stock level.")
        mark_inventory(levels.values_list("inventory_item_id", flat=True))
        record_outcome(levels.values_list("location__shop_id", flat=True).get(), "not_found")


def doubt_units(units: Mapping[int, int]) -> None:
    """Take units of these levels out of the network until the shops' own figures move, without a word on anybody's record.

    *Locks* the levels in the order of their ids. Said twice it counts twice.
    """
    levels = sorted(units)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_DOUBT, [levels, [units[level] for level in levels]])
        mark_inventory({row[0] for row in cursor.fetchall()})
