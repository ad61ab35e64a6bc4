"""Matches a list of variants in memory: styles by barcodes and full codes with guards, then sizes; order changes nothing."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from catalog.matching.article import FULL
from catalog.matching.candidates import Candidate, title_candidates
from catalog.matching.clustering import row_key, stable_key
from catalog.matching.deciding import PROBABILITY
from catalog.matching.grouping import (
    Doubts,
    Groups,
    agreeing_by_barcode,
    agreeing_by_code,
    barcode_text,
    by_barcode,
    misused,
    other_sizes,
    pairs_of,
)
from catalog.matching.lending import Charts, Levels, SizeReader, learn_charts, lend, lend_in_styles, level_codes
from catalog.matching.listing import Ints, Listing, Unit, listing_of
from catalog.matching.normalising import Id, Normalised
from catalog.matching.size import Size
from catalog.matching.sizing import Row, align
from catalog.matching.styling import Styles, enemies_of

LINKED, ASKED, ALONE = "linked", "ask", "alone"
GTIN, CODE, ALIGNED, PERSON = "gtin", "code", "aligned", "person"
Pairs = Collection[frozenset[Id]]
NOTHING_LEARNT: Mapping[tuple[str, str, str], str] = {}
NO_LEVELS: Mapping[tuple[str, str], str] = {}


@dataclass(frozen=True, slots=True)
class Link:
    """What became of one row: its item when linked, its style, how it was decided and why."""

    id: Id
    shop_id: Id
    status: str
    item: str
    style: str
    method: str
    probability: float
    evidence: tuple[str, ...]
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Ask:
    """A question for a person: rows that share a key which may not decide, with the reasons."""

    kind: str
    key: str
    rows: tuple[Id, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """The outcome for a whole list, sorted by shop and id; `ambiguous` lists the keys nobody may decide by."""

    links: tuple[Link, ...]
    asks: tuple[Ask, ...]
    ambiguous: tuple[str, ...]


@dataclass(slots=True)
class Decided:
    """The outcome in places of a listing: each row's item (its first row, -1 for none) and method, each unit's style."""

    listing: Listing
    units: list[Unit]
    sizes: list[Size]
    size: Ints
    item: list[int]
    members: dict[int, list[int]]
    method: dict[int, str]
    style: list[int]
    doubts: Doubts
    gtin: Ints
    charts: dict[tuple[str, str, str], str] = field(default_factory=dict)


def decide_batch(
    rows: Sequence[Normalised],
    *,
    cannot: Pairs = (),
    must: Pairs = (),
    titles: bool = True,
    charts: Charts = NOTHING_LEARNT,
    levels: Levels = NO_LEVELS,
) -> Batch:
    """Match a list of variants and say why.

    `must` and `cannot` are verdicts of people, as pairs of ids; they outweigh everything. `charts` and `levels` are what
    the whole network has taught about sizes and codes, for a list that is only a part of it. The result does not depend
    on the order of the rows; item and style keys derive from their smallest member.
    """
    listing = listing_of(rows)
    decided = decide(listing, cannot=cannot, must=must, charts=charts, levels=levels)
    return _told(decided, {row.id: row for row in rows}, titles)


def decide(
    listing: Listing,
    *,
    cannot: Pairs = (),
    must: Pairs = (),
    charts: Charts = NOTHING_LEARNT,
    levels: Levels = NO_LEVELS,
) -> Decided:
    """Match a listing: throw out misused keys, learn what units teach each other, cluster styles, align sizes."""
    doubts = Doubts()
    gtin = listing.gtin.copy()
    units = level_codes(listing.units, levels)
    groups = _usable_barcodes(listing, units, gtin, doubts)
    one, other, _ = pairs_of(listing, groups)
    joint = np.unique(one * max(1, len(units)) + other)
    units = lend(units, [divmod(pair, len(units)) for pair in joint.tolist()])
    learnt = learn_charts(listing, units, groups) | dict(charts)
    reader = SizeReader(learnt)
    sizes, size = reader.read(listing, units)
    gtin[other_sizes(listing, groups, _Lookup(sizes, size), _comparable(sizes)[size], doubts)] = 0
    groups = by_barcode(listing, gtin)
    decided = Decided(listing, units, sizes, size, [-1] * len(listing.ids), {}, {}, [], doubts, gtin, learnt)
    styles = _styles(decided, groups, _places(listing, must), _places(listing, cannot))
    decided.sizes, decided.size = reader.read(listing, lend_in_styles(units, styles.clusters()))
    _align_all(decided, styles, _places(listing, must), _places(listing, cannot))
    decided.style = [min(styles.of[unit].units) for unit in range(len(units))]
    return decided


class _Lookup(Sequence[Size]):
    """Each row's size, without a list as long as the rows."""

    def __init__(self, sizes: Sequence[Size], size: Ints) -> None:
        self.sizes, self.size = sizes, size

    def __getitem__(self, row):  # type: ignore[no-untyped-def]
        return self.sizes[int(self.size[row])]

    def __len__(self) -> int:
        return len(self.size)


def _usable_barcodes(listing: Listing, units: Sequence[Unit], gtin: Ints, doubts: Doubts) -> Groups:
    """Group rows by barcode, those of shops that misuse one left out; takes the barcode from them in `gtin`."""
    names: dict[str, int] = {"": 0}
    brand = np.array([names.setdefault(unit.brand, len(names)) for unit in units], dtype=np.int64)
    groups = by_barcode(listing, gtin)
    labels = _Labels(listing)
    out = misused(listing, groups, brand[listing.unit], labels, doubts)
    if not len(out):
        return groups
    gtin[out] = 0
    return by_barcode(listing, gtin)


class _Labels(Sequence[str]):
    """Each row's size as its shop writes it."""

    def __init__(self, listing: Listing) -> None:
        self.listing = listing

    def __getitem__(self, row):  # type: ignore[no-untyped-def]
        return self.listing.labels[int(self.listing.label[row])]

    def __len__(self) -> int:
        return len(self.listing.ids)


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


def _told(decided: Decided, by_id: Mapping[Id, Normalised], titles: bool) -> Batch:
    """Write the outcome in ids, keys and sentences."""
    listing, unit = decided.listing, decided.listing.unit.tolist()
    keys = {first: _key_of(listing, members) for first, members in decided.members.items()}
    style = [stable_key(f"style:{decided.units[first].name}") for first in decided.style]
    linked = {listing.ids[row] for row, item in enumerate(decided.item) if item >= 0}
    items = {id_: keys.get(decided.item[row], "") for row, id_ in enumerate(listing.ids)}
    styles = {id_: style[unit[row]] for row, id_ in enumerate(listing.ids)}
    found = title_candidates(_as_decided(decided, by_id), linked, styles, items) if titles else {}
    sentences = {first: _sentences(decided, members) for first, members in decided.members.items()}
    links = []
    for row, id_ in enumerate(listing.ids):
        shop, candidates = decided.units[unit[row]].shop, found.get(id_, ())
        if decided.item[row] >= 0:
            method = decided.method[row]
            said = sentences[decided.item[row]][method]
            chance = PROBABILITY.get(method, 1.0)
            links.append(Link(id_, shop, LINKED, items[id_], styles[id_], method, chance, (said,)))
        elif row in decided.doubts.rows:
            kind, reasons = decided.doubts.rows[row]
            chance = PROBABILITY[f"{kind}_guarded"]
            links.append(Link(id_, shop, ASKED, "", styles[id_], kind, chance, reasons, candidates))
        elif candidates:
            best = candidates[0]
            links.append(Link(id_, shop, ASKED, "", styles[id_], "title", best.probability, best.reasons, candidates))
        else:
            links.append(Link(id_, shop, ALONE, "", styles[id_], "none", 0.0, ()))
    links.sort(key=lambda link: f"{link.shop_id}:{link.id}")
    return Batch(tuple(links), _asks(decided), tuple(sorted(set(decided.doubts.ambiguous))))


def _as_decided(decided: Decided, by_id: Mapping[Id, Normalised]) -> list[Normalised]:
    """The rows with what they were lent: brand, gender, the level of their code, their size."""
    listing, rows = decided.listing, []
    for place, id_ in enumerate(listing.ids):
        row, unit = by_id[id_], decided.units[int(listing.unit[place])]
        size = decided.sizes[int(decided.size[place])]
        code = row.code if row.code.value != unit.code.value else unit.code
        if (row.brand, row.code, row.size) != (unit.brand, code, size):
            row = replace(row, brand=unit.brand, code=code, size=size)
        rows.append(row)
    return sorted(rows, key=row_key)


def _key_of(listing: Listing, members: Iterable[int]) -> str:
    unit = listing.unit
    return stable_key(min(f"{listing.units[int(unit[row])].shop}:{listing.ids[row]}" for row in members))


def _sentences(decided: Decided, members: Sequence[int]) -> dict[str, str]:
    """Say, for each way rows came into an item, what speaks for it."""
    unit = decided.listing.unit
    numbers = Counter(int(decided.gtin[row]) for row in members if decided.gtin[row])
    units = [decided.units[int(unit[row])] for row in members]
    codes = Counter((one.brand, one.code.value) for one in units if one.code.level == FULL)
    label = decided.sizes[int(decided.size[members[0]])].label or "one size"
    (number, seen) = numbers.most_common(1)[0] if numbers else (0, 0)
    ((brand, code), shops) = codes.most_common(1)[0] if codes else (("", ""), 0)
    return {
        GTIN: f"The barcode {barcode_text(number)} stands once in each of {seen} shops.",
        CODE: f"The article code {code} of {brand} in size {label} stands in {shops} shops.",
        ALIGNED: f"Its product is linked to others by barcode or article code, and {label} is their size too.",
        PERSON: "A person said so.",
    }


def _asks(decided: Decided) -> tuple[Ask, ...]:
    ids = decided.listing.ids
    asks = [
        Ask(kind, key, tuple(sorted((ids[row] for row in rows), key=str)), reasons)
        for kind, key, rows, reasons in decided.doubts.asks
    ]
    return tuple(sorted(asks, key=lambda ask: (ask.kind, ask.key, list(map(str, ask.rows)))))
