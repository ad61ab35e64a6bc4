"""Payable in the currency of the sale → payable in the currency of who is owed: once a cycle, at one published rate."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db import connection, transaction

from network.scoping import as_network
from settlement.agree import is_concerned, settled_monthly
from settlement.post import Draft, post_entries
from settlement.rates import NoRate, Rate, convert, rate_on
from settlement.splitting import Posting
from skuu.kit.money import Money, round_half_away


@dataclass(frozen=True, slots=True)
class Open:
    """What is payable between a merchant and another (None: the network), minor units, + owes."""

    merchant: int
    counterparty: int | None
    currency: str
    amount: int
    own_currency: str
    other_currency: str
    name: str
    other_name: str


_OPEN = """
select a.merchant_id, l.counterparty_id, l.currency, sum(l.amount)::bigint, m.currency, coalesce(c.currency, ''),
  m.name, coalesce(c.name, '')
from settlement_line l join settlement_account a on a.id = l.account_id
join network_merchant m on m.id = a.merchant_id left join network_merchant c on c.id = l.counterparty_id
where a.kind = 'merchant'
group by 1, 2, 3, m.id, c.id having sum(l.amount) <> 0
order by 1, 2 nulls last, 3
"""


def open_positions() -> list[Open]:
    """Tell what is payable between every two merchants, and between each and the network; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN)
        return [Open(*row) for row in cursor.fetchall()]


def convert_due(on: dt.date, kind: str = "all", *, refused: dict[str, str] | None = None) -> int:
    """Convert what is payable in another currency than its creditor's, at the last rate published by a day.

    Once a cycle: a closing of a ``kind`` converts what merchants settled like that owe.

    Between two merchants both sides move at the same rate, so the network carries no risk; what a merchant owes the network is
    converted into the merchant's own currency through the ``fx`` accounts. *Locks* one conversion at a time, then as post_entries
    does. *Again*: what is converted is not open in that currency any more. Returns how many entries. Raises NoRate; given
    ``refused``, a position without a rate is named in it, stays as it is, and all others are converted.
    """
    with as_network(), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(7700453)")
            cursor.execute("select coalesce(max(id), 0) from settlement_entry")
            books = _Books(on, cursor.fetchone()[0])
        monthly = settled_monthly()
        concerned = [row for row in open_positions() if is_concerned(row.merchant, kind, monthly)]
        drafts = list(_drafts(concerned, books, refused))
        post_entries(drafts)
        return len(drafts)


def _drafts(rows: list[Open], books: "_Books", refused: dict[str, str] | None) -> Iterator[Draft]:
    for row in rows:
        try:
            draft = _draft(row, books)
        except NoRate as error:
            if refused is None:
                raise
            amount = Money(abs(row.amount), row.currency).format()
            refused[f"the conversion of {amount} between {row.name} and {row.other_name or 'the network'}"] = (
                error.message
            )
            continue
        if draft is not None:
            yield draft


@dataclass(frozen=True, slots=True)
class _Books:
    """The day of a conversion, the newest entry before it, and the rates it has asked for."""

    on: dt.date
    last: int
    known: dict[str, Rate] = field(default_factory=dict)

    def rate(self, currency: str) -> Rate:
        if currency not in self.known:
            self.known[currency] = rate_on(currency, self.on)
        return self.known[currency]


def _draft(row: Open, books: _Books) -> Draft | None:
    if row.counterparty is None:
        return _with_network(row, books) if row.currency != row.own_currency else None
    if row.amount < 0 or row.currency == row.other_currency:  # the debtor's side speaks for both
        return None
    before, after = books.rate(row.currency), books.rate(row.other_currency)
    moved = convert(row.amount, before, after)
    if not moved:
        return None
    debtor, creditor = row.merchant, row.counterparty
    postings = (
        Posting(debtor, "merchant", -row.amount, "fx", creditor, None, row.currency),
        Posting(creditor, "merchant", row.amount, "fx", debtor, None, row.currency),
        Posting(debtor, "merchant", moved, "fx", creditor, None, row.other_currency),
        Posting(creditor, "merchant", -moved, "fx", debtor, None, row.other_currency),
    )
    return _entry(row, books, postings, before, after, moved)


def _with_network(row: Open, books: _Books) -> Draft | None:
    before, after = books.rate(row.currency), books.rate(row.own_currency)
    moved = convert(row.amount, before, after)
    if not moved:
        return None
    postings = (
        Posting(row.merchant, "merchant", -row.amount, "fx", None, None, row.currency),
        Posting(None, "fx", row.amount, "fx", row.merchant, None, row.currency),
        Posting(row.merchant, "merchant", moved, "fx", None, None, row.own_currency),
        Posting(None, "fx", -moved, "fx", row.merchant, None, row.own_currency),
    )
    return _entry(row, books, postings, before, after, moved)


def _entry(row: Open, books: _Books, postings: tuple[Posting, ...], before: Rate, after: Rate, moved: int) -> Draft:
    names: dict[str, Any] = {str(row.merchant): row.other_name or "the network"}
    if row.counterparty is not None:
        names[str(row.counterparty)] = row.name
    return Draft(
        key=f"fx:{books.on}:{row.merchant}:{row.counterparty or 'network'}:{row.currency}:{books.last}",
        kind="fx",
        ref=f"fx:{books.on}",
        effective_on=books.on,
        currency=row.currency,
        postings=postings,
        facts={
            "reason": f"Converted at 1 {row.currency} = {_six_places(after.value / before.value)} {after.currency}",
            "partners": names,
            "from": before.told() | {"minor": row.amount},
            "to": after.told() | {"minor": moved},
        },
    )


def _six_places(value: Fraction) -> str:
    return str(Decimal(round_half_away(value * 10**6)).scaleb(-6))
