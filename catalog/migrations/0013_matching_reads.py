"""Matching's two wide reads as functions: planning their joins anew for each change took longer than running them."""

from django.db import migrations

READS = """
create function catalog_due_variants(version int, most int) returns table (
  id bigint, shop_id bigint, product_id bigint, mark text, is_deleted bool, matched_rule smallint, facts text,
  match_id bigint, item_id bigint, method text, is_judged bool, is_unread bool,
  title text, vendor text, options jsonb, sku text, barcode text, tags text[], product_type text, price_minor bigint,
  currency text, article_code text, shop_name text, merchant_name text, words text[]
) language plpgsql stable set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
  return query
  select v.id, v.shop_id, v.product_id, v.match_due_at::text, v.deleted_at is not null, v.matched_rule, v.facts,
    m.id, m.item_id, m.method::text,
    exists(select from catalog_verdict w where w.variant_id = v.id) or m.id is null and exists(
      select from catalog_reviewcard c where c.product_id = v.product_id and c.status = 'open' and c.kind = 'question'),
    v.facts_for is distinct from v.match_due_at or v.norm_version < version,
    p.title::text, p.vendor::text, v.options, v.sku::text, v.barcode::text, p.tags::text[], p.product_type::text,
    v.price_minor, s.currency::text, v.article_code::text, s.name::text, o.name::text, p.words::text[]
  from catalog_variant v join catalog_product p on p.id = v.product_id
  join network_shop s on s.id = v.shop_id join network_merchant o on o.id = s.merchant_id
  left join catalog_match m on m.variant_id = v.id and m.status = 'linked'
  where v.match_due_at is not null order by v.match_due_at, v.id limit most;
end $$;
create function catalog_rows_around(
  products bigint[], changed bigint[], gtins text[], brands text[], codes text[], most int
) returns table (
  id bigint, shop_id bigint, product_id bigint, facts text, price_minor bigint, match_id bigint, item_id bigint,
  style_id bigint, method text
) language plpgsql stable set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  around bigint[] := catalog_products_around(products, changed, gtins, brands, codes, most);
begin
  return query
  select v.id, v.shop_id, v.product_id, v.facts, v.price_minor, m.id, m.item_id, i.style_id, m.method::text
  from catalog_variant v
  left join catalog_match m on m.variant_id = v.id and m.status = 'linked'
  left join catalog_item i on i.id = m.item_id
  where v.product_id = any(around) and v.deleted_at is null;
end $$;
create function catalog_known_of(
  rows bigint[], all_brands text[], brands text[], codes text[]
) returns table (kind text, one text, two text, three text, four text)
language plpgsql stable set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
  return query
  select 'said', w.variant_id::text, coalesce(i.merged_into_id, i.id)::text, w.same::text, ''
  from catalog_verdict w join catalog_item i on i.id = w.item_id
  where w.undone_at is null and w.variant_id = any(rows)
  union all
  select 'not', w.variant_id::text, m.variant_id::text, '', '' from catalog_verdict w
  join catalog_match m on m.item_id = w.item_id and m.variant_id <> w.variant_id
    and (m.status = 'linked' or m.status = 'withdrawn' and m.method <> 'person')
  where w.undone_at is null and not w.same and w.variant_id = any(rows)
  union all
  select 'size', l.brand::text, l.system::text, l.value::text, l.european::text from catalog_learntsize l
  where l.brand = any(all_brands)
  union all
  select 'code', c.brand::text, c.code::text, c.level::text, '' from unnest(brands, codes) asked(brand, code)
  join catalog_codelevel c on c.brand = asked.brand and c.code = asked.code;
end $$
"""
UNDO = """
drop function catalog_known_of(bigint[], text[], text[], text[]);
drop function catalog_rows_around(bigint[], bigint[], text[], text[], text[], int);
drop function catalog_due_variants(int, int)
"""


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0012_products_around'),
        ('network', '0002_shelf_guard_and_rate_cards'),
    ]

    operations = [
        migrations.RunSQL(READS, UNDO),
    ]
