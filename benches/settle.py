"""Settle: shipped internal orders to closed statements, beside a COPY of the same books into the same tables."""

import json
import resource
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import BinaryIO

from benches import _scratch  # first: it sets the environment that settings are read from

# isort: split
import psycopg
from django.conf import settings
from django.db import connection
from django.utils import timezone

from benches._figures import Aim, Bench, forget_peak, open_bench, peak_bytes, timed
from benches._peers import peers_python
from settlement.balances import positions_of_many
from settlement.check import check_ledger
from settlement.close import close_cycle
from settlement.documents.statement import statement_csv
from settlement.documents.statement_files import statement_xlsx
from settlement.models import Entry, Line, Statement, StatementLine
from settlement.post import Draft, post_entry
from settlement.settle import post_shipped
from settlement.splitting import Posting

MERCHANTS = 40
PARTIES = """
insert into network_merchant (id, name, legal_name, kind, country, currency)
  select m, 'Merchant ' || m, 'Merchant ' || m || ' SARL', 'retailer', 'FR', 'EUR' from generate_series(1, %(merchants)s) m;
insert into network_taxregistration (merchant_id, country, vat_id, valid_from)
  select m, 'FR', 'FR' || lpad(m::text, 9, '0'), date '2024-01-01' from generate_series(1, %(merchants)s) m;
insert into network_shop (id, merchant_id, platform, domain, name, status, country, currency, taxes_included, "placing", placement_cap,
    promise_days, shares_stock, price_floor_bp, accept_mode)
  select m, m, 'shopify', 'shop-' || m || '.myshopify.com', 'Shop ' || m, 'live', 'FR', 'EUR', true, 'gaps', 5, 5, true, 1000,
    'automatic' from generate_series(1, %(merchants)s) m;
insert into network_location (id, shop_id, remote_id, name, country, is_active, shares)
  select m, m, 'here', 'Here', 'FR', true, true from generate_series(1, %(merchants)s) m;
insert into catalog_product (id, shop_id, remote_id, title, status)
  select m, m, 'product', 'Trail shoe', 'active' from generate_series(1, %(merchants)s) m;
insert into catalog_inventoryitem (id, shop_id, remote_id, sku, tracked, requires_shipping, grams)
  select m, m, 'stock', 'S' || m, true, true, 900 from generate_series(1, %(merchants)s) m;
insert into catalog_variant (id, shop_id, product_id, inventory_item_id, remote_id, title, sku, price_minor, position, taxable,
    norm_version)
  select m, m, m, m, 'variant', '42', 'S' || m, 12000, 1, true, 1 from generate_series(1, %(merchants)s) m;
insert into catalog_stocklevel (id, inventory_item_id, location_id, available, is_active)
  select m, m, m, 10, true from generate_series(1, %(merchants)s) m;
insert into network_ratecard (id, origin_kind, shipper_kind, version, origin_bp, network_bp, starts_on)
  select 1, 'retailer', 'retailer', coalesce(max(version), 0) + 1000, 1500, 200, date '2026-01-01' from network_ratecard
  on conflict do nothing;
"""
# every merchant sells and ships; an order has one or two lines and left its shop five to forty-four days ago; two in three were
# delivered, three in a hundred came back
SALES = """
create unlogged table bench_sale as
  select n, n %% %(merchants)s + 1 as origin, (n + 1 + n / %(merchants)s %% (%(merchants)s - 1)) %% %(merchants)s + 1 as shipper,
    now() - (5 + n %% 40) * interval '1 day' as at from generate_series(1::bigint, %(rows)s) n;
create unlogged table bench_line as
  select n * 2 + l as id, n, l, origin, shipper, at, 4000 + (n * 7919 + l) %% 16000 as net
  from bench_sale cross join generate_series(0, 1) l where l = 0 or n %% 3 = 0;
insert into orders_order (id, shop_id, remote_id, name, currency, financial_status, placed_at, country, seen_at)
  select n, origin, 'order-' || n, '#' || n, 'EUR', 'PAID', at, 'FR', at from bench_sale;
insert into orders_orderline (id, order_id, remote_id, variant_id, title, sku, quantity, unit_price_minor, taxes_included, status)
  select id, n, 'line-' || l, origin, 'Trail shoe, 42', 'S' || origin, 1, net * 12 / 10, true, 'shipped' from bench_line;
insert into catalog_claim (id, level_id, quantity, purpose, status, created_at)
  select id, shipper, 1, 'order_line:' || id, 'used', now() from bench_line;
insert into orders_internalorder (id, number, order_id, shipper_id, status, remote_id, remote_name, currency, rate_card_id,
    origin_bp, network_bp, vat, shipping_minor, created_at, shipped_at, delivered_at)
  select n, 'B-' || n, n, shipper, case when n %% 3 = 0 then 'shipped' else 'delivered' end, 'remote-' || n, '#A' || n, 'EUR',
    (select max(id) from network_ratecard), 1500, 200, '{"treatment": "domestic", "supply_rate_bp": 2000, "consumer_rate_bp": 2000,
    "reason": "Sold and shipped inside France.", "rule_version": "bench", "transport": "origin"}', 600, at, at,
    case when n %% 3 > 0 then at + interval '3 days' end from bench_sale;
insert into orders_internalorderline (id, internal_order_id, order_line_id, claim_id, variant_id, quantity, shipped_quantity, net_minor)
  select id, n, id, id, shipper, 1, 1, net from bench_line;
insert into orders_return (id, number, internal_order_id, destination, reason, status, announced_at, received_at, closed_at)
  select n, 'R-' || n, n, 'shipper', 'too_small', 'closed', at, at, least(now(), at + interval '10 days')
  from bench_sale where n %% 33 = 0;
insert into orders_returnline (id, row_id, line_id, quantity, as_new) select id, n, id, 1, 1 from bench_line where n %% 33 = 0 and l = 0;
drop table bench_line;
drop table bench_sale;
"""
# what no bench cares about is empty: every column that must be filled and has no default of its own gets one
LENIENT = """
do $do$ declare its record; begin
  for its in
    select c.table_name, c.column_name, case
        when c.data_type in ('character varying', 'text') then ''
        when c.data_type = 'boolean' then 'false'
        when c.data_type = 'ARRAY' then '{}'
        when c.data_type = 'jsonb' then '[]'
        when c.data_type like 'timestamp%' then 'now()'
        else '0' end as empty
    from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
    where t.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.is_nullable = 'NO' and c.column_default is null
      and c.is_identity = 'NO' and c.data_type not in ('date', 'bytea', 'uuid')
      and split_part(c.table_name, '_', 1) in ('network', 'catalog', 'orders')
  loop
    execute format('alter table %I alter column %I set default %s', its.table_name, its.column_name,
      case when its.empty = 'now()' then its.empty else quote_literal(its.empty) end);
  end loop;
end $do$
"""
BOOKS = {  # table → its columns to copy; an entry's transaction is its writer's own
    "settlement_account": "*",
    "settlement_period": "id, day, part, opened_at",
    "settlement_entry": "id, key, payload_hash, kind, ref, internal_order_id, reverses_id, period_id, effective_on, posted_at, "
    "line_count, facts",
    "settlement_line": "id, entry_id, n, account_id, currency, amount, tag, counterparty_id, item",
}
# five hundred merchants with a balance each
MANY = """
insert into network_merchant (id, name, legal_name, kind, country, currency)
  select m, 'Merchant ' || m, 'Merchant ' || m || ' SARL', 'retailer', 'FR', 'EUR' from generate_series(%(merchants)s + 1, 500) m;
insert into settlement_account (merchant_id, kind, currency, track_balance)
  select m, 'merchant', 'EUR', true from generate_series(1, 500) m on conflict do nothing;
insert into settlement_balance (account_id, amount)
  select id, 0 from settlement_account where kind = 'merchant' and currency = 'EUR' on conflict do nothing;
"""
# one statement of many lines: told from the facts of the sales there are, each under a key of its own
LONG = """
with sale as (select facts from settlement_entry where kind = 'ship' order by id limit 1),
period as (select settlement_open_period(current_date) as id),
entries as (insert into settlement_entry (key, payload_hash, kind, ref, period_id, effective_on, line_count, facts)
  select 'long:' || n, '', 'adjustment', 'long', period.id, current_date, 2, sale.facts
  from generate_series(1, %(lines)s) n, sale, period returning id),
lines as (insert into settlement_line (entry_id, n, account_id, currency, amount, tag)
  select e.id, side, (select min(id) from settlement_account where kind = 'merchant' and currency = 'EUR'), 'EUR',
    case side when 1 then 5 else -5 end, 'x' from entries e, generate_series(1, 2) side returning entry_id),
cycle as (insert into settlement_cycle (through, closed_at, "by", stated_at) values (current_date, now(), 'long', now()) returning id),
statement as (insert into settlement_statement (cycle_id, merchant_id, merchant_name, currency, number, opening, activity, closing,
    line_count, layout, digest, created_at)
  select id, 1, 'Merchant 1', 'EUR', 'S-LONG', 0, 0, 0, %(lines)s, 2, 'x', now() from cycle returning id)
insert into settlement_statementline (statement_id, n, entry_id, item, amount)
  select statement.id, row_number() over (order by entries.id), entries.id, 0, 5 from entries, statement;
"""
SUMS = (
    "create table bench_sums as select account_id, currency, sum(amount), count(*) from settlement_line group by 1, 2"
)


def main() -> None:
    """Load shipped orders, settle them through the verbs, then copy what came of it into an unsettled twin."""
    bench = open_bench("settle", rows=4_000, meaning="internal orders")
    with _scratch.scratch_database():
        values = {"merchants": MERCHANTS, "rows": bench.rows}
        _scratch.run_sql(LENIENT)
        _scratch.run_sql(*_statements(PARTIES), *_statements(SALES), **values)
        _scratch.settle_down()
        with _scratch.cloned_scratch("bench_copy") as twin:
            _settle(bench, twin)
        _singles(bench)


def _statements(script: str) -> list[str]:
    return [statement for statement in script.split(";\n") if statement.strip()]


def _settle(bench: Bench, twin: str) -> None:
    forget_peak()
    before = peak_bytes()
    posting, sweep = timed(lambda: post_shipped(hands=settings.SETTLEMENT_HANDS))
    closing, closed = timed(lambda: close_cycle(timezone.localdate(), by="bench"))
    memory, beside = peak_bytes() - before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    if sweep.posted != bench.rows or sweep.refused or closed.refused:
        raise RuntimeError(f"{sweep.posted} of {bench.rows} internal orders were posted: {sweep.refused}")
    copying, entries = _copy_books(twin)
    bench.note(
        f"{Entry.objects.count()} entries ({closed.posted} returns, {closed.released} released), {Line.objects.count()} lines, "
        f"{Statement.objects.count()} statements with {StatementLine.objects.count()} lines, {len(closed.payments)} payments; "
        f"posting {posting:.1f} s, closing {closing:.1f} s with {settings.SETTLEMENT_HANDS} hands, those beside this process "
        f"held at most {beside / 2**10:.0f} MB each, what they share with it included; load now {_scratch.load()}"
    )
    bench.tell(
        "shipped, delivered and returned orders posted, released, closed and stated",
        posting + closing,
        "s",
        reference=copying,
        reference_name="COPY of the same entries and lines into the same constrained tables + one GROUP BY",
        aim=Aim(3, of="ratio"),
        better="lower",
    )
    _tell(bench, "memory by which posting and closing grew the process", memory / 2**20, "MB", 100)
    bench.tell(
        "entries posted through the verb",
        bench.rows / posting,
        "1/s",
        reference=entries / copying,
        reference_name="entries by COPY into the same constrained tables",
        aim=Aim(1 / 3, of="ratio"),
        better="higher",
    )
    peer = _hordak()
    bench.tell(
        "postings beside django-hordak’s, a commit each",
        _posted_one_by_one(),
        "1/s",
        reference=peer,
        reference_name="django-hordak 2.0.0, ORM and bulk_create, five legs a transaction, a commit each",
        aim=Aim(2, of="ratio"),
        better="higher",
    )
    bench.tell(
        "postings beside django-hordak’s, as the sweep posts",
        bench.rows / posting,
        "1/s",
        reference=peer,
        reference_name="the same",
        aim=Aim(2, of="ratio"),
        better="higher",
    )
    checking, proof = timed(check_ledger)
    bench.tell(
        "check_ledger over a million lines",
        checking * 1_000_000 / proof.lines,
        "s",
        reference=None,
        reference_name=f"measured over {proof.lines} lines, hashes: {proof.share}; the aim is 10 s for five million",
        aim=Aim(2),
        better="lower",
    )
    bench.tell(
        "promises the ledger’s own proof finds broken",
        len(proof.findings),
        "promises",
        reference=0.0,
        reference_name="a ledger that adds up",
        aim=Aim(0),
        better="lower",
    )


def _posted_one_by_one(count: int = 400) -> float:
    """Post entries of five lines through the verb, each in a transaction of its own; gives how many a second."""
    today = timezone.localdate()

    def one(number: int) -> None:
        origin, shipper = number % MERCHANTS + 1, (number + 7) % MERCHANTS + 1
        amounts = ((origin, "merchant", 10_920), (shipper, "merchant", -10_680), (None, "fee_income", -200))
        postings = [Posting(who, kind, amount, "x") for who, kind, amount in amounts]
        postings += [Posting(None, "vat_out", -30, "x"), Posting(None, "vat_out", -10, "x")]
        post_entry(Draft(f"bench:{number}", "adjustment", "bench", today, "EUR", tuple(postings)))

    one(0)
    began = time.perf_counter()
    for number in range(1, count + 1):
        one(number)
    seconds = time.perf_counter() - began
    return count / seconds


def _hordak(count: int = 200) -> float:
    """Have the peer post in a database of its own on the same server; gives how many a second."""
    name = "bench_hordak"
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'create database "{name}"')
    try:
        facts = {key: str(connection.settings_dict[key]) for key in ("HOST", "PORT", "USER", "PASSWORD")} | {
            "NAME": name
        }
        command = [str(peers_python()), str(Path(__file__).with_name("_hordak.py")), json.dumps(facts), str(count)]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return float(json.loads(told)["rate"])
    finally:
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'drop database "{name}" with (force)')


def _singles(bench: Bench) -> None:
    """Measure what is done once: a wide entry, many balances, a long statement."""
    parties = [(number % MERCHANTS + 1, 100 if number % 2 else -100) for number in range(4_000)]
    wide = tuple(Posting(who, "merchant", amount, "x") for who, amount in parties)
    seconds, _ = timed(lambda: post_entry(Draft("bench:wide", "adjustment", "x", timezone.localdate(), "EUR", wide)))
    _tell(bench, "an entry of 4,000 lines", seconds, "s", 0.2)
    _scratch.run_sql(*_statements(MANY), merchants=MERCHANTS)
    ids = list(range(1, 501))
    positions_of_many(ids)
    seconds, found = timed(lambda: positions_of_many(ids))
    if len(found) != 500:
        raise RuntimeError(f"{len(found)} merchants have a balance")
    _tell(bench, "balances of 500 merchants", seconds * 1000, "ms", 10)
    _scratch.run_sql(*_statements(LONG), lines=50_000)
    statement = Statement.everyone.select_related("cycle").latest("pk")
    seconds, text = timed(lambda: statement_csv(statement))
    if text.count(b"\r\n") != 50_003:
        raise RuntimeError("the long statement is not long")
    _tell(bench, "a statement of 50,000 lines as CSV", seconds, "s", 10)
    seconds, _ = timed(lambda: statement_xlsx(statement))
    _tell(bench, "a statement of 50,000 lines as XLSX", seconds, "s", 10)


def _tell(bench: Bench, name: str, figure: float, unit: str, bound: float) -> None:
    bench.tell(name, figure, unit, reference=None, reference_name="none", aim=Aim(bound), better="lower")


def _copy_books(twin: str) -> tuple[float, int]:
    """Write the settled books into the twin, its checks, keys and triggers in force; returns seconds and entries."""
    with psycopg.connect(_scratch.dsn()) as source, psycopg.connect(_scratch.dsn(twin)) as target:
        books = {table: _dumped(source, table, columns) for table, columns in BOOKS.items()}
        for table in ("settlement_account", "settlement_period"):
            _copy(target, table, books[table])
        target.commit()

        def write() -> int:
            entries = _copy(target, "settlement_entry", books["settlement_entry"])
            _copy(target, "settlement_line", books["settlement_line"])
            target.execute(SUMS)
            target.commit()  # the entries' balances are proved here
            return entries

        return timed(write)


def _dumped(source: psycopg.Connection, table: str, columns: str) -> BinaryIO:
    whole = tempfile.TemporaryFile()  # closed with the process; a million entries do not fit into memory
    query = f"copy (select {columns} from {table} order by id) to stdout"  # noqa: S608 - names from this file
    with source.cursor() as cursor, cursor.copy(query) as rows:
        for block in rows:
            whole.write(block)
    whole.seek(0)
    return whole


def _copy(target: psycopg.Connection, table: str, rows: BinaryIO) -> int:
    columns = "" if BOOKS[table] == "*" else f"({BOOKS[table]})"
    with target.cursor() as cursor:
        with cursor.copy(f"copy {table} {columns} from stdin") as writer:
            shutil.copyfileobj(rows, writer)
        return cursor.rowcount


if __name__ == "__main__":
    main()
