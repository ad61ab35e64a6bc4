"""What is told of a shelf while somebody else writes to its rows: noted beside them, and taken in before anything is pushed.

Whoever tells holds an order and units of a shipper; a batch that decides a thousand items holds their placements until it has
committed. So nobody who tells waits: what cannot be written down at once becomes a row, as if it had been heard a moment later.
"""

from collections.abc import Collection
from typing import Any

from django.db import connection

BATCH = 1_000

_TAKEN_IN = """
  pushed = p.pushed - greatest(g.units - p.unseen_units, 0), unseen_units = p.unseen_units - least(p.unseen_units, g.units),
  doubted_at = clock_timestamp(), next_attempt_at = clock_timestamp()
"""
# free are the rows that nobody holds, as they are now; a row that was never written to has nothing to be told
_TELL = f"""
with here as (
  select p.id from catalog_placement p
  where p.shop_id = %(shop)s and p.inventory_item_id = any(%(items)s) and p.pushed is not null
), free as (
  select q.id from catalog_placement q where q.id in (select id from here) order by q.shop_id, q.inventory_item_id
  for no key update of q skip locked
), told as (
  update catalog_placement p set {_TAKEN_IN} from (select id, %(units)s as units from free) g where p.id = g.id
)
insert into catalog_shelfnote (placement_id, units, at)
select id, %(units)s, clock_timestamp() from here where id not in (select id from free)
"""  # noqa: S608 - the parts are above
_TAKE_IN = f"""
with due as materialized (
  select id, placement_id, units from catalog_shelfnote order by id limit %(batch)s for update skip locked
), free as materialized (
  select q.id from catalog_placement q where q.id in (select placement_id from due) order by q.shop_id, q.inventory_item_id
  for no key update of q skip locked
), gone as (
  delete from catalog_shelfnote n using due d where n.id = d.id
    and (d.placement_id in (select id from free) or not exists (select from catalog_placement p where p.id = d.placement_id))
  returning d.placement_id, d.units
), told as (
  update catalog_placement p set {_TAKEN_IN}
  from (select placement_id as id, sum(units)::int as units from gone group by placement_id) g
  where p.id = g.id and p.pushed is not null
)
select count(*) from gone
"""  # noqa: S608


def tell_placements(shop_id: int, inventory_item_ids: Collection[int], units: int) -> None:
    """Take units sold off what we believe these shelves show, and have them looked at; 0 units: only looked at.

    *Locks* the placements that nobody holds; for the others the units are noted. Each call counts.
    """
    if not inventory_item_ids:
        return
    values: dict[str, Any] = {"shop": shop_id, "items": sorted(inventory_item_ids), "units": units}
    with connection.cursor() as cursor:
        cursor.execute(_TELL, values)


def take_in_notes() -> int:
    """Take in what was noted of shelves that somebody was writing to; returns how many notes.

    One statement: a note goes with what it says. *Locks* notes and placements, skipping those that others hold. *Again*: no change.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_IN, {"batch": BATCH})
        taken: int = cursor.fetchone()[0]
    return taken
