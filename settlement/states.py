"""Where the money of a sale stands now: pending, payable, held or paid, and from which day it is payable."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import connection

PENDING, PAYABLE, HELD, PAID = "pending", "payable", "held", "paid"

_DUE_DAY = """
(i.delivered_at at time zone %(zone)s)::date + coalesce((select t.release_days from settlement_payterms t
  where (t.origin_id is null or t.origin_id = os.merchant_id) and (t.shipper_id is null or t.shipper_id = ss.merchant_id)
  order by (t.origin_id is null)::int + (t.shipper_id is null)::int, t.origin_id is null limit 1), %(days)s)
"""

# What of a merchant's sales is pending or held, by internal order.
OPEN_ITEMS = f"""
select i.number, case when a.kind = 'merchant_hold' then 'held' else 'pending' end, {_DUE_DAY}, -sum(l.amount)::bigint
from settlement_line l join settlement_account a on a.id = l.account_id
join settlement_entry e on e.id = l.entry_id
left join orders_internalorder i on i.id = e.internal_order_id
left join orders_order o on o.id = i.order_id left join network_shop os on os.id = o.shop_id
left join network_shop ss on ss.id = i.shipper_id
where a.merchant_id = %(merchant)s and a.currency = %(currency)s and e.kind <> 'release'
  and (a.kind = 'merchant_hold' or a.kind = 'merchant_pending'
    and not exists (select 1 from settlement_released r where r.entry_id = e.id))
group by i.id, os.merchant_id, ss.merchant_id, a.kind having sum(l.amount) <> 0 order by i.number
"""  # noqa: S608 - the text above

# The state of entries for a merchant: held while their sale is disputed, pending until it is released, paid when a payment
# settled everything that was payable between the two until then. What became payable between them is added up in the order of
# the books, and so are the payments that arrived: a payment settles up to where the two add up to nothing. A part of what was
# payable, as a payment provider pays out, settles no line; what was converted is paid with what it became.
_STATES = """
with moved as (
  select l.counterparty_id as other, l.currency, e.id, e.kind, sum(l.amount) as amount
  from settlement_account a join settlement_line l on l.account_id = a.id join settlement_entry e on e.id = l.entry_id
  where a.merchant_id = %(merchant)s and a.kind = 'merchant' and e.kind <> 'bounce'
    and (e.kind <> 'payment' or not exists (select 1 from settlement_entry b where b.ref = e.ref and b.kind = 'bounce'))
  group by 1, 2, 3, 4
), running as (
  select other, currency, id, kind, sum(amount) filter (where kind <> 'payment') over upto as became,
    sum(amount) filter (where kind = 'payment') over upto as paid
  from moved window upto as (partition by other, currency order by id)
), settled as (
  select r.other, r.currency, max(r.id) as upto from running r
  join running p on p.other is not distinct from r.other and p.currency = r.currency and p.kind = 'payment'
    and p.id > r.id and p.paid + r.became = 0
  where r.kind <> 'payment' group by 1, 2
), converted as (
  select other, currency, id from running where kind = 'fx' and became + coalesce(paid, 0) = 0
), own as (
  select o.id, o.other, o.currency, (select max(r.id) from running r where r.other is not distinct from o.other
      and r.currency = o.currency and r.kind <> 'payment' and r.id <= o.by_entry) as at
  from (select distinct e.id, l.counterparty_id as other, l.currency, coalesce(r.by_entry_id, e.id) as by_entry
        from settlement_entry e left join settlement_released r on r.entry_id = e.id
        join settlement_line l on l.entry_id = e.id join settlement_account a on a.id = l.account_id
        where e.id = any(%(entries)s) and a.merchant_id = %(merchant)s) o
)
select e.id, case
  when e.kind in ('payment', 'bounce') then 'paid'
  when exists (select 1 from settlement_dispute d where d.internal_order_id = e.internal_order_id and d.status = 'open')
    then 'held'
  when exists (select 1 from settlement_line l join settlement_account a on a.id = l.account_id
      where l.entry_id = e.id and a.kind = 'merchant_pending')
    and not exists (select 1 from settlement_released r where r.entry_id = e.id) then 'pending'
  when exists (select 1 from own where own.id = e.id) and not exists (
      select 1 from own where own.id = e.id
        -- what is owed the network for a sale may be carried on; the sale is paid when the partner's part is
        and (own.other is not null or not exists (select 1 from own o where o.id = e.id and o.other is not null))
        and not exists (select 1 from settled s where s.other is not distinct from own.other and (
          s.currency = own.currency and s.upto >= own.at or exists (select 1 from converted c
            where c.other is not distinct from own.other and c.currency = own.currency and c.id >= own.at
              and s.upto >= c.id)))) then 'paid'
  else 'payable' end
from settlement_entry e where e.id = any(%(entries)s)
"""


def due_values() -> dict[str, Any]:
    """Give the values by which a sale's day of release is reckoned."""
    return {"zone": settings.TIME_ZONE, "days": settings.SETTLEMENT_RELEASE_DAYS}


def states_of(merchant_id: int, entries: Iterable[int]) -> dict[int, str]:
    """Tell for a merchant how each entry stands now.

    A line is told as paid only when what was payable between the two up to it, and what was paid, add up to nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STATES, {"merchant": merchant_id, "entries": list(entries)})
        return dict(cursor.fetchall())


def next_release(merchant_id: int) -> dt.date | None:
    """Tell the next day on which something of a merchant becomes payable; None while nothing delivered is pending."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            select min({_DUE_DAY}) from settlement_entry e
            join orders_internalorder i on i.id = e.internal_order_id join orders_order o on o.id = i.order_id
            join network_shop os on os.id = o.shop_id join network_shop ss on ss.id = i.shipper_id
            where e.kind = 'ship' and (os.merchant_id = %(merchant)s or ss.merchant_id = %(merchant)s)
              and i.delivered_at is not null and not exists (select 1 from settlement_released r where r.entry_id = e.id)
            """,  # noqa: S608 - the text above
            due_values() | {"merchant": merchant_id},
        )
        row = cursor.fetchone()
    return row[0] if row else None
