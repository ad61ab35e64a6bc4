"""Staff's “try again now” for what was put off after an error; never for what somebody is trying at this moment."""

from django.utils import timezone

from orders.bells import wake
from orders.leases import LEASE
from orders.models import InternalOrder, Parcel
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
