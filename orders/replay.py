"""What a past decision would be by the rules of today: thought through again from what it kept, changing nothing."""

from dataclasses import dataclass
from typing import Any

from orders.models import RoutingTrace
from orders.prefer import policy_of
from orders.routing import Demand, Destination, Offer, Plan, Promise, Way, Weights, plan_order

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Replayed:
    """The decision as it was and as it would be; ``sent`` are (line, shipper, units)."""

    policy: str
    sent: list[tuple[int, int, int]]
    would_send: list[tuple[int, int, int]]
    plan: Plan

    @property
    def is_same(self) -> bool:
        return self.sent == self.would_send


def replay_decision(trace: RoutingTrace, *, policy: str = "", as_it_was: bool = False) -> Replayed:
    """Decide a past order again from the candidates and figures it was decided by.

    By the selling shop's present policy and the weights of today, or by ``policy``; ``as_it_was`` by the kept policy and
    weights, which must give what was decided. Stock, postage and days are those of then. Reads only.
    """
    facts = trace.trace
    weights: Weights | None = None
    if as_it_was:
        policy, weights = facts["policy"], Weights(**facts["weights"])
    policy = policy or policy_of(trace.order.shop)[0]
    plan = plan_order(
        [Demand(line, item, units, grams, frozenset(no)) for line, item, units, grams, no in facts["demands"]],
        [_offer(row, facts["ways"][str(row["location"])]) for row in facts["candidates"]],
        Destination(*facts["to"]),
        Promise(facts["promise_days"]),
        policy=policy,
        weights=weights,
    )
    before = [(line, shipper, units) for line, shipper, _, _, units, *_ in facts["allotments"]]
    after = [(one.line, one.shipper, one.units) for one in plan.allotments]
    return Replayed(policy, sorted(before), sorted(after), plan)


def _offer(row: Row, ways: list[list[Any]]) -> Offer:
    return Offer(
        shipper=row["shipper"],
        location=row["location"],
        level=row["level"],
        item=row["item"],
        free=row["free"],
        country=row["country"],
        postcode=row["area"],
        risk_bp=row["risk_bp"],
        given_bp=row["given_bp"],
        fresh_bp=row["fresh_bp"],
        ways=tuple(Way(way[0], way[1], tuple(way[2]), tuple(way[3]), way[4], way[5]) for way in ways),
        km=row["km"],
        tariff=row["tariff"],
        full=row["full"],
    )


def may_be_replayed(trace: RoutingTrace) -> bool:
    """Say whether a decision kept enough to be thought through again; those of earlier versions did not."""
    return "demands" in trace.trace and "weights" in trace.trace
