"""What it costs to send a bundle from one place: tariff, days late against the promise, and the risk of a failure."""

from dataclasses import dataclass
from functools import lru_cache

from network.tariffs import Quote, quote
from orders.routing.types import Destination, Offer, Promise

LATE_DAY_MINOR = 250  # one working day beyond the promise weighs like so many cents of postage
FAILURE_MINOR = 1_500  # a decline costs a second search, a day, and perhaps the sale


@dataclass(frozen=True, slots=True)
class Place:
    """One location of one shipper as a sender: everything about its cost but the weight and the units."""

    shipper: int
    location: int
    country: str
    postcode: str
    days: int
    late_minor: int
    risk_minor: int  # for one unit


@lru_cache(maxsize=50_000)
def tariff(country: str, postcode: str, to: Destination, grams: int) -> Quote:
    """Quote one parcel by the network's tariff; the table is fixed within a version, so answers are kept."""
    return quote(country, postcode, to.country, to.postcode, grams)


def place_of(offer: Offer, to: Destination, promise: Promise) -> Place:
    """Weigh what does not depend on the bundle: lateness and risk."""
    days = offer.days or tariff(offer.country, offer.postcode, to, 0).days_max
    late = max(0, days - promise.days) * LATE_DAY_MINOR
    risk = offer.risk_bp * FAILURE_MINOR // 10_000
    return Place(offer.shipper, offer.location, offer.country, offer.postcode, days, late, risk)


def bundle_cost(place: Place, to: Destination, grams: int, units: int) -> int:
    """Add up what sending these units in one parcel from this place costs."""
    postage = tariff(place.country, place.postcode, to, grams).cost_minor
    return postage + place.late_minor + place.risk_minor * units
