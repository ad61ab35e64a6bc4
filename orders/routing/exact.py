"""The exact minimum over all ways to divide units among places: fewest parcels first, then the least cost.

A state is how many units of each item are already sent. Places are taken one after the other, each sends at most one
bundle, so a place never promises more than it has. With k parcels known to suffice, only the k cheapest places of each
bundle can matter: were another one used, one of those k would be idle and no dearer.
"""

from collections.abc import Callable, Sequence
from itertools import product

Bundle = tuple[int, ...]
Choice = tuple[int, Bundle]  # (index of the place, its bundle)
Price = Callable[[int, Bundle], int]


def divide_exactly(need: Bundle, stock: Sequence[Bundle], price: Price, most: int) -> list[Choice]:
    """Divide ``need`` among places with ``stock``; ``most`` parcels are known to suffice."""
    single = [(price(at, need), at) for at, has in enumerate(stock) if _fits(need, has)]
    if single:
        return [(min(single)[1], need)]
    best = _cheapest_places(need, stock, price, most)
    return _pair(need, best) or _search(need, best)


def _fits(bundle: Bundle, room: Bundle) -> bool:
    return all(units <= has for units, has in zip(bundle, room, strict=True))


def _less(state: Bundle, bundle: Bundle) -> Bundle:
    return tuple(a - b for a, b in zip(state, bundle, strict=True))


def _cheapest_places(
    need: Bundle, stock: Sequence[Bundle], price: Price, most: int
) -> dict[Bundle, list[tuple[int, int]]]:
    found: dict[Bundle, list[tuple[int, int]]] = {}
    for at, has in enumerate(stock):
        room = (range(min(units, left) + 1) for units, left in zip(has, need, strict=True))
        for bundle in product(*room):
            if any(bundle):
                found.setdefault(bundle, []).append((price(at, bundle), at))
    return {bundle: sorted(places)[:most] for bundle, places in found.items()}


def _pair(need: Bundle, best: dict[Bundle, list[tuple[int, int]]]) -> list[Choice]:
    """Find the cheapest two parcels, when two suffice."""
    pairs = [
        (cost + other_cost, at, bundle, other, rest)
        for bundle, places in best.items()
        if (rest := _less(need, bundle)) in best and bundle <= rest
        for cost, at in places
        for other_cost, other in best[rest]
        if at != other
    ]
    if not pairs:
        return []
    _, at, bundle, other, rest = min(pairs)
    return [(at, bundle), (other, rest)]


def _search(need: Bundle, best: dict[Bundle, list[tuple[int, int]]]) -> list[Choice]:
    bundles_of: dict[int, list[tuple[int, Bundle]]] = {}
    for bundle, places in best.items():
        for cost, at in places:
            bundles_of.setdefault(at, []).append((cost, bundle))
    empty = tuple(0 for _ in need)
    reached: dict[Bundle, tuple[int, int, tuple[Choice, ...]]] = {empty: (0, 0, ())}
    for at in sorted(bundles_of):
        further = dict(reached)
        for sent, (parcels, spent, choices) in reached.items():
            left = _less(need, sent)
            for cost, bundle in bundles_of[at]:
                if not _fits(bundle, left):
                    continue
                state = tuple(a + b for a, b in zip(sent, bundle, strict=True))
                answer = (parcels + 1, spent + cost, (*choices, (at, bundle)))
                if state not in further or answer < further[state]:
                    further[state] = answer
        reached = further
    return list(reached[need][2])
