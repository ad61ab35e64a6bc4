"""Lets units that share a key lend each other what one of them leaves unsaid: brand, gender, and the charts of sizes."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from catalog.matching.article import FULL
from catalog.matching.branding import lend_brands, lend_by_barcode
from catalog.matching.charts import by_brand_chart
from catalog.matching.gender import UNISEX
from catalog.matching.grouping import Groups
from catalog.matching.knowing import Charts
from catalog.matching.listing import Ints, Listing, Unit
from catalog.matching.size import Size, normalise_size
from catalog.matching.styling import Cluster

FEWEST_BARCODES, CLEAR_MAJORITY = 3, 0.9
FEWEST_BRANDS, NEARLY_ALL = 8, 0.97
ENOUGH_TO_DISTRUST = 30
ANY = "*"
LOOKED_AT = "~"  # a brand's entry of how often barcodes spoke of its packaged charts, and how often for them
Entry = tuple[str, str, str]


def lend(units: Sequence[Unit], pairs: Iterable[tuple[int, int]], *, named: bool = False) -> list[Unit]:
    """Give each unit the brand and gender that all who share its barcodes or its full code agree on, if it says none.

    A full code knows better for whom a product is made than a barcode does. `named`: brands were read by what the whole
    network knows of names (`brand_names`), only barcodes may add to it.
    """
    pairs = list(pairs)
    lent = lend_by_barcode(units, pairs) if named else lend_brands(units, pairs)
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


def lend_in_styles(units: Sequence[Unit], styles: Iterable[Cluster]) -> list[Unit]:
    """Give each unit the gender and kind that its style agrees on, if it says none: its sizes are read by them."""
    lent = list(units)
    for style in styles:
        if len(style.units) < 2:
            continue
        gender = _only({units[unit].gender for unit in style.units if _telling(units[unit].gender)})
        kind = _only({units[unit].kind for unit in style.units if units[unit].kind})
        for unit in style.units:
            here = units[unit]
            if (gender and not _telling(here.gender)) or (kind and not here.kind):
                lent[unit] = replace(here, gender=gender or here.gender, kind=here.kind or kind)
    return lent


class SizeReader:
    """Reads sizes for the brand, gender and kind of their units, each distinct combination once in its life."""

    def __init__(self, charts: Charts) -> None:
        """Read by these charts: what the network has learnt of a brand outweighs what is packaged."""
        self.charts = charts
        self.plain: dict[tuple[str, str], Size] = {}
        self.known: dict[tuple[str, str, str, str], Size] = {}

    def read(self, listing: Listing, units: Sequence[Unit]) -> tuple[list[Size], Ints]:
        """Read every row's size: the distinct sizes, and each row's place in them."""
        whose: dict[tuple[str, str, str], int] = {}
        who = np.array(
            [whose.setdefault((unit.brand, unit.gender, unit.kind), len(whose)) for unit in units], dtype=np.int64
        )
        labels = max(1, len(listing.labels))
        distinct, place = np.unique(who[listing.unit] * labels + listing.label, return_inverse=True)
        people = list(whose)
        sizes = [self._size(listing.labels[number % labels], *people[number // labels]) for number in distinct.tolist()]
        return sizes, place.astype(np.int64)

    def _size(self, label: str, brand: str, gender: str, kind: str) -> Size:
        plain = self.plain.get((label, kind))
        if plain is None:
            plain = self.plain[label, kind] = normalise_size(label, kind=kind)
        if not plain.system.startswith(("UK", "US", "KID", "NR", "CM")):
            return plain  # neither brand nor gender changes how such a label is read
        key = (label, brand, gender, kind)
        size = self.known.get(key)
        if size is None:
            size = self.known[key] = _by_charts(label, brand, gender, kind, self.charts)
        return size


def _by_charts(label: str, brand: str, gender: str, kind: str, charts: Charts) -> Size:
    """Read a label by the brand's learnt chart, its packaged one unless distrusted, or what all brands agree on."""
    entry = entry_of(label, brand, gender, kind)
    if entry is None:
        doubted = any(key in charts for key in ((brand, "UK-m", ANY), (brand, "UK-w", ANY), ("", "", ANY)))
        return normalise_size(label, brand="" if doubted else brand, gender=gender, kind=kind)
    _, system, value = entry
    distrusted = (brand, system, ANY) in charts or ("", "", ANY) in charts
    size = normalise_size(label, brand="" if distrusted else brand, gender=gender, kind=kind)
    european = charts.get(entry) or (charts.get(("", system, value)) if size.system != "EU" else None)
    if not european:
        return size
    return Size(f"EU:{european}", "EU", european, european.partition("/")[0], label, True)


def entry_of(label: str, brand: str, gender: str, kind: str) -> Entry | None:
    """Name the line of a brand's chart that a label stands for, or None where no chart is needed."""
    if kind not in ("", "shoe"):
        return None
    size = normalise_size(label, gender=gender, kind=kind)
    if size.system == "UK" and gender in ("m", "w", "k"):
        return brand, f"UK-{gender}", size.value
    return (brand, size.system, size.value) if size.system.startswith(("US-", "UK-")) else None


def learn_charts(listing: Listing, units: Sequence[Unit], groups: Groups) -> dict[Entry, str]:
    """Learn (brand, system, value) -> EU size where at least three barcodes say so and nine in ten agree.

    Brand "" stands for all brands: what eight of them say and hardly any other denies. Value "*" with no size means
    that barcodes contradict the packaged chart of that brand and system; ("", "", "*") that they contradict them all.
    System "~" has counts, for many such lists to be summed up.
    """
    votes: dict[Entry, Counter[str]] = defaultdict(Counter)
    for (entry, european), seen in _sayings(listing, units, groups).items():
        votes[entry][european] += seen
    learnt: dict[Entry, str] = {}
    for entry, counted in votes.items():
        (european, most), total = counted.most_common(1)[0], counted.total()
        if most >= FEWEST_BARCODES and most >= CLEAR_MAJORITY * total:
            learnt[entry] = european
    heard_of = heard_of_packaged(votes)
    counts = {(brand, LOOKED_AT, system): f"{right} {heard}" for (brand, system), (right, heard) in heard_of.items()}
    return learnt | _of_all_brands(learnt) | distrusted(heard_of) | counts


def _of_all_brands(learnt: Charts) -> dict[Entry, str]:
    said: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for (_, system, value), european in learnt.items():
        said[system, value][european] += 1
    found = {}
    for (system, value), counted in said.items():
        european, most = counted.most_common(1)[0]
        if most >= FEWEST_BRANDS and most >= NEARLY_ALL * counted.total():
            found["", system, value] = european
    return found


def heard_of_packaged(votes: Mapping[Entry, Counter[str]]) -> dict[tuple[str, str], tuple[int, int]]:
    """Count by brand and system how often barcodes spoke of packaged charts: for them, and in all."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for (brand, system, value), counted in votes.items():
        kind, _, gender = system.partition("-")
        if packaged := by_brand_chart(kind, value, brand, gender):
            right, heard = found.get((brand, system), (0, 0))
            found[brand, system] = right + counted[packaged], heard + counted.total()
    return found


def distrusted(heard_of: Mapping[tuple[str, str], tuple[int, int]]) -> dict[Entry, str]:
    """Name the packaged charts that barcodes contradict."""
    found: dict[Entry, str] = {
        (brand, system, ANY): ""
        for (brand, system), (right, heard) in heard_of.items()
        if heard >= FEWEST_BARCODES and right < CLEAR_MAJORITY * heard
    }
    if all_distrusted(sum(right for right, _ in heard_of.values()), sum(heard for _, heard in heard_of.values())):
        found["", "", ANY] = ""
    return found


def all_distrusted(right: int, heard: int) -> bool:
    """Tell whether the packaged charts are wrong for this network, by how often barcodes spoke for them and of them."""
    return heard >= ENOUGH_TO_DISTRUST and right < CLEAR_MAJORITY * heard


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
    people = list(whose)
    entries: dict[Entry, int] = {}
    europeans: dict[str, int] = {}
    line_of, european_of = np.zeros(len(distinct), np.int64), np.zeros(len(distinct), np.int64)
    for number, value in enumerate(distinct.tolist()):
        person, label = divmod(value, len(listing.labels))
        brand, gender, kind = people[person]
        line = entry_of(listing.labels[label], brand, gender, kind) if brand else None
        if line is not None:
            line_of[number] = entries.setdefault(line, len(entries) + 1)
        elif (size := normalise_size(listing.labels[label], gender=gender, kind=kind)).system == "EU":
            european_of[number] = europeans.setdefault(size.value, len(europeans) + 1)
    entry, european, starts = line_of[place], european_of[place], groups.starts[:-1]
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


def _telling(gender: str) -> bool:
    return bool(gender) and gender != UNISEX


def _only(said: set[str]) -> str:
    return next(iter(said)) if len(said) == 1 else ""
