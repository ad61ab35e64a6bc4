"""Parcels as the shippers' platforms have them → rows of ours, once each; what they mean for orders and lines."""

import hashlib
from collections.abc import Sequence

import structlog
from django.db import transaction
from django.db.models import F, Sum
from django.db.models.functions import Least
from django.utils import timezone

from catalog.models import Claim
from catalog.put_back import expect_no_longer
from network.connectors.base import Connector, ConnectorError, RemoteFulfilment, connector_for
from network.notify import give_notice, settle_notice
from orders.bells import wake
from orders.doubtful import follow_number
from orders.leases import held, later, take
from orders.lines import cover_of, settle_lines
from orders.locking import lock_internal_order, lock_units
from orders.models import InternalOrder, InternalOrderLine, OrderLine, Parcel, ParcelLine, TrackingEvent
from orders.stray import flag_stray
from skuu.kit.states import move

log = structlog.get_logger(__name__)

TAKEN_BACK = "taken back"  # what the origin's order should show of a parcel that was cancelled: nothing any more
NOT_SENT = {"CANCELLED", "ERROR", "FAILURE"}
GIVEN_UP = ("declined", "expired", "failed")


def read_fulfilments_due() -> int:
    """Read the parcels of internal orders of which we heard something; returns how many it took up.

    Again: a fulfilment is one parcel, an event is told once.
    """
    rows = InternalOrder.everyone.select_related("shipper", "order__shop").filter(fulfilments_due_at__isnull=False)
    taken = take(rows.exclude(remote_id=""), "fulfilments_due_at")
    for internal_order in held(taken, "fulfilments_due_at"):
        try:
            read_fulfilments(internal_order, connector_for(internal_order.shipper))
        except ConnectorError as error:
            log.warning("parcels_not_read", number=internal_order.number, code=error.code)
            when = later(5, error.retry_after) if error.retryable else None
            _due(internal_order, when, error=str(error))
    return len(taken)


def _due(internal_order: InternalOrder, when: object, **also: str) -> None:
    rows = InternalOrder.everyone.filter(pk=internal_order.pk, fulfilments_due_at=internal_order.fulfilments_due_at)
    rows.update(fulfilments_due_at=when, **also)


def read_fulfilments(internal_order: InternalOrder, connector: Connector) -> bool:
    """Read and apply what left the shipper's door; says whether anything did.

    *Locks* the order, then the internal order. A word that comes while the read is under way makes it be read again.
    """
    if not internal_order.remote_id or not connector.can_push_shelf:
        return internal_order.lines.filter(shipped_quantity__gt=0).exists()
    fulfilments = connector.fulfilments_of(internal_order.remote_id)
    with transaction.atomic():
        row = lock_internal_order(internal_order.pk)
        if row.status == "planned":
            _due(internal_order, later(1))  # placing has not finished; it reads again when it has
            return bool([one for one in fulfilments if one.status not in NOT_SENT])
        for fulfilment in sorted(fulfilments, key=lambda one: (one.created_at or timezone.now(), one.id)):
            _take_in(row, fulfilment)
        follow_parcels(row, by="shipper's store")
        _due(internal_order, None)
        return row.lines.filter(shipped_quantity__gt=0).exists()


def _take_in(internal_order: InternalOrder, fulfilment: RemoteFulfilment) -> None:
    parcel = _known(internal_order, fulfilment)
    if fulfilment.status in NOT_SENT:
        if parcel and parcel.cancelled_at is None:
            _cancel_parcel(internal_order, parcel)
        return
    if parcel is None:
        parcel = Parcel.everyone.create(
            internal_order=internal_order,
            remote_id=fulfilment.id,
            shipped_at=fulfilment.created_at or timezone.now(),
        )
        _add_lines(internal_order, parcel, fulfilment.lines)
    before = parcel.tracking_number
    if parcel.push_due_at is None:  # else a correction is on its way there, and what stands there is the older word
        parcel.carrier = fulfilment.carrier[:60]
        parcel.tracking_number, parcel.tracking_url = (
            fulfilment.tracking_number[:120],
            safe_url(fulfilment.tracking_url),
        )
    parcel.delivered_at = parcel.delivered_at or fulfilment.delivered_at
    note_mirror_wanted(parcel)
    follow_number(parcel, before=before, asked=False)
    events = [
        TrackingEvent(parcel=parcel, status=status[:40], at=at, message=message[:300])
        for status, at, message in fulfilment.events
    ]
    known = TrackingEvent.objects.filter(parcel=parcel).count()
    TrackingEvent.objects.bulk_create(events, ignore_conflicts=True)
    if events and TrackingEvent.objects.filter(parcel=parcel).count() > known:
        Parcel.everyone.filter(pk=parcel.pk).update(events_due_at=timezone.now(), events_tries=0)
        wake("tell_events")


def safe_url(url: str) -> str:
    """Keep a tracking link only when a browser may follow it safely."""
    return url[:500] if url.startswith(("https://", "http://")) else ""


def _known(internal_order: InternalOrder, fulfilment: RemoteFulfilment) -> Parcel | None:
    """Find our row of a fulfilment; one entered in the portal is adopted by its tracking number."""
    parcels = Parcel.everyone.filter(internal_order=internal_order)
    known = parcels.filter(remote_id=fulfilment.id).first()
    if known or fulfilment.status in NOT_SENT:
        return known
    own = parcels.filter(remote_id="", cancelled_at=None, push_due_at__isnull=False)
    adopted = own.filter(tracking_number=fulfilment.tracking_number).first()
    if adopted:
        adopted.remote_id, adopted.push_due_at = fulfilment.id, None
        adopted.save(update_fields=["remote_id", "push_due_at"])
    return adopted


def _add_lines(internal_order: InternalOrder, parcel: Parcel, lines: Sequence[tuple[str, int]]) -> None:
    """Share the units of a fulfilment among the internal lines that one remote line stands for."""
    open_lines = list(InternalOrderLine.everyone.filter(internal_order=internal_order).order_by("pk"))
    sent = _sent_units(internal_order)
    rows: dict[int, int] = {}
    for remote_line, units in lines:
        for line in (line for line in open_lines if line.remote_line_id == remote_line):
            taken = min(units, line.quantity - sent.get(line.pk, 0) - rows.get(line.pk, 0))
            if taken > 0:
                rows[line.pk] = rows.get(line.pk, 0) + taken
                units -= taken
        if units:
            log.warning("parcel_holds_more_than_ordered", number=internal_order.number, line=remote_line, units=units)
    ParcelLine.objects.bulk_create(ParcelLine(parcel=parcel, line_id=pk, quantity=units) for pk, units in rows.items())


def _sent_units(internal_order: InternalOrder) -> dict[int, int]:
    rows = ParcelLine.objects.filter(parcel__internal_order=internal_order, parcel__cancelled_at=None)
    return {row["line_id"]: row["units"] for row in rows.values("line_id").annotate(units=Sum("quantity"))}


def _cancel_parcel(internal_order: InternalOrder, parcel: Parcel) -> None:
    kept = Parcel.everyone.select_for_update(of=("self",)).get(pk=parcel.pk)
    # what was shown must go, and what may have been: an entry is under way, or its answer was lost
    kept.mirror_wanted = TAKEN_BACK if kept.mirror_remote_id or kept.tries else kept.mirrored
    kept.cancelled_at = timezone.now()
    kept.save(update_fields=["cancelled_at", "mirror_wanted"])
    _mirror_soon(kept)
    if kept.mirrored_at or internal_order.status == "shipped":
        order = internal_order.order
        told = (
            "after your customer had been told of it; your shop's order shows it as taken back"
            if kept.mirrored_at
            else "before your customer was told of it"
        )
        give_notice(
            order.shop,
            kind="parcel_cancelled",
            key=f"parcel_cancelled:{parcel.pk}",
            subject=f"Order {order.name}: the partner took a parcel back",
            body=f"Parcel {parcel} of order {order.name} was cancelled {told}. If it is not sent again, report it as lost.",
            link=f"/my-orders/{order.pk}/",
        )


def note_mirror_wanted(parcel: Parcel) -> None:
    """Write a parcel's tracking and what the origin's order should show of it; the mirror sweep closes the difference.

    What that sweep writes is left alone: it works without the order's lock.
    """
    lines = sorted(parcel.lines.values_list("line_id", "quantity"))
    text = "|".join([parcel.carrier, parcel.tracking_number, parcel.tracking_url, str(lines)])
    parcel.mirror_wanted = hashlib.sha256(text.encode()).hexdigest()
    parcel.save(update_fields=["carrier", "tracking_number", "tracking_url", "delivered_at", "mirror_wanted"])
    _mirror_soon(parcel)


def _mirror_soon(parcel: Parcel) -> None:
    """Have a difference closed now, unless somebody is at it: two entries under way at once would be two parcels there.

    What was tried before is looked for first, however often it is wanted anew.
    """
    now = timezone.now()
    rows = Parcel.everyone.filter(pk=parcel.pk, next_attempt_at__lte=now).exclude(mirror_wanted=F("mirrored"))
    if rows.update(next_attempt_at=now, tries=Least("tries", 1)):
        wake("mirror_parcels")


def follow_parcels(internal_order: InternalOrder, *, by: str) -> None:
    """Bring an internal order and its lines to what its parcels say. Call it with order and row locked."""
    lines = list(InternalOrderLine.everyone.filter(internal_order=internal_order).order_by("pk"))
    sent = _sent_units(internal_order)
    if internal_order.status not in ("shipped", "delivered"):
        had_left = any(line.shipped_quantity for line in lines)
        for line in lines:
            line.shipped_quantity = min(sent.get(line.pk, 0), line.quantity)
        InternalOrderLine.everyone.bulk_update(lines, ["shipped_quantity"])
        _follow(internal_order, lines, by)
        if had_left and not sent:
            from orders.cancel import call_back_stray

            call_back_stray(internal_order)
    _follow_delivery(internal_order, by)
    order_lines = list(OrderLine.everyone.filter(internal_lines__internal_order=internal_order).distinct())
    settle_lines(order_lines, by=by)
    if internal_order.status == "delivered":
        deliver_lines(order_lines, by=by)


def _follow(internal_order: InternalOrder, lines: Sequence[InternalOrderLine], by: str) -> None:
    shipped = sum(line.shipped_quantity for line in lines)
    if not shipped:
        return
    now = timezone.now()
    called_back = internal_order.cancel_wanted_at is not None
    counts = internal_order.status not in GIVEN_UP or _is_still_wanted(internal_order, lines)
    whole = shipped == sum(line.quantity for line in lines)
    if internal_order.status in GIVEN_UP or (called_back and internal_order.status == "cancelled"):
        flag_stray(internal_order, lines, counts=counts, by=by)
        whole = True  # the rest was taken away
    if called_back and not internal_order.cancel_done_at:
        InternalOrder.everyone.filter(pk=internal_order.pk).update(cancel_done_at=now)
        internal_order.cancel_done_at = now
        flag_stray(internal_order, lines, counts=counts, by=by)
        _expect_nothing_back(internal_order, lines)
        whole = True  # the rest is no longer wanted
    if whole and counts and "shipped" in InternalOrder.STEPS.get(internal_order.status, ()):
        parcels = Parcel.everyone.filter(internal_order=internal_order, cancelled_at=None)
        last = max(parcels.values_list("shipped_at", flat=True), default=now)
        move(internal_order, "shipped", by=by, shipped_at=min(last, now))
        settle_notice(internal_order.shipper, f"order_to_ship:{internal_order.number}")
        _take_on_again(lines, by)


def _is_still_wanted(internal_order: InternalOrder, lines: Sequence[InternalOrderLine]) -> bool:
    """Say whether what left after a decline is what the customer waits for, and nobody else has sent it."""
    sent = [line.order_line_id for line in lines if line.shipped_quantity]
    covers = cover_of(sent)
    return internal_order.status == "declined" and all(
        line.status in ("waiting", "held", "routed", "handed_back") and covers[line.pk].shipped <= line.quantity
        for line in OrderLine.everyone.filter(pk__in=sent)
    )


def _take_on_again(lines: Sequence[InternalOrderLine], by: str) -> None:
    """Have lines answered for by what has left after all: given back to the selling shop no more, asked of nobody else."""
    from orders.cancel import call_back_surplus
    from orders.hand_back import notice_key

    sent = [line.order_line_id for line in lines if line.shipped_quantity]
    for line in OrderLine.everyone.select_related("order__shop").filter(pk__in=sent, status="handed_back"):
        settle_notice(line.order.shop, notice_key(line))
        move(
            line, "waiting", by=by, reason="It had left its partner after all.", status_reason="", hand_back_due_at=None
        )
    call_back_surplus(sent, by=by)


def _expect_nothing_back(internal_order: InternalOrder, lines: Sequence[InternalOrderLine]) -> None:
    """Units declined as not found were to come back with the cancellation, which is over without it."""
    from orders.fulfil import DECLINE_REASONS, PHANTOM_REASONS

    doubts = [DECLINE_REASONS[reason] for reason in PHANTOM_REASONS]
    if internal_order.status == "declined" and internal_order.status_reason in doubts:
        claims = Claim.everyone.filter(pk__in=[line.claim_id for line in lines], status="used")
        lock_units(internal_order.order_id)
        expect_no_longer(claims.values_list("level_id", "quantity"))


def _follow_delivery(internal_order: InternalOrder, by: str) -> None:
    if internal_order.status != "shipped":
        return
    parcels = list(Parcel.everyone.filter(internal_order=internal_order, cancelled_at=None))
    if parcels and all(parcel.delivered_at for parcel in parcels):
        last = max(parcel.delivered_at for parcel in parcels if parcel.delivered_at)
        move(internal_order, "delivered", by=by, delivered_at=last)


def deliver_lines(lines: Sequence[OrderLine], *, by: str) -> None:
    """Mark shipped lines as delivered when no internal order of theirs is still on its way."""
    for line in lines:
        on_way = InternalOrder.everyone.filter(lines__order_line=line, status__in=[*InternalOrder.OPEN, "shipped"])
        if line.status == "shipped" and not on_way.exists():
            move(line, "delivered", by=by)
