"""What is at stake on a card: the stock-outs a "same" would fill, in the shop's own prices, times how likely it is.

A size fills a stock-out where one shop has none of it and the other has some; it counts once, at the price of the shop that
is out of it. A card is worth what its best candidate is worth. Stock moves all day, so open cards are weighed again hourly.
"""

import datetime as dt
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from catalog.models import ReviewCard
from network.models import Shop
from network.rates import convert_minor
from skuu.kit.errors import NotPossible

BATCH = 200
EVERY = dt.timedelta(hours=1)
KINDS = ("question", "double", "dispute")  # audits and reports are worth what one unit costs: their verbs say so
_MILLION = 10**6

_WEIGH = """
with size as (
  select c.id as card, o.place, (o.one->>'score')::float as score,
    (r.pair->>'mine')::bigint as mine, (r.pair->>'theirs')::bigint as theirs
  from catalog_reviewcard c
  cross join jsonb_array_elements(c.candidates) with ordinality as o(one, place)
  cross join jsonb_array_elements(o.one->'sizes') as r(pair)
  where c.id = any(%(cards)s) and r.pair->>'theirs' is not null
), side as (
  select v.id, v.price_minor * coalesce(f.factor, 1) as cents, i.tracked and not v.sells_without_stock as runs_out,
    coalesce((
      select sum(l.available) from catalog_stocklevel l join network_location p on p.id = l.location_id
      where l.inventory_item_id = v.inventory_item_id and l.is_active and p.is_active), 0) as units
  from catalog_variant v
  join catalog_inventoryitem i on i.id = v.inventory_item_id
  join network_shop s on s.id = v.shop_id
  left join unnest(%(currencies)s::text[], %(factors)s::float[]) as f(currency, factor) on f.currency = s.currency
  where v.id in (select mine from size union select theirs from size) and v.deleted_at is null
), worth as (
  select size.card, size.place, sum(size.score * case
    when mine.units <= 0 and mine.runs_out and theirs.units > 0 then mine.cents
    when theirs.units <= 0 and theirs.runs_out and mine.units > 0 then theirs.cents else 0 end) as cents
  from size join side mine on mine.id = size.mine join side theirs on theirs.id = size.theirs
  group by size.card, size.place
)
update catalog_reviewcard c set weighed_at = %(now)s,
  money_minor = coalesce((select round(max(worth.cents)) from worth where worth.card = c.id), 0)
where c.id = any(%(cards)s)
"""


def weigh_due() -> int:
    """Weigh a batch of open cards that were never weighed, or not for an hour; returns how many.

    EUR cents at the reference rates; a currency without one counts as euro: better a rough place in the queue than none.
    *Locks* the cards, passing by those that are being decided. *Again*: no change but the time.
    """
    due = Q(weighed_at=None) | Q(weighed_at__lt=timezone.now() - EVERY)
    with transaction.atomic():
        rows = ReviewCard.everyone.filter(due, status="open", kind__in=KINDS).select_for_update(skip_locked=True)
        ids = list(rows.order_by(F("weighed_at").asc(nulls_first=True)).values_list("pk", flat=True)[:BATCH])
        weigh(ids)
    return len(ids)


def weigh(cards: list[int]) -> None:
    """Weigh these cards by today's stock; one statement."""
    if not cards:
        return
    factors = _factors()
    asked: dict[str, Any] = {
        "cards": cards,
        "currencies": list(factors),
        "factors": list(factors.values()),
        "now": timezone.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_WEIGH, asked)


def _factors() -> dict[str, float]:
    """EUR cents for one minor unit of every currency that a shop has."""
    found = {}
    for currency in Shop.everyone.order_by().values_list("currency", flat=True).distinct():
        try:
            found[currency] = convert_minor(_MILLION, currency, "EUR") / _MILLION
        except NotPossible:
            found[currency] = 1.0
    return found
