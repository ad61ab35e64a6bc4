"""Tracking that was entered wrongly, set right at both shops; the units of a parcel stay as they are."""

from django.db import transaction
from django.utils import timezone

from orders.bells import wake
from orders.carriers import page_of
from orders.doubtful import follow_number
from orders.locking import lock_internal_order
from orders.models import Parcel
from orders.parcels import note_mirror_wanted, safe_url
from skuu.kit.errors import WrongState


class NumberTaken(WrongState):
    """Another parcel of the same order already has this tracking number."""

    code = "number_taken"


def correct_tracking(parcel: Parcel, *, carrier: str, number: str, url: str = "", by: str) -> Parcel:
    """Give a parcel another carrier, number or link; the shipper's store and the customer's order follow by sweeps.

    *Locks* the order, then the internal order. *Again*: no change. *Raises* WrongState for a parcel that was taken back,
    NumberTaken.
    """
    with transaction.atomic():
        row = lock_internal_order(parcel.internal_order_id)
        kept = Parcel.everyone.select_for_update(of=("self",)).get(pk=parcel.pk)
        if kept.cancelled_at:
            raise WrongState("This parcel was taken back; there is nothing to correct.", code="parcel_taken_back")
        others = Parcel.everyone.filter(internal_order=row, tracking_number=number, cancelled_at=None).exclude(
            pk=kept.pk
        )
        if number and others.exists():
            raise NumberTaken(f"Another parcel of {row.number} has the number {number} already.")
        wanted = (carrier[:60], number[:120], safe_url(url) or page_of(carrier, number))
        stood, is_same = kept.tracking_number, (kept.carrier, kept.tracking_number, kept.tracking_url) == wanted
        before = f"{kept.carrier} {kept.tracking_number}".strip()
        kept.carrier, kept.tracking_number, kept.tracking_url = wanted
        follow_number(kept, before=stood, asked=True)
        if is_same:
            return kept
        if row.remote_id:
            kept.push_due_at, kept.push_tries = timezone.now(), 0
            kept.save(update_fields=["push_due_at", "push_tries"])
        note_mirror_wanted(kept)
        row.changes.create(
            from_status=row.status,
            to_status=row.status,
            by=by,
            reason=f"Tracking corrected: it was {before or 'empty'}.",
        )
        wake("push_parcels")
    return kept
