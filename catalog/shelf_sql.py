"""The one statement that decides shelves: who sells an item, who could ship it, what speaks against it, what that comes to.

It says in sets what catalog.distributing says of one variant and one partner; a test holds the two against each other. Pieces:
sellers of the items with their levels; origins with what hinders them; offers of everybody else with refusals as bits; their
sums. Without standing rules the pieces about rules are left out, and without anybody's word on the VAT of goods the one about it.
Facts that need a calendar, a map or the VAT table stand in catalog_reach, a row for each selling shop and place (catalog.reach).
"""

from catalog.distributing import RULE_VERSION
from catalog.distributing.bits import HINDRANCES, REFUSALS
from catalog.goods import TAXED

H = {code: 1 << place for place, code in enumerate(HINDRANCES)}
R = {code: 1 << place for place, code in enumerate(REFUSALS)}

_SELLER = f"""
seller as materialized (
  select m.item_id, v.id as variant_id, m.shop_id, v.product_id, v.inventory_item_id, v.price_minor as price{{goods}},
    case when p.status = 'active' then 0 else {H["inactive"]} end
      | case when v.sku <> '' then 0 else {H["no_sku"]} end
      | case when i.tracked then 0 else {H["untracked"]} end
      | case when v.sells_without_stock then {H["sells_without_stock"]} else 0 end
      | case when i.requires_shipping then 0 else {H["not_shipped"]} end
      | case when v.price_minor > 0 then 0 else {H["no_price"]} end as unfit
  from catalog_match m
  join catalog_variant v on v.id = m.variant_id and v.deleted_at is null
  join catalog_product p on p.id = v.product_id and p.deleted_at is null
  join catalog_inventoryitem i on i.id = v.inventory_item_id
  where m.status = 'linked' and {{items}}
), held as materialized (
  select s.item_id, s.variant_id, s.shop_id, s.inventory_item_id, s.price, s.unfit, l.id as level_id,
    l.available - l.claimed as own, l.available - l.claimed - l.phantom as units, l.kept_back, a.id as location_id, a.shares,
    coalesce(nullif(a.country, ''), h.country) as country
  from seller s
  join network_shop h on h.id = s.shop_id
  join catalog_stocklevel l on l.inventory_item_id = s.inventory_item_id and l.is_active
  join network_location a on a.id = l.location_id and a.is_active
)"""  # noqa: S608 - names and bits of our own

_GOODS = ", lower(coalesce(nullif(v.brand_key, ''), p.vendor)) as brand, lower(p.product_type) as category, p.tags"

_RULED = """,
rule as materialized ({rules}),
ruled as materialized (
  select s.variant_id, r.* from seller s join rule r on r.shop_id = s.shop_id
    and r.brand in ('', s.brand) and r.category in ('', s.category)
    and (r.product_id is null or r.product_id = s.product_id)
    and (r.price_from is null or s.price >= r.price_from) and (r.price_to is null or s.price <= r.price_to)
    and (r.tag = '' or exists (select 1 from unnest(s.tags) t(tag) where lower(t.tag) = r.tag))
), shelf_cap as (
  select variant_id, (array_agg(amount order by position, id))[1] as cap from ruled
  where effect = 'cap' and for_shelf and partner_id is null and country = '' group by variant_id
)"""

STANDING = """
  select id, shop_id, side <> 'shipper' as for_shelf, side <> 'origin' as for_stock, effect, amount, brand, category, tag,
    product_id, partner_id, country, price_from, price_to, position
  from catalog_rule where removed_at is null and (starts_on is null or starts_on <= {today})
    and (ends_on is null or ends_on >= {today})"""

GIVEN = """
  select id, shop_id, side <> 'shipper' as for_shelf, side <> 'origin' as for_stock, effect, amount, brand, category, tag,
    product_id, partner_id, country, price_from, price_to, position
  from jsonb_to_recordset({given}) as given(id bigint, shop_id bigint, side text, effect text, amount int, brand text,
    category text, tag text, product_id bigint, partner_id bigint, country text, price_from bigint, price_to bigint,
    position int)"""

_ORIGIN = f""",
origin as materialized (
  select s.item_id, s.variant_id, s.shop_id, s.inventory_item_id, s.price, o.status, o.gap_threshold as gap, o.country,
    o.max_distance_km, o.promise_days, coalesce(w.own, 0) as own, {{cap}} as cap,
    s.unfit | case when o.placing = 'gaps' and coalesce(w.own, 0) > o.gap_threshold then {H["own_stock"]} else 0 end
      | case when {{cap}} > 0 then 0 else {H["cap"]} end as hindered
  from seller s join network_shop o on o.id = s.shop_id and o.status in ('shadow', 'live', 'paused')
  left join (select variant_id, sum(own) as own from held group by variant_id) w on w.variant_id = s.variant_id{{cap_of}}
  where {{origins}}
)"""  # noqa: S608 - names and bits of our own

_NET = "(20000 * {price}::bigint + 10000 + {rate}) / (2 * (10000 + {rate}))"
_MINE = _NET.format(price="o.price", rate="{my_vat}")
_THEIRS = _NET.format(price="h.price", rate="{their_vat}")
_IN_MY_CURRENCY = (
    f"case when r.fx_num = r.fx_den then {_THEIRS} else (2 * {_THEIRS} * r.fx_num + r.fx_den) / (2 * r.fx_den) end"
)

_MY_LOWER, _THEIR_LOWER = "coalesce(x.rate_bp, r.origin_vat_bp)", "coalesce(y.rate_bp, r.shipper_vat_bp)"
_LOWER = " left join taxed x on x.variant_id = o.variant_id left join taxed y on y.variant_id = h.variant_id"

_OFFER = f""",
offer as materialized (
  select o.variant_id, o.shop_id, h.variant_id as their_variant_id, h.shop_id as shipper_id, h.level_id, h.country,
    o.country as my_country, h.units, greatest(h.kept_back, coalesce(b.kept_back, 0)) as kept_back,
    h.units - greatest(h.kept_back, b.kept_back, t.buffer) as free,
    t.buffer, t.price_floor_bp as floor_bp, r.id as reach_id, r.days, r.km, r.vat_refusal,
    {_MINE} as net, {_IN_MY_CURRENCY} as their_net,
    case when t.status = 'live' then 0 else {R["shipper_not_live"]} end
      | case when t.shares_stock and h.shares
          and t.id not in (select w.shop_id from network_stop w where w.kind = 'partner' and w.ended_at is null
            and w.shop_id is not null) then 0 else {R["not_shared"]} end
      | case when h.unfit & {~H["no_sku"] & (2 ** len(HINDRANCES) - 1)} = 0 then 0 else {R["shipper_unfit"]} end
      | case when r.fx_num is null then {R["currency"]} else 0 end
      | case when o.max_distance_km is null or coalesce(r.km <= o.max_distance_km, false) then 0 else {R["distance"]} end
      | case when r.days > o.promise_days then {R["days"]} else 0 end
      | case when r.vat_refusal <> '' then {R["vat"]} else 0 end as refused
  from origin o
  join held h on h.item_id = o.item_id and h.shop_id <> o.shop_id and h.units > 0
  join network_shop t on t.id = h.shop_id and t.status in ('shadow', 'live', 'paused')
  left join catalog_shelfbasis b on b.shop_id = t.id
  left join catalog_reach r on r.origin_id = o.shop_id and r.location_id = h.location_id{{taxed}}
  where o.hindered = 0
)"""  # noqa: S608 - names and bits of our own

_JUDGED = f""",
mine as (
  select f.variant_id, f.level_id, bool_or(x.effect = 'exclude') as shut, bool_or(x.effect = 'only') as let_in,
    (array_agg(x.amount order by x.position, x.id) filter (
      where x.effect = 'cap' and (x.partner_id is not null or x.country <> '')))[1] as cap
  from offer f join ruled x on x.variant_id = f.variant_id and x.for_shelf
    and (x.partner_id is null or x.partner_id = f.shipper_id) and x.country in ('', f.country)
  group by f.variant_id, f.level_id
), theirs as (
  select f.variant_id, f.level_id, bool_or(x.effect = 'exclude') as shut, bool_or(x.effect = 'only') as let_in,
    (array_agg(x.amount order by x.position, x.id) filter (where x.effect = 'cap'))[1] as cap,
    (array_agg(x.amount order by x.position, x.id) filter (where x.effect = 'floor'))[1] as floor_bp,
    (array_agg(x.amount order by x.position, x.id) filter (where x.effect = 'buffer'))[1] as buffer
  from offer f join ruled x on x.variant_id = f.their_variant_id and x.for_stock
    and (x.partner_id is null or x.partner_id = f.shop_id) and x.country in ('', f.my_country)
  group by f.variant_id, f.level_id
), judged as (
  select f.variant_id, f.shipper_id, f.country, f.days, f.km, f.vat_refusal, f.reach_id,
    f.units - greatest(f.kept_back, coalesce(t.buffer, f.buffer)) as free,
    least(m.cap, t.cap) as cap,
    f.refused
      | case when f.net * 10000 >= f.their_net * (10000 - coalesce(t.floor_bp, f.floor_bp)) then 0 else {R["price"]} end
      | case when coalesce(m.shut, false)
          or (not coalesce(m.let_in, false) and f.shop_id in (select shop_id from rule where for_shelf and effect = 'only'))
        then {R["rule"]} else 0 end
      | case when coalesce(t.shut, false)
          or (not coalesce(t.let_in, false) and f.shipper_id in (select shop_id from rule where for_stock and effect = 'only'))
        then {R["partner_rule"]} else 0 end as refused
  from offer f left join mine m on m.variant_id = f.variant_id and m.level_id = f.level_id
  left join theirs t on t.variant_id = f.variant_id and t.level_id = f.level_id
)"""  # noqa: S608 - names and bits of our own

_UNJUDGED = f""",
judged as (
  select variant_id, shipper_id, country, days, km, vat_refusal, reach_id, free, null::int as cap,
    refused | case when net * 10000 >= their_net * (10000 - floor_bp) then 0 else {R["price"]} end as refused
  from offer
)"""  # noqa: S608 - names and bits of our own

_SUMS = """,
part as (
  select variant_id, shipper_id, least(sum(free), min(cap))::int as free, min(days) as days, min(km) as km
  from judged where refused = 0 and free > 0 and reach_id is not null group by variant_id, shipper_id, country
), total as (
  select variant_id, sum(free)::int as supply, count(distinct shipper_id)::int as partners,
    jsonb_agg(jsonb_build_object('shop', shipper_id, 'free', free, 'days', days, 'km', km) order by shipper_id, days) as shippers
  from part where free > 0 group by variant_id
), against as (
  select variant_id, bit_or(refused) as refused, max(vat_refusal) as vat, bool_or(reach_id is null) as unknown
  from judged where free > 0 and (refused <> 0 or reach_id is null) group by variant_id
), decided as (
  select o.*, coalesce(t.supply, 0) as supply, coalesce(t.partners, 0) as partners, t.shippers,
    case when o.hindered = 0 then least(o.cap, coalesce(t.supply, 0)) else 0 end as units,
    coalesce(a.refused, 0) as refused, coalesce(a.vat, '') as vat, coalesce(a.unknown, false) as unknown
  from origin o left join total t on t.variant_id = o.variant_id left join against a on a.variant_id = o.variant_id
)"""

# what changed: decisions beside what is stored, reasons only for those; the oldest linked variant speaks for its inventory item
_CHANGED = f""",
beside as materialized (
  select d.*, case when d.status = 'live' then d.units else 0 end as wanted, p.id as placement_id, p.wanted as stands,
    p.variant_id as standing_variant_id, p.item_id as standing_item_id, p.reason
  from decided d
  left join catalog_placement p on p.shop_id = d.shop_id and p.inventory_item_id = d.inventory_item_id
  where d.units > 0 or p.id is not null or d.unknown
), stated as (
  select b.*, case
      when b.status <> 'live' then jsonb_build_object(
        'status', b.status, 'would', case when b.status = 'shadow' then b.units else 0 end)
      when b.units > 0 then jsonb_build_object('own', b.own, 'gap', b.gap, 'cap', b.cap, 'shippers', b.shippers)
      else jsonb_build_object('own', b.own, 'gap', b.gap, 'hindered', b.hindered, 'refused', b.refused, 'vat', b.vat) end
      || '{{{{"rule_version": {RULE_VERSION}}}}}'::jsonb as facts
  from beside b
)
select s.shop_id, s.inventory_item_id, s.variant_id, s.item_id, s.wanted, s.facts::text, s.status, s.units, s.supply, s.cap,
  s.partners, s.own, s.gap, s.hindered, s.refused, s.vat, s.unknown
from stated s
where (s.placement_id is null or s.stands <> s.wanted or s.standing_variant_id <> s.variant_id
    or s.standing_item_id is distinct from s.item_id or s.reason - 'text' <> s.facts or s.unknown)
  and (  -- asked row by row: as a join it would read every variant there is
    select older.id from catalog_variant older
    join catalog_match m on m.variant_id = older.id and m.status = 'linked'
    join catalog_product p on p.id = older.product_id and p.deleted_at is null
    where older.inventory_item_id = s.inventory_item_id and older.id < s.variant_id and older.deleted_at is null
    limit 1) is null
union all
select p.shop_id, p.inventory_item_id, p.variant_id, p.item_id, 0, null, '', 0, 0, 0, 0, 0, 0, 0, 0, '', false
from catalog_placement p
where {{standing}} and not (p.wanted = 0 and p.reason ? 'gone')
  and not exists (select 1 from beside b where b.placement_id = p.id)
"""  # noqa: S608 - names and bits of our own

_DECISIONS = """
select shop_id, item_id, variant_id, inventory_item_id, units, shippers, unknown from decided where units > 0 or unknown
"""


# every variant of some shops by what keeps it off the shelf
_STATES = f"""
select case when d.hindered & {H["own_stock"]} <> 0 then 'own_stock' when d.hindered <> 0 then 'unfit'
    when d.units > 0 then 'filled' when d.refused <> 0 then 'refused' else 'nobody' end as state,
  d.shop_id, d.hindered, d.refused, d.vat, count(*), sum(d.units)
from decided d group by 1, 2, 3, 4, 5
"""  # noqa: S608 - names and bits of our own


def states_of(items: str, origins: str, today: str, *, ruled: bool, lower: str = "") -> str:
    """Write the statement that counts the variants of some shops by what keeps them off their shelf."""
    rules = _RULED.format(rules=STANDING.format(today=today)) if ruled else ""
    return _head(items, origins, rules, lower) + _STATES


def changes_of(items: str, standing: str, today: str, *, ruled: bool, lower: str = "") -> str:
    """Write the statement that answers every placement that must change; conditions name items of matches and placements."""
    rules = _RULED.format(rules=STANDING.format(today=today)) if ruled else ""
    return _head(items, "true", rules, lower) + _CHANGED.format(standing=standing)


def decisions_of(items: str, origins: str, given: str, *, ruled: bool, lower: str = "") -> str:
    """Write the statement that answers what would stand on which shelf under rules given as JSON."""
    rules = _RULED.format(rules=GIVEN.format(given=given)) if ruled else ""
    return _head(items, origins, rules, lower) + _DECISIONS


def _head(items: str, origins: str, rules: str, lower: str) -> str:
    goods, cap, cap_of, judged = "", "o.placement_cap", "", _UNJUDGED
    if rules:
        goods, judged = _GOODS, _JUDGED
        cap, cap_of = "coalesce(c.cap, o.placement_cap)", " left join shelf_cap c on c.variant_id = s.variant_id"
    seller = _SELLER.format(goods=goods, items=items)
    offer = _OFFER.format(my_vat="r.origin_vat_bp", their_vat="r.shipper_vat_bp", taxed="")
    if lower:
        seller += TAXED.format(lower=lower)
        offer = _OFFER.format(my_vat=_MY_LOWER, their_vat=_THEIR_LOWER, taxed=_LOWER)
    return f"with{seller}{rules}{_ORIGIN.format(cap=cap, cap_of=cap_of, origins=origins)}{offer}{judged}{_SUMS}"
