"""Distribute: every placement of N variants in S shops, and one change, beside the bare join that any answer needs."""

import os
import pathlib
import resource
from collections.abc import Callable
from functools import partial
from typing import Any

from benches import _scratch  # first: it sets the environment that settings are read from

# isort: split
from django.db import connection

from benches._figures import Aim, Bench, open_bench, share, timed
from catalog.distribute import distribute_all, distribute_due, notice_changes
from catalog.mark import mark_inventory
from catalog.models import ItemMark, Placement, StockLevel

SHOPS_TO_VARIANTS = 5000  # 200 shops at a million variants
CHANGES = 60
LOAD = """
insert into network_merchant (id, name, legal_name, kind, country, currency, email, address1, postcode, city, oss, created_at)
  select s, 'Merchant ' || s, 'Merchant ' || s || ' BV', 'retailer', country, 'EUR', '', '', postcode, '', true, now()
  from bench_shop;
insert into network_taxregistration (merchant_id, country, vat_id, valid_from)
  select s, country, country || lpad(s::text, 9, '0'), date '2024-01-01' from bench_shop;
insert into network_shop (id, merchant_id, platform, domain, name, status, country, currency, address1, postcode, city,
    taxes_included, shelf_service_id, shelf_location_id, gap_threshold, "placing", placement_cap, sells_to, home_only,
    promise_days, typical_postcode, shares_stock, buffer, price_floor_bp, accept_mode, checklist, created_at)
  select s, s, 'shopify', 'shop-' || s || '.myshopify.com', 'Shop ' || s, 'live', country, 'EUR', '', postcode, '',
    true, '', 'shelf-' || s, 0, 'gaps', 5, '{}', true, 5, '', true, 0, 1000, 'automatic', '[]', now() from bench_shop;
insert into network_location (id, shop_id, remote_id, name, country, postcode, city, address1, is_active, shares,
    is_fulfilment_service)
  select s, s, 'place-' || s, 'Shop', country, postcode, '', '', true, true, false from bench_shop;
insert into catalog_style (id, brand_key, code, title, colour_key, gender, category, image_url, created_at)
  select i, 'brand ' || i %% 50, '', 'Model ' || i, '', '', 'Boots', '', now() from generate_series(1, %(items)s / 8 + 1) i;
insert into catalog_item (id, style_id, size_key, size_label, created_at)
  select i, i / 8 + 1, 'EU' || 36 + i %% 12, (36 + i %% 12)::text, now() from generate_series(1, %(items)s) i;
insert into catalog_product (id, shop_id, remote_id, title, handle, vendor, product_type, tags, status, image_url,
    option_names, seen_at, sync_error)
  select v, shop, 'product-' || v, 'Model', '', 'Brand', 'Boots', '{}', 'active', '', '{Size}', now(), '' from bench_variant;
insert into catalog_inventoryitem (id, shop_id, remote_id, sku, tracked, requires_shipping, grams, hs_code, origin_country)
  select v, shop, 'stock-' || v, 'S' || v, true, true, 900, '', '' from bench_variant;
insert into catalog_variant (id, shop_id, product_id, inventory_item_id, remote_id, title, options, sku, barcode,
    article_code, price_minor, position, sells_without_stock, taxable, norm_version, gtin, gtin_status, brand_key, code,
    code_level, size_key, size_label, colour_key, gender, tokens)
  select v, shop, v, v, 'variant-' || v, '', '[]', 'S' || v, '', '', 10000 + item %% 90 * 100, 1, false, true, 1, '', '',
    'brand ' || item %% 50, '', '', '', '', '', '', '{}' from bench_variant;
insert into catalog_match (variant_id, shop_id, item_id, status, method, evidence, probability, decided_by, decided_at)
  select v, shop, item, 'linked', 'gtin', '[]', 1, 'bench', now() from bench_variant;
insert into catalog_stocklevel (inventory_item_id, location_id, remote_id, available, claimed, phantom, coming_back, is_active)
  select v, shop, '', case when (v * 7919) %% 10 < 4 then 0 else (v * 104729) %% 6 + 1 end, 0, 0, 0, true
  from bench_variant;
"""
# text columns the bench does not name hold what the project would write into them
DEFAULTS = """
do $$ declare one record; begin
  for one in select table_name, column_name from information_schema.columns
    where (table_name like 'network_%' or table_name like 'catalog_%') and is_nullable = 'NO' and column_default is null
      and data_type in ('character varying', 'text') and table_schema = current_schema
  loop execute format('alter table %I alter column %I set default %L', one.table_name, one.column_name, ''); end loop;
end $$
"""
# a million rows are loaded without what would look at each of them; the checks then hold for whatever comes
BARE = """
create unlogged table bench_again as
  select 0 as at, format('alter table %%I add constraint %%I %%s not valid', t.relname, k.conname, pg_get_constraintdef(k.oid)) as sql,
    format('alter table %%I drop constraint %%I', t.relname, k.conname) as gone
  from pg_constraint k join pg_class t on t.oid = k.conrelid where k.contype = 'f' and t.relname like 'catalog\\_%%'
  union all
  select 1, pg_get_indexdef(i.indexrelid), format('drop index %%I', c.relname)
  from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid
  where not i.indisunique and t.relname like 'catalog\\_%%';
do $$ declare one record; begin for one in select gone from bench_again order by at loop execute one.gone; end loop; end $$
"""
CHECKED = """
do $$ declare one record; begin for one in select sql from bench_again order by at desc loop execute one.sql; end loop; end $$
"""
# each item is carried by four shops; about four sizes in ten are gaps
WORLD = """
create unlogged table bench_shop as
  select s, (array['BE', 'NL', 'DE', 'FR'])[s %% 4 + 1] as country, (array['9000', '1012', '10115', '75001'])[s %% 4 + 1] as postcode
  from generate_series(1, %(shops)s) s;
create unlogged table bench_variant as
  select v, (v - 1) / 4 + 1 as item, ((v - 1) / 4 * 37 + (v - 1) %% 4 * greatest(%(shops)s / 4, 1)) %% %(shops)s + 1 as shop
  from generate_series(1::bigint, %(variants)s) v;
"""
JOIN = """
select mine.shop_id, v.inventory_item_id, least(max(s.placement_cap), sum(greatest(l.available - l.claimed - l.phantom, 0)))
from catalog_match mine
join catalog_variant v on v.id = mine.variant_id join network_shop s on s.id = mine.shop_id
join catalog_match other on other.item_id = mine.item_id and other.shop_id <> mine.shop_id and other.status = 'linked'
join catalog_variant ov on ov.id = other.variant_id
join catalog_stocklevel l on l.inventory_item_id = ov.inventory_item_id and l.is_active
where mine.status = 'linked' {}
  and not exists (select 1 from catalog_stocklevel o where o.inventory_item_id = v.inventory_item_id and o.available > 0)
group by 1, 2
"""


def main() -> None:
    """Load, decide everything, then change one figure at a time."""
    bench = open_bench("distribute", rows=8_000, meaning="variants")
    with _scratch.scratch_database():
        shops = max(8, bench.rows // SHOPS_TO_VARIANTS)
        values = {"shops": shops, "variants": bench.rows, "items": (bench.rows + 3) // 4}
        _scratch.run_sql(DEFAULTS)
        _scratch.run_sql(*WORLD.split(";\n")[:-1], *BARE.split(";\n"), *LOAD.split(";\n")[:-1], CHECKED, **values)
        _scratch.settle_down()
        notice_changes()  # or the first sweep would find that it knows no shop yet
        ItemMark.objects.all().delete()
        _scratch.settle_down()  # or every look for marks would walk past those just deleted
        _decide_all(bench, shops)
        _change_one(bench)


def _decide_all(bench: Bench, shops: int) -> None:
    connection.close_at = None  # however long it takes: another session's seconds would be counted from nothing
    _scratch.run_sql("set max_parallel_workers_per_gather = 0")  # or a helper's seconds would be nobody's
    taken, wall = _spent(distribute_all)
    bare, bare_wall = _spent(lambda: _scratch.run_sql(f"create temp table bench_answer as {JOIN.format('')}"))
    again, _ = _spent(distribute_all)
    placed = Placement.objects.filter(wanted__gt=0).count()
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from bench_answer")
        joined = cursor.fetchone()[0]
    bench.note(f"{shops} shops, {placed} placements above zero, the join has {joined} rows; load now {_scratch.load()}")
    bench.note(f"on the clock: {wall:.2f} s, the bare join {bare_wall:.2f} s")
    join = "the bare SQL join with its sum, stored without reasons, in seconds of one processor"
    for name, figure in (
        ("all placements decided, explained and stored", taken),
        ("all placements decided again, none changed", again),
    ):
        aim = Aim(3, of="ratio")
        bench.tell(name, figure, "s CPU", reference=bare, reference_name=join, aim=aim, better="lower")
    bench.tell(
        "variants decided",
        bench.rows / taken,
        "1/s CPU",
        reference=bench.rows / bare,
        reference_name="variants through the bare SQL join",
        aim=Aim(1 / 3, of="ratio"),
        better="higher",
    )


def _spent(work: Callable[[], Any]) -> tuple[float, float]:
    """Run something once; returns the processor's seconds it took here and in the session's server process, and the clock's."""
    before = _processor()
    wall, _ = timed(work)
    return _processor() - before, wall


def _processor() -> float:
    """Sum the user seconds of this process and of its server process (Linux)."""
    connection.ensure_connection()
    server = pathlib.Path(f"/proc/{connection.connection.info.backend_pid}/stat").read_text().rpartition(")")[2].split()
    return int(server[11]) / os.sysconf("SC_CLK_TCK") + resource.getrusage(resource.RUSAGE_SELF).ru_utime


def _change_one(bench: Bench) -> None:
    """Move one figure, mark what it touches, and time the sweep that decides it again."""
    stock = list(StockLevel.objects.order_by("pk").values_list("inventory_item_id", flat=True)[: CHANGES * 4 : 4])
    decided, bare = [], []
    before = _processor()
    for at, inventory_item in enumerate(stock):
        StockLevel.objects.filter(inventory_item=inventory_item).update(available=at % 3)
        mark_inventory([inventory_item])
        seconds, count = timed(distribute_due)
        if count != 1:
            raise RuntimeError(f"One change marked {count} items.")
        decided.append(seconds)
        item = inventory_item // 4 + 1
        with connection.cursor() as cursor:
            bare.append(timed(partial(cursor.execute, JOIN.format("and mine.item_id = %s"), [item]))[0])
    spent = _processor() - before
    bench.note(f"one change, its mark and the bare join beside it: {1000 * spent / len(stock):.1f} ms of a processor")
    for name, part, aim in (("p50", 0.5, 10), ("p95", 0.95, 10)):
        bench.tell(
            f"one change decided, {name}",
            share(decided, part) * 1000,
            "ms",
            reference=share(bare, part) * 1000,
            reference_name="the bare SQL join for one item",
            aim=Aim(aim),
            better="lower",
        )


if __name__ == "__main__":
    main()
