"""The cheapest division of an order as an integer programme for HiGHS: written from the cost model alone, to judge the engine."""

from collections.abc import Sequence

import highspy

from orders.routing import Demand, Destination, Offer, Promise, Weights
from orders.routing.costs import place_of, unit_minor


def least_objective(
    demands: Sequence[Demand], offers: Sequence[Offer], to: Destination, promise: Promise, weights: Weights
) -> int:
    """Name the least cost, the weight of each parcel included, of serving all these lines; lines are never split by item.

    Each place that sends anything chooses one carrier and one weight band that holds all it sends.
    """
    solver = highspy.Highs()
    solver.silent()
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("mip_abs_gap", 1e-6)
    grams = {demand.item: demand.grams for demand in demands}
    sent: dict[tuple[int, int], list] = {}  # (line, location) → units
    for location in {offer.location for offer in offers}:
        here = {offer.item: offer for offer in offers if offer.location == location and offer.free}
        if not here:
            continue
        place = place_of(next(iter(here.values())), to, promise, weights)
        chosen, room, units_here, weight_here = [], [], {}, []
        for way, days in zip(place.ways, place.ways_minor, strict=True):
            for most, price in zip(way.bands, way.prices, strict=True):
                one = solver.addBinary(obj=price + days + place.fixed_minor + weights.parcel)
                chosen.append(one)
                room.append(one * most)
        for demand in demands:
            offer = here.get(demand.item)
            if offer is None or offer.shipper in demand.declined:
                continue
            units = solver.addIntegral(lb=0, ub=min(offer.free, demand.units), obj=unit_minor(offer, weights))
            sent.setdefault((demand.line, location), []).append(units)
            units_here.setdefault(demand.item, []).append(units)
            weight_here.append(units * grams[demand.item])
        solver.addConstr(sum(chosen) <= 1)
        if not weight_here:
            continue
        solver.addConstr(sum(weight_here) <= sum(room))
        for item, them in units_here.items():
            solver.addConstr(sum(them) <= here[item].free * sum(chosen))
    for demand in demands:
        parts = [units for (line, _), them in sent.items() for units in them if line == demand.line]
        solver.addConstr(sum(parts) == demand.units)
    solver.minimize()
    assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return round(solver.getObjectiveValue())
