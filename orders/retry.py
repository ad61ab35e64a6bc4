"""Staff's “try again now” for what was put off after an error; never for what somebody is trying at this moment."""

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from orders.bells import wake
from orders.leases import LEASE
from orders.models import InternalOrder, OrderLine, OrderToRead, Parcel, ReturnLine
from skuu.kit.errors import NotFound


def retry_internal_order(pk: int) -> bool:
    """Make an internal order's next try due now; False when it is due within a minute anyway, or being tried.

    *Again*: no change. *Raises* NotFound.
    """
    row = InternalOrder.everyone.filter(pk=pk)
    if not row.exists():
        raise NotFound("There is no such internal order.")
    now = timezone.now()
    moved = row.filter(next_attempt_at__gt=now + LEASE).update(next_attempt_at=now, tries=0)
    wake("place_orders", "cancel_orders")
    return bool(moved)


def retry_parcel(pk: int) -> bool:
    """Make a parcel's next mirroring due now; False when it is due within a minute anyway. *Again*: no change. *Raises* NotFound."""
    row = Parcel.everyone.filter(pk=pk)
    if not row.exists():
        raise NotFound("There is no such parcel.")
    now = timezone.now()
    moved = row.filter(next_attempt_at__gt=now + LEASE).update(next_attempt_at=now, tries=0)
    wake("mirror_parcels", "push_parcels")
    return bool(moved)


def retry_order_line(pk: int) -> bool:
    """Make the next word to the selling shop's store about a line due now, also one that was given up.

    False when it is due within a minute anyway, or nothing is to be said any more. *Again*: no change. *Raises* NotFound.
    """
    row = OrderLine.everyone.filter(pk=pk)
    if not row.exists():
        raise NotFound("There is no such order line.")
    now = timezone.now()
    said = {"push_tries": 0}
    moved = row.filter(accept_due_at__gt=now + LEASE).update(accept_due_at=now, **said)
    moved += row.filter(hand_back_due_at__gt=now + LEASE).update(hand_back_due_at=now, **said)
    given_up = row.filter(accept_due_at=None, hand_back_due_at=None).exclude(push_error="")
    at_partner = InternalOrder.everyone.filter(lines__order_line=OuterRef("pk"), status__in=("placed", "accepted"))
    moved += given_up.filter(status="handed_back", hand_back_pushed_at=None).update(hand_back_due_at=now, **said)
    moved += given_up.filter(Exists(at_partner), status="routed").update(accept_due_at=now, **said)
    wake("accept_requests", "tell_handed_back")
    return bool(moved)


def retry_return_line(pk: int) -> bool:
    """Have the store of whoever got the goods asked again to add them, also after that was given up and its people were told.

    The store adds them once, by their key. False when it is due within a minute anyway. *Again*: no change. *Raises* NotFound.
    """
    row = ReturnLine.everyone.filter(pk=pk)
    if not row.exists():
        raise NotFound("There is no such line of a return.")
    now = timezone.now()
    given_up = Q(restock_due_at=None, restocked_at=None) & ~Q(error="")
    moved = row.filter(Q(restock_due_at__gt=now + LEASE) | given_up).update(restock_due_at=now, tries=0)
    wake("restock_returns")
    return bool(moved)


def retry_order_to_read(pk: int) -> bool:
    """Make the read of an order due now; False when it is due within a minute anyway. *Again*: no change. *Raises* NotFound."""
    row = OrderToRead.everyone.filter(pk=pk)
    if not row.exists():
        raise NotFound("That order has been read meanwhile.")
    now = timezone.now()
    moved = row.filter(due_at__gt=now + LEASE).update(due_at=now, tries=0)
    wake("read_orders")
    return bool(moved)
