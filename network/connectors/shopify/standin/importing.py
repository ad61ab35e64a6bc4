"""Reading real product exports and identifier lists into seeds, with every row that cannot be used counted and named."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from skuu.kit.errors import NotPossible
from skuu.kit.money import exponent

from .articlelist import read_identifiers
from .csvfile import Record, Table, read_table
from .imported import Import, Problem, default_quantity
from .seeds import ProductSeed, VariantSeed

__all__ = ["Import", "Problem", "default_quantity", "read_export", "read_identifiers"]

MOST_OPTIONS = 3
MOST_VARIANTS = 2048  # of one product, Shopify's own limit
LARGEST_PRICE = Decimal("99999999.99")
LARGEST_QUANTITY = 1_000_000_000

# Shopify renames its columns now and then; the classic name is the key.
_OTHER_NAMES = {
    "handle": ("url handle",),
    "body (html)": ("description",),
    "published": ("published on online store",),
    "variant sku": ("sku",),
    "variant barcode": ("barcode",),
    "variant price": ("price",),
    "variant compare at price": ("compare-at price",),
    "variant inventory tracker": ("inventory tracker",),
    "variant inventory qty": ("inventory quantity",),
    "variant inventory policy": ("continue selling when out of stock",),
    "variant grams": ("weight value (grams)",),
    "variant requires shipping": ("requires shipping",),
    "image src": ("product image url",),
}


@dataclass
class _Draft:
    """One product while its rows come in."""

    handle: str
    head: Record | None = None
    names: list[str] = field(default_factory=lambda: [""] * MOST_OPTIONS)
    image: str = ""
    rows: list[Record] = field(default_factory=list)


@dataclass
class _Reading:
    """One file while it is read."""

    columns: frozenset[str]
    location_count: int
    currency: str
    salt: str
    problems: list[Problem] = field(default_factory=list)
    remarks: list[Problem] = field(default_factory=list)

    def refuse(self, record: Record, what: str) -> None:
        self.problems.append(Problem(record.number, _cell(record, "handle"), what))

    def remark(self, record: Record, what: str) -> None:
        self.remarks.append(Problem(record.number, _cell(record, "handle"), what))


def read_export(path: Path, *, location_count: int = 1, price_currency: str = "EUR", salt: str = "") -> Import:
    """Read a Shopify product export, the classic 40-odd columns in any order, into product seeds.

    Prices are taken as amounts of ``price_currency`` and written with its decimals. The whole quantity stands at the
    first of ``location_count`` locations; a file without a quantity column gets one by ``default_quantity``, chosen by the
    checksum of salt, handle and options, so that it repeats and two salts give two different stocks. As in Shopify, an
    empty tracker cell means that the variant is not tracked, and a negative quantity stays negative.
    Raises NotPossible: empty_file, not_a_csv, quote_not_closed, not_an_export.
    """
    table = read_table(path)
    _require_columns(table, path)
    reading = _Reading(table.columns, location_count, price_currency, salt)
    reading.remarks.extend(Problem(1, "", repair) for repair in table.repairs)
    drafts, images = _gather(table.records, reading)
    products = []
    used = 0
    for draft in drafts:
        product = _product(draft, reading)
        if product is not None:
            products.append(product)
            used += len(product.variants)
    problems = tuple(sorted(reading.problems, key=lambda problem: problem.row))
    return Import(tuple(products), len(table.records), used, images, problems, tuple(reading.remarks))


def _cell(record: Record, column: str) -> str:
    for name in (column, *_OTHER_NAMES.get(column, ())):
        if value := record.get(name):
            return value
    return ""


def _has(columns: frozenset[str], column: str) -> bool:
    return not columns.isdisjoint((column, *_OTHER_NAMES.get(column, ())))


def _require_columns(table: Table, path: Path) -> None:
    missing = [name for name in ("handle", "title", "variant price") if not _has(table.columns, name)]
    if missing:
        names = ", ".join(name.title() for name in missing)
        raise NotPossible(
            f"{path.name} is no product export: it has no column {names}. "
            "Export the products in Shopify (Products, Export, plain CSV file) and send that file unchanged.",
            code="not_an_export",
            missing=missing,
        )


# Rows to products


def _gather(records: Sequence[Record], reading: _Reading) -> tuple[list[_Draft], int]:
    """Sort rows to their products by handle, wherever they stand, and count those that only carry a picture."""
    drafts: dict[str, _Draft] = {}
    pictures: list[Record] = []
    for record in records:
        what = _unusable(record)
        if what:
            reading.refuse(record, what)
            continue
        draft = drafts.setdefault(_cell(record, "handle"), _Draft(_cell(record, "handle")))
        _learn(draft, record)
        if _is_variant(record):
            draft.rows.append(record)
        else:
            pictures.append(record)
    for picture in pictures:
        if drafts[_cell(picture, "handle")].head is None:
            reading.refuse(picture, "a picture of a product that the file does not contain")
    orphans = sum(drafts[_cell(picture, "handle")].head is None for picture in pictures)
    return list(drafts.values()), len(pictures) - orphans


def _unusable(record: Record) -> str:
    if record.surplus:
        return "more cells than the header has columns: a comma stands outside quotes"
    if not any(record.cells.values()):
        return "the row is empty"
    if not _cell(record, "handle"):
        return "the handle is missing"
    if not _is_variant(record) and not _cell(record, "image src"):
        return "neither a variant nor a picture"
    return ""


def _is_variant(record: Record) -> bool:
    if _cell(record, "title"):
        return True
    told = ("variant price", "variant sku", "variant barcode", "option1 value", "option2 value", "option3 value")
    return any(_cell(record, column) for column in told)


def _learn(draft: _Draft, record: Record) -> None:
    if draft.head is None and _cell(record, "title"):
        draft.head = record
    draft.image = draft.image or _cell(record, "image src")
    for place in range(MOST_OPTIONS):
        draft.names[place] = draft.names[place] or _cell(record, f"option{place + 1} name")


def _product(draft: _Draft, reading: _Reading) -> ProductSeed | None:
    head = draft.head
    if head is None:
        for record in draft.rows:
            reading.refuse(record, "the product has no title in any of its rows")
        return None
    places = [place for place in range(MOST_OPTIONS) if any(_option(record, place) for record in draft.rows)]
    variants = tuple(_variants(draft, places, reading))
    if not variants:
        return None
    return ProductSeed(
        title=_cell(head, "title"),
        vendor=_cell(head, "vendor"),
        option_names=_option_names(draft, places),
        variants=variants,
        product_type=_cell(head, "type"),
        tags=tuple(tag.strip() for tag in _cell(head, "tags").split(",") if tag.strip()),
        handle=draft.handle,
        body_html=_cell(head, "body (html)"),
        status=_status(head, reading),
        image_url=draft.image,
    )


def _option(record: Record, place: int) -> str:
    return _cell(record, f"option{place + 1} value")


def _option_names(draft: _Draft, places: list[int]) -> tuple[str, ...]:
    """Name the options in use; a name that is missing or given twice is told apart by its place."""
    names: list[str] = []
    for place in places:
        name = draft.names[place] or f"Option {place + 1}"
        names.append(name if name.lower() not in {other.lower() for other in names} else f"{name} {place + 1}")
    return tuple(names) or ("Title",)


def _status(head: Record, reading: _Reading) -> str:
    status = _cell(head, "status").upper()
    if status in ("ACTIVE", "DRAFT", "ARCHIVED"):
        return status
    if status:
        reading.remark(head, f"the status {status!r} is unknown; the product is taken as a draft")
        return "DRAFT"
    return "DRAFT" if _cell(head, "published").lower() in ("false", "no", "0") else "ACTIVE"


def _variants(draft: _Draft, places: list[int], reading: _Reading) -> Iterator[VariantSeed]:
    seen: set[tuple[str, ...]] = set()
    for record in draft.rows:
        options = tuple(_option(record, place) for place in places) or ("Default Title",)
        price = _amount(_cell(record, "variant price"), reading.currency)
        key = tuple(option.casefold() for option in options)
        what = _wrong(record, options, price)
        if not what and key in seen:
            what = f"the options {' / '.join(options)} stand in an earlier row of this product"
        if not what and len(seen) == MOST_VARIANTS:
            what = f"the product has more than {MOST_VARIANTS} variants"
        if what:
            reading.refuse(record, what)
            continue
        seen.add(key)
        assert price is not None
        yield _variant(record, options, price, reading)


def _wrong(record: Record, options: tuple[str, ...], price: str | None) -> str:
    """Say in words why a row cannot become a variant, or nothing."""
    for column, value in record.cells.items():
        further = re.fullmatch(r"option(\d+) value", column)
        if further and int(further[1]) > MOST_OPTIONS and value:
            return f"more than {MOST_OPTIONS} options"
    if "" in options:
        return f"no value for option {options.index('') + 1}, which other rows of the product have"
    written = _cell(record, "variant price")
    if not written:
        return "the price is missing"
    return "" if price is not None else f"the price {written[:40]!r} is not an amount"


# Cells to values


def _variant(record: Record, options: tuple[str, ...], price: str, reading: _Reading) -> VariantSeed:
    tracked = not _has(reading.columns, "variant inventory tracker") or bool(_cell(record, "variant inventory tracker"))
    return VariantSeed(
        options=options,
        price=price,
        sku=_unquoted(_cell(record, "variant sku")),
        barcode=_unquoted(_cell(record, "variant barcode")),
        compare_at=_compare_at(record, reading),
        grams=_grams(record, reading),
        tracked=tracked,
        continue_selling=_cell(record, "variant inventory policy").lower() in ("continue", "true"),
        requires_shipping=_cell(record, "variant requires shipping").lower() not in ("false", "no", "0"),
        stock=(_quantity(record, options, reading), *(0,) * (reading.location_count - 1)),
    )


def _unquoted(value: str) -> str:
    """Drop the one apostrophe that exports put before numbers, so that a spreadsheet leaves them alone."""
    return value[1:].strip() if value.startswith(("'", "’")) else value


def _amount(text: str, currency: str) -> str | None:
    """Read an amount in the currency's decimals, or None.

    A single comma followed by one or two digits is a decimal comma, any other comma parts thousands;
    where both signs occur the last one is the decimal sign.
    """
    text = re.sub(r"[\s\u00a0']", "", text)
    if "," in text and text.rfind(",") > text.rfind("."):
        decimal_comma = text.count(",") == 1 and ("." in text or re.search(r",\d{1,2}$", text))
        text = text.replace(".", "").replace(",", "." if decimal_comma else "")
    else:
        text = text.replace(",", "")
    if not re.fullmatch(r"\d{1,12}(\.\d{1,12})?|\.\d{1,12}", text, re.ASCII):
        return None
    step = Decimal(1).scaleb(-exponent(currency))
    amount = Decimal(text).quantize(step, ROUND_HALF_UP)
    return str(amount) if amount <= LARGEST_PRICE else None


def _compare_at(record: Record, reading: _Reading) -> str | None:
    written = _cell(record, "variant compare at price")
    amount = _amount(written, reading.currency) if written else None
    if written and amount is None:
        reading.remark(record, f"the compare-at price {written[:40]!r} is not an amount and was left out")
    return amount


def _grams(record: Record, reading: _Reading) -> int:
    written = _cell(record, "variant grams")
    if not written:
        return 0
    if re.fullmatch(r"\d{1,9}([.,]\d*)?", written, re.ASCII):
        return int(Decimal(written.replace(",", ".")).quantize(Decimal(1), ROUND_HALF_UP))
    reading.remark(record, f"the weight {written[:40]!r} is not a number of grams and was left out")
    return 0


def _quantity(record: Record, options: tuple[str, ...], reading: _Reading) -> int:
    if not _has(reading.columns, "variant inventory qty"):
        return default_quantity(reading.salt, _cell(record, "handle"), *options)
    written = _cell(record, "variant inventory qty")
    if not written:
        return 0
    if re.fullmatch(r"[-+]?\d{1,10}([.,]0*)?", written, re.ASCII):
        quantity = int(re.split(r"[.,]", written)[0])
        if quantity < 0:
            reading.remark(record, f"the quantity {quantity} is below zero and was kept")
        if abs(quantity) <= LARGEST_QUANTITY:
            return quantity
    reading.remark(record, f"the quantity {written[:40]!r} is not a usable number and was taken as 0")
    return 0
