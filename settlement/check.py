"""The proof of the books: every promise of the ledger, asked of the rows themselves; any doubt is a finding."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone

from network.scoping import as_network
from settlement.documents.statement import statement_digest
from settlement.models import Entry, Line, Statement
from settlement.seal import BROKEN_SEALS

GRACE = dt.timedelta(minutes=5)

_SHOWN = 20  # rows named per finding; the count says how many there are


@dataclass(frozen=True, slots=True)
class Finding:
    """One promise that does not hold: which, on how many rows, and the first of them."""

    promise: str
    count: int
    rows: list[str]


@dataclass(frozen=True, slots=True)
class Proof:
    """What was looked at, and every doubt."""

    entries: int
    lines: int
    statements: int
    findings: list[Finding]

    @property
    def clean(self) -> bool:
        """Say whether every promise holds."""
        return not self.findings


# Each query selects a text for every row that breaks the promise.
_PROMISES: dict[str, str] = {
    "every entry sums to zero per currency": """
        select format('entry %%s: %%s %%s', entry_id, sum(amount), currency) from settlement_line
        group by entry_id, currency having sum(amount) <> 0""",
    "every entry has the lines it declares": """
        select format('entry %%s declares %%s, has %%s', e.id, e.line_count, count(l.id)) from settlement_entry e
        left join settlement_line l on l.entry_id = e.id group by e.id having count(l.id) <> e.line_count""",
    "the world sums to zero per currency": """
        select format('%%s %%s', sum(amount), currency) from settlement_line group by currency having sum(amount) <> 0""",
    "every cached balance is the sum of its lines": """
        select format('account %%s: cached %%s, lines %%s', a.id, b.amount, coalesce(l.total, 0)) from settlement_account a
        left join settlement_balance b on b.account_id = a.id
        left join (select account_id, sum(amount) as total from settlement_line group by 1) l on l.account_id = a.id
        where (a.track_balance or b.account_id is not null) and coalesce(b.amount, 0) <> coalesce(l.total, 0)""",
    "every line is in its account's currency": """
        select format('entry %%s line %%s', l.entry_id, l.n) from settlement_line l
        left join settlement_account a on a.id = l.account_id and a.currency = l.currency where a.id is null""",
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
             and r.internal_order_id = e.internal_order_id and r.status = 'closed')
           or e.kind = 'reversal' and e.reverses_id is null
           or e.kind = 'release' and e.ref not like 'cycle:%%' and not exists (select 1 from settlement_released r
             where r.entry_id = split_part(substr(e.ref, 9), '-', 1)::bigint)
           or e.kind in ('payment', 'bounce') and not exists (
             select 1 from settlement_payment p where e.key in ('payment:' || p.id, 'bounce:' || p.id))""",
    "every posted internal order was paid for the units that were sent": """
        select format('%%s: posted %%s, sent %%s', i.number, p.units, s.units) from settlement_entry e
        join orders_internalorder i on i.id = e.internal_order_id
        cross join lateral (select sum((x->>'quantity')::int) as units from jsonb_array_elements(e.facts->'items') x
          where x->>'kind' = 'goods') p
        cross join lateral (select sum(n.shipped_quantity) as units from orders_internalorderline n
          where n.internal_order_id = i.id) s
        where e.kind = 'ship' and s.units > 0 and p.units <> s.units""",
    "every closed return is in the ledger": """
        select r.number from orders_return r join orders_internalorder i on i.id = r.internal_order_id
        where r.status = 'closed' and r.destination = 'shipper' and r.posted_at is null and r.closed_at < %(before)s
          and i.posted_at is not null""",
    "returns take back exactly the units that came, and never more than was sold": """
        select format('%%s: %%s %%s of %%s %%s in the ledger, %%s came back', i.number, x.title, x.units, s.units, x.kind, b.units)
        from (select e.internal_order_id, item->>'kind' as kind, min(item->>'title') as title,
                -sum((item->>'quantity')::int) as units
              from settlement_entry e cross join jsonb_array_elements(e.facts->'items') item
              where e.kind = 'return' group by 1, 2) x
        join orders_internalorder i on i.id = x.internal_order_id
        cross join lateral (select sum((item->>'quantity')::int) as units from settlement_entry e
          cross join jsonb_array_elements(e.facts->'items') item
          where e.kind = 'ship' and e.internal_order_id = i.id and item->>'kind' = x.kind) s
        cross join lateral (select sum(l.as_new + l.faulty + l.lost) as units from orders_returnline l
          join orders_return r on r.id = l.row_id where r.internal_order_id = i.id and r.posted_at is not null) b
        where x.units > s.units or x.kind = 'goods' and x.units is distinct from b.units""",
    "a reversal is its original negated": """
        select format('entry %%s reverses %%s', r.id, r.reverses_id) from settlement_entry r where r.reverses_id is not null
        and exists (select 1 from settlement_line l where l.entry_id in (r.id, r.reverses_id)
          group by l.account_id having sum(l.amount) <> 0)""",
    "every entry stands in the period of its day, or of a later one": """
        select format('entry %%s of %%s in period %%s', e.id, e.effective_on, p.day) from settlement_entry e
        join settlement_period p on p.id = e.period_id where e.effective_on > p.day""",
    "nothing was posted into a closed period": """
        select format('entry %%s posted %%s, period closed %%s', e.id, e.posted_at, p.closed_at) from settlement_entry e
        join settlement_period p on p.id = e.period_id where e.posted_at > p.closed_at""",
    "no period outlives its cycle": """
        select format('period %%s of %%s', p.id, p.day) from settlement_period p join settlement_cycle c on c.id = p.cycle_id
        where p.day > c.through""",
    "what is pending is what has not been released": """
        select format('account %%s: pending %%s, unreleased %%s', a.id, coalesce(b.amount, 0), coalesce(o.total, 0))
        from settlement_account a left join settlement_balance b on b.account_id = a.id
        left join (select l.account_id, sum(l.amount) as total from settlement_line l
          join settlement_entry e on e.id = l.entry_id where e.kind <> 'release'
            and not exists (select 1 from settlement_released r where r.entry_id = e.id) group by 1) o on o.account_id = a.id
        where a.kind = 'merchant_pending' and coalesce(b.amount, 0) <> coalesce(o.total, 0)""",
    "what one merchant owes another is what the other is owed": """
        select format('merchants %%s and %%s: %%s %%s on %%s', one, other, sum(amount), currency, kind) from (
          select a.kind, l.currency, l.amount, least(a.merchant_id, l.counterparty_id) as one,
            greatest(a.merchant_id, l.counterparty_id) as other
          from settlement_line l join settlement_account a on a.id = l.account_id
          where a.merchant_id is not null and l.counterparty_id is not null and l.tag <> 'payment') t
        group by one, other, currency, kind having sum(amount) <> 0""",
    "nothing is held where no dispute is open": """
        select format('account %%s holds %%s', a.id, b.amount) from settlement_account a
        join settlement_balance b on b.account_id = a.id where a.kind = 'merchant_hold' and b.amount <> coalesce((
          select sum(case when os.merchant_id = a.merchant_id then d.amount else -d.amount end)
          from settlement_dispute d join orders_internalorder i on i.id = d.internal_order_id
          join orders_order o on o.id = i.order_id join network_shop os on os.id = o.shop_id
          join network_shop ss on ss.id = i.shipper_id
          where d.status = 'open' and d.currency = a.currency and a.merchant_id in (os.merchant_id, ss.merchant_id)), 0)""",
    "every settled payment is in the books once": """
        select p.number from settlement_payment p where (p.status in ('settled', 'bounced')) <> exists (
            select 1 from settlement_entry e where e.key = 'payment:' || p.id)
          or (p.status = 'bounced') <> exists (select 1 from settlement_entry e where e.key = 'bounce:' || p.id)""",
    "suspense is what the bank booked and nobody has named": """
        select format('%%s: suspense %%s, waiting %%s', s.currency, s.total, s.waiting) from (
          select c.currency,
            coalesce((select -sum(l.amount) from settlement_line l join settlement_account a on a.id = l.account_id
              where a.kind = 'suspense' and a.currency = c.currency), 0) as total,
            coalesce((select sum(b.amount) from settlement_bankline b join settlement_bankfile f on f.id = b.file_id
              where b.status = 'suspense' and b.currency = c.currency and f.merchant_id is null), 0) as waiting
          from (select distinct currency from settlement_account) c) s where s.total <> s.waiting""",
    "every document is the ledger's lines and its true-up": """
        select format('%%s: net %%s of %%s, VAT %%s of %%s', d.number, d.net, t.net, d.vat, t.vat + d.trueup)
        from settlement_document d cross join lateral (
          select coalesce(abs(sum(case when x.about = 'supply' then (item->>'supply')::bigint
                else (item->>'network_fee')::bigint end)), 0) as net,
            coalesce(abs(sum(case when x.about = 'supply' then (item->>'vat')::bigint
                else (item->>'fee_vat')::bigint end)), 0) as vat
          from settlement_documententry x join settlement_entry e on e.id = x.entry_id
          cross join jsonb_array_elements(e.facts->'items') item where x.document_id = d.id) t
        where d.net <> t.net or d.vat <> t.vat + d.trueup""",
    "document numbers have no gaps": """
        select format('supplier %%s: %%s says %%s, has %%s', s.supplier_id, s.prefix, s.last, count(d.id))
        from settlement_numberseries s left join settlement_document d on d.seller_id is not distinct from s.supplier_id
          and d.number like s.prefix || '-%%'
        group by s.id having count(d.id) <> s.last""",
    "every closed cycle has its statements": """
        select format('cycle %%s through %%s', id, through) from settlement_cycle
        where stated_at is null and closed_at < %(before)s""",
    "every statement opens where the one before closed": """
        select format('%%s opens at %%s, the one before closed at %%s', number, opening, before) from (
          select number, opening, lag(closing, 1, 0::bigint) over (
            partition by merchant_id, currency order by cycle_id) as before
          from settlement_statement) s where opening <> before""",
    "every statement adds up": """
        select format('%%s: lines %%s, activity %%s', s.number, coalesce(sum(l.amount), 0), s.activity)
        from settlement_statement s left join settlement_statementline l on l.statement_id = s.id group by s.id
        having coalesce(sum(l.amount), 0) <> s.activity or s.opening + s.activity <> s.closing
          or count(l.id) <> s.line_count""",
    "what a cycle moved stands on exactly one statement": """
        select format('merchant %%s, entry %%s, item %%s: moved %%s, stated %%s',
          coalesce(m.merchant_id, s.merchant_id), coalesce(m.entry_id, s.entry_id), coalesce(m.item, s.item),
          coalesce(m.amount, 0), coalesce(s.amount, 0))
        from (select v.* from settlement_moved v join settlement_cycle c on c.id = v.cycle_id
              where c.stated_at is not null) m
        full join (select t.cycle_id, t.merchant_id, t.currency, l.entry_id, coalesce(l.item, -1) as at, l.item, l.amount
                   from settlement_statementline l join settlement_statement t on t.id = l.statement_id) s
          on s.cycle_id = m.cycle_id and s.merchant_id = m.merchant_id and s.currency = m.currency
         and s.entry_id = m.entry_id and s.at = coalesce(m.item, -1)
        where m.amount is distinct from s.amount""",
    "the closing of the last statement and what came since is the balance": """
        select format('merchant %%s %%s: stated %%s, open %%s, balance %%s', t.merchant_id, t.currency, t.stated, t.open,
          t.balance)
        from (select a.merchant_id, a.currency, -coalesce(sum(b.amount), 0) as balance,
                coalesce((select s.closing from settlement_statement s where s.merchant_id = a.merchant_id
                  and s.currency = a.currency order by s.cycle_id desc limit 1), 0) as stated,
                coalesce((select sum(m.amount) from settlement_moved m left join settlement_cycle c on c.id = m.cycle_id
                  where m.merchant_id = a.merchant_id and m.currency = a.currency and c.stated_at is null), 0) as open
              from settlement_account a left join settlement_balance b on b.account_id = a.id
              where a.merchant_id is not null group by 1, 2) t
        where t.balance <> t.stated + t.open""",
    "every sealed block reads as it was sealed": BROKEN_SEALS,
    "the database's own guards are in place": """
        select g.name || ' is missing or switched off' from unnest(array[
          'entry_balanced', 'line_with_entry', 'entry_is_append_only', 'line_is_append_only', 'entry_is_never_truncated',
          'line_is_never_truncated', 'statement_line_is_append_only', 'statement_line_is_never_truncated',
          'statement_is_never_deleted', 'sealed_statement_is_final', 'statement_is_never_truncated',
          'entry_in_open_period', 'closed_period_is_final', 'period_is_never_deleted', 'released_is_append_only',
          'document_is_append_only', 'storedfile_is_append_only', 'sealed_block_is_final', 'payment_file_is_final']) as g(name)
        where not exists (select 1 from pg_trigger t where t.tgname = g.name and t.tgenabled = 'A')""",
}


def check_ledger(*, strict: bool = False) -> Proof:
    """Prove the books on one snapshot; reads only.

    A shipped order, or a cycle's statements, may be missing for five minutes, because sweeps follow facts; ``strict`` gives
    them no grace. *Raises* nothing about the books: every doubt is a finding.
    """
    before = timezone.now() if strict else timezone.now() - GRACE
    outermost = not connection.in_atomic_block
    with as_network(), transaction.atomic():
        with connection.cursor() as cursor:
            if outermost:
                cursor.execute("set transaction isolation level repeatable read, read only")
            cursor.execute("set local statement_timeout = 0")
        findings = [
            finding for promise, query in _PROMISES.items() if (finding := _ask(promise, query, before)) is not None
        ]
        if changed := list(_changed_statements()):
            findings.append(Finding("every statement recomputes byte for byte", len(changed), changed[:_SHOWN]))
        return Proof(Entry.objects.count(), Line.objects.count(), Statement.everyone.count(), findings)


def _ask(promise: str, query: str, before: dt.datetime) -> Finding | None:
    with connection.cursor() as cursor:
        cursor.execute(query, {"before": before})
        rows = [str(row[0]) for row in cursor.fetchall()]
    return Finding(promise, len(rows), rows[:_SHOWN]) if rows else None


def _changed_statements() -> Iterator[str]:
    statements = Statement.everyone.select_related("cycle").order_by("pk")
    for statement in statements.iterator(chunk_size=200):
        if statement_digest(statement) != statement.digest:
            yield f"{statement.number} no longer has the digest it was sealed with"
