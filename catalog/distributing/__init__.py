"""Whether one shop's goods may stand on another's shelf, and how that is said: pure, versioned, in words."""

from catalog.distributing.eligibility import (
    RULE_VERSION,
    Candidate,
    PairFacts,
    Refusal,
    RuleSet,
    refusals,
    unfit_for_shelf,
)

__all__ = [
    "RULE_VERSION",
    "Candidate",
    "PairFacts",
    "Refusal",
    "RuleSet",
    "refusals",
    "unfit_for_shelf",
]
