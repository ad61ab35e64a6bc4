"""Hold units of a shipper's stock for one purpose, give them back, or hand them over: one unit, one buyer.

``StockLevel.claimed`` is Σ of the live claims at every commit. Nothing here talks to a shop, so that a hot level is held
for a moment only; locks are taken in the order levels (by id), then items (by id).
"""

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, connection, transaction

from catalog.mark import mark_inventory
from catalog.models import Claim, ClaimChange, StockLevel
from network.connectors.base import RemoteLevel
from skuu.kit.errors import NotPossible


class OutOfStock(NotPossible):
    """Not every wanted unit is free; none was claimed."""

    code = "out_of_stock"


_CLAIM = """
update catalog_stocklevel l set claimed = l.claimed + w.quantity
from (select unnest(%s::bigint[]) as id, unnest(%s::bigint[]) as quantity) w, network_location p, network_shop s
where l.id = w.id and p.id = l.location_id and s.id = p.shop_id and l.is_active and p.is_active
  and l.available - l.claimed - l.phantom - (case when %s then s.buffer else 0 end) >= w.quantity
returning l.id, l.inventory_item_id
"""
_GIVE_BACK = """
update catalog_stocklevel l set claimed = l.claimed - w.quantity, available = l.available - (case when %s then w.quantity else 0 end)
from (select unnest(%s::bigint[]) as id, unnest(%s::bigint[]) as quantity) w
where l.id = w.id returning l.inventory_item_id
"""


def claim_units(
    purpose: str, wants: Sequence[tuple[int, int]], *, respect_buffer: bool = True, by: str = "claim"
) -> list[Claim]:
    """Claim units of levels for a purpose (``order_line:12``), all or none; ``wants`` are (level id, units).

    A level named twice is summed. *Locks* the levels in the order of their ids. *Again*: levels that the purpose already
    holds live are returned as they are, whatever quantity is asked now. Raises OutOfStock with ``levels`` lacking units.
    """
    wanted: dict[int, int] = {}
    for level_id, quantity in wants:
        if quantity <= 0:
            raise NotPossible("A claim is for one unit or more.", code="bad_quantity")
        wanted[level_id] = wanted.get(level_id, 0) + quantity
    try:
        return _claim_missing(purpose, wanted, respect_buffer, by)
    except IntegrityError:  # the same purpose claimed the same level at the same moment; now it can be seen
        return _claim_missing(purpose, wanted, respect_buffer, by)


def _claim_missing(purpose: str, wanted: dict[int, int], respect_buffer: bool, by: str) -> list[Claim]:
    with transaction.atomic():
        _lock_levels(sorted(wanted))
        held = list(Claim.objects.filter(purpose=purpose, status="live", level_id__in=wanted).order_by("level_id"))
        missing = {level_id: wanted[level_id] for level_id in wanted.keys() - {claim.level_id for claim in held}}
        return held + (_claim(purpose, missing, respect_buffer, by) if missing else [])


def _claim(purpose: str, wanted: dict[int, int], respect_buffer: bool, by: str) -> list[Claim]:
    ids = sorted(wanted)
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [ids, [wanted[level_id] for level_id in ids], respect_buffer])
        won = dict(cursor.fetchall())
    if missing := [level_id for level_id in ids if level_id not in won]:
        raise OutOfStock("Somebody else was faster: not every unit is free any more.", levels=missing)
    claims = Claim.objects.bulk_create(
        Claim(level_id=level_id, quantity=wanted[level_id], purpose=purpose) for level_id in ids
    )
    ClaimChange.objects.bulk_create(ClaimChange(row=claim, to_status="live", by=by, reason=purpose) for claim in claims)
    mark_inventory(set(won.values()))
    return claims


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
