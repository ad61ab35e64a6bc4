"""Hold units of a shipper's stock for one purpose, give them back, or hand them over: one unit, one buyer.

``StockLevel.claimed`` is Σ of the live claims at every commit. Nothing here talks to a shop, so that a hot level is held
for a moment only; locks are taken in the order levels (by id), then items (by id).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from django.db import IntegrityError, connection, transaction

from catalog.mark import mark_inventory, ring_distribute
from catalog.models import Claim, ClaimChange, StockLevel
from network.connectors.base import RemoteLevel
from skuu.kit.errors import NotPossible
from skuu.kit.jobs import STALE_BELL


class OutOfStock(NotPossible):
    """Not every wanted unit is free; none was claimed."""

    code = "out_of_stock"


# One statement, so that a hot level is held for one round trip and its commit only: the counter, the claims, their history and
# the marks that lower the shelves. A purpose that holds a level already asks for nothing there; a level that lacks a unit
# answers with no row. Levels are locked before items, items in the order of their ids. Whoever marks an item anew rings for
# it; one that was marked within ``rung`` seconds was rung for by the one who marked it. ``level_id + 0``: look the purpose up,
# never walk through all the live claims of a hot level.
_CLAIM = """
with wanted as materialized (
  select w.purpose, w.level_id, w.quantity
  from unnest(%(purposes)s::text[], %(levels)s::bigint[], %(quantities)s::bigint[]) as w(purpose, level_id, quantity)
  where not exists (select 1 from catalog_claim c
                    where c.purpose = w.purpose and c.level_id + 0 = w.level_id and c.status = 'live')
), asked as materialized (
  select level_id, sum(quantity)::bigint as quantity from wanted group by level_id
), taken as (
  update catalog_stocklevel l set claimed = l.claimed + a.quantity
  from asked a, network_location p, network_shop s
  where l.id = a.level_id and p.id = l.location_id and s.id = p.shop_id and l.is_active and p.is_active
    and l.available - l.claimed - l.phantom - (case when %(respect_buffer)s::bool then s.buffer else 0 end) >= a.quantity
  returning l.id, l.inventory_item_id
), made as (
  insert into catalog_claim (level_id, quantity, purpose, status, created_at)
  select w.level_id, w.quantity, w.purpose, 'live', clock_timestamp()
  from wanted w join taken t on t.id = w.level_id order by w.level_id, w.purpose
  returning id, level_id, quantity, purpose, created_at
), told as (
  insert into catalog_claimchange (row_id, from_status, to_status, by, reason, at)
  select id, '', 'live', %(by)s::text, purpose, created_at from made
), due as (
  select i.id, i.distribute_due_at as since from catalog_item i where i.id in (
    select m.item_id from taken t join catalog_variant v on v.inventory_item_id = t.inventory_item_id
    join catalog_match m on m.variant_id = v.id and m.status = 'linked')
  order by i.id for no key update
), marked as (
  update catalog_item i set distribute_due_at = clock_timestamp() from due d where i.id = d.id
  returning d.since is null or d.since < clock_timestamp() - make_interval(secs => %(rung)s::float8) as is_new
)
select id, level_id, quantity, purpose, created_at, (select bool_or(is_new) from marked) from made order by id
"""
_GIVE_BACK = """
update catalog_stocklevel l set claimed = l.claimed - w.quantity, available = l.available - (case when %s then w.quantity else 0 end)
from (select unnest(%s::bigint[]) as id, unnest(%s::bigint[]) as quantity) w
where l.id = w.id returning l.inventory_item_id
"""


@dataclass(frozen=True, slots=True)
class Want:
    """So many units of one level for one purpose (``order_line:12``)."""

    purpose: str
    level_id: int
    quantity: int


def claim_units(
    purpose: str, wants: Sequence[tuple[int, int]], *, respect_buffer: bool = True, by: str = "claim"
) -> list[Claim]:
    """Claim units of levels for one purpose, all or none; ``wants`` are (level id, units). See claim_wants."""
    return claim_wants(
        [Want(purpose, level_id, quantity) for level_id, quantity in wants], respect_buffer=respect_buffer, by=by
    )


def claim_wants(wants: Iterable[Want], *, respect_buffer: bool = True, by: str = "claim") -> list[Claim]:
    """Claim units of levels for several purposes, all or none, in the order of the levels' ids; one statement.

    A level named twice for a purpose is summed. *Locks* the levels in the order of their ids, then their items. *Again*:
    levels that a purpose already holds live are returned as they are, whatever quantity is asked now. Raises OutOfStock
    with ``levels`` lacking units.
    """
    wanted: dict[tuple[int, str], int] = {}
    for want in wants:
        if want.quantity <= 0:
            raise NotPossible("A claim is for one unit or more.", code="bad_quantity")
        key = (want.level_id, want.purpose)
        wanted[key] = wanted.get(key, 0) + want.quantity
    try:
        return _claim_together(wanted, respect_buffer, by)
    except IntegrityError:  # the same purpose claimed the same level at the same moment; now it can be seen
        return _claim_together(wanted, respect_buffer, by)


def _claim_together(wanted: dict[tuple[int, str], int], respect_buffer: bool, by: str) -> list[Claim]:
    if len(wanted) == 1 and not connection.in_atomic_block:
        return _claim(wanted, respect_buffer, by)  # one statement is a transaction
    with transaction.atomic():
        _lock_levels(sorted({level_id for level_id, _ in wanted}))
        return _claim(wanted, respect_buffer, by)


def _claim(wanted: dict[tuple[int, str], int], respect_buffer: bool, by: str) -> list[Claim]:
    keys = sorted(wanted)
    values = {
        "levels": [level_id for level_id, _ in keys],
        "purposes": [purpose for _, purpose in keys],
        "quantities": [wanted[key] for key in keys],
        "respect_buffer": respect_buffer,
        "by": by,
        "rung": STALE_BELL.total_seconds(),
    }
    rows = _run_prepared(_CLAIM, values)
    claims = {
        (level_id, purpose): Claim(pk, level_id, quantity, purpose, "live", created_at)
        for pk, level_id, quantity, purpose, created_at, _ in rows
    }
    if rows and rows[0][-1]:
        ring_distribute()
    if missing := wanted.keys() - claims.keys():
        levels, purposes = {level_id for level_id, _ in missing}, {purpose for _, purpose in missing}
        for claim in Claim.objects.filter(purpose__in=purposes, level__in=levels, status="live"):
            claims.setdefault((claim.level_id, claim.purpose), claim)
    if short := sorted({level_id for level_id, _ in wanted.keys() - claims.keys()}):
        raise OutOfStock("Somebody else was faster: not every unit is free any more.", levels=short)
    return [claims[key] for key in keys]


def _run_prepared(statement: LiteralString, values: dict[str, Any]) -> list[Any]:
    """Run a statement that the server plans once for each connection: planning this one takes longer than running it."""
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        return cursor.execute(statement, values, prepare=True).fetchall()


def release_claims(purpose: str, *, by: str = "claim", reason: str = "") -> int:
    """Give back what a purpose still holds; returns the units.

    *Locks* the levels in the order of their ids. *Again*: nothing is held any more, 0 is returned.
    """
    with transaction.atomic():
        claims = _lock_live(Claim.objects.filter(purpose=purpose))
        _end(claims, "released", by=by, reason=reason, sold=False)
        return sum(claim.quantity for claim in claims)


def use_claims(claim_ids: Sequence[int], levels: Sequence[RemoteLevel] = (), *, by: str = "claim") -> int:
    """Hand claimed units over to the order just placed at the shipper; returns the units.

    ``levels`` are the shipper's levels read after placing: they are applied in the same transaction that lowers
    ``claimed``, so free units are never too many in between. A level that no such read covers is lowered by us and
    confirmed by the next batched read. *Again*: claims that are used already are left alone.
    """
    from catalog.stocktake import confirm_soon, cover_levels

    with transaction.atomic():
        claims = _lock_live(Claim.objects.filter(pk__in=claim_ids))
        covered = cover_levels(claims, levels) if claims else set()
        read = [claim for claim in claims if claim.level_id in covered]
        blind = [claim for claim in claims if claim.level_id not in covered]
        _end(read, "used", by=by, reason="", sold=False)
        _end(blind, "used", by=by, reason="", sold=True)
        confirm_soon([claim.level_id for claim in blind])
        return sum(claim.quantity for claim in claims)


def use_claims_by_decrement(claim_ids: Sequence[int], *, by: str = "claim") -> int:
    """Hand claimed units over at a shop whose figures come by REST: its own figure is lowered here and now.

    *Again*: claims that are used already are left alone.
    """
    with transaction.atomic():
        claims = _lock_live(Claim.objects.filter(pk__in=claim_ids))
        _end(claims, "used", by=by, reason="", sold=True)
        return sum(claim.quantity for claim in claims)


def check_claims() -> list[dict[str, Any]]:
    """List every level whose ``claimed`` is not the sum of its live claims; empty when all is well."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select l.id, l.claimed, coalesce(sum(c.quantity), 0) from catalog_stocklevel l "
            "left join catalog_claim c on c.level_id = l.id and c.status = 'live' "
            "group by l.id having l.claimed <> coalesce(sum(c.quantity), 0) order by l.id"
        )
        return [{"level": level, "claimed": claimed, "live": int(live)} for level, claimed, live in cursor.fetchall()]


def _lock_levels(level_ids: Sequence[int]) -> None:
    # one level needs no lock of its own: the conditional update is one
    if len(level_ids) > 1:
        list(StockLevel.objects.select_for_update().filter(pk__in=level_ids).order_by("pk").values_list("pk"))


def _lock_live(claims: Any) -> list[Claim]:
    """Lock the levels of these claims, then read which of them are live: nobody ends them meanwhile."""
    _lock_levels_of(claims)
    return list(claims.filter(status="live").select_for_update().order_by("pk"))


def _lock_levels_of(claims: Any) -> None:
    rows = StockLevel.objects.select_for_update(of=("self",)).filter(pk__in=claims.values("level_id"))
    list(rows.order_by("pk").values_list("pk"))


def _end(claims: Sequence[Claim], status: str, *, by: str, reason: str, sold: bool) -> None:
    """End live, locked claims: the same step for all of them, with a history row each."""
    if not claims:
        return
    units: dict[int, int] = {}
    for claim in claims:
        units[claim.level_id] = units.get(claim.level_id, 0) + claim.quantity
    ended = Claim.objects.filter(pk__in=[claim.pk for claim in claims], status="live").update(status=status)
    if ended != len(claims):
        raise RuntimeError("A claim ended although its level was locked.")
    ClaimChange.objects.bulk_create(
        ClaimChange(row=claim, from_status="live", to_status=status, by=by, reason=reason) for claim in claims
    )
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, [sold, list(units), list(units.values())])
        mark_inventory({row[0] for row in cursor.fetchall()})
