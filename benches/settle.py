"""Settle: shipped internal orders to closed statements, beside a COPY of the same books into the same tables."""

import shutil
import tempfile
from typing import BinaryIO

from benches import _scratch  # first: it sets the environment that settings are read from

# isort: split
import psycopg
from django.utils import timezone

from benches._figures import Aim, Bench, open_bench, peak_bytes, timed
from settlement.check import check_ledger
from settlement.close import close_cycle
from settlement.models import Entry, Line, Statement, StatementLine
from settlement.settle import post_shipped

MERCHANTS = 40
PARTIES = """
insert into network_merchant (id, name, legal_name, kind, country, currency, email, address1, postcode, city, oss, created_at)
  select m, 'Merchant ' || m, 'Merchant ' || m || ' SARL', 'retailer', 'FR', 'EUR', '', '', '', '', false, now()
  from generate_series(1, %(merchants)s) m;
insert into network_taxregistration (merchant_id, country, vat_id, valid_from)
  select m, 'FR', 'FR' || lpad(m::text, 9, '0'), date '2024-01-01' from generate_series(1, %(merchants)s) m;
insert into network_shop (id, merchant_id, platform, domain, name, status, country, currency, address1, postcode, city,
    taxes_included, shelf_service_id, shelf_location_id, gap_threshold, "placing", placement_cap, sells_to, home_only,
    promise_days, typical_postcode, shares_stock, buffer, price_floor_bp, accept_mode, checklist, created_at)
  select m, m, 'shopify', 'shop-' || m || '.myshopify.com', 'Shop ' || m, 'live', 'FR', 'EUR', '', '', '', true, '', '', 0,
    'gaps', 5, '{}', true, 5, '', true, 0, 1000, 'automatic', '[]', now() from generate_series(1, %(merchants)s) m;
insert into network_location (id, shop_id, remote_id, name, country, postcode, city, address1, is_active, shares,
    is_fulfilment_service)
  select m, m, 'here', 'Here', 'FR', '', '', '', true, true, false from generate_series(1, %(merchants)s) m;
insert into catalog_product (id, shop_id, remote_id, title, handle, vendor, product_type, tags, status, image_url,
    option_names, seen_at, sync_error)
  select m, m, 'product', 'Trail shoe', '', '', '', '{}', 'active', '', '{}', now(), '' from generate_series(1, %(merchants)s) m;
insert into catalog_inventoryitem (id, shop_id, remote_id, sku, tracked, requires_shipping, grams, hs_code, origin_country)
  select m, m, 'stock', 'S' || m, true, true, 900, '', '' from generate_series(1, %(merchants)s) m;
insert into catalog_variant (id, shop_id, product_id, inventory_item_id, remote_id, title, options, sku, barcode,
    article_code, price_minor, position, sells_without_stock, taxable, norm_version, gtin, gtin_status, brand_key, code,
    code_level, size_key, size_label, colour_key, gender, tokens)
  select m, m, m, m, 'variant', '42', '[]', 'S' || m, '', '', 12000, 1, false, true, 1, '', '', '', '', '', '', '', '', '',
    '{}' from generate_series(1, %(merchants)s) m;
insert into catalog_stocklevel (id, inventory_item_id, location_id, remote_id, available, claimed, phantom, coming_back, is_active)
  select m, m, m, '', 10, 0, 0, 0, true from generate_series(1, %(merchants)s) m;
insert into network_ratecard (id, origin_kind, shipper_kind, version, origin_bp, network_bp, starts_on)
  select 1, 'retailer', 'retailer', coalesce(max(version), 0) + 1000, 1500, 200, date '2026-01-01' from network_ratecard
  on conflict do nothing;
"""
# every merchant sells and ships; an order has one or two lines and left its shop within the last thirty days
SALES = """
create unlogged table bench_sale as
  select n, n %% %(merchants)s + 1 as origin, (n + 1 + n / %(merchants)s %% (%(merchants)s - 1)) %% %(merchants)s + 1 as shipper,
    now() - n %% 30 * interval '1 day' as at from generate_series(1::bigint, %(rows)s) n;
create unlogged table bench_line as
  select n * 2 + l as id, n, l, origin, shipper, 4000 + (n * 7919 + l) %% 16000 as net
  from bench_sale cross join generate_series(0, 1) l where l = 0 or n %% 3 = 0;
insert into orders_order (id, shop_id, remote_id, name, currency, financial_status, is_test, is_held, held_reason, placed_at,
    country, seen_at)
  select n, origin, 'order-' || n, '#' || n, 'EUR', 'PAID', false, false, '', at, 'FR', at from bench_sale;
insert into orders_orderline (id, order_id, remote_id, variant_id, title, sku, quantity, told_units, unit_price_minor,
    taxes_included, fulfilment_order_id, fulfilment_order_line_id, status, status_reason, tries, push_tries, push_error)
  select id, n, 'line-' || l, origin, 'Trail shoe, 42', 'S' || origin, 1, 0, net * 12 / 10, true, '', '', 'shipped', '', 0, 0, ''
  from bench_line;
insert into catalog_claim (id, level_id, quantity, purpose, status, created_at)
  select id, shipper, 1, 'order_line:' || id, 'used', now() from bench_line;
insert into orders_internalorder (id, number, order_id, shipper_id, status, status_reason, remote_id, remote_name, asks,
    tries, next_attempt_at, error, currency, rate_card_id, origin_bp, network_bp, vat, shipping_minor, created_at, shipped_at)
  select n, 'B-' || n, n, shipper, 'shipped', '', 'remote-' || n, '#A' || n, false, 0, at, '', 'EUR',
    (select max(id) from network_ratecard), 1500, 200, '{"treatment": "domestic", "supply_rate_bp": 2000, "consumer_rate_bp": 2000,
    "reason": "Sold and shipped inside France.", "rule_version": "bench", "transport": "origin"}', 600, at, at from bench_sale;
insert into orders_internalorderline (id, internal_order_id, order_line_id, claim_id, variant_id, quantity, shipped_quantity,
    net_minor, remote_line_id)
  select id, n, id, id, shipper, 1, 1, net, '' from bench_line;
drop table bench_line;
drop table bench_sale;
"""
BOOKS = {  # table → its columns to copy; an entry's transaction is its writer's own
    "settlement_account": "*",
    "settlement_period": "id, day, part, opened_at",
    "settlement_entry": "id, key, payload_hash, kind, ref, internal_order_id, reverses_id, period_id, effective_on, posted_at, "
    "line_count, facts",
    "settlement_line": "id, entry_id, n, account_id, currency, amount, tag, counterparty_id, item",
}
SUMS = (
    "create table bench_sums as select account_id, currency, sum(amount), count(*) from settlement_line group by 1, 2"
)


def main() -> None:
    """Load shipped orders, settle them through the verbs, then copy what came of it into an unsettled twin."""
    bench = open_bench("settle", rows=4_000, meaning="internal orders")
    with _scratch.scratch_database():
        values = {"merchants": MERCHANTS, "rows": bench.rows}
        _scratch.run_sql(*_statements(PARTIES), *_statements(SALES), **values)
        _scratch.settle_down()
        with _scratch.cloned_scratch("bench_copy") as twin:
            _settle(bench, twin)


def _statements(script: str) -> list[str]:
    return [statement for statement in script.split(";\n") if statement.strip()]


def _settle(bench: Bench, twin: str) -> None:
    posting, sweep = timed(post_shipped)
    closing, closed = timed(lambda: close_cycle(timezone.localdate(), by="bench"))
    if sweep.posted != bench.rows or sweep.refused or closed.refused:
        raise RuntimeError(f"{sweep.posted} of {bench.rows} internal orders were posted: {sweep.refused}")
    copying, entries = _copy_books(twin)
    bench.note(
        f"{Entry.objects.count()} entries, {Line.objects.count()} lines, {Statement.objects.count()} statements with "
        f"{StatementLine.objects.count()} lines; posting {posting:.1f} s, closing {closing:.1f} s; "
        f"peak memory {peak_bytes() >> 20} MB; load now {_scratch.load()}"
    )
    bench.tell(
        "shipped orders posted, released, closed and stated",
        posting + closing,
        "s",
        reference=copying,
        reference_name="COPY of the same entries and lines into the same constrained tables + one GROUP BY",
        aim=Aim(3, of="ratio"),
        better="lower",
    )
    bench.tell(
        "entries posted through the verb",
        bench.rows / posting,
        "1/s",
        reference=entries / copying,
        reference_name="entries by COPY into the same constrained tables",
        aim=Aim(1 / 3, of="ratio"),
        better="higher",
    )
    faults = check_ledger().findings
    bench.tell(
        "promises the ledger’s own proof finds broken",
        len(faults),
        "promises",
        reference=0.0,
        reference_name="a ledger that adds up",
        aim=Aim(0),
        better="lower",
    )


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
