"""What it costs to send a bundle from one place: postage, distance, days, lateness, and what each unit's place weighs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from network.tariffs import default_ways
from orders.routing.policies import Weights
from orders.routing.types import Destination, Offer, Promise, Way


@dataclass(frozen=True, slots=True)
class Place:
    """One location of one shipper as a sender: everything about its cost but the weight and the units."""

    shipper: int
    location: int
    ways: tuple[Way, ...]
    km: float | None
    fixed_minor: int  # distance, for each bundle
    ways_minor: tuple[int, ...]  # days and lateness of each way


@lru_cache(maxsize=50_000)
def usual_ways(country: str, postcode: str, to: Destination) -> tuple[tuple[Way, ...], float | None]:
    """List the network's own carriers between two places; the table is fixed within a version, so answers are kept."""
    found, kilometres = default_ways(country, postcode, to.country, to.postcode)
    return tuple(Way(*one) for one in found), kilometres


def place_of(offer: Offer, to: Destination, promise: Promise, weights: Weights) -> Place:
    """Weigh what does not depend on the bundle: distance, days and lateness."""
    ways, kilometres = (offer.ways, offer.km) if offer.ways else usual_ways(offer.country, offer.postcode, to)
    far = round((kilometres or 0) * weights.km / 10)
    days = tuple([_days_minor(offer.days or way.days_max, promise, weights) for way in ways])
    return Place(offer.shipper, offer.location, ways, kilometres, far, days)


def places_of(offers: Iterable[Offer], to: Destination, promise: Promise, weights: Weights) -> dict[int, Place]:
    """Weigh every location that offers something."""
    places: dict[int, Place] = {}
    for offer in offers:
        if offer.location not in places:
            places[offer.location] = place_of(offer, to, promise, weights)
    return places


def _days_minor(days: int, promise: Promise, weights: Weights) -> int:
    late = days - promise.days
    return days * weights.day + (late * weights.late_day if late > 0 else 0)


def unit_minor(offer: Offer, weights: Weights) -> int:
    """Weigh one unit where it lies: the risk of a failure, the partner's part so far, how well it sells there anyway."""
    shares = offer.risk_bp * weights.failure + offer.given_bp * weights.given + offer.fresh_bp * weights.fresh
    return shares // 10_000


def best_way(place: Place, grams: int) -> int:
    """Choose the carrier for a bundle by what postage, days and lateness cost; returns its index."""
    if len(place.ways) == 1:
        return 0
    costs = [way.postage(grams) + days for way, days in zip(place.ways, place.ways_minor, strict=True)]
    return costs.index(min(costs))


def bundle_cost(place: Place, grams: int, units_minor: Sequence[int]) -> int:
    """Add up what one parcel from this place costs; ``units_minor`` are its units' own weights."""
    at = best_way(place, grams)
    return place.ways[at].postage(grams) + place.ways_minor[at] + place.fixed_minor + sum(units_minor)
