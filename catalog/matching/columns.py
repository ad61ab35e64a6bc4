"""Reads the raw columns of a catalogue into a listing, every distinct value once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from catalog.matching.aliasing import NO_ALIASES, Aliases, aliased_colour
from catalog.matching.article import FULL, NO_CODE, NONE, ArticleCode, code_in_field, code_in_sku, strip_size
from catalog.matching.brand import is_known
from catalog.matching.colour import Colour
from catalog.matching.gtin import CLEAN, gtins_of
from catalog.matching.listing import Ints, Listing, Unit, code_rank, tells_apart, unit_colour, whole_codes
from catalog.matching.normalising import colour_of, gtin_of
from catalog.matching.product_facts import ProductFacts, read_product
from catalog.matching.size import normalise_size, split_size

FEWEST_PRODUCTS_OF_A_SHOP_NAME = 5


class RawRow(NamedTuple):
    """One line of a catalogue as text; `product_ref` is empty where every line is a product of its own."""

    id: str
    shop_id: str
    product_ref: str
    title: str
    vendor: str
    colour: str
    size: str
    sku: str
    article_code: str
    barcode: str


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a catalogue: columns of places in tables of distinct values."""

    ids: list[str]
    columns: Ints  # one row each: product, facts, colour, code, label
    gtin: Ints
    products: list[tuple[str, str]]
    facts: list[tuple[tuple[str, str], ProductFacts]]
    colours: list[Colour]
    codes: list[ArticleCode]
    labels: list[str]


def read_part(rows: Iterable[Sequence[str]], aliases: Aliases = NO_ALIASES) -> Part:
    """Normalise a stretch of a catalogue, given as the fields of `RawRow`; as `normalise` reads variants without options.

    `aliases` are other names of brands and colours that people have confirmed.

    Neighbouring rows are mostly sizes of one product, so what the row before said is kept at hand.
    """
    reader = _Reader(aliases)
    ids: list[str] = []
    columns: list[tuple[int, int, int, int, int]] = []
    barcodes: list[str] = []
    elsewhere: list[tuple[int, str, str]] = []
    before: tuple[str, ...] = ()
    product = facts = colour = 0
    codes: dict[str, int] = {}
    labels = reader.labels
    for id_, shop, ref, title, vendor, said_colour, label, sku, article_code, barcode in rows:
        label, said_colour = (label, said_colour) if said_colour else split_size(label)
        here = (shop, ref or f"#{id_}", title, vendor, said_colour)
        if here != before:
            product, facts, colour = reader.product(here)
            before, codes, said = here, {}, reader.facts[facts]
        if said.size and not reader.has_size(label):
            label = said.size
        ids.append(id_)
        barcodes.append(barcode)
        if len(sku) >= 12:
            elsewhere.append((len(ids) - 1, barcode, sku))
        if (sku and not sku.isdigit()) or (barcode and not barcode.isdigit() and barcode[-1].isalpha()):
            code = reader.code(article_code, (sku, barcode), said, label)
        else:
            code = codes.get(article_code, -1)
            if article_code[-1:].upper() == label[-1:].upper() != "":  # its end may be the size: not for its neighbours
                code = reader.code(article_code, (), said, label)
            elif code < 0:
                code = codes[article_code] = reader.code(article_code, (), said, label)
        columns.append((product, facts, colour, code, labels.setdefault(label, len(labels))))
    numbers, statuses = gtins_of(barcodes)
    gtin = np.where(statuses == 0, numbers, 0)
    for place, barcode, sku in elsewhere:
        if not gtin[place] and (found := gtin_of(barcode, sku)).status == CLEAN:
            gtin[place] = int(found.value)
    table = np.array(columns, dtype=np.int32).reshape(-1, 5).astype(np.int64)
    titles = [(key, reader.facts[place]) for key, place in reader.titles.items()]
    return Part(
        ids, table, gtin, list(reader.products), titles, list(reader.colours), list(reader.codes), list(reader.labels)
    )


class _Reader:
    """The tables of distinct values while they grow."""

    def __init__(self, aliases: Aliases) -> None:
        self.aliases = aliases
        self.titles: dict[tuple[str, str], int] = {}
        self.facts: list[ProductFacts] = []
        self.products: dict[tuple[str, str], int] = {}
        self.colours: dict[Colour, int] = {}
        self.codes: dict[ArticleCode, int] = {NO_CODE: 0}
        self.labels: dict[str, int] = {}
        self.read_colours: dict[tuple[str, tuple[str, ...]], int] = {}
        self.read_codes: dict[tuple[str, str, str], ArticleCode] = {}
        self.says_size: dict[str, bool] = {}

    def product(self, said: tuple[str, str, str, str, str]) -> tuple[int, int, int]:
        """The places of a product, of what its title says, and of its colour."""
        shop, ref, title, vendor, colour = said
        place = self.titles.get((title, vendor))
        if place is None:
            place = self.titles[title, vendor] = len(self.facts)
            self.facts.append(read_product(title, vendor, aliases=self.aliases.brands))
        key = (colour, self.facts[place].colours)
        number = self.read_colours.get(key)
        if number is None:
            number = self.read_colours[key] = self._place_of_colour(key)
        return self.products.setdefault((shop, ref), len(self.products)), place, number

    def _place_of_colour(self, said: tuple[str, tuple[str, ...]]) -> int:
        return self.colours.setdefault(aliased_colour(colour_of(*said), self.aliases.colours), len(self.colours))

    def code(self, field: str, elsewhere: tuple[str, ...], facts: ProductFacts, label: str) -> int:
        """The first full code among field, SKU, barcode field and title; else the first style."""
        best = self._code_in_field(field, facts.brand, label) if field else NO_CODE
        for text in elsewhere:
            if text and not text.isdigit() and best.level != FULL:
                best = _better(best, code_in_sku(text, facts.brand, label))
        if best.level != FULL:
            best = _better(best, facts.code)
        return self.codes.setdefault(best, len(self.codes))

    def has_size(self, text: str) -> bool:
        """Whether a size field says anything."""
        known = self.says_size.get(text)
        if known is None:
            known = self.says_size[text] = bool(normalise_size(text).key)
        return known

    def _code_in_field(self, text: str, brand: str, label: str) -> ArticleCode:
        key = (text, brand, label if _may_end_in(text, label) else "")
        code = self.read_codes.get(key)
        if code is None:
            code = self.read_codes[key] = code_in_field(*key)
        return code


def _may_end_in(text: str, label: str) -> bool:
    """Tell whether the variant's size may stand at the end of its code."""
    last = label[-1:].upper()
    return bool(last) and text[-1:].upper() == last and strip_size(text.strip().upper(), label) != text.strip().upper()


def _better(one: ArticleCode, other: ArticleCode) -> ArticleCode:
    return other if one.level == NONE or (one.level != FULL and other.level == FULL) else one


PRODUCT, FACTS, COLOUR, CODE, LABEL = range(5)


def listing_of_parts(parts: Sequence[Part]) -> tuple[Listing, Ints]:
    """Put the parts of a catalogue together into one listing; neither their order nor that of the rows matters.

    Gives beside it the place that each of its rows had in the parts, one after the other.
    """
    merged = _merged(parts)
    ids = [id_ for part in parts for id_ in part.ids]
    gtin = np.concatenate([part.gtin for part in parts]) if parts else np.zeros(0, np.int64)
    titles = [facts for _, facts in merged.facts]
    renamed = _reread_shop_names(merged)
    unit, units = _gathered(merged, titles, renamed)
    rank = sorted(range(len(units)), key=lambda number: units[number].name)
    position = np.empty(len(units), np.int64)
    position[rank] = np.arange(len(units))
    row_unit = position[unit]
    order = _by_unit_and_id(row_unit, ids)
    units = [units[number] for number in rank]
    shops: dict[object, int] = {}
    shop = np.array([shops.setdefault(one.shop, len(shops)) for one in units], dtype=np.int64)
    label = merged.columns[order, LABEL]
    listed = [ids[row] for row in order.tolist()]
    return Listing(listed, row_unit[order], gtin[order], label, merged.labels, units, shop), order


def _by_unit_and_id(unit: Ints, ids: Sequence[str]) -> Ints:
    """Order rows by unit, and by id within: nothing may depend on where a file has them."""
    order = np.argsort(unit, kind="stable")
    ends = np.flatnonzero(np.diff(unit[order])) + 1
    listed = order.tolist()
    sorted_rows: list[int] = []
    for start, end in zip([0, *ends.tolist()], [*ends.tolist(), len(listed)], strict=True):
        sorted_rows += sorted(listed[start:end], key=ids.__getitem__)
    return np.array(sorted_rows, dtype=np.int64)


def _merged(parts: Sequence[Part]) -> Part:
    """One table of each kind for all parts."""
    products: dict[tuple[str, str], int] = {}
    titles: dict[tuple[str, str], int] = {}
    facts: list[tuple[tuple[str, str], ProductFacts]] = []
    colours: dict[Colour, int] = {}
    codes: dict[ArticleCode, int] = {}
    labels: dict[str, int] = {}
    columns = [np.zeros((0, 5), np.int64)]
    for part in parts:
        for one in part.facts:
            if one[0] not in titles:
                titles[one[0]] = len(facts)
                facts.append(one)
        maps = (
            [products.setdefault(one, len(products)) for one in part.products],
            [titles[one[0]] for one in part.facts],
            [colours.setdefault(one, len(colours)) for one in part.colours],
            [codes.setdefault(one, len(codes)) for one in part.codes],
            [labels.setdefault(one, len(labels)) for one in part.labels],
        )
        if len(part.ids):
            places = [np.array(maps[n], dtype=np.int64)[part.columns[:, n]] for n in range(5)]
            columns.append(np.stack(places, axis=1))
    table, none = np.concatenate(columns), np.zeros(0, np.int64)
    return Part([], table, none, list(products), facts, list(colours), list(codes), list(labels))


def _gathered(
    merged: Part, titles: Sequence[ProductFacts], renamed: Mapping[tuple[int, str], ProductFacts]
) -> tuple[Ints, list[Unit]]:
    """Gather rows into units by product and colour, and by full code where a product has several in one colour."""
    if not len(merged.columns):
        return np.zeros(0, np.int64), []
    keys: dict[str, int] = {}
    colour = np.array([keys.setdefault(unit_colour(one), len(keys)) for one in merged.colours], dtype=np.int64)
    values: dict[str, int] = {}
    full = [values.setdefault(one.value, len(values) + 1) if tells_apart(one) else 0 for one in merged.codes]
    own = np.array(full, dtype=np.int64)[merged.columns[:, CODE]]
    pair = merged.columns[:, PRODUCT] * max(1, len(keys)) + colour[merged.columns[:, COLOUR]]
    _, group = np.unique(pair, return_inverse=True)
    most = _greatest(group, own)
    least = -_greatest(group, np.where(own == 0, -np.iinfo(np.int64).max, -own))
    split = _split(group, own, (most > 0) & (least < most), list(values))
    _, first, unit = np.unique(group * (len(values) + 1) + split, return_index=True, return_inverse=True)
    ranked = sorted(range(len(merged.codes)), key=lambda place: code_rank(merged.codes[place]), reverse=True)
    rank = np.empty(len(ranked), np.int64)
    rank[ranked] = np.arange(len(ranked))
    best = [ranked[place] for place in _greatest(unit, rank[merged.columns[:, CODE]]).tolist()]
    said = _facts_of_units(merged, titles, renamed, unit, len(first))
    products, colours = merged.columns[first, PRODUCT].tolist(), merged.columns[first, COLOUR].tolist()
    units = [
        _unit(merged.products[products[n]], merged.colours[colours[n]], merged.codes[best[n]], said[n])
        for n in range(len(first))
    ]
    return unit, units


def _split(group: Ints, own: Ints, several: npt.NDArray[np.bool_], values: Sequence[str]) -> Ints:
    """The code by which each row's group is split; 0 where it is not."""
    split = np.zeros(len(own), np.int64)
    rows = np.flatnonzero(several[group] & (own > 0))
    found: dict[int, set[int]] = defaultdict(set)
    for number, code in zip(group[rows].tolist(), own[rows].tolist(), strict=True):
        found[number].add(code)
    place = {value: number + 1 for number, value in enumerate(values)}
    whole: dict[tuple[int, int], int] = {}
    for number, codes in found.items():
        longest = whole_codes(values[code - 1] for code in codes)
        if len(set(longest.values())) > 1:
            whole |= {(number, code): place[longest[values[code - 1]]] for code in codes}
    if whole:
        split[rows] = [whole.get(pair, 0) for pair in zip(group[rows].tolist(), own[rows].tolist(), strict=True)]
    return split


def _greatest(group: Ints, values: Ints) -> Ints:
    """The greatest value of each group."""
    found = np.full(int(group.max()) + 1, np.iinfo(np.int64).min)
    np.maximum.at(found, group, values)
    return found


def _unit(product: tuple[str, str], colour: Colour, code: ArticleCode, facts: ProductFacts) -> Unit:
    shop, ref = product
    return Unit(
        f"{shop}/{ref}/{unit_colour(colour)}/{code.value if tells_apart(code) else ''}",
        shop,
        ref,
        facts.brand,
        code,
        colour,
        facts.gender,
        facts.kind,
        facts.tokens,
        facts.numbers,
        facts.pack,
        facts.condition,
    )


def _facts_of_units(
    merged: Part,
    titles: Sequence[ProductFacts],
    renamed: Mapping[tuple[int, str], ProductFacts],
    unit: Ints,
    units: int,
) -> list[ProductFacts]:
    """What each unit's titles say: the first title in the order of the alphabet, the others where it is silent."""
    order = sorted(range(len(titles)), key=lambda place: merged.facts[place][0])
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    own = rank[merged.columns[:, FACTS]]
    last, first = _greatest(unit, own), -_greatest(unit, -own)
    shop = np.zeros(units, np.int64)
    shop[unit] = merged.columns[:, PRODUCT]
    said = [
        renamed.get((order[title], merged.products[product][0]), titles[order[title]])
        if renamed
        else titles[order[title]]
        for title, product in zip(first.tolist(), shop.tolist(), strict=True)
    ]
    others: dict[int, set[int]] = defaultdict(set)
    mixed = (last > first)[unit]
    for number, title in zip(unit[mixed].tolist(), own[mixed].tolist(), strict=True):
        others[number].add(title)
    for number, ranks in others.items():
        more = [titles[order[title]] for title in sorted(ranks)]
        brand = said[number].brand or next((facts.brand for facts in more if facts.brand), "")
        gender = said[number].gender or next((facts.gender for facts in more if facts.gender), "")
        kind = said[number].kind or next((facts.kind for facts in more if facts.kind), "")
        said[number] = replace(said[number], brand=brand, gender=gender, kind=kind)
    return said


def _reread_shop_names(merged: Part) -> dict[tuple[int, str], ProductFacts]:
    """Read again, without its vendor, every title whose vendor is its shop's own name.

    A vendor is taken for one when nobody knows it, one shop alone has it, on five products at least, and half of
    their titles name a brand that somebody knows.
    """
    pairs = np.unique(merged.columns[:, [FACTS, PRODUCT]], axis=0).tolist() if len(merged.columns) else []
    shops: dict[str, set[str]] = defaultdict(set)
    used: dict[str, list[int]] = defaultdict(list)
    for place, product in pairs:
        (_, vendor), facts = merged.facts[place]
        if vendor and facts.brand and not is_known(facts.brand):
            shops[vendor].add(merged.products[product][0])
            used[vendor].append(place)
    found: dict[tuple[int, str], ProductFacts] = {}
    for vendor, places in used.items():
        if len(shops[vendor]) > 1 or len(places) < FEWEST_PRODUCTS_OF_A_SHOP_NAME:
            continue
        again = {place: read_product(merged.facts[place][0][0], vendor, shop_names=(vendor,)) for place in set(places)}
        named = sum(1 for facts in again.values() if facts.brand)
        if 2 * named >= len(again):
            shop = next(iter(shops[vendor]))
            found |= {(place, shop): facts for place, facts in again.items()}
    return found
