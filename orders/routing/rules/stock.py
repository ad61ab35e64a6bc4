"""A place without a free unit sends nothing."""

from orders.routing.types import Demand, Offer


def refuse(demand: Demand, offer: Offer) -> str:
    """Refuse a place that has no free unit of the item."""
    return "" if offer.free > 0 else "no free unit left here"
