"""What the books promise, as questions to the database: each selects a text for every row that breaks the promise.

A handful of queries walk over all lines, entries and statement lines, each once; what has to be read out of JSON, or hashed, is
asked of a share of the rows when there are many, another share every day.
"""

from settlement.promised_agreements import AGREED
from settlement.promised_sales import STANDING, STANDING_ITEMS
from settlement.seal import BROKEN_SEALS

BALANCED = """
with sums as (
  select entry_id, count(*) as lines, sum(amount) as total, min(currency collate "C") as one, max(currency collate "C") as other
  from settlement_line group by entry_id
), doubts as materialized (
  select e.id, e.line_count, s.*
  from sums s full join settlement_entry e on e.id = s.entry_id
  where e.id is null or s.lines is distinct from e.line_count or s.total <> 0 or s.one <> s.other
)
select 'every entry sums to zero per currency', format('entry %%s: %%s %%s', d.entry_id, l.total, l.currency)
from doubts d cross join lateral (select currency, sum(amount) as total from settlement_line l where l.entry_id = d.entry_id
  group by currency having sum(amount) <> 0) l
union all
select 'every entry has the lines it declares', format('entry %%s declares %%s, has %%s', id, line_count, coalesce(lines, 0))
from doubts where id is not null and lines is distinct from line_count
union all
select 'every line is in an entry', format('entry %%s', entry_id) from doubts where id is null
"""

# One walk over all lines with their entries. They are added up by cycle: there are fewer of them than of periods, and the sums
# stay at hand; -1 stands for a period that is not there. What a line is about is told by a number of its entry and item, so that
# sums of amount × number are equal only where the same amounts stand on the same items.
_MARK = "(hashint8(l.entry_id * 32768 + coalesce(l.item, 32767)) & 1048575)"
MOVED = f"""
with moved as materialized (
  select l.account_id, l.currency, l.counterparty_id, case when p.id is null then -1 else p.cycle_id end as cycle_id,
    e.kind = 'release' as is_release, r.entry_id is not null as released, l.tag = 'payment' as is_payment,
    sum(l.amount) as total, sum(l.amount * {_MARK}) as print
  from settlement_line l join settlement_entry e on e.id = l.entry_id left join settlement_period p on p.id = e.period_id
  left join settlement_released r on r.entry_id = l.entry_id
  group by 1, 2, 3, 4, 5, 6, 7
), merchants as materialized (
  select a.merchant_id, a.currency, coalesce(k.stated_in_id, m.cycle_id) as cycle_id,
    c.stated_at is not null and (k.id is null or k.stated_in_id is not null) as stated, sum(m.total) as total, sum(m.print) as print
  from moved m join settlement_account a on a.id = m.account_id
  left join settlement_carried k on k.cycle_id = m.cycle_id and k.merchant_id = a.merchant_id
  left join settlement_cycle c on c.id = coalesce(k.stated_in_id, m.cycle_id)
  where a.merchant_id is not null and m.cycle_id is distinct from -1 group by 1, 2, 3, 4
), lines as materialized (
  select l.statement_id, count(*) as lines, sum(l.amount) as total, sum(l.amount * {_MARK}) as print
  from settlement_statementline l group by 1
)
select 'the world sums to zero per currency', format('%%s %%s', sum(total), currency) from moved group by currency
  having sum(total) <> 0
union all
select 'every line is in its account''s currency', format('account %%s: lines in %%s', m.account_id, m.currency)
from moved m left join settlement_account a on a.id = m.account_id and a.currency = m.currency where a.id is null
union all
select 'every cached balance is the sum of its lines',
  format('account %%s: cached %%s, lines %%s', a.id, b.amount, coalesce(l.total, 0))
from settlement_account a left join settlement_balance b on b.account_id = a.id
left join (select account_id, sum(total) as total from moved group by 1) l on l.account_id = a.id
where (a.track_balance or b.account_id is not null) and coalesce(b.amount, 0) <> coalesce(l.total, 0)
union all
select 'what is pending is what has not been released',
  format('account %%s: pending %%s, unreleased %%s', a.id, coalesce(b.amount, 0), coalesce(o.total, 0))
from settlement_account a left join settlement_balance b on b.account_id = a.id
left join (select account_id, sum(total) as total from moved where not is_release and not released group by 1) o
  on o.account_id = a.id
where a.kind = 'merchant_pending' and coalesce(b.amount, 0) <> coalesce(o.total, 0)
union all
select 'what one merchant owes another is what the other is owed',
  format('merchants %%s and %%s: %%s %%s on %%s', one, other, sum(total), currency, kind)
from (select a.kind, m.currency, m.total, least(a.merchant_id, m.counterparty_id) as one,
        greatest(a.merchant_id, m.counterparty_id) as other
      from moved m join settlement_account a on a.id = m.account_id
      where a.merchant_id is not null and m.counterparty_id is not null and not m.is_payment) t
group by one, other, currency, kind having sum(total) <> 0
union all
select 'what a cycle moved stands on exactly one statement',
  format('cycle %%s, merchant %%s %%s: moved %%s, stated %%s', coalesce(m.cycle_id, s.cycle_id),
    coalesce(m.merchant_id, s.merchant_id), coalesce(m.currency, s.currency), -coalesce(m.total, 0), coalesce(s.total, 0))
from (select * from merchants where stated) m
full join (select t.cycle_id, t.merchant_id, t.currency, l.total, l.print from settlement_statement t
           join lines l on l.statement_id = t.id
           join settlement_cycle c on c.id = t.cycle_id and c.stated_at is not null) s
  on s.cycle_id = m.cycle_id and s.merchant_id = m.merchant_id and s.currency = m.currency
where coalesce(-m.total, 0) <> coalesce(s.total, 0) or coalesce(-m.print, 0) <> coalesce(s.print, 0)
union all
select 'every statement adds up', format('%%s: lines %%s, activity %%s', s.number, coalesce(l.total, 0), s.activity)
from settlement_statement s left join lines l on l.statement_id = s.id
where coalesce(l.total, 0) <> s.activity or s.opening + s.activity <> s.closing or coalesce(l.lines, 0) <> s.line_count
union all
select 'the closing of the last statement and what came since is the balance',
  format('merchant %%s %%s: stated %%s, open %%s, balance %%s', t.merchant_id, t.currency, t.stated, t.open, t.balance)
from (select a.merchant_id, a.currency, -coalesce(sum(b.amount), 0) as balance,
        coalesce((select s.closing from settlement_statement s join settlement_cycle c on c.id = s.cycle_id
          where s.merchant_id = a.merchant_id and s.currency = a.currency and c.stated_at is not null
          order by s.cycle_id desc limit 1), 0) as stated,
        coalesce((select -sum(m.total) from merchants m where m.merchant_id = a.merchant_id and m.currency = a.currency
          and not m.stated), 0) as open
      from settlement_account a left join settlement_balance b on b.account_id = a.id
      where a.merchant_id is not null group by 1, 2) t
where t.balance <> t.stated + t.open
"""  # noqa: S608 - names from this file

DATED = """
select case when e.effective_on > p.day then 'every entry stands in the period of its day, or of a later one'
    else 'nothing was posted into a closed period' end,
  format('entry %%s of %%s, posted %%s, in period %%s closed %%s', e.id, e.effective_on, e.posted_at, p.day, p.closed_at)
from settlement_entry e join settlement_period p on p.id = e.period_id where e.effective_on > p.day or e.posted_at > p.closed_at
"""

ALONE: dict[str, str] = {
    "every shipped internal order is in the ledger": """
        select i.number from orders_internalorder i
        where i.status in ('shipped', 'delivered') and i.shipped_at < %(before)s
          and not exists (select 1 from settlement_entry e where e.internal_order_id = i.id and e.kind = 'ship')
          and (i.posted_at is null or (i.vat->>'treatment' <> 'own_goods' and (i.shipping_minor > 0 or exists (
            select 1 from orders_internalorderline n where n.internal_order_id = i.id and n.net_minor > 0))))""",
    "every entry has its source": """
        select format('entry %%s: %%s', e.id, e.key) from settlement_entry e
        left join orders_internalorder i on i.id = e.internal_order_id
        where e.kind = 'ship' and (i.id is null or i.shipped_at is null or e.key <> 'ship:internal_order:' || i.id)
           or e.kind = 'return' and not exists (select 1 from orders_return r where e.key = 'return:' || r.id
             and r.internal_order_id = e.internal_order_id and r.status = 'closed' and r.destination = 'shipper')
           or e.kind = 'takeover' and not exists (select 1 from orders_return r where e.key = 'takeover:' || r.id
             and e.internal_order_id is null and r.status = 'closed' and r.destination = 'taker')
           or e.kind = 'reversal' and e.reverses_id is null
           or e.kind = 'release' and e.ref not like 'cycle:%%' and not exists (select 1 from settlement_released r
             where r.entry_id = split_part(substr(e.ref, 9), '-', 1)::bigint)
           or e.kind in ('payment', 'bounce') and not exists (
             select 1 from settlement_payment p where e.key in ('payment:' || p.id, 'bounce:' || p.id))""",
    "every closed return is in the ledger": """
        select r.number from orders_return r join orders_internalorder i on i.id = r.internal_order_id
        where r.status = 'closed' and r.destination = 'shipper' and r.posted_at is null and r.closed_at < %(before)s
          and i.posted_at is not null""",
    "every closed takeover is in the ledger, once and for the price agreed": """
        select format('%%s: %%s', r.number, case when r.posted_at is null then 'not posted'
          else format('%%s units for %%s in the ledger, %%s for %%s taken over', e.units, e.net, l.units, l.net) end)
        from orders_return r
        cross join lateral (select coalesce(sum(n.as_new), 0) as units, coalesce(sum(n.as_new * n.takeover_minor), 0) as net
          from orders_returnline n where n.row_id = r.id) l
        cross join lateral (select coalesce(sum((x->>'quantity')::int), 0) as units, coalesce(sum((x->>'supply')::bigint), 0) as net
          from settlement_entry b cross join jsonb_array_elements(b.facts->'items') x where b.key = 'takeover:' || r.id) e
        where r.status = 'closed' and r.destination = 'taker' and (r.posted_at is null and r.closed_at < %(before)s
          or r.posted_at is not null and l.net > 0 and (e.units, e.net) <> (l.units, l.net))""",
    "what is objected to is held until it is decided, and no longer": """
        select format('objection to %%s: %%s, holds %%s', r.number, o.status, o.held_minor)
        from orders_objection o join orders_return r on r.id = o.returned_id join orders_internalorder i on i.id = r.internal_order_id
        left join orders_return c on c.id = o.correction_id
        where o.status = 'open' and o.held_minor is null and r.destination = 'shipper' and o.raised_at < %(before)s
            and i.posted_at < %(before)s
          or o.status <> 'open' and o.held_minor is not null and (c.id is null or c.posted_at is not null) and %(before)s > (
            select max(h.at) from orders_objectionchange h where h.row_id = o.id)""",
    "a reversal is its original negated": """
        select format('entry %%s reverses %%s', r.id, r.reverses_id) from settlement_entry r where r.reverses_id is not null
        and exists (select 1 from settlement_line l where l.entry_id in (r.id, r.reverses_id)
          group by l.account_id having sum(l.amount) <> 0)""",
    "no period outlives its cycle": """
        select format('period %%s of %%s', p.id, p.day) from settlement_period p join settlement_cycle c on c.id = p.cycle_id
        where p.day > c.through""",
    "nothing is held where nothing is disputed or objected to": """
        select format('account %%s holds %%s', a.id, b.amount) from settlement_account a
        join settlement_balance b on b.account_id = a.id where a.kind = 'merchant_hold' and b.amount <> coalesce((
          select sum(case when os.merchant_id = a.merchant_id then d.amount else -d.amount end)
          from settlement_dispute d join orders_internalorder i on i.id = d.internal_order_id
          join orders_order o on o.id = i.order_id join network_shop os on os.id = o.shop_id
          join network_shop ss on ss.id = i.shipper_id
          where d.status = 'open' and d.currency = a.currency and a.merchant_id in (os.merchant_id, ss.merchant_id)), 0)
          + coalesce((select sum(case when os.merchant_id = a.merchant_id then h.held_minor else -h.held_minor end)
          from orders_objection h join orders_return r on r.id = h.returned_id
          join orders_internalorder i on i.id = r.internal_order_id
          join orders_order o on o.id = i.order_id join network_shop os on os.id = o.shop_id
          join network_shop ss on ss.id = i.shipper_id
          where h.held_minor is not null and i.currency = a.currency
            and a.merchant_id in (os.merchant_id, ss.merchant_id)), 0)""",
    "every settled payment is in the books once": """
        select p.number from settlement_payment p
        cross join lateral (select count(*) from settlement_entry e where e.key = 'payment:' || p.id) paid(entries)
        cross join lateral (select count(*) from settlement_entry e where e.key = 'bounce:' || p.id) back(entries)
        where (p.status in ('settled', 'bounced')) <> (paid.entries = 1) or (p.status = 'bounced') <> (back.entries = 1)""",
    "suspense is what the bank booked and nobody has named": """
        select format('%%s: suspense %%s, waiting %%s', s.currency, s.total, s.waiting) from (
          select c.currency,
            coalesce((select -sum(l.amount) from settlement_line l join settlement_account a on a.id = l.account_id
              where a.kind = 'suspense' and a.currency = c.currency), 0) as total,
            coalesce((select sum(b.amount) from settlement_bankline b join settlement_bankfile f on f.id = b.file_id
              where b.status = 'suspense' and b.currency = c.currency and f.merchant_id is null), 0) as waiting
          from (select distinct currency from settlement_account) c) s where s.total <> s.waiting""",
    "document numbers have no gaps": """
        select format('supplier %%s: %%s says %%s, has %%s', s.supplier_id, s.prefix, s.last, count(d.id))
        from settlement_numberseries s left join settlement_document d on d.seller_id is not distinct from s.supplier_id
          and d.number like s.prefix || '-%%'
        group by s.id having count(d.id) <> s.last""",
    "every closed cycle has its statements": """
        select format('cycle %%s through %%s', id, through) from settlement_cycle
        where stated_at is null and closed_at < %(before)s""",
    "every statement names a seal of this ledger": """
        select format('%%s names %%s', s.number, s.seal) from settlement_statement s
        where s.seal <> '' and not exists (select 1 from settlement_seal x where x.digest = s.seal)""",
    "every statement opens where the one before closed": """
        select format('%%s opens at %%s, the one before closed at %%s', number, opening, before) from (
          select number, opening, lag(closing, 1, 0::bigint) over (
            partition by merchant_id, currency order by cycle_id) as before
          from settlement_statement) s where opening <> before""",
    "the database's own guards are in place": """
        select g.name || ' is missing or switched off' from unnest(array[
          'entry_balanced', 'line_with_entry', 'entry_is_append_only', 'line_is_append_only', 'entry_is_never_truncated',
          'line_is_never_truncated', 'statement_line_is_append_only', 'statement_line_is_never_truncated',
          'statement_is_never_deleted', 'sealed_statement_is_final', 'statement_is_never_truncated',
          'entry_in_open_period', 'closed_period_is_final', 'period_is_never_deleted', 'released_is_append_only',
          'document_is_append_only', 'account_is_never_deleted', 'statement_line_of_an_entry',
          'account_is_never_truncated', 'account_stays_whose_it_is',
          'storedfile_is_append_only', 'sealed_block_is_final', 'payment_file_is_final',
          'selfbilling_stays_as_agreed', 'selfbilling_is_never_deleted', 'selfbilling_is_never_truncated',
          'documentobjection_stays_as_made', 'documentobjection_is_never_deleted',
          'documentobjection_is_never_truncated']) as g(name)
        where not exists (select 1 from pg_trigger t where t.tgname = g.name and t.tgenabled = 'A')""",
    **AGREED,
    **STANDING,
}

# Asked of a share of the rows: {some_entries} and so on become conditions.
SHARED: dict[str, str] = {
    "every posted internal order was paid for the units that were sent": """
        select format('%%s: posted %%s, sent %%s', i.number, p.units, s.units) from settlement_entry e
        join orders_internalorder i on i.id = e.internal_order_id
        cross join lateral (select sum((x->>'quantity')::int) as units from jsonb_array_elements(e.facts->'items') x
          where x->>'kind' = 'goods') p
        cross join lateral (select sum(n.shipped_quantity) as units from orders_internalorderline n
          where n.internal_order_id = i.id) s
        where {some_entries} and e.kind = 'ship' and s.units > 0 and p.units <> s.units""",
    "returns take back exactly the units that came, and never more than was sold": """
        select format('%%s: %%s %%s of %%s %%s in the ledger, %%s came back', i.number, x.title, x.units, s.units, x.kind, b.units)
        from (select e.internal_order_id, item->>'kind' as kind, min(item->>'title') as title,
                -sum((item->>'quantity')::int) as units
              from settlement_entry e cross join jsonb_array_elements(e.facts->'items') item
              where {some_orders} and e.kind = 'return' group by 1, 2) x
        join orders_internalorder i on i.id = x.internal_order_id
        cross join lateral (select sum((item->>'quantity')::int) as units from settlement_entry e
          cross join jsonb_array_elements(e.facts->'items') item
          where e.kind = 'ship' and e.internal_order_id = i.id and item->>'kind' = x.kind) s
        cross join lateral (select sum(l.as_new + l.faulty + l.lost) as units from orders_returnline l
          join orders_return r on r.id = l.row_id
          where r.internal_order_id = i.id and r.destination = 'shipper' and r.posted_at is not null) b
        -- a unit whose price a decision lowered to nothing comes back without an entry
        where x.units > s.units or x.kind = 'goods' and x.units is distinct from b.units and not (x.units < b.units and exists (
          select 1 from settlement_entry w where w.internal_order_id = x.internal_order_id and w.kind = 'resolve'
            and w.key like 'lower:%%'))""",
    "every document is the ledger's lines and its true-up": """
        select format('%%s: net %%s of %%s, VAT %%s of %%s', d.number, d.net, t.net, d.vat, t.vat + d.trueup)
        from settlement_document d cross join lateral (
          select coalesce(abs(sum(case when x.about = 'supply' then (item->>'supply')::bigint
                else (item->>'network_fee')::bigint end)), 0) as net,
            coalesce(abs(sum(case when x.about = 'supply' then (item->>'vat')::bigint
                else (item->>'fee_vat')::bigint end)), 0) as vat
          from settlement_documententry x join settlement_entry e on e.id = x.entry_id
          cross join jsonb_array_elements(e.facts->'items') item where x.document_id = d.id) t
        where {some_documents} and (d.net <> t.net or d.vat <> t.vat + d.trueup)""",
    **STANDING_ITEMS,
    "every sealed block reads as it was sealed": BROKEN_SEALS,
}
