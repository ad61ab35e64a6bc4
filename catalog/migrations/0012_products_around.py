"""One function that finds, by index alone, the products a few others must be compared with; its plans are kept by the session."""

from django.db import migrations

# A plan for lists of unknown length must not fall for a hash join over a million rows: every step is an index look-up.
AROUND = """
create function catalog_products_around(
  products bigint[], changed bigint[], gtins text[], brands text[], codes text[], most int
) returns bigint[] language plpgsql stable set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  near bigint[] := products;
  fresh bigint[] := products;
  wider bigint[];
begin
  for hop in 1..2 loop
    select array_agg(distinct p) into wider from (
      select unnest(near) as p
      union all
      select unnest(found.ids) from (
        select unnest(gtins) as gtin where hop = 1
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
        select * from unnest(brands, codes) as said(brand_key, code) where hop = 1
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
  return wider;
end $$
"""


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0011_taking_links_back'),
    ]

    operations = [
        migrations.RunSQL(
            AROUND, "drop function catalog_products_around(bigint[], bigint[], text[], text[], text[], int)"
        ),
    ]
