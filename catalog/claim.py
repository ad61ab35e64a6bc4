"""Hold units of a shipper's stock for one purpose, give them back, or hand them over: one unit, one buyer.

``StockLevel.claimed`` is Σ of the live claims at every commit. Nothing here talks to a shop, so that a hot level is held
for a moment only; levels are locked in the order of their ids, and marks for distribution wait for nobody.
"""

import contextlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import IntegrityError, connection, transaction

from catalog.mark import mark_inventory, ring_distribute
from catalog.models import Claim, ClaimChange, StockLevel
from catalog.prepared import run_prepared
from network.connectors.base import RemoteLevel
from skuu.kit.errors import NotPossible


class OutOfStock(NotPossible):
    """Not every wanted unit is free; none was claimed."""

    code = "out_of_stock"


# One statement, so that a hot level is held for one round trip: the counter, the claims, their history and the marks that
# lower the shelves. A mark is always a row of its own: a sweep that does not see the claim yet does not see its mark either.
# The commit does not wait for the disk while it holds the level: whoever asked does, afterwards (_wait_for_disk).
_CLAIM = """
with taken as (
  update catalog_stocklevel l set claimed = l.claimed + a.quantity
  from unnest($1, $2) as a(level_id, quantity), network_location p, network_shop s
  where l.id = a.level_id and p.id = l.location_id and s.id = p.shop_id and l.is_active and p.is_active
    and l.available - l.claimed - l.phantom - (case when $3 then s.buffer else 0 end) >= a.quantity
  returning l.id, l.inventory_item_id
), made as (
  insert into catalog_claim (id, level_id, quantity, purpose, status, created_at)
  select coalesce(w.id, nextval(pg_get_serial_sequence('catalog_claim', 'id'))), w.level_id, w.quantity, w.purpose, 'live',
    clock_timestamp()
  from unnest($4, $5, $6, $7) as w(id, purpose, level_id, quantity)
  join taken t on t.id = w.level_id
  returning id, level_id, quantity, purpose, created_at
), told as (
  insert into catalog_claimchange (row_id, from_status, to_status, by, reason, at)
  select id, '', 'live', $8, purpose, created_at from made
), marked as (
  insert into catalog_itemmark (item_id, at)
  select distinct m.item_id, clock_timestamp() from taken t
  join catalog_variant v on v.inventory_item_id = t.inventory_item_id
  join catalog_match m on m.variant_id = v.id and m.status = 'linked'
  returning item_id
)
select id, level_id, quantity, purpose, created_at, exists (select from marked),
  set_config('synchronous_commit', 'off', true) from made order by id
"""
_CLAIM_TYPES = ("bigint[]", "bigint[]", "bool", "bigint[]", "text[]", "bigint[]", "bigint[]", "text")
_GIVE_BACK = """
update catalog_stocklevel l set claimed = l.claimed - w.quantity, available = l.available - (case when %s then w.quantity else 0 end)
from (select unnest(%s::bigint[]) as id, unnest(%s::bigint[]) as quantity) w
where l.id = w.id returning l.inventory_item_id
"""


@dataclass(frozen=True, slots=True)
class Want:
    """So many units of one level for one purpose (``order_line:12``); ``claim_id`` as drawn by draw_claim_ids."""

    purpose: str
    level_id: int
    quantity: int
    claim_id: int | None = None


Key = tuple[int, str]  # a level and a purpose


def draw_claim_ids(count: int) -> list[int]:
    """Draw ids of claims to be made later in the transaction, so that rows naming them can be written before a level is held."""
    if not count:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "select nextval(pg_get_serial_sequence('catalog_claim', 'id')) from generate_series(1, %s)", [count]
        )
        return [row[0] for row in cursor.fetchall()]


def claim_units(
    purpose: str, wants: Sequence[tuple[int, int]], *, respect_buffer: bool = True, by: str = "claim"
) -> list[Claim]:
    """Claim units of levels for one purpose, all or none; ``wants`` are (level id, units). See claim_wants."""
    return claim_wants(
        [Want(purpose, level_id, quantity) for level_id, quantity in wants], respect_buffer=respect_buffer, by=by
    )


def claim_wants(wants: Iterable[Want], *, respect_buffer: bool = True, by: str = "claim") -> list[Claim]:
    """Claim units of levels for several purposes, all or none, in the order of the levels' ids.

    A level named twice for a purpose is summed. The surrounding transaction commits without waiting for the disk and waits
    for it then, so that nobody queues behind a disk. *Locks* the levels in the order of their ids; call it
    as late in a transaction as can be. *Again*: levels that a purpose already holds live are returned as they are, whatever
    quantity is asked now. Raises OutOfStock with ``levels`` lacking units.
    """
    wanted: dict[Key, Want] = {}
    for want in wants:
        if want.quantity <= 0:
            raise NotPossible("A claim is for one unit or more.", code="bad_quantity")
        key = (want.level_id, want.purpose)
        before = wanted.get(key)
        wanted[key] = replace(before, quantity=before.quantity + want.quantity) if before else want
    claim = _claim_one if len(wanted) == 1 else _claim_several
    claims = claim(wanted, respect_buffer, by)
    return [claims[key] for key in sorted(wanted)]


def _claim_one(wanted: Mapping[Key, Want], respect_buffer: bool, by: str) -> dict[Key, Claim]:
    """Claim one level for one purpose: the statement is the transaction when there is none around it."""
    try:
        with transaction.atomic() if connection.in_atomic_block else contextlib.nullcontext():
            claims = _claim(wanted.values(), respect_buffer, by)
    except IntegrityError:  # this purpose holds this level already, perhaps since a moment ago
        claims = {}
    claims = claims or _held(wanted)
    _refuse_short(wanted.keys() - claims.keys())
    return claims


def _claim_several(wanted: Mapping[Key, Want], respect_buffer: bool, by: str) -> dict[Key, Claim]:
    with transaction.atomic():
        _lock_levels(sorted({level_id for level_id, _ in wanted}))
        held = _held(wanted)  # nobody makes or ends one of these while we hold the levels
        rest = [want for key, want in sorted(wanted.items()) if key not in held]
        claims = held | (_claim(rest, respect_buffer, by) if rest else {})
        _refuse_short(wanted.keys() - claims.keys())
    return claims


def _refuse_short(missing: Collection[Key]) -> None:
    if missing:
        levels = sorted({level_id for level_id, _ in missing})
        raise OutOfStock("Somebody else was faster: not every unit is free any more.", levels=levels)


def _claim(wants: Collection[Want], respect_buffer: bool, by: str) -> dict[Key, Claim]:
    sums: dict[int, int] = {}
    for want in wants:
        sums[want.level_id] = sums.get(want.level_id, 0) + want.quantity
    values = (
        list(sums),
        list(sums.values()),
        respect_buffer,
        [want.claim_id for want in wants],
        [want.purpose for want in wants],
        [want.level_id for want in wants],
        [want.quantity for want in wants],
        by,
    )
    rows = run_prepared(_CLAIM, _CLAIM_TYPES, values)
    if rows:
        transaction.on_commit(_wait_for_disk)
    if rows and rows[0][5]:
        ring_distribute()
    return {
        (level_id, purpose): Claim(pk, level_id, quantity, purpose, "live", created_at)
        for pk, level_id, quantity, purpose, created_at, *_ in rows
    }


def _held(wanted: Collection[Key]) -> dict[Key, Claim]:
    levels, purposes = {level_id for level_id, _ in wanted}, {purpose for _, purpose in wanted}
    live = Claim.objects.filter(purpose__in=purposes, level__in=levels, status="live")
    return {key: claim for claim in live if (key := (claim.level_id, claim.purpose)) in wanted}


def _wait_for_disk() -> None:
    """Wait until all that was committed so far would survive a crash: a record of our own, flushed with those before it.

    Locks are gone by now, and many who wait here share one flush.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_logical_emit_message(true, 'claim', '')")


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
        list(
            StockLevel.objects.select_for_update(no_key=True).filter(pk__in=level_ids).order_by("pk").values_list("pk")
        )


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
