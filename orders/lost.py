"""Orders at shippers that we cannot speak to any more: ended, so that every customer's order ends, and told to all who must know."""

import datetime as dt

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from network.connectors.base import AccessLost, ConnectorError
from network.notify import give_notice, mail_staff
from orders.cancel import finish_cancel, want_cancel
from orders.lines import DEAD, settle_lines
from orders.locking import lock_internal_order, lock_units
from orders.models import InternalOrder, OrderLine
from orders.place import end_internal_order
from skuu.kit.errors import SkuuError

log = structlog.get_logger(__name__)

MEND_WITHIN = dt.timedelta(hours=24)  # a store that refuses us may be connected again; its owner was told at once
REFUSED, NO_ACCESS, SILENT = 12, 288, 864  # tries to cancel: half an hour, a day, three days
BATCH = 50


def end_at_lost_shippers() -> int:
    """End what lies at shippers that left the network, or whose stores have refused us for a day; returns how many it ended.

    What was only asked for or placed goes to the next partner; what had left in part counts as far as it has; a cancellation
    under way is over. *Locks* order by order. *Again*: none.
    """
    ended: dict[str, list[str]] = {}
    for pk in list(_lost().order_by("pk").values_list("pk", flat=True)[:BATCH]):
        try:
            row = _end(pk)
        except SkuuError as error:
            log.warning("not_ended_at_lost_shipper", internal_order=pk, code=error.code)
        else:
            ended.setdefault(row.shipper.name, []).append(row.number)
    for name, numbers in sorted(ended.items()):
        _tell_staff(f"{name} cannot be reached any more", numbers)
    return sum(map(len, ended.values()))


def _lost() -> QuerySet[InternalOrder]:
    refused = Q(shipper__platform="shopify", shipper__credential__broken_at__lt=timezone.now() - MEND_WITHIN)
    under_way = Q(status__in=InternalOrder.OPEN) | Q(cancel_wanted_at__isnull=False, cancel_done_at=None)
    return InternalOrder.everyone.filter(Q(shipper__status="left") | refused, under_way)


def _end(internal_order_id: int) -> InternalOrder:
    with transaction.atomic():
        row = lock_internal_order(internal_order_id)
        left = row.shipper.status == "left"
        why = "Its shop left the network." if left else "Its store refuses us."
        was_over = row.status in DEAD
        if row.status in InternalOrder.OPEN and row.cancel_wanted_at is None:
            lock_units(row.order_id)
            if row.lines.filter(shipped_quantity__gt=0).exists():
                want_cancel(row, by="network", reason=why)
                settle_lines(_lines(row), by="network", reason=why)
            else:
                end_internal_order(row, "declined" if row.placed_at else "failed", reason=why, by="network")
        finish_cancel(row.pk, None)
        _tell_shops(row, why, was_over)
    return row


def _lines(row: InternalOrder) -> list[OrderLine]:
    return list(OrderLine.everyone.filter(internal_lines__internal_order=row).distinct())


def is_hopeless(error: ConnectorError, tries: int) -> bool:
    """Say whether a cancellation that a store has refused so often will be refused for ever."""
    if isinstance(error, AccessLost):
        return tries >= NO_ACCESS
    return tries >= (REFUSED if not error.retryable and not error.unknown_outcome else SILENT)


def give_up_cancel(internal_order_id: int, said: str) -> None:
    """End a cancellation that its store refuses for ever as if the order were gone there, and tell both shops and staff.

    *Locks* the order, then the internal order. *Again*: no change.
    """
    with transaction.atomic():
        row = lock_internal_order(internal_order_id)
        if row.cancel_done_at or row.cancel_wanted_at is None:
            return
        was_over = row.status in DEAD
        finish_cancel(row.pk, None)
        _tell_shops(row, f"Its store does not cancel it: {said}", was_over)
    _tell_staff(f"{row.shipper.name} does not cancel an order", [row.number])


def _tell_shops(row: InternalOrder, why: str, was_over: bool) -> None:
    """Tell the shipper not to send it, and the selling shop unless it had been given away before."""
    order, number = row.order, row.number
    if not was_over:
        give_notice(
            order.shop,
            kind="partner_lost",
            key=f"partner_lost:{number}",
            subject=f"Order {order.name}: a partner cannot be reached any more",
            body=f"{number} was taken away from it. {why} What your customer still waits for goes to another partner, or is "
            "handed back to you. If its parcel has left all the same, you are told as soon as we hear of it.",
            link=f"/my-orders/{order.pk}/",
        )
    give_notice(
        row.shipper,
        kind="partner_lost",
        key=f"partner_lost:{number}",
        subject=f"{number} was taken away: do not send it",
        body=f"{why} Cancel the order {row.remote_name or number} in your store yourself. If its parcel has already left, enter "
        "its tracking on the order's page and it is accepted.",
        link=f"/to-ship/{number}/",
    )


def _tell_staff(subject: str, numbers: list[str]) -> None:
    said = ", ".join(numbers)
    body = f"Taken away and given to others, or ended: {said}. Both shops were told; agree with the shipper on what may have left."
    mail_staff(subject, body)
