"""From wishes and offers to a plan: who ships which units, who cannot be served, and every candidate's numbers."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from orders.routing.costs import Place, bundle_cost, place_of, tariff
from orders.routing.exact import Bundle, Choice, divide_exactly
from orders.routing.greedy import divide_greedily, lower_bound
from orders.routing.rules import RULE_VERSION, first_refusal
from orders.routing.types import Allotment, Demand, Destination, Offer, Plan, Promise

EXACT_UNITS = 12  # up to so many units in an order the answer is the optimum; above it is bounded

Stock = dict[tuple[int, int], Offer]  # (location, item) → the offer


def plan_order(demands: Sequence[Demand], offers: Sequence[Offer], to: Destination, promise: Promise) -> Plan:
    """Plan an order: lines served whole where stock allows, fewest parcels first, then the least cost.

    Lines that exclude different shippers are planned apart, because one bundle could not obey both.
    """
    groups: defaultdict[frozenset[int], list[Demand]] = defaultdict(list)
    for demand in demands:
        groups[demand.declined].append(demand)
    stock, candidates = _usable(demands, offers, to, promise)
    plans = [_plan_group(group, stock, to, promise, declined) for declined, group in groups.items()]
    allotments = tuple(allotment for plan in plans for allotment in plan.allotments)
    chosen = {allotment.level for allotment in allotments}
    for candidate in candidates:
        candidate["chosen"] = candidate["level"] in chosen
    return Plan(
        allotments=allotments,
        unserved=tuple(entry for plan in plans for entry in plan.unserved),
        parcels=sum(plan.parcels for plan in plans),
        cost_minor=sum(plan.cost_minor for plan in plans),
        exact=all(plan.exact for plan in plans),
        gap_minor=sum(plan.gap_minor for plan in plans),
        trace={"rule_version": RULE_VERSION, "to": [to.country, to.postcode[:2]], "candidates": candidates},
    )


def _usable(
    demands: Sequence[Demand], offers: Sequence[Offer], to: Destination, promise: Promise
) -> tuple[Stock, list[dict[str, Any]]]:
    stock: Stock = {}
    candidates = []
    wanted = {demand.item: demand for demand in demands}
    for offer in sorted(offers, key=lambda offer: (offer.shipper, offer.location, offer.item)):
        if (demand := wanted.get(offer.item)) is None:
            continue
        refusal = first_refusal(demand, offer)
        place = place_of(offer, to, promise)
        postage = tariff(offer.country, offer.postcode, to, demand.grams)
        candidates.append(
            {
                "shipper": offer.shipper,
                "location": offer.location,
                "level": offer.level,
                "item": offer.item,
                "free": offer.free,
                "days": place.days,
                "km": postage.distance_km,
                "zone": postage.zone,
                "postage_minor": postage.cost_minor,
                "late_minor": place.late_minor,
                "risk_minor": place.risk_minor,
                "refused": refusal,
            }
        )
        if offer.free > 0:
            stock[offer.location, offer.item] = offer
    return stock, candidates


def _plan_group(
    demands: Sequence[Demand], stock: Stock, to: Destination, promise: Promise, declined: frozenset[int]
) -> Plan:
    usable = {key: offer for key, offer in stock.items() if offer.shipper not in declined and offer.free > 0}
    served, unserved = _servable(demands, usable)
    if not served:
        return Plan(unserved=unserved)
    need, places, has, price = _problem(served, usable, to, promise)
    rough = divide_greedily(need, has, price)
    exact = sum(need) <= EXACT_UNITS
    choices = divide_exactly(need, has, price, len(rough)) if exact else rough
    cost = sum(price(at, bundle) for at, bundle in choices)
    return Plan(
        allotments=_allot(served, choices, places, usable, stock),
        unserved=unserved,
        parcels=len(choices),
        cost_minor=cost,
        exact=exact,
        gap_minor=0 if exact or len(choices) == 1 else cost - lower_bound(need, has, price),
    )


def _servable(demands: Sequence[Demand], usable: Stock) -> tuple[list[Demand], tuple[tuple[int, str], ...]]:
    """Keep the lines whose item suffices, smaller ones first, so that as many lines as possible are served."""
    left: defaultdict[int, int] = defaultdict(int)
    for (_, item), offer in usable.items():
        left[item] += offer.free
    served, unserved = [], []
    for demand in sorted(demands, key=lambda demand: (demand.units, demand.line)):
        if demand.units <= left[demand.item]:
            left[demand.item] -= demand.units
            served.append(demand)
        else:
            there = left[demand.item]
            why = f"only {there} of {demand.units} units left" if there else "no partner has a free unit to send there"
            unserved.append((demand.line, why))
    return sorted(served, key=lambda demand: demand.line), tuple(sorted(unserved))


def _problem(
    served: Sequence[Demand], usable: Stock, to: Destination, promise: Promise
) -> tuple[Bundle, list[Place], list[Bundle], Any]:
    items = sorted({demand.item for demand in served})
    need = tuple(sum(demand.units for demand in served if demand.item == item) for item in items)
    grams = [next(demand.grams for demand in served if demand.item == item) for item in items]
    by_location: dict[int, Place] = {}
    for (location, item), offer in sorted(usable.items()):
        if item in items and location not in by_location:
            by_location[location] = place_of(offer, to, promise)
    places = list(by_location.values())
    has = [
        tuple(usable[place.location, item].free if (place.location, item) in usable else 0 for item in items)
        for place in places
    ]

    def price(at: int, bundle: Bundle) -> int:
        weight = sum(units * each for units, each in zip(bundle, grams, strict=True))
        return bundle_cost(places[at], to, weight, sum(bundle))

    return need, places, has, price


def _allot(
    served: Sequence[Demand], choices: Sequence[Choice], places: Sequence[Place], usable: Stock, stock: Stock
) -> tuple[Allotment, ...]:
    """Hand the bundles' units to the lines, and take them off the stock that a later group may use."""
    items = sorted({demand.item for demand in served})
    waiting: defaultdict[int, list[list[int]]] = defaultdict(list)
    for demand in served:
        waiting[demand.item].append([demand.line, demand.units])
    allotments = []
    for at, bundle in choices:
        for item, units in zip(items, bundle, strict=True):
            if not units:
                continue
            offer = usable[places[at].location, item]
            _take(stock, offer, units)
            for entry in waiting[item]:
                taken = min(units, entry[1])
                if taken:
                    entry[1] -= taken
                    units -= taken
                    allotments.append(Allotment(entry[0], offer.shipper, offer.location, offer.level, taken))
    return tuple(allotments)


def _take(stock: Stock, offer: Offer, units: int) -> None:
    key = (offer.location, offer.item)
    stock[key] = replace(stock[key], free=stock[key].free - units)
