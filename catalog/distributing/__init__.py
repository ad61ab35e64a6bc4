"""Whether one shop's goods may stand on another's shelf, and how that is said: pure, versioned, in words."""

from catalog.distributing.eligibility import (
    RULE_VERSION,
    Candidate,
    PairFacts,
    Refusal,
    refusals,
    unfit_for_shelf,
)
from catalog.distributing.ruling import EFFECTS, Idle, RuleFacts, RuleSet, covers, find_idle, shut_out

__all__ = [
    "EFFECTS",
    "Idle",
    "RuleFacts",
    "covers",
    "find_idle",
    "shut_out",
    "RULE_VERSION",
    "Candidate",
    "PairFacts",
    "Refusal",
    "RuleSet",
    "refusals",
    "unfit_for_shelf",
]
