"""Take over stock figures that many shops told of, all at once: a handful of statements for any number of messages.

The rules are those of catalog.stocktake (a newer time is applied, everything is confirmed), written as SQL. What these
statements do not find, an item or a level told of before anything else, is left to stocktake, shop by shop.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from catalog.cleaning import whole
from catalog.mark import mark_inventory
from catalog.stocktake import CONFIRM_AFTER, CONFIRM_FIGURE_AFTER, LARGEST, StockEvent, apply_stock_events, ring_confirm
from network.models import Shop

# told: what the messages say, once for each place; known: the levels of it, locked in the order of their ids
_TAKE = """
with told as (
  select * from unnest(%(shops)s::bigint[], %(stock)s::text[], %(places)s::text[], %(figures)s::int[],
    %(times)s::timestamptz[]) with ordinality as t (shop_id, stock, place, available, at, n)),
known as (
  select l.id, t.n, t.available, t.at, t.available - l.available as moved, not l.is_active as waking,
    coalesce(t.available is not null and (l.remote_updated_at is null or l.remote_updated_at < t.at), false) as newer
  from told t
  join network_shop s on s.id = t.shop_id and s.status not in ('installing', 'left') and t.place <> s.shelf_location_id
  join network_location p on p.shop_id = t.shop_id and p.remote_id = t.place
  join catalog_inventoryitem i on i.shop_id = t.shop_id and i.remote_id = t.stock
  join catalog_stocklevel l on l.inventory_item_id = i.id and l.location_id = p.id
  order by l.id for no key update of l)
update catalog_stocklevel l set
  available = case when k.newer then k.available else l.available end,
  is_active = l.is_active or k.newer,
  remote_updated_at = case when k.newer then k.at else l.remote_updated_at end,
  phantom = case when not k.newer then l.phantom
    when k.moved < 0 then case when -k.moved <= l.claimed then l.phantom else 0 end
    when k.moved <= l.coming_back then l.phantom else 0 end,
  coming_back = case when k.newer and k.moved > 0 then greatest(l.coming_back - k.moved, 0) else l.coming_back end,
  confirm_due_at = case when k.available is null then %(soon)s else coalesce(least(l.confirm_due_at, %(later)s), %(later)s) end
from known k where l.id = k.id
returning k.n, l.inventory_item_id, k.newer and (k.moved <> 0 or k.waking)
"""
_DOUBT = """
with told as (
  select * from unnest(%(shops)s::bigint[], %(stock)s::text[], %(places)s::text[], %(figures)s::int[],
    %(times)s::timestamptz[]) with ordinality as t (shop_id, stock, place, available, at, n)),
shelves as (
  select t.* from told t join network_shop s on s.id = t.shop_id and t.place = s.shelf_location_id and t.place <> ''),
doubted as (
  select p.id from shelves t
  join catalog_inventoryitem i on i.shop_id = t.shop_id and i.remote_id = t.stock
  join catalog_placement p on p.shop_id = t.shop_id and p.inventory_item_id = i.id
  where t.available is not null and t.at is not null and p.doubted_at is null and p.pushed is not null
    and t.available is distinct from p.pushed and t.available is distinct from p.pushing
  order by p.shop_id, p.inventory_item_id for no key update of p),
noted as (
  update catalog_placement p set doubted_at = %(now)s, next_attempt_at = %(now)s from doubted d where p.id = d.id
  returning 1)
select n, (select count(*) from noted) from shelves
"""


def apply_stock_news(told: Iterable[tuple[int, StockEvent]]) -> int:
    """Apply figures from webhooks of any shops, as (shop id, figure); returns how many inventory items changed.

    A newer time is applied, an equal or older one is not, every figure is confirmed by a read later on; a shelf's figure is
    only compared with what we left there. *Locks* levels by id, then placements, then marked items. *Again*: no change.
    """
    news = _newest(told)
    if not news:
        return 0
    now = timezone.now()
    values: dict[str, Any] = {
        "shops": [shop for shop, _ in news],
        "stock": [event.inventory_item_id for _, event in news],
        "places": [event.location_id for _, event in news],
        "figures": [whole(event.available, -LARGEST, LARGEST) for _, event in news],
        "times": [event.updated_at for _, event in news],
        "now": now,
        "soon": now + CONFIRM_AFTER,
        "later": now + CONFIRM_FIGURE_AFTER,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        rows = cursor.fetchall()
        changed = {stock for _, stock, is_other in rows if is_other}
        if rows:
            ring_confirm()
        rest = set(range(1, len(news) + 1)) - {row[0] for row in rows}
        if rest:
            rest -= _compare_shelves(cursor, values)
        mark_inventory(changed)
        return len(changed) + _make_known([news[n - 1] for n in sorted(rest)])


def _newest(told: Iterable[tuple[int, StockEvent]]) -> list[tuple[int, StockEvent]]:
    """Keep one figure for each place: the newest; one without a figure only where nothing else is said."""
    found: dict[tuple[int, str, str], StockEvent] = {}
    for shop_id, event in told:
        key = shop_id, event.inventory_item_id, event.location_id
        known = found.get(key)
        if known is None or _age(event) >= _age(known):
            found[key] = event
    return [(key[0], event) for key, event in found.items()]


def _age(event: StockEvent) -> tuple[bool, dt.datetime]:
    return event.available is not None, event.updated_at or dt.datetime.min.replace(tzinfo=dt.UTC)


def _compare_shelves(cursor: Any, values: dict[str, Any]) -> set[int]:
    """Doubt shelves that show another figure than we left; returns the places of the news that speak of shelves."""
    cursor.execute(_DOUBT, values)
    rows = cursor.fetchall()
    if rows and rows[0][1]:
        from catalog import tasks
        from skuu.kit.jobs import ring

        ring(tasks.push)
    return {row[0] for row in rows}


def _make_known(news: Sequence[tuple[int, StockEvent]]) -> int:
    """Leave to stocktake what no statement found: stock told of before its product or its place."""
    total = 0
    shops = Shop.everyone.in_bulk({shop for shop, _ in news}) if news else {}
    for shop_id, shop in sorted(shops.items()):
        if shop.status not in ("installing", "left"):
            total += apply_stock_events(shop, [event for of, event in news if of == shop_id])
    return total
