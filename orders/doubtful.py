"""Tracking numbers that do not look like their carrier's: asked about where they are entered, told where a store is only read."""

from network.notify import give_notice, settle_notice
from orders.carriers import doubt_of
from orders.models import Parcel
from skuu.kit.errors import NotPossible


class DoubtfulNumber(NotPossible):
    """The number does not look like one of the carrier's; saying that it is right as it is lets it pass."""

    code = "doubtful_number"


def prove_number(carrier: str, number: str, *, sure: bool) -> None:
    """Let a number pass that looks like its carrier's, or of which its shipper is sure. *Raises* DoubtfulNumber with the hint."""
    doubt = doubt_of(carrier, number)
    if doubt and not sure:
        raise DoubtfulNumber(f"{doubt} Correct it, or send it again with sure: true.", hint=doubt)


def follow_number(parcel: Parcel, *, before: str, asked: bool) -> None:
    """Tell a shipper of a doubtful number that was only read in its store; settle what was told of one that is gone or right.

    ``before`` is the number that stood, ``asked`` says that its shipper was asked about the new one. *Again*: no change.
    """
    shipper, number = parcel.internal_order.shipper, parcel.tracking_number
    doubt = doubt_of(parcel.carrier, number) if number and not asked else ""
    if before and (before != number or not doubt):
        settle_notice(shipper, _key(parcel, before))
    if not doubt or before == number:
        return
    order = parcel.internal_order.number
    give_notice(
        shipper,
        kind="doubtful_number",
        key=_key(parcel, number),
        subject=f"{order}: is the tracking number right?",
        body=f"Your store says {parcel.carrier} {number}. {doubt} The customer follows the parcel by it. Correct it here or in "
        "your store; if it is right as it is, mark this as done.",
        link=f"/to-ship/{order}/",
    )


def _key(parcel: Parcel, number: str) -> str:
    return f"doubtful_number:{parcel.pk}:{number[:80]}"
