"""Lays variants out in columns, and gathers them into units: a shop's product in one colour, as far as all its rows say."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from catalog.matching.article import FULL, NO_CODE, NONE, ArticleCode
from catalog.matching.colour import NO_COLOUR, Colour
from catalog.matching.folding import slug
from catalog.matching.normalising import Id, Normalised

Ints = npt.NDArray[np.int64]


@dataclass(slots=True)
class Unit:
    """A shop's product in one colour: what its rows say together. `name` orders and names it for ever."""

    name: str
    shop: Id
    product_ref: str
    brand: str = ""
    code: ArticleCode = NO_CODE
    colour: Colour = NO_COLOUR
    gender: str = ""
    kind: str = ""
    tokens: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    pack: int = 1
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """Variants in columns of equal length, in the order of their units and ids.

    `unit` and `label` are places in `units` and `labels`; `gtin` is a clean barcode as a number, 0 for none;
    `shop` (one for each unit) numbers the shops.
    """

    ids: Sequence[Id]
    unit: Ints
    gtin: Ints
    label: Ints
    labels: Sequence[str]
    units: Sequence[Unit]
    shop: Ints


def listing_of(rows: Sequence[Normalised]) -> Listing:
    """Lay normalised variants out; the order of the rows changes nothing."""
    units, members = _units(rows)
    labels: dict[str, int] = {}
    shops: dict[Id, int] = {}
    ids: list[Id] = []
    columns: list[tuple[int, int, int]] = []
    for place, (unit, own) in enumerate(zip(units, members, strict=True)):
        shops.setdefault(unit.shop, len(shops))
        for row in own:
            ids.append(row.id)
            label = labels.setdefault(row.size.label, len(labels))
            columns.append((place, int(row.gtin.key or 0), label))
    table = np.array(columns, dtype=np.int64).reshape(-1, 3)
    shop = np.array([shops[unit.shop] for unit in units], dtype=np.int64)
    return Listing(ids, table[:, 0], table[:, 1], table[:, 2], list(labels), units, shop)


def unit_colour(colour: Colour) -> str:
    """Name a colour as its shop does: light blue and blue of one product are two things, however alike they are read."""
    return f"{colour.key}~{slug(colour.raw)}" if colour.known else colour.key


def best_code(codes: Sequence[ArticleCode]) -> ArticleCode:
    """Choose what the rows of one unit say together, by `code_rank`."""
    return min(codes, key=code_rank, default=NO_CODE)


def code_rank(code: ArticleCode) -> tuple[bool, bool, int, str, str]:
    """Order codes: a full one before a style, a style before none, the longer before the shorter, then by value."""
    return code.level != FULL, code.level == NONE, -len(code.value), code.value, code.pattern


def _units(rows: Sequence[Normalised]) -> tuple[list[Unit], list[list[Normalised]]]:
    gathered: dict[tuple[str, str, str], list[Normalised]] = defaultdict(list)
    for row in rows:
        gathered[str(row.shop_id), row.product_ref, unit_colour(row.colour)].append(row)
    named: list[tuple[Unit, list[Normalised]]] = []
    for (shop, product, colour), own in gathered.items():
        own.sort(key=lambda row: str(row.id))
        for part in _by_code(own):
            code = best_code([row.code for row in part])
            named.append(
                (_unit(f"{shop}/{product}/{colour}/{code.value if tells_apart(code) else ''}", part, code), part)
            )
    named.sort(key=lambda one: one[0].name)
    return [unit for unit, _ in named], [own for _, own in named]


def _by_code(own: list[Normalised]) -> list[list[Normalised]]:
    """Split the rows of a product in one colour where they carry several codes: those are several colourways."""
    whole = whole_codes({row.code.value for row in own if tells_apart(row.code)})
    if len(set(whole.values())) < 2:
        return [own]
    parts: dict[str, list[Normalised]] = defaultdict(list)
    for row in own:
        parts[whole.get(row.code.value, "") if tells_apart(row.code) else ""].append(row)
    return list(parts.values())


def tells_apart(code: ArticleCode) -> bool:
    """Tell whether two different codes like this one within a product are two things: full ones, and whole fields."""
    return code.level == FULL or code.pattern == "plain"


def whole_codes(values: Iterable[str]) -> dict[str, str]:
    """Give each code of one product the longest that begins with it: the model part alone is not another code."""
    ordered = sorted(values, key=lambda value: (-len(value), value))
    whole: dict[str, str] = {}
    for value in ordered:
        whole[value] = next((longer for longer in whole if longer.startswith(value)), value)
    return whole


def _unit(name: str, own: Sequence[Normalised], code: ArticleCode) -> Unit:
    first = own[0]
    return Unit(
        name,
        first.shop_id,
        first.product_ref,
        brand=next((row.brand for row in own if row.brand), ""),
        code=code,
        colour=first.colour,
        gender=next((row.gender for row in own if row.gender), ""),
        kind=next((row.kind for row in own if row.kind), ""),
        tokens=first.tokens,
        numbers=first.numbers,
        pack=first.pack,
        condition=first.condition,
    )
