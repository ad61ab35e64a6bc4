"""Three tales of one sale side by side: the two shops' orders, the ledger, the bank; where they differ is a question."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone

from network.scoping import as_network

PAGE = 50
BATCH = 500  # rows of a file in memory at a time
QUESTIONS = {
    "unposted": "shipped, and not in the ledger",
    "unshipped": "in the ledger, and not shipped by its shop",
    "cancelled": "cancelled in the selling shop, and still owed for",
    "refunded": "refunded to the customer, and no return has reached the shipper",
    "orderless": "shipped without an order in the shipping shop",
    "unreturned": "came back, and the return is not in the ledger",
    "goods": "shops and ledger count different goods",
    "refunded_less": "came back, and the customer was refunded less for it: a discount, something kept, or not refunded yet",
    "refunded_more": "refunded more than came back: shipping, goodwill, goods of its own, or a return nobody announced",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which sales are compared: shipped in some days, of one merchant on either side, in one currency, with one question."""

    since: dt.date
    until: dt.date
    merchant: int | None = None
    currency: str = ""
    question: str = ""


class Told(NamedTuple):
    """One sale as its tellers tell it; net of VAT and shipping, minor units, what came back taken off.

    ``shops`` is what both shops' orders say still stands, ``ledger`` what the books say, ``owed`` what the selling shop owes for
    it by the books, VAT and shipping included. Of the whole customer's order, gross as its store shows it: ``refunded`` is what the
    customer was given back (None: the store does not say), ``back`` what came back of it at the prices paid.
    """

    pk: int
    internal_order: str
    origin: str
    origin_order: str
    origin_order_id: int
    origin_merchant: int
    shipper: str
    shipper_order: str
    shipper_merchant: int
    shipped_at: dt.datetime
    currency: str
    status: str  # of the customer's payment, as the selling shop says
    shops: int
    ledger: int
    owed: int
    refunded: int | None
    back: int
    question: str

    @property
    def difference(self) -> int:
        """By how much the ledger tells more than the shops."""
        return self.ledger - self.shops

    @property
    def words(self) -> str:
        """Say what does not fit."""
        return QUESTIONS.get(self.question, "")

    @property
    def key(self) -> str:
        """Name the place after which the next page starts: what differs comes first, the newest first in each part."""
        return f"{'d' if self.question else 'a'}{self.pk}"


class Total(NamedTuple):
    """All sales of one currency together."""

    currency: str
    sales: int
    differing: int
    shops: int
    ledger: int
    owed: int

    @property
    def difference(self) -> int:
        """By how much the ledger tells more than the shops."""
        return self.ledger - self.shops


class AtBank(NamedTuple):
    """Payments of one currency and what the bank has said of them; minor units."""

    currency: str
    paid: int  # booked as paid
    seen: int  # of these, named by a booking at a bank
    on_way: int
    overdue: int  # of these, due more than five days ago
    suspense: int

    @property
    def unseen(self) -> int:
        """What was booked on somebody's word, without a booking at a bank."""
        return self.paid - self.seen


@dataclass(frozen=True, slots=True)
class Compared:
    """A page of sales, those that are told differently first; sums over all of them; payments beside the bank."""

    rows: list[Told]
    next_after: str
    totals: list[Total]
    bank: list[AtBank]
    suspense: int

    @property
    def sales(self) -> int:
        """How many were looked at."""
        return sum(one.sales for one in self.totals)

    @property
    def differing(self) -> int:
        """How many are told differently."""
        return sum(one.differing for one in self.totals)


# Each question is asked of every sale; the first that fits is told. The ledger's figures come from its entries, the shops' from
# the units their orders sent and got back, at the prices frozen on them, rounded as posting rounds.
_SALES = """
with told as (
  select i.id, i.number, os.name as origin, o.name as origin_order, o.id as origin_order_id, os.merchant_id as origin_merchant,
    ss.name as shipper, i.remote_name, ss.merchant_id as shipper_merchant, i.shipped_at, i.currency, o.financial_status,
    goods.net as shops, coalesce(ledger.net, case when i.posted_at is not null then goods.net else 0 end)::bigint as ledger,
    owed.owed, o.refunded_minor as refunded, gross.back,
    case
      when i.posted_at is null and i.shipped_at < now() - interval '1 hour' then 'unposted'
      when ledger.shipped > 0 and i.status not in ('shipped', 'delivered') then 'unshipped'
      when o.cancelled_at is not null and owed.owed > 0 then 'cancelled'
      when o.financial_status in ('REFUNDED', 'VOIDED') and owed.owed > 0 and goods.back = 0 and not goods.elsewhere
        then 'refunded'
      when i.remote_id = '' and i.status in ('shipped', 'delivered') then 'orderless'
      when ledger.shipped > 0 and goods.waiting then 'unreturned'
      when ledger.shipped > 0 and ledger.net <> goods.net then 'goods'
      when o.refunded_minor < gross.back and not gross.exchanged then 'refunded_less'
      when o.refunded_minor > gross.back then 'refunded_more'
      else '' end as question
  from orders_internalorder i join orders_order o on o.id = i.order_id
  join network_shop os on os.id = o.shop_id join network_shop ss on ss.id = i.shipper_id
  cross join lateral (select count(*) filter (where e.kind = 'ship') as shipped, sum(x.net)::bigint as net
    from settlement_entry e cross join lateral (select sum((item->>'net')::bigint) as net
      from jsonb_array_elements(case when jsonb_typeof(e.facts->'items') = 'array' then e.facts->'items' else '[]' end) item
      where item->>'kind' = 'goods') x
    where e.internal_order_id = i.id and e.kind in ('ship', 'return', 'reversal')) ledger
  cross join lateral (select coalesce(sum(l.amount), 0)::bigint as owed
    from settlement_entry e join settlement_line l on l.entry_id = e.id join settlement_account a on a.id = l.account_id
    where e.internal_order_id = i.id and a.merchant_id = os.merchant_id
      and e.kind in ('ship', 'return', 'hold', 'resolve', 'reversal')) owed
  cross join lateral (select coalesce(sum(s.net - case when s.sent > 0 then round(s.net * s.back / s.sent) else 0 end), 0)::bigint
      as net, coalesce(sum(s.back), 0) as back, coalesce(bool_or(s.waiting), false) as waiting,
      exists (select 1 from orders_return r where r.internal_order_id = i.id and r.status = 'closed'
        and r.destination <> 'shipper') as elsewhere
    from (select u.sent, round(n.net_minor * u.sent / n.quantity) as net, b.back, b.waiting
      from orders_internalorderline n
      cross join lateral (select (case when exists (select 1 from orders_internalorderline k
          where k.internal_order_id = i.id and k.shipped_quantity > 0) then n.shipped_quantity else n.quantity end)::numeric
          as sent) u
      cross join lateral (select coalesce(sum(l.as_new + l.faulty + l.lost), 0)::numeric as back,
          coalesce(bool_or(r.posted_at is null and r.closed_at < now() - interval '1 hour'), false) as waiting
        from orders_returnline l join orders_return r on r.id = l.row_id
        where l.line_id = n.id and r.status = 'closed' and r.destination = 'shipper') b
      where n.internal_order_id = i.id) s) goods
  cross join lateral (select coalesce(sum(round(s.unit_price_minor * s.units
      * case when s.taxes_included then 1 else 1 + s.vat_bp / 10000 end)), 0)::bigint as back,
      exists (select 1 from orders_orderline x where x.order_id = o.id and x.exchange_of_id is not null) as exchanged
    from (select ol.unit_price_minor, ol.taxes_included, coalesce((k.vat->>'consumer_rate_bp')::numeric, 0) as vat_bp,
        (select coalesce(sum(l.as_new + l.faulty + l.worn + l.lost), 0) from orders_returnline l
          join orders_return r on r.id = l.row_id where l.line_id = n.id and r.status = 'closed') as units
      from orders_internalorder k join orders_internalorderline n on n.internal_order_id = k.id
      join orders_orderline ol on ol.id = n.order_line_id where k.order_id = o.id) s) gross
  where i.shipped_at >= %(since)s and i.shipped_at < %(until)s
    and (%(merchant)s::bigint is null or %(merchant)s in (os.merchant_id, ss.merchant_id))
    and (%(currency)s = '' or i.currency = %(currency)s)
), chosen as (select * from told where %(question)s = '' or question = %(question)s or %(question)s = 'any' and question <> '')
"""
_PAGE = f"""{_SALES} select * from chosen
where %(after)s::bigint is null or (question = '', -id) > (%(agree)s, -%(after)s::bigint)
order by question = '', id desc limit %(limit)s
"""  # noqa: S608 - the text above
_TOTALS = f"""{_SALES} select currency, count(*), count(*) filter (where question <> ''), sum(shops)::bigint,
  sum(ledger)::bigint, sum(owed)::bigint from chosen group by 1 order by 1
"""  # noqa: S608 - the text above
_BANK = """
with paid as (
  select p.currency, p.amount, p.status, p.due_on,
    exists (select 1 from settlement_bankline b where b.payment_id = p.id and b.status = 'matched') as seen
  from settlement_payment p
  where (p.status = 'settled' and p.settled_on >= %(since)s and p.settled_on < %(until)s or p.status = 'instructed')
    and (%(merchant)s::bigint is null or %(merchant)s in (p.payer_id, p.payee_id))
    and (%(currency)s = '' or p.currency = %(currency)s)
), booked as (
  select b.currency, sum(b.amount)::bigint as amount from settlement_bankline b
  where b.status = 'suspense' and (%(currency)s = '' or b.currency = %(currency)s) group by 1
), sums as (
  select currency, coalesce(sum(amount) filter (where status = 'settled'), 0)::bigint as paid,
    coalesce(sum(amount) filter (where status = 'settled' and seen), 0)::bigint as seen,
    coalesce(sum(amount) filter (where status = 'instructed'), 0)::bigint as on_way,
    coalesce(sum(amount) filter (where status = 'instructed' and due_on < %(today)s - 5), 0)::bigint as overdue
  from paid group by 1
)
select coalesce(s.currency, b.currency), coalesce(s.paid, 0), coalesce(s.seen, 0), coalesce(s.on_way, 0),
  coalesce(s.overdue, 0), coalesce(b.amount, 0)
from sums s full join booked b on b.currency = s.currency order by 1
"""


def compare_three(wanted: Wanted, *, after: str = "", size: int = PAGE) -> Compared:
    """Compare ledger, both shops' orders and the bank for some sales, a page at a time; reads only.

    ``after`` is the key of the last row seen; garbage starts from the beginning.
    """
    values = _values(wanted)
    rows = _rows(values, after, size + 1)
    with as_network(), connection.cursor() as cursor:
        cursor.execute(_TOTALS, values)
        totals = [Total(*row) for row in cursor.fetchall()]
        cursor.execute(_BANK, values)
        bank = [AtBank(*row) for row in cursor.fetchall()]
        cursor.execute("select count(*) from settlement_bankline where status = 'suspense'")
        suspense = cursor.fetchone()[0]
    shown = rows[:size]
    return Compared(shown, shown[-1].key if len(rows) > size else "", totals, bank, suspense)


def compared_rows(wanted: Wanted) -> Iterator[Told]:
    """Tell all sales that are compared, those that are told differently first; reckoned once, read a batch at a time."""
    values = _values(wanted) | {"after": None, "agree": False, "limit": None}
    with connection.chunked_cursor() as cursor:
        cursor.execute(_PAGE, values)
        while rows := cursor.fetchmany(BATCH):
            yield from (Told(*row) for row in rows)


def _rows(values: dict[str, Any], after: str, limit: int) -> list[Told]:
    part, number = after[:1], after[1:]
    known = part in ("d", "a") and number.isdecimal() and len(number) < 19
    place = {"after": int(number) if known else None, "agree": part == "a", "limit": limit}
    with as_network(), connection.cursor() as cursor:
        cursor.execute(_PAGE, values | place)
        return [Told(*row) for row in cursor.fetchall()]


def _values(wanted: Wanted) -> dict[str, Any]:
    return {
        "since": wanted.since,
        "until": wanted.until + dt.timedelta(days=1),
        "today": timezone.localdate(),
        "merchant": wanted.merchant,
        "currency": wanted.currency,
        "question": wanted.question,
    }
