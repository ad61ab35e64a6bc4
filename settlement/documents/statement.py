"""A statement as rows, CSV and JSON, told from the frozen facts of its entries alone: recomputed later it is the same."""

import csv
import hashlib
import io
import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from django.db import connection

from network.models import Merchant
from network.scoping import as_network
from settlement.documents.csv_lines import FORMULA, Told, lines_as_csv, mark, plain_amount, plain_rate
from settlement.models import Statement, StatementLine
from skuu.kit.money import exponent, major

SOLD, SHIPPED = "sold", "shipped"


class Row(NamedTuple):
    """One item of one entry as its merchant reads it; amounts in minor units, + in ``amount`` is owed to the merchant.

    ``net`` is the consumer price without VAT, the base of the split; ``gross`` what the selling shop owes the shipping shop.
    """

    line: int
    entry: int
    kind: str
    effective_on: str
    posted_at: str
    role: str
    own_order: str
    partner_order: str
    internal_order: str
    partner: str
    sku: str
    description: str
    quantity: int
    net: int
    origin_fee: int
    goods: int
    shipping: int
    vat_rate_bp: int
    vat: int
    gross: int
    network_fee: int
    network_fee_vat: int
    amount: int
    currency: str
    vat_treatment: str
    rate_card: str
    original: str = ""  # of what came back: the statement and line on which it was sold


_DAY, _MOMENT = "'YYYY-MM-DD'", """'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'"""
_LINES = """
select n, item, amount, entry_id from settlement_statementline
where statement_id = %(statement)s and n > %(after)s and (%(only)s::int[] is null or n = any(%(only)s)) order by n limit %(limit)s
"""
_ENTRIES = f"""
select id, kind, to_char(effective_on, {_DAY}), to_char(posted_at at time zone 'UTC', {_MOMENT}), facts
from settlement_entry where id = any(%s)
"""  # noqa: S608 - the text above
_BATCH = 2_000
_MONEY = {"net", "origin_fee", "goods", "shipping", "vat", "gross", "network_fee", "network_fee_vat", "amount"}
_FIELDS = Row._fields
_SINCE_LAYOUT = {"original": 2}  # a statement keeps the columns it was sealed with
_NUMBERS = {"line", "entry", "quantity"}
_OUR_WORDS = {"kind", "effective_on", "posted_at", "role", "currency", "vat_treatment"}  # nobody writes these but us
_NUMBERS_SINCE = 3  # before, a quantity that came back was guarded against spreadsheets like a text: '-1
_SEAL_SINCE = 3
LAYOUT = 3


def statement_rows(
    statement: Statement, *, after: int = 0, limit: int | None = None, only: Collection[int] | None = None
) -> Iterator[Row]:
    """Tell a statement's lines in their order, from line ``after`` on, or ``only`` those; reads as it goes, however long it is."""
    left = limit if limit is not None else statement.line_count
    for batch in _batches(statement, after, left, only):
        for n, item, amount, entry in batch.lines:
            yield _row(n, item, amount, entry, batch.told[entry], statement.currency, batch.sold)


class _Batch(NamedTuple):
    """Some of a statement's lines (n, item, amount, entry), with what its merchant reads of their entries."""

    lines: list[tuple[int, int | None, int, int]]
    told: dict[int, Told]
    sold: dict[tuple[str, Any], str]


def _batches(statement: Statement, after: int, left: int, only: Collection[int] | None = None) -> Iterator[_Batch]:
    values: dict[str, Any] = {"statement": statement.pk, "only": None if only is None else list(only)}
    while left > 0:
        with connection.cursor() as cursor:
            cursor.execute(_LINES, values | {"after": after, "limit": min(left, _BATCH)})
            lines = cursor.fetchall()
            if not lines:
                return
            cursor.execute(_ENTRIES, [list({entry for *_, entry in lines})])
            told = {row[0]: _told(*row[1:], merchant=statement.merchant_id) for row in cursor.fetchall()}
        yield _Batch(lines, told, _sold_on(told.values(), statement.merchant_id))
        after, left = lines[-1][0], left - len(lines)


def unstated_rows(merchant: Merchant, *, limit: int = 200) -> list[Row]:
    """Tell what was posted for a merchant since its last statements and stands on none yet, newest first, all currencies."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select m.item, m.amount, m.entry_id, m.currency
            from settlement_moved m left join settlement_cycle c on c.id = m.cycle_id
            left join settlement_carried k on k.cycle_id = m.cycle_id and k.merchant_id = m.merchant_id
            where m.merchant_id = %s and (c.stated_at is null or k.id is not null and k.stated_in_id is null)
            order by m.entry_id desc, m.item limit %s
            """,
            [merchant.pk, limit],
        )
        found = cursor.fetchall()
        cursor.execute(_ENTRIES, [list({entry for _, _, entry, _ in found})])
        told = {row[0]: _told(*row[1:], merchant=merchant.pk) for row in cursor.fetchall()}
    return [
        _row(n, item, amount, entry, told[entry], currency, {})
        for n, (item, amount, entry, currency) in enumerate(found, start=1)
    ]


def statement_csv(statement: Statement, *, bom: bool = False) -> bytes:
    """Write a statement as CSV (UTF-8, comma, CRLF, amounts in major units with a point), opening and closing rows included.

    *Again* it is the same byte for byte. Cells that a spreadsheet would run as a formula get an apostrophe; ``bom`` adds the
    mark by which Excel knows UTF-8.
    """
    return (b"\xef\xbb\xbf" if bom else b"") + b"".join(_csv_parts(statement))


def statement_digest(statement: Statement) -> str:
    """Reckon the SHA-256 of a statement's CSV, a part at a time."""
    digest = hashlib.sha256()
    for part in _csv_parts(statement):
        digest.update(part)
    return digest.hexdigest()


def _csv_parts(statement: Statement) -> Iterator[bytes]:
    """Write the CSV in parts of some thousand lines, so that its length is never in memory."""
    yield _written([_header(_names(statement.layout)), _total(statement, "opening", statement.opening)])
    if statement.layout == LAYOUT:
        for batch in _batches(statement, 0, statement.line_count):
            yield lines_as_csv(statement.number, statement.currency, _places(statement.currency), *batch)
    else:
        rows, cells = statement_rows(statement), _cells(statement)
        while some := list(itertools.islice(rows, _BATCH)):
            yield _written([cells(row) for row in some])
    yield _written([_total(statement, "closing", statement.closing)])


def _written(rows: Iterable[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode()


def statement_json(statement: Statement) -> dict[str, Any]:
    """Tell a statement for programs: amounts as decimal strings in major units, lines as in the CSV."""
    return {
        "number": statement.number,
        "merchant": statement.merchant_name,
        "currency": statement.currency,
        "through": statement.cycle.through.isoformat(),
        "opening": major(statement.opening, statement.currency),
        "activity": major(statement.activity, statement.currency),
        "closing": major(statement.closing, statement.currency),
        "digest": statement.digest,
        **({"seal": statement.seal} if statement.layout >= _SEAL_SINCE else {}),
        "lines": list(lines_told(statement, statement_rows(statement))),
    }


def lines_told(statement: Statement, rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """Tell lines for programs, by the columns their statement was sealed with."""
    names = _names(statement.layout)
    header = _header(names)[1:]
    return (dict(zip(header, _plain(row, names), strict=True)) for row in rows)


def _names(layout: int) -> tuple[str, ...]:
    return tuple(name for name in _FIELDS if _SINCE_LAYOUT.get(name, 1) <= layout)


def _header(names: tuple[str, ...]) -> list[str]:
    return ["statement", *("vat_rate" if name == "vat_rate_bp" else name for name in names)]


def _sold_on(told: Iterable[Told], merchant: int) -> dict[tuple[str, Any], str]:
    """Find, for what came back, the statement and line on which it was sold; one query, none when nothing did."""
    keys = {one.sale for one in told if one.kind == "return" and one.sale}
    if not keys:
        return {}
    with as_network():
        rows = StatementLine.everyone.filter(entry__key__in=keys, statement__merchant=merchant, item__isnull=False)
        found = {}
        for key, items, item, number, n in rows.values_list(
            "entry__key", "entry__facts__items", "item", "statement__number", "n"
        ):
            found[key, mark(items[item])] = f"{number}:{n}"
    return found


def _told(kind: str, effective_on: str, posted_at: str, facts: str, *, merchant: int) -> Told:
    read = orjson.loads(facts)
    shipped = read.get("shipper", {}).get("merchant") == merchant
    own, partner = ("shipper", "origin") if shipped else ("origin", "shipper")
    other, vat = read.get(partner, {}), read.get("vat", {})
    return Told(  # in the order of its fields: it is told of every entry twice
        kind,
        effective_on,
        posted_at,
        SHIPPED if shipped else SOLD,
        read.get(own, {}).get("order", ""),
        other.get("order", ""),
        read.get("number", ""),
        other.get("shop", "") or read.get("partners", {}).get(str(merchant), ""),
        vat.get("supply_rate_bp", 0),
        vat.get("treatment", ""),
        read.get("rate_card", ""),
        read.get("reason", ""),
        read.get("sale", ""),
        f"{own}_sku",
        read.get("items") or [{}],
    )


def _row(
    n: int, place: int | None, amount: int, entry: int, told: Told, currency: str, sold: dict[tuple[str, Any], str]
) -> Row:
    item: dict[str, Any] = told.items[place] if place is not None else {}
    get = item.get
    supply, vat, shipping = get("supply", 0), get("vat", 0), get("kind") == "shipping"
    shipped = told.role == SHIPPED
    return Row(  # in the order of its fields: a million of them are made in a closing
        n,
        entry,
        *told[:8],
        get(told.sku, ""),
        get("title") or told.reason,
        get("quantity", 0),
        get("net", 0),
        get("origin_fee", 0),
        0 if shipping else supply,
        supply if shipping else 0,
        told.vat_rate_bp,
        vat,
        supply + vat,
        get("network_fee", 0) if shipped else 0,
        get("fee_vat", 0) if shipped else 0,
        amount,
        currency,
        told.vat_treatment,
        told.rate_card,
        sold.get((told.sale, mark(item)), "") if told.kind == "return" else "",
    )


def _plain(row: Row, names: tuple[str, ...]) -> list[Any]:
    places = _places(row.currency)
    values: list[Any] = list(row)
    for at in _MONEY_AT:
        values[at] = plain_amount(values[at], places)
    values[_RATE_AT] = plain_rate(row.vat_rate_bp)
    return values if len(names) == len(values) else [values[_FIELDS.index(name)] for name in names]


_MONEY_AT = tuple(at for at, name in enumerate(_FIELDS) if name in _MONEY)
_RATE_AT = _FIELDS.index("vat_rate_bp")


@lru_cache(maxsize=64)
def _places(currency: str) -> int:
    return exponent(currency)


def _cells(statement: Statement) -> Callable[[Row], list[Any]]:
    """Give the writer of a statement's rows as cells, by the columns and the care it was sealed with."""
    names = _names(statement.layout)
    safe = _MONEY | _OUR_WORDS | {"vat_rate_bp"} | (_NUMBERS if statement.layout >= _NUMBERS_SINCE else set())
    texts = [at for at, name in enumerate(names) if name not in safe]

    def cells(row: Row) -> list[Any]:
        values = _plain(row, names)
        for at in texts:
            if (text := str(values[at])) and text[0] in FORMULA:
                values[at] = f"'{text}"
        values.insert(0, statement.number)
        return values

    return cells


def _total(statement: Statement, kind: str, minor: int) -> list[str]:
    cells = {"statement": statement.number, "kind": kind, "amount": major(minor, statement.currency)}
    cells |= {"currency": statement.currency, "effective_on": statement.cycle.through.isoformat()}
    return [cells.get(name, "") for name in _header(_names(statement.layout))]


def harmless(cell: str) -> str:
    """Keep a spreadsheet from running a cell as a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
