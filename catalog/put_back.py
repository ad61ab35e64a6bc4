"""Goods that come back to the shop they left: its figure rises because of us, and that rise proves nothing else."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from django.db import connection

from catalog.mark import mark_inventory
from catalog.models import StockLevel
from catalog.stocktake import confirm_soon

# several levels are locked in the order of their ids, as everybody does
_LOCKED = """(
  select k.id, u.units from unnest(%s::bigint[], %s::int[]) as u (id, units) join catalog_stocklevel k on k.id = u.id
  order by k.id for no key update of k)"""
_EXPECT = f"""
update catalog_stocklevel l set coming_back = l.coming_back + w.units
from {_LOCKED} w where l.id = w.id
"""  # noqa: S608 - words of our own
_EXPECT_NO_LONGER = f"""
update catalog_stocklevel l set coming_back = greatest(l.coming_back - w.units, 0)
from {_LOCKED} w where l.id = w.id
"""  # noqa: S608 - words of our own
_COUNT = f"""
update catalog_stocklevel l set available = l.available + w.units
from {_LOCKED} w where l.id = w.id returning l.inventory_item_id
"""  # noqa: S608 - words of our own


def expect_units(units: Mapping[int, int]) -> None:
    """Say, before they are added at the shop, that units come back to these levels: a figure that rises by them is ours.

    *Locks* the levels. Said twice it counts twice: the caller says it in the transaction that decides to add them.
    """
    levels = sorted(units)
    with connection.cursor() as cursor:
        cursor.execute(_EXPECT, [levels, [units[level] for level in levels]])


def expect_no_longer(units: Iterable[tuple[int, int]]) -> None:
    """Say that units which were to come back to these levels will not: a figure that rises by them is the shop's own word.

    Lock the levels first. Said twice it counts twice, as above.
    """
    total: Counter[int] = Counter()
    for level, each in units:
        total[level] += each
    levels = sorted(total)
    with connection.cursor() as cursor:
        cursor.execute(_EXPECT_NO_LONGER, [levels, [total[level] for level in levels]])


def expecting_levels(most: int) -> dict[int, StockLevel]:
    """Lock up to so many levels to which units are said to come back and of which no read is under way, by id.

    *Locks* them, skipping those that others hold. Call it in a transaction.
    """
    waiting = StockLevel.objects.filter(coming_back__gt=0, confirm_due_at=None).select_related("location__shop")
    rows = waiting.select_for_update(no_key=True, skip_locked=True, of=("self",)).order_by("pk")[:most]
    return {row.pk: row for row in rows}


def expect_nothing(level_ids: Collection[int]) -> None:
    """Say that whatever was to come back to these levels has. Lock them first. *Again*: no change."""
    if level_ids:
        StockLevel.objects.filter(pk__in=level_ids).update(coming_back=0)


def count_units(units: Mapping[int, int]) -> None:
    """Count units that came back to a shop whose figures come by REST: its own figure is raised here and now.

    *Locks* the levels. Said twice it counts twice, as above.
    """
    levels = sorted(units)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [levels, [units[level] for level in levels]])
        mark_inventory({row[0] for row in cursor.fetchall()})


def read_soon(level_ids: list[int]) -> None:
    """Have the figures of levels read where units were just added. *Again*: no change."""
    confirm_soon(level_ids)
