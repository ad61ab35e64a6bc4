"""Calling back what was sent to a partner: wanted first, done by a sweep, and caught when the parcel was faster."""

import datetime as dt
from collections.abc import Collection

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from catalog.claim import release_claims
from catalog.stocktake import apply_levels
from network.connectors.base import Connector, ConnectorError, PlacedOrder, connector_for
from network.notify import settle_notice
from orders.bells import wake
from orders.failpoint import failpoint
from orders.hand_back import notice_key, tell_selling_shop
from orders.leases import held, later, take
from orders.lines import DEAD, Cover, cover_of, settle_lines
from orders.locking import lock_internal_order, lock_units
from orders.models import InternalOrder, OrderLine
from orders.parcels import read_fulfilments
from skuu.kit.states import move

log = structlog.get_logger(__name__)

# How long a search at the platform may lag behind a write: only then is "not found" an answer.
LOOKUP_PATIENCE = dt.timedelta(seconds=120 if settings.PRODUCTION else 5)


def change_quantity(line: OrderLine, quantity: int, *, by: str, reason: str) -> None:
    """Ask for another number of units of a line; 0 cancels it. Call it with the order locked.

    Fewer units call back every internal order of the line that has not shipped; what is still wanted is routed anew,
    because partners cannot edit an order of ours. Of a line that was handed back in part, what went back is taken out first.
    More units are routed in addition.
    """
    fewer, told = line.quantity - quantity, notice_key(line)
    # it may have been called back with a line before it
    line.refresh_from_db(fields=["status", "route_due_at", "handed_back_units"])
    handed_back = line.status == "handed_back"
    if handed_back:
        line.handed_back_units = max(line.handed_back_units - max(fewer, 0), 0)
    line.quantity = quantity
    line.save(update_fields=["quantity", "handed_back_units"])
    touched = {line.pk: line}
    if fewer > 0 and not (handed_back and _is_enough(line)):
        touched = _call_back(line, by=by, reason=reason)
    settle_lines(touched.values(), by=by, reason=reason)
    if handed_back and told != notice_key(line):
        settle_notice(line.order.shop, told)
        if line.status == "handed_back" and line.handed_back_units:
            tell_selling_shop(line)


def _is_enough(line: OrderLine) -> bool:
    """Say whether everything that partners have is still wanted."""
    cover = cover_of([line.pk]).get(line.pk, Cover())
    return cover.coming + cover.leaving + cover.shipped <= line.quantity


def call_back_surplus(line_ids: Collection[int], *, by: str) -> None:
    """Call back what partners were asked for beyond what a line wants: a parcel given up has left after all.

    Call it with the order locked. *Again*: already called back stays so.
    """
    touched: dict[int, OrderLine] = {}
    covers = cover_of(line_ids)
    for line in OrderLine.everyone.filter(pk__in=line_ids).order_by("pk"):
        if covers[line.pk].coming and covers[line.pk].coming + covers[line.pk].shipped > line.quantity:
            touched |= _call_back(line, by=by, reason="The parcel of another partner had left after all.")
    settle_lines(touched.values(), by=by)


def _call_back(line: OrderLine, *, by: str, reason: str) -> dict[int, OrderLine]:
    """Call back every internal order of a line that has not shipped; returns all lines that touches."""
    lock_units(line.order_id)
    touched = {line.pk: line}
    for internal_order in _open_orders_of(line):
        want_cancel(internal_order, by=by, reason=reason)
        for other in OrderLine.everyone.filter(internal_lines__internal_order=internal_order):
            touched.setdefault(other.pk, other)
    return touched


def _open_orders_of(line: OrderLine) -> list[InternalOrder]:
    return list(
        InternalOrder.everyone.select_for_update(of=("self",))
        .select_related("shipper")
        .filter(lines__order_line=line, status__in=InternalOrder.OPEN)
        .order_by("pk")
    )


def want_cancel(internal_order: InternalOrder, *, by: str, reason: str) -> None:
    """Call an internal order back; one that never left us is cancelled at once. Call it with order and row locked.

    Again: already called back stays so. The caller settles the lines.
    """
    if internal_order.status not in InternalOrder.OPEN or internal_order.cancel_wanted_at:
        return
    now = timezone.now()
    if not reached_shipper(internal_order):
        move(internal_order, "cancelled", by=by, reason=reason, status_reason=reason, cancel_done_at=now)
        release_all(internal_order)
        return
    rows = InternalOrder.everyone.filter(pk=internal_order.pk)
    rows.update(cancel_wanted_at=now, next_attempt_at=now, status_reason=reason, tries=0)
    internal_order.cancel_wanted_at = now
    wake("cancel_orders")


def call_back_stray(internal_order: InternalOrder) -> None:
    """Have an order cancelled that turned up at the shipper after we had given it up. Call it with order and row locked.

    Again: no change. One of which a parcel stands is left alone: it has left.
    """
    if internal_order.status not in DEAD or internal_order.parcels.filter(cancelled_at=None).exists():
        return
    now = timezone.now()
    rows = InternalOrder.everyone.filter(pk=internal_order.pk)
    if rows.update(cancel_wanted_at=now, cancel_done_at=None, next_attempt_at=now, tries=0):
        wake("cancel_orders")


def reached_shipper(internal_order: InternalOrder) -> bool:
    """Say whether an order may exist at the shipper's platform."""
    return bool(internal_order.remote_id or internal_order.attempted_at)


def release_all(internal_order: InternalOrder) -> None:
    """Give back the units held for an internal order; used or released ones stay as they are."""
    purposes = internal_order.lines.values_list("claim__purpose", flat=True).distinct()
    for purpose in list(purposes):
        release_claims(purpose)


def cancel_due() -> int:
    """Cancel at their shippers the internal orders that are called back; returns how many it took up.

    Again: an order already cancelled there is no change. When the parcel was faster, its tracking is accepted instead.
    """
    rows = InternalOrder.everyone.select_related("shipper", "order__shop").filter(
        cancel_wanted_at__isnull=False, cancel_done_at=None
    )
    taken = take(rows, "next_attempt_at", tries="tries")
    for internal_order in held(taken, "next_attempt_at"):
        try:
            _cancel(internal_order)
        except ConnectorError as error:
            _postpone(internal_order, error)
    return len(taken)


def _postpone(internal_order: InternalOrder, error: ConnectorError) -> None:
    from orders.lost import give_up_cancel, is_hopeless

    log.warning("cancel_postponed", number=internal_order.number, code=error.code)
    if is_hopeless(error, internal_order.tries):
        give_up_cancel(internal_order.pk, str(error))
        return
    when = later(internal_order.tries, error.retry_after)
    rows = InternalOrder.everyone.filter(pk=internal_order.pk)
    rows.update(next_attempt_at=when, error=str(error))
    if not error.retryable and not error.unknown_outcome:
        rows.update(cancel_begun_at=None)  # the store refused: its parcel, or one entered here, may still count


def _cancel(internal_order: InternalOrder) -> None:
    connector = connector_for(internal_order.shipper)
    remote = _find(internal_order, connector)
    if remote == "wait":
        return
    if remote:
        if read_fulfilments(internal_order, connector) or not _begin(internal_order):
            return  # the parcel was faster: it counts, and the cancellation is over
        failpoint("cancel_begun")
        connector.cancel_internal_order(remote, f"{internal_order.number} is cancelled: {internal_order.status_reason}")
    finish_cancel(internal_order.pk, connector)


def _begin(internal_order: InternalOrder) -> bool:
    """Let nobody enter a parcel here while the store cancels its order; False when one was entered before."""
    with transaction.atomic():
        row = lock_internal_order(internal_order.pk)
        if row.cancel_done_at or row.lines.filter(shipped_quantity__gt=0).exists():
            return False
        InternalOrder.everyone.filter(pk=row.pk).update(cancel_begun_at=timezone.now())
    return True


def _find(internal_order: InternalOrder, connector: Connector) -> str:
    """Name the order at the shipper; "" when there is none, "wait" while that cannot be known yet."""
    if internal_order.remote_id or not connector.can_push_shelf:
        return internal_order.remote_id
    found: PlacedOrder | None = connector.find_internal_order(internal_order.number)
    if found:
        InternalOrder.everyone.filter(pk=internal_order.pk).update(remote_id=found.id, remote_name=found.name)
        internal_order.remote_id = found.id
        return "" if found.cancelled else found.id
    if internal_order.attempted_at and timezone.now() - internal_order.attempted_at < LOOKUP_PATIENCE:
        soon = timezone.now() + dt.timedelta(seconds=1)
        InternalOrder.everyone.filter(pk=internal_order.pk).update(next_attempt_at=soon)
        return "wait"
    return ""


def finish_cancel(internal_order_id: int, connector: Connector | None) -> None:
    """Record that the shipper's order is gone, with the stock that came back; the lines are settled anew.

    Without a connector its figures stay as they are: nobody can be asked for them.
    *Locks* the order, then the internal order. *Again*: no change.
    """
    items = list(
        InternalOrder.everyone.filter(pk=internal_order_id).values_list(
            "lines__variant__inventory_item__remote_id", flat=True
        )
    )
    levels = connector.read_levels(sorted(set(items))) if connector and connector.can_push_shelf else []
    with transaction.atomic():
        internal_order = lock_internal_order(internal_order_id)
        if internal_order.cancel_done_at:
            return
        lock_units(internal_order.order_id)
        now = timezone.now()
        if internal_order.status in DEAD:
            InternalOrder.everyone.filter(pk=internal_order.pk).update(cancel_done_at=now, error="")
        elif internal_order.status in InternalOrder.OPEN:
            reason = internal_order.status_reason
            to = "shipped" if internal_order.lines.filter(shipped_quantity__gt=0).exists() else "cancelled"
            also = {"shipped_at": now} if to == "shipped" else {}
            move(internal_order, to, by="network", reason=reason, cancel_done_at=now, error="", **also)
        release_all(internal_order)
        if levels:
            apply_levels(internal_order.shipper, levels)
        lines = OrderLine.everyone.filter(internal_lines__internal_order=internal_order).distinct()
        settle_lines(lines, by="network", reason=internal_order.status_reason)
