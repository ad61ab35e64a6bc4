"""Three tales of one sale side by side: the two shops' orders, the ledger, the bank; where they differ is a question."""

import datetime as dt
from dataclasses import dataclass

from django.db import connection

from network.scoping import as_network

SHOWN = 200


@dataclass(frozen=True, slots=True)
class Difference:
    """One sale of which two tellers do not say the same."""

    internal_order: str
    origin: str
    origin_order: str
    shipper: str
    shipper_order: str
    question: str


@dataclass(frozen=True, slots=True)
class Compared:
    """How many sales were looked at, how many agree, and the first that do not."""

    sales: int
    differing: int
    shown: list[Difference]
    unpaid: list[tuple[str, str, str, int, str]]  # payment number, payer, payee, minor units, currency
    suspense: int


# Each question is asked of every sale shipped since a day; the ledger's figures come from its lines, the shops' from their orders.
_QUESTIONS = """
select i.number, os.name, o.name, ss.name, i.remote_name, q.question
from orders_internalorder i join orders_order o on o.id = i.order_id
join network_shop os on os.id = o.shop_id join network_shop ss on ss.id = i.shipper_id
cross join lateral (select coalesce(sum(l.amount) filter (where e.kind in ('ship', 'return', 'reversal')), 0) as owed,
    count(*) filter (where e.kind = 'ship') as shipped
  from settlement_entry e join settlement_line l on l.entry_id = e.id join settlement_account a on a.id = l.account_id
  where e.internal_order_id = i.id and a.merchant_id = os.merchant_id) ledger
cross join lateral (select coalesce(sum(n.shipped_quantity), 0) as sent, coalesce(sum(n.quantity), 0) as ordered
  from orders_internalorderline n where n.internal_order_id = i.id) units
cross join lateral (select coalesce(sum(l.as_new + l.faulty + l.lost), 0) as back
  from orders_returnline l join orders_return r on r.id = l.row_id
  where r.internal_order_id = i.id and r.status = 'closed' and r.destination = 'shipper') returned
cross join lateral (values
  (case when i.posted_at is null and i.shipped_at < now() - interval '1 hour' then 'shipped, and not in the ledger' end),
  (case when ledger.shipped > 0 and i.status not in ('shipped', 'delivered') then 'in the ledger, and not shipped by its shop' end),
  (case when o.cancelled_at is not null and ledger.owed > 0 then 'cancelled in the selling shop, and still owed for' end),
  (case when o.financial_status in ('REFUNDED', 'VOIDED') and ledger.owed > 0 and returned.back = 0
    then 'refunded to the customer, and no return has reached the shipper' end),
  (case when i.remote_id = '' and i.status in ('shipped', 'delivered') then 'shipped without an order in the shipping shop' end),
  (case when units.sent > 0 and returned.back >= units.sent and ledger.owed > i.shipping_minor * 2
    then 'all of it came back, and goods are still owed for' end)
) q(question)
where i.shipped_at >= %(since)s and q.question is not null
order by i.id desc
"""


def compare_three(since: dt.date) -> Compared:
    """Compare ledger, both shops' orders and the bank for sales shipped since a day; reads only."""
    with as_network(), connection.cursor() as cursor:
        cursor.execute(_QUESTIONS, {"since": since})
        found = [Difference(*row) for row in cursor.fetchall()]
        cursor.execute("select count(*) from orders_internalorder where shipped_at >= %s", [since])
        sales = cursor.fetchone()[0]
        cursor.execute(
            """
            select p.number, coalesce(a.name, 'the network'), coalesce(b.name, 'the network'), p.amount, p.currency
            from settlement_payment p left join network_merchant a on a.id = p.payer_id
            left join network_merchant b on b.id = p.payee_id
            where p.status = 'instructed' and p.due_on < current_date - 5 order by p.due_on, p.id limit %s
            """,
            [SHOWN],
        )
        unpaid = cursor.fetchall()
        cursor.execute("select count(*) from settlement_bankline where status = 'suspense'")
        return Compared(sales, len({one.internal_order for one in found}), found[:SHOWN], unpaid, cursor.fetchone()[0])
