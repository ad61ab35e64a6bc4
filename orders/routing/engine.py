"""From wishes and offers to a plan: who ships which units, who cannot be served, and every candidate's numbers."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations

from orders.routing.candidates import list_candidates
from orders.routing.costs import best_way, places_of
from orders.routing.exact import MOST_STEPS, Choice, divide_exactly, steps_of
from orders.routing.greedy import bound_of, divide_greedily, parts_of
from orders.routing.policies import DEFAULT_POLICY, MANY, POLICY_VERSION, Weights, weights_of
from orders.routing.problem import Problem, state_problem
from orders.routing.rules import RULE_VERSION
from orders.routing.types import Allotment, Demand, Destination, Offer, Plan, Promise

EXACT_UNITS = 12  # up to so many units in an order the answer is the optimum, and above it wherever it can be had


def plan_order(
    demands: Sequence[Demand],
    offers: Sequence[Offer],
    to: Destination,
    promise: Promise,
    *,
    policy: str = DEFAULT_POLICY,
    weights: Weights | None = None,
) -> Plan:
    """Plan an order: lines served whole where stock allows, then the least cost by the selling shop's policy.

    ``weights`` stand in for those of the policy when a past decision is thought through again.
    """
    weights = weights or weights_of(policy)
    offers = sorted(offers, key=lambda offer: (offer.shipper, offer.location, offer.item))
    wanted = {demand.item for demand in demands}
    usable = [offer for offer in offers if offer.free > 0 and not offer.full and offer.item in wanted]
    served, unserved = _servable(demands, usable)
    places = places_of((offer for offer in offers if offer.item in wanted), to, promise, weights)
    problem = state_problem(served, usable, places, weights)
    choices, exact, gap, least = _divide(problem) if served else ([], True, 0, 0)
    allotments = _allot(served, choices, problem, usable)
    candidates = list_candidates(demands, offers, places, promise, weights, {one.level for one in allotments})
    cost = sum(problem.price(at, bundle) for at, bundle in choices)
    kept = {
        "rule_version": RULE_VERSION,
        "policy": policy,
        "policy_version": POLICY_VERSION,
        "weights": weights.as_kept(),
        "promise_days": promise.days,
        "to": [to.country, to.postcode[:2]],
        "parcels_at_least": least,
        "candidates": candidates,
    }
    return Plan(allotments, unserved, len(choices), cost, exact, gap, kept)


def _divide(problem: Problem) -> tuple[list[Choice], bool, int, int]:
    """Divide what is to be served; returns the parcels, whether they are the optimum, else the gap, and the fewest possible."""
    few = problem.weights.parcel >= MANY
    every = range(len(problem.need))
    if steps_of(problem.need) <= MOST_STEPS:
        choices = divide_exactly(problem.need, problem.costs(every, parcel=problem.weights.parcel))
        return sorted(choices), True, 0, len(choices) if few else 1
    whole = [at for at in range(len(problem.places)) if problem.fits(at, problem.need) == problem.need]
    if few and whole:
        return [min((problem.price(at, problem.need), at) for at in whole)[1:] + (problem.need,)], True, 0, 1
    choices = divide_greedily(problem.need, len(problem.places), problem.fits, problem.price, few=few)
    groups = parts_of(problem.need)
    needs = [tuple(problem.need[at] for at in group) for group in groups]
    bound = bound_of([(need, problem.costs(group, parcel=0)) for need, group in zip(needs, groups, strict=True)])
    counted = bound_of([(need, problem.costs(group, parcel=MANY)) for need, group in zip(needs, groups, strict=True)])
    cost = sum(problem.price(at, bundle) for at, bundle in choices)
    return choices, False, max(0, cost - bound), max(1, counted // MANY)


def _servable(demands: Sequence[Demand], offers: Iterable[Offer]) -> tuple[list[Demand], tuple[tuple[int, str], ...]]:
    """Keep the lines whose item suffices, smaller ones first, so that as many lines as possible are served."""
    stock: defaultdict[int, defaultdict[int, int]] = defaultdict(lambda: defaultdict(int))
    for offer in offers:
        stock[offer.item][offer.shipper] += offer.free
    served, unserved = [], []
    kept: defaultdict[int, list[Demand]] = defaultdict(list)
    for demand in sorted(demands, key=lambda demand: (demand.units, demand.line)):
        there, others = stock[demand.item], kept[demand.item]
        if _suffices([*others, demand], there):
            others.append(demand)
            served.append(demand)
        else:
            left = sum(units for shipper, units in there.items() if shipper not in demand.declined)
            left = max(0, min(left, sum(there.values()) - sum(one.units for one in others)))
            why = f"only {left} of {demand.units} units left" if left else "no partner has a free unit to send there"
            unserved.append((demand.line, why))
    return sorted(served, key=lambda demand: demand.line), tuple(sorted(unserved))


def _suffices(demands: Sequence[Demand], there: dict[int, int]) -> bool:
    """Say whether each line can get its units from those who may send them: every set of lines must find enough (Hall)."""
    needs: defaultdict[frozenset[int], int] = defaultdict(int)
    for demand in demands:
        needs[demand.declined] += demand.units
    for count in range(1, len(needs) + 1):
        for group in combinations(needs, count):
            barred = frozenset.intersection(*group)
            if sum(needs[key] for key in group) > sum(n for shipper, n in there.items() if shipper not in barred):
                return False
    return True


def _allot(
    served: Sequence[Demand], choices: Sequence[Choice], problem: Problem, usable: Sequence[Offer]
) -> tuple[Allotment, ...]:
    """Hand the bundles' units to the lines of their class."""
    used = {problem.places[at].location for at, _ in choices}
    levels = {(offer.location, offer.item): offer for offer in usable if offer.location in used}
    waiting: defaultdict[object, list[list[int]]] = defaultdict(list)
    for demand in served:
        waiting[demand.item, demand.declined].append([demand.line, demand.units])
    allotments = []
    for at, bundle in choices:
        grams = sum(units * each for units, each in zip(bundle, problem.grams, strict=True))
        place = problem.places[at]
        carrier = place.ways[best_way(place, grams)].carrier
        for key, units in zip(problem.classes, bundle, strict=True):
            offer = levels.get((problem.places[at].location, key[0]))
            for entry in waiting[key]:
                taken = min(units, entry[1])
                if taken and offer:
                    entry[1] -= taken
                    units -= taken
                    allotments.append(Allotment(entry[0], offer.shipper, offer.location, offer.level, taken, carrier))
    return tuple(allotments)
