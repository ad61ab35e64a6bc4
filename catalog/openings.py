"""Which partner countries are open to a merchant's shops, which registration would open more, and what that would bring."""

import datetime as dt
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.utils import timezone

from catalog.market import vat_countries
from catalog.models import Demand
from network.models import Merchant, Shop
from network.taxing import Party, Point, Registration, country_name, missing_registrations
from network.vat_ids import doubted

DAYS = 30

# stock-outs of some shops that other merchants' free units could fill, by the country these would leave
_FILLABLE = """
with mine as materialized (
  select m.item_id, m.variant_id from catalog_match m
  join catalog_variant v on v.id = m.variant_id and v.deleted_at is null
  join network_shop s on s.id = m.shop_id
  where m.shop_id = any(%(shops)s) and m.status = 'linked' and not v.sells_without_stock
    and coalesce((select sum(l.available - l.claimed) from catalog_stocklevel l join network_location a on a.id = l.location_id
      where l.inventory_item_id = v.inventory_item_id and l.is_active and a.is_active), 0) <= s.gap_threshold
)
select coalesce(nullif(a.country, ''), s.country) as country, count(distinct mine.variant_id),
  array_agg(distinct mine.variant_id)
from mine
join catalog_match m on m.item_id = mine.item_id and m.status = 'linked'
join network_shop s on s.id = m.shop_id and s.status = 'live' and s.shares_stock and s.merchant_id <> %(merchant)s
join catalog_variant v on v.id = m.variant_id and v.deleted_at is null
join catalog_stocklevel l on l.inventory_item_id = v.inventory_item_id and l.is_active
  and l.available - l.claimed - l.phantom > greatest(s.buffer, l.kept_back)
join network_location a on a.id = l.location_id and a.is_active and a.shares
group by 1
"""


@dataclass(frozen=True, slots=True)
class Opening:
    """One country that partners' goods would leave: open, closed for want of registrations, or closed for good (``missing`` None).

    ``sizes`` are own stock-outs that partners there could fill now, ``lost`` the orders of the last 30 days for them that
    nobody shipped.
    """

    country: str
    missing: frozenset[Registration] | None
    sizes: int = 0
    lost: int = 0

    @property
    def name(self) -> str:
        return country_name(self.country)

    @property
    def lacking(self) -> list[Registration]:
        """List what is missing, VAT ids first."""
        return sorted(self.missing or (), reverse=True)

    @property
    def is_open(self) -> bool:
        return self.missing is not None and not self.missing


@dataclass(frozen=True, slots=True)
class Advice:
    """Registrations to obtain together, the countries they would open, and what these would bring."""

    registrations: tuple[Registration, ...]
    countries: tuple[str, ...]
    sizes: int
    lost: int


@dataclass(frozen=True, slots=True)
class Doubt:
    """A VAT number of which its register said no: from which day it counts no more, and whether that day has come."""

    vat_id: str
    country: str
    closes_on: dt.date | None
    is_closed: bool


@dataclass(frozen=True, slots=True)
class Openings:
    """All partner countries of a merchant, its advice by worth, and own places that no VAT id covers."""

    held: tuple[str, ...]
    oss: bool
    countries: list[Opening] = field(default_factory=list)
    advice: list[Advice] = field(default_factory=list)
    uncovered: list[str] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)


def openings_of(merchant: Merchant, shops: list[Shop]) -> Openings:
    """Hold a merchant's registrations against every country in which a partner takes part; reads only."""
    on = timezone.localdate()
    held = frozenset(vat_countries([merchant.pk], on).get(merchant.pk, ()))
    party = Party(merchant.country, held, merchant.oss, merchant.pk)
    ends = _ends(shops)
    fillable = _fillable(merchant, shops)
    found = [
        Opening(country, missing_registrations(Point(country), ends, party, on), *fillable.get(country, (0, 0)))
        for country in sorted(_partner_countries(merchant) | fillable.keys())
    ]
    found.sort(key=lambda one: (-one.sizes, not one.is_open, one.name))
    uncovered = sorted(country_name(country) for country in _own_countries(shops) if not party.holds(country))
    named = tuple(map(country_name, sorted(held)))
    doubts = [
        Doubt(
            row.vat_id,
            country_name(row.country),
            row.refused_from,
            row.counts_until is not None and row.counts_until < on,
        )
        for row in doubted([merchant.pk])
    ]
    return Openings(named, merchant.oss, found, _advise(found), uncovered, doubts)


def _advise(found: list[Opening]) -> list[Advice]:
    """Gather what the same registrations would open, the most sizes first."""
    sets = {one.missing for one in found if one.missing}
    advice = []
    for missing in sets:
        opened = [one for one in found if one.missing and one.missing <= missing]
        names = tuple(one.name for one in opened)
        sums = sum(one.sizes for one in opened), sum(one.lost for one in opened)
        advice.append(Advice(tuple(sorted(missing, reverse=True)), names, *sums))
    return sorted(advice, key=lambda one: (-one.sizes, -one.lost, len(one.registrations), one.countries))


def _ends(shops: list[Shop]) -> list[Point]:
    """Name where the shops' customers are: home, and every country sold to where the shop insists on all of them."""
    ends = {Point(shop.country, shop.typical_postcode or shop.postcode) for shop in shops}
    ends |= {
        Point(country) for shop in shops if not shop.home_only for country in shop.sells_to if country != shop.country
    }
    return sorted(ends, key=lambda point: (point.country, point.postcode))


def _partner_countries(merchant: Merchant) -> set[str]:
    others = Shop.everyone.filter(status="live", shares_stock=True).exclude(merchant=merchant)
    return set(others.values_list("country", flat=True))


def _own_countries(shops: list[Shop]) -> set[str]:
    rows = Shop.everyone.filter(pk__in=[shop.pk for shop in shops], locations__is_active=True, locations__shares=True)
    return {place or home for place, home in rows.values_list("locations__country", "country")}


def _fillable(merchant: Merchant, shops: list[Shop]) -> dict[str, tuple[int, int]]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_FILLABLE, {"shops": [shop.pk for shop in shops], "merchant": merchant.pk})
        rows = cursor.fetchall()
    since = timezone.now() - dt.timedelta(days=DAYS)
    wanted = {variant for _, _, variants in rows for variant in variants}
    lost = Demand.everyone.filter(outcome="lost", at__gte=since, variant_id__in=wanted).values_list(
        "variant_id", flat=True
    )
    missed = list(lost)
    found = {}
    for country, sizes, variants in rows:
        there = set(variants)
        found[country] = (sizes, sum(variant in there for variant in missed))
    return found
