"""Who said no to a line is not asked again for it."""

from orders.routing.types import Demand, Offer


def refuse(demand: Demand, offer: Offer) -> str:
    """Refuse a shipper that declined, failed or let this line expire."""
    return "declined this line before" if offer.shipper in demand.declined else ""
