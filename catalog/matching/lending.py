"""Lets units that share a key lend each other what one of them leaves unsaid: brand, gender, and the charts of sizes."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from catalog.matching.article import FULL, code_levels
from catalog.matching.gender import UNISEX
from catalog.matching.grouping import Groups
from catalog.matching.listing import Ints, Listing, Unit
from catalog.matching.size import Size, normalise_size

FEWEST_BARCODES, CLEAR_MAJORITY = 3, 0.9
Entry = tuple[str, str, str]
Charts = Mapping[Entry, str]
Levels = Mapping[tuple[str, str], str]


def lend(units: Sequence[Unit], pairs: Iterable[tuple[int, int]]) -> list[Unit]:
    """Give each unit the brand and gender that all who share its barcodes or its full code agree on, if it says none.

    A full code knows better for whom a product is made than a barcode does.
    """
    pairs = list(pairs)
    lent = _lend_brands(units, pairs)
    by_code: dict[tuple[str, str], set[str]] = defaultdict(set)
    for unit in lent:
        if _telling(unit.gender) and unit.brand and unit.code.level == FULL:
            by_code[unit.brand, unit.code.value].add(unit.gender)
    near: dict[int, set[str]] = defaultdict(set)
    for one, other in pairs:
        for place, partner in ((one, other), (other, one)):
            if not lent[place].gender and _telling(lent[partner].gender):
                near[place].add(lent[partner].gender)
    for place, unit in enumerate(lent):
        if unit.gender:
            continue
        said = by_code.get((unit.brand, unit.code.value), set()) if unit.code.level == FULL else set()
        gender = _only(said) or _only(near.get(place, set()))
        if gender:
            lent[place] = replace(unit, gender=gender)
    return lent


def level_codes(units: Sequence[Unit], known: Levels) -> list[Unit]:
    """Give every code the level that the company it keeps has shown; `known` is what earlier runs have learnt."""
    by_brand: dict[str, dict[str, list[tuple[object, tuple[str, ...]]]]] = defaultdict(dict)
    for unit in units:
        if unit.brand and unit.code.value:
            by_brand[unit.brand].setdefault(unit.code.value, []).append((unit.code, unit.colour.bases))
    levels: dict[tuple[str, str], str] = {}
    for brand, codes in by_brand.items():
        levels |= {(brand, value): level for value, level in code_levels(codes).items()}  # type: ignore[arg-type]
    levels |= known
    levelled = []
    for unit in units:
        level = levels.get((unit.brand, unit.code.value), unit.code.level)
        levelled.append(unit if level == unit.code.level else replace(unit, code=replace(unit.code, level=level)))
    return levelled


def read_sizes(listing: Listing, units: Sequence[Unit], charts: Charts) -> tuple[list[Size], Ints]:
    """Read every row's size for its unit's brand, gender and kind: the distinct sizes, and each row's place in them.

    `charts` are what the network has learnt of a brand; they outweigh the packaged charts.
    """
    whose = {}
    who = np.array(
        [whose.setdefault((unit.brand, unit.gender, unit.kind), len(whose)) for unit in units], dtype=np.int64
    )
    joint = who[listing.unit] * max(1, len(listing.labels)) + listing.label
    distinct, place = np.unique(joint, return_inverse=True)
    people = list(whose)
    sizes = []
    for number in distinct.tolist():
        person, label = divmod(number, max(1, len(listing.labels)))
        sizes.append(_size(listing.labels[label], *people[person], charts))
    return sizes, place.astype(np.int64)


def _size(label: str, brand: str, gender: str, kind: str, charts: Charts) -> Size:
    if brand and charts and (entry := _entry(label, brand, gender, kind)) and (value := charts.get(entry)):
        return Size(f"EU:{value}", "EU", value, value, label, True)
    return normalise_size(label, brand=brand, gender=gender, kind=kind)


def _entry(label: str, brand: str, gender: str, kind: str) -> Entry | None:
    """Name the line of a brand's chart that a label stands for, or None where no chart is needed."""
    if kind not in ("", "shoe"):
        return None
    size = normalise_size(label, gender=gender, kind=kind)
    if size.system == "UK" and gender in ("m", "w", "k"):
        return brand, f"UK-{gender}", size.value
    return (brand, size.system, size.value) if size.system.startswith("US-") else None


def learn_charts(listing: Listing, units: Sequence[Unit], groups: Groups) -> dict[Entry, str]:
    """Learn (brand, system, value) -> EU size where at least three barcodes say so and nine in ten agree."""
    votes: dict[Entry, Counter[str]] = defaultdict(Counter)
    for (entry, european), seen in _sayings(listing, units, groups).items():
        votes[entry][european] += seen
    learnt = {}
    for entry, counted in votes.items():
        (european, most), total = counted.most_common(1)[0], counted.total()
        if most >= FEWEST_BARCODES and most >= CLEAR_MAJORITY * total:
            learnt[entry] = european
    return learnt


def _sayings(listing: Listing, units: Sequence[Unit], groups: Groups) -> dict[tuple[Entry, str], int]:
    """Count what barcodes say: each UK or US size that stands beside one EU size of the others, once a barcode."""
    if not len(groups.rows):
        return {}
    whose: dict[tuple[str, str, str], int] = {}
    who = np.array(
        [whose.setdefault((unit.brand, unit.gender, unit.kind), len(whose)) for unit in units], dtype=np.int64
    )
    rows = groups.rows
    joint = who[listing.unit[rows]] * len(listing.labels) + listing.label[rows]
    distinct, place = np.unique(joint, return_inverse=True)
    people, entries, europeans = list(whose), {}, {}
    entry_of, european_of = np.zeros(len(distinct), np.int64), np.zeros(len(distinct), np.int64)
    for number, value in enumerate(distinct.tolist()):
        person, label = divmod(value, len(listing.labels))
        brand, gender, kind = people[person]
        if brand and (entry := _entry(listing.labels[label], brand, gender, kind)):
            entry_of[number] = entries.setdefault(entry, len(entries) + 1)
        elif (size := normalise_size(listing.labels[label], gender=gender, kind=kind)).system == "EU":
            european_of[number] = europeans.setdefault(size.value, len(europeans) + 1)
    entry, european, starts = entry_of[place], european_of[place], groups.starts[:-1]
    most = np.maximum.reduceat(european, starts)
    least = np.minimum.reduceat(np.where(european == 0, np.iinfo(np.int64).max, european), starts)
    agreed = np.where(most == least, most, 0)[groups.member_of()]
    telling = (entry > 0) & (agreed > 0)
    once = np.unique(np.stack([groups.member_of()[telling], entry[telling], agreed[telling]]), axis=1)
    pairs, counts = np.unique(once[1] * (len(europeans) + 1) + once[2], return_counts=True)
    lines, values = list(entries), list(europeans)
    return {
        (lines[pair // (len(values) + 1) - 1], values[pair % (len(values) + 1) - 1]): count
        for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True)
    }


def _lend_brands(units: Sequence[Unit], pairs: Sequence[tuple[int, int]]) -> list[Unit]:
    near: dict[int, set[str]] = defaultdict(set)
    for one, other in pairs:
        for place, partner in ((one, other), (other, one)):
            if not units[place].brand and units[partner].brand:
                near[place].add(units[partner].brand)
    lent = list(units)
    for place, brands in near.items():
        if brand := _only(brands):
            lent[place] = replace(units[place], brand=brand)
    return lent


def _telling(gender: str) -> bool:
    return bool(gender) and gender != UNISEX


def _only(said: set[str]) -> str:
    return next(iter(said)) if len(said) == 1 else ""
