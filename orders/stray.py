"""Parcels that left although their orders had been taken away: kept with their money, told to staff and to both shops."""

import datetime as dt
from collections.abc import Mapping, Sequence

from django.utils import timezone

from catalog.claim import OutOfStock, Want, claim_wants, use_claims_by_decrement
from catalog.trust import doubt_units
from network.notify import give_notice
from orders.lines import DEAD
from orders.locking import lock_units
from orders.models import InternalOrder, InternalOrderLine, StrayParcel
from skuu.kit.money import Money

LATEST = dt.timedelta(days=60)  # after an order was taken away; a parcel told of later is for people to look at
MOMENT = dt.timedelta(minutes=10)  # a store that has not answered a cancellation for so long keeps nobody from telling


def may_have_left(internal_order: InternalOrder) -> bool:
    """Say whether a parcel of an order that was taken away may be told of: its shipper had it, and not too long ago."""
    ended = internal_order.cancel_wanted_at or internal_order.cancel_done_at
    had_it = internal_order.status in DEAD and internal_order.placed_at is not None
    return had_it and ended is not None and ended > timezone.now() - LATEST


def is_being_cancelled(internal_order: InternalOrder) -> bool:
    """Say whether the shipper's store is asked at this moment to cancel: whoever looks again in a minute sees how it ended."""
    begun = internal_order.cancel_begun_at
    return begun is not None and internal_order.cancel_done_at is None and begun > timezone.now() - MOMENT


def take_off_figures(internal_order: InternalOrder, units: Mapping[int, int], purpose: str) -> None:
    """Take units that left after all off what their shop can give. Call it with order and internal order locked.

    Where figures come by REST the figure is lowered; where a store keeps its own, it may have put them back when it cancelled:
    they are offered to nobody until that figure moves. ``units`` are by internal line. Said twice it counts twice.
    """
    lock_units(internal_order.order_id)
    lines = InternalOrderLine.everyone.filter(pk__in=units).select_related("claim")
    levels: dict[int, int] = {}
    for line in lines:
        levels[line.claim.level_id] = levels.get(line.claim.level_id, 0) + units[line.pk]
    if not internal_order.remote_id:
        try:
            wants = [Want(purpose, level, quantity) for level, quantity in sorted(levels.items())]
            claims = claim_wants(wants, respect_buffer=False, by="left after all")
        except OutOfStock:  # sold to somebody else meanwhile: the shop's next figure will tell
            pass
        else:
            use_claims_by_decrement([claim.pk for claim in claims])
            return
    doubt_units(levels)


def flag_stray(internal_order: InternalOrder, lines: Sequence[InternalOrderLine], *, counts: bool, by: str) -> None:
    """Keep that a parcel left although its order had been called back or declined, and tell both sides. Call it with the row locked.

    *Again*: the first word stands, unless it counts otherwise now; then staff look at it anew.
    """
    net = sum(line.net_minor * line.shipped_quantity // line.quantity for line in lines)
    facts = {"was": internal_order.status, "is_paid": counts, "net_minor": net, "told_by": by[:150]}
    row, is_new = StrayParcel.everyone.get_or_create(internal_order=internal_order, defaults=facts)
    if not is_new and row.is_paid != counts:
        StrayParcel.everyone.filter(pk=row.pk).update(is_paid=counts, net_minor=net, seen_at=None, seen_by="")
    _tell(internal_order, Money(net, internal_order.currency), counts)


def _tell(internal_order: InternalOrder, net: Money, counts: bool) -> None:
    order, number = internal_order.order, internal_order.number
    worth = f"Its goods are {net.format()} net"
    if not counts:
        told = f"The parcel of {number} left although the order had gone to another partner."
        seller = f"{worth}, which you do not pay; tell your customer what to do with the second parcel."
        shipper = f"{worth}. It is not paid for; agree with the selling shop on its return."
    elif internal_order.status == "declined":
        told = f"The parcel of {number} left although the order had been declined; its tracking is accepted."
        seller = f"{worth}, which you pay as for any other. Agree with your customer."
        shipper = f"{worth}. You are paid for it."
    else:
        told = f"The parcel of {number} left before the cancellation arrived; its tracking is accepted."
        seller = f"{worth}, which you pay until they come back. Agree with your customer."
        shipper = f"{worth}. You are paid for it; it may come back to you."
    rows = [
        (order.shop, f"Order {order.name}: shipped although called back", f"/my-orders/{order.pk}/", seller),
        (internal_order.shipper, f"{number}: shipped although called back", f"/to-ship/{number}/", shipper),
    ]
    for shop, subject, link, what_to_do in rows:
        key = f"shipped_after_cancel:{number}"
        give_notice(shop, "shipped_after_cancel", key, subject, f"{told} {what_to_do}", link)


def tell_put_back(internal_order: InternalOrder) -> None:
    """Tell a shipper that its store's figure has units which have left: its order was cancelled there before."""
    number = internal_order.number
    give_notice(
        internal_order.shipper,
        kind="figure_too_high",
        key=f"figure_too_high:{number}",
        subject=f"{number}: take what you sent out of your stock",
        body=f"Your store had cancelled its order {internal_order.remote_name} before you told of the parcel, and may have put "
        "its units back into your stock. Take them out again; until your figure changes they are offered to nobody.",
        link=f"/to-ship/{number}/",
    )


def note_seen(stray: StrayParcel, *, by: str) -> bool:
    """Note that staff have looked at a stray parcel; says whether it was new to them. *Again*: no change."""
    rows = StrayParcel.everyone.filter(pk=stray.pk, seen_at=None)
    return bool(rows.update(seen_at=timezone.now(), seen_by=by[:150]))
