"""Bring shelves to what is wanted: compare and set, look before writing whatever is in doubt, never raise blindly.

A batch belongs to one shop and is leased by its date; no transaction is open while the shop is asked. What we believe to
stand on a shelf (``pushed``) moves with our own writes, with sales we are told of, and with what a read shows.
"""

import datetime as dt
import random
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Coalesce, Greatest, Least
from django.utils import timezone

from catalog.models import Placement
from catalog.models.shelf import OUT_OF_STEP
from network.connectors.base import (
    AccessLost,
    Connector,
    ConnectorError,
    RemoteShelf,
    ShelfWrite,
    StaleFigure,
    connector_for,
)
from network.models import Shop
from network.stops import may_be_written
from network.tokens import reachable
from skuu.kit.clock import shared_now
from skuu.kit.jobs import ring

log = structlog.get_logger(__name__)
BATCH = 250
LEASE = dt.timedelta(seconds=90)
LONGEST_PAUSE = 3600.0
READING = dt.timedelta(seconds=20)
MOST_ACTIVATIONS = 25  # each is a call of its own; the rest follows in the next batch


def push_due() -> int:
    """Push one batch of one shop; returns how many placements it took, 0 when no shelf differs from what is wanted.

    Only live shops are raised; every other shop's shelf is only brought down. A shop that does not answer is put off as a
    whole and keeps no other waiting. Nothing is pushed while the network is frozen. *Again*: what is right already is not due.
    """
    if settings.NETWORK_FROZEN:
        return 0
    shop, placed = _lease()
    if shop is None:
        return 0
    connector = connector_for(shop)
    if not connector.can_push_shelf:
        _settle_unwritten(placed)
        return len(placed)
    try:
        _push(shop, connector, placed)
    except AccessLost as error:
        _put_off_shop(shop, placed, error)
    except ConnectorError as error:
        _put_off_shop(shop, placed, error, doubt=error.code != "throttled")
    return len(placed)


def note_shelf_sold(shop: Any, inventory_item: Any, units: int) -> None:
    """Follow a sale from the shelf: the platform has lowered the figure by itself, so what we believe goes down with it.

    Units whose loss was noticed before their order was read are not taken off twice. Runs inside the caller's transaction,
    after the claim (lock order: level, item, placement); the caller sees to it that a sale is said once.
    """
    Placement.objects.filter(shop=shop, inventory_item=inventory_item, pushed__isnull=False).update(
        pushed=F("pushed") - Greatest(Value(units) - F("unseen_units"), Value(0)),
        unseen_units=F("unseen_units") - Least(F("unseen_units"), Value(units)),
    )
    _ring_push()


def doubt_shelf(shop: Any, inventory_item_ids: Collection[int]) -> None:
    """Have these items' shelf figures read before anything is written to them (a cancelled line may have been put back)."""
    now = timezone.now()
    rows = Placement.objects.filter(shop=shop, inventory_item_id__in=inventory_item_ids, pushed__isnull=False)
    rows.update(doubted_at=now, next_attempt_at=now)
    _ring_push()


def orders_were_read(shop_id: int, asked_at: dt.datetime | None) -> None:
    """Say that a shop's orders have been read since ``asked_at`` (its ``orders_read_due_at`` as seen before reading).

    Shelves that showed fewer units than we left may be raised again from now on. *Again*: no change.
    """
    if asked_at and Shop.objects.filter(pk=shop_id, orders_read_due_at=asked_at).update(orders_read_due_at=None):
        _ring_push()


# --- taking a batch ---------------------------------------------------------------------------------------------------
def _may_be_written() -> Q:
    """Select what may be pushed now: raises in live shops whose orders have been read since anything was missing."""
    lowered = Q(pushed__gt=F("wanted"))
    # the orders' sweep first notes what changed and reads it a moment later
    a_while = timezone.now() - READING
    read_since = Q(shop__orders_read_until__gte=F("suspected_at"), suspected_at__lt=a_while)
    heard = Q(suspected_at=None) | Q(shop__orders_read_due_at=None) | read_since
    return Q(doubted_at__isnull=False) | lowered | (Q(shop__status="live") & heard)


def _lease() -> tuple[Shop | None, list[Placement]]:
    now = shared_now()
    askable = Shop.objects.filter(reachable(), may_be_written()).exclude(status__in=["installing", "left"])
    due = Placement.objects.filter(OUT_OF_STEP, _may_be_written(), next_attempt_at__lte=now, shop__in=askable)
    with transaction.atomic():
        waiting = list(askable.filter(Exists(due.filter(shop=OuterRef("pk")))).values_list("pk", flat=True))
        if not waiting:
            return None, []
        # drawn by lot: a shop with much to push keeps no other waiting, and two workers seldom choose the same one
        shop_id = random.choice(waiting)  # noqa: S311
        free = due.filter(shop_id=shop_id).select_for_update(skip_locked=True, of=("self",), no_key=True)
        placed = list(free.order_by("next_attempt_at").select_related("inventory_item")[:BATCH])
        Placement.objects.filter(pk__in=[one.pk for one in placed]).update(next_attempt_at=now + LEASE)
    return Shop.objects.select_related("merchant").get(pk=shop_id), placed


def _push(shop: Shop, connector: Connector, placed: Sequence[Placement]) -> None:
    shelf = RemoteShelf(shop.shelf_service_id, shop.shelf_location_id)
    if not shelf.location_id:
        raise ConnectorError("The shop has no shelf yet.", retryable=True, code="no_shelf")
    # a key that is still there means that nobody saw how its write ended
    unclear = [one for one in placed if one.doubted_at or one.push_key]
    if unclear:
        _look(shop, connector, unclear)
    clear = [one for one in placed if not (one.doubted_at or one.push_key)]
    fresh = [one for one in clear if not one.activated and one.wanted]
    standing = [one for one in clear if one.activated and one.wanted != one.pushed]
    write_figures(connector, shelf, standing)
    for one in fresh[:MOST_ACTIVATIONS]:
        _activate(connector, shelf, one)
    _due_now([one.pk for one in fresh[MOST_ACTIVATIONS:]])


def write_figures(connector: Connector, shelf: RemoteShelf, placed: Sequence[Placement]) -> None:
    """Set figures in one call, by comparison; one refused item is found by halving, so that it holds back no other."""
    if not placed:
        return
    key = _announce(placed)
    writes = [ShelfWrite(one.inventory_item.remote_id, one.wanted, one.pushed) for one in placed]
    try:
        connector.write_shelf(shelf, writes, key)
    except StaleFigure as error:
        stale = [one.pk for one in placed if one.inventory_item.remote_id in error.items]
        _unannounce(placed)
        _doubt(stale or [one.pk for one in placed])
        _due_now([one.pk for one in placed])
    except AccessLost:
        _unannounce(placed)
        raise
    except ConnectorError as error:
        if error.retryable or error.unknown_outcome or error.code == "store_closed":
            raise
        _unannounce(placed)
        if len(placed) == 1:
            _refused(placed[0], error)
            return
        middle = len(placed) // 2
        write_figures(connector, shelf, placed[:middle])
        write_figures(connector, shelf, placed[middle:])
    else:
        _written(placed, key)


def _activate(connector: Connector, shelf: RemoteShelf, one: Placement) -> None:
    key = _announce([one])
    try:
        connector.activate_on_shelf(shelf, one.inventory_item.remote_id, one.wanted, key)
    except StaleFigure:
        _unannounce([one])
        _doubt([one.pk])
        _due_now([one.pk])
    except AccessLost:
        _unannounce([one])
        raise
    except ConnectorError as error:
        if error.retryable or error.unknown_outcome or error.code == "store_closed":
            raise
        _unannounce([one])
        _refused(one, error)
    else:
        _written([one], key)


# --- looking before writing -------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Seen:
    available: int
    is_active: bool


def _look(shop: Shop, connector: Connector, placed: Sequence[Placement]) -> None:
    """Read what the shelf shows and believe it; fewer units than we left are a sale whose order we have not seen."""
    from catalog.stocktake import apply_levels

    asked = {one.inventory_item.remote_id for one in placed}
    levels = connector.read_levels(sorted(asked))
    apply_levels(shop, [level for level in levels if level.location_id != shop.shelf_location_id])
    shown = {
        level.inventory_item_id: _Seen(level.available, level.is_active)
        for level in levels
        if level.location_id == shop.shelf_location_id
    }
    doubts = {one.pk: (one.doubted_at, one.push_key) for one in placed}
    missing = False
    with transaction.atomic():
        rows = Placement.objects.select_for_update(of=("self",)).filter(pk__in=doubts).select_related("inventory_item")
        for row in rows.order_by("shop_id", "inventory_item_id"):
            if (row.doubted_at, row.push_key) == doubts[row.pk]:  # else somebody doubted anew; the next look settles it
                missing = _believe(row, shown.get(row.inventory_item.remote_id)) or missing
        if missing:
            Shop.objects.filter(pk=shop.pk).update(orders_read_due_at=timezone.now())
            log.info("shelf_sale_suspected", shop=shop.domain)
    _refresh(placed)


def _believe(row: Placement, seen: _Seen | None) -> bool:
    """Take over what was seen; says whether units are missing that no order has explained."""
    left = row.pushed if row.pushed is not None else 0
    missing = 0
    if seen and seen.is_active:
        # a write whose answer was lost may have happened or not: only its own figure is beyond doubt
        lost = row.pushing if row.push_key and row.pushing is not None else left
        missing = 0 if seen.available == lost else max(max(left, lost) - seen.available, 0)
        row.unseen_units += max(left - seen.available, 0) if missing else 0
    row.activated = bool(seen and seen.is_active)
    row.pushed = seen.available if seen and seen.is_active else None
    row.doubted_at, row.push_key, row.pushing = None, "", None
    if missing:
        row.suspected_at = timezone.now()
    row.next_attempt_at = timezone.now()
    row.save(
        update_fields=[
            "activated",
            "pushed",
            "doubted_at",
            "push_key",
            "pushing",
            "unseen_units",
            "suspected_at",
            "next_attempt_at",
        ]
    )
    return bool(missing)


def _refresh(placed: Sequence[Placement]) -> None:
    """Bring the batch in memory to what is stored; a raise that must wait for orders is left out of this batch."""
    now = {row.pk: row for row in Placement.objects.filter(pk__in=[one.pk for one in placed])}
    allowed = set(Placement.objects.filter(_may_be_written(), pk__in=now).values_list("pk", flat=True))
    for one in placed:
        row = now[one.pk]
        one.pushed, one.wanted, one.activated = row.pushed, row.wanted, row.activated
        one.doubted_at, one.push_key = row.doubted_at, row.push_key
        if one.pk not in allowed:
            one.wanted = one.pushed if one.pushed is not None else 0


# --- the record -------------------------------------------------------------------------------------------------------
def _change(ids: Collection[int], **values: Any) -> None:
    """Set columns of placements, locked in the order in which distribution writes them."""
    with transaction.atomic():
        _lock(Placement.objects.filter(pk__in=ids)).update(**values)


def _lock(rows: Any) -> Any:
    list(rows.select_for_update(no_key=True).order_by("shop_id", "inventory_item_id").values_list("pk"))
    return rows


def _announce(placed: Sequence[Placement]) -> str:
    """Store the key and the figures of a write before it leaves, so that a death in between is seen."""
    key = uuid.uuid4().hex
    for one in placed:
        one.push_key, one.pushing = key, one.wanted
    with transaction.atomic():
        _lock(Placement.objects.filter(pk__in=[one.pk for one in placed]))
        Placement.objects.bulk_update(placed, ["push_key", "pushing"])
    return key


def _unannounce(placed: Sequence[Placement]) -> None:
    """Forget a write that certainly did not happen."""
    for one in placed:
        one.push_key, one.pushing = "", None
    _change([one.pk for one in placed], push_key="", pushing=None)


def _written(placed: Sequence[Placement], key: str) -> None:
    """Record a write that happened: by its difference, because a sale may have been told of meanwhile."""
    now = timezone.now()
    with transaction.atomic():
        rows = Placement.objects.select_for_update().filter(pk__in=[one.pk for one in placed], push_key=key)
        steps = {one.pk: one.wanted - (one.pushed or 0) for one in placed}
        found = list(rows.order_by("shop_id", "inventory_item_id"))
        for row in found:
            row.pushed = (row.pushed or 0) + steps[row.pk]
            row.activated, row.push_key, row.pushing, row.error, row.tries = True, "", None, "", 0
            row.next_attempt_at = row.pushed_at = now
            if row.suspected_at and steps[row.pk] > 0:  # orders were read since: nobody is owed these units
                row.suspected_at, row.unseen_units = None, 0
        Placement.objects.bulk_update(
            found,
            [
                "pushed",
                "activated",
                "push_key",
                "pushing",
                "error",
                "tries",
                "next_attempt_at",
                "pushed_at",
                "suspected_at",
                "unseen_units",
            ],
        )


def _settle_unwritten(placed: Sequence[Placement]) -> None:
    """A shop that reads its shelf from our API shows what is wanted as soon as it asks."""
    now = timezone.now()
    ids = [one.pk for one in placed]
    _change(ids, pushed=F("wanted"), activated=True, doubted_at=None, pushed_at=now, next_attempt_at=now)


def _doubt(ids: Collection[int]) -> None:
    _change(ids, doubted_at=timezone.now())


def _due_now(ids: Collection[int]) -> None:
    _change(ids, next_attempt_at=timezone.now())


def _refused(one: Placement, error: ConnectorError) -> None:
    """Keep what the shop said against one item; it is looked at before the next try, which waits longer each time."""
    now = timezone.now()
    pause = dt.timedelta(seconds=min(LONGEST_PAUSE, 30.0 * 2 ** min(one.tries, 8)))
    Placement.objects.filter(pk=one.pk).update(
        error=error.message[:500],
        tries=F("tries") + 1,
        next_attempt_at=now + pause,
        doubted_at=Coalesce("doubted_at", now),
    )
    log.warning("push_refused", placement=one.pk, code=error.code)


def _put_off_shop(shop: Shop, placed: Sequence[Placement], error: ConnectorError, *, doubt: bool = False) -> None:
    """Put off everything due of a shop that does not answer; what was under way is looked at before it is written again."""
    now = timezone.now()
    tries = max((one.tries for one in placed), default=0)
    pause = max(error.retry_after, min(600.0, 2.0 * 2 ** min(tries, 9)) * random.uniform(0.8, 1.2))  # noqa: S311
    with transaction.atomic():
        due = _lock(Placement.objects.filter(OUT_OF_STEP, shop=shop))
        mine = Placement.objects.filter(pk__in=[one.pk for one in placed])
        if doubt:
            mine.exclude(push_key="").update(doubted_at=Coalesce("doubted_at", now))
        else:
            mine.update(push_key="", pushing=None)
        mine.update(tries=F("tries") + 1, error=error.message[:500])
        due.update(next_attempt_at=now + dt.timedelta(seconds=pause))
    log.warning("push_put_off", shop=shop.domain, code=error.code)


def _ring_push() -> None:
    from catalog import tasks

    ring(tasks.push)
