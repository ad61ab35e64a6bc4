"""Decide what stands on every shelf: gaps of one shop filled from what others can give, each figure with its reason.

Marked items are decided again in batches; their marks are taken away in the transaction that writes the placements. The lock
on an item keeps others from deciding it meanwhile, and nothing else: claims and figures go on and add marks. Deciding is one
statement for one item and for a million (catalog.shelf_sql); what it answers are the placements that must change.
"""

import json
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from catalog.distributing import RULE_VERSION
from catalog.distributing.bits import say_hindrances, say_refusals
from catalog.distributing.explain import GONE, NOBODY, say_not_live, say_own_stock, say_placement
from catalog.explain_shelf import explain_absence
from catalog.goods import lower_vat
from catalog.mark import mark_elsewhere, ring_distribute
from catalog.market import standing_on
from catalog.models import Item, Match, Placement
from catalog.prepared import run_prepared
from catalog.reach import measure_ways, notice_changes
from catalog.shelf_sql import changes_of

__all__ = ["distribute_all", "distribute_due", "distribute_items", "explain_absence", "notice_changes"]

BATCH = 1_000
MARKS = 5 * BATCH  # looked at for one batch: a hot item has many, and others take what one has locked
ITEMS_AT_ONCE = 25_000
FEW = 40  # so many items are decided by a plan that is kept; more are worth a plan of their own
COPIED_FROM = 500  # rows from which copying beats one statement with arrays


def distribute_due() -> int:
    """Decide the next batch of marked items again; returns how many there were.

    When none is left, shops that changed are looked for, and their number is returned: their items are marked then.
    *Locks* the items it takes, skipping those that somebody else is changing or deciding. *Again*: nothing is marked.
    """
    with transaction.atomic():
        ids = _take_marked()
        if not ids:
            return notice_changes()
        distribute_items(ids)
    if len(ids) < BATCH and _marked_meanwhile(ids):
        ring_distribute()  # another sweep may have come for it and passed, because the item was locked
    return len(ids)


# the marks that are seen are those whose figures the next statement sees; others stay
_TAKE = """
with due as materialized (
  select item_id, min(id) as since from (select id, item_id from catalog_itemmark order by id limit $1) oldest
  group by item_id
), taken as materialized (
  select i.id from due d join catalog_item i on i.id = d.item_id order by d.since limit $2 for no key update of i skip locked
), gone as (
  delete from catalog_itemmark where item_id = any(array(select id from taken))
)
select id from taken
"""


def _take_marked() -> list[int]:
    """Lock the items that have been marked longest, and take their marks away."""
    return [row[0] for row in run_prepared(_TAKE, ("int", "int"), (MARKS, BATCH))]


def _marked_meanwhile(ids: list[int]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select exists (select from catalog_itemmark where item_id = any(%s))", [ids])
        return bool(cursor.fetchone()[0])


def distribute_items(item_ids: Collection[int]) -> int:
    """Decide the placements of these items in all shops; returns how many changed. Pushing is another sweep's work.

    Three statements for any number of items. *Again*: no change.
    """
    ids = sorted(item_ids)
    if not ids:
        return 0
    with transaction.atomic():
        return _write(_decide_these(ids))


def distribute_all(shop: Any = None, *, batch: int = ITEMS_AT_ONCE) -> int:
    """Decide every item again, or every item of one shop, batch by batch in the order of their ids; returns how many items.

    Each batch is a transaction of its own; killed in between, the rest is decided by the next run. *Locks* a batch's items.
    """
    last = total = 0
    while True:
        with transaction.atomic():
            last, count = _decide_next(last, batch) if shop is None else _decide_next_of(shop, last, batch)
        if not count:
            return total
        total += count


# the ids stay where they are: a batch is named by its ends
_NEXT = """
with batch as materialized (select id from catalog_item where id > %s order by id limit %s for no key update)
select min(id), max(id), count(*) from batch
"""


def _decide_next(last: int, most: int) -> tuple[int, int]:
    """Lock and decide the next items of all; returns the last one and how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [last, most])
        first, end, count = cursor.fetchone()
    if count:
        _write(_decide_between(first, end))
    return end, count


def _decide_next_of(shop: Any, last: int, most: int) -> tuple[int, int]:
    """Lock and decide the next items that a shop has a part in."""
    linked = Match.objects.filter(shop=shop, item=OuterRef("pk"), status="linked")
    standing = Placement.objects.filter(shop=shop, item=OuterRef("pk"))
    items = Item.objects.filter(Exists(linked) | Exists(standing), pk__gt=last).order_by("pk")
    ids = list(items.select_for_update(no_key=True).values_list("pk", flat=True)[:most])
    if ids:
        _write(_decide_these(ids))
    return (ids[-1] if ids else last), len(ids)


# --- deciding ---------------------------------------------------------------------------------------------------------
Row = tuple[Any, ...]  # as catalog.shelf_sql selects it
(_SHOP, _STOCK, _VARIANT, _ITEM, _WANTED, _FACTS, _STATUS, _UNITS, _SUPPLY, _CAP) = range(10)
(_PARTNERS, _OWN, _GAP, _HINDERED, _REFUSED, _VAT, _UNKNOWN) = range(10, 17)


def _decide_these(ids: list[int]) -> list[Row]:
    today, ruled = timezone.localdate(), _any_rule()
    lower = lower_vat(today)
    if len(ids) <= FEW:
        sql = _small(ruled, lower)
        return _known(lambda: run_prepared(sql, ("bigint[]", "date"), (ids, today)))
    sql = changes_of(
        "m.item_id = any(%(ids)s)", "p.item_id = any(%(ids)s)", "%(today)s::date", ruled=ruled, lower=lower
    )
    return _known(lambda: _run(sql, {"ids": ids, "today": today}, _FOUND_ONE_BY_ONE))


def _decide_between(first: int, last: int) -> list[Row]:
    between, today = "item_id between %(first)s and %(last)s", timezone.localdate()
    sql = changes_of(f"m.{between}", f"p.{between}", "%(today)s::date", ruled=_any_rule(), lower=lower_vat(today))
    values = {"first": first, "last": last, "today": today}
    return _known(lambda: _run(sql, values, _HELD_AT_ONCE))


@lru_cache(maxsize=4)
def _small(ruled: bool, lower: str) -> str:
    return changes_of("m.item_id = any($1)", "p.item_id = any($1)", "$2", ruled=ruled, lower=lower)


def _any_rule() -> bool:
    return standing_on(timezone.localdate()).exists()


# rows of some items are found one by one, not by reading whole tables; of a slice, where that is less than all there is.
# A slice is held in memory once, at night or on a command
_FOUND_ONE_BY_ONE = "set local random_page_cost = 1.1; "
_HELD_AT_ONCE = "set local random_page_cost = 2; set local work_mem = '128MB'; "


def _run(sql: str, values: dict[str, Any], settings: str) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(settings + sql, values)
        while cursor.nextset():  # the settings answer first, and nothing
            pass
        return cursor.fetchall()


def _known(ask: Any) -> list[Row]:
    """Ask, and ask again after measuring the ways that nobody had measured yet."""
    rows: list[Row] = ask()
    unknown = {row[_SHOP] for row in rows if row[_UNKNOWN]}
    if not unknown:
        return rows
    measure_ways(unknown)
    rows = ask()
    return [row for row in rows if not row[_UNKNOWN]]


# --- saying and writing -----------------------------------------------------------------------------------------------
def _say(row: Row) -> list[str]:
    """Put a decision into words."""
    if row[_STATUS] != "live":
        return [say_not_live(row[_STATUS], row[_UNITS])]
    if row[_WANTED]:
        return say_placement(row[_WANTED], row[_SUPPLY], row[_CAP], row[_PARTNERS], int(row[_OWN]), row[_GAP])
    if row[_HINDERED]:
        return say_hindrances(row[_HINDERED], say_own_stock(int(row[_OWN]), row[_GAP]))
    return say_refusals(row[_REFUSED], row[_VAT]) or [NOBODY]


@lru_cache(maxsize=10_000)
def _said(*figures: Any) -> str:
    return json.dumps(_say((None,) * 4 + (figures[0], None, *figures[1:])), ensure_ascii=False)


def _reason(row: Row) -> str:
    """Write the reason as it is stored: sentences, figures, shippers, rule version."""
    if row[_FACTS] is None:
        return json.dumps({"text": [GONE], "shippers": [], "gone": True})
    text = _said(row[_WANTED], *row[_STATUS:_UNKNOWN])
    return f'{{"text": {text}, {row[_FACTS][1:]}'


_SET = """
insert into catalog_placement as p (shop_id, inventory_item_id, variant_id, item_id, wanted, reason, rule_version, decided_at,
  activated, push_key, unseen_units, tries, next_attempt_at, error)
select n.*, {version}, now(), false, '', 0, 0, now(), '' from {rows} as n
on conflict (shop_id, inventory_item_id) do update set variant_id = excluded.variant_id, item_id = excluded.item_id,
  wanted = excluded.wanted, reason = excluded.reason, rule_version = excluded.rule_version, decided_at = excluded.decided_at
"""
_FIELDS = "shop_id bigint, inventory_item_id bigint, variant_id bigint, item_id bigint, wanted int, reason jsonb"


def _write(rows: Sequence[Row]) -> int:
    """Write the placements that changed, in one order, and wake the push."""
    if not rows:
        return 0
    ordered = [(*row[: _WANTED + 1], _reason(row)) for row in sorted(rows, key=lambda row: row[:2])]
    with connection.cursor() as cursor:
        if len(ordered) < COPIED_FROM:
            arrays = "unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::int[], %s::jsonb[])"
            cursor.execute(
                _SET.format(rows=arrays, version=RULE_VERSION), [list(column) for column in zip(*ordered, strict=True)]
            )
        else:
            cursor.execute(f"create temp table decided_placement ({_FIELDS}) on commit drop")
            with cursor.copy("copy decided_placement from stdin") as copying:
                for row in ordered:
                    copying.write_row(row)
            cursor.execute(_SET.format(rows="decided_placement", version=RULE_VERSION))
            cursor.execute("drop table decided_placement")
    # what is another item's now may have been decided by a sweep that still saw it here, or overwritten by this one
    if gone := [(row[_STOCK], row[_ITEM]) for row in rows if row[_FACTS] is None]:
        mark_elsewhere(gone)
    _ring_push()
    return len(ordered)


def _ring_push() -> None:
    from catalog import tasks
    from skuu.kit.jobs import ring

    ring(tasks.push)
