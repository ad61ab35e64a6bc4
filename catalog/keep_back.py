"""Measure how fast sizes sell and how late figures come, and keep so many units off partners' shelves, size by size."""

import datetime as dt
from collections.abc import Collection

from django.db import connection, transaction
from django.utils import timezone

from catalog.distributing.buffers import THRESHOLDS, USUAL_DELAY, say_kept, say_own_buffer, say_record
from catalog.mark import mark_inventory
from catalog.models import FigureDelay, ShelfBasis, StockLevel, StockPace
from network.models import Shop

FEW = 20  # fewer messages say little of a delay

_DELAYS = """
insert into catalog_figuredelay (shop_id, seconds, messages)
select shop_id, percentile_cont(0.95) within group (order by extract(epoch from done_at - coalesce(triggered_at, received_at))),
  count(*)
from network_inboundevent
where figures and status = 'done' and done_at > %(since)s and done_at >= coalesce(triggered_at, received_at)
group by shop_id
on conflict (shop_id) do update set seconds = excluded.seconds, messages = excluded.messages
"""
# a fall between two looks is taken for sales; a rise hides some, which keeps back less, never more than was seen
_PACES = """
insert into catalog_stockpace as p (level_id, per_day, figure, looked_on)
select l.id, 0, l.available, %(today)s from catalog_stocklevel l join network_location a on a.id = l.location_id
where a.shop_id = %(shop)s and l.is_active
on conflict (level_id) do update set figure = excluded.figure, looked_on = excluded.looked_on,
  per_day = p.per_day + (greatest(p.figure - excluded.figure, 0)::float / (excluded.looked_on - p.looked_on) - p.per_day) / 7
where p.looked_on < excluded.looked_on
"""
_KEEP = """
with kept as (
  select l.id, width_bucket(p.per_day * %(delay)s / 86400, %(thresholds)s::float8[]) as units
  from catalog_stocklevel l join network_location a on a.id = l.location_id join catalog_stockpace p on p.level_id = l.id
  where a.shop_id = %(shop)s
)
update catalog_stocklevel l set kept_back = k.units from kept k where k.id = l.id and l.kept_back <> k.units
returning l.inventory_item_id
"""


def measure_buffers() -> int:
    """Look at every shop's figures once a day and set what stays off partners' shelves; returns how many levels changed.

    A transaction for each shop. *Locks* the levels it changes, then their items. *Again* on the same day: only delays are
    measured anew.
    """
    since = timezone.now() - dt.timedelta(days=7)
    with connection.cursor() as cursor:
        cursor.execute(_DELAYS, {"since": since})
    shops = Shop.everyone.filter(status__in=["shadow", "live", "paused"]).order_by("pk")
    return sum(_measure(shop_id) for shop_id in shops.values_list("pk", flat=True))


def _measure(shop_id: int) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_PACES, {"shop": shop_id, "today": timezone.localdate()})
        cursor.execute(_KEEP, {"shop": shop_id, "delay": delay_of(shop_id), "thresholds": list(THRESHOLDS)})
        changed = [row[0] for row in cursor.fetchall()]
        mark_inventory(set(changed))
    return len(changed)


def delay_of(shop_id: int) -> float:
    """Say how many seconds a shop's figures take to reach the shelves; the sweep's own pace where too few came."""
    found = FigureDelay.objects.filter(shop_id=shop_id, messages__gte=FEW).values_list("seconds", flat=True).first()
    return USUAL_DELAY if found is None else float(found)


def explain_kept(levels: Collection[StockLevel]) -> dict[int, str]:
    """Say by level why units of it stay off partners' shelves; of levels with nothing to give, and of others, it says nothing.

    Of the shop's own buffer, its record as shipper and the size's own pace, the largest holds. The levels are of one shop, each
    with its location and shop. Three queries for any number of them.
    """
    able = [level for level in levels if level.available - level.claimed - level.phantom > 0]
    if not able:
        return {}
    shop = able[0].location.shop
    record, delay = kept_for_record([shop.pk]).get(shop.pk, 0), delay_of(shop.pk)
    paces = dict(StockPace.objects.filter(level__in=able).values_list("level_id", "per_day"))
    said = {}
    for level in able:
        if level.kept_back and level.kept_back >= max(record, shop.buffer):
            said[level.pk] = say_kept(level.kept_back, paces.get(level.pk, 0.0), delay)
        elif record and record >= shop.buffer:
            said[level.pk] = say_record(record)
        elif shop.buffer:
            said[level.pk] = say_own_buffer(shop.buffer)
    return said


def kept_for_record(shop_ids: Collection[int]) -> dict[int, int]:
    """Read how many units of each size these shops' records as shippers keep off partners' shelves now."""
    return dict(ShelfBasis.objects.filter(shop__in=shop_ids).values_list("shop_id", "kept_back"))
