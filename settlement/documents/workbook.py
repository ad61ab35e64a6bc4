"""Many rows into a workbook that XlsxWriter has made: a million cells in seconds, not in half a minute."""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

TEXT, NUMBER, AMOUNT = "text", "number", "amount"
_SHEET = "xl/worksheets/sheet1.xml"
_CAREFUL = re.compile(r"[&<>\x00-\x1f\ufffe\uffff]|_x[0-9A-Fa-f]{4}_|^\s|\s$")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_MIMICS = re.compile(r"_(x[0-9A-Fa-f]{4}_)")
_PORTION = 1_000


def insert_rows(book: io.BytesIO, kinds: Sequence[str], *, after: int, rows: Iterable[Sequence[str]]) -> bytes:
    """Write rows into the first sheet of a finished workbook, below row ``after`` (counted from 1); returns the workbook.

    Cells come as text, by the kind of their column; an ``AMOUNT`` takes the style of the last cell of row ``after``. The rows
    that stand below already must lie where they belong once these are in.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(book) as made, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=2) as target:
        for part in made.infolist():
            if part.filename != _SHEET:
                target.writestr(part, made.read(part))
                continue
            head, tail, style = _cut(made.read(part).decode(), after)
            with target.open(zipfile.ZipInfo(_SHEET, part.date_time), "w") as sheet:
                sheet.write(head.encode())
                for portion in _portions(kinds, after + 1, style, rows):
                    sheet.write(portion.encode())
                sheet.write(tail.encode())
    return out.getvalue()


def _cut(sheet: str, after: int) -> tuple[str, str, str]:
    """Part a sheet below a row; names the style of that row's last cell."""
    row = re.search(rf'<row r="{after}".*?</row>', sheet)
    if row is None:
        raise ValueError(f"the sheet has no row {after}")
    styles = re.findall(r' s="(\d+)"', row.group())
    return sheet[: row.end()], sheet[row.end() :], styles[-1]


def _portions(kinds: Sequence[str], first: int, style: str, rows: Iterable[Sequence[str]]) -> Iterator[str]:
    columns = [_letters(at) for at in range(len(kinds))]
    portion: list[str] = []
    for number, row in enumerate(rows, start=first):
        cells = []
        for column, kind, value in zip(columns, kinds, row, strict=True):
            if kind == AMOUNT:
                cells.append(f'<c r="{column}{number}" s="{style}"><v>{value}</v></c>')
            elif kind == NUMBER:
                cells.append(f'<c r="{column}{number}"><v>{value}</v></c>')
            elif value:
                cells.append(f'<c r="{column}{number}" t="inlineStr"><is>{_text(value)}</is></c>')
        portion.append(f'<row r="{number}">{"".join(cells)}</row>')
        if len(portion) == _PORTION:
            yield "".join(portion)
            portion.clear()
    yield "".join(portion)


@lru_cache(maxsize=10_000)
def _text(value: str) -> str:
    if not _CAREFUL.search(value):
        return f"<t>{value}</t>"
    value = _MIMICS.sub(r"_x005F_\1", value)
    value = _CONTROL.sub(lambda found: f"_x{ord(found.group()):04X}_", value)
    value = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f'<t xml:space="preserve">{value}</t>'


def _letters(at: int) -> str:
    return chr(65 + at) if at < 26 else f"{chr(64 + at // 26)}{chr(65 + at % 26)}"
