"""A shelf line that the selling shop's own stock can fill goes back to a real location of its own before anything is accepted."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import structlog

from catalog.models import StockLevel, Variant
from network.connectors.base import Connector, ConnectorError, RemoteFulfilmentOrder, RemoteOrder
from network.models import Shop
from orders.failpoint import failpoint
from orders.models import OrderToRead
from orders.shelf import ALIVE, ShelfUnits

log = structlog.get_logger(__name__)

TRIES = 6  # a store that cannot be brought to move an order by then keeps it on the shelf
Move = dict[str, Any]  # place: the real location; lines: ids of the order's lines; wanted: units by inventory item


class NotMovedBack(ConnectorError):
    """The store keeps an order at a place that has no unit for it, and refused the way back to the shelf."""

    def __init__(self) -> None:
        super().__init__("The order lies at a place without stock.", retryable=True, code="not_moved_back")


def move_back_what_own_stock_fills(row: OrderToRead, units: Sequence[ShelfUnits], connector: Connector) -> set[str]:
    """Move fulfilment orders that one real location can fill whole back there; returns their ids.

    Our own figures only suggest it; the shop's figures of this moment decide, and those after it: an order whose units
    somebody else took meanwhile returns to the shelf. What is begun is kept with the order to read, so that a worker that
    dies, or an answer that is lost, leaves no order at a place without stock: see settle_moves. *Raises* ConnectorError
    when the store must be asked again; the order is then read once more. *Again*: a moved one is gone from the shelf.
    """
    if row.tries > TRIES:
        return set()
    moved = set()
    for fulfilment_order, lines in _open_ones(units).items():
        wanted = _wanted(row.shop, lines)
        place = "" if "" in wanted else _own_location(row.shop, wanted, connector)
        if not place:
            continue
        move = {"place": place, "lines": [unit.line.id for unit in lines], "wanted": wanted}
        _keep(row, [*row.moves, move])
        if _moves(connector, fulfilment_order, place):
            failpoint("moved_to_own")
            if _stays(row.shop, move, fulfilment_order, connector):
                moved.add(fulfilment_order)
    if row.moves:
        _keep(row, [])
    return moved


def settle_moves(row: OrderToRead, remote: RemoteOrder, connector: Connector) -> bool:
    """End moves that an earlier read began and did not see through; says whether the order must be read anew.

    An order whose units are not at the place it was moved to returns to the shelf. *Raises* NotMovedBack.
    """
    returned = False
    for move in row.moves:
        for answer in remote.fulfilment_orders:
            if _is_of(move, answer) and not _stays(row.shop, move, answer.id, connector):
                returned = True
    if row.moves:
        _keep(row, [])
    return returned


def _keep(row: OrderToRead, moves: list[Move]) -> None:
    """Keep what was begun, while the lease is ours: a slow reader must not wipe out what its successor began."""
    OrderToRead.everyone.filter(pk=row.pk, due_at=row.due_at).update(moves=moves)
    row.moves = moves


def _is_of(move: Move, answer: RemoteFulfilmentOrder) -> bool:
    """Recognise what was moved by place and order lines: ids of fulfilment orders change when orders are edited or merged."""
    waits = answer.status in ALIVE and answer.request_status == "UNSUBMITTED" and answer.location_id == move["place"]
    return waits and any(part.line_id in move["lines"] and part.remaining for part in answer.lines)


def _open_ones(units: Sequence[ShelfUnits]) -> dict[str, list[ShelfUnits]]:
    found: defaultdict[str, list[ShelfUnits]] = defaultdict(list)
    for unit in units:
        if unit.status == "OPEN" and unit.request_status == "UNSUBMITTED":
            found[unit.fulfilment_order_id].append(unit)
    return found


def _wanted(shop: Shop, lines: Sequence[ShelfUnits]) -> dict[str, int]:
    """Count units by inventory item; those of a variant we do not know stand under no name."""
    rows = Variant.everyone.filter(shop=shop, remote_id__in={unit.line.variant_id for unit in lines})
    stock_keys = dict(rows.values_list("remote_id", "inventory_item__remote_id"))
    wanted: dict[str, int] = {}
    for unit in lines:
        key = stock_keys.get(unit.line.variant_id) or ""
        wanted[key] = wanted.get(key, 0) + unit.remaining
    return wanted


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


def _moves(connector: Connector, fulfilment_order: str, place: str) -> bool:
    """Move, or say that the store refuses for good; an answer that may come another time is an error of the read."""
    try:
        return connector.move_to_own(fulfilment_order, place)
    except ConnectorError as error:
        if error.retryable or error.unknown_outcome:
            raise
        log.warning("not_moved_back", fulfilment_order=fulfilment_order, code=error.code)
        return False


def _stays(shop: Shop, move: Move, fulfilment_order: str, connector: Connector) -> bool:
    """Say whether the order may stay where it was moved to; without units there it is given to the shelf again."""
    if _has_units(shop, move["wanted"], move["place"], connector):
        return True
    if not connector.move_to_own(fulfilment_order, shop.shelf_location_id):
        raise NotMovedBack
    return False


def _has_units(shop: Shop, wanted: dict[str, int], place: str, connector: Connector) -> bool:
    """Say whether the units were there indeed: somebody may have bought them, or moved another order there, meanwhile."""
    rows = StockLevel.everyone.filter(location__shop=shop, location__remote_id=place)
    kept = dict(rows.filter(inventory_item__remote_id__in=wanted).values_list("inventory_item__remote_id", "claimed"))
    levels = [level for level in connector.read_levels(list(wanted)) if level.location_id == place]
    return all(level.available >= kept.get(level.inventory_item_id, 0) for level in levels)
