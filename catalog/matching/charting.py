"""Learns the size charts of brands from variants that share a barcode: UK 8 here and EU 42.5 there are one size."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from catalog.matching.normalising import Normalised
from catalog.matching.size import Size, normalise_size

FEWEST_BARCODES, CLEAR_MAJORITY = 3, 0.9
Entry = tuple[str, str, str]
Learnt = Mapping[Entry, str]


def learn_charts(rows: Iterable[Normalised], genders: Mapping[str, str]) -> dict[Entry, str]:
    """Learn (brand, system, value) -> EU size where at least three barcodes say so and nine in ten agree.

    `genders` lends a gender by barcode where a row states none; a US size needs one.
    """
    groups: dict[str, list[Normalised]] = defaultdict(list)
    for row in rows:
        if row.gtin.key and row.brand:
            groups[row.gtin.key].append(row)
    votes: dict[Entry, Counter[str]] = defaultdict(Counter)
    for key, group in groups.items():
        if len(group) > 1:
            for entry, european in _said(group, genders.get(key, "")):
                votes[entry][european] += 1
    learnt = {}
    for entry, counted in votes.items():
        (european, most), total = counted.most_common(1)[0], sum(counted.values())
        if most >= FEWEST_BARCODES and most >= CLEAR_MAJORITY * total:
            learnt[entry] = european
    return learnt


def with_learnt_size(row: Normalised, learnt: Learnt, gender: str) -> Normalised:
    """Read a row's UK or US size by what the network has learnt of its brand; it outweighs the packaged chart."""
    if row.size.system in ("AL", "none", "NR") or not row.brand:
        return row
    entry = _entry(row, row.gender or gender)
    if entry is None or entry not in learnt:
        return row
    value = learnt[entry]
    return replace(row, size=Size(f"EU:{value}", "EU", value, value, row.size.label, True))


def _said(group: list[Normalised], gender: str) -> set[tuple[Entry, str]]:
    """What one barcode says: every UK and US size beside the one EU size of the others."""
    european = {size.value for row in group if (size := _unconverted(row, gender)).system == "EU"}
    if len(european) != 1:
        return set()
    value = european.pop()
    return {(entry, value) for row in group if (entry := _entry(row, row.gender or gender))}


def _entry(row: Normalised, gender: str) -> Entry | None:
    size = _unconverted(row, gender)
    if size.system == "UK" and gender in ("m", "w", "k"):
        return row.brand, f"UK-{gender}", size.value
    return (row.brand, size.system, size.value) if size.system.startswith(("US-", "UK-")) else None


def _unconverted(row: Normalised, gender: str) -> Size:
    """The size as the label says it, before any chart."""
    return normalise_size(row.size.label, gender=row.gender or gender, kind="shoe" if row.kind == "" else row.kind)
