"""Reading a CSV as people really send them: any encoding, delimiter and column order, and a clear no to what is no CSV."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from skuu.kit.errors import NotPossible

LONGEST_CELL = 64 * 1024 * 1024
DELIMITERS = ",;\t|"
_SIGNATURES = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"BM", "a BMP picture"),
    (b"RIFF", "a WebP picture or a sound"),
    (b"PK\x03\x04", "an Excel workbook or a ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a compressed archive"),
)


@dataclass(frozen=True)
class Record:
    """One row below the header: its number as a spreadsheet shows it (the header is 1), its cells by lower-case column."""

    number: int
    cells: Mapping[str, str]
    surplus: bool  # it holds more cells than the header has columns

    def get(self, column: str) -> str:
        """Give a cell without blanks around it; a column that the file lacks is empty."""
        return self.cells.get(column, "")


@dataclass(frozen=True)
class Table:
    """All rows of a file and the columns it really has."""

    columns: frozenset[str]
    records: tuple[Record, ...]
    repairs: tuple[str, ...]  # what had to be mended to read it, in words


def read_table(path: Path) -> Table:
    """Read a whole CSV into rows by column name.

    Understands UTF-8 with or without mark, UTF-16 with mark and Windows-1252; commas, semicolons, tabs and bars;
    quoted line breaks; NUL bytes, which are dropped and reported. Lines without any character are no rows.
    Raises NotPossible: empty_file, not_a_csv, quote_not_closed.
    """
    raw = path.read_bytes()
    text, repairs = _decoded(raw, path.name)
    header, rows = _rows(text, path.name)
    columns = tuple(" ".join(name.split()).lower() for name in header)
    records = tuple(_record(number, columns, cells) for number, cells in rows)
    return Table(frozenset(columns) - {""}, records, repairs)


def _record(number: int, columns: tuple[str, ...], cells: list[str]) -> Record:
    named: dict[str, str] = {}
    for column, cell in zip(columns, cells, strict=False):
        named.setdefault(column, cell.strip())
    return Record(number, named, any(cell.strip() for cell in cells[len(columns) :]))


def _decoded(raw: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    if not raw.strip(b"\x00\xef\xbb\xbf\r\n\t "):
        raise NotPossible(
            f"{name} is empty. Export the products again in Shopify (Products, Export, plain CSV file) and send that file.",
            code="empty_file",
        )
    for signature, what in _SIGNATURES:
        if raw.startswith(signature):
            raise _no_csv(name, what)
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _without_nul(raw.decode("utf-16", errors="replace"), name)
    try:
        text, repairs = _without_nul(raw.decode("utf-8-sig"), name)
    except UnicodeDecodeError:
        text, repairs = _without_nul(raw.decode("cp1252", errors="replace"), name)
        repairs = (*repairs, "The file is not UTF-8; it was read as Windows-1252.")
    return text, repairs


def _without_nul(text: str, name: str) -> tuple[str, tuple[str, ...]]:
    odd = len(re.findall(r"[\x00-\x08\x0e-\x1f]", text[:100_000]))
    if odd > len(text[:100_000]) // 20:
        raise _no_csv(name, "something other than text")
    count = text.count("\x00")
    if not count:
        return text, ()
    return text.replace("\x00", ""), (f"{count} NUL bytes were dropped.",)


def _no_csv(name: str, what: str) -> NotPossible:
    return NotPossible(
        f"{name} is {what}, not a CSV. Export the products in Shopify (Products, Export, plain CSV file) and send that file.",
        code="not_a_csv",
    )


def _rows(text: str, name: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Split into the header and numbered rows; strictly first, so that an open quote cannot swallow rows unseen."""
    csv.field_size_limit(LONGEST_CELL)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    delimiter = _delimiter(text)
    try:
        rows = list(_numbered(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)))
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise NotPossible(
                f"A quoted cell in {name} is never closed, so the rest of the file reads as one cell. "
                "Export it again, or close the quote.",
                code="quote_not_closed",
            ) from error
        rows = list(_numbered(csv.reader(io.StringIO(text), delimiter=delimiter)))
    return rows[0][1], rows[1:]


def _numbered(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    number = 0
    for cells in reader:
        if cells:
            number += 1
            yield number, cells


def _delimiter(text: str) -> str:
    """Choose the delimiter that the header uses most, quotes left aside."""
    start = text.lstrip("\n")
    header = re.sub(r'"[^"]*"', "", start[: start.find("\n")] if "\n" in start else start)
    return max(DELIMITERS, key=header.count)
