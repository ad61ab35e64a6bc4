"""A shelf line that the selling shop's own stock can fill goes back to a real location of its own before anything is accepted."""

from collections import defaultdict
from collections.abc import Sequence

import structlog

from catalog.models import StockLevel, Variant
from network.connectors.base import Connector, ConnectorError
from network.models import Shop
from orders.shelf import ShelfUnits

log = structlog.get_logger(__name__)


def move_back_what_own_stock_fills(shop: Shop, units: Sequence[ShelfUnits], connector: Connector) -> set[str]:
    """Move fulfilment orders that one real location can fill whole back there; returns their ids.

    Our own figures only suggest it; the shop's figures of this moment decide, and those after it: an order whose units
    somebody else took meanwhile returns to the shelf. *Again*: a moved one is gone from the shelf.
    """
    needs: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for unit in units:
        if unit.status == "OPEN" and unit.request_status == "UNSUBMITTED":
            needs[unit.fulfilment_order_id][unit.line.variant_id] += unit.remaining
    stock_keys = _stock_keys(shop, {variant for wanted in needs.values() for variant in wanted})
    moved = set()
    for answer_id, by_variant in needs.items():
        wanted: defaultdict[str, int] = defaultdict(int)
        for variant, remaining in by_variant.items():
            wanted[stock_keys.get(variant, "")] += remaining
        location = "" if "" in wanted else _own_location(shop, wanted, connector)
        if location and _move(connector, answer_id, location):
            if _has_units(shop, wanted, location, connector) or not _move(connector, answer_id, shop.shelf_location_id):
                moved.add(answer_id)
    return moved


def _has_units(shop: Shop, wanted: dict[str, int], location: str, connector: Connector) -> bool:
    """Say whether the units were there indeed: somebody may have bought them, or moved another order there, meanwhile."""
    rows = StockLevel.everyone.filter(location__shop=shop, location__remote_id=location)
    kept = dict(rows.filter(inventory_item__remote_id__in=wanted).values_list("inventory_item__remote_id", "claimed"))
    levels = [level for level in connector.read_levels(list(wanted)) if level.location_id == location]
    return all(level.available >= kept.get(level.inventory_item_id, 0) for level in levels)


def _move(connector: Connector, answer_id: str, location: str) -> bool:
    try:
        return connector.move_to_own(answer_id, location)
    except ConnectorError as error:
        log.warning("not_moved_back", fulfilment_order=answer_id, code=error.code)
        return False


def _stock_keys(shop: Shop, variant_ids: set[str]) -> dict[str, str]:
    rows = Variant.everyone.filter(shop=shop, remote_id__in=variant_ids)
    return dict(rows.values_list("remote_id", "inventory_item__remote_id"))


def _own_location(shop: Shop, wanted: dict[str, int], connector: Connector) -> str:
    rows = StockLevel.everyone.filter(
        location__shop=shop, location__is_active=True, is_active=True, inventory_item__remote_id__in=wanted
    )
    columns = ("location__remote_id", "inventory_item__remote_id", "available", "claimed", "phantom")
    held = {
        (place, item): (available, claimed + phantom)
        for place, item, available, claimed, phantom in rows.values_list(*columns)
    }
    if not _filled(wanted, {key: available - kept for key, (available, kept) in held.items()}):
        return ""
    fresh = {
        (level.location_id, level.inventory_item_id): level.available for level in connector.read_levels(list(wanted))
    }
    return _filled(wanted, {key: fresh.get(key, 0) - kept for key, (_, kept) in held.items()})


def _filled(wanted: dict[str, int], free: dict[tuple[str, str], int]) -> str:
    places = sorted({place for place, _ in free})
    for place in places:
        if all(free.get((place, item), 0) >= units for item, units in wanted.items()):
            return place
    return ""
