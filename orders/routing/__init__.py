"""Which partner ships what: exact, explained, versioned; pure functions on frozen values."""

from orders.routing.engine import EXACT_UNITS, plan_order
from orders.routing.policies import DEFAULT_POLICY, POLICIES, POLICY_VERSION, Weights, weights_of
from orders.routing.rules import RULE_VERSION
from orders.routing.types import Allotment, Demand, Destination, Offer, Plan, Promise, Way

__all__ = [
    "DEFAULT_POLICY",
    "EXACT_UNITS",
    "POLICIES",
    "POLICY_VERSION",
    "RULE_VERSION",
    "Allotment",
    "Demand",
    "Destination",
    "Offer",
    "Plan",
    "Promise",
    "Way",
    "Weights",
    "plan_order",
    "weights_of",
]
