"""Groups variants by barcode and by article code, throws out misused keys, and says which units a key brings together."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from catalog.matching.article import FULL, ArticleCode
from catalog.matching.builds import beyond_children, builds_apart, builds_of
from catalog.matching.consensus import leave
from catalog.matching.deciding import MOST_BRANDS, beyond_shades, compatible_products, contradict, titles_apart
from catalog.matching.gender import KIDS
from catalog.matching.listing import Ints, Listing, Unit
from catalog.matching.size import Size, normalise_size, sizes_conflict, sizes_overlap

MOST_PAIRED = 40
MOST_OF_A_KEY = 500  # rows: a key on more is nobody's, and who carries it is not looked for
MOST_OF_A_CODE = 8 * MOST_OF_A_KEY  # a barcode is one size's, a code stands on every size of its product
OUTWEIGH_SHADES = 2
Doubt = tuple[str, tuple[str, ...]]


@dataclass(slots=True)
class Doubts:
    """What may not decide: rows with the kind of key and the reasons, questions, barcodes nobody may decide by."""

    rows: dict[int, Doubt] = field(default_factory=dict)
    asks: list[tuple[str, str, tuple[int, ...], tuple[str, ...]]] = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)

    def ask(self, kind: str, key: str, rows: Iterable[int], reasons: tuple[str, ...], of: Iterable[int]) -> None:
        """Ask about rows that share a key; `of` are those left waiting for the answer."""
        for row in of:
            self.rows.setdefault(row, (kind, reasons))
        self.asks.append((kind, key, tuple(sorted(rows)), reasons))


class Lookup(Sequence[Any]):
    """Each row's value in a table, without a list as long as the rows."""

    def __init__(self, table: Sequence[Any], place: Ints) -> None:
        """Look rows up by their places in the table."""
        self.table, self.place = table, place

    def __getitem__(self, row: Any) -> Any:
        return self.table[int(self.place[row])]

    def __len__(self) -> int:
        return len(self.place)


@dataclass(frozen=True, slots=True)
class Groups:
    """Rows that share a barcode, group after group: `rows[starts[i]:starts[i + 1]]`; the barcodes in ascending order."""

    rows: Ints
    starts: Ints

    def __iter__(self) -> Iterator[list[int]]:
        rows, starts = self.rows.tolist(), self.starts.tolist()
        return (rows[start:end] for start, end in zip(starts, starts[1:], strict=False))

    def member_of(self) -> Ints:
        """Number the group of every place in `rows`."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))


def barcode_text(number: int) -> str:
    """Write a barcode as people know it: 13 digits."""
    return str(number).zfill(13)


def by_barcode(listing: Listing, gtin: Ints) -> Groups:
    """Group the rows whose barcode stands on at least two."""
    rows = np.flatnonzero(gtin)
    rows = rows[gtin[rows].argsort(kind="stable")]
    if not len(rows):
        return Groups(rows, np.zeros(1, np.int64))
    values = gtin[rows]
    fresh = np.empty(len(rows) + 1, bool)
    fresh[0] = fresh[-1] = True
    np.not_equal(values[1:], values[:-1], out=fresh[1:-1])
    bounds = np.flatnonzero(fresh)
    lengths = bounds[1:] - bounds[:-1]
    together = lengths > 1
    starts = np.zeros(int(together.sum()) + 1, np.int64)
    np.cumsum(lengths[together], out=starts[1:])
    return Groups(rows[np.repeat(together, lengths)], starts)


def without(listing: Listing, gtin: Ints, out: Ints, groups: Groups) -> Groups:
    """Take the barcode from these rows in `gtin`, and group again if there are any."""
    if not len(out):
        return groups
    gtin[out] = 0
    return by_barcode(listing, gtin)


def differing(groups: Groups, values: Ints) -> Ints:
    """Number the groups whose rows carry at least two different values; 0 is no value."""
    if not len(groups.rows):
        return np.zeros(0, np.int64)
    own = values[groups.rows]
    most = np.maximum.reduceat(own, groups.starts[:-1])
    least = np.minimum.reduceat(np.where(own == 0, np.iinfo(np.int64).max, own), groups.starts[:-1])
    return np.flatnonzero((most > 0) & (least < most))


def misused(listing: Listing, groups: Groups, brands: Ints, sizes: Sequence[str], doubts: Doubts) -> Ints:
    """Find rows whose barcode cannot be one: several variants of their shop carry it, or more than three brands do.

    One shop's bad data does not take a good barcode from the others; when most shops misuse it nobody may use it.
    """
    if not len(groups.rows):
        return np.zeros(0, np.int64)
    shop, member = listing.shop[listing.unit[groups.rows]], groups.member_of()
    order = np.lexsort((shop, member))
    twice = (member[order][1:] == member[order][:-1]) & (shop[order][1:] == shop[order][:-1])
    crowded = np.flatnonzero(np.diff(groups.starts) > MOST_OF_A_KEY)
    doubtful = np.union1d(np.union1d(member[order][1:][twice], differing(groups, brands)), crowded)
    out: list[int] = []
    for number in doubtful.tolist():
        group = groups.rows[groups.starts[number] : groups.starts[number + 1]].tolist()
        out += _misusing(listing, group, brands, sizes, doubts)
    return np.array(out, dtype=np.int64)


def _misusing(listing: Listing, group: list[int], brands: Ints, sizes: Sequence[str], doubts: Doubts) -> list[int]:
    by_shop: dict[int, list[int]] = defaultdict(list)
    for row in group:
        by_shop[int(listing.shop[listing.unit[row]])].append(row)
    bad = [own for own in by_shop.values() if len(own) > 1]
    named = len({int(brands[row]) for row in group} - {0})
    reasons = [f"stands on products of {named} brands"] if named > MOST_BRANDS else []
    if bad:
        reasons.append(f"stands on several variants in {len(bad)} shop{'s' if len(bad) > 1 else ''}")
    if any(len({sizes[row] for row in own}) > 2 for own in bad):
        reasons.append("stands on more than two sizes of one product")
    if len(group) > MOST_OF_A_KEY:
        reasons.append(f"stands on {len(group)} variants")
    if not reasons:
        return []
    ambiguous = len(group) > MOST_OF_A_KEY or named > MOST_BRANDS or 2 * len(bad) > len(by_shop)
    rows = group if ambiguous else [row for own in bad for row in own]
    text = barcode_text(int(listing.gtin[group[0]]))
    if ambiguous:
        doubts.ambiguous.append(text.zfill(14))
    doubts.ask("gtin", text.zfill(14), rows, (f"The barcode {text} {', '.join(reasons)}.",), rows)
    return rows


def other_sizes(listing: Listing, groups: Groups, sizes: Sequence[Size], keys: Ints, doubts: Doubts) -> Ints:
    """Find rows whose size contradicts the others that carry their barcode, such as the neighbour size's number."""
    out: list[int] = []
    for number in differing(groups, keys).tolist():
        group = groups.rows[groups.starts[number] : groups.starts[number + 1]].tolist()
        weights = Counter(sizes[row] for row in group)
        left = leave(weights, lambda one, another: sizes_conflict(one, another) or sizes_overlap(one, another))
        if not left:
            continue
        refused = [row for row in group if sizes[row] in left]
        reasons = sorted({_sizes_differ(sizes[row], other) for row in refused for other in left[sizes[row]]})
        text = str(int(listing.gtin[group[0]])).zfill(14)
        doubts.ask("gtin", text, group, tuple(reasons) or ("Their sizes differ.",), refused)
        out += refused
    return np.array(out, dtype=np.int64)


def _sizes_differ(one: Size, other: Size) -> str:
    return f"Sizes differ: {' and '.join(sorted((one.label, other.label)))}."


def of_other_brands(listing: Listing, groups: Groups, units: Sequence[Unit], brands: Ints, doubts: Doubts) -> Ints:
    """Find rows whose brand is not that of the others with their barcode: re-used or mistyped numbers.

    Rows of a brand nobody could lend one are out too, where their barcode stands on a brand.
    """
    known = brands + 1  # here a unit without a brand is one of its own
    out: list[int] = []
    for number in differing(groups, known[listing.unit]).tolist():
        group = groups.rows[groups.starts[number] : groups.starts[number + 1]].tolist()
        weights = Counter(int(brands[listing.unit[row]]) for row in group)
        left = leave(weights, lambda a, b: a != b)
        left |= {0: ()} if 0 in weights else {}
        refused = [row for row in group if int(brands[listing.unit[row]]) in left]
        named = sorted({units[int(listing.unit[row])].brand or "none" for row in group})
        text = str(int(listing.gtin[group[0]])).zfill(14)
        doubts.ask("gtin", text, group, (f"Brands differ: {' and '.join(named)}.",), refused)
        out += refused
    return np.array(out, dtype=np.int64)


def pairs_of(listing: Listing, groups: Groups) -> tuple[Ints, Ints, Ints]:
    """Pair the units that share barcodes: first units, second units, and the group of each pair; one row a barcode.

    In a group of more than forty rows everybody is paired with the first alone.
    """
    units, member = listing.unit[groups.rows], groups.member_of()
    lengths = np.diff(groups.starts)
    most = int(min(lengths.max(initial=0), MOST_PAIRED))
    firsts, seconds, numbers = [], [], []
    long = lengths > MOST_PAIRED
    for apart in range(1, most):
        near = np.flatnonzero(member[apart:] == member[:-apart])
        near = near[~long[member[near]]]
        firsts.append(units[near])
        seconds.append(units[near + apart])
        numbers.append(member[near])
    head = np.repeat(groups.starts[:-1], lengths)
    rest = np.flatnonzero(long[member] & (head != np.arange(len(member)))) if len(member) else np.zeros(0, np.int64)
    firsts.append(units[head[rest]])
    seconds.append(units[rest])
    numbers.append(member[rest])
    one, other = np.concatenate(firsts), np.concatenate(seconds)
    return np.minimum(one, other), np.maximum(one, other), np.concatenate(numbers)


def agreeing_by_barcode(
    listing: Listing, groups: Groups, units: Sequence[Unit], doubts: Doubts
) -> Counter[tuple[int, int]]:
    """Count, for pairs of units that do not contradict each other, the barcodes they share.

    Where units of one barcode contradict each other, the majority keeps it; two that differ both lose it. Two barcodes
    or more outweigh neighbouring shades of a colour.
    """
    one, other, number = pairs_of(listing, groups)
    joint = one * len(units) + other
    distinct, place = np.unique(joint, return_inverse=True)
    firsts, seconds = np.divmod(distinct, max(1, len(units)))
    shared = np.bincount(place, minlength=len(distinct)).tolist()
    pairs = zip(firsts.tolist(), seconds.tolist(), shared, strict=True)
    against = np.fromiter(
        (
            beyond_shades(units[one_unit], units[other_unit])
            if seen >= OUTWEIGH_SHADES
            else one_unit != other_unit and by_one_key(listing, units, one_unit, other_unit)
            for one_unit, other_unit, seen in pairs
        ),
        dtype=bool,
        count=len(distinct),
    )
    bad_groups = np.unique(number[against[place]])
    clean = ~np.isin(number, bad_groups)
    counted = np.bincount(place[clean], minlength=len(distinct))
    support: Counter[tuple[int, int]] = Counter()
    for a, b, count in zip(firsts.tolist(), seconds.tolist(), counted.tolist(), strict=True):
        if count and a != b:
            support[a, b] = count
    for bad in bad_groups.tolist():
        group = groups.rows[groups.starts[bad] : groups.starts[bad + 1]].tolist()
        text = str(int(listing.gtin[group[0]])).zfill(14)
        staying = _majority(listing, units, group, "gtin", text, doubts)
        for row in staying[1:]:
            a, b = sorted((int(listing.unit[staying[0]]), int(listing.unit[row])))
            support[a, b] += 1
    return support


def _majority(
    listing: Listing, units: Sequence[Unit], group: list[int], kind: str, key: str, doubts: Doubts
) -> list[int]:
    """Keep the rows whose units contradict none that stays; ask about the others."""
    left = _leaving(listing, units, [int(listing.unit[row]) for row in group])
    refused = [row for row in group if int(listing.unit[row]) in left]
    doubts.ask(kind, key, group, _reasons(listing, units, left), refused)
    return [row for row in group if int(listing.unit[row]) not in left]


def _leaving(
    listing: Listing, units: Sequence[Unit], group: Sequence[int], *, by_code: bool = False
) -> dict[int, tuple[int, ...]]:
    """Name the units that must leave, each with some it contradicts; units of one description count together."""
    alike: dict[tuple[object, ...], list[int]] = defaultdict(list)
    children = any(listing.units[place].gender == KIDS for place in group)
    for place in group:
        unit = units[place]
        told = (unit.brand, unit.colour.bases, unit.colour.number, unit.gender, unit.code, unit.pack, unit.condition)
        said = listing.units[place].gender
        grown = children and not said and beyond_children(_sizes_of(listing, place))
        child = children and said == KIDS
        alike[(*told, unit.kind, unit.numbers, builds_of(unit.tokens), child, grown)].append(place)
    weights = {own[0]: len(own) for own in alike.values()}
    built = Counter(builds_of(units[place].tokens) for place in group)
    usual = {builds for builds, seen in built.items() if builds and seen > 1}
    left = leave(weights, lambda a, b: by_one_key(listing, units, a, b, by_code=by_code, usual=usual))
    return {place: left[own[0]] for own in alike.values() if own[0] in left for place in own}


def by_one_key(
    listing: Listing,
    units: Sequence[Unit],
    a: int,
    b: int,
    *,
    by_code: bool = False,
    usual: Collection[frozenset[str]] = (),
) -> bool:
    """Tell whether two units that share a single key contradict each other, in their titles too.

    Where several shops name a build (`usual`), one that names none has left the word out.
    """
    one, other = units[a], units[b]
    if contradict(one, other) or titles_apart(one, other):
        return True
    mine, theirs = builds_of(one.tokens), builds_of(other.tokens)
    left_out = not mine and theirs in usual or not theirs and mine in usual
    if not _beside_a_child(listing, a, b) and (left_out or not builds_apart(one.tokens, other.tokens)):
        return False
    # A code whose shape the brand is known by tells heights and membranes apart itself, not always widths.
    known = one.code.pattern == one.brand and one.code.value == other.code.value and "wide" not in mine ^ theirs
    return not known and not _two_keys(listing, one, other, a, b, by_code)


def _two_keys(listing: Listing, one: Unit, other: Unit, a: int, b: int, by_code: bool) -> bool:
    """Whether units that share a code share a barcode too, or the other way round."""
    if by_code:
        return not _barcodes_of(listing, a).isdisjoint(_barcodes_of(listing, b))
    return one.code.level == FULL == other.code.level and bool(one.brand) and one.code.value == other.code.value


def _beside_a_child(listing: Listing, a: int, b: int) -> bool:
    """Whether only one of two units says that it is a child's, before anything was lent, and the other's sizes are not."""
    childs, silent = (a, b) if listing.units[a].gender else (b, a)
    if listing.units[childs].gender != KIDS or listing.units[silent].gender:
        return False
    return beyond_children(_sizes_of(listing, silent))


def _rows_of(listing: Listing, unit: int) -> slice:
    start, end = np.searchsorted(listing.unit, (unit, unit + 1)).tolist()
    return slice(start, end)


def _barcodes_of(listing: Listing, unit: int) -> set[int]:
    return set(listing.gtin[_rows_of(listing, unit)].tolist()) - {0}


def _sizes_of(listing: Listing, unit: int) -> list[Size]:
    labels = {listing.labels[label] for label in listing.label[_rows_of(listing, unit)].tolist()}
    return [normalise_size(label, kind=listing.units[unit].kind) for label in sorted(labels)]


def _reasons(listing: Listing, units: Sequence[Unit], left: Mapping[int, tuple[int, ...]]) -> tuple[str, ...]:
    pairs = {(min(a, b), max(a, b)) for a, others in left.items() for b in others}
    found = {conflict.sentence for a, b in pairs for conflict in compatible_products(units[b], units[a])}
    found |= {titles_apart(units[b], units[a]) or builds_apart(units[b].tokens, units[a].tokens) for a, b in pairs} - {
        ""
    }
    if any(_beside_a_child(listing, a, b) for a, b in pairs):
        found.add("Only one is said to be a child's.")
    return tuple(sorted(found)) or ("Too many contradicting descriptions share this key.",)


def _one_letter(code: ArticleCode) -> bool:
    return len(code.value) == len(code.style) + 1 and code.value[-1].isalpha()


def agreeing_by_code(
    listing: Listing, units: Sequence[Unit], rows_of: Sequence[Sequence[int]], doubts: Doubts
) -> list[tuple[int, int]]:
    """Pair the units of one brand that carry the same full code and do not contradict each other.

    A code on two products of one shop says nothing about either. One letter for the colour has only 26 values, so that
    two colours of a model may share it: such a code needs equal colours as well.
    """
    groups: dict[tuple[str, str, tuple[str, ...]], list[int]] = defaultdict(list)
    for place, unit in enumerate(units):
        if unit.brand and unit.code.level == FULL:
            if not _one_letter(unit.code):
                groups[unit.brand, unit.code.value, ()].append(place)
            elif unit.colour.bases:
                groups[unit.brand, unit.code.value, unit.colour.bases].append(place)
    pairs: list[tuple[int, int]] = []
    for (brand, code, _), group in groups.items():
        if len(group) < 2 or sum(len(rows_of[unit]) for unit in group) > MOST_OF_A_CODE:
            continue
        key = f"{brand}|{code}"
        shops = Counter(int(listing.shop[unit]) for unit in group)
        if twice := [unit for unit in group if shops[int(listing.shop[unit])] > 1]:
            rows = [row for unit in twice for row in rows_of[unit]]
            doubts.ask("code", key, rows, ("Stands on several products of one shop.",), rows)
            group = [unit for unit in group if shops[int(listing.shop[unit])] == 1]
        left = _leaving(listing, units, group, by_code=True) if len(group) > 1 else {}
        if left:
            rows = [row for unit in group for row in rows_of[unit]]
            doubts.ask(
                "code", key, rows, _reasons(listing, units, left), [row for unit in left for row in rows_of[unit]]
            )
        staying = [unit for unit in group if unit not in left]
        pairs += [(staying[0], unit) for unit in staying[1:]]
    return pairs
