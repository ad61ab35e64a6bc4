"""Cuts a prepared listing into portions of whole brands, which can be concluded side by side."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from catalog.matching.engine import Prepared
from catalog.matching.grouping import Doubts
from catalog.matching.listing import Ints, Listing
from catalog.matching.normalising import Id


def portions_of(prepared: Prepared, count: int) -> list[tuple[Prepared, Ints]]:
    """Cut a prepared listing into at most `count` portions of about as many rows; each with its rows' former places."""
    listing = prepared.listing
    rows: Counter[str] = Counter()
    per_unit = np.bincount(listing.unit, minlength=len(prepared.units)).tolist()
    for unit, number in zip(prepared.units, per_unit, strict=True):
        rows[unit.brand] += number
    filled = [0] * count
    chosen: dict[str, int] = {}
    for brand, number in sorted(rows.items(), key=lambda one: (-one[1], one[0])):
        chosen[brand] = filled.index(min(filled))
        filled[chosen[brand]] += number
    portion = np.array([chosen[unit.brand] for unit in prepared.units], dtype=np.int64)
    return [_portion(prepared, np.flatnonzero(portion == number)) for number in range(count) if filled[number]]


def _portion(prepared: Prepared, units: Ints) -> tuple[Prepared, Ints]:
    listing = prepared.listing
    wanted = np.zeros(len(prepared.units), bool)
    wanted[units] = True
    rows = np.flatnonzero(wanted[listing.unit])
    renumbered = np.cumsum(wanted) - 1
    own = [prepared.units[unit] for unit in units.tolist()]
    part = Listing(
        _chosen(listing.ids, rows),
        renumbered[listing.unit[rows]],
        listing.gtin[rows],
        listing.label[rows],
        listing.labels,
        [listing.units[unit] for unit in units.tolist()],
        listing.shop[units],
    )
    return Prepared(part, own, prepared.gtin[rows], prepared.charts, Doubts()), rows


def _chosen(ids: Sequence[Id], rows: Ints) -> list[Id]:
    return [ids[row] for row in rows.tolist()]
