"""Reading the identifier lists of brands and wholesalers (article code, size, GTIN) into product seeds."""

import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from skuu.kit.errors import NotPossible

from .csvfile import Record, Table, read_table
from .imported import Import, Problem, default_quantity
from .seeds import ProductSeed, VariantSeed

NAMELESS = "Article without a name"
WON_PER_EURO = 1500  # the brand-shop list has prices in won; any fixed figure serves, nobody pays it

# Our word for each column of the two kinds of list.
_BRAND_SHOP = {
    "brand": "brand",
    "name": "name",
    "code": "style_colour",
    "gender": "genders",
    "type": "category",
    "price": "price",
    "size": "size_us",
    "gtin": "gtin",
}
_WHOLESALE = {
    "brand": "brand",
    "name": "name",
    "code": "code",
    "colour": "colour",
    "gender": "gender",
    "type": "sub_category",
    "price": "price",
    "size": "size",
    "gtin": "barcode",
    "quantity": "qty",
}
_FILLED_DOWN = ("brand", "name", "code", "colour", "gender", "type")


def read_identifiers(path: Path, *, salt: str = "", location_count: int = 1) -> Import:
    """Read a list of articles, a product for each article code with options Colour and Size.

    SKU is the article code (one for all sizes), barcode the GTIN as written. A cell left blank means the one above; rows
    before any name become one nameless product without a vendor. Where no colour is told, the end of the code stands for
    it. Quantities come from ``default_quantity`` with ``salt``: two salts give two shops with different stock of the same
    articles. Raises NotPossible: empty_file, not_a_csv, quote_not_closed, not_an_article_list.
    """
    table = read_table(path)
    words, sizes = _kind_of_list(table, path)
    products: dict[str, dict[tuple[str, str], VariantSeed]] = {}
    heads: dict[str, dict[str, str]] = {}
    problems = []
    above = dict.fromkeys(_FILLED_DOWN, "")
    for record in table.records:
        row = _row(record, words, above)
        variants = products.setdefault(row["code"], {})
        heads.setdefault(row["code"], row)
        options = (row["colour"] or _colour_of(row["code"]), sizes.format(row["size"]))
        what = _wrong(row, options in variants)
        if what:
            problems.append(Problem(record.number, row["code"], what))
            continue
        variants[options] = _variant(row, options, salt, location_count, in_won=words is _BRAND_SHOP)
    made = tuple(_product(heads[code], tuple(found.values())) for code, found in products.items() if found)
    used = sum(len(product.variants) for product in made)
    remarks = tuple(Problem(1, "", repair) for repair in table.repairs)
    return Import(made, len(table.records), used, 0, tuple(problems), remarks)


def _kind_of_list(table: Table, path: Path) -> tuple[Mapping[str, str], str]:
    if {"style_colour", "size_us", "gtin", "price"} <= table.columns:
        return _BRAND_SHOP, "US {}"
    if {"code", "size", "barcode", "price"} <= table.columns:
        return _WHOLESALE, "{}"
    raise NotPossible(
        f"{path.name} is no article list: it needs price and code, size, barcode, or price and style_colour, size_us, gtin.",
        code="not_an_article_list",
    )


def _row(record: Record, words: Mapping[str, str], above: dict[str, str]) -> dict[str, str]:
    row = {word: record.get(column) for word, column in words.items()}
    if not row["code"]:
        row.update({word: row.get(word) or above[word] for word in _FILLED_DOWN})
    row.setdefault("colour", "")
    above.update({word: row.get(word, "") for word in _FILLED_DOWN})
    return row


def _wrong(row: Mapping[str, str], taken: bool) -> str:
    if not row["size"]:
        return "the size is missing"
    if taken:
        return "the colour and size stand in an earlier row of this article"
    try:
        good = Decimal(row["price"] or "x") >= 0
    except ArithmeticError:
        good = False
    return "" if good else f"the price {row['price'][:40]!r} is not an amount"


def _variant(
    row: Mapping[str, str], options: tuple[str, str], salt: str, location_count: int, *, in_won: bool
) -> VariantSeed:
    price = Decimal(row["price"]) / (WON_PER_EURO if in_won else 1)
    quantity = default_quantity(salt, row["code"], *options)
    return VariantSeed(
        options=options,
        price=f"{price:.2f}",
        sku=row["code"],
        barcode=row["gtin"],
        grams=900,
        hs_code="640411",
        stock=(quantity, *(0,) * (location_count - 1)),
    )


def _colour_of(code: str) -> str:
    """Take the end of an article code for the colour, as brand shops do that name none."""
    return code.rpartition("-")[2] or "–"


def _product(head: Mapping[str, str], variants: tuple[VariantSeed, ...]) -> ProductSeed:
    return ProductSeed(
        title=head["name"] or NAMELESS,
        vendor=head["brand"],
        option_names=("Colour", "Size"),
        variants=variants,
        product_type=head["type"],
        handle=re.sub(r"[^a-z0-9]+", "-", f"{head['name'] or NAMELESS} {head['code']}".lower()).strip("-"),
        tags=tuple(head["gender"].lower().split("|")) if head["gender"] else (),
        shape="shoe",
    )
