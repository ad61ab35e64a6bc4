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

# The state of entries for a merchant: held while their sale is disputed; paid when what was released with them is paid.
_STATES = """
select e.id, case
  when e.kind in ('payment', 'bounce') then 'paid'
  when exists (select 1 from settlement_dispute d where d.internal_order_id = e.internal_order_id and d.status = 'open')
    then 'held'
  when exists (select 1 from settlement_line l join settlement_account a on a.id = l.account_id
      where l.entry_id = e.id and a.kind = 'merchant_pending')
    and not exists (select 1 from settlement_released r where r.entry_id = e.id) then 'pending'
  when coalesce((select r.by_entry_id from settlement_released r where r.entry_id = e.id), e.id) <= coalesce((
      select max(p.last_entry) from (
        select s.id as last_entry from settlement_entry s join settlement_line l on l.entry_id = s.id
        join settlement_account a on a.id = l.account_id
        where s.kind = 'payment' and a.merchant_id = %(merchant)s and l.currency = any(
            select distinct x.currency from settlement_line x where x.entry_id = e.id)
          and (l.counterparty_id is null or exists (select 1 from settlement_line y where y.entry_id = e.id
            and y.counterparty_id = l.counterparty_id))
          and not exists (select 1 from settlement_entry b where b.ref = s.ref and b.kind = 'bounce')
      ) p), 0) then 'paid'
  else 'payable' end
from settlement_entry e where e.id = any(%(entries)s)
"""


def due_values() -> dict[str, Any]:
    """Give the values by which a sale's day of release is reckoned."""
    return {"zone": settings.TIME_ZONE, "days": settings.SETTLEMENT_RELEASE_DAYS}


def states_of(merchant_id: int, entries: Iterable[int]) -> dict[int, str]:
    """Tell for a merchant how each entry stands now. A payment covers all that was payable between the two when it was made."""
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
