"""Evidence behind the VAT of each internal order is collected while it is fresh: registrations at once, parcels as they move."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from network.scoping import as_network
from settlement.models import Evidence

BATCH = 2_000
SLACK = 5_000  # numbers are given before they are committed, so newer ones may be seen first
LOOKED_BACK = dt.timedelta(days=120)  # parcels older than that bring no news

_PARTY = """
jsonb_build_object('merchant', {m}.id, 'name', {m}.legal_name, 'country', {m}.country, 'oss', {m}.oss, 'vat_ids', (
  select coalesce(jsonb_agg(jsonb_build_object('country', t.country, 'vat_id', t.vat_id, 'valid_from', t.valid_from,
      'answer', coalesce(c.answer, 'not_checked'), 'consultation', coalesce(c.consultation, ''), 'source', coalesce(c.source, ''),
      'asked_at', c.asked_at) order by t.country, t.id), '[]'::jsonb)
  from network_taxregistration t
  left join lateral (select * from network_vatcheck k where k.registration_id = t.id order by k.asked_at desc, k.id desc limit 1) c on true
  where t.merchant_id = {m}.id and t.valid_from <= d.day and (t.valid_to is null or t.valid_to >= d.day)))
"""
_STANDING = f"""
select i.id, 'standing', %(network)s, false, now(), jsonb_build_object('treatment', i.vat->>'treatment',
    'rule_version', i.vat->>'rule_version', 'transport', i.vat->>'transport', 'arrives', o.country,
    'leaves', (select jsonb_agg(distinct jsonb_build_object('country', l.country, 'postcode', l.postcode, 'location', l.id))
      from orders_internalorderline n join catalog_claim c on c.id = n.claim_id join catalog_stocklevel s on s.id = c.level_id
      join network_location l on l.id = s.location_id where n.internal_order_id = i.id),
    'origin', {_PARTY.format(m="om")}, 'shipper', {_PARTY.format(m="sm")}) as facts
from orders_internalorder i join orders_order o on o.id = i.order_id
join network_shop os on os.id = o.shop_id join network_merchant om on om.id = os.merchant_id
join network_shop ss on ss.id = i.shipper_id join network_merchant sm on sm.id = ss.merchant_id
cross join lateral (select (i.created_at at time zone %(zone)s)::date as day) d
where i.id > coalesce((select max(internal_order_id) from settlement_evidence where kind = 'standing'), 0) - %(slack)s
  and not exists (select 1 from settlement_evidence e where e.internal_order_id = i.id and e.kind = 'standing')
order by i.id limit %(batch)s
"""  # noqa: S608 - texts of this project
_PARCEL = """
select p.internal_order_id, 'parcel', left(coalesce(nullif(p.carrier, ''), 'unknown'), 60), p.carrier <> '', p.shipped_at,
  jsonb_build_object('parcel', p.id, 'carrier', p.carrier, 'tracking_number', p.tracking_number,
    'account_holder', i.vat->>'transport') as facts
from orders_parcel p join orders_internalorder i on i.id = p.internal_order_id
where p.cancelled_at is null and p.shipped_at > %(since)s
  and not exists (select 1 from settlement_evidence e where e.internal_order_id = p.internal_order_id and e.kind = 'parcel'
    and (e.facts->>'parcel')::bigint = p.id and e.facts->>'tracking_number' = p.tracking_number)
order by p.id limit %(batch)s
"""
# What nobody saw, and only the days allow to presume, is evidence of nothing.
_DELIVERY = """
select p.internal_order_id, 'delivery', left(coalesce(nullif(p.carrier, ''), 'unknown'), 60), p.carrier <> '', p.delivered_at,
  jsonb_build_object('parcel', p.id, 'tracking_number', p.tracking_number, 'said', (
    select v.message from orders_trackingevent v where v.parcel_id = p.id order by v.at desc, v.id desc limit 1)) as facts
from orders_parcel p
where p.delivered_at is not null and not p.delivery_presumed and p.cancelled_at is null and p.shipped_at > %(since)s
  and not exists (select 1 from settlement_evidence e where e.internal_order_id = p.internal_order_id and e.kind = 'delivery'
    and (e.facts->>'parcel')::bigint = p.id)
order by p.id limit %(batch)s
"""
_NOTE = """
insert into settlement_evidence (internal_order_id, kind, issuer, is_independent, at, facts, digest, noted_at)
select f.id, f.kind, f.issuer, f.independent, f.at, f.facts, encode(sha256(convert_to(f.facts::text, 'UTF8')), 'hex'), now()
from ({found}) f(id, kind, issuer, independent, at, facts)
on conflict do nothing
"""


def collect_evidence() -> int:
    """Note what stands behind new sales and moved parcels; returns how many pieces. *Again*, or twice at once: each is noted once."""
    values = {
        "network": settings.NETWORK_NAME,
        "zone": settings.TIME_ZONE,
        "slack": SLACK,
        "batch": BATCH,
        "since": timezone.now() - LOOKED_BACK,
    }
    done = 0
    for found in (_STANDING, _PARCEL, _DELIVERY):
        while noted := _note(found, values):
            done += noted
    return done


def _note(found: str, values: dict[str, Any]) -> int:
    with as_network(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_NOTE.format(found=found), values)
        return int(cursor.rowcount)


def evidence_of(internal_order_id: int) -> list[Evidence]:
    """List what is known of an internal order, oldest first."""
    with as_network():
        rows = Evidence.everyone.filter(internal_order=internal_order_id)
        return list(rows.order_by("at", "pk"))


def pieces_of(internal_orders: Collection[int]) -> dict[int, list[Evidence]]:
    """List what is known of several internal orders, oldest first, in one query."""
    found: dict[int, list[Evidence]] = {}
    with as_network():
        for row in Evidence.everyone.filter(internal_order__in=internal_orders).order_by("at", "pk"):
            found.setdefault(row.internal_order_id, []).append(row)
    return found


def is_proven(pieces: list[Evidence]) -> bool:
    """Say whether two independent pieces that do not contradict each other show the transport (Art. 45a).

    Papers of the second list (insurance, payment, confirmations) count beside one of the first, never for themselves.
    """
    kinds = {piece.kind for piece in pieces if piece.is_independent}
    return len(kinds) >= 2 and bool(kinds - Evidence.SECOND_LIST.keys())
