"""What reading a file gave: the products, and an account of every row."""

import zlib
from dataclasses import dataclass

from .seeds import ProductSeed

QUANTITIES = (0, 3, 1, 5, 0, 2, 8, 4)  # what a row of a file without quantities is given, by its checksum


@dataclass(frozen=True)
class Problem:
    """What is wrong with one row; ``row`` counts as a spreadsheet does, the header being 1."""

    row: int
    handle: str
    what: str


@dataclass(frozen=True)
class Import:
    """What a file gave: rows == used_variant_rows + image_only_rows + len(problems), always.

    ``remarks`` name rows that are used although something in them was mended or left out.
    """

    products: tuple[ProductSeed, ...]
    rows: int
    used_variant_rows: int
    image_only_rows: int
    problems: tuple[Problem, ...]
    remarks: tuple[Problem, ...]


def default_quantity(*parts: str) -> int:
    """Choose a quantity for a row whose file knows none; the same parts always give the same, a quarter of rows none."""
    return QUANTITIES[zlib.crc32("\x1f".join(parts).encode()) % len(QUANTITIES)]
