"""Read shops: everything at first, what changed since, single things that news points at, and once a night all of it again.

A larger read is a row (SyncRun) that a sweep carries on step by step, each at most some twenty seconds long; where it stands
is kept on the row, so that a worker that dies in the middle costs one step.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from catalog import reading
from catalog.cleaning import text
from catalog.mark import mark_inventory, mark_shop
from catalog.mirror import Applied, apply_products, delete_products, upsert_products
from catalog.models import StockLevel
from catalog.stocktake import CONFIRM_LEASE, StockEvent, apply_levels, apply_stock_events, set_stock
from network.connectors.base import ConnectorError, connector_for
from network.models import Location, Shop, SyncRun
from network.tokens import reachable
from skuu.kit.jobs import ring
from skuu.kit.models import Heartbeat

log = structlog.get_logger(__name__)
SWEEP_EVERY = dt.timedelta(minutes=5)
ASKING = dt.timedelta(seconds=10)  # a store may take so long before somebody else asks it too
CONFIRM_BATCH = 250
UNDER_WAY = ("waiting", "reading")
ALL_ASKED = "reconciles asked for"  # the heartbeat of the nightly call

__all__ = [
    "Applied",
    "StockEvent",
    "apply_levels",
    "apply_locations",
    "apply_products",
    "apply_stock_events",
    "confirm_levels",
    "continue_reads",
    "delete_products",
    "reconcile_shop",
    "refresh_products",
    "set_stock",
    "start_first_read",
    "start_reconciles",
    "start_sweeps",
    "sweep_changes",
    "upsert_products",
]


# --- larger reads -----------------------------------------------------------------------------------------------------
def start_first_read(shop: Any) -> SyncRun | None:
    """Ask for the first read of everything. *Again*: the read under way; None for shops that push by REST."""
    return _ask_for(shop, "first")


def reconcile_shop(shop: Any) -> SyncRun | None:
    """Ask for a read of everything that counts and repairs what had drifted. *Again*: the read under way."""
    return _ask_for(shop, "reconcile")


def sweep_changes(shop: Any) -> SyncRun | None:
    """Read what changed since the last look, five minutes of overlap included, here and now; returns the record.

    *Again*: no change in the mirror. A larger read that is under way already is returned untouched.
    """
    run = _ask_for(shop, "changes")
    if run is not None and run.kind == "changes" and run.status == "waiting" and reading.lease(run.pk):
        reading.carry_on(run.pk)
        run.refresh_from_db()
    return run


def _ask_for(shop: Any, kind: str) -> SyncRun | None:
    if shop.platform == "api":
        return None
    from catalog import tasks

    try:
        with transaction.atomic():
            run = SyncRun.objects.create(shop=shop, kind=kind)
            ring(tasks.read)
    except IntegrityError:
        return SyncRun.objects.filter(shop=shop, status__in=UNDER_WAY).first()
    return run


def continue_reads() -> int:
    """Carry on the larger read that has waited longest; returns 1, or 0 when none is due.

    The read is leased and no transaction is open while its shop is asked. What a shop refuses puts off that read only.
    """
    run_id = reading.lease()
    if run_id is None:
        return 0
    reading.carry_on(run_id)
    return 1


def start_sweeps() -> int:
    """Ask for the changes of every shop that nobody looked at for five minutes; returns how many shops.

    A shop that was being read when all were to be read in full is read in full now.
    """
    old = timezone.now() - SWEEP_EVERY
    _forget_old_runs()
    missed = _ask_all(_passed_over(), "reconcile")
    return missed + _ask_all(Shop.objects.filter(products_read_until__lt=old), "changes")


def start_reconciles() -> int:
    """Ask for a full read of every shop; returns how many shops. One that is being read now has its turn with the next sweep."""
    Heartbeat.beat(ALL_ASKED)
    return _ask_all(Shop.objects.filter(products_read_until__isnull=False), "reconcile")


def _passed_over() -> Any:
    asked = Heartbeat.objects.filter(name=ALL_ASKED).values_list("at", flat=True).first()
    if asked is None:
        return Shop.objects.none()
    whole = SyncRun.objects.filter(shop=OuterRef("pk"), kind__in=["first", "reconcile"], started_at__gte=asked)
    return Shop.objects.filter(~Exists(whole), products_read_until__isnull=False)


def _ask_all(shops: Any, kind: str) -> int:
    taking_part = shops.filter(reachable(), status__in=["shadow", "live", "paused"]).exclude(platform="api")
    free = taking_part.exclude(sync_runs__status__in=UNDER_WAY)
    runs = [SyncRun(shop_id=shop_id, kind=kind) for shop_id in free.values_list("pk", flat=True)]
    SyncRun.objects.bulk_create(runs, ignore_conflicts=True)
    from catalog import tasks

    ring(tasks.read)
    return len(runs)


def _forget_old_runs() -> None:
    SyncRun.objects.filter(kind="changes", finished_at__lt=timezone.now() - dt.timedelta(days=1)).delete()


# --- single things ----------------------------------------------------------------------------------------------------
def refresh_products(shop: Any, product_ids: Sequence[str]) -> Applied:
    """Read these products and mirror them; what the shop no longer has is marked deleted. *Again*: no change."""
    wanted = list(dict.fromkeys(product_id for product_id in product_ids if product_id))
    if not wanted:
        return Applied()
    asked_at = timezone.now()
    found = connector_for(shop).read_products(wanted)
    done = apply_products(shop, found)
    done.deleted += delete_products(shop, set(wanted) - {product.id for product in found}, before=asked_at)
    return done


def apply_locations(shop: Any) -> int:
    """Read a shop's places; shelves and other services never become one, and a place that became one is closed.

    Returns how many changed. *Again*: no change.
    """
    remote = connector_for(shop).list_locations()
    shelf = Shop.objects.values_list("shelf_location_id", flat=True).get(pk=shop.pk)
    real = {one.id: one for one in remote if not one.is_service and one.id != shelf}
    changed = 0
    with transaction.atomic():
        known = {row.remote_id: row for row in Location.objects.select_for_update().filter(shop=shop).order_by("pk")}
        for remote_id, one in real.items():
            facts = {
                "name": text(one.name, 120) or remote_id[:120],
                "country": text(one.country, 2),
                "postcode": text(one.postcode, 12),
                "city": text(one.city, 100),
                "address1": text(one.address1, 200),
                "is_active": bool(one.is_active),
            }
            row = known.pop(remote_id, None)
            if row is None or any(getattr(row, name) != value for name, value in facts.items()):
                Location.objects.update_or_create(shop=shop, remote_id=remote_id, defaults=facts)
                changed += 1
        closed = [row.pk for row in known.values() if row.is_active]
        changed += Location.objects.filter(pk__in=closed).update(is_active=False)
        if changed:
            mark_shop(shop)
    return changed


def confirm_levels() -> int:
    """Read again a batch of levels that webhooks spoke of, of one shop; what was read is the truth. Returns how many.

    Leased for two minutes; news that comes meanwhile keeps its own date. Levels the shop no longer has give nothing.
    A shop that is being asked at this moment is left out: a slow store holds one worker, never all of them.
    """
    now = timezone.now()
    lease = now + CONFIRM_LEASE
    just_leased = StockLevel.objects.filter(confirm_due_at__gt=lease - ASKING)
    asked = just_leased.order_by().values_list("location__shop_id", flat=True).distinct()
    due = StockLevel.objects.filter(confirm_due_at__lte=now).exclude(location__shop_id__in=list(asked))
    with transaction.atomic():
        first = due.filter(_speaks()).order_by("confirm_due_at").values_list("location__shop_id", flat=True).first()
        if first is None:
            return 0
        rows = due.filter(location__shop_id=first).select_for_update(skip_locked=True, of=("self",)).order_by("pk")
        ids = [row.pk for row in rows[:CONFIRM_BATCH]]
        StockLevel.objects.filter(pk__in=ids).update(confirm_due_at=lease)
    mine = StockLevel.objects.filter(pk__in=ids)
    shop = Shop.objects.get(pk=first)
    items = list(dict.fromkeys(mine.values_list("inventory_item__remote_id", flat=True)))
    if not items:
        return 0
    try:
        levels = connector_for(shop).read_levels(items)
    except ConnectorError as error:  # the lease puts this shop off; the others have their turn
        log.warning("confirm_failed", shop=shop.domain, code=error.code)
        return len(ids)
    apply_levels(shop, levels)
    told = {(level.inventory_item_id, level.location_id) for level in levels}
    with transaction.atomic():
        rows = mine.select_for_update(of=("self",)).order_by("pk")
        keys = rows.values_list(
            "pk", "inventory_item_id", "inventory_item__remote_id", "location__remote_id", "is_active"
        )
        gone = {pk: stock for pk, stock, item, place, active in keys if (item, place) not in told and active}
        StockLevel.objects.filter(pk__in=gone).update(is_active=False)
        mark_inventory(set(gone.values()))
        StockLevel.objects.filter(pk__in=ids, confirm_due_at=lease).update(confirm_due_at=None)
    return len(ids)


def _speaks() -> Q:
    """Select levels of shops that can be asked: others wait for their next install."""
    return Q(location__shop__in=Shop.objects.filter(reachable()).exclude(platform="api"))
