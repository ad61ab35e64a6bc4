"""Pending → payable: what was delivered long enough ago, and is in no dispute, may be paid; each entry is released once."""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from network.scoping import as_network
from settlement.post import Draft, post_entries
from settlement.splitting import Posting

BATCH = 100_000  # each batch looks at all that wait behind it, so few and large ones
_LOCK = 7_700_452  # advisory: one release at a time in this database

# Entries with pending amounts that are not released: due when their sale was delivered so many days ago (by the most specific
# terms of the pair), or when they belong to no sale; never while a dispute about their sale is open.
_DUE = """
with waiting as (
  select e.id, e.internal_order_id from settlement_entry e
  where e.kind <> 'release' and e.id > %(after)s
    and not exists (select 1 from settlement_released r where r.entry_id = e.id)
  order by e.id
), due as (
  select w.id from waiting w
  left join orders_internalorder i on i.id = w.internal_order_id
  left join orders_order o on o.id = i.order_id
  left join network_shop os on os.id = o.shop_id
  left join network_shop ss on ss.id = i.shipper_id
  left join lateral (select t.release_days from settlement_payterms t
    where (t.origin_id is null or t.origin_id = os.merchant_id) and (t.shipper_id is null or t.shipper_id = ss.merchant_id)
    order by (t.origin_id is null)::int + (t.shipper_id is null)::int, t.origin_id is null limit 1) terms on true
  where (i.id is null or (i.delivered_at at time zone %(zone)s)::date + coalesce(terms.release_days, %(days)s) <= %(on)s)
    and not exists (select 1 from settlement_dispute d where d.internal_order_id = i.id and d.status = 'open')
    and exists (select 1 from settlement_line l join settlement_account a on a.id = l.account_id
      where l.entry_id = w.id and a.kind = 'merchant_pending')
  order by w.id limit %(batch)s
)
"""
_NEXT = _DUE + "select id from due order by id"  # noqa: S608 - the text above
_MOVES = """
select a.merchant_id, l.counterparty_id, l.currency, sum(l.amount)::bigint
from settlement_line l join settlement_account a on a.id = l.account_id
where l.entry_id = any(%s::bigint[]) and a.kind = 'merchant_pending'
group by 1, 2, 3 order by 3, 1, 2 nulls last
"""
# an entry has one currency, but for conversions, which have no pending lines
_RELEASED = """
insert into settlement_released (entry_id, by_entry_id)
select l.entry_id, coalesce((%s::jsonb ->> min(l.currency))::bigint, l.entry_id)
from settlement_line l where l.entry_id = any(%s::bigint[]) and l.n = 1 group by l.entry_id
"""


@dataclass(frozen=True, slots=True)
class _Move:
    merchant: int
    counterparty: int | None
    currency: str
    amount: int


def release_due(on: dt.date | None = None, *, effective_on: dt.date | None = None) -> int:
    """Release every entry that is due on a day (today), in batches of one transaction each; returns how many entries.

    *Locks* one release at a time, then as post_entries does. *Again*: an entry is released once, by the key of its row.
    """
    on = on or timezone.localdate()
    total, after = 0, 0
    with as_network():
        while done := _release_batch(on, effective_on or on, after):
            total, after = total + done[0], done[1]
    return total


def stop_releases() -> None:
    """Let no release run until this transaction ends: for whoever must know whether an entry is released."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])


@transaction.atomic
def _release_batch(on: dt.date, effective_on: dt.date, after: int) -> tuple[int, int] | None:
    """Release the next entries in one transaction; gives how many, and the last of them."""
    values: dict[str, Any] = {
        "after": after,
        "zone": settings.TIME_ZONE,
        "days": settings.SETTLEMENT_RELEASE_DAYS,
        "on": on,
        "batch": BATCH,
    }
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute(_NEXT, values)
        entries: list[int] = [pk for (pk,) in cursor.fetchall()]
        if not entries:
            return None
        listed = "{" + ",".join(map(str, entries)) + "}"
        cursor.execute(_MOVES, [listed])
        by_currency = _post([_Move(*row) for row in cursor.fetchall()], entries, effective_on)
        cursor.execute(_RELEASED, [json.dumps(by_currency), listed])
    return len(entries), entries[-1]


def _post(moves: list[_Move], entries: list[int], effective_on: dt.date) -> dict[str, int]:
    """Post one entry per currency and portion of 2,000 moves; names the last of each currency."""
    drafts = []
    for currency in sorted({move.currency for move in moves}):
        of_currency = [move for move in moves if move.currency == currency and move.amount]
        for start in range(0, len(of_currency), 2_000):
            portion = of_currency[start : start + 2_000]
            drafts.append(
                Draft(
                    key=f"release:{entries[0]}-{entries[-1]}:{len(entries)}:{currency}:{start}",
                    kind="release",
                    ref=f"release:{entries[0]}-{entries[-1]}",
                    effective_on=effective_on,
                    currency=currency,
                    postings=tuple(posting for move in portion for posting in _both_sides(move)),
                )
            )
    posted = post_entries(drafts)
    return {draft.currency: each.entry_id for draft, each in zip(drafts, posted, strict=True)}


def _both_sides(move: _Move) -> tuple[Posting, Posting]:
    return (
        Posting(move.merchant, "merchant_pending", -move.amount, "release", move.counterparty),
        Posting(move.merchant, "merchant", move.amount, "release", move.counterparty),
    )
