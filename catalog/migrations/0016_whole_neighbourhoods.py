"""Look around as far as keys lead, instead of two steps: what is three steps away may decide whether two may be one."""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("catalog.migrations.0015_a_change_in_few_statements")

# From products to whom their barcodes and full codes name, and on from there until nobody new is found. Nobody goes on from
# who carries a neighbour's barcode under another brand, or shares only a code that names no colour: such a product tells
# something of the key, and nothing else. A code leads to rows without a brand too, which their barcodes may lend that brand.
# `gtins`, `brands`, `codes` and `levels` are what changed variants say now, side by side; their rows may not show it yet.
# `most` variants of a key at most are followed; those who carry a key of more are returned with a mark. From the third
# step on, more than `widest` products end the way: the nightly comparison sees the rest.
AROUND = f"""
create function catalog_rows_around(
  products bigint[], changed bigint[], gtins text, brands text, codes text, levels text, most int, widest int
) returns table (
  id bigint, shop_id bigint, product_id bigint, facts text, price_minor bigint, match_id bigint, item_id bigint,
  style_id bigint, method text, has_crowded_gtin bool, has_crowded_code bool, is_whole bool
) language plpgsql stable {BEFORE._PLANS}
as $$
declare
  near bigint[] := products;
  fresh bigint[] := products;
  ends bigint[] := '{{}}';
  wider bigint[];
  tips bigint[];
  crowd_gtins text[] := '{{}}';
  crowd_codes text[] := '{{}}';
  done_gtins text[] := '{{}}';
  done_codes text[] := '{{}}';
  now_gtins text[];
  now_codes text[];
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
      select o.gtin, o.brand_key from own o where o.gtin <> '' and o.gtin || o.brand_key <> all(done_gtins)
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
      from named k cross join lateral (
        select count(*) > most as is_crowded, array_agg(same.product_id) as ids from (
          select v.product_id from catalog_variant v
          where v.brand_key in (k.brand_key, '') and v.code = k.code and v.deleted_at is null limit most + 1
        ) same
      ) found left join lateral unnest(found.ids) as u(p) on not found.is_crowded
      where k.is_full or hop = 1
    )
    select array_agg(distinct r.p) filter (where not r.is_end), array_agg(distinct r.p) filter (where r.is_end),
      array_agg(distinct r.gtin) filter (where r.gtin is not null),
      array_agg(distinct r.code) filter (where r.code is not null),
      (select array_agg(k.gtin || k.brand_key) from numbers k),
      (select array_agg(k.brand_key || chr(31) || k.code) from named k where k.is_full)
    into wider, tips, more_gtins, more_codes, now_gtins, now_codes from reached r;
    done_gtins := done_gtins || coalesce(now_gtins, '{{}}');
    done_codes := done_codes || coalesce(now_codes, '{{}}');
    crowd_gtins := crowd_gtins || coalesce(more_gtins, '{{}}');
    crowd_codes := crowd_codes || coalesce(more_codes, '{{}}');
    ends := ends || coalesce(tips, '{{}}');
    select array_agg(p) into fresh from unnest(wider) p where p <> all(near);
    exit when fresh is null or (hop > 1 and cardinality(near) + cardinality(fresh) > widest);
    near := near || fresh;
  end loop;
  select array_agg(distinct p) into wider from (
    select unnest(near || ends) as p
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
  select v.id, v.shop_id, v.product_id, v.facts, v.price_minor, m.id, m.item_id, i.style_id, m.method::text,
    v.gtin = any(crowd_gtins), v.brand_key || chr(31) || v.code = any(crowd_codes), v.product_id = any(near)
  from catalog_variant v
  left join catalog_match m on m.variant_id = v.id and m.status = 'linked'
  left join catalog_item i on i.id = m.item_id
  where v.product_id = any(wider) and v.deleted_at is null;
end $$
"""


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0015_a_change_in_few_statements'),
        ('catalog', '0015_reports_taken_back'),
    ]

    operations = [
        migrations.RunSQL("drop function catalog_rows_around", BEFORE.AROUND),
        migrations.RunSQL(AROUND, "drop function catalog_rows_around"),
    ]
