"""Units that came back as new: into the figure of whoever got them, once, and never onto a shelf."""

from collections.abc import Mapping, Sequence

import structlog
from django.utils import timezone

from catalog.put_back import count_units, expect_units, read_soon
from network.connectors.base import ConnectorError, connector_for
from network.models import Shop
from network.notify import give_notice
from orders.bells import wake
from orders.leases import held, later, take
from orders.models import Return, ReturnLine

log = structlog.get_logger(__name__)


def receiver_of(row: Return) -> Shop:
    """Name the shop that gets the goods of a return."""
    if row.receiver:
        return row.receiver
    return row.internal_order.order.shop if row.destination == "origin" else row.internal_order.shipper


def keep_terms(row: Return, levels: Mapping[int, int], prices: Mapping[int, int]) -> None:
    """Note by internal line where a taker will have the goods in stock and what a unit costs it; call it where the return is written."""
    lines = list(row.lines.filter(line__in=levels))
    for line in lines:
        line.restock_level_id, line.takeover_minor = levels[line.line_id], prices[line.line_id]
    ReturnLine.everyone.bulk_update(lines, ["restock_level", "takeover_minor"])


def is_written(row: Return) -> bool:
    """Say whether the store of whoever got the goods is to be written; what a selling shop keeps, it counts itself."""
    if row.destination == "shipper":
        return bool(row.internal_order.remote_id)
    return row.destination == "taker" and bool(row.receiver and connector_for(row.receiver).can_push_shelf)


def put_back(row: Return, lines: Sequence[ReturnLine]) -> None:
    """Tell the stock of units as new: a store is written by a sweep, a REST shop's figure is raised here and now."""
    if row.destination == "origin":
        return  # a selling shop's own figures are its own
    units: dict[int, int] = {}
    for line in lines:
        if line.as_new:
            level = line.restock_level_id or line.line.claim.level_id
            units[level] = units.get(level, 0) + line.as_new
    if not units:
        return
    if is_written(row):
        expect_units(units)
        wake("restock_returns")
    else:
        count_units(units)
        ReturnLine.everyone.filter(row=row, as_new__gt=0).update(restocked_at=timezone.now())


def restock_due() -> int:
    """Add units that came back as new at the stores of whoever got them, each once by its key; returns how many it took up.

    *Again*: the platform recognises the key, no unit is added twice.
    """
    rows = ReturnLine.everyone.select_related(
        "row__internal_order__shipper",
        "row__receiver",
        "line__claim__level__location",
        "line__claim__level__inventory_item",
        "restock_level__location",
        "restock_level__inventory_item",
    ).filter(restock_due_at__isnull=False)
    taken = take(rows, "restock_due_at", tries="tries")
    for line in held(taken, "restock_due_at"):
        level, shop = line.restock_level or line.line.claim.level, receiver_of(line.row)
        this = ReturnLine.everyone.filter(pk=line.pk)
        try:
            connector_for(shop).restock(
                level.inventory_item.remote_id, level.location.remote_id, line.as_new, key=f"return-line-{line.pk}"
            )
        except ConnectorError as error:
            log.warning("units_not_restocked", row=line.row.number, code=error.code)
            again = later(line.tries, error.retry_after) if error.retryable or line.tries < 5 else None
            this.update(restock_due_at=again, error=str(error)[:2000])
            if again is None:
                _tell_not_restocked(line, shop)
            continue
        this.update(restock_due_at=None, restocked_at=timezone.now(), error="")
        read_soon([level.pk])
    return len(taken)


def _tell_not_restocked(line: ReturnLine, shop: Shop) -> None:
    give_notice(
        shop,
        "not_restocked",
        key=f"not_restocked:{line.pk}",
        subject=f"{line.row.number}: add {line.as_new} units to your stock yourself",
        body=f"Your store did not let us add them: {line.error}",
        link=f"/returns/{line.row.number}/",
    )
