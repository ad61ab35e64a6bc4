"""What people decided, as pairs a model can learn from: both sides as their shops write them, with the answer."""

import json
from collections.abc import Iterator
from typing import Any

from django.db import connection

from skuu.kit.money import major

BATCH = 2000

# A verdict is about a variant and an item; the other side is the member of another shop with the smallest id, so that the
# same verdicts give the same pairs. What an open report only claims is no decision yet.
_PAIRS = """
select d.id, d.same, d.by, d.at, p.title, p.vendor, v.article_code, v.code, v.sku, v.barcode, v.size_label, v.colour_key,
  v.gender, v.price_minor, s.currency, v.options, q.title, q.vendor, w.article_code, w.code, w.sku, w.barcode, w.size_label,
  w.colour_key, w.gender, w.price_minor, r.currency, w.options
from (
  select * from catalog_verdict where id > %(after)s and undone_at is null and not (seen ? 'report')
  order by id limit %(batch)s
) d
join catalog_variant v on v.id = d.variant_id
join catalog_product p on p.id = v.product_id
join network_shop s on s.id = v.shop_id
join lateral (
  select o.variant_id from (
    select m.variant_id from catalog_match m where m.item_id = d.item_id and m.status = 'linked'
    union
    select e.variant_id from catalog_verdict e where e.item_id = d.item_id and e.same and e.undone_at is null
  ) o
  join catalog_variant u on u.id = o.variant_id
  where o.variant_id <> d.variant_id and u.shop_id <> v.shop_id order by o.variant_id limit 1
) other on true
join catalog_variant w on w.id = other.variant_id and not (
  d.same and d.variant_id < w.id and exists (
    select from catalog_verdict e
    where e.item_id = d.item_id and e.variant_id = w.id and e.same and e.undone_at is null))
join catalog_product q on q.id = w.product_id
join network_shop r on r.id = w.shop_id
order by d.id
"""
_LAST = (
    "select max(id) from (select id from catalog_verdict where id > %s and undone_at is null "
    "and not (seen ? 'report') order by id limit %s) page"
)
_SIDE = (
    "title", "vendor", "article_code", "code", "sku", "barcode", "size", "colour", "gender", "price_minor", "currency",
    "options",
)  # fmt: skip


def verdict_pairs() -> Iterator[dict[str, Any]]:
    """Yield every standing decision as {"left", "right", "label", "by", "at"}, oldest first, a batch in memory at a time.

    ``label`` is true for the same. Where people confirmed several variants of one item, each is paired with the first of
    them once. Prices are major units of the side's currency.
    """
    last = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_PAIRS, {"after": last, "batch": BATCH})
            rows = cursor.fetchall()
            cursor.execute(_LAST, [last, BATCH])
            (newest,) = cursor.fetchone()
        yield from map(_pair, rows)
        if newest is None:
            return
        last = newest


def _pair(row: tuple[Any, ...]) -> dict[str, Any]:
    _, same, by, at, *sides = row
    half = len(_SIDE)
    return {"left": _side(sides[:half]), "right": _side(sides[half:]), "label": same, "by": by, "at": at}


def _side(values: list[Any]) -> dict[str, Any]:
    side = dict(zip(_SIDE, values, strict=True))
    minor = side.pop("price_minor")
    side["brand"] = side["vendor"]
    side["options"] = json.loads(side["options"])
    side["colour"] = side["colour"].removeprefix("raw:")
    side["article_code"] = side["article_code"] or side.pop("code")
    side.pop("code", None)
    return side | {"price": major(minor, side["currency"])}
