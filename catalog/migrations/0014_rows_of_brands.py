"""Reading whole brands as a function, step by step along indexes: as one statement its joins were misjudged (63 s for 20,000 rows)."""

from django.db import migrations

READ = """
create function catalog_rows_of_brands(brands text[]) returns table (
  id bigint, shop_id bigint, product_id bigint, facts text, price_minor bigint, match_id bigint, item_id bigint,
  style_id bigint, method text, mark text, is_read bool, is_never_matched bool
) language plpgsql stable set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  part bigint[];
  bare bigint[];
  further bigint[];
  gtins text[];
begin
  -- the brands' own products; the barcodes they carry
  select array_agg(distinct v.product_id), array_agg(distinct v.gtin) filter (where v.gtin_status = 'clean')
  into part, gtins from catalog_variant v
  where v.brand_key = any(brands) and v.brand_key <> '' and v.deleted_at is null;
  -- products that share one with them, and those that share one with the brandless among these
  select array_agg(distinct v.product_id), array_agg(distinct v.product_id) filter (where v.brand_key = '')
  into further, bare from unnest(gtins) as k(gtin) join catalog_variant v on v.gtin = k.gtin
  where v.gtin_status = 'clean' and v.deleted_at is null;
  part := part || further;
  select array_agg(distinct same.product_id) into further
  from unnest(bare) as b(product_id) join catalog_variant v on v.product_id = b.product_id
  join catalog_variant same on same.gtin = v.gtin
  where v.gtin_status = 'clean' and v.deleted_at is null and same.gtin_status = 'clean' and same.deleted_at is null;
  part := part || further;
  -- rows without a brand that share no barcode with any are by themselves
  if '' = any(brands) then
    select array_agg(distinct u.product_id) into further from catalog_variant u
    where u.brand_key = '' and u.deleted_at is null and not exists (
      select from catalog_variant b where b.gtin = u.gtin and u.gtin_status = 'clean' and b.gtin_status = 'clean'
        and b.deleted_at is null and b.brand_key <> '');
    part := part || further;
  end if;
  return query
  select v.id, v.shop_id, v.product_id, v.facts, v.price_minor, m.id, m.item_id, i.style_id, m.method::text,
    v.match_due_at::text, v.facts_for is not distinct from v.match_due_at, v.matched_rule = 0
  from (select distinct p from unnest(part) p) as own(product_id) join catalog_variant v on v.product_id = own.product_id
  left join catalog_match m on m.variant_id = v.id and m.status = 'linked'
  left join catalog_item i on i.id = m.item_id
  where v.deleted_at is null and v.facts <> '';
end $$
"""


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0013_matching_reads'),
    ]

    operations = [
        migrations.RunSQL(READ, "drop function catalog_rows_of_brands(text[])"),
    ]
