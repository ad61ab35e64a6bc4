"""After how many working days a late parcel goes to somebody else: the selling shop's word, or the network's where it says nothing."""

from network.models import GiveAwayLimit, Shop
from skuu.kit.errors import NotPossible

SOONEST, LATEST, USUAL = 3, 10, 5  # working days late; on the second both shops were told


def usual_limit() -> int:
    """Read what the network's staff said last; five days before anybody did."""
    newest = GiveAwayLimit.objects.order_by("-pk").values_list("days", flat=True).first()
    return newest or USUAL


def limit_of(shop: Shop, usual: int) -> int:
    """Say after how many working days a late parcel of this shop's customers goes to somebody else."""
    return shop.give_away_days or usual


def set_usual_limit(days: int, *, by: str) -> GiveAwayLimit:
    """Set it for all shops that say nothing, for parcels that are late now as well; returns the word that holds.

    *Again*: the word that stands is left alone. *Raises* NotPossible ``bad_limit`` outside three to ten days.
    """
    if not SOONEST <= days <= LATEST:
        raise NotPossible(f"Choose {SOONEST} to {LATEST} working days.", code="bad_limit")
    newest = GiveAwayLimit.objects.order_by("-pk").first()
    if newest and newest.days == days:
        return newest
    return GiveAwayLimit.objects.create(days=days, made_by=by[:150])
