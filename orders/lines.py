"""Where an order line stands, derived from the facts below it: what was asked, what is with partners, what has shipped."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Case, F, IntegerField, Q, Sum, Value, When
from django.utils import timezone

from catalog.push import doubt_shelf, note_shelf_sold
from network.notify import settle_notice
from orders.bells import wake
from orders.models import InternalOrder, InternalOrderLine, OrderLine, ParcelLine
from skuu.kit.states import move

DEAD = ("declined", "expired", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Cover:
    """Units of a line by where they are: with a partner, being called back, shipped."""

    coming: int = 0
    leaving: int = 0
    shipped: int = 0


def cover_of(line_ids: Iterable[int]) -> dict[int, Cover]:
    """Count each line's units, in one query. An internal order that shipped short answers for what it shipped."""
    open_rows = Q(internal_order__status__in=InternalOrder.OPEN)
    leaving = Q(internal_order__cancel_wanted_at__isnull=False, internal_order__cancel_done_at=None)
    rest = F("quantity") - F("shipped_quantity")
    nothing = Value(0)
    rows = (
        InternalOrderLine.everyone.filter(order_line__in=list(line_ids))
        .values("order_line_id")
        .annotate(
            is_coming=Sum(Case(When(open_rows & ~leaving, then=rest), default=nothing, output_field=IntegerField())),
            is_leaving=Sum(Case(When(open_rows & leaving, then=rest), default=nothing, output_field=IntegerField())),
            is_shipped=Sum("shipped_quantity"),
        )
    )
    return {row["order_line_id"]: Cover(row["is_coming"], row["is_leaving"], row["is_shipped"]) for row in rows}


def mirrored_units(line_ids: Iterable[int]) -> dict[int, int]:
    """Count the units of each line that the origin's order already shows as shipped by us."""
    rows = (
        ParcelLine.objects.filter(
            line__order_line__in=list(line_ids), parcel__mirrored_at__isnull=False, parcel__cancelled_at=None
        )
        .values("line__order_line_id")
        .annotate(units=Sum("quantity"))
    )
    return {row["line__order_line_id"]: row["units"] for row in rows}


def tell_shelf(line: OrderLine) -> None:
    """Tell the shelf's keeper once of each unit sold from it, and of units that may have been put back there.

    Call it with the order locked and, for a line that is routed, after its units are claimed.
    """
    stock_key = line.variant.inventory_item_id
    if line.quantity > line.told_units:
        note_shelf_sold(line.order.shop, stock_key, line.quantity - line.told_units)
    elif line.quantity < line.told_units:
        doubt_shelf(line.order.shop, [stock_key])
    else:
        return
    line.told_units = line.quantity
    OrderLine.everyone.filter(pk=line.pk).update(told_units=line.quantity)


def settle_lines(lines: Iterable[OrderLine], *, by: str, reason: str = "") -> None:
    """Bring each line to the status its facts ask for. Call it with the order locked, after every change below a line.

    Lines that nobody answers for are due for routing at once; lines whose units are still being called back wait for that.
    """
    lines = list(lines)
    covers = cover_of(line.pk for line in lines)
    for line in lines:
        _settle(line, covers.get(line.pk, Cover()), by, reason)
    if any(line.status == "waiting" and line.route_due_at for line in lines):
        wake("route_orders")


def _settle(line: OrderLine, cover: Cover, by: str, reason: str) -> None:
    if line.status in ("delivered", "returned"):
        return
    if line.status == "handed_back":
        _settle_handed_back(line, cover, by, reason)
    elif line.quantity and cover.shipped >= line.quantity:
        if line.status in ("waiting", "held"):
            _go(line, "routed", by, reason)
        _go(line, "shipped", by, reason)
    elif not line.quantity and not cover.coming and not cover.leaving:
        _go(line, "shipped" if cover.shipped else "cancelled", by, reason)
    elif not line.quantity or line.status == "held":
        return
    elif cover.coming + cover.shipped >= line.quantity:
        _go(line, "routed", by, reason)
    else:
        due = None if cover.leaving else timezone.now()
        if line.status != "waiting":
            move(line, "waiting", by=by, reason=reason, status_reason=reason, route_due_at=due)
        elif line.route_due_at != due:
            line.route_due_at = due
            line.save(update_fields=["route_due_at"])


def _settle_handed_back(line: OrderLine, cover: Cover, by: str, reason: str) -> None:
    """Some units went back to the selling shop, others may be with partners: a partner's refusal adds to the first.

    As long as the store was not told, all of them are routed once more; afterwards the shop is told of more units.
    """
    from orders.hand_back import notice_key, tell_selling_shop

    missing = line.quantity - cover.coming - cover.leaving - cover.shipped
    settled = notice_key(line)
    if not line.quantity:
        if cover.coming or cover.leaving:
            return
        move(line, "cancelled", by=by, reason=reason, hand_back_due_at=None, handed_back_units=0)
    elif missing > line.handed_back_units and line.hand_back_pushed_at:
        line.handed_back_units = missing
        line.save(update_fields=["handed_back_units"])
        tell_selling_shop(line)
    elif missing > line.handed_back_units:
        due = None if cover.leaving else timezone.now()
        also = {"route_due_at": due, "hand_back_due_at": None, "handed_back_units": 0}
        move(line, "waiting", by=by, reason=reason, status_reason=reason, **also)
    elif missing <= 0 and not cover.leaving:
        to = "shipped" if cover.shipped >= line.quantity else "routed"
        move(line, to, by=by, reason=reason, status_reason="", hand_back_due_at=None, handed_back_units=0)
    else:
        return
    settle_notice(line.order.shop, settled)


def _go(line: OrderLine, to: str, by: str, reason: str) -> None:
    if line.status == to or to not in OrderLine.STEPS.get(line.status, ()):
        return
    move(line, to, by=by, reason=reason, status_reason=reason)
    if to == "cancelled":
        wake("tell_handed_back")  # the selling shop may have asked for it back
