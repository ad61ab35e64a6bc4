"""Reasons not to send a line from a place; what supply already refused (stock kept back, price, distance, VAT) is not asked twice."""

from collections.abc import Callable

from orders.routing.rules import capacity, declined, stock
from orders.routing.types import Demand, Offer

RULE_VERSION = 2
Rule = Callable[[Demand, Offer], str]
RULES: tuple[Rule, ...] = (stock.refuse, declined.refuse, capacity.refuse)


def first_refusal(demand: Demand, offer: Offer) -> str:
    """Name the first rule's reason against this offer for this line; empty when it may ship."""
    for rule in RULES:
        if reason := rule(demand, offer):
            return reason
    return ""
