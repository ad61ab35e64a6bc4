"""Measure the ways between shops and notice which shops changed: what shelves rest on beside goods and stock.

A way is a selling shop and a place of another: kilometres, days, VAT, currency. Ways are stored because they need the map and
the VAT table, which the database has not; whatever a query can read from the shop's own row is read there.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Case, F, Value, When
from django.db.models.functions import Coalesce, NullIf
from django.utils import timezone

from catalog.mark import mark_shop
from catalog.market import Market, Place, open_market, price_vat_bp
from catalog.models import Reach, ShelfBasis, TrustCount
from catalog.trust import trust_of
from network.models import Location, Shop
from network.rates import factor_on
from network.tariffs import TARIFF_VERSION
from network.taxing import RULES_VERSION
from skuu.kit.errors import NotPossible

TAKING_PART = ("shadow", "live", "paused")
_COLUMNS = ("shipper", "km", "days", "vat_refusal", "origin_vat_bp", "shipper_vat_bp", "fx_num", "fx_den")

# everything a decision rests on that is no goods and no stock; a change of the network's own tables counts for every shop
_CHANGED = """
with now_is as (
  select s.id, md5(concat_ws('|', %(tables)s::text, s.status, s.country, s.postcode, s.currency, s.taxes_included,
    s.gap_threshold, s.placing, s.placement_cap, s.sells_to, s.home_only, coalesce(s.max_distance_km, -1), s.promise_days,
    s.typical_postcode, s.shares_stock, s.buffer, s.price_floor_bp, s.handling_days, m.country, m.oss, %(kept)s::jsonb->>s.id::text,
    exists (select 1 from network_stop w where w.shop_id = s.id and w.kind = 'partner' and w.ended_at is null),
    (select string_agg(concat_ws(':', p.id, p.is_active, p.shares, p.country, p.postcode), ',' order by p.id)
       from network_location p where p.shop_id = s.id),
    (select string_agg(concat_ws(':', r.id, r.position), ',' order by r.position, r.id) from catalog_rule r
       where r.shop_id = s.id and r.removed_at is null and coalesce(r.starts_on <= %(today)s, true)
         and coalesce(r.ends_on >= %(today)s, true)),
    (select string_agg(t.country, ',' order by t.id) from network_taxregistration t
       where t.merchant_id = m.id and t.valid_from <= %(today)s and coalesce(t.valid_to >= %(today)s, true)
         and not coalesce(t.refused_from <= %(today)s and t.refused_id = t.vat_id, false)))) as fingerprint
  from network_shop s join network_merchant m on m.id = s.merchant_id)
select n.id, n.fingerprint from now_is n left join catalog_shelfbasis b on b.shop_id = n.id
where b.fingerprint is distinct from n.fingerprint order by n.id
"""


@dataclass(frozen=True, slots=True)
class _Named:
    pk: int


def notice_changes() -> int:
    """Mark the items of every shop whose status, policy, rules, places or VAT numbers are not those last decided on.

    Whatever door changed them, and whether or not it rang: the shelves follow, over ways measured anew. Returns how many
    shops changed.
    """
    today = timezone.localdate()
    kept = _kept_back()
    tables = f"{TARIFF_VERSION} {RULES_VERSION}"
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED, {"today": today, "tables": tables, "kept": json.dumps(kept)})
        changed = cursor.fetchall()
    measure_ways([shop_id for shop_id, _ in changed])
    for shop_id, fingerprint in changed:
        with transaction.atomic():
            mark_shop(_Named(shop_id))
            ShelfBasis.objects.update_or_create(
                shop_id=shop_id,
                defaults={"fingerprint": fingerprint, "kept_back": kept.get(shop_id, 0), "at": timezone.now()},
            )
    return len(changed)


def _kept_back() -> dict[int, int]:
    """Read how many units of each size the record of a shop keeps off the shelves, of those that keep any."""
    missing = TrustCount.objects.filter(kind="not_found").values_list("shop_id", flat=True).distinct()
    return {shop_id: trust.kept_back for shop_id, trust in trust_of(list(missing)).items() if trust.kept_back}


def measure_ways(shop_ids: Collection[int]) -> int:
    """Measure every way that begins or ends at these shops, and store those that differ; returns how many there are.

    *Again*: no change. Ways to shops of one merchant count too: its shops may help each other.
    """
    if not shop_ids:
        return 0
    chosen = set(shop_ids)
    places = _places()
    market = open_market(Shop.objects.filter(status__in=TAKING_PART).values_list("pk", flat=True))
    rows = [
        _measure(market, origin_id, shipper_id, place)
        for shipper_id, place in places
        for origin_id in (market.traders if shipper_id in chosen else chosen & market.traders.keys())
        if origin_id != shipper_id and shipper_id in market.traders
    ]
    stored = Reach.objects.filter(origin_id__in=chosen) | Reach.objects.filter(shipper_id__in=chosen)
    known = {
        (row["origin_id"], row["location_id"]): tuple(row[name] for name in _stored_names())
        for row in stored.values("origin_id", "location_id", *_stored_names())
    }
    changed = [
        row
        for row in rows
        if known.get((row.origin_id, row.location_id)) != tuple(getattr(row, name) for name in _stored_names())
    ]
    Reach.objects.bulk_create(
        sorted(changed, key=lambda row: (row.origin_id, row.location_id)),
        update_conflicts=True,
        unique_fields=["origin", "location"],
        update_fields=_COLUMNS,
        batch_size=5_000,
    )
    return len(rows)


def measure_daily() -> int:
    """Measure every way anew: VAT numbers and rates begin and end on days, currencies move; returns how many ways there are."""
    return measure_ways(list(Shop.objects.filter(status__in=TAKING_PART).values_list("pk", flat=True)))


def _stored_names() -> tuple[str, ...]:
    return ("shipper_id", *_COLUMNS[1:])


def _places() -> list[tuple[int, Place]]:
    rows = Location.objects.filter(shop__status__in=TAKING_PART).order_by("pk")
    named = rows.values_list(
        "shop_id",
        "pk",
        "remote_id",
        Coalesce(NullIf("country", Value("")), "shop__country"),
        # a postcode without a country of its own would be read in the wrong one
        Case(When(country="", then=F("shop__postcode")), default=F("postcode")),
        "shares",
    )
    return [(shop_id, Place(*place)) for shop_id, *place in named]


def _measure(market: Market, origin_id: int, shipper_id: int, place: Place) -> Reach:
    pair = market.pair(origin_id, shipper_id, place, None)
    origin, shipper = market.traders[origin_id].shop, market.traders[shipper_id].shop
    try:
        factor = factor_on(shipper.currency, origin.currency, market.on)
    except NotPossible:
        factor = None
    return Reach(
        origin_id=origin_id,
        location_id=place.location_id,
        shipper_id=shipper_id,
        km=pair.distance_km,
        days=pair.days_max,
        vat_refusal=pair.vat_refusal,
        origin_vat_bp=price_vat_bp(origin.country, origin.taxes_included, market.on),
        shipper_vat_bp=price_vat_bp(shipper.country, shipper.taxes_included, market.on),
        fx_num=None if factor is None else factor.numerator,
        fx_den=None if factor is None else factor.denominator,
    )
