"""What a shipper does with an internal order: accept, decline, ship; and what its store tells us of it."""

from collections.abc import Collection, Sequence

import structlog
from django.db import transaction
from django.utils import timezone

from catalog.claim import use_claims_by_decrement
from catalog.trust import record_rejection
from network.connectors.base import ConnectorError, RemoteOrder, connector_for
from network.notify import give_notice
from orders.bells import wake
from orders.cancel import call_back_stray
from orders.leases import held, later, take
from orders.locking import lock_internal_order, lock_units
from orders.mirror import mirror_due
from orders.models import InternalOrder, InternalOrderLine, Parcel, ParcelLine
from orders.parcels import follow_parcels, note_mirror_wanted, read_fulfilments, read_fulfilments_due, safe_url
from orders.place import end_internal_order
from orders.stray import is_being_cancelled, may_have_left, take_off_figures, tell_put_back
from skuu.kit.errors import NotPossible, WrongState

log = structlog.get_logger(__name__)

# Why a shipper may decline, and whether the units are doubted from then on.
DECLINE_REASONS = {
    "not_found": "Not found on the shelf",
    "damaged": "Damaged",
    "reserved": "Kept for a customer in the shop",
    "no_capacity": "No time to ship",
    "other": "Another reason",
}
PHANTOM_REASONS = ("not_found", "damaged")


class BeingCalledBack(WrongState):
    """The order at the shipper is being cancelled right now; whether it is sees who looks again."""

    code = "being_called_back"


class TakenAway(WrongState):
    """The order was called back, declined or given to somebody else; a parcel that has left all the same is to be told as such."""

    code = "taken_away"


def accept_internal_order(internal_order: InternalOrder, *, by: str) -> None:
    """Agree to ship; an order that was asked first is then placed, and name and address may be seen.

    *Locks* the order, then the internal order. *Again*: no change. *Raises* WrongState when it is over.
    """
    with transaction.atomic():
        row = lock_internal_order(internal_order.pk)
        if row.status not in InternalOrder.OPEN or row.cancel_wanted_at:
            raise WrongState(f"{row.number} is {row.get_status_display().lower()}; it can no longer be accepted.")
        if row.status != "planned" or row.agreed_at:
            return
        now = timezone.now()
        InternalOrder.everyone.filter(pk=row.pk).update(agreed_at=now, next_attempt_at=now)
        row.changes.create(from_status="planned", to_status="planned", by=by, reason="agreed to ship")
        wake("place_orders")


def decline_internal_order(internal_order: InternalOrder, reason: str, *, by: str) -> None:
    """Decline an internal order until something of it has shipped; the next best partner is asked at once.

    ``reason`` is a key of DECLINE_REASONS or a sentence of the shipper's own. Units not found or damaged are not offered
    again until the shop's own figure moves. *Locks* the order, the internal order, then stock levels. *Again*: no change.
    *Raises* WrongState once something has shipped.
    """
    with transaction.atomic():
        row = lock_internal_order(internal_order.pk)
        if row.status == "declined":
            return
        lines = list(row.lines.select_related("claim").order_by("claim__level_id"))
        if row.status not in InternalOrder.OPEN or any(line.shipped_quantity for line in lines):
            raise WrongState(f"{row.number} is {row.get_status_display().lower()}; it can no longer be declined.")
        lock_units(row.order_id)
        if reason in PHANTOM_REASONS:
            for line in lines:
                back = line.quantity if line.claim.status == "used" else 0
                record_rejection(line.claim.level_id, line.quantity, reason, coming_back=back)
        end_internal_order(row, "declined", reason=DECLINE_REASONS.get(reason, reason)[:500], by=by)


def ship_internal_order(
    internal_order: InternalOrder,
    *,
    carrier: str,
    number: str,
    url: str = "",
    lines: Sequence[tuple[int, int]] | None = None,
    already_left: bool = False,
    by: str,
) -> Parcel:
    """Enter a parcel from portal or API; ``lines`` are (internal line id, units), None means everything not sent yet.

    The shipper's own store is told by a sweep. Of an order that was taken away a parcel is accepted, and flagged, when it had
    ``already_left``. *Locks* the order, then the internal order. *Again*, with the same tracking number: returns the parcel that is
    there. *Raises* WrongState before it is placed or when it is over, TakenAway, BeingCalledBack, NotPossible for units not ordered.
    """
    with transaction.atomic():
        row = lock_internal_order(internal_order.pk)
        known = Parcel.everyone.filter(internal_order=row, tracking_number=number, cancelled_at=None).first()
        if known and number:
            return known
        stray = may_have_left(row)
        if stray and not already_left:
            raise TakenAway(
                f"{row.number} is {row.get_status_display().lower()}; do not send it. If its parcel has already left, say so: "
                "it is accepted then."
            )
        if row.status not in ("placed", "accepted") and not stray:
            raise WrongState(f"{row.number} is {row.get_status_display().lower()}; it cannot be shipped.")
        if is_being_cancelled(row):
            raise BeingCalledBack(
                f"{row.number} is being cancelled in your store at this moment; do not send it. If the parcel has already left, "
                "enter it again in a few minutes: it is accepted then."
            )
        units = _units_to_ship(row, lines)
        pushes = bool(row.remote_id) and not (stray and row.cancel_done_at)
        parcel = Parcel.everyone.create(
            internal_order=row,
            carrier=carrier[:60],
            tracking_number=number[:120],
            tracking_url=safe_url(url),
            push_due_at=timezone.now() if pushes else None,
        )
        ParcelLine.objects.bulk_create(
            ParcelLine(parcel=parcel, line_id=pk, quantity=each) for pk, each in units.items()
        )
        if stray and not pushes:
            take_off_figures(row, units, f"stray:{parcel.pk}")
            if row.remote_id:
                tell_put_back(row)
        elif not pushes:
            claims = InternalOrderLine.everyone.filter(pk__in=units).values_list("claim_id", flat=True)
            use_claims_by_decrement(list(claims))
        note_mirror_wanted(parcel)
        follow_parcels(row, by=by)
        wake("push_parcels")
    return parcel


def _units_to_ship(internal_order: InternalOrder, lines: Sequence[tuple[int, int]] | None) -> dict[int, int]:
    left = {line.pk: line.quantity - line.shipped_quantity for line in internal_order.lines.all()}
    wanted = {pk: units for pk, units in left.items() if units} if lines is None else {}
    for pk, units in lines or ():
        wanted[pk] = wanted.get(pk, 0) + units
    if not wanted or any(not 0 < units <= left.get(pk, 0) for pk, units in wanted.items()):
        raise NotPossible("The parcel must hold units of this order that have not been sent yet.", code="bad_parcel")
    return wanted


def push_parcels_due() -> int:
    """Enter parcels from portal or API in the shippers' own stores, or correct their tracking; returns how many it took up.

    The connector looks for the same tracking number before it writes. *Again*: one fulfilment per parcel.
    """
    rows = Parcel.everyone.select_related("internal_order__shipper", "internal_order__order").filter(
        push_due_at__isnull=False
    )
    taken = take(rows, "push_due_at", tries="push_tries")
    for parcel in held(taken, "push_due_at"):
        try:
            _push(parcel)
        except ConnectorError as error:
            log.warning("parcel_not_pushed", parcel=parcel.pk, code=error.code)
            over = not error.retryable and parcel.push_tries >= 5
            when = None if over else later(parcel.push_tries, error.retry_after)
            Parcel.everyone.filter(pk=parcel.pk).update(push_due_at=when, error=str(error))
            if over:
                _tell_not_entered(parcel, str(error))
    return len(taken)


def _tell_not_entered(parcel: Parcel, error: str) -> None:
    """Tell the shipper that its store does not know of a parcel it entered here, and what that means for its figure."""
    number = parcel.internal_order.number
    give_notice(
        parcel.internal_order.shipper,
        kind="parcel_not_entered",
        key=f"parcel_not_entered:{parcel.pk}",
        subject=f"{number}: your store does not know of the parcel you entered",
        body=f"{parcel.carrier} {parcel.tracking_number} counts as sent, but your store did not take it: {error}\n"
        "If its order was cancelled there, its units were put back into your stock: take them out again. "
        "If the parcel has not left, agree with the selling shop, which reports it as lost.",
        link=f"/to-ship/{number}/",
    )


def _push(parcel: Parcel) -> None:
    internal_order = parcel.internal_order
    connector = connector_for(internal_order.shipper)
    if parcel.remote_id:
        connector.update_tracking(parcel.remote_id, parcel.carrier, parcel.tracking_number, parcel.tracking_url)
        Parcel.everyone.filter(pk=parcel.pk, push_due_at=parcel.push_due_at).update(push_due_at=None, error="")
        return
    if parcel.push_tries > 1:
        read_fulfilments(internal_order, connector)
        if Parcel.everyone.filter(pk=parcel.pk).exclude(remote_id="").exists():
            return
    units: dict[str, int] = {}
    for line_id, quantity in parcel.lines.values_list("line__remote_line_id", "quantity"):
        units[line_id] = units.get(line_id, 0) + quantity
    made = connector.ship_internal_order(
        internal_order.remote_id, parcel.carrier, parcel.tracking_number, parcel.tracking_url, list(units.items())
    )
    with transaction.atomic():
        lock_internal_order(internal_order.pk)
        if not Parcel.everyone.filter(internal_order=internal_order, remote_id=made.id).exists():
            Parcel.everyone.filter(pk=parcel.pk).update(remote_id=made.id)
        Parcel.everyone.filter(pk=parcel.pk).update(push_due_at=None, error="")


def note_seen_at_shipper(internal_order: InternalOrder, remote: RemoteOrder) -> None:
    """Take note of our own order as its shipper's store shows it: it exists, it was cancelled there, something may have shipped.

    *Locks* the order, then the internal order. *Again*: no change.
    """
    with transaction.atomic():
        row = lock_internal_order(internal_order.pk)
        now = timezone.now()
        rows = InternalOrder.everyone.filter(pk=row.pk)
        if not row.remote_id:
            rows.update(remote_id=remote.id, remote_name=remote.name, next_attempt_at=now)
            wake("place_orders", "cancel_orders")
        if not remote.cancelled_at and row.cancel_done_at:
            call_back_stray(row)
        gone = remote.cancelled_at and row.remote_id == remote.id and row.cancel_wanted_at is None
        if gone and row.status in ("placed", "accepted"):
            lock_units(row.order_id)
            end_internal_order(row, "declined", reason="Cancelled in the shipper's own store.", by="shipper's store")
            if row.parcels.filter(cancelled_at=None).exists():  # entered here, and its store never took it
                follow_parcels(row, by="shipper's store")
        # a store that cancels may have taken its parcel back before
        if not remote.cancelled_at or row.parcels.filter(cancelled_at=None).exclude(remote_id="").exists():
            rows.update(fulfilments_due_at=now)
            wake("read_parcels")


def mark_posted(internal_order_ids: Collection[int]) -> int:
    """Mark internal orders as posted by settlement; returns how many were not yet. *Again*: no change."""
    rows = InternalOrder.everyone.filter(pk__in=internal_order_ids, posted_at=None)
    return rows.update(posted_at=timezone.now())


def note_parcels_changed(shop_id: int, order_remote_id: str) -> bool:
    """Remember to read the parcels of one of our orders at a shipper; False when the order is none of ours."""
    rows = InternalOrder.everyone.filter(shipper_id=shop_id, remote_id=order_remote_id)
    known = rows.update(fulfilments_due_at=timezone.now())
    if known:
        wake("read_parcels")
    return bool(known)


__all__ = [
    "DECLINE_REASONS",
    "accept_internal_order",
    "decline_internal_order",
    "mark_posted",
    "mirror_due",
    "note_parcels_changed",
    "note_seen_at_shipper",
    "push_parcels_due",
    "read_fulfilments_due",
    "ship_internal_order",
]
