"""Learns of every article code whether it names a colourway or only a model, by the company it keeps."""

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from catalog.matching.article import FULL, NONE, STYLE
from catalog.matching.colour import colours_conflict
from catalog.matching.consensus import leave
from catalog.matching.knowing import SHAPE, Known, Levels
from catalog.matching.listing import Unit

LONGEST_COLOUR_PART = 5
FEWEST_SIBLINGS = 8
NEARLY_ALL = 0.9
LONGEST_FAMILY = 30
_LETTERS, _DIGITS = re.compile(r"[A-Z]"), re.compile(r"[0-9]")


def level_codes(units: Sequence[Unit], known: Known) -> tuple[list[Unit], Levels]:
    """Give every code the level that the company it keeps has shown; returns also what the brands' codes teach.

    A code is style level when it is the model part of a longer one, or is worn in colours that exclude each other by
    more than one unit in four. A code without separator is full when somebody writes the same with one, or when the
    brand gives every colour of a model its own code of that shape. Of brands that are known as a whole, only the colours
    that a code is worn in are looked at here.
    """
    by_brand: dict[str, dict[str, list[Unit]]] = defaultdict(lambda: defaultdict(list))
    for unit in units:
        if unit.brand and unit.code.value:
            by_brand[unit.brand][unit.code.value].append(unit)
    levels: dict[tuple[str, str], str] = {}
    taught: dict[tuple[str, str], str] = {}
    for brand, worn in by_brand.items():
        if brand in known.brands:
            styles = {value for value in worn if known.levels.get((brand, value)) == STYLE}
            shapes = {shape for shape in map(shape_of, worn) if (brand, SHAPE + shape) in known.levels}
        else:
            styles = _models(worn)
            shapes = _full_shapes(worn, styles)
            taught |= {(brand, SHAPE + shape): FULL for shape in shapes}
        for value, wearing in worn.items():
            full = any(unit.code.level == FULL for unit in wearing) or shape_of(value) in shapes
            style = value in styles or _worn_in_several_colours(wearing)
            levels[brand, value] = FULL if full and not style else STYLE
            if full and style:
                taught[brand, value] = STYLE
    levelled = []
    for unit in units:
        level = levels.get((unit.brand, unit.code.value), unit.code.level)
        levelled.append(unit if level == unit.code.level else replace(unit, code=replace(unit.code, level=level)))
    return levelled, taught


def shape_of(value: str) -> str:
    """Write a code's letters as A and its digits as 9."""
    return _DIGITS.sub("9", _LETTERS.sub("A", value))


def _models(worn: Mapping[str, Sequence[Unit]]) -> set[str]:
    """The codes that others of the brand begin with, unless those are written with another model part."""
    values, found = sorted(worn), set()
    for value, longer in zip(values, values[1:], strict=False):
        if longer.startswith(value) and len(longer) - len(value) <= LONGEST_COLOUR_PART:
            parts = {unit.code.style for unit in worn[longer] if unit.code.level == FULL and unit.code.style != longer}
            written = any(unit.code.level == FULL and unit.code.style != value for unit in worn[value])
            if not parts or value in parts or not written:
                found.add(value)
    return found


def _full_shapes(worn: Mapping[str, Sequence[Unit]], models: set[str]) -> set[str]:
    """The shapes of a brand's codes that differ between the colours of one model, nearly always."""
    told, same = _siblings(unit for wearing in worn.values() for unit in wearing)
    for shape, seen in _extensions(worn, models).items():
        told[shape] += seen
    return {shape for shape, seen in told.items() if seen >= max(FEWEST_SIBLINGS, NEARLY_ALL * (seen + same[shape]))}


def _siblings(units: Iterable[Unit]) -> tuple[Counter[str], Counter[str]]:
    """Count by shape how often two colours of one model carry different codes, and how often the same."""
    families: dict[tuple[object, ...], list[Unit]] = defaultdict(list)
    for unit in units:
        if unit.code.level not in (FULL, NONE) and unit.colour.bases and unit.tokens:
            families[unit.tokens, unit.numbers, unit.gender, unit.kind].append(unit)
    told: Counter[str] = Counter()
    same: Counter[str] = Counter()
    for family in families.values():
        shown = family[:LONGEST_FAMILY]
        for place, one in enumerate(shown):
            shape = shape_of(one.code.value)
            for other in shown[:place]:
                if shape == shape_of(other.code.value) and colours_conflict(one.colour.bases, other.colour.bases):
                    told[shape] += one.code.value != other.code.value
                    same[shape] += one.code.value == other.code.value
    return told, same


def _extensions(worn: Mapping[str, Sequence[Unit]], models: set[str]) -> Counter[str]:
    """Count by shape the codes that lengthen a model's code which is written alone too, where it has several such."""
    values, found = sorted(worn), Counter[str]()
    for model in models:
        start = bisect_right(values, model)
        near = values[start : start + LONGEST_FAMILY]
        shapes = Counter(
            shape_of(value)
            for value in near
            if value.startswith(model) and len(value) - len(model) <= LONGEST_COLOUR_PART
        )
        for shape, seen in shapes.items():
            found[shape] += seen - 1
    return found


def _worn_in_several_colours(wearing: Sequence[Unit]) -> bool:
    colours = Counter(unit.colour.bases for unit in wearing if unit.colour.bases)
    if len(colours) < 2:
        return False
    left = leave(colours, colours_conflict)
    return 4 * sum(colours[bases] for bases in left) > colours.total()
