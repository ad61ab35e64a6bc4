"""Pending → payable: what was delivered long enough ago, and is in no dispute, may be paid; each entry is released once."""

import datetime as dt
import json
import os
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from network.scoping import as_network
from settlement.hands import is_left_alone, share_work
from settlement.models import Entry
from settlement.post import Draft, post_entries
from settlement.splitting import Posting

RANGE = 100_000  # numbers of entries that one transaction looks at
_LOCK = 7_700_452  # advisory: shared by releases, each with the range it is at besides; alone where none may run

# Entries of a range with pending amounts that are not released: due when their sale was delivered so many days ago (by the most
# specific terms of the pair), or when they belong to no sale; never while a dispute about their sale is open. What has pending
# amounts is found in an index, and sales are looked up one by one (offset 0): no range reads what belongs to the others.
_DUE = """
with waiting as materialized (
  select distinct l.entry_id from settlement_line l join settlement_account a on a.id = l.account_id
  where a.kind = 'merchant_pending' and l.entry_id > %(after)s and l.entry_id <= %(upto)s
    and not exists (select 1 from settlement_released r
      where r.entry_id = l.entry_id and r.entry_id > %(after)s and r.entry_id <= %(upto)s)
), sold as materialized (
  select e.id, i.id as sale, i.shipper_id, i.delivered_on, o.shop_id from waiting w
  join settlement_entry e on e.id = w.entry_id and e.id > %(after)s and e.id <= %(upto)s and e.kind <> 'release'
  left join lateral (select x.id, x.order_id, x.shipper_id, (x.delivered_at at time zone %(zone)s)::date as delivered_on
    from orders_internalorder x where x.id = e.internal_order_id offset 0) i on true
  left join lateral (select x.shop_id from orders_order x where x.id = i.order_id offset 0) o on true
  where i.id is null or i.delivered_on <= %(on)s - (select least(min(release_days), %(days)s) from settlement_payterms)
)
select d.id from sold d
left join network_shop os on os.id = d.shop_id
left join network_shop ss on ss.id = d.shipper_id
left join lateral (select t.release_days from settlement_payterms t
  where (t.origin_id is null or t.origin_id = os.merchant_id) and (t.shipper_id is null or t.shipper_id = ss.merchant_id)
  order by (t.origin_id is null)::int + (t.shipper_id is null)::int, t.origin_id is null limit 1) terms on true
where (d.sale is null or d.delivered_on + coalesce(terms.release_days, %(days)s) <= %(on)s)
  and not exists (select 1 from settlement_dispute t where t.internal_order_id = d.sale and t.status = 'open')
order by d.id
"""
_MOVES = """
select a.merchant_id, l.counterparty_id, l.currency, sum(l.amount)::bigint
from settlement_line l join settlement_account a on a.id = l.account_id
where l.entry_id = any(%(listed)s::bigint[]) and l.entry_id >= %(first)s and l.entry_id <= %(last)s
  and a.kind = 'merchant_pending'
group by 1, 2, 3 order by 3, 1, 2 nulls last
"""
# an entry has one currency, but for conversions, which have no pending lines
_RELEASED = """
insert into settlement_released (entry_id, by_entry_id)
select l.entry_id, coalesce((%(by)s::jsonb ->> l.currency)::bigint, l.entry_id)
from settlement_line l
where l.entry_id = any(%(listed)s::bigint[]) and l.entry_id >= %(first)s and l.entry_id <= %(last)s and l.n = 1
"""


@dataclass(frozen=True, slots=True)
class _Move:
    merchant: int
    counterparty: int | None
    currency: str
    amount: int


def release_due(on: dt.date | None = None, *, effective_on: dt.date | None = None, hands: int = 1) -> int:
    """Release every entry that is due on a day (today), a range of entries in a transaction; returns how many entries.

    Several ``hands`` take different ranges; inside a transaction of the caller there is only one. *Locks* releases (shared) and
    the range, then as post_entries does. *Again*: an entry is released once, by the key of its row.
    """
    on = on or timezone.localdate()
    ranges = (Entry.objects.aggregate(last=Max("pk"))["last"] or 0) // RANGE + 1
    hands, maker = 1 if connection.in_atomic_block else min(hands, ranges), os.getpid()

    def work(hand: int, hands: int = hands) -> int:
        total = 0
        with as_network():
            for number in range(hand, ranges, hands):
                if is_left_alone(maker):
                    break
                total += _release_range(number, on, effective_on or on)
        return total

    released = share_work(work, hands) if hands > 1 else [work(0)]
    if len(released) < hands:  # one was killed: what it left is released here
        released.append(work(0, 1))
    return sum(released)


def stop_releases() -> None:
    """Let no release run until this transaction ends: for whoever must know whether an entry is released."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])


@transaction.atomic
def _release_range(number: int, on: dt.date, effective_on: dt.date) -> int:
    """Release what is due of a range of entries in one transaction; gives how many."""
    values: dict[str, Any] = {
        "after": number * RANGE,
        "upto": (number + 1) * RANGE,
        "zone": settings.TIME_ZONE,
        "days": settings.SETTLEMENT_RELEASE_DAYS,
        "on": on,
    }
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock_shared(%s), pg_advisory_xact_lock(%s, %s)", [_LOCK, _LOCK, number])
        cursor.execute(_DUE, values)  # a statement of its own: it sees what the one that was waited for released
        entries: list[int] = [pk for (pk,) in cursor.fetchall()]
        if not entries:
            return 0
        values = {"listed": "{" + ",".join(map(str, entries)) + "}", "first": entries[0], "last": entries[-1]}
        cursor.execute(_MOVES, values)
        by_currency = _post([_Move(*row) for row in cursor.fetchall()], entries, effective_on)
        cursor.execute(_RELEASED, values | {"by": json.dumps(by_currency)})
    return len(entries)


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
