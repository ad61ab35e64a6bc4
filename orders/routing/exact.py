"""The exact minimum over all ways to divide units among places: a dynamic programme over what is already sent.

A state says how many units of each class (item, and who may send it) are sent; a bundle is what one place sends. First
every bundle takes its cheapest place and the best division into bundles is found: that forgets that a place sends one
bundle only, so it is a lower bound. Where it uses no place twice it is the optimum. Where it does, those places alone are
taken one after the other, each at most once, and everything is divided anew: still a bound, and sooner or later a plan.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

MOST_STEPS = 600_000  # (state, bundle) pairs; every order of up to twelve units has fewer

Bundle = tuple[int, ...]
Choice = tuple[int, Bundle]  # (index of the place, its bundle)
Array = np.ndarray[Any, Any]


def steps_of(need: Bundle) -> int:
    """Count the pairs of state and bundle that dividing these needs exactly would look at."""
    return prod((units + 1) * (units + 2) // 2 for units in need)


@dataclass(frozen=True)
class Grid:
    """All states of one shape of needs, and for each the bundles that lead there."""

    bundles: Array  # state → units of each class
    bundle: Array  # pairs in the order of the state they lead to …
    rest: Array  # … and the state they come from
    starts: Array  # where the pairs of state 1, 2, … begin
    lead_bundle: Array  # the same for bundles that hold a unit of the state's first class: each division once
    lead_rest: Array
    lead_starts: Array


@lru_cache(maxsize=32)  # some 8 MB for the largest
def grid_of(need: Bundle) -> Grid:
    """Lay out the states of a shape; orders repeat shapes, so it is kept."""
    states, held, radix = np.zeros(1, np.int64), np.zeros(1, np.int64), 1
    for units in need:
        left, taken = np.array([(a, b) for a in range(units + 1) for b in range(a + 1)]).T
        states = (states[:, None] + left * radix).ravel()
        held = (held[:, None] + taken * radix).ravel()
        radix *= units + 1
    order = np.argsort(states, kind="stable")
    states, held = states[order].astype(np.int32), held[order].astype(np.int32)
    states, held = states[held > 0], held[held > 0]
    bundles, index = np.zeros((radix, len(need)), np.int64), np.arange(radix)
    for column, units in enumerate(need):
        index, bundles[:, column] = np.divmod(index, units + 1)
    first = (bundles > 0).argmax(axis=1)
    leads = bundles[held, first[states]] > 0
    every, leading = np.arange(1, radix), states[leads]
    return Grid(
        bundles,
        held,
        states - held,
        np.searchsorted(states, every),
        held[leads],
        leading - held[leads],
        np.searchsorted(leading, every),
    )


def divide_exactly(need: Bundle, costs: Array) -> list[Choice]:
    """Divide the needs among places; ``costs`` say what each place (row) takes for each bundle (state), inf where it cannot.

    The needs must be coverable. The answer is the same for the same input.
    """
    grid = grid_of(need)
    once: list[int] = []  # places that the bound used twice, now taken at most once each
    while True:
        open_costs = costs.copy()
        open_costs[once] = np.inf
        cheapest = open_costs.min(axis=0)
        best = [_divide_freely(grid, cheapest)]
        for place in once:
            best.append(_with_place(grid, best[-1], costs[place]))
        choices, parts = _walk_back(grid, best, cheapest, costs, once)
        chosen, contested = _assign(parts, open_costs, cheapest)
        if not contested:
            choices += zip(chosen, parts, strict=True)
            return [(place, tuple(int(units) for units in grid.bundles[part])) for place, part in choices]
        once += sorted(contested)


def least_cost(need: Bundle, costs: Array) -> float:
    """Name the cost of the best division when a place may send several bundles: no real one is cheaper."""
    return float(_divide_freely(grid_of(need), costs.min(axis=0))[-1])


def _divide_freely(grid: Grid, cheapest: Array) -> Array:
    """Find the least cost of every state when any bundle takes its cheapest place; one more parcel in each round."""
    best = np.full(len(grid.bundles), np.inf)
    best[0] = 0
    while True:
        better = best.copy()
        through = cheapest[grid.lead_bundle] + best[grid.lead_rest]
        better[1:] = np.minimum(best[1:], np.minimum.reduceat(through, grid.lead_starts))
        if np.array_equal(better, best):
            return best
        best = better


def _with_place(grid: Grid, before: Array, takes: Array) -> Array:
    """Let one place more send one bundle."""
    after = before.copy()
    through = takes[grid.bundle] + before[grid.rest]
    after[1:] = np.minimum(before[1:], np.minimum.reduceat(through, grid.starts))
    return after


def _walk_back(
    grid: Grid, best: Sequence[Array], cheapest: Array, costs: Array, once: Sequence[int]
) -> tuple[list[tuple[int, int]], list[int]]:
    """Read the bundles from the last state back: those of the places taken once, then those without a place."""
    state, choices, parts = len(grid.bundles) - 1, [], []
    for at in range(len(once), 0, -1):
        if best[at][state] < best[at - 1][state]:
            begin, end = _pairs(grid.starts, state, len(grid.bundle))
            through = costs[once[at - 1]][grid.bundle[begin:end]] + best[at - 1][grid.rest[begin:end]]
            pair = begin + int(through.argmin())
            choices.append((once[at - 1], int(grid.bundle[pair])))
            state = int(grid.rest[pair])
    while state:
        begin, end = _pairs(grid.lead_starts, state, len(grid.lead_bundle))
        through = cheapest[grid.lead_bundle[begin:end]] + best[0][grid.lead_rest[begin:end]]
        pair = begin + int(through.argmin())
        parts.append(int(grid.lead_bundle[pair]))
        state = int(grid.lead_rest[pair])
    return choices, parts


def _pairs(starts: Array, state: int, count: int) -> tuple[int, int]:
    return int(starts[state - 1]), int(starts[state]) if state < len(starts) else count


def _assign(parts: Sequence[int], costs: Array, cheapest: Array) -> tuple[list[int], set[int]]:
    """Give each bundle one of its cheapest places, no place twice; else name the places that too many bundles want."""
    wants = [np.flatnonzero(costs[:, part] == cheapest[part]).tolist() for part in parts]
    taken: dict[int, int] = {}  # place → index of its bundle

    def find(at: int, seen: set[int]) -> bool:
        for place in wants[at]:
            if place not in seen:
                seen.add(place)
                if place not in taken or find(taken[place], seen):
                    taken[place] = at
                    return True
        return False

    for at in range(len(parts)):
        seen: set[int] = set()
        if not find(at, seen):
            return [], seen
    places = {at: place for place, at in taken.items()}
    return [places[at] for at in range(len(parts))], set()
