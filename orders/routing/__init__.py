"""Which partner ships what: exact, explained, versioned; pure functions on frozen values."""

from orders.routing.engine import EXACT_UNITS, plan_order
from orders.routing.rules import RULE_VERSION
from orders.routing.types import Allotment, Demand, Destination, Offer, Plan, Promise

__all__ = [
    "EXACT_UNITS",
    "RULE_VERSION",
    "Allotment",
    "Demand",
    "Destination",
    "Offer",
    "Plan",
    "Promise",
    "plan_order",
]
