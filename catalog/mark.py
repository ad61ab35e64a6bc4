"""Mark items whose shelves must be decided again; the mark is the record, the bell only saves time.

A mark is always a row of its own, also of an item that is marked already: a sweep that does not yet see the marking
transaction's figures does not see its mark either, and so cannot take it away too early. Nobody waits for anybody.
"""

from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection

from catalog.models import Item
from skuu.kit.jobs import ring

_MARK = """
insert into catalog_itemmark (item_id, at) select id, clock_timestamp() from catalog_item where id {}
"""


def mark_items(item_ids: Collection[int]) -> int:
    """Mark these items and ring once the surrounding transaction has committed; returns how many there are.

    *Again*: they are decided once for all marks that are found together.
    """
    return _mark("= any(%s)", sorted(item_ids)) if item_ids else 0


def mark_inventory(inventory_item_ids: Collection[int]) -> int:
    """Mark the items that variants with these inventory items stand for."""
    if not inventory_item_ids:
        return 0
    linked = (
        "in (select m.item_id from catalog_match m join catalog_variant v on v.id = m.variant_id "
        "where v.inventory_item_id = any(%s) and m.status = 'linked')"
    )
    return _mark(linked, sorted(inventory_item_ids))


def mark_variants(variant_ids: Collection[int]) -> int:
    """Mark the items that these variants stand for."""
    if not variant_ids:
        return 0
    return _mark(
        "in (select item_id from catalog_match where variant_id = any(%s) and status = 'linked')", sorted(variant_ids)
    )


def mark_elsewhere(left: Sequence[tuple[int, int]]) -> int:
    """Mark the items that inventory items stand for now; ``left`` are (inventory item, item) that no longer belong together."""
    now_of = (
        "in (select m.item_id from unnest(%s::bigint[], %s::bigint[]) as l(stock, item) "
        "join catalog_variant v on v.inventory_item_id = l.stock "
        "join catalog_match m on m.variant_id = v.id and m.status = 'linked' and m.item_id <> l.item)"
    )
    return _mark(now_of, *(list(column) for column in zip(*left, strict=True))) if left else 0


def mark_shop(shop: Any) -> int:
    """Mark every item a shop has a part in, as origin or as shipper, and every item that still stands on its shelf."""
    standing = (
        "in (select item_id from catalog_match where shop_id = %s and status = 'linked' "
        "union select item_id from catalog_placement where shop_id = %s)"
    )
    return _mark(standing, shop.pk, shop.pk)


def mark_all(*, batch: int = 10_000) -> int:
    """Mark every item, batch by batch in the order of their ids; returns how many."""
    last = total = 0
    while ids := list(Item.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:batch]):
        total += mark_items(ids)
        last = ids[-1]
    return total


def _mark(which: str, *values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_MARK.format(which), values)
        marked = cursor.rowcount
    if marked:
        ring_distribute()
    return marked


def ring_distribute() -> None:
    """Wake the sweep that decides marked items, once the surrounding transaction has committed."""
    from catalog import tasks

    ring(tasks.distribute)
