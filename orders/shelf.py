"""What an order, as its shop shows it, asks of the shelf."""

from collections import defaultdict
from dataclasses import dataclass

from network.connectors.base import RemoteFulfilmentLine, RemoteFulfilmentOrder, RemoteOrder, RemoteOrderLine

CLOSED_BY_US = "INCOMPLETE"  # what closing an accepted request leaves behind
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
    left_open: int = 0  # units of requests the network closed, which the shop has neither refunded nor sourced yet


def shelf_units(remote: RemoteOrder, shelf_location_id: str) -> list[ShelfUnits]:
    """Pick the order lines that stand on the shelf, each once, with the units still to be sent from there."""
    lines = {line.id: line for line in remote.lines}
    found: defaultdict[str, list[tuple[RemoteFulfilmentOrder, str, int]]] = defaultdict(list)
    closed_parts: defaultdict[str, list[RemoteFulfilmentLine]] = defaultdict(list)
    for answer in remote.fulfilment_orders:
        if not shelf_location_id or answer.location_id != shelf_location_id:
            continue
        for part in answer.lines:
            if part.line_id in lines and lines[part.line_id].requires_shipping:
                if answer.status == CLOSED_BY_US:
                    closed_parts[part.line_id].append(part)
                found[part.line_id].append((answer, part.id, part.remaining if answer.status in ALIVE else 0))
    units = []
    for line_id, parts in found.items():
        answer, part_id, _ = max(parts, key=lambda part: (part[2], part[0].id))
        remaining = sum(part[2] for part in parts)
        closed = sum(part.remaining for part in closed_parts.get(line_id, []))
        left_open = min(closed, lines[line_id].quantity)
        asked = (answer.status, answer.request_status)
        units.append(ShelfUnits(lines[line_id], remaining, answer.id, part_id, *asked, left_open))
    return units
