"""Writing an order as it was read: lines on the shelf enter once, later reads change figures, never identities."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict

from django.db import transaction
from django.utils import timezone

from catalog.models import Variant
from catalog.push import doubt_shelf
from network.connectors.base import RemoteAddress, RemoteOrder
from network.models import Shop
from orders.ask import ask_shippers
from orders.bells import wake
from orders.cancel import change_quantity
from orders.hand_back import hand_back_line
from orders.lines import cover_of, mirrored_units, settle_lines, tell_shelf
from orders.locking import lock_order
from orders.models import Order, OrderLine
from orders.parcels import deliver_lines
from orders.shelf import ShelfUnits
from skuu.kit.errors import NotPossible
from skuu.kit.states import move

ASKED_BACK = ("waiting", "held", "routed")
SENT = ("shipped", "delivered", "returned")
TEST_REASON = "A test order: nothing is claimed and nothing is placed."
ERASED_REASON = "It was paid after the customer’s address had been erased here, so no partner can send it."


class VariantUnknown(NotPossible):
    """A line on the shelf names a variant that sync has not read yet; the order is read again later."""

    code = "variant_unknown"


def enter_order(
    shop: Shop, remote: RemoteOrder, units: Sequence[ShelfUnits], address: RemoteAddress | None, began: dt.datetime
) -> Order:
    """Write an order and its shelf lines as read at ``began`` (our clock).

    *Locks* the order. *Again*: a line is entered once by its id; a read that began before the last one applied changes
    nothing. *Raises* VariantUnknown after entering all other lines.
    """
    with transaction.atomic():
        row, _ = Order.everyone.get_or_create(
            shop=shop,
            remote_id=remote.id,
            defaults={"name": remote.name, "currency": remote.currency, "placed_at": remote.created_at},
        )
        order = lock_order(row.pk)
        if order.read_at and order.read_at > began:
            return order
        _write_order(order, remote, address, began)
        unknown = _write_lines(order, remote, units, began)
        _wake_held(order)
    if unknown:
        wake("route_orders")
        raise VariantUnknown(f"{order.name}: sync has not read variant {', '.join(unknown)} yet.")
    return order


def _write_order(order: Order, remote: RemoteOrder, address: RemoteAddress | None, began: dt.datetime) -> None:
    now = timezone.now()
    order.name, order.financial_status = remote.name, remote.financial_status
    order.refunded_minor = remote.refunded_minor
    order.is_test, order.cancelled_at = remote.test, remote.cancelled_at
    order.is_held = remote.on_hold or remote.high_risk
    order.held_reason = "The shop put it on hold." if remote.on_hold else "High fraud risk." if remote.high_risk else ""
    order.locale = remote.locale[:12] or order.locale
    was_paid = order.paid_at
    order.paid_at = (was_paid or now) if remote.fully_paid else None
    order.remote_updated_at, order.read_at = remote.updated_at, began
    if address is not None and order.address_erased_at is None:  # what was erased stays so, whatever is read later
        order.destination = asdict(address)
        order.country = address.country
    order.save()
    if order.paid_at and not was_paid:
        ask_shippers(order)
        wake("place_orders")


def _write_lines(order: Order, remote: RemoteOrder, units: Sequence[ShelfUnits], began: dt.datetime) -> list[str]:
    rows = order.lines.select_for_update(of=("self",)).select_related("variant", "order__shop").order_by("pk")
    rows = rows.filter(exchange_of=None)  # the shop's own order knows nothing of what is given in exchange
    known = {line.remote_id: line for line in rows}
    fresh = [unit for unit in units if unit.line.id not in known and unit.remaining and not remote.cancelled_at]
    unknown = _add_lines(order, remote, fresh)
    _update_lines(order, list(known.values()), {unit.line.id: unit for unit in units}, began)
    return unknown


def _add_lines(order: Order, remote: RemoteOrder, fresh: Sequence[ShelfUnits]) -> list[str]:
    ids = {unit.line.variant_id for unit in fresh}
    variants = {
        variant.remote_id: variant
        for variant in Variant.everyone.select_related("inventory_item").filter(shop=order.shop, remote_id__in=ids)
    }
    for unit in fresh:
        variant = variants.get(unit.line.variant_id)
        if variant is None:
            continue
        line = OrderLine.everyone.create(
            order=order,
            remote_id=unit.line.id,
            variant=variant,
            title=unit.line.title[:400],
            sku=unit.line.sku[:255],
            quantity=unit.remaining,
            unit_price_minor=unit.line.unit_price_minor,
            taxes_included=remote.taxes_included,
            fulfilment_order_id=unit.fulfilment_order_id,
            fulfilment_order_line_id=unit.fulfilment_order_line_id,
            status="held" if order.is_test else "waiting",
            status_reason=TEST_REASON if order.is_test else "",
            route_due_at=None if order.is_test else timezone.now(),
        )
        line.changes.create(from_status="", to_status=line.status, by="network", reason="seen in the shop")
        if order.is_test:
            tell_shelf(line)
    return sorted(ids - variants.keys())


def _update_lines(order: Order, lines: list[OrderLine], units: dict[str, ShelfUnits], began: dt.datetime) -> None:
    covers, mirrored = cover_of(line.pk for line in lines), mirrored_units(line.pk for line in lines)
    asked: dict[int, int] = {}
    for line in lines:
        unit = units.get(line.remote_id)
        if unit and unit.remaining:
            _follow_fulfilment_order(line, unit)
        remaining = 0 if unit is None or order.cancelled_at else unit.remaining
        cover = covers.get(line.pk)
        shipped = cover.shipped if cover else 0
        asked[line.pk] = remaining + mirrored.get(line.pk, 0)
        if unit and unit.request_status == "CANCELLATION_REQUESTED" and line.status in ASKED_BACK:
            _give_back(line, shipped)
        else:
            _adjust(line, unit, remaining, mirrored.get(line.pk, 0), shipped, began)
    for line in sorted(lines, key=lambda line: line.variant.inventory_item_id):
        if line.quantity < line.told_units:  # after every claim is given back: levels are locked before shelves
            tell_shelf(line)
        elif line.status in SENT and asked[line.pk] < line.told_units:
            # taken out before its parcel showed there: the store may have put it on the shelf again
            doubt_shelf(order.shop, [line.variant.inventory_item_id])


def _follow_fulfilment_order(line: OrderLine, unit: ShelfUnits) -> None:
    """Ids of fulfilment orders change with edits, moves and merges; the line and its units are the identity."""
    if (line.fulfilment_order_id, line.fulfilment_order_line_id) == (
        unit.fulfilment_order_id,
        unit.fulfilment_order_line_id,
    ):
        return
    line.fulfilment_order_id, line.fulfilment_order_line_id = unit.fulfilment_order_id, unit.fulfilment_order_line_id
    if line.internal_lines.filter(internal_order__status__in=["placed", "accepted"]).exists():
        line.accept_due_at = timezone.now()
        wake("accept_requests")
    line.save(update_fields=["fulfilment_order_id", "fulfilment_order_line_id", "accept_due_at"])


def _adjust(
    line: OrderLine, unit: ShelfUnits | None, remaining: int, mirrored: int, shipped: int, began: dt.datetime
) -> None:
    """Bring a known line to what the shop asks now.

    A parcel that has shipped but is not mirrored yet still counts as remaining there, so the units asked lie between
    ``remaining + mirrored`` and ``remaining + shipped``; only a figure outside is an edit.
    """
    if line.status in SENT:
        return
    if line.status == "handed_back":
        left = 0 if unit is None or line.order.cancelled_at else unit.left_open
        _follow_handed_back(line, unit, remaining or left, shipped, began)
    elif line.status == "cancelled" and not remaining:
        return
    elif line.quantity < remaining + mirrored:
        _take_on_more(line, remaining + mirrored)
    elif line.quantity > remaining + shipped:
        change_quantity(line, remaining + shipped, by="selling shop", reason=_why_fewer(line.order, remaining))


def _give_back(line: OrderLine, shipped: int) -> None:
    """The selling shop asked for its fulfilment request back: agreed to once the partner's order is called back."""
    OrderLine.everyone.filter(pk=line.pk).update(hand_back_due_at=timezone.now(), push_tries=0)
    change_quantity(line, shipped, by="selling shop", reason="The selling shop asked for it back.")
    wake("tell_handed_back")


def _why_fewer(order: Order, remaining: int) -> str:
    if order.cancelled_at:
        return "The selling shop cancelled the order."
    return "The selling shop lowered the quantity." if remaining else "The selling shop took the line back."


def _take_on_more(line: OrderLine, quantity: int) -> None:
    change_quantity(line, quantity, by="selling shop", reason="The selling shop raised the quantity.")


def _follow_handed_back(
    line: OrderLine, unit: ShelfUnits | None, remaining: int, shipped: int, began: dt.datetime
) -> None:
    """Follow what the selling shop does with a line it got back; units it takes out may stand on the shelf again."""
    if remaining + shipped < line.quantity:
        change_quantity(line, remaining + shipped, by="selling shop", reason="The selling shop settled it.")
    if line.status != "handed_back":
        deliver_lines([line], by="selling shop")
    elif unit and unit.request_status == "SUBMITTED" and line.hand_back_pushed_at and line.hand_back_pushed_at < began:
        now = timezone.now()
        move(line, "waiting", by="selling shop", reason="The selling shop asked again.", route_due_at=now)


def _wake_held(order: Order) -> None:
    """Lines held for want of payment wait for a partner again once it is there; too late for one whose address is gone."""
    if order.is_test or not order.paid_at or order.cancelled_at:
        return
    lines = list(order.lines.filter(status="held", quantity__gt=0))
    if order.address_erased_at:
        for line in lines:
            hand_back_line(line, ERASED_REASON, units=line.quantity, by="network")
        return
    for line in lines:
        move(line, "waiting", by="network", reason="Paid.", status_reason="", route_due_at=timezone.now())
    settle_lines(lines, by="network")
