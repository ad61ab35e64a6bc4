"""Returns: announced by the selling shop, received and inspected by who gets the goods; stock and money follow.

Money follows the goods: what the shipper takes back as new, faulty or lost takes its sale back, unit by unit, on the old
terms (settlement posts it); what the selling shop keeps stays sold to it; what a third shop takes over as new is sold to that
one for the price agreed when it was announced. Stock follows the inspection: units as new go
back to the place they were taken from, and never onto a shelf.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from network.notify import give_notice, settle_notice
from orders.direct import Directed, direct_return
from orders.locking import lock_internal_order
from orders.models import InternalOrder, InternalOrderLine, OrderLine, Return, ReturnLine
from orders.restock import is_written, keep_terms, put_back
from orders.returnable import SENT, left_of, too_late
from skuu.kit.errors import NotFound, NotPossible, WrongState
from skuu.kit.states import move


class TooLate(NotPossible):
    """The shipper takes nothing back any more; the selling shop may still keep the goods."""

    code = "return_too_late"


class BadUnits(NotPossible):
    """The units named are not units of this order, or are more than can come back."""

    code = "bad_return_units"


def announce_return(
    internal_order: InternalOrder,
    units: Sequence[tuple[int, int]],
    *,
    reason: str,
    destination: str = "shipper",
    words: str = "",
    tracking_number: str = "",
    chosen: Directed | None = None,
    remote_id: str = "",
    by: str,
) -> Return:
    """Announce that units of a shipped internal order come back; ``units`` are (internal line id, units).

    Destination ``rule`` lets the selling merchant's rule decide; ``chosen`` is its decision when it was made already, and
    ``remote_id`` the shop's own return. *Locks* the order, then the internal order. *Again* it announces another return, as
    long as units are left. *Raises* WrongState before anything was shipped, BadUnits, TooLate ``settings.RETURN_DAYS`` after
    delivery unless the selling shop keeps the goods.
    """
    if destination == "rule" and chosen is None and reason in Return.REASONS:
        chosen = direct_return(internal_order, [line for line, _ in units], reason=reason)
    with transaction.atomic():
        row = lock_internal_order(internal_order.pk)
        said: dict[str, Any] = {"words": words[:300], "tracking_number": tracking_number[:120], "remote_id": remote_id}
        if chosen is not None:
            destination = chosen.destination
            said |= {"receiver_id": chosen.receiver, "why_there": chosen.why[:300], "considered": chosen.considered}
        if destination == "shipper" and (late := too_late(row)):
            raise TooLate(f"{late} Choose to keep the goods.")
        made = _write(row, units, by=by, reason=reason, destination=destination, **said)
        if chosen is not None and chosen.levels:
            keep_terms(made, chosen.levels, chosen.prices)
        tell_receiver(made, f"{made.number}: a parcel comes back to you")
    return made


def report_lost(internal_order: InternalOrder, *, words: str = "", by: str) -> Return:
    """Report that what was shipped of an internal order never arrived; the shipper confirms it or shows where it is.

    *Locks* the order, then the internal order. *Again*: the report that is open. *Raises* WrongState before anything was
    shipped, or while a parcel is on its way that was promised by a later day, BadUnits when all of it is on its way back already.
    """
    with transaction.atomic():
        row = lock_internal_order(internal_order.pk)
        if known := row.returns.filter(is_lost=True, status="announced").first():
            return known
        on_its_way = row.parcels.filter(cancelled_at=None).exists()
        if on_its_way and row.promised_on and timezone.localdate() <= row.promised_on:
            raise WrongState(f"{row.number} may still arrive: it is promised by {row.promised_on}.", code="too_early")
        left = [(line.pk, left_of(line, row)) for line in row.lines.order_by("pk")]
        made = _write(row, [one for one in left if one[1]], by=by, reason="lost", is_lost=True, words=words[:300])
        tell_receiver(made, f"{made.number}: {row.number} never arrived")
    return made


def cancel_return(returned: Return, *, by: str, reason: str = "") -> None:
    """Take an announced return back: the customer keeps the goods, or the parcel turned up.

    *Locks* the order, the internal order. *Again*: no change. *Raises* WrongState once it has arrived.
    """
    with transaction.atomic():
        row = _lock(returned)
        if row.status == "cancelled":
            return
        move(row, "cancelled", by=by, reason=reason, status_reason=reason[:500])
        _free({line.line_id: line.quantity for line in row.lines.all()})
        _settle_notices(row)
        _tell_kept_both(row)


def receive_return(returned: Return, *, by: str) -> None:
    """Say that the goods arrived, before anybody has looked at them. *Again*: no change. *Raises* WrongState."""
    with transaction.atomic():
        row = _lock(returned)
        if row.is_lost:
            raise WrongState(f"{row.number} was reported lost; say whether it was delivered instead.")
        if row.status == "received":
            return
        move(row, "received", by=by, received_at=timezone.now())


def inspect_return(returned: Return, grades: Mapping[int, Mapping[str, int]], *, verdict: str = "", by: str) -> Return:
    """Count what came, by internal line id and grade (``ReturnLine.GRADES``), and close the return.

    Every unit announced gets a grade; units that are missing can be announced again. *Locks* the order, the internal
    order, then stock levels. *Again*, with the same counts: no change. *Raises* WrongState when it was closed with
    other counts or cancelled, BadUnits.
    """
    with transaction.atomic():
        row = _lock(returned)
        lines = list(row.lines.select_related("line__claim").order_by("line__claim__level_id"))
        counted = _counted(row, lines, grades)
        if row.status == "closed" and all(_stands(line, counted[line.line_id]) for line in lines):
            return row
        now = timezone.now()
        move(
            row,
            "closed",
            by=by,
            reason=verdict,
            verdict=verdict[:300],
            closed_at=now,
            received_at=row.received_at or (None if row.is_lost else now),
        )
        _write_counts(row, lines, counted)
        _free({line.line_id: line.missing for line in lines if line.missing})
        put_back(row, lines)
        _follow_lines(row, by=by)
        _settle_notices(row)
        _tell_origin(row, lines)
    return row


def open_correction(returned: Return, units: Mapping[int, int], *, by: str) -> Return:
    """Open a return that corrects a closed one, for units that came back with it; whoever calls holds its locks and inspects it."""
    same = ("internal_order", "destination", "receiver", "considered", "reason", "tracking_number")
    made = Return.everyone.create(
        number=_number(),
        corrects=returned,
        why_there="Decided by the network.",
        **{name: getattr(returned, name) for name in same},
    )
    terms = {line.line_id: (line.restock_level_id, line.takeover_minor) for line in returned.lines.all()}
    ReturnLine.everyone.bulk_create(
        ReturnLine(
            row=made, line_id=line, quantity=count, restock_level_id=terms[line][0], takeover_minor=terms[line][1]
        )
        for line, count in sorted(units.items())
    )
    made.changes.create(from_status="", to_status="announced", by=by, reason=f"Corrects {returned.number}.")
    return made


def mark_posted(return_ids: Collection[int]) -> int:
    """Mark returns as posted by settlement; returns how many were not yet. *Again*: no change."""
    return Return.everyone.filter(pk__in=return_ids, posted_at=None).update(posted_at=timezone.now())


# --- steps ------------------------------------------------------------------------------------------------------------
def _lock(returned: Return) -> Return:
    lock_internal_order(returned.internal_order_id)
    rows = Return.everyone.select_for_update(of=("self",)).select_related(
        "internal_order__shipper", "internal_order__order__shop", "receiver"
    )
    row = rows.filter(pk=returned.pk).first()
    if row is None:
        raise NotFound("There is no such return.")
    return row


def _write(row: InternalOrder, units: Sequence[tuple[int, int]], *, by: str, **said: Any) -> Return:
    reason = said["reason"]
    if row.status not in SENT:
        raise WrongState(f"{row.number} is {row.get_status_display().lower()}; nothing of it can come back.")
    if reason not in Return.REASONS or said.get("destination", "shipper") not in Return.DESTINATIONS:
        raise NotPossible("Say why it comes back and where to.", code="bad_return")
    wanted = _wanted(row, units)
    made = Return.everyone.create(number=_number(), internal_order=row, **said)
    ReturnLine.everyone.bulk_create(
        ReturnLine(row=made, line_id=line, quantity=units) for line, units in sorted(wanted.items())
    )
    made.changes.create(from_status="", to_status="announced", by=by, reason=str(Return.REASONS[reason]))
    return made


def _number() -> str:
    with connection.cursor() as cursor:
        cursor.execute("select nextval('orders_return_number')")
        (number,) = cursor.fetchone()
    return f"R-{number:06d}"


def _wanted(row: InternalOrder, units: Sequence[tuple[int, int]]) -> dict[int, int]:
    wanted: dict[int, int] = {}
    for line_id, count in units:
        wanted[line_id] = wanted.get(line_id, 0) + count
    lines = {line.pk: line for line in row.lines.order_by("pk")}
    if not wanted or any(
        line_id not in lines or not 0 < count <= left_of(lines[line_id], row) for line_id, count in wanted.items()
    ):
        raise BadUnits("Name units of this order that were shipped and are not on their way back already.")
    for line_id, count in wanted.items():
        InternalOrderLine.everyone.filter(pk=line_id).update(returned_quantity=F("returned_quantity") + count)
    return wanted


def _free(units: Mapping[int, int]) -> None:
    for line_id, count in units.items():
        InternalOrderLine.everyone.filter(pk=line_id).update(returned_quantity=F("returned_quantity") - count)


def _counted(
    row: Return, lines: Sequence[ReturnLine], grades: Mapping[int, Mapping[str, int]]
) -> dict[int, Mapping[str, int]]:
    allowed = {"lost", "missing"} if row.is_lost else {"as_new", "faulty", "worn", "missing"}
    known = {line.line_id for line in lines}
    for line in lines:
        said = grades.get(line.line_id, {})
        if set(said) - allowed or any(count < 0 for count in said.values()) or sum(said.values()) != line.quantity:
            raise BadUnits(
                f"Say of each of the {line.quantity} units announced what came: {', '.join(sorted(allowed))}."
            )
    if set(grades) - known:
        raise BadUnits("This return has no such line.")
    return {line.line_id: grades[line.line_id] for line in lines}


def _stands(line: ReturnLine, counted: Mapping[str, int]) -> bool:
    return all(getattr(line, grade) == counted.get(grade, 0) for grade in ReturnLine.GRADES)


def _write_counts(row: Return, lines: Sequence[ReturnLine], counted: Mapping[int, Mapping[str, int]]) -> None:
    for line in lines:
        for grade in ReturnLine.GRADES:
            setattr(line, grade, counted[line.line_id].get(grade, 0))
        if line.as_new and is_written(row):
            line.restock_due_at = timezone.now()
    ReturnLine.everyone.bulk_update(lines, [*ReturnLine.GRADES, "restock_due_at"])


def _follow_lines(row: Return, *, by: str) -> None:
    """Move the customer's lines of which every unit has come back, or was lost."""
    for line in OrderLine.everyone.filter(
        pk__in=row.lines.values("line__order_line"), status__in=("shipped", "delivered")
    ).order_by("pk"):
        sent = back = 0
        for internal in line.internal_lines.prefetch_related("return_lines__row"):
            sent += internal.shipped_quantity
            back += sum(
                one.quantity - one.missing - one.moved
                for one in internal.return_lines.all()
                if one.row.status == "closed"
            )
        if sent and back >= sent:
            move(line, "returned", by=by, reason=row.number)


# --- telling the two shops --------------------------------------------------------------------------------------------
def tell_receiver(row: Return, subject: str) -> None:
    """Tell whoever gets the goods; the selling shop itself knows."""
    if row.destination == "origin":
        return
    order, shop = row.internal_order, row.receiver or row.internal_order.shipper
    units = sum(row.lines.values_list("quantity", flat=True))
    what = "Say whether it was delivered." if row.is_lost else "When it arrives, say in which state."
    if row.destination == "taker":
        what += " You buy what is as new, as you told us you would; the price stands beside each line."
    whose = order.number if row.destination == "shipper" else f"an order of {order.order.shop.name}"
    give_notice(
        shop,
        "return",
        key=f"return:{row.number}",
        subject=subject,
        body=f"{units} of {whose}. {Return.REASONS[row.reason]}. {what}",
        link=f"/returns/{row.number}/",
    )


def _tell_origin(row: Return, lines: Sequence[ReturnLine]) -> None:
    if row.destination == "origin":
        return
    counts = {words: sum(getattr(line, grade) for line in lines) for grade, (words, *_) in ReturnLine.GRADES.items()}
    found = [f"{units} × {words.lower()}" for words, units in counts.items() if units]
    own = "Refund your customer and process your own store’s return." if row.remote_id else ""
    give_notice(
        row.internal_order.order.shop,
        "return_closed",
        key=f"return_closed:{row.number}",
        subject=f"{row.number}: {', '.join(found)}",
        body=" ".join(filter(None, (f"Of {row.internal_order.order.name}.", row.verdict, own))),
        link=f"/returns/{row.number}/",
    )


def _tell_kept_both(row: Return) -> None:
    """Tell the selling shop that its customer keeps what was to come back, and gets what was given for it too."""
    given = [line.title for line in row.exchanges.exclude(status="cancelled").order_by("pk")]
    if given:
        order = row.internal_order.order
        give_notice(
            order.shop,
            "keeps_both",
            key=f"keeps_both:{row.number}",
            subject=f"{order.name}: {row.number} ended, and its exchange goes on",
            body=f"Your customer keeps what was to come back and gets {', '.join(given)} too. Ask for it, or charge it.",
            link=f"/my-orders/{order.pk}/",
        )


def reminder_key(row: Return) -> str:
    """Name the notice by which whoever gets the goods was reminded to say what came."""
    return f"return_reminder:{row.number}"


def _settle_notices(row: Return) -> None:
    shop = row.receiver or row.internal_order.shipper
    settle_notice(shop, f"return:{row.number}")
    for one in (shop, row.internal_order.order.shop):
        settle_notice(one, reminder_key(row))
