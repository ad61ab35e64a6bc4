"""What matching reads and writes for a change, each in one statement: planning such joins anew took longer than running them.

Every step is an index look-up: a plan for lists of unknown length must not fall for a join over a million rows. Hence
`force_generic_plan`, and no scans.
"""

from django.db import migrations

# Volatile: what is read after the lock was got must be what the last holder left, not what stood when this was called.
TAKE = """
create function catalog_take_due(matcher bigint, version int, most int) returns table (
  id bigint, shop_id bigint, product_id bigint, mark text, is_deleted bool, matched_rule smallint, facts text,
  match_id bigint, item_id bigint, method text, is_judged bool, is_unread bool,
  title text, vendor text, options jsonb, sku text, barcode text, tags text[], product_type text, price_minor bigint,
  currency text, article_code text, shop_name text, merchant_name text, words text[]
) language plpgsql volatile set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
  set plan_cache_mode = force_generic_plan
as $$
begin
  if not pg_try_advisory_xact_lock(matcher) then
    return;
  end if;
  id := 0;
  options := jsonb_build_object(
    'stopped', (select coalesce(jsonb_agg(c.name), '[]') from catalog_evidenceclass c where c.status = 'stopped'),
    'brands', (select coalesce(jsonb_object_agg(a.alias, a.brand_key), '{}') from catalog_brandalias a),
    'colours', (select coalesce(jsonb_object_agg(a.word, a.bases), '{}') from catalog_colouralias a),
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

# From products to whom their barcodes and full codes name, and on from there until nobody new is found. Nobody goes on from
# who carries a neighbour's barcode under another brand, or shares only a code that names no colour: such a product tells
# something of the key, and nothing else. A code leads to rows without a brand too, which their barcodes may lend that brand.
# `gtins`, `brands`, `codes` and `levels` are what changed variants say now, side by side; their rows may not show it yet.
# `most` variants of a barcode at most are followed, and eight times as many of a full code, for a barcode is one size's and
# a code stands on every size of its product; those who carry a key of more are returned with a mark. From the third step
# on, more than `widest` products end the way: the nightly comparison sees the rest. What is known already is taken off as
# a set, and who is whole is carried along: looked up in arrays, thousands of products took four times as long.
AROUND = """
create function catalog_rows_around(
  products bigint[], changed bigint[], gtins text, brands text, codes text, levels text, most int, widest int
) returns table (
  id bigint, shop_id bigint, product_id bigint, facts text, price_minor bigint, match_id bigint, item_id bigint,
  style_id bigint, method text, has_crowded_gtin bool, has_crowded_code bool, is_whole bool
) language plpgsql stable set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
  set plan_cache_mode = force_generic_plan set join_collapse_limit = 1
as $$
declare
  near bigint[] := products;
  fresh bigint[] := products;
  ends bigint[] := '{}';
  wider bigint[];
  tips bigint[];
  whole bool[];
  crowd_gtins text[] := '{}';
  crowd_codes text[] := '{}';
  done_gtins text[] := '{}';
  done_brands text[] := '{}';
  now_gtins text[];
  now_brands text[];
  more_gtins text[];
  more_codes text[];
  said_gtins text[] := trim_array(string_to_array(gtins, chr(31)), 1);
  said_brands text[] := trim_array(string_to_array(brands, chr(31)), 1);
  said_codes text[] := trim_array(string_to_array(codes, chr(31)), 1);
  said_levels text[] := trim_array(string_to_array(levels, chr(31)), 1);
begin
  for hop in 1..20 loop
    with own as materialized (
      select v.product_id, v.brand_key, v.code, v.code_level, case when v.gtin_status = 'clean' then v.gtin else '' end as gtin
      from catalog_variant v where v.product_id = any(fresh) and v.deleted_at is null
    ),
    numbers as (
      (select o.gtin, o.brand_key from own o where o.gtin <> '' except select * from unnest(done_gtins, done_brands))
      union
      select s.gtin, s.brand_key from unnest(said_gtins, said_brands) as s(gtin, brand_key) where hop = 1 and s.gtin <> ''
    ),
    written as (
      select o.brand_key, o.code, bool_or(o.code_level = 'full') as is_full from own o
      where o.brand_key <> '' and o.code <> '' group by 1, 2
      union
      select s.brand_key, s.code, s.code_level = 'full' from unnest(said_brands, said_codes, said_levels)
        as s(brand_key, code, code_level) where hop = 1 and s.brand_key <> ''
      union
      select w.brand_key, o.code, o.code_level = 'full' from (
        select own.code, own.code_level, own.gtin from own where own.brand_key = '' and own.code <> '' and own.gtin <> ''
        union
        select s.code, s.code_level, s.gtin from unnest(said_brands, said_codes, said_levels, said_gtins)
          as s(brand_key, code, code_level, gtin) where hop = 1 and s.brand_key = '' and s.code <> ''
      ) o cross join lateral (
        select v.brand_key from catalog_variant v
        where v.gtin = o.gtin and v.gtin_status = 'clean' and v.deleted_at is null
        union
        select s.brand_key from unnest(said_gtins, said_brands) as s(gtin, brand_key) where s.gtin = o.gtin
      ) w
      where w.brand_key <> ''
    ),
    named as materialized (  -- `limit`, because else the planner reads all levels there are, twice
      select w.brand_key, w.code, own_level.level is null and (w.is_full or of_shape.level is not null) as is_full
      from written w
      left join lateral (
        select l.level from catalog_codelevel l
        where l.brand = w.brand_key and l.code = w.code and l.level = 'style' limit 1
      ) own_level on true
      left join lateral (
        select l.level from catalog_codelevel l where l.brand = w.brand_key
          and l.code = '~' || translate(w.code, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345678', 'AAAAAAAAAAAAAAAAAAAAAAAAAA999999999')
        limit 1
      ) of_shape on true
    ),
    reached as (
      select u.p, u.is_end, case when found.is_crowded then k.gtin end as gtin, null as code
      from numbers k cross join lateral (
        select count(*) > most as is_crowded, array_agg(same.product_id) as ids,
          array_agg(hop > 1 and same.brand_key <> k.brand_key and same.brand_key <> '' and k.brand_key <> '') as ends
        from (
          select v.product_id, v.brand_key from catalog_variant v
          where v.gtin = k.gtin and v.gtin_status = 'clean' and v.deleted_at is null limit most + 1
        ) same
      ) found left join lateral unnest(found.ids, found.ends) as u(p, is_end) on not found.is_crowded
      union all
      select u.p, not k.is_full, null, case when found.is_crowded then k.brand_key || chr(31) || k.code end
      from (select *, case when is_full then 8 else 1 end as sizes from named) k cross join lateral (
        select count(*) > k.sizes * most as is_crowded, array_agg(same.product_id) as ids from (
          select v.product_id from catalog_variant v
          where v.brand_key in (k.brand_key, '') and v.code = k.code and v.deleted_at is null limit k.sizes * most + 1
        ) same
      ) found left join lateral unnest(found.ids) as u(p) on not found.is_crowded
      where k.is_full or hop = 1
    )
    select array_agg(distinct r.p) filter (where not r.is_end), array_agg(distinct r.p) filter (where r.is_end),
      array_agg(distinct r.gtin) filter (where r.gtin is not null),
      array_agg(distinct r.code) filter (where r.code is not null),
      (select array_agg(k.gtin order by k.gtin, k.brand_key) from numbers k),
      (select array_agg(k.brand_key order by k.gtin, k.brand_key) from numbers k)
    into wider, tips, more_gtins, more_codes, now_gtins, now_brands from reached r;
    done_gtins := done_gtins || coalesce(now_gtins, '{}');
    done_brands := done_brands || coalesce(now_brands, '{}');
    crowd_gtins := crowd_gtins || coalesce(more_gtins, '{}');
    crowd_codes := crowd_codes || coalesce(more_codes, '{}');
    ends := ends || coalesce(tips, '{}');
    select array_agg(p) into fresh from (select unnest(wider) except select unnest(near)) as f(p);
    exit when fresh is null or (hop > 1 and cardinality(near) + cardinality(fresh) > widest);
    near := near || fresh;
  end loop;
  select array_agg(r.p), array_agg(r.is_near) into wider, whole from (
    select p, bool_or(is_near) as is_near from (
      select unnest(near) as p, true as is_near
      union all
      select unnest(ends), false
      union all
      select v.product_id, false from (
        select i.style_id from catalog_variant v
        join catalog_match m on m.variant_id = v.id and m.status = 'linked' join catalog_item i on i.id = m.item_id
        where v.product_id = any(near)
        union
        select coalesce(heir.style_id, i.style_id) from catalog_verdict w join catalog_item i on i.id = w.item_id
        left join catalog_item heir on heir.id = i.merged_into_id
        where w.variant_id = any(changed) and w.undone_at is null
      ) s join catalog_item i on i.style_id = s.style_id
      join catalog_match m on m.item_id = i.id and m.status = 'linked' join catalog_variant v on v.id = m.variant_id
    ) reached group by p
  ) r;
  return query
  select v.id, v.shop_id, v.product_id, v.facts, v.price_minor, m.id, m.item_id, i.style_id, m.method::text,
    v.gtin = any(crowd_gtins), v.brand_key || chr(31) || v.code = any(crowd_codes), w.is_near
  from unnest(wider, whole) as w(p, is_near) join catalog_variant v on v.product_id = w.p
  left join catalog_match m on m.variant_id = v.id and m.status = 'linked'
  left join catalog_item i on i.id = m.item_id
  where v.deleted_at is null;
end $$
"""

# What verdicts, learnt sizes and levels of codes say of rows.
KNOWN = """
create function catalog_known_of(
  rows bigint[], all_brands text[], brands text[], codes text[]
) returns table (kind text, one text, two text, three text, four text)
language plpgsql stable set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
  set plan_cache_mode = force_generic_plan
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

# All rows of brands; those without a brand too, as one barcode stands alone and another of the same product lends it a brand.
BRANDS = """
create function catalog_rows_of_brands(brands text[]) returns table (
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

# A row whose mark is another by now has changed since it was read: its facts are kept, and it stays unread.
KEEP = r"""
create function catalog_keep_matched(
  rule int, newest int, later timestamptz, is_done bool,
  freed_gtins text, freed_brands text, freed_codes text,
  ids text, marks text, news text, packed text, versions text, gtins text, gtin_statuses text, brands text, codes text,
  code_levels text, size_keys text, size_labels text, colours text, genders text, tokens_of text,
  settled text, settled_marks text, worded text, words_of text, asked bigint[]
) returns void language plpgsql volatile set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
  set plan_cache_mode = force_generic_plan
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
      select t.id, string_to_array(nullif(t.words, ''), E'\n') as words from unnest(
        trim_array(string_to_array(worded, chr(31)), 1)::bigint[], trim_array(string_to_array(words_of, chr(31)), 1)
      ) t(id, words)
    ),
    changed as (
      update catalog_product p set words = coalesce(told.words, '{}') from told, catalog_product old
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
  if asked <> '{}' then
    update catalog_product p set cards_due_at = later where p.id = any(asked);
  end if;
end $$
"""

FUNCTIONS = ("take_due", "rows_around", "known_of", "rows_of_brands", "keep_matched")


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_first_evidence_classes")]
    operations = [
        migrations.RunSQL(sql, f"drop function catalog_{name}")
        for name, sql in zip(FUNCTIONS, (TAKE, AROUND, KNOWN, BRANDS, KEEP), strict=True)
    ]
