"""Fewer units of a sale that its shop told us itself: called back from the partners, as far as they have not shipped."""

from collections.abc import Sequence

from django.db import transaction

from network.models import Shop
from orders.cancel import change_quantity
from orders.lines import Cover, cover_of, tell_shelf
from orders.locking import lock_order
from orders.models import Order, OrderLine
from orders.sell import CALLED_OFF, OVER, AlreadyShipped, time_under_lock
from skuu.kit.errors import NotFound, NotPossible


class NoSuchLine(NotPossible):
    """The sale has no such line; nothing is called off."""

    code = "unknown_line"


class MoreThanSold(NotPossible):
    """Units can be called off only; what is sold in addition is another sale."""

    code = "more_than_sold"


def call_off_units(shop: Shop, reference: str, kept: Sequence[tuple[str, int]], *, by: str) -> Order:
    """Lower what a sale asks for: ``kept`` are (line id, units that the customer still wants); other lines stay as they are.

    What partners have beyond that and have not shipped is called back from them; the rest is routed anew. A sale of which
    nothing is kept is cancelled. *Locks* the order, its lines, internal orders, then stock levels. *Again*: no change.
    *Raises* NotFound, NoSuchLine, MoreThanSold, AlreadyShipped; then nothing is called off.
    """
    with transaction.atomic():
        row = Order.everyone.filter(shop=shop, remote_id=reference).first()
        if row is None:
            raise NotFound("There is no such order.")
        order = lock_order(row.pk)
        rows = order.lines.select_for_update(of=("self",)).select_related("variant", "order__shop").order_by("pk")
        lines = {line.remote_id: line for line in rows.filter(exchange_of=None)}
        _refuse(reference, lines, kept)
        fewer = [(lines[key], units) for key, units in kept if units != lines[key].quantity]
        for line, units in fewer:
            reason = f"{CALLED_OFF} {line.quantity - units} of {line.quantity}."
            change_quantity(line, units, by=by, reason=reason)
            line.changes.create(from_status=line.status, to_status=line.status, by=by, reason=reason)
        for line in sorted((line for line, _ in fewer), key=lambda line: line.variant.inventory_item_id):
            tell_shelf(line)  # after every claim is given back: levels are locked before shelves
        if fewer:
            _write_down(order, list(lines.values()))
    return order


def _refuse(reference: str, lines: dict[str, OrderLine], kept: Sequence[tuple[str, int]]) -> None:
    unknown = sorted({key for key, _ in kept if key not in lines})
    if unknown or len({key for key, _ in kept}) < len(kept):
        raise NoSuchLine(f"{reference} has no line {unknown[0]}." if unknown else "Name each line once.", lines=unknown)
    covers = cover_of(line.pk for line in lines.values())
    for key, units in kept:
        line = lines[key]
        if units > line.quantity:
            raise MoreThanSold(f"Line {key} asks for {line.quantity}; tell more units as another sale.", line=key)
        shipped = line.quantity if line.status in OVER else covers.get(line.pk, Cover()).shipped
        if units < shipped:
            said = f"{shipped} of line {key} have shipped already; let the customer send them back."
            raise AlreadyShipped(said, line=key, shipped=shipped)


def _write_down(order: Order, lines: Sequence[OrderLine]) -> None:
    now = time_under_lock(order)
    order.read_at = now
    if not any(line.quantity for line in lines):
        order.cancelled_at = now
    order.save(update_fields=["read_at", "cancelled_at"])
