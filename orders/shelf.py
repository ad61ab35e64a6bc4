"""What an order, as its shop shows it, asks of the shelf."""

from collections import defaultdict
from dataclasses import dataclass

from network.connectors.base import RemoteFulfilmentOrder, RemoteOrder, RemoteOrderLine

ALIVE = {"OPEN", "IN_PROGRESS", "ON_HOLD", "SCHEDULED"}


@dataclass(frozen=True, slots=True)
class ShelfUnits:
    """What one order line still asks of the shelf, and which fulfilment order says so."""

    line: RemoteOrderLine
    remaining: int
    fulfilment_order_id: str
    fulfilment_order_line_id: str
    status: str
    request_status: str


def shelf_units(remote: RemoteOrder, shelf_location_id: str) -> list[ShelfUnits]:
    """Pick the order lines that stand on the shelf, each once, with the units still to be sent from there."""
    lines = {line.id: line for line in remote.lines}
    found: defaultdict[str, list[tuple[RemoteFulfilmentOrder, str, int]]] = defaultdict(list)
    for answer in remote.fulfilment_orders:
        if not shelf_location_id or answer.location_id != shelf_location_id:
            continue
        for part in answer.lines:
            if part.line_id in lines and lines[part.line_id].requires_shipping:
                found[part.line_id].append((answer, part.id, part.remaining if answer.status in ALIVE else 0))
    units = []
    for line_id, parts in found.items():
        answer, part_id, _ = max(parts, key=lambda part: (part[2], part[0].id))
        remaining = sum(part[2] for part in parts)
        units.append(ShelfUnits(lines[line_id], remaining, answer.id, part_id, answer.status, answer.request_status))
    return units
