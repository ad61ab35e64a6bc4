"""Returns that a selling shop made in its own admin: each becomes our return at every partner whose parcel it names.

What the shop's store says is the truth, whatever was heard of it and in which order: an open or closed return is announced
once, fewer units there are fewer units here, a cancelled or declined one is taken back while it has not arrived. A return
that its customer only asked for waits for the shop's own yes.
"""

import datetime as dt
from collections.abc import Collection, Sequence

import structlog
from django.db import transaction
from django.db.models import F

from network.connectors.base import Connector
from network.connectors.returned import RemoteReturn
from network.notify import give_notice
from orders.decline_takeover import shops_that_declined
from orders.direct import Directed, direct_return
from orders.locking import lock_order
from orders.models import InternalOrder, InternalOrderLine, Order, ParcelLine, Return, ReturnLine
from orders.restock import keep_terms
from orders.return_goods import announce_return, cancel_return
from orders.returnable import units_left
from skuu.kit.errors import NotPossible, SkuuError

log = structlog.get_logger(__name__)

ANNOUNCED = ("open", "closed")
BY = "selling shop"
Units = dict[int, dict[int, int]]  # internal order → internal line → units


def read_returns(order: Order, connector: Connector, began: dt.datetime) -> int:
    """Read what its shop says comes back of an order, when a partner has shipped any of it, and follow it.

    *Again*: no change. ``began`` is when the read of the order began.
    """
    if not order.internal_orders.filter(status__in=("shipped", "delivered")).exists():
        return 0
    return follow_returns(order, connector.returns_of(order.remote_id), began)


def follow_returns(order: Order, told: Sequence[RemoteReturn], began: dt.datetime) -> int:
    """Bring our returns of an order to what its shop said at ``began``; returns how many were announced, changed or cancelled.

    *Locks* the order, then its internal orders. *Again*: no change. A read that began before the last one applied changes
    nothing. What cannot be announced is told to the shop, once.
    """
    changed = 0
    with transaction.atomic():
        row = lock_order(order.pk)
        if row.read_at and row.read_at > began:
            return 0
        known: dict[str, list[Return]] = {}
        for returned in Return.everyone.filter(
            internal_order__order=row, remote_id__in=[one.id for one in told]
        ).order_by("pk"):
            known.setdefault(returned.remote_id, []).append(returned)
        for one in told:
            if one.status in ANNOUNCED:
                changed += _announce(row, one, known.get(one.id, []))
            elif one.status != "requested":
                changed += sum(_take_back(returned, one) for returned in known.get(one.id, []))
    return changed


def _announce(order: Order, told: RemoteReturn, known: list[Return]) -> int:
    wanted, changed = _units_of(order, told), 0
    ours = {returned.internal_order_id: returned for returned in known}
    for internal_order_id, units in sorted(wanted.items()):
        if returned := ours.pop(internal_order_id, None):
            changed += _adjust(returned, units, told)
        else:
            changed += _begin(internal_order_id, units, told)
    return changed + sum(_take_back(returned, told) for returned in ours.values())


def _units_of(order: Order, told: RemoteReturn) -> Units:
    """Find whose parcels the return names: the parcel as the shop's store knows it, and the order's line in it."""
    parcels = {line.fulfilment_id for line in told.lines if line.fulfilment_id}
    rows = ParcelLine.objects.filter(
        parcel__internal_order__order=order, parcel__mirror_remote_id__in=parcels, parcel__cancelled_at=None
    ).values_list(
        "parcel__mirror_remote_id", "line__order_line__remote_id", "line_id", "line__internal_order_id", "quantity"
    )
    sent: dict[tuple[str, str], list[tuple[int, int, int]]] = {}
    for parcel, order_line, line, internal_order, quantity in rows.order_by("pk"):
        sent.setdefault((parcel, order_line), []).append((internal_order, line, quantity))
    found: Units = {}
    for one in told.lines:
        left = one.quantity
        for internal_order, line, quantity in sent.get((one.fulfilment_id, one.line_id), ()):
            taken = min(left, quantity)
            left -= taken
            if taken:
                lines = found.setdefault(internal_order, {})
                lines[line] = lines.get(line, 0) + taken
    return found


def _begin(internal_order_id: int, units: dict[int, int], told: RemoteReturn) -> int:
    """Announce a return, or recognise one that the shop's people announced with us by hand before."""
    row = InternalOrder.everyone.select_related("shipper", "order__shop__merchant").get(pk=internal_order_id)
    left = units_left(row)
    free = {line: min(count, left.get(line, 0)) for line, count in units.items()}
    if free != units and (same := _announced_by_hand(row, units)):
        Return.everyone.filter(pk=same.pk).update(remote_id=told.id)
        return 1
    wanted = [(line, count) for line, count in sorted(free.items()) if count]
    if not wanted:
        return 0
    reason = told.lines[0].reason
    try:
        with transaction.atomic():
            chosen = direct_return(row, [line for line, _ in wanted], reason=reason)
            announce_return(row, wanted, reason=reason, chosen=chosen, remote_id=told.id, by=BY)
    except SkuuError as error:
        log.warning("return_not_announced", internal_order=row.number, code=error.code)
        _tell_not_announced(row, told, error)
        return 0
    return 1


def _announced_by_hand(row: InternalOrder, units: dict[int, int]) -> Return | None:
    for returned in row.returns.filter(status__in=Return.OPEN, remote_id="", is_lost=False).order_by("pk"):
        if {line.line_id: line.quantity for line in returned.lines.all()} == units:
            return returned
    return None


def _adjust(returned: Return, units: dict[int, int], told: RemoteReturn) -> int:
    """Bring an announced return to other units; one that has arrived is counted by who opens it."""
    if returned.status != "announced":
        return 0
    lines = {line.line_id: line for line in returned.lines.all()}
    terms = None
    if returned.destination == "taker" and units.keys() - lines.keys():
        terms = _taken_along(returned, units.keys() | lines.keys(), told)
        units = units if terms else {pk: count for pk, count in units.items() if pk in lines}
    if not units:
        return _take_back(returned, told)
    if {pk: line.quantity for pk, line in lines.items()} == units:
        return 0
    left = units_left(returned.internal_order)
    for pk in sorted(lines.keys() | units.keys()):
        had = lines[pk].quantity if pk in lines else 0
        now = min(units.get(pk, 0), had + left.get(pk, 0))
        InternalOrderLine.everyone.filter(pk=pk).update(returned_quantity=F("returned_quantity") + now - had)
        if pk not in lines and now:
            ReturnLine.everyone.create(row=returned, line_id=pk, quantity=now)
        elif pk in lines and not now:
            lines[pk].delete()
        elif pk in lines and now != had:
            ReturnLine.everyone.filter(pk=lines[pk].pk).update(quantity=now)
    if terms:
        keep_terms(returned, terms.levels, terms.prices)
    returned.changes.create(
        from_status="announced", to_status="announced", by=BY, reason="The selling shop changed the units."
    )
    return 1


def _taken_along(returned: Return, lines: Collection[int], told: RemoteReturn) -> Directed | None:
    """Ask whether its taker takes other goods of the order over too; None, and the shop is told, when it does not."""
    terms = direct_return(
        returned.internal_order, sorted(lines), reason=returned.reason, without=shops_that_declined(returned)
    )
    if terms.levels and terms.receiver == returned.receiver_id:
        return terms
    error = NotPossible(f"{returned.number} goes to a partner who does not take the other goods over.")
    _tell_not_announced(returned.internal_order, told, error)
    return None


def _take_back(returned: Return, told: RemoteReturn) -> int:
    if returned.status != "announced":
        return 0  # it has arrived, or is over: what came is counted
    words = "declined it" if told.status == "declined" else "took it back"
    cancel_return(returned, by=BY, reason=f"The selling shop {words} in its own store.")
    return 1


def _tell_not_announced(row: InternalOrder, told: RemoteReturn, error: SkuuError) -> None:
    give_notice(
        row.order.shop,
        "return_not_announced",
        key=f"return_not_announced:{told.id}:{row.number}",
        subject=f"{row.order.name}: your return {told.name} could not be passed on",
        body=f"{error.message} Announce it on the order's page as you want it.",
        link=f"/my-orders/{row.order_id}/return/",
    )
