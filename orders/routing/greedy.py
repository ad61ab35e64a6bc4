"""A quick division for orders too large to be divided exactly, and what no division can undercut."""

from collections.abc import Callable, Sequence

from orders.routing.exact import MOST_STEPS, Bundle, Choice, least_cost, steps_of

Price = Callable[[int, Bundle], int]
Fits = Callable[[int, Bundle], Bundle]  # the part of a need that a place can send


def divide_greedily(need: Bundle, places: int, fits: Fits, price: Price, *, few: bool) -> list[Choice]:
    """Divide the needs place by place: most units first where few parcels are wanted, else cheapest for each unit."""
    left, idle, choices = need, set(range(places)), []
    while any(left):
        offers = []
        for at in idle:
            bundle = fits(at, left)
            if units := sum(bundle):
                cost = price(at, bundle)
                offers.append((-units if few else cost / units, cost, at, bundle))
        _, _, at, bundle = min(offers)
        choices.append((at, bundle))
        idle.discard(at)
        left = tuple(a - b for a, b in zip(left, bundle, strict=True))
    return choices


def parts_of(need: Bundle) -> list[list[int]]:
    """Cut the classes into groups that are small enough to be divided exactly; one that is too large alone is left out."""
    groups: list[list[int]] = []
    for at, units in enumerate(need):
        if steps_of((units,)) > MOST_STEPS:
            continue
        if groups and steps_of(tuple(need[one] for one in [*groups[-1], at])) <= MOST_STEPS // 10:
            groups[-1].append(at)
        else:
            groups.append([at])
    return groups


def bound_of(groups: Sequence[tuple[Bundle, object]]) -> int:
    """Name a cost that no division of the whole undercuts: the dearest group divided by itself."""
    return max((int(least_cost(need, costs)) for need, costs in groups), default=0)  # type: ignore[arg-type]
