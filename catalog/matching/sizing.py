"""Aligns the variants of one style by size: equal sizes of different shops are one item, and a shop has each size once."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from catalog.matching.size import Size, sizes_conflict

TWICE = "Stands on several variants of one shop."
NO_SIZE = "The size is missing on one side."
UNSURE = "Its size cannot be compared for certain."
OTHER_SIZE = "Its barcode belongs to another size."
OTHER_BARCODE = "Their barcodes differ."
TOLD_APART = "A person said that these are not the same."
FEWEST_AGREEING = 0.75


class Row(NamedTuple):
    """One variant as far as alignment asks: its place, shop, size and clean barcode (0: none)."""

    place: int
    shop: int
    size: Size
    gtin: int


@dataclass(frozen=True, slots=True)
class Aligned:
    """The items of a style, each a list of places, and the rows that may not stand in any, with the reason."""

    items: list[list[int]]
    refused: dict[int, str]


def align(rows: Sequence[Row], enemies: Mapping[int, Collection[int]]) -> Aligned:
    """Put the rows of one style into items by size.

    A row's own size decides; what only a barcode knows (US 9 here is EU 42.5 there) fills in; where the two disagree,
    or a shop has a size twice, nobody is linked.
    """
    sizes, refused = _names(rows)
    by_size: dict[str, list[Row]] = {}
    for row in rows:
        if name := sizes.get(row.place):
            by_size.setdefault(name, []).append(row)
        elif row.place not in refused:
            refused[row.place] = UNSURE if row.size.key else NO_SIZE
    items = []
    for _, group in sorted(by_size.items()):
        if len(group) < 2:
            continue
        if len({row.shop for row in group}) < len(group):
            shops = Counter(row.shop for row in group)
            refused |= {row.place: TWICE for row in group if shops[row.shop] > 1}
            group = [row for row in group if shops[row.shop] == 1]
        for staying in _by_barcode(group, refused):
            if enemies:
                staying, away = _without_enemies(staying, enemies)
                refused |= dict.fromkeys(away, TOLD_APART)
            if len(staying) > 1:
                items.append(staying)
    refused |= _unsettled(rows, items, refused)
    return Aligned(items, refused)


def _unsettled(rows: Sequence[Row], items: Sequence[Sequence[int]], refused: Mapping[int, str]) -> dict[int, str]:
    """Find the rows in no item whose size may be that of another shop's row: S/M beside M, UK 8 beside EU 42.

    A row of a shop that has found its own in that size is no candidate any more.
    """
    if not any(_may_overlap(row.size) for row in rows) and len({row.size.system for row in rows}) < 2:
        return {}
    shop_of = {row.place: row.shop for row in rows}
    settled = {place: {shop_of[other] for other in item} for item in items for place in item}
    wearing: dict[Size, list[set[int]]] = {}
    for row in rows:
        taken = settled.get(row.place, set())
        wearing.setdefault(row.size, []).append({row.shop} | taken)
    found = {}
    for row in rows:
        if row.place in settled or row.place in refused or not row.size.key:
            continue
        for size, shops in wearing.items():
            if any(row.shop not in taken for taken in shops) and not sizes_conflict(row.size, size):
                found[row.place] = UNSURE
                break
    return found


def _may_overlap(size: Size) -> bool:
    return "/" in size.value or "-" in size.value or size.value[-3:] in (".33", ".67") or size.system.startswith("BRA")


def _by_barcode(group: Sequence[Row], refused: dict[int, str]) -> list[list[int]]:
    """Keep apart what carries different barcodes in one size: the number most rows carry stays, the others are asked about.

    Where no number leads, those that share one stay together and the rest, without a number included, is asked about.
    """
    numbers = {row.gtin for row in group if row.gtin}
    if len(numbers) < 2:
        return [[row.place for row in group]]
    counted = Counter(row.gtin for row in group if row.gtin)
    (first, most), (_, next_most) = counted.most_common(2)
    leading = most > next_most
    if leading:
        refused |= {row.place: OTHER_BARCODE for row in group if row.gtin not in (0, first)}
        return [[row.place for row in group if row.gtin in (0, first)]]
    refused |= {row.place: OTHER_BARCODE for row in group if not row.gtin}
    parts = [[row.place for row in group if row.gtin == number] for number in sorted(numbers)]
    refused |= {part[0]: OTHER_BARCODE for part in parts if len(part) == 1}
    return parts


def _names(rows: Sequence[Row]) -> tuple[dict[int, str], dict[int, str]]:
    """Name each row's size so that equal names are equal sizes; rows whose barcode says otherwise are refused.

    A size that nobody can compare for certain ("9") is named by its barcode.
    """
    names: dict[int, str] = {}
    said: dict[int, str] = {}
    mixed = False
    unsure: list[Row] = []
    for row in rows:
        size = row.size
        if size.sure and size.key:
            names[row.place] = size.key
            if row.gtin and said.setdefault(row.gtin, size.key) != size.key:
                mixed = True
        else:
            unsure.append(row)
    if not names and (one := _sizeless(rows)):
        return one, {}
    refused = _settle_names(rows, names, said) if mixed else {}
    for row in unsure:
        if row.gtin and row.size.key and row.gtin in said:
            names[row.place] = said[row.gtin]
        elif row.gtin and row.size.key and row.place not in refused:
            names[row.place] = f"#{row.gtin}"
    return names, refused


def _settle_names(rows: Sequence[Row], names: dict[int, str], said: dict[int, str]) -> dict[int, str]:
    """Give sizes that stand under one barcode one name, and refuse the rows that the others of their barcode deny."""
    heard: dict[int, Counter[str]] = defaultdict(Counter)
    for row in rows:
        if row.gtin and row.place in names:
            heard[row.gtin][names[row.place]] += 1
    other_name = _other_names(heard)
    for place, name in names.items():
        names[place] = other_name.get(name, name)
    refused: dict[int, str] = {}
    for row in rows:
        counted = Counter[str]()
        for name, seen in heard.get(row.gtin, Counter[str]()).items():
            counted[other_name.get(name, name)] += seen
        if not counted:
            continue
        said[row.gtin] = counted.most_common(1)[0][0]
        if len(counted) > 1 and names.get(row.place) != said[row.gtin]:
            refused[row.place] = OTHER_SIZE
            names.pop(row.place, None)
    return refused


def _other_names(said: Mapping[int, Counter[str]]) -> dict[str, str]:
    """Learn which names of this style mean one size: US-m:9 and EU:42.5 that stand under one barcode."""
    together: dict[str, Counter[str]] = defaultdict(Counter)
    for heard in said.values():
        for key in heard:
            for other in heard:
                if _system(other) != _system(key):
                    together[key][other] += 1
    found = {}
    for key, counted in sorted(together.items()):
        # One of each pair gives its name up: EU stays before UK, UK before US, a chest's number before its cut.
        better = {other: seen for other, seen in counted.items() if _standing(other) < _standing(key)}
        if not better:
            continue
        name = min(better, key=lambda other: (_standing(other), -better[other], other))
        rivals = sum(seen for other, seen in better.items() if _system(other) == _system(name))
        if better[name] >= FEWEST_AGREEING * rivals:
            found[key] = name
    return {key: found.get(name, name) for key, name in found.items()}


def _system(key: str) -> str:
    return key.partition(":")[0]


def _standing(key: str) -> int:
    system = _system(key)
    return 0 if system == "EU" else 1 if system.startswith("UK") else 3 if system == "SU" else 2


def _sizeless(rows: Sequence[Row]) -> dict[int, str]:
    """Things without a choice of size: one row in each shop, none with a size, and one barcode on all."""
    shops = [row.shop for row in rows]
    plain = all(row.size.system in ("default", "one", "none") for row in rows)
    if not plain or len(set(shops)) != len(rows) or not rows[0].gtin or len({row.gtin for row in rows}) > 1:
        return {}
    return {row.place: "ONE" for row in rows}


def _without_enemies(places: list[int], enemies: Mapping[int, Collection[int]]) -> tuple[list[int], list[int]]:
    staying: list[int] = []
    away: list[int] = []
    for place in places:
        (away if any(other in enemies.get(place, ()) for other in staying) else staying).append(place)
    return staying, away
