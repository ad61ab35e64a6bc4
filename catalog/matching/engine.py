"""Matches a list of variants in memory: styles by barcodes and full codes with guards, then sizes; order changes nothing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from catalog.matching.article import FULL
from catalog.matching.grouping import (
    Doubts,
    Groups,
    Lookup,
    agreeing_by_barcode,
    agreeing_by_code,
    barcode_text,
    by_barcode,
    misused,
    of_other_brands,
    other_sizes,
    pairs_of,
    without,
)
from catalog.matching.knowing import NOTHING, Charts, Known, Levels
from catalog.matching.lending import LOOKED_AT, SizeReader, learn_charts, lend, lend_in_styles
from catalog.matching.levelling import level_codes
from catalog.matching.listing import Ints, Listing, Unit, listing_of
from catalog.matching.normalising import Id, Normalised
from catalog.matching.outcome import ALIGNED, ALONE, ASKED, CODE, GTIN, LINKED, PERSON, Decided
from catalog.matching.size import Size
from catalog.matching.sizing import Row, align
from catalog.matching.styling import Styles, enemies_of
from catalog.matching.telling import Ask, Batch, Link, tell

__all__ = [
    "ALONE",
    "ASKED",
    "LINKED",
    "Ask",
    "Batch",
    "Decided",
    "Known",
    "Link",
    "conclude",
    "decide",
    "decide_batch",
    "prepare",
]
Pairs = Collection[frozenset[Id]]


def decide_batch(
    rows: Sequence[Normalised],
    *,
    cannot: Pairs = (),
    must: Pairs = (),
    titles: bool = True,
    known: Known | None = None,
) -> Batch:
    """Match a list of variants and say why.

    `must` and `cannot` are verdicts of people, as pairs of ids; they outweigh everything. `known` is what the whole
    network has taught, for a list that is only a part of it. The result does not depend on the order of the rows; item
    and style keys derive from their smallest member.
    """
    listing = listing_of(rows)
    decided = decide(listing, cannot=cannot, must=must, known=known)
    return tell(decided, {row.id: row for row in rows}, titles)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A listing after the whole of it has been looked at: what any part of it needs to be decided for itself.

    Units with what they were lent, barcodes that may decide (0: none), what was learnt of sizes, and what is doubtful.
    """

    listing: Listing
    units: list[Unit]
    gtin: Ints
    charts: Charts
    doubts: Doubts
    groups: Groups | None = None
    levels: Levels = field(default_factory=dict)


def decide(
    listing: Listing,
    *,
    cannot: Pairs = (),
    must: Pairs = (),
    known: Known | None = None,
) -> Decided:
    """Match a listing: throw out misused keys, learn what units teach each other, cluster styles, align sizes."""
    return conclude(prepare(listing, known), cannot=cannot, must=must)


def prepare(listing: Listing, known: Known | None = None) -> Prepared:
    """Look at a whole listing: the level of codes, misused barcodes, lent brands and genders, learnt size charts.

    Afterwards a barcode stands on units of one brand only, so that brands can be concluded one by one. With `known` the
    listing is part of a network: what is network-wide knowledge is taken from there and not learnt here.
    """
    doubts = Doubts()
    gtin = listing.gtin.copy()
    units: Sequence[Unit] = listing.units
    groups = by_barcode(listing, gtin)
    labels = Lookup(listing.labels, listing.label)
    out = misused(listing, groups, _brands(units)[listing.unit], labels, doubts)
    groups = without(listing, gtin, out, groups)
    one, other, _ = pairs_of(listing, groups)
    joint = np.unique(one * max(1, len(units)) + other)
    lent = lend(units, [divmod(pair, len(units)) for pair in joint.tolist()], named=known is not None)
    units, levels = level_codes(lent, known or NOTHING)
    groups = without(listing, gtin, of_other_brands(listing, groups, units, _brands(units), doubts), groups)
    charts = learn_charts(listing, units, groups)
    if known is None:
        charts = {entry: said for entry, said in charts.items() if entry[1] != LOOKED_AT}
    else:
        charts = {entry: said for entry, said in charts.items() if entry[0] and entry[0] not in known.brands}
        charts |= known.charts
    return Prepared(listing, units, gtin, charts, doubts, groups, levels)


def conclude(prepared: Prepared, *, cannot: Pairs = (), must: Pairs = ()) -> Decided:
    """Decide a prepared listing, or a part of it that holds whole brands."""
    listing, units, doubts = prepared.listing, prepared.units, prepared.doubts
    gtin = prepared.gtin.copy()
    reader = SizeReader(prepared.charts)
    sizes, size = reader.read(listing, units)
    groups = prepared.groups or by_barcode(listing, gtin)
    out = other_sizes(listing, groups, Lookup(sizes, size), _comparable(sizes)[size], doubts)
    groups = without(listing, gtin, out, groups)
    decided = Decided(listing, units, sizes, size, [-1] * len(listing.ids), {}, {}, [], doubts, gtin, prepared.charts)
    decided.levels = prepared.levels
    told_same, told_apart = _places(listing, must), _places(listing, cannot)
    styles = _styles(decided, groups, told_same, told_apart)
    decided.sizes, decided.size = reader.read(listing, lend_in_styles(units, styles.clusters()))
    _align_all(decided, styles, told_same, told_apart)
    decided.style = _firsts(styles, len(units))
    return decided


def _firsts(styles: Styles, units: int) -> list[int]:
    """Each unit's style by the first unit in it."""
    style = [0] * units
    for cluster in styles.clusters():
        first = min(cluster.units)
        for unit in cluster.units:
            style[unit] = first
    return style


def _brands(units: Sequence[Unit]) -> Ints:
    """Number the brands of units; 0 is none."""
    names: dict[str, int] = {"": 0}
    return np.array([names.setdefault(unit.brand, len(names)) for unit in units], dtype=np.int64)


def _comparable(sizes: Sequence[Size]) -> Ints:
    """Number the sizes by key; 0 where a size says nothing."""
    names: dict[str, int] = {"": 0}
    return np.array([names.setdefault(size.key, len(names)) for size in sizes], dtype=np.int64)


def _places(listing: Listing, pairs: Pairs) -> list[tuple[int, int]]:
    if not pairs:
        return []
    wanted = {one for pair in pairs for one in pair}
    place = {id_: number for number, id_ in enumerate(listing.ids) if id_ in wanted}
    found = []
    for pair in pairs:
        known = sorted(place[one] for one in pair if one in place)
        if len(known) == 2:
            found.append((known[0], known[1]))
    return sorted(found)


def _styles(
    decided: Decided, groups: Groups, must: Sequence[tuple[int, int]], cannot: Sequence[tuple[int, int]]
) -> Styles:
    """Cluster the units: what people said first, then by barcode, most shared first, then by full code."""
    listing, units, doubts = decided.listing, decided.units, decided.doubts
    rows_of = rows_of_units(listing)
    unit = listing.unit.tolist() if cannot or must else []
    apart = enemies_of(
        (unit[a], unit[b])
        for a, b in cannot
        if decided.sizes[decided.size[a]].key == decided.sizes[decided.size[b]].key and unit[a] != unit[b]
    )
    styles = Styles(units, listing.shop.tolist(), _barcodes(decided, rows_of), apart)
    for a, b in must:
        styles.join(unit[a], unit[b], checked=False)
    support = agreeing_by_barcode(listing, groups, units, doubts)
    for (a, b), _ in sorted(support.items(), key=lambda one: (-one[1], one[0])):
        if against := styles.join(a, b):
            _ask_about_pair(decided, rows_of, GTIN, a, b, against)
    for a, b in sorted(agreeing_by_code(listing, units, rows_of, doubts)):
        if against := styles.join(a, b):
            _ask_about_pair(decided, rows_of, CODE, a, b, against)
    return styles


def rows_of_units(listing: Listing) -> list[range]:
    """Give the rows of every unit; a listing keeps them side by side."""
    ends = np.searchsorted(listing.unit, np.arange(len(listing.units) + 1))
    return [range(start, end) for start, end in zip(ends.tolist(), ends[1:].tolist(), strict=False)]


def _barcodes(decided: Decided, rows_of: Sequence[range]) -> list[dict[str, int]]:
    """Each unit's barcodes by size."""
    gtin, size = decided.gtin.tolist(), decided.size.tolist()
    keys = [one.key if one.sure else "" for one in decided.sizes]
    return [{keys[size[row]]: gtin[row] for row in rows if gtin[row] and keys[size[row]]} for rows in rows_of]


def _ask_about_pair(
    decided: Decided, rows_of: Sequence[range], kind: str, a: int, b: int, against: tuple[str, ...]
) -> None:
    """Ask about two units that a key brings together and something keeps apart: those rows that the key is about."""
    if kind == GTIN:
        gtin = decided.gtin
        shared = {int(gtin[row]) for row in rows_of[a]} & {int(gtin[row]) for row in rows_of[b]} - {0}
        rows = [row for unit in (a, b) for row in rows_of[unit] if int(gtin[row]) in shared]
        key = barcode_text(min(shared)).zfill(14) if shared else ""
    else:
        rows = [row for unit in (a, b) for row in rows_of[unit]]
        key = f"{decided.units[a].brand}|{decided.units[a].code.value}"
    decided.doubts.ask(kind, key, rows, against, rows)


def _align_all(
    decided: Decided, styles: Styles, must: Sequence[tuple[int, int]], cannot: Sequence[tuple[int, int]]
) -> None:
    """Align the sizes of every style of several shops, and write items and methods down."""
    listing = decided.listing
    rows_of = rows_of_units(listing)
    gtin, size, shop, sizes = decided.gtin.tolist(), decided.size.tolist(), listing.shop.tolist(), decided.sizes
    unit_of = listing.unit.tolist()
    apart = enemies_of(cannot)
    for cluster in styles.clusters():
        if len(cluster.shops) < 2:
            continue
        rows = [
            Row(row, shop[unit], sizes[size[row]], gtin[row]) for unit in sorted(cluster.units) for row in rows_of[unit]
        ]
        aligned = align(rows, apart)
        for members in aligned.items:
            _write_item(decided, members, unit_of, gtin)
        for row, reason in aligned.refused.items():
            decided.doubts.rows.setdefault(row, (ALIGNED, (reason,)))
    for a, b in must:
        _join_items(decided, a, b)


def _write_item(decided: Decided, members: list[int], unit: Sequence[int], gtin: Sequence[int]) -> None:
    """Give the rows of one item its first row, and each the strongest evidence that another row shares."""
    first = min(members)
    decided.members[first] = members
    seen: set[int | str] = set()
    shared: set[int | str] = set()
    codes = []
    for row in members:
        code = decided.units[unit[row]].code
        codes.append(code.value if code.level == FULL else "")
        for key in (gtin[row], codes[-1]):
            if key:
                (shared if key in seen else seen).add(key)
    for row, full in zip(members, codes, strict=True):
        decided.item[row] = first
        decided.method[row] = GTIN if gtin[row] in shared else CODE if full in shared else ALIGNED


def _join_items(decided: Decided, a: int, b: int) -> None:
    """A person said that two rows are one item: so are all the rows of their items."""
    firsts = {decided.item[row] if decided.item[row] >= 0 else row for row in (a, b)}
    members = sorted({row for first in firsts for row in decided.members.pop(first, [first])})
    decided.members[members[0]] = members
    for row in members:
        decided.item[row] = members[0]
    for row in (a, b):
        decided.method[row] = PERSON
        decided.doubts.rows.pop(row, None)
