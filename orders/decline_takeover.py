"""A taker declines one parcel: its goods go where the selling merchant's rule would send them if that shop took nothing over."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from network.notify import give_notice, settle_notice
from orders.direct import Directed, direct_return
from orders.locking import lock_internal_order
from orders.models import Return, ReturnLine
from orders.restock import keep_terms
from orders.return_goods import tell_receiver
from skuu.kit.errors import NotFound, NotPossible, WrongState


def decline_takeover(returned: Return, reason: str, *, by: str) -> Return:
    """Decline goods that a taker was to take over, while their parcel has not left the customer as far as anybody knows.

    The rule is asked again without every taker that declined these goods, as of the day on which they were announced. The selling
    shop is told who gets them now and why. *Locks* the order, then the internal order. *Again*: no change. *Raises* NotPossible
    without a reason or when nobody takes them over, WrongState once the parcel is on its way, has arrived or is called off.
    """
    reason = " ".join(reason.split())[:200]
    if not reason:
        raise NotPossible("Say why you cannot take it.", code="reason_needed")
    taker = returned.receiver
    lines = list(returned.lines.order_by("line_id").values_list("line_id", flat=True))
    declined = [*shops_that_declined(returned), *([taker.pk] if taker else [])]
    chosen = direct_return(
        returned.internal_order, lines, reason=returned.reason, without=declined, at=returned.announced_at
    )
    with transaction.atomic():
        lock_internal_order(returned.internal_order_id)
        row = Return.everyone.select_for_update(of=("self",)).select_related("receiver").filter(pk=returned.pk).first()
        if row is None:
            raise NotFound("There is no such return.")
        if taker and taker.pk in shops_that_declined(row):
            return row
        _refuse(row, returned, lines)
        _send_elsewhere(row, chosen, reason, by)
    return row


def shops_that_declined(returned: Return) -> list[int]:
    """List the shops that declined to take these goods over."""
    return [one["shop"] for one in returned.considered.get("declined", [])]


def _refuse(row: Return, read: Return, lines: list[int]) -> None:
    if row.destination != "taker" or row.receiver_id != read.receiver_id:
        raise NotPossible("Nobody takes these goods over; there is nothing to decline.", code="no_takeover")
    if row.status != "announced" or row.corrects_id:
        raise WrongState(f"{row.number} is {row.get_status_display().lower()}; say in which state it came instead.")
    if row.tracking_number:
        raise WrongState(
            f"{row.number} is on its way to you already; say in which state it came when it arrives.", code="on_its_way"
        )
    if lines != list(row.lines.order_by("line_id").values_list("line_id", flat=True)):
        raise WrongState(f"What comes back with {row.number} has just been changed; look again.")


def _send_elsewhere(row: Return, chosen: Directed, reason: str, by: str) -> None:
    taker = row.receiver
    assert taker is not None
    gone = {"shop": taker.pk, "name": taker.name, "why": reason, "at": timezone.now().isoformat()}
    said: dict[str, Any] = {"declined": [*row.considered.get("declined", []), gone]}
    row.destination, row.receiver_id = chosen.destination, chosen.receiver
    row.considered = chosen.considered | said
    row.why_there = f"{taker.name} declined: {reason.rstrip('.')}. {chosen.why}"[:300]
    row.save(update_fields=["destination", "receiver", "considered", "why_there"])
    ReturnLine.everyone.filter(row=row).update(restock_level=None, takeover_minor=None)
    if chosen.levels:
        keep_terms(row, chosen.levels, chosen.prices)
    # the next receiver reads these steps too, and is told nothing of the one before
    row.changes.create(from_status="announced", to_status="announced", by=by, reason="It goes to another place.")
    settle_notice(taker, f"return:{row.number}")
    _tell_origin(row, len(said["declined"]))
    tell_receiver(row, f"{row.number}: a parcel comes back to you")


def _tell_origin(row: Return, times: int) -> None:
    give_notice(
        row.internal_order.order.shop,
        "return_redirected",
        key=f"return_redirected:{row.number}:{times}",
        subject=f"{row.number} goes to another place",
        body=f"{row.why_there} Give your customer the new return slip: it shows the new address.",
        link=f"/returns/{row.number}/",
    )
