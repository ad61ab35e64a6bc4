"""Look around many changed products as fast, product for product, as around one; a code may stand on all sizes of its page."""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("catalog.migrations.0016_whole_neighbourhoods")
PLANS = import_module("catalog.migrations.0015_a_change_in_few_statements")._PLANS

# As before, but what is known already is taken off as a set, and who is whole is carried along instead of being looked up in
# an array for every row: with thousands of products that took three quarters of the time. Of a full code eight times as
# many variants are followed as of a barcode, for a barcode is one size's and a code stands on every size of its product.
AROUND = f"""
create or replace function catalog_rows_around(
  products bigint[], changed bigint[], gtins text, brands text, codes text, levels text, most int, widest int
) returns table (
  id bigint, shop_id bigint, product_id bigint, facts text, price_minor bigint, match_id bigint, item_id bigint,
  style_id bigint, method text, has_crowded_gtin bool, has_crowded_code bool, is_whole bool
) language plpgsql stable {PLANS} set join_collapse_limit = 1
as $$
declare
  near bigint[] := products;
  fresh bigint[] := products;
  ends bigint[] := '{{}}';
  wider bigint[];
  tips bigint[];
  whole bool[];
  crowd_gtins text[] := '{{}}';
  crowd_codes text[] := '{{}}';
  done_gtins text[] := '{{}}';
  done_brands text[] := '{{}}';
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
    done_gtins := done_gtins || coalesce(now_gtins, '{{}}');
    done_brands := done_brands || coalesce(now_brands, '{{}}');
    crowd_gtins := crowd_gtins || coalesce(more_gtins, '{{}}');
    crowd_codes := crowd_codes || coalesce(more_codes, '{{}}');
    ends := ends || coalesce(tips, '{{}}');
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
COLLAPSE = "alter function catalog_rows_around(bigint[], bigint[], text, text, text, text, int, int) set join_collapse_limit = 1"


class Migration(migrations.Migration):

    dependencies = [
        ("catalog", "0021_trust"),
    ]

    operations = [
        migrations.RunSQL(
            AROUND, BEFORE.AROUND.replace("create function", "create or replace function") + ";" + COLLAPSE
        ),
    ]
