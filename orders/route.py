"""Waiting lines → planned internal orders with claimed units, or handed back: decided at once, explained for ever."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from catalog.claim import OutOfStock, Want, claim_wants, draw_claim_ids
from catalog.demand import record_demand
from catalog.models import Match
from network.taxing import Point
from orders.ask import ask_shipper
from orders.bells import wake
from orders.cancel import want_cancel
from orders.decide import Decided, decide_order
from orders.hand_back import hand_back_line
from orders.leases import take
from orders.lines import Cover, cover_of, settle_lines, tell_shelf
from orders.locking import lock_order, lock_units
from orders.models import InternalOrder, InternalOrderLine, Order, OrderLine, RoutingTrace
from orders.promise import note_promise
from orders.room import DayIsFull, take_room
from orders.routing import RULE_VERSION, Demand
from orders.terms import NoTerms, Terms, net_minor, open_terms
from skuu.kit.errors import Busy, SkuuError
from skuu.kit.states import move

log = structlog.get_logger(__name__)

TRIES = 6  # fresh plans after somebody else was faster; then the next sweep goes on
REFUSED = ("declined", "expired", "failed")


class StockMoved(Busy):
    """Units were claimed by others while we planned, again and again; the next sweep tries anew."""

    code = "stock_moved"


def route_order(order: Order, *, by: str) -> int:
    """Route the waiting lines of an order: claim units, plan internal orders, hand back what nobody can serve.

    Returns how many internal orders were planned. *Locks* the order, then stock levels by id, in one short transaction
    that holds no network call. *Again*: lines that are no longer waiting are left alone. *Raises* StockMoved.
    """
    for _ in range(TRIES):
        try:
            return _route_once(order, by)
        except (OutOfStock, DayIsFull):
            continue
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") not in ("40P01", "55P03", "40001"):
                raise
    raise StockMoved(f"Stock kept moving while order {order.pk} was routed.")


def route_due() -> int:
    """Route orders with waiting lines that are due; returns how many lines it took up."""
    rows = OrderLine.everyone.select_related("order__shop").filter(status="waiting", route_due_at__isnull=False)
    lines = take(rows, "route_due_at", most=20)
    for order in {line.order_id: line.order for line in lines}.values():
        try:
            route_order(order, by="network")
        except SkuuError as error:
            log.warning("routing_postponed", order=order.pk, code=error.code)
            soon = timezone.now() + dt.timedelta(seconds=1 if isinstance(error, StockMoved) else 60)
            OrderLine.everyone.filter(order=order, status="waiting").update(
                route_due_at=soon, status_reason=error.message
            )
    return len(lines)


def _route_once(order: Order, by: str) -> int:
    lines = list(order.lines.select_related("variant__inventory_item").filter(status="waiting").order_by("pk"))
    lines = [line for line in lines if line.quantity and line.route_due_at is not None]
    if not lines:
        return 0
    items = _items_of(lines)
    address = order.destination
    to = Point(address.get("country") or order.country or order.shop.country, address.get("zip", ""))
    decided = decide_order(order.shop, _demands(lines, items), to, promised_on=order.promised_on)
    with transaction.atomic():
        locked = lock_order(order.pk)
        still = {
            line.pk: line
            for line in locked.lines.select_for_update(of=("self",))
            .select_related("variant", "order__shop")
            .filter(status="waiting")
            .order_by("pk")
        }
        if any(still.get(line.pk) is None or still[line.pk].quantity != line.quantity for line in lines):
            return 0  # somebody else decided, or the order changed; its own sweep goes on
        return _carry_out(locked, [still[line.pk] for line in lines], items, decided, by)


def _items_of(lines: Sequence[OrderLine]) -> dict[int, int]:
    linked = Match.everyone.filter(variant__in=[line.variant_id for line in lines], status="linked")
    by_variant = dict(linked.values_list("variant_id", "item_id"))
    return {line.pk: by_variant[line.variant_id] for line in lines if line.variant_id in by_variant}


def _demands(lines: Sequence[OrderLine], items: dict[int, int]) -> list[Demand]:
    declined: defaultdict[int, set[int]] = defaultdict(set)
    refused = InternalOrderLine.everyone.filter(order_line__in=lines, internal_order__status__in=REFUSED)
    for line_id, shipper_id in refused.values_list("order_line_id", "internal_order__shipper_id"):
        declined[line_id].add(shipper_id)
    covers = cover_of(line.pk for line in lines)
    demands = []
    for line in lines:
        missing = _missing(line, covers)
        if line.pk in items and missing > 0:
            grams = line.variant.inventory_item.grams
            demands.append(Demand(line.pk, items[line.pk], missing, grams, frozenset(declined[line.pk])))
    return demands


def _missing(line: OrderLine, covers: Mapping[int, Cover]) -> int:
    """Count the units of a line that nobody has sent or is about to send."""
    cover = covers.get(line.pk, Cover())
    return line.quantity - cover.coming - cover.shipped


def _carry_out(order: Order, lines: Sequence[OrderLine], items: dict[int, int], decided: Decided, by: str) -> int:
    """Write the decision down, then claim: other buyers of the same units wait for one statement, the shelf's word and the commit."""
    by_id = {line.pk: line for line in lines}
    take_room(decided)
    planned, wants = _plan_internal_orders(order, by_id, decided, by)
    trace = decided.kept() | {
        "lines": [{"line": line.pk, "item": items.get(line.pk), "units": line.quantity} for line in lines],
        "internal_orders": [row.number for row in planned],
    }
    RoutingTrace.everyone.create(order=order, rule_version=RULE_VERSION, trace=trace)
    settle_lines(lines, by=by, reason="")
    reasons, covers = dict(decided.plan.unserved), cover_of(by_id)
    for line in lines:
        if line.pk not in items:
            hand_back_line(
                line, "This product is not matched to any partner's product.", units=_missing(line, covers), by=by
            )
        elif line.pk in reasons:
            hand_back_line(line, f"Nobody can ship it: {reasons[line.pk]}.", units=_missing(line, covers), by=by)
        _record(order, line)
    note_promise(order, decided)
    if wants:
        claim_wants(wants)
    for line in sorted(lines, key=lambda line: line.variant.inventory_item_id):  # placements after levels and items
        tell_shelf(line)
    if planned:
        wake("place_orders")
    return len(planned)


def _record(order: Order, line: OrderLine) -> None:
    lost = 0 if line.status == "routed" else line.quantity
    if line.status == "handed_back":
        lost = line.handed_back_units
    key, outcome = f"order_line:{line.pk}", "lost" if lost == line.quantity else "served"
    record_demand(order.shop, line.variant, key, line.quantity - lost or lost, order.country, outcome)
    rest = lost if outcome == "served" else 0  # of a line of which others have been served
    record_demand(order.shop, line.variant, f"{key}:rest", rest, order.country, "lost")


def _plan_internal_orders(
    order: Order, lines: dict[int, OrderLine], decided: Decided, by: str
) -> tuple[list[InternalOrder], list[Want]]:
    """Write one internal order for each shipment with its lines; returns them and the claims, already named there, to be made."""
    shipments = decided.shipments()
    book, why = open_terms(order, {one.shipper for one in shipments}), decided.said()["shippers"]
    ids = iter(draw_claim_ids(sum(len(shipment.parts) for shipment in shipments)))
    planned, rows, wants = [], [], []
    for shipment in shipments:
        terms = book.freeze(decided, shipment)
        internal_order = _write_internal_order(order, book.market.traders[shipment.shipper].shop, terms)
        internal_order.changes.create(
            from_status="", to_status="planned", by=by, reason=why.get(str(shipment.shipper), "routed")
        )
        if internal_order.asks and order.paid_at:  # else it is asked when the payment comes
            ask_shipper(internal_order)
        planned.append(internal_order)
        for part in shipment.parts:
            purpose, claim_id = f"order_line:{part.line}:{internal_order.number}", next(ids)
            wants.append(Want(purpose, part.level, part.units, claim_id))
            rows.append(
                InternalOrderLine(
                    internal_order=internal_order,
                    order_line=lines[part.line],
                    claim_id=claim_id,
                    variant_id=decided.offers[part.level].variant_id,
                    quantity=part.units,
                    net_minor=net_minor(lines[part.line], part.units, terms.vat.consumer_rate_bp),
                )
            )
            lines[part.line].tries += 1
    InternalOrderLine.everyone.bulk_create(rows)
    OrderLine.everyone.bulk_update(lines.values(), ["tries"])
    return planned, wants


def _write_internal_order(order: Order, shipper: Any, terms: Terms) -> InternalOrder:
    with connection.cursor() as cursor:
        cursor.execute("select nextval('orders_internal_order_number')")
        (number,) = cursor.fetchone()
    return InternalOrder.everyone.create(
        number=f"N-{number:06d}",
        order=order,
        shipper=shipper,
        asks=shipper.accept_mode == "ask",
        currency=order.currency,
        rate_card=terms.rate_card,
        origin_bp=terms.rate_card.origin_bp,
        network_bp=terms.rate_card.network_bp,
        vat=terms.vat_facts(),
        shipping_minor=terms.shipping_minor,
        promised_from=terms.promised_from,
        promised_on=terms.promised_on,
        leaves_on=terms.leaves_on,
    )


def release_unpaid() -> int:
    """Give back the units of orders that stayed unpaid or held too long; their lines wait as held until payment comes.

    *Locks* order by order. *Again*: no change.
    """
    cutoff = timezone.now() - dt.timedelta(hours=settings.CLAIM_UNPAID_HOURS)
    stale = InternalOrder.everyone.filter(status="planned", order__paid_at=None, created_at__lt=cutoff)
    order_ids = list(stale.order_by("order_id").values_list("order_id", flat=True).distinct()[:50])
    for order_id in order_ids:
        with transaction.atomic():
            order = lock_order(order_id)
            if order.paid_at:
                continue
            reason = f"Not paid within {settings.CLAIM_UNPAID_HOURS} hours; the units were given back."
            planned = list(order.internal_orders.select_for_update().filter(status="planned").order_by("pk"))
            lock_units(order.pk)
            for internal_order in planned:
                want_cancel(internal_order, by="network", reason=reason)
            for line in order.lines.select_for_update().filter(status__in=["waiting", "routed"]).order_by("pk"):
                if line.status == "routed":
                    move(line, "waiting", by="network", reason=reason)
                move(line, "held", by="network", reason=reason, status_reason=reason, route_due_at=None)
    return len(order_ids)


__all__ = ["NoTerms", "StockMoved", "release_unpaid", "route_due", "route_order"]
