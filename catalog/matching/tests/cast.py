"""Builds variants for the tests: a running shoe that several shops sell, with barcodes under the demonstration prefix."""

from typing import Any

from catalog.matching.gtin import check_digit
from catalog.matching.normalising import Normalised, VariantIn, normalise


def gtin(number: int) -> str:
    """A valid EAN-13 under prefix 952."""
    body = f"9521234{number:05d}"
    return body + check_digit(body)


def variant(id: int, shop: int, **facts: Any) -> Normalised:  # noqa: A002 - the word of the dataclass
    """A normalised variant of a men's runner in black, size EU 42, unless told otherwise."""
    facts = {
        "title": "Pegasus Trail 4",
        "vendor": "Northfell",
        "colour": "Black",
        "size": "EU 42",
        "gender": "men",
    } | facts
    facts.setdefault("product_ref", f"{shop}-a")
    return normalise(VariantIn(id=id, shop_id=shop, **facts))
