"""A statement as rows, CSV and JSON, told from the frozen facts of its entries alone: recomputed later it is the same."""

import csv
import datetime as dt
import io
import itertools
import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection

from network.models import Merchant
from network.scoping import as_network
from settlement.models import Statement, StatementLine
from skuu.kit.money import exponent, major

SOLD, SHIPPED = "sold", "shipped"


@dataclass(frozen=True, slots=True)
class Row:
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


class _Read(NamedTuple):
    n: int
    item: int | None
    amount: int
    entry: int
    kind: str
    effective_on: dt.date
    posted_at: dt.datetime
    facts: dict[str, Any]


_READ = ("n", "item", "amount", "entry_id", "entry__kind", "entry__effective_on", "entry__posted_at", "entry__facts")
_MONEY = {"net", "origin_fee", "goods", "shipping", "vat", "gross", "network_fee", "network_fee_vat", "amount"}
_FIELDS = tuple(each.name for each in fields(Row))
_SINCE_LAYOUT = {"original": 2}  # a statement keeps the columns it was sealed with
LAYOUT = 2


def statement_rows(
    statement: Statement, *, after: int = 0, limit: int | None = None, only: Collection[int] | None = None
) -> Iterator[Row]:
    """Tell a statement's lines in their order, from line ``after`` on, or ``only`` those; reads as it goes, however long it is."""
    with as_network():
        lines = StatementLine.everyone.filter(statement=statement, n__gt=after).order_by("n").values_list(*_READ)
        if only is not None:
            lines = lines.filter(n__in=only)
        if limit is not None:
            lines = lines[:limit]
        for batch in _batches(lines.iterator(chunk_size=2_000), 2_000):
            read = [_Read(*line) for line in batch]
            sold = _sold_on(read, statement.merchant_id)
            for one in read:
                yield _row(one, statement.merchant_id, statement.currency, sold)


def unstated_rows(merchant: Merchant, *, limit: int = 200) -> list[Row]:
    """Tell what was posted for a merchant since its last statements and stands on none yet, newest first, all currencies."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select m.item, m.amount, e.id, e.kind, e.effective_on, e.posted_at, e.facts, m.currency
            from settlement_moved m join settlement_entry e on e.id = m.entry_id
            left join settlement_cycle c on c.id = m.cycle_id
            where m.merchant_id = %s and c.stated_at is null order by e.id desc, m.item limit %s
            """,
            [merchant.pk, limit],
        )
        found = cursor.fetchall()
    return [
        _row(_Read(n, item, amount, entry, kind, day, posted, json.loads(facts)), merchant.pk, currency)
        for n, (item, amount, entry, kind, day, posted, facts, currency) in enumerate(found, start=1)
    ]


def statement_csv(statement: Statement, *, bom: bool = False) -> bytes:
    """Write a statement as CSV (UTF-8, comma, CRLF, amounts in major units with a point), opening and closing rows included.

    *Again* it is the same byte for byte. Cells that a spreadsheet would run as a formula get an apostrophe; ``bom`` adds the
    mark by which Excel knows UTF-8.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    names = _names(statement.layout)
    writer.writerow(_header(names))
    writer.writerow(_total(statement, "opening", statement.opening))
    writer.writerows(_cells(statement, row, names) for row in statement_rows(statement))
    writer.writerow(_total(statement, "closing", statement.closing))
    return out.getvalue().encode("utf-8-sig" if bom else "utf-8")


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


def _batches(rows: Iterator[Any], size: int) -> Iterator[list[Any]]:
    while batch := list(itertools.islice(rows, size)):
        yield batch


def _sold_on(lines: list[_Read], merchant: int) -> dict[tuple[str, Any], str]:
    """Find, for what came back, the statement and line on which it was sold; one query, none when nothing did."""
    keys = {line.facts["sale"] for line in lines if line.kind == "return" and "sale" in line.facts}
    if not keys:
        return {}
    rows = StatementLine.everyone.filter(entry__key__in=keys, statement__merchant=merchant, item__isnull=False)
    found = {}
    for key, facts, item, number, n in rows.values_list("entry__key", "entry__facts", "item", "statement__number", "n"):
        found[key, _mark(facts["items"][item])] = f"{number}:{n}"
    return found


def _mark(item: dict[str, Any]) -> Any:
    return item.get("order_line") or item.get("kind")


def _row(line: _Read, merchant: int, currency: str, sold: dict[tuple[str, Any], str] | None = None) -> Row:
    facts = line.facts
    items = facts.get("items") or [{}]
    item: dict[str, Any] = items[line.item] if line.item is not None else {}
    shipped = facts.get("shipper", {}).get("merchant") == merchant
    own, partner = ("shipper", "origin") if shipped else ("origin", "shipper")
    supply, shipping = item.get("supply", 0), item.get("kind") == "shipping"
    return Row(
        line=line.n,
        entry=line.entry,
        kind=line.kind,
        effective_on=line.effective_on.isoformat(),
        posted_at=line.posted_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        role=SHIPPED if shipped else SOLD,
        own_order=facts.get(own, {}).get("order", ""),
        partner_order=facts.get(partner, {}).get("order", ""),
        internal_order=facts.get("number", ""),
        partner=facts.get(partner, {}).get("shop", "") or facts.get("partners", {}).get(str(merchant), ""),
        sku=item.get(f"{own}_sku", ""),
        description=item.get("title") or facts.get("reason", ""),
        quantity=item.get("quantity", 0),
        net=item.get("net", 0),
        origin_fee=item.get("origin_fee", 0),
        goods=0 if shipping else supply,
        shipping=supply if shipping else 0,
        vat_rate_bp=facts.get("vat", {}).get("supply_rate_bp", 0),
        vat=item.get("vat", 0),
        gross=supply + item.get("vat", 0),
        network_fee=item.get("network_fee", 0) if shipped else 0,
        network_fee_vat=item.get("fee_vat", 0) if shipped else 0,
        amount=line.amount,
        currency=currency,
        vat_treatment=facts.get("vat", {}).get("treatment", ""),
        rate_card=facts.get("rate_card", ""),
        original=(sold or {}).get((facts.get("sale", ""), _mark(item)), "") if line.kind == "return" else "",
    )


def _plain(row: Row, names: tuple[str, ...]) -> Iterable[Any]:
    places = _places(row.currency)
    for name in names:
        value = getattr(row, name)
        if name in _MONEY:
            yield _major(value, places)
        elif name == "vat_rate_bp":
            yield f"{value // 100}.{value % 100:02d}"
        else:
            yield value


@lru_cache(maxsize=64)
def _places(currency: str) -> int:
    return exponent(currency)


def _major(minor: int, places: int) -> str:
    """Write what kit.money.major writes, a hundred thousand times a second."""
    digits = f"{abs(minor):0{places + 1}d}"
    number = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return f"-{number}" if minor < 0 else number


def _cells(statement: Statement, row: Row, names: tuple[str, ...]) -> list[str]:
    values = zip(names, _plain(row, names), strict=True)
    return [statement.number, *(value if name in _MONEY else harmless(str(value)) for name, value in values)]


def _total(statement: Statement, kind: str, minor: int) -> list[str]:
    cells = {"statement": statement.number, "kind": kind, "amount": major(minor, statement.currency)}
    cells |= {"currency": statement.currency, "effective_on": statement.cycle.through.isoformat()}
    return [cells.get(name, "") for name in _header(_names(statement.layout))]


def harmless(cell: str) -> str:
    """Keep a spreadsheet from running a cell as a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
