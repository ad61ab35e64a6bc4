"""Nobody can ship it: the line goes back to the selling shop, which is told once and refunds or sources it itself."""

import structlog
from django.db.models import QuerySet
from django.utils import timezone

from network.connectors.base import ConnectorError, connector_for
from network.notify import give_notice
from orders.bells import wake
from orders.leases import held, later, take
from orders.models import InternalOrder, InternalOrderLine, OrderLine
from skuu.kit.states import move

log = structlog.get_logger(__name__)

BUSY = ("waiting", "held", "routed")
GIVE_UP_AFTER = 12


def hand_back_line(line: OrderLine, reason: str, *, units: int, by: str) -> None:
    """Give units of a line back to the selling shop with the reason its people read. Call it with the order locked.

    ``units`` are those that no partner has sent or is about to send; the others go on. *Again*: no change.
    """
    if line.status not in BUSY:
        return
    now = timezone.now()
    also = {"route_due_at": None, "accept_due_at": None, "handed_back_units": units}
    move(line, "handed_back", by=by, reason=reason, status_reason=reason, **also)
    OrderLine.everyone.filter(pk=line.pk).update(hand_back_due_at=now, hand_back_pushed_at=None, push_tries=0)
    tell_selling_shop(line)
    wake("tell_handed_back")


def notice_key(line: OrderLine) -> str:
    """Name the notice of this hand-back; a line handed back again after another try, or with more units, is said again."""
    part = f":{line.handed_back_units}" if line.handed_back_units != line.quantity else ""
    return f"handed_back:{line.pk}:{line.tries}{part}"


def tell_selling_shop(line: OrderLine) -> None:
    """Say how many units of a line the selling shop must refund or source itself. *Again*: said once."""
    order, units = line.order, line.handed_back_units
    others = line.quantity - units
    rest = f"The other {others} {'is' if others == 1 else 'are'} with a partner or on the way. " if others else ""
    give_notice(
        order.shop,
        kind="handed_back",
        key=notice_key(line),
        subject=f"Order {order.name}: {units} × {line.title} needs you",
        body=(
            f"The network cannot ship {units} × {line.title} of order {order.name}.\n{line.status_reason}\n\n"
            f"{rest}Refund the customer {'for them' if others else ''}".rstrip()
            + " or source it yourself; the network refunds nobody."
        ),
        link=f"/my-orders/{order.pk}/",
    )


def tell_handed_back() -> int:
    """Hand the fulfilment orders of given-back lines back in the selling shop, with tag and reason; returns how many lines.

    A fulfilment order that also holds lines still on their way is handed back when those have shipped: rejecting it
    would take them along. *Again*: the platform is not told twice.
    """
    rows = OrderLine.everyone.select_related("order__shop").filter(
        status__in=["handed_back", "cancelled"], hand_back_due_at__isnull=False
    )
    taken = take(rows, "hand_back_due_at", tries="push_tries", most=10)
    done: set[tuple[int, str]] = set()
    for line in held(taken, "hand_back_due_at"):
        key = (line.order_id, line.fulfilment_order_id)
        try:
            if key in done or _hand_back(line):
                done.add(key)
                _note_pushed(line)
        except ConnectorError as error:
            _postpone(line, error)
    return len(taken)


def _hand_back(line: OrderLine) -> bool:
    connector = connector_for(line.order.shop)
    if not connector.can_push_shelf:
        return True  # the shop reads it from our API
    siblings = OrderLine.everyone.filter(order=line.order, fulfilment_order_id=line.fulfilment_order_id)
    if siblings.filter(status__in=BUSY).exists() or _still_with_partners(siblings) or _unmirrored(line):
        OrderLine.everyone.filter(pk=line.pk).update(hand_back_due_at=later(7), push_tries=0)
        return False
    if line.fulfilment_order_id:
        connector.hand_back(line.fulfilment_order_id, line.status_reason[:200], order_id=line.order.remote_id)
    return True


def _still_with_partners(lines: QuerySet[OrderLine]) -> bool:
    return InternalOrderLine.everyone.filter(
        order_line__in=lines, internal_order__status__in=InternalOrder.OPEN
    ).exists()


def _unmirrored(line: OrderLine) -> bool:
    from django.db.models import F

    from orders.models import Parcel

    on_way = Parcel.everyone.filter(
        lines__line__order_line__order=line.order,
        lines__line__order_line__fulfilment_order_id=line.fulfilment_order_id,
        cancelled_at=None,
    )
    return on_way.exclude(mirror_wanted=F("mirrored")).exists()


def _note_pushed(line: OrderLine) -> None:
    OrderLine.everyone.filter(pk=line.pk).update(
        hand_back_due_at=None, hand_back_pushed_at=timezone.now(), push_error=""
    )


def _postpone(line: OrderLine, error: ConnectorError) -> None:
    log.warning("hand_back_postponed", line=line.pk, code=error.code)
    over = not error.retryable or line.push_tries >= GIVE_UP_AFTER
    when = None if over else later(line.push_tries, error.retry_after)
    OrderLine.everyone.filter(pk=line.pk).update(hand_back_due_at=when, push_error=str(error))
