"""What every generated network is made of: its row, numbers that pass their check digit, brands' number blocks, slips."""

import pathlib
from collections.abc import Sequence
from functools import lru_cache
from random import Random
from typing import NamedTuple

DATA = pathlib.Path(__file__).resolve().parents[1] / "data"
PLACEHOLDERS = ("0000000000000", "1111111111116", "1234567890128", "9999999999994", "0", "N/A", "Does not apply")
SHOPS = 200
BLOCK = 100_000  # numbers in one block of a brand


class Row(NamedTuple):
    """One variant as its shop lists it, followed by what it truly is: item, style, and how much the shop tells."""

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
    price: str
    truth_variant: str
    truth_style: str
    kind: str


@lru_cache
def words(name: str) -> tuple[str, ...]:
    """Read a word list that lies beside the benches."""
    return tuple((DATA / f"{name}.txt").read_text().splitlines())


def with_check_digit(body: str) -> str:
    """Complete a number to a GTIN."""
    total = sum(int(digit) * (1 if at % 2 else 3) for at, digit in enumerate(reversed(body)))
    return body + str(-total % 10)


class Numbers:
    """Hands out barcodes in the order asked for: each brand has blocks of its own, as number organisations assign them.

    Thirteen digits begin with 952, the prefix kept for demonstrations. It has no twelve-digit form, so brands that mark
    with UPC get made-up numbers that begin with a zero.
    """

    def __init__(self, dice: Random) -> None:
        """Draw every decision from these dice."""
        self._dice = dice
        self._blocks = 0
        self._of: dict[str, tuple[str, int]] = {}
        self._upc: dict[str, bool] = {}

    def next_for(self, brand: str) -> str:
        """Issue the brand's next number."""
        prefix, used = self._of.get(brand, ("", BLOCK))
        if used >= BLOCK:
            prefix, used = self._new_block(brand), 0
        self._of[brand] = prefix, used + 1
        return with_check_digit(f"{prefix}{used:05d}")

    def _new_block(self, brand: str) -> str:
        self._blocks += 1
        upc = self._upc.setdefault(brand, self._dice.random() < 0.3)
        return f"01{self._blocks:05d}" if upc else f"952{self._blocks:04d}"


def popularity(count: int, behind: int, power: float) -> list[float]:
    """Weigh ranks so that few are frequent and most are rare, as cumulative weights."""
    total, weights = 0.0, []
    for rank in range(count):
        total += 1 / (rank + behind) ** power
        weights.append(total)
    return weights


def misspell(dice: Random, text: str) -> str:
    """Drop, swap or double one letter."""
    if len(text) < 6:
        return text
    at, slip = dice.randrange(1, len(text) - 1), dice.random()
    if slip < 0.4:
        return text[:at] + text[at + 1 :]
    if slip < 0.7:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + text[at] + text[at:]


def without_a_word(dice: Random, text: str) -> str:
    """Leave one word out where there are several."""
    parts = text.split()
    if len(parts) > 1:
        parts.pop(dice.randrange(len(parts)))
    return " ".join(parts)


def damaged(dice: Random, barcode: str) -> str:
    """Write a barcode as exports do: one in eight reformatted, one in a hundred spoilt."""
    slip = dice.random()
    if slip < 0.05:
        return "'" + barcode
    if slip < 0.08:
        return "0" + barcode
    if slip < 0.11 and barcode.startswith("0"):
        return barcode[1:]
    if slip < 0.12:
        return f"{barcode[:6]} {barcode[6:]}"
    if slip < 0.125:
        return barcode[:-1] + str((int(barcode[-1]) + 1) % 10)
    if slip < 0.13:
        return f"{float(barcode):.5e}"
    return barcode


def plain(number: float) -> str:
    """Write a number without needless zeros."""
    return f"{number:g}"


def any_of(dice: Random, choices: Sequence[str]) -> str:
    """Draw one evenly; quicker than `choice` for short lists."""
    return choices[int(dice.random() * len(choices))]
