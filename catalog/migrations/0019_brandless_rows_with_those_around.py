"""Read those around rows without a brand too: one barcode stands alone, another of the same product lends it a brand."""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("catalog.migrations.0014_rows_of_brands").READ
READ = """
create or replace function catalog_rows_of_brands(brands text[]) returns table (
  id bigint, shop_id bigint, product_id bigint, facts text, price_minor bigint, match_id bigint, item_id bigint,
  style_id bigint, method text, mark text, is_read bool, is_never_matched bool
) language plpgsql stable set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
  set plan_cache_mode = force_generic_plan
as $$
declare
  part bigint[];
  bare bigint[];
  further bigint[];
  gtins text[];
begin
  -- the brands' own products; among rows without a brand those that share no barcode with any; the barcodes they carry
  select array_agg(distinct v.product_id) into part from catalog_variant v
  where v.brand_key = any(brands) and v.brand_key <> '' and v.deleted_at is null;
  if '' = any(brands) then
    select array_agg(distinct u.product_id) into further from catalog_variant u
    where u.brand_key = '' and u.deleted_at is null and not exists (
      select from catalog_variant b where b.gtin = u.gtin and u.gtin_status = 'clean' and b.gtin_status = 'clean'
        and b.deleted_at is null and b.brand_key <> '');
    part := part || further;
  end if;
  select array_agg(distinct v.gtin) into gtins from unnest(part) as own(product_id)
  join catalog_variant v on v.product_id = own.product_id where v.gtin_status = 'clean' and v.deleted_at is null;
  -- products that share one with them, and those that share one with the brandless among these
  select array_agg(distinct v.product_id), array_agg(distinct v.product_id) filter (where v.brand_key = '')
  into further, bare from unnest(gtins) as k(gtin) cross join lateral (
    select w.product_id, w.brand_key from catalog_variant w
    where w.gtin = k.gtin and w.gtin_status = 'clean' and w.deleted_at is null offset 0
  ) v;
  part := part || further;
  select array_agg(distinct same.product_id) into further
  from unnest(bare) as b(product_id) cross join lateral (
    select w.gtin from catalog_variant w
    where w.product_id = b.product_id and w.gtin_status = 'clean' and w.deleted_at is null offset 0
  ) v cross join lateral (
    select w.product_id from catalog_variant w
    where w.gtin = v.gtin and w.gtin_status = 'clean' and w.deleted_at is null offset 0
  ) same;
  part := part || further;
  return query
  select v.id, v.shop_id, v.product_id, v.facts, v.price_minor, m.id, m.item_id, i.style_id, m.method::text,
    v.match_due_at::text, v.facts_for is not distinct from v.match_due_at, v.matched_rule = 0
  from (select distinct p from unnest(part) p) as own(product_id) cross join lateral (
    select * from catalog_variant w where w.product_id = own.product_id and w.deleted_at is null and w.facts <> '' offset 0
  ) v
  left join catalog_match m on m.variant_id = v.id and m.status = 'linked'
  left join catalog_item i on i.id = m.item_id;
end $$
"""


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0018_known_by_one_plan'),
    ]

    operations = [
        migrations.RunSQL(READ, BEFORE.replace("create function", "create or replace function")),
    ]
