"""A statement as PDF and as XLSX: written once, kept, and handed out as they were."""

import datetime as dt
import hashlib
import io
from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from network.scoping import as_network
from settlement.cycles import next_cycle_end
from settlement.documents.pdf import print_pdf
from settlement.documents.statement import harmless, plain_amount, statement_rows
from settlement.documents.workbook import AMOUNT, NUMBER, TEXT, insert_rows
from settlement.models import Statement, StoredFile
from skuu.kit.errors import NotPossible
from skuu.kit.money import Money, exponent

PDF_ROWS = 1_000  # more is no document for people; the CSV and the XLSX have them all
SHEET_ROWS = 1_048_576  # what a sheet of a workbook holds; more would vanish without a word
_COLUMNS = (
    ("Day", "effective_on", 11),
    ("What", "kind", 11),
    ("Role", "role", 8),
    ("Own order", "own_order", 12),
    ("Partner's order", "partner_order", 14),
    ("Internal order", "internal_order", 14),
    ("Partner", "partner", 22),
    ("SKU", "sku", 16),
    ("Description", "description", 34),
    ("Units", "quantity", 7),
    ("Net price", "net", 11),
    ("Origin's fee", "origin_fee", 11),
    ("Goods", "goods", 11),
    ("Shipping", "shipping", 11),
    ("VAT", "vat", 11),
    ("Network fee", "network_fee", 11),
    ("VAT on fee", "network_fee_vat", 11),
    ("To you", "amount", 12),
    ("Rate card", "rate_card", 20),
    ("Sold on", "original", 26),
)
_MONEY = {"net", "origin_fee", "goods", "shipping", "vat", "network_fee", "network_fee_vat", "amount"}
_COLUMN_KINDS = [AMOUNT if name in _MONEY else NUMBER if name == "quantity" else TEXT for _, name, _ in _COLUMNS]


def stored_statement(statement: Statement, kind: str) -> StoredFile:
    """Give a statement's PDF or XLSX; written at the first call, the same bytes ever after.

    *Again*, or twice at once, there is one file. Raises NotPossible before the statement is sealed, or where a workbook does not
    hold all its lines.
    """
    if not statement.digest:
        raise NotPossible("This statement is being written; come back in a moment.", code="not_sealed")
    with as_network():
        found = StoredFile.everyone.filter(statement=statement, kind=kind).first()
        if found is not None:
            return found
        content = statement_pdf(statement) if kind == "pdf" else statement_xlsx(statement)
        with transaction.atomic():
            StoredFile.everyone.bulk_create(
                [
                    StoredFile(
                        statement=statement,
                        kind=kind,
                        content=content,
                        digest=hashlib.sha256(content).hexdigest(),
                    )
                ],
                ignore_conflicts=True,  # somebody else was faster: theirs counts
            )
        return StoredFile.everyone.get(statement=statement, kind=kind)


def next_after(statement: Statement) -> dt.date:
    """Name the last day of the cycle after a statement's; the same whenever it is asked."""
    return next_cycle_end(statement.cycle.through + dt.timedelta(days=1), statement.cycle_kind)


def statement_pdf(statement: Statement) -> bytes:
    """Print a statement: its figures, and its lines up to a thousand."""
    rows = list(statement_rows(statement, limit=PDF_ROWS))

    def money(minor: int) -> str:
        return Money(minor, statement.currency).format("en")

    return print_pdf(
        "statement.typ",
        {
            "number": statement.number,
            "merchant": statement.merchant_name,
            "currency": statement.currency,
            "through": statement.cycle.through.isoformat(),
            "settled": statement.get_cycle_kind_display().lower(),
            "next": next_after(statement).isoformat(),
            "opening": money(statement.opening),
            "activity": money(statement.activity),
            "closing": money(statement.closing),
            "digest": statement.digest,
            "seal": statement.seal,
            "left_out": max(0, statement.line_count - len(rows)),
            "rows": [
                {
                    "day": row.effective_on,
                    "what": row.description or row.kind,
                    "order": " / ".join(filter(None, (row.own_order, row.partner_order))) or row.internal_order,
                    "partner": row.partner,
                    "amount": money(row.amount),
                }
                for row in rows
            ],
        },
    )


def statement_xlsx(statement: Statement) -> bytes:
    """Write a statement as a workbook: its lines, and beside them what is still pending or held with its day."""
    import xlsxwriter

    _refuse_rows(statement.line_count + 3)  # below the titles: opening, lines, closing
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "in_memory": False}
    )
    book.set_properties({"title": statement.number, "created": statement.cycle.closed_at.replace(tzinfo=None)})
    bold = book.add_format({"bold": True, "bottom": 1})
    places = exponent(statement.currency)
    amount = book.add_format({"num_format": "#,##0" + ("." + "0" * places if places else "")})
    sheet = book.add_worksheet("Lines")
    sheet.freeze_panes(1, 0)
    for at, (title, _, width) in enumerate(_COLUMNS):
        sheet.set_column(at, at, width)
        sheet.write_string(0, at, title, bold)
    _total(sheet, 1, "opening", statement.opening, amount, places)
    _total(sheet, statement.line_count + 2, "closing", statement.closing, amount, places)
    _open_items(book, statement, bold, amount, places)
    book.close()
    return insert_rows(out, _COLUMN_KINDS, after=2, rows=_values(statement, places))


def _values(statement: Statement, places: int) -> Iterator[list[str]]:
    for row in statement_rows(statement):
        values = []
        for _, name, _ in _COLUMNS:
            value = getattr(row, name)
            if name in _MONEY:
                values.append(plain_amount(value, places))
            else:
                values.append(str(value) if isinstance(value, int) else harmless(value))
        yield values


def _total(sheet: Any, number: int, kind: str, minor: int, amount: Any, places: int) -> None:
    names = [name for _, name, _ in _COLUMNS]
    sheet.write_string(number, names.index("kind"), kind)
    sheet.write_number(number, names.index("amount"), minor / 10**places, amount)


def _open_items(book: Any, statement: Statement, bold: Any, amount: Any, places: int) -> None:
    sheet = book.add_worksheet("Pending and held")
    titles = ("Internal order", "State", "Payable from", "To you")
    for at, title in enumerate(titles):
        sheet.set_column(at, at, 16)
        sheet.write_string(0, at, title, bold)
    found = open_items(statement)
    _refuse_rows(len(found) + 1)
    for number, (order, state, due, minor) in enumerate(found, start=1):
        sheet.write_string(number, 0, order or "")
        sheet.write_string(number, 1, state)
        sheet.write_string(number, 2, due.isoformat() if due else "after delivery")
        sheet.write_number(number, 3, minor / 10**places, amount)
    sheet.write_string(0, len(titles), f"as of {timezone.localdate().isoformat()}")


def _refuse_rows(rows: int) -> None:
    if rows > SHEET_ROWS:
        raise NotPossible("A workbook does not hold so many lines; the CSV has them all.", code="too_long")


def open_items(statement: Statement) -> list[tuple[str | None, str, Any, int]]:
    """Tell what of a merchant's sales is pending or held now, by internal order, with the day it becomes payable."""
    from settlement.states import OPEN_ITEMS, due_values

    with connection.cursor() as cursor:
        cursor.execute(OPEN_ITEMS, due_values() | {"merchant": statement.merchant_id, "currency": statement.currency})
        return cursor.fetchall()
