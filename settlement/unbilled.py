"""What is on no document because its supplier has not agreed to self-billing: reckoned from the books, told until it is drawn up."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from network.models import Merchant, Notice, Shop
from network.notify import give_notices
from network.scoping import as_network
from settlement.models import Unbilled
from settlement.self_billing import NOTICE, suppliers_that_agreed
from skuu.kit.money import Money, major

REASON = "The supplier has not agreed that the network draws up its invoices."

# A price that a decision lowered before the sale itself stood on a document stands on that one too, with its sale.
WITH_ITS_SALE = """
  left join lateral (select s.effective_on as day from settlement_entry s where e.kind = 'resolve' and s.key = e.facts->>'sale'
    and not exists (select 1 from settlement_documententry x where x.entry_id = s.id and x.about = 'supply')) sale on true
"""
# Supplies of closed books through a day that no document states yet; one row an entry.
UNSTATED = f"""
  from settlement_entry e
  cross join lateral (select currency from settlement_line where entry_id = e.id limit 1) l
  cross join lateral (select sum((item->>'supply')::bigint) as net, sum((item->>'vat')::bigint) as vat
    from jsonb_array_elements(e.facts->'items') item) sums
  join settlement_period p on p.id = e.period_id
  {WITH_ITS_SALE}
  where e.kind in ('ship', 'return', 'takeover', 'resolve', 'reversal') and e.effective_on <= %(until)s and p.closed_at is not null
    and jsonb_typeof(e.facts->'items') = 'array' and sums.net <> 0
    and not exists (select 1 from settlement_documententry d where d.entry_id = e.id and d.about = 'supply')
"""  # noqa: S608 - the texts above
_BY_PAIR = f"""
select (e.facts->'shipper'->>'merchant')::bigint, (e.facts->'origin'->>'merchant')::bigint,
  date_trunc('month', coalesce(sale.day, e.effective_on))::date, l.currency, sums.net < 0 and sale.day is null,
  count(*) - count(sale.day), abs(sum(sums.net))::bigint, abs(sum(sums.vat))::bigint
{UNSTATED} and not (e.facts->'shipper'->>'merchant')::bigint = any(%(agreed)s)
group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
"""  # noqa: S608 - the text above


def reckon_unbilled(until: dt.date) -> list[Unbilled]:
    """Reckon what waits for an agreement of the sales through a day whose books are closed; reads only, nothing is saved."""
    with as_network(), connection.cursor() as cursor:
        cursor.execute(_BY_PAIR, {"until": until, "agreed": suppliers_that_agreed()})
        names = ("supplier_id", "buyer_id", "month", "currency", "is_credit", "sales", "net", "vat")
        rows = [Unbilled(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
        known = Merchant.everyone.in_bulk({one for row in rows for one in (row.supplier_id, row.buyer_id)})
        for row in rows:
            row.supplier, row.buyer = known[row.supplier_id], known[row.buyer_id]
        return rows


@transaction.atomic
def note_unbilled(until: dt.date) -> list[Unbilled]:
    """Note what waits of the sales through a day, and take away what waits no more; how long it has waited is kept.

    A supplier is told once a month that its sales wait. *Again*: the same rows, no further word.
    """
    rows = reckon_unbilled(until)
    now = timezone.now()
    for row in rows:
        row.since = row.noted_at = now
    with as_network():
        Unbilled.everyone.bulk_create(
            rows,
            batch_size=500,
            update_conflicts=True,
            unique_fields=["supplier", "buyer", "month", "currency", "is_credit"],
            update_fields=["sales", "net", "vat", "noted_at"],
        )
        Unbilled.everyone.filter(month__lte=until).exclude(pk__in=[row.pk for row in rows]).delete()
        _tell_suppliers(rows)
    return rows


def _tell_suppliers(rows: list[Unbilled]) -> None:
    """Put it on the task list of each supplier's first shop, and mail it; agreeing takes it off."""
    first: dict[int, Shop] = {}
    for shop in Shop.everyone.filter(merchant__in={row.supplier_id for row in rows}).order_by("-pk"):
        first[shop.merchant_id] = shop
    give_notices(
        Notice(
            shop=first[row.supplier_id],
            kind=NOTICE,
            key=f"{NOTICE}:{row.month:%Y-%m}",
            subject=f"Your sales of {row.month:%B %Y} wait for your agreement to self-billing",
            body="Your partners get no invoice for what you shipped to their customers until you agree that the network draws "
            "it up in your name. What you are owed is not touched by it.",
            link="/documents/self-billing/",
        )
        for row in rows
        if row.supplier_id in first
    )


def noted_waiting(merchant_id: int | None = None, currency: str = "") -> list[Unbilled]:
    """List what waits as of the last run, of one merchant or one currency only where it is named; never walks through the ledger."""
    rows = Unbilled.everyone.select_related("supplier", "buyer").order_by("month", "pk")
    if merchant_id is not None:
        rows = rows.filter(Q(supplier=merchant_id) | Q(buyer=merchant_id))
    return list(rows.filter(currency=currency) if currency else rows)


def unbilled_of(merchant: Merchant) -> QuerySet[Unbilled]:
    """Select what waits of a merchant's sales, as supplier or as selling shop."""
    rows: QuerySet[Unbilled] = Unbilled.objects.for_merchant(merchant, via=Unbilled.PARTIES)
    return rows.select_related("supplier", "buyer").order_by("month", "pk")


def told_plainly(rows: Iterable[Unbilled]) -> list[dict[str, Any]]:
    """Write what waits for programs; amounts in major units, VAT included in ``gross``."""
    return [
        {
            "supplier": row.supplier.name,
            "buyer": row.buyer.name,
            "month": f"{row.month:%Y-%m}",
            "currency": row.currency,
            "credit": row.is_credit,
            "sales": row.sales,
            "net": major(row.net, row.currency),
            "gross": major(row.gross, row.currency),
            "reason": REASON,
        }
        for row in rows
    ]


def told_in_words(rows: Iterable[dict[str, Any]]) -> list[str]:
    """Write what waits for people, a line a document."""
    return [
        f"  {row['sales']} sales of {row['month']}, {row['supplier']} to {row['buyer']}, {row['gross']} {row['currency']}, wait "
        f"for a {'credit note' if row['credit'] else 'document'}: {row['reason']}"
        for row in rows
    ]


def told_of_amounts() -> str:
    """Say how much waits, per currency, as of the last run: what staff read on their first page."""
    sums: dict[str, int] = {}
    for row in Unbilled.everyone.filter(is_credit=False).order_by("currency"):
        sums[row.currency] = sums.get(row.currency, 0) + row.gross
    return " and ".join(Money(amount, currency).format() for currency, amount in sums.items())
