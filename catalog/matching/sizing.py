"""Aligns the variants of one style by size: equal sizes of different shops are one item, and a shop has each size once."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from catalog.matching.size import Size

TWICE = "Stands on several variants of one shop."
NO_SIZE = "The size is missing on one side."
UNSURE = "Its size cannot be compared for certain."
OTHER_SIZE = "Its barcode belongs to another size."
TOLD_APART = "A person said that these are not the same."
FEWEST_AGREEING = 0.75


@dataclass(frozen=True, slots=True)
class Row:
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
    sizes, refused = _keys(rows)
    by_size: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.place in sizes:
            by_size[sizes[row.place]].append(row)
    items = []
    for _, group in sorted(by_size.items()):
        if len(group) < 2:
            continue
        shops = Counter(row.shop for row in group)
        refused |= {row.place: TWICE for row in group if shops[row.shop] > 1}
        staying = [row.place for row in group if shops[row.shop] == 1]
        if enemies:
            staying, away = _without_enemies(staying, enemies)
            refused |= dict.fromkeys(away, TOLD_APART)
        if len(staying) > 1:
            items.append(staying)
    if len({row.shop for row in rows}) > 1:
        _why_alone(rows, sizes, refused)
    return Aligned(items, refused)


def _keys(rows: Sequence[Row]) -> tuple[dict[int, str], dict[int, str]]:
    """Name each row's size so that equal names are equal sizes; rows whose barcode says otherwise are refused.

    A size that nobody can compare for certain ("9") is named by its barcode.
    """
    own = {row.place: row.size.key for row in rows if row.size.sure and row.size.key}
    if not own and (one := _sizeless(rows)):
        return one, {}
    said: dict[int, Counter[str]] = defaultdict(Counter)
    for row in rows:
        if row.gtin and row.place in own:
            said[row.gtin][own[row.place]] += 1
    other_name = _other_names(said)
    names: dict[int, str] = {}
    refused: dict[int, str] = {}
    for row in rows:
        name = own.get(row.place, "")
        name = other_name.get(name, name)
        heard = Counter[str]()
        for key, seen in said.get(row.gtin, Counter[str]()).items() if row.gtin else ():
            heard[other_name.get(key, key)] += seen
        if len(heard) > 1 and heard.most_common(1)[0][0] != name:
            refused[row.place] = OTHER_SIZE
        elif name:
            names[row.place] = name
        elif row.gtin and row.size.key:
            names[row.place] = next(iter(heard), f"#{row.gtin}")
    return names, refused


def _other_names(said: Mapping[int, Counter[str]]) -> dict[str, str]:
    """Learn which names of this style mean one size: US-m:9 and EU:42.5 that stand under one barcode."""
    together: dict[str, Counter[str]] = defaultdict(Counter)
    for heard in said.values():
        european = [key for key in heard if key.startswith("EU:")]
        if len(european) == 1:
            for key in heard:
                if key != european[0]:
                    together[key][european[0]] += 1
    found = {}
    for key, counted in together.items():
        system, _, _ = key.partition(":")
        name, most = counted.most_common(1)[0]
        if system != "EU" and most >= FEWEST_AGREEING * counted.total():
            found[key] = name
    return found


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


def _why_alone(rows: Iterable[Row], sizes: Mapping[int, str], refused: dict[int, str]) -> None:
    for row in rows:
        if row.place not in sizes:
            refused.setdefault(row.place, UNSURE if row.size.key else NO_SIZE)
