"""Planned internal orders → orders at their shippers: looked up before any retry, read back, claims turned into sales."""

import datetime as dt

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from catalog.claim import use_claims
from catalog.trust import record_outcome, record_rejection
from network.connectors.base import (
    Connector,
    ConnectorError,
    InternalOrderRequest,
    OutOfStock,
    PlacedOrder,
    RemoteAddress,
    RemoteLevel,
    connector_for,
)
from network.notify import give_notice, settle_notice
from orders.bells import wake
from orders.cancel import LOOKUP_PATIENCE, call_back_stray, release_all
from orders.failpoint import failpoint
from orders.leases import held, later, take
from orders.lines import settle_lines
from orders.locking import lock_internal_order, lock_units
from orders.models import InternalOrder, OrderLine
from orders.one_parcel import sent_together
from skuu.kit.errors import SkuuError
from skuu.kit.states import move

log = structlog.get_logger(__name__)

FAIL_AFTER = 8  # clean failures in a row, about a minute: then the next best partner is asked
LOOKS = 10  # reads of a new order whose fulfilment orders are not there yet
ANSWER_WITHIN = dt.timedelta(hours=24)


class WrongPlace(SkuuError):
    """The shipper's platform assigned our order to a shelf, where no unit lies."""

    code = "wrong_place"


def ready_to_place() -> QuerySet[InternalOrder]:
    """Select planned internal orders that may be placed now: paid and waited, agreed, with an address, not test, held or called back."""
    waited = timezone.now() - dt.timedelta(seconds=settings.ROUTING_WAIT_SECONDS)
    return InternalOrder.everyone.filter(
        Q(asks=False) | Q(agreed_at__isnull=False),
        status="planned",
        cancel_wanted_at=None,
        order__paid_at__lte=waited,
        order__address_erased_at=None,
        order__is_test=False,
        order__is_held=False,
        order__cancelled_at=None,
    )


def place_due() -> int:
    """Place internal orders at their shippers; returns how many it took up.

    A lease is committed before anything leaves us. *Again*, after a crash at any line: the order is looked up by its
    number first, so that a shipper never holds two.
    """
    taken = take(ready_to_place().select_related("shipper", "order__shop"), "next_attempt_at", tries="tries")
    for internal_order in held(taken, "next_attempt_at"):
        try:
            _place(internal_order)
        except (OutOfStock, WrongPlace) as error:
            _refused(internal_order, error)
        except ConnectorError as error:
            _not_placed(internal_order, error)
    return len(taken)


def _place(internal_order: InternalOrder) -> None:
    connector = connector_for(internal_order.shipper)
    if not connector.can_push_shelf:
        _settle(internal_order, None, [])
        return
    placed = _find_or_create(internal_order, connector)
    if placed is None:
        return
    failpoint("order_created")
    _note_remote(internal_order, placed)
    failpoint("remote_noted")
    if not placed.fulfilment_orders:
        placed = connector.read_internal_order(placed.id)
    if placed.cancelled:
        raise WrongPlace("The shipper cancelled the order.")
    if not placed.fulfilment_orders and internal_order.tries < LOOKS:
        _look_again(internal_order, 1.0)
        return
    _check_place(internal_order, placed)
    items = {line.variant.inventory_item.remote_id for line in _lines(internal_order)}
    levels = connector.read_levels(sorted(items))
    failpoint("levels_read")
    _check_units(placed, items, levels)
    _settle(internal_order, placed, levels)


def _find_or_create(internal_order: InternalOrder, connector: Connector) -> PlacedOrder | None:
    if internal_order.remote_id:
        return connector.read_internal_order(internal_order.remote_id)
    if internal_order.attempted_at or internal_order.tries > 1:
        found = connector.find_internal_order(internal_order.number)
        if found:
            return found
        if internal_order.attempted_at and timezone.now() - internal_order.attempted_at < LOOKUP_PATIENCE:
            _look_again(internal_order, 1.0)  # the platform's search may lag behind the write
            return None
    if not internal_order.order.destination:
        raise ConnectorError("The selling shop gave no address for this order.", retryable=False, code="no_address")
    rows = InternalOrder.everyone.filter(pk=internal_order.pk, status="planned", cancel_wanted_at=None)
    if not rows.filter(next_attempt_at=internal_order.next_attempt_at).update(attempted_at=timezone.now()):
        return None  # called back meanwhile, or our lease ran out and another worker has it
    failpoint("before_create")
    try:
        return connector.place_internal_order(_request(internal_order))
    except ConnectorError as error:
        if not error.unknown_outcome:
            InternalOrder.everyone.filter(pk=internal_order.pk).update(attempted_at=None)
            internal_order.attempted_at = None
        raise


def _request(internal_order: InternalOrder) -> InternalOrderRequest:
    """Say what the shipper may know: name, street, units; no e-mail, no phone, no price."""
    units: dict[str, int] = {}
    for line in _lines(internal_order):
        units[line.variant.remote_id] = units.get(line.variant.remote_id, 0) + line.quantity
    together = sent_together(internal_order.shipper.merchant_id, [internal_order]).get(internal_order.pk, [])
    along = f" Put it into one parcel with {', '.join(together)}: one customer, one postage." if together else ""
    return InternalOrderRequest(
        identifier=internal_order.number,
        lines=tuple(units.items()),
        address=RemoteAddress(**internal_order.order.destination),
        currency=internal_order.shipper.currency,
        note=(
            f"{settings.NETWORK_NAME} order {internal_order.number} for {internal_order.order.shop.name}. "
            f"Send it in neutral packaging with the packing slip from the portal.{along}"
        ),
    )


def _lines(internal_order: InternalOrder) -> list:
    return list(internal_order.lines.select_related("variant__inventory_item", "claim").order_by("pk"))


def _note_remote(internal_order: InternalOrder, placed: PlacedOrder) -> None:
    rows = InternalOrder.everyone.filter(pk=internal_order.pk)
    rows.update(remote_id=placed.id, remote_name=placed.name)
    internal_order.remote_id, internal_order.remote_name = placed.id, placed.name


def _look_again(internal_order: InternalOrder, seconds: float) -> None:
    soon = timezone.now() + dt.timedelta(seconds=seconds)
    InternalOrder.everyone.filter(pk=internal_order.pk).update(next_attempt_at=soon)


def _check_place(internal_order: InternalOrder, placed: PlacedOrder) -> None:
    shelf = internal_order.shipper.shelf_location_id
    for answer in placed.fulfilment_orders:
        if answer.status not in ("CANCELLED", "CLOSED") and (answer.at_service or answer.location_id == shelf):
            raise WrongPlace("The shipper's store assigned the order to its own shelf.")


def _check_units(placed: PlacedOrder, items: set[str], levels: list[RemoteLevel]) -> None:
    """Refuse what the store took without having it: it sells some articles beyond its stock, and its own customers come first."""
    places = {answer.location_id for answer in placed.fulfilment_orders if answer.status not in ("CANCELLED", "CLOSED")}
    if any(row.available < 0 for row in levels if row.location_id in places and row.inventory_item_id in items):
        raise OutOfStock("The shipper's store took the order, but has no unit left for it.")


def _settle(internal_order: InternalOrder, placed: PlacedOrder | None, levels: list[RemoteLevel]) -> None:
    """Record that the order is at the shipper, and turn its claims into sales in the same transaction.

    A shop that reads its orders from our API keeps its claims until it ships: its own figures do not know of them.
    """
    remote_lines = dict(placed.lines) if placed else {}
    with transaction.atomic():
        row = lock_internal_order(internal_order.pk)
        if row.status != "planned":
            if placed and not placed.cancelled:
                call_back_stray(row)
            return
        now = timezone.now()
        move(row, "placed", by="network", placed_at=now, error="", fulfilments_due_at=now if placed else None)
        lines = _lines(row)
        for line in lines:
            line.remote_line_id = remote_lines.get(line.variant.remote_id, "")
        type(lines[0]).everyone.bulk_update(lines, ["remote_line_id"])
        if placed:
            lock_units(row.order_id)
            use_claims([line.claim_id for line in lines], levels=levels)
        if row.cancel_wanted_at is None:
            move(row, "accepted", by="agreed" if row.asks else "automatic", accepted_at=now)
            waiting = OrderLine.everyone.filter(internal_lines__internal_order=row, fulfilment_order_id__gt="")
            waiting.update(accept_due_at=now)
        if not row.asks:
            _tell_shipper(row)
        wake("accept_requests", "read_parcels")


def _tell_shipper(internal_order: InternalOrder) -> None:
    give_notice(
        internal_order.shipper,
        kind="order_to_ship",
        key=f"order_to_ship:{internal_order.number}",
        subject=f"{internal_order.number}: please ship",
        body="Send it in neutral packaging with the packing slip from the portal, and enter the tracking number.",
        link=f"/to-ship/{internal_order.number}/",
    )


def _refused(internal_order: InternalOrder, error: SkuuError) -> None:
    """The store itself said no: nothing to give, or only a shelf. The next best partner is asked at once."""
    out = isinstance(error, OutOfStock)
    with transaction.atomic():
        row = lock_internal_order(internal_order.pk)
        if row.status not in InternalOrder.OPEN:
            return
        lock_units(row.order_id)
        if out:
            for line in _lines(row):
                record_rejection(line.claim.level_id, line.quantity, "out_of_stock")
        end_internal_order(row, "declined" if out else "failed", reason=str(error), by="network")


def end_internal_order(internal_order: InternalOrder, to: str, *, reason: str, by: str) -> None:
    """End an internal order that will not ship (declined, expired, failed): units given back, lines to the next partner.

    What may exist at the shipper is called back by the cancel sweep. Call it with order, row and units locked.
    """
    now = timezone.now()
    at_shipper = bool(internal_order.remote_id or internal_order.attempted_at)
    also = {"cancel_wanted_at": now, "next_attempt_at": now, "tries": 0} if at_shipper else {"cancel_done_at": now}
    move(internal_order, to, by=by, reason=reason, status_reason=reason, **also)
    release_all(internal_order)
    record_outcome(internal_order.shipper_id, to)
    settle_notice(internal_order.shipper, f"order_to_ship:{internal_order.number}")
    lines = list(OrderLine.everyone.filter(internal_lines__internal_order=internal_order).distinct())
    settle_lines(lines, by=by, reason=reason)
    if at_shipper:
        wake("cancel_orders")


def _not_placed(internal_order: InternalOrder, error: ConnectorError) -> None:
    log.warning("not_placed", number=internal_order.number, code=error.code, tries=internal_order.tries)
    known_absent = not internal_order.remote_id and not (internal_order.attempted_at or error.unknown_outcome)
    if known_absent and (not error.retryable or internal_order.tries >= FAIL_AFTER):
        with transaction.atomic():
            row = lock_internal_order(internal_order.pk)
            if row.status == "planned":
                lock_units(row.order_id)
                end_internal_order(row, "failed", reason=str(error), by="network")
        return
    when = later(internal_order.tries, error.retry_after)
    InternalOrder.everyone.filter(pk=internal_order.pk).update(next_attempt_at=when, error=str(error))


def expire_unanswered() -> int:
    """Take internal orders that a shipper was asked for and left unanswered for a day to the next partner."""
    cutoff = timezone.now() - ANSWER_WITHIN
    rows = InternalOrder.everyone.filter(status="planned", asks=True, agreed_at=None, created_at__lt=cutoff)
    stale = list(rows.filter(order__paid_at__lt=cutoff).values_list("pk", flat=True)[:50])
    for internal_order_id in stale:
        with transaction.atomic():
            row = lock_internal_order(internal_order_id)
            if row.status == "planned" and row.agreed_at is None:
                lock_units(row.order_id)
                end_internal_order(row, "expired", reason="No answer within 24 hours.", by="network")
    return len(stale)


def accept_requests_due() -> int:
    """Accept the fulfilment requests of lines whose internal order stands at a shipper; returns how many lines it took up.

    Again: an accepted request is no change at the platform.
    """
    rows = OrderLine.everyone.select_related("order__shop").filter(accept_due_at__isnull=False)
    taken = take(rows, "accept_due_at", tries="push_tries", most=10)
    done: set[tuple[int, str]] = set()
    for line in held(taken, "accept_due_at"):
        try:
            key = (line.order_id, line.fulfilment_order_id)
            if key not in done:
                accept_request_of(line)
                done.add(key)
            _accepted(line)
        except ConnectorError as error:
            _not_accepted(line, error)
    return len(taken)


def accept_request_of(line: OrderLine) -> None:
    """Accept the fulfilment request of a line at the selling shop."""
    connector = connector_for(line.order.shop)
    if connector.can_push_shelf:
        connector.accept_request(line.fulfilment_order_id)


def _accepted(line: OrderLine) -> None:
    rows = OrderLine.everyone.filter(pk=line.pk, fulfilment_order_id=line.fulfilment_order_id)
    rows.update(accept_due_at=None, push_tries=0, push_error="")


def _not_accepted(line: OrderLine, error: ConnectorError) -> None:
    """The fulfilment order may have changed hands: read the order again, which knows what is asked now."""
    from orders.accept import note_order_changed

    log.warning("request_not_accepted", line=line.pk, code=error.code)
    over = line.push_tries >= FAIL_AFTER and not error.retryable
    when = None if over else later(line.push_tries, error.retry_after)
    OrderLine.everyone.filter(pk=line.pk).update(accept_due_at=when, push_error=str(error))
    if not error.retryable:
        note_order_changed(line.order.shop, line.order.remote_id)
