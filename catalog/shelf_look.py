"""Looking before writing: a shelf that may show another figure than we left is read, and what it shows is believed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import transaction

from catalog.models import Placement
from catalog.shelf_calls import Row
from catalog.stocktake import apply_levels
from network.connectors.base import RemoteLevel
from network.models import Shop
from skuu.kit.clock import shared_now

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Seen:
    available: int
    is_active: bool


def believe_levels(shop: Any, asked: Sequence[Row], levels: Sequence[RemoteLevel]) -> None:
    """Take over what a shelf was just seen to show; fewer units than we left are a sale whose order we have not seen.

    *Locks* the placements. A placement that was doubted anew meanwhile is left to the next look. *Again*: no change.
    """
    apply_levels(shop, [level for level in levels if level.location_id != shop.shelf_location_id])
    shown = {
        level.inventory_item_id: _Seen(level.available, level.is_active)
        for level in levels
        if level.location_id == shop.shelf_location_id
    }
    doubts = {one.pk: (one.doubted_at, one.push_key) for one in asked}
    missing = False
    with transaction.atomic():
        rows = Placement.objects.select_for_update(of=("self",)).filter(pk__in=doubts).select_related("inventory_item")
        for row in rows.order_by("shop_id", "inventory_item_id"):
            if (row.doubted_at, row.push_key) == doubts[row.pk]:
                missing = _believe(row, shown.get(row.inventory_item.remote_id)) or missing
        if missing:
            Shop.objects.filter(pk=shop.pk).update(orders_read_due_at=shared_now())
            log.info("shelf_sale_suspected", shop=shop.domain)


def _believe(row: Placement, seen: _Seen | None) -> bool:
    """Take over what was seen; says whether units are missing that no order has explained."""
    left = row.pushed if row.pushed is not None else 0
    missing = 0
    if seen and seen.is_active:
        # a write whose answer was lost may have happened or not: only its own figure is beyond doubt
        lost = row.pushing if row.push_key and row.pushing is not None else left
        missing = 0 if seen.available == lost else max(max(left, lost) - seen.available, 0)
        row.unseen_units += max(left - seen.available, 0) if missing else 0
    row.activated = bool(seen and seen.is_active)
    row.pushed = seen.available if seen and seen.is_active else None
    row.doubted_at, row.push_key, row.pushing = None, "", None
    now = shared_now()
    if missing:
        row.suspected_at = now
    row.next_attempt_at = now
    row.save(
        update_fields=[
            "activated",
            "pushed",
            "doubted_at",
            "push_key",
            "pushing",
            "unseen_units",
            "suspected_at",
            "next_attempt_at",
        ]
    )
    return bool(missing)
