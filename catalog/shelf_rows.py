"""The record of pushing: placements taken up under a lease with their write announced, and what came of it written down.

Each is a statement for any number of shops. What we believe to stand on a shelf (``pushed``) moves with our own writes, with
sales we are told of, and with what a read shows; rows are locked in the order in which distribution writes them. Due times and
leases are the database's: clocks of machines differ.
"""

import datetime as dt
import random
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce

from catalog.models import Placement
from catalog.models.shelf import OUT_OF_STEP
from catalog.shelf_calls import Row, Trip
from network.connectors.base import ConnectorError
from network.models import Shop
from network.stops import may_be_written
from network.tokens import reachable
from skuu.kit.clock import shared_now

log = structlog.get_logger(__name__)
SHOPS = 64  # taken up at once
BATCH = 250  # of one shop: what one call may write
LEASE = dt.timedelta(seconds=90)
# a store that takes longer, or whose worker died, no longer keeps its other rows waiting
ASKING = dt.timedelta(seconds=10)
LONGEST_PAUSE = 3600.0
READING = dt.timedelta(seconds=20)  # the orders' sweep first notes what changed and reads it a moment later

# a shop that is being asked is left out: its store is asked one thing at a time, and what comes meanwhile goes together.
# A row of which something was told that is not taken in yet waits for that.
# A clear write is announced with the lease: whoever finds its key later knows that nobody saw how it ended
_LEASE = """
with due as (
  select p.id, p.push_key as old_key, sh.key from unnest(%(shops)s::bigint[], %(keys)s::text[]) as sh (id, key)
  join network_shop s on s.id = sh.id cross join lateral (
    select q.id, q.push_key from catalog_placement q
    where q.shop_id = s.id and q.next_attempt_at <= clock_timestamp()
      and ((q.pushed is null and q.wanted > 0) or q.pushed < q.wanted or q.pushed > q.wanted or q.doubted_at is not null
        or not q.push_key = '')
      and (q.doubted_at is not null or not q.push_key = '' or q.pushed > q.wanted or (s.status = 'live' and (q.suspected_at is null
        or s.orders_read_due_at is null
        or (s.orders_read_until >= q.suspected_at and q.suspected_at < clock_timestamp() - %(reading)s::interval))))
      and not exists (select from catalog_shelfnote n where n.placement_id = q.id)
    order by q.pushed > q.wanted desc nulls last, q.activated desc, q.next_attempt_at
    limit %(share)s for no key update of q skip locked) p)
update catalog_placement p set next_attempt_at = clock_timestamp() + %(lease)s::interval,
  push_key = case when p.doubted_at is null and d.old_key = '' then d.key else p.push_key end,
  pushing = case when p.doubted_at is null and d.old_key = '' then p.wanted else p.pushing end
from due d, catalog_inventoryitem i where p.id = d.id and i.id = p.inventory_item_id
returning p.id, p.shop_id, i.remote_id, p.wanted, p.pushed, p.activated, p.tries, p.doubted_at, d.old_key
"""
_WRITTEN = """
update catalog_placement p set pushed = coalesce(p.pushed, 0) + h.step, activated = true, push_key = '', pushing = null,
  error = '', tries = 0, next_attempt_at = clock_timestamp(), pushed_at = clock_timestamp(),
  unseen_units = case when p.suspected_at is not null and h.step > 0 then 0 else p.unseen_units end,
  suspected_at = case when h.step > 0 then null else p.suspected_at end
from (
  select q.id, t.step from unnest(%(ids)s::bigint[], %(steps)s::int[], %(keys)s::text[]) as t (id, step, key)
  join catalog_placement q on q.id = t.id and q.push_key = t.key
  order by q.shop_id, q.inventory_item_id for no key update of q) h
where p.id = h.id
"""
_GIVE_BACK = """
update catalog_placement p set next_attempt_at = clock_timestamp() + make_interval(secs => h.wait),
  pushing = case when p.push_key = h.key then null else p.pushing end,
  push_key = case when p.push_key = h.key then '' else p.push_key end
from (
  select q.id, t.key, t.wait from unnest(%(ids)s::bigint[], %(keys)s::text[], %(waits)s::float8[]) as t (id, key, wait)
  join catalog_placement q on q.id = t.id order by q.shop_id, q.inventory_item_id for no key update of q) h
where p.id = h.id
"""


def may_be_pushed() -> Q:
    """Select what may be pushed now, as the lease does: raises in live shops whose orders have been read since units were missed."""
    read_since = Q(shop__orders_read_until__gte=F("suspected_at"), suspected_at__lt=shared_now() - READING)
    heard = Q(suspected_at=None) | Q(shop__orders_read_due_at=None) | read_since
    return Q(doubted_at__isnull=False) | ~Q(push_key="") | Q(pushed__gt=F("wanted")) | (Q(shop__status="live") & heard)


# --- taking up --------------------------------------------------------------------------------------------------------
def lease_trips() -> list[Trip]:
    """Take up what is due in up to 64 shops, drawn by lot, 250 placements of each at most; their writes are announced.

    *Locks* placements, skipping those that others hold; all of it is one statement. *Again*: what is leased is not due.
    """
    now = shared_now()
    askable = Shop.objects.filter(reachable(), may_be_written()).exclude(status__in=["installing", "left"])
    due = Placement.objects.filter(OUT_OF_STEP, may_be_pushed(), next_attempt_at__lte=now)
    just_now = now + LEASE - ASKING
    under_way = Placement.objects.filter(OUT_OF_STEP, next_attempt_at__gt=just_now, doubted_at=None).exclude(
        push_key=""
    )
    rests = Q(budget__blocked_until__gt=now)
    waiting = askable.filter(~rests, Exists(due.filter(shop=OuterRef("pk"))))
    waiting = waiting.exclude(Exists(under_way.filter(shop=OuterRef("pk"))))
    shop_ids = list(waiting.values_list("pk", flat=True))
    if not shop_ids:
        return []
    chosen = sorted(random.sample(shop_ids, min(len(shop_ids), SHOPS)))
    keys = {shop_id: uuid.uuid4().hex for shop_id in chosen}
    values: dict[str, Any] = {
        "shops": chosen,
        "keys": list(keys.values()),
        "share": BATCH,
        "lease": LEASE,
        "reading": READING,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LEASE, values)
        rows = [Row(*found) for found in cursor.fetchall()]
    shops = Shop.objects.select_related("merchant").in_bulk({row.shop_id for row in rows})
    trips = {shop_id: Trip(shop, [], keys[shop_id]) for shop_id, shop in sorted(shops.items())}
    for row in sorted(rows, key=lambda one: one.pk):
        trips[row.shop_id].rows.append(row)
    return list(trips.values())


# --- writing down -----------------------------------------------------------------------------------------------------
def note_written(trips: Iterable[Trip]) -> None:
    """Record writes that happened: by their difference, because a sale may have been told of meanwhile.

    Orders were read before a suspected shelf was raised: nobody is owed those units any more.
    """
    found = [(row.pk, row.wanted - (row.pushed or 0), trip.key) for trip in trips for row in trip.written]
    if found:
        ids, steps, keys = (list(column) for column in zip(*found, strict=True))
        with connection.cursor() as cursor:
            cursor.execute(_WRITTEN, {"ids": ids, "steps": steps, "keys": keys})


def give_back(rows: Sequence[tuple[Row, str]], waits: Mapping[int, float] | None = None) -> None:
    """Give rows back, as (row, key of its trip), whose write certainly did not happen: due now, or after their shop's wait."""
    if not rows:
        return
    values: dict[str, Any] = {
        "ids": [row.pk for row, _ in rows],
        "keys": [key for _, key in rows],
        "waits": [(waits or {}).get(row.shop_id, 0.0) for row, _ in rows],
    }
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, values)


def change_rows(ids: Collection[int], **values: Any) -> None:
    """Set columns of placements, locked in the order in which distribution writes them."""
    with transaction.atomic():
        _lock(Placement.objects.filter(pk__in=ids)).update(**values)


def note_shown_by_us(trips: Iterable[Trip]) -> None:
    """A shop that reads its shelf from our API shows what is wanted as soon as it asks."""
    now = shared_now()
    ids = [row.pk for trip in trips for row in trip.rows]
    change_rows(
        ids, pushed=F("wanted"), activated=True, doubted_at=None, push_key="", pushing=None,
        pushed_at=now, next_attempt_at=now,
    )  # fmt: skip


def note_refused(row: Row, error: ConnectorError) -> None:
    """Keep what the shop said against one item; it is looked at before the next try, which waits longer each time."""
    now = shared_now()
    pause = dt.timedelta(seconds=min(LONGEST_PAUSE, 30.0 * 2 ** min(row.tries, 8)))
    Placement.objects.filter(pk=row.pk).update(
        error=error.message[:500],
        tries=F("tries") + 1,
        next_attempt_at=now + pause,
        doubted_at=Coalesce("doubted_at", now),
        push_key="",
        pushing=None,
    )
    log.warning("push_refused", placement=row.pk, code=error.code)


def put_off_shop(shop: Any, rows: Sequence[Row], error: ConnectorError) -> None:
    """Put off everything due of a shop that does not answer; ``rows``, whose end nobody saw, are looked at before a write."""
    now = shared_now()
    tries = max((one.tries for one in rows), default=0)
    pause = max(error.retry_after, min(600.0, 2.0 * 2 ** min(tries, 9)) * random.uniform(0.8, 1.2))  # noqa: S311
    with transaction.atomic():
        ids = [one.pk for one in rows]
        _lock(Placement.objects.filter(Q(OUT_OF_STEP, shop=shop) | Q(pk__in=ids)))
        due, mine = Placement.objects.filter(OUT_OF_STEP, shop=shop), Placement.objects.filter(pk__in=ids)
        mine.exclude(push_key="").update(doubted_at=Coalesce("doubted_at", now))
        mine.update(tries=F("tries") + 1, error=error.message[:500])
        due.update(next_attempt_at=now + dt.timedelta(seconds=pause))
    log.warning("push_put_off", shop=shop.domain, code=error.code)


def _lock(rows: Any) -> Any:
    list(rows.select_for_update(no_key=True).order_by("shop_id", "inventory_item_id").values_list("pk"))
    return rows
