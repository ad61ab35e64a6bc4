"""One change in few statements: lock and read, look around, keep; each a function whose plans the session keeps.

`force_generic_plan`, because planning the same joins anew for every change took longer than running them.
"""

from importlib import import_module

from django.db import migrations

_PLANS = """set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
  set plan_cache_mode = force_generic_plan"""

# Volatile: what is read after the lock was got must be what the last holder left, not what stood when this was called.
TAKE = f"""
create function catalog_take_due(matcher bigint, version int, most int) returns table (
  id bigint, shop_id bigint, product_id bigint, mark text, is_deleted bool, matched_rule smallint, facts text,
  match_id bigint, item_id bigint, method text, is_judged bool, is_unread bool,
  title text, vendor text, options jsonb, sku text, barcode text, tags text[], product_type text, price_minor bigint,
  currency text, article_code text, shop_name text, merchant_name text, words text[]
) language plpgsql volatile {_PLANS}
as $$
begin
  if not pg_try_advisory_xact_lock(matcher) then
    return;
  end if;
  id := 0;
  options := jsonb_build_object(
    'stopped', (select coalesce(jsonb_agg(c.name), '[]') from catalog_evidenceclass c where c.status = 'stopped'),
    'brands', (select coalesce(jsonb_object_agg(a.alias, a.brand_key), '{{}}') from catalog_brandalias a),
    'colours', (select coalesce(jsonb_object_agg(a.word, a.bases), '{{}}') from catalog_colouralias a),
    'names', (select max(n.id) from catalog_learntname n)
  );
  return next;
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
end $$
"""

# From keys to products and on to their keys, once more; then the products that stand in the same styles, and all their rows.
AROUND = f"""
create function catalog_rows_around(
  products bigint[], changed bigint[], gtins text, brands text, codes text, most int
) returns table (
  id bigint, shop_id bigint, product_id bigint, facts text, price_minor bigint, match_id bigint, item_id bigint,
  style_id bigint, method text
) language plpgsql stable {_PLANS}
as $$
declare
  near bigint[] := products;
  fresh bigint[] := products;
  wider bigint[];
  said_gtins text[] := trim_array(string_to_array(gtins, chr(31)), 1);
  said_brands text[] := trim_array(string_to_array(brands, chr(31)), 1);
  said_codes text[] := trim_array(string_to_array(codes, chr(31)), 1);
begin
  for hop in 1..2 loop
    select array_agg(distinct p) into wider from (
      select unnest(near) as p
      union all
      select unnest(found.ids) from (
        select unnest(said_gtins) as gtin where hop = 1
        union
        select v.gtin from catalog_variant v
        where v.product_id = any(fresh) and v.gtin_status = 'clean' and v.deleted_at is null
      ) k cross join lateral (
        select case when count(*) <= most then array_agg(same.product_id) end as ids from (
          select v.product_id from catalog_variant v
          where v.gtin = k.gtin and v.gtin_status = 'clean' and v.deleted_at is null limit most + 1
        ) same
      ) found
      union all
      select unnest(found.ids) from (
        select * from unnest(said_brands, said_codes) as said(brand_key, code) where hop = 1
        union
        select v.brand_key, v.code from catalog_variant v
        where v.product_id = any(fresh) and v.brand_key <> '' and v.code <> '' and v.deleted_at is null
      ) k cross join lateral (
        select case when count(*) <= most then array_agg(same.product_id) end as ids from (
          select v.product_id from catalog_variant v
          where v.brand_key = k.brand_key and v.code = k.code and v.deleted_at is null limit most + 1
        ) same
      ) found
    ) reached;
    exit when cardinality(wider) <= cardinality(near);
    select array_agg(p) into fresh from unnest(wider) p where p <> all(near);
    near := wider;
  end loop;
  select array_agg(distinct p) into wider from (
    select unnest(near) as p
    union all
    select v.product_id from (
      select i.style_id from catalog_variant v
      join catalog_match m on m.variant_id = v.id and m.status = 'linked' join catalog_item i on i.id = m.item_id
      where v.product_id = any(near)
      union
      select coalesce(heir.style_id, i.style_id) from catalog_verdict w join catalog_item i on i.id = w.item_id
      left join catalog_item heir on heir.id = i.merged_into_id
      where w.variant_id = any(changed) and w.undone_at is null
    ) s join catalog_item i on i.style_id = s.style_id
    join catalog_match m on m.item_id = i.id and m.status = 'linked' join catalog_variant v on v.id = m.variant_id
  ) reached;
  return query
  select v.id, v.shop_id, v.product_id, v.facts, v.price_minor, m.id, m.item_id, i.style_id, m.method::text
  from catalog_variant v
  left join catalog_match m on m.variant_id = v.id and m.status = 'linked'
  left join catalog_item i on i.id = m.item_id
  where v.product_id = any(wider) and v.deleted_at is null;
end $$
"""

# A row whose mark is another by now has changed since it was read: its facts are kept, and it stays unread.
KEEP = f"""
create function catalog_keep_matched(
  rule int, newest int, later timestamptz, is_done bool,
  freed_gtins text, freed_brands text, freed_codes text,
  ids text, marks text, news text, packed text, versions text, gtins text, gtin_statuses text, brands text, codes text,
  code_levels text, size_keys text, size_labels text, colours text, genders text, tokens_of text,
  settled text, settled_marks text, worded text, words_of text, asked bigint[]
) returns void language plpgsql volatile {_PLANS}
as $$
begin
  -- Rows that shared a key which its row has no more: what kept them apart, or made their key ambiguous, may be gone.
  if freed_gtins <> '.' or freed_codes <> '.' then
    update catalog_variant v set match_due_at = later, matched_rule = -abs(v.matched_rule)
    from (
      select w.id from unnest(trim_array(string_to_array(freed_gtins, chr(31)), 1)) as k(gtin)
      join catalog_variant w on w.gtin = k.gtin where w.gtin_status = 'clean' and w.deleted_at is null
      union
      select w.id from unnest(trim_array(string_to_array(freed_brands, chr(31)), 1),
        trim_array(string_to_array(freed_codes, chr(31)), 1)) as k(brand_key, code)
      join catalog_variant w on w.brand_key = k.brand_key and w.code = k.code
      where w.code <> '' and w.brand_key <> '' and w.deleted_at is null
    ) mate
    where v.id = mate.id and v.match_due_at is null
      and not exists (select from catalog_match m where m.variant_id = v.id and m.status = 'linked');
  end if;
  if ids <> '.' then
    update catalog_variant v set norm_version = f.version, gtin = f.gtin, gtin_status = f.gtin_status,
      brand_key = f.brand, code = f.code, code_level = f.code_level, size_key = f.size_key, size_label = f.size_label,
      colour_key = f.colour, gender = f.gender, tokens = string_to_array(f.tokens, ' '), facts = f.facts,
      matched_rule = case when is_done then rule when f.is_new and v.matched_rule > 0 then -v.matched_rule
        else v.matched_rule end,
      facts_for = case when v.match_due_at is distinct from f.mark then f.mark else later end,
      match_due_at = case when v.match_due_at is distinct from f.mark then v.match_due_at when is_done then null
        else later end
    from (
      select *, nullif(said, '')::timestamptz as mark from unnest(
        trim_array(string_to_array(ids, chr(31)), 1)::bigint[], trim_array(string_to_array(marks, chr(31)), 1),
        trim_array(string_to_array(news, chr(31)), 1)::bool[], trim_array(string_to_array(packed, chr(31)), 1),
        trim_array(string_to_array(versions, chr(31)), 1)::int[], trim_array(string_to_array(gtins, chr(31)), 1),
        trim_array(string_to_array(gtin_statuses, chr(31)), 1), trim_array(string_to_array(brands, chr(31)), 1),
        trim_array(string_to_array(codes, chr(31)), 1), trim_array(string_to_array(code_levels, chr(31)), 1),
        trim_array(string_to_array(size_keys, chr(31)), 1), trim_array(string_to_array(size_labels, chr(31)), 1),
        trim_array(string_to_array(colours, chr(31)), 1), trim_array(string_to_array(genders, chr(31)), 1),
        trim_array(string_to_array(tokens_of, chr(31)), 1)
      ) s(id, said, is_new, facts, version, gtin, gtin_status, brand, code, code_level, size_key, size_label, colour,
        gender, tokens)
    ) f
    where v.id = f.id;
  end if;
  if settled <> '.' then
    update catalog_variant v set match_due_at = null, matched_rule = rule, norm_version = newest
    from unnest(trim_array(string_to_array(settled, chr(31)), 1)::bigint[],
      trim_array(string_to_array(settled_marks, chr(31)), 1)::timestamptz[]) f(id, mark)
    where v.id = f.id and v.match_due_at = f.mark;
  end if;
  -- The words under which products are found, and on how many products each stands.
  if worded <> '.' then
    with told as (
      select t.id, string_to_array(nullif(t.words, ''), E'\\n') as words from unnest(
        trim_array(string_to_array(worded, chr(31)), 1)::bigint[], trim_array(string_to_array(words_of, chr(31)), 1)
      ) t(id, words)
    ),
    changed as (
      update catalog_product p set words = coalesce(told.words, '{{}}') from told, catalog_product old
      where p.id = told.id and old.id = p.id returning old.words as before, p.words as after
    ),
    counted as (
      select word, sum(n)::int as n from (
        select unnest(after) as word, 1 as n from changed union all select unnest(before), -1 from changed
      ) moved group by word having sum(n) <> 0
    )
    insert into catalog_wordcount as c (word, products) select word, greatest(n, 0) from counted order by word
    on conflict (word) do update set products = greatest(c.products + excluded.products, 0);
  end if;
  if asked <> '{{}}' then
    update catalog_product p set cards_due_at = later where p.id = any(asked);
  end if;
end $$
"""
OLD = """
drop function catalog_rows_around(bigint[], bigint[], text[], text[], text[], int);
drop function catalog_products_around(bigint[], bigint[], text[], text[], text[], int);
drop function catalog_due_variants(int, int);
"""

BEFORE = import_module("catalog.migrations.0012_products_around").AROUND + ";"
BEFORE += import_module("catalog.migrations.0013_matching_reads").READS.partition("create function catalog_known_of")[0]


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0015_learnt_names'),
    ]

    operations = [
        migrations.RunSQL(OLD, BEFORE),
        migrations.RunSQL(TAKE, "drop function catalog_take_due"),
        migrations.RunSQL(AROUND, "drop function catalog_rows_around"),
        migrations.RunSQL(KEEP, "drop function catalog_keep_matched"),
    ]
