"""The order as arrays: classes of units, places that can send them, and what each place takes for each bundle."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from orders.routing.costs import Place, bundle_cost, unit_minor
from orders.routing.exact import Array, Bundle, grid_of
from orders.routing.policies import Weights
from orders.routing.types import Demand, Offer

Class = tuple[int, frozenset[int]]  # an item, and who must not send it


@dataclass(frozen=True)
class Problem:
    """Units of each class to be divided, and the places with what they have of each item."""

    classes: tuple[Class, ...]
    need: Bundle
    grams: tuple[int, ...]
    places: tuple[Place, ...]
    has: Array  # place × class: units it may send of that class alone
    unit_minor: Array  # place × class
    weights: Weights

    def fits(self, at: int, left: Bundle) -> Bundle:
        """Take as much of what is left as a place can send."""
        taken: dict[int, int] = {}
        bundle = []
        for (item, _), most, units in zip(self.classes, self.has[at].tolist(), left, strict=True):
            each = max(0, min(units, most - taken.get(item, 0)))
            taken[item] = taken.get(item, 0) + each
            bundle.append(each)
        return tuple(bundle)

    def price(self, at: int, bundle: Bundle) -> int:
        """Price a bundle from a place, without the weight of the parcel itself."""
        grams = sum(units * each for units, each in zip(bundle, self.grams, strict=True))
        own = [int(minor) * units for minor, units in zip(self.unit_minor[at], bundle, strict=True)]
        return bundle_cost(self.places[at], grams, own)

    def costs(self, columns: Collection[int], *, parcel: int) -> Array:
        """Price every bundle of these classes from every place: place × bundle, inf where a place cannot send it."""
        chosen = list(columns)
        bundles = grid_of(tuple(self.need[at] for at in chosen)).bundles
        grams = bundles @ np.array([self.grams[at] for at in chosen])
        costs = self.unit_minor[:, chosen].astype(float) @ bundles.T.astype(float)
        costs += self._postages(grams)
        costs += np.array([place.fixed_minor + parcel for place in self.places])[:, None]
        costs[~self._sendable(chosen, bundles)] = np.inf
        costs[:, 0] = np.inf
        return costs

    def _postages(self, grams: Array) -> Array:
        """Price the postage and days of every bundle from every place; places with the same carriers are priced once."""
        found: dict[object, int] = {}
        seen: dict[tuple[int, tuple[int, ...]], int] = {}  # by identity first: comparing whole tariffs takes longer
        priced: list[Array] = []
        rows = []
        for place in self.places:
            same = (id(place.ways), place.ways_minor)
            if (row := seen.get(same)) is None:
                row = seen[same] = found.setdefault((place.ways, place.ways_minor), len(priced))
                if row == len(priced):
                    priced.append(_postage(place, grams))
            rows.append(row)
        return np.array(priced)[rows]

    def _sendable(self, chosen: Sequence[int], bundles: Array) -> Array:
        possible = np.ones((len(self.places), len(bundles)), bool)
        items = [self.classes[at][0] for at in chosen]
        for column, at in enumerate(chosen):
            possible &= bundles[:, column][None, :] <= self.has[:, at][:, None]
        for item in {item for item in items if items.count(item) > 1}:
            columns = [column for column, one in enumerate(items) if one == item]
            most = self.has[:, [chosen[column] for column in columns]].max(axis=1)
            possible &= bundles[:, columns].sum(axis=1)[None, :] <= most[:, None]
        return possible


def _postage(place: Place, grams: Array) -> Array:
    best = np.full(len(grams), np.inf)
    for way, days in zip(place.ways, place.ways_minor, strict=True):
        parcels = np.maximum(1, -(-grams // way.bands[-1]))
        each = -(-grams // parcels)
        prices = np.array(way.prices)[np.searchsorted(way.bands, each)]
        best = np.minimum(best, parcels * prices + days)
    return best


def state_problem(
    demands: Sequence[Demand], offers: Sequence[Offer], places: Mapping[int, Place], weights: Weights
) -> Problem:
    """Write lines that are to be served, and the offers that may serve them, as one problem."""
    needs: dict[Class, int] = {}
    grams: dict[int, int] = {}
    for demand in sorted(demands, key=lambda demand: (demand.item, sorted(demand.declined))):
        key = (demand.item, demand.declined)
        needs[key] = needs.get(key, 0) + demand.units
        grams.setdefault(demand.item, demand.grams)
    classes = tuple(sorted(needs, key=lambda one: needs[one]))  # orders of one shape are divided along one grid
    rows: dict[int, int] = {}
    for offer in offers:
        if offer.item in grams:
            rows.setdefault(offer.location, len(rows))
    has, own = [[0] * len(classes) for _ in rows], [[0] * len(classes) for _ in rows]
    columns: dict[int, list[int]] = {}
    for column, (item, _) in enumerate(classes):
        columns.setdefault(item, []).append(column)
    for offer in offers:
        for column in columns.get(offer.item, ()):
            if offer.shipper not in classes[column][1]:
                has[rows[offer.location]][column] = offer.free
                own[rows[offer.location]][column] = unit_minor(offer, weights)
    shape = (len(rows), len(classes))
    return Problem(
        classes,
        tuple(needs[one] for one in classes),
        tuple(grams[item] for item, _ in classes),
        tuple(places[location] for location in rows),
        np.array(has, np.int64).reshape(shape),
        np.array(own, np.int64).reshape(shape),
        weights,
    )
