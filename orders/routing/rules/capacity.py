"""A partner whose days are full sends nothing more for now."""

from orders.routing.types import Demand, Offer


def refuse(demand: Demand, offer: Offer) -> str:
    """Refuse a place whose shop has taken all the parcels it can hand over in the next days."""
    return "no room left to hand over another parcel these days" if offer.full else ""
