"""Where goods go that a customer sends back: pure, by the selling merchant's rule."""

from orders.returning.choosing import RULE_WORDS, Choice, Place, choose_place

__all__ = ["RULE_WORDS", "Choice", "Place", "choose_place"]
