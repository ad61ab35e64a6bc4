"""Carry a larger read on, step by step; what has been done is written on its row before the next step begins."""

import datetime as dt
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from catalog.mirror import apply_products, delete_products
from catalog.models import Product, StockLevel
from catalog.stocktake import apply_levels, confirm_soon, differences
from network.connectors.base import AccessLost, Connector, ConnectorError, connector_for
from network.models import Shop, SyncRun
from skuu.kit.jobs import ring

log = structlog.get_logger(__name__)
LEASE = dt.timedelta(seconds=90)  # longer than a worker may live with one task
STEP_SECONDS = 20.0
POLL_AFTER = dt.timedelta(seconds=2)
OVERLAP = dt.timedelta(minutes=5)
MOST_TRIES = 8
PRODUCTS_A_CHUNK = 100
LEVELS_A_CHUNK = 500
WORST = 30  # figures farthest off that a night's report names


@dataclass(slots=True)
class Step:
    """One step of a read: its row, its shop's connector, and when to stop."""

    run: SyncRun
    shop: Shop
    connector: Connector
    until: float = field(default_factory=lambda: time.monotonic() + STEP_SECONDS)

    def out_of_time(self) -> bool:
        """Say whether the rest must wait for the next step."""
        return time.monotonic() > self.until

    def note(self, **more: Any) -> None:
        """Add to the row's counts what has just been done, durably."""
        for name, value in more.items():
            old = self.run.counts.get(name)
            if isinstance(value, list):
                self.run.counts[name] = [*(old or []), *value][:1000]
            elif isinstance(value, int):
                self.run.counts[name] = (old or 0) + value
            else:
                self.run.counts[name] = value
        SyncRun.objects.filter(pk=self.run.pk).update(counts=self.run.counts)


def lease(run_id: int | None = None) -> int | None:
    """Take the due read that has waited longest, or this one, for a minute and a half; None when there is none."""
    now = timezone.now()
    due = SyncRun.objects.filter(status__in=["waiting", "reading"], next_attempt_at__lte=now)
    if run_id is not None:
        due = due.filter(pk=run_id)
    with transaction.atomic():
        first = due.select_for_update(skip_locked=True).order_by("next_attempt_at").values_list("pk", flat=True).first()
        if first is not None:
            SyncRun.objects.filter(pk=first).update(next_attempt_at=now + LEASE)
    return first


def carry_on(run_id: int) -> None:
    """Do one step of a leased read; a shop that refuses puts its own read off and, after eight tries, fails it."""
    run = SyncRun.objects.select_related("shop", "shop__merchant").get(pk=run_id)
    step = Step(run, run.shop, connector_for(run.shop))
    try:
        finished = _read_changes(step) if run.kind == "changes" else _read_all(step)
    except AccessLost as error:
        _fail(run, error.message)
    except ConnectorError as error:
        _put_off(run, error.message)
    except Exception as error:  # whatever a catalogue holds, it must stay visible and stop no other
        log.exception("read_failed", shop=run.shop.domain, run=run.pk)
        _put_off(run, f"{type(error).__name__}: {error}")
    else:
        if finished:
            _finish(step)


def note_finished(shop: Any, job_id: str) -> None:
    """Take up a read at once whose job the platform says is done."""
    mine = Q(remote_products_job=job_id) | Q(remote_levels_job=job_id)
    if SyncRun.objects.filter(mine, shop=shop, status="reading").update(next_attempt_at=timezone.now()):
        _ring()


# --- everything -------------------------------------------------------------------------------------------------------
def _read_all(step: Step) -> bool:
    if step.run.status == "waiting":
        _begin(step)
    products = step.connector.poll_read(step.run.remote_products_job)
    levels = step.connector.poll_read(step.run.remote_levels_job)
    for job in (products, levels):
        if job.status == "failed":
            _begin_anew(step.run)
            raise ConnectorError(f"The platform's read failed: {job.error}", retryable=True)
    if "running" in (products.status, levels.status):
        _later(step.run, POLL_AFTER)
        return False
    parts: list[Callable[[], bool]] = [
        lambda: _take(
            step, "products_read", step.connector.stream_products(products), PRODUCTS_A_CHUNK, _take_products
        ),
        lambda: _drop_absent(step),
        lambda: _take(step, "levels_read", step.connector.stream_levels(levels), LEVELS_A_CHUNK, _take_levels),
    ]
    if not all(part() for part in parts):
        _later(step.run, dt.timedelta(0))
        return False
    _question_unseen(step, (levels.started_at or step.run.started_at) - dt.timedelta(seconds=1))
    return True


def _begin(step: Step) -> None:
    from catalog.sync import apply_locations

    now = timezone.now()
    apply_locations(step.shop)
    products, levels = step.connector.start_reads()
    changes: dict[str, Any] = {
        "status": "reading",
        "started_at": now,
        "remote_products_job": products,
        "remote_levels_job": levels,
        "counts": {},
    }
    SyncRun.objects.filter(pk=step.run.pk, status="waiting").update(**changes)
    step.run.refresh_from_db()


def _begin_anew(run: SyncRun) -> None:
    SyncRun.objects.filter(pk=run.pk).update(status="waiting", remote_products_job="", remote_levels_job="")


def _take(step: Step, name: str, rows: Iterator[Any], size: int, apply: Callable[[Step, list[Any]], None]) -> bool:
    """Take a stream chunk by chunk from where the last step stopped; says whether it came to its end."""
    rest = itertools.islice(rows, int(step.run.counts.get(name, 0)), None)
    while chunk := list(itertools.islice(rest, size)):
        apply(step, chunk)
        step.note(**{name: len(chunk)})
        if step.out_of_time():
            return False
    return True


def _take_products(step: Step, chunk: list[Any]) -> None:
    done = apply_products(step.shop, chunk)
    step.note(variants=done.variants, changed=done.changed, deleted=done.deleted, errors=done.errors)


def _take_levels(step: Step, chunk: list[Any]) -> None:
    if step.run.kind == "reconcile":
        _note_drift(step, differences(step.shop, chunk))
    step.note(levels_changed=apply_levels(step.shop, chunk))


def _note_drift(step: Step, off: list[tuple[str, str, int, int]]) -> None:
    """Keep what the night's report says: how many figures were off, by how many units, and the worst of them."""
    if not off:
        return
    worst = sorted([*map(tuple, step.run.counts.get("worst") or []), *off], key=lambda row: -abs(row[2] - row[3]))
    step.run.counts["worst"] = [list(row) for row in worst[:WORST]]
    step.note(levels_off=len(off), units_off=sum(abs(stored - shown) for _, _, stored, shown in off))


def _drop_absent(step: Step) -> bool:
    """Ask once more for products the read did not bring, then mark the missing ones: half a file must not empty a shop."""
    absent = Product.objects.filter(shop=step.shop, deleted_at=None, seen_at__lt=step.run.started_at).order_by("pk")
    while ids := list(absent.values_list("remote_id", flat=True)[:PRODUCTS_A_CHUNK]):
        found = step.connector.read_products(ids)
        done = apply_products(step.shop, found)
        missing = set(ids) - {product.id for product in found}
        step.note(changed=done.changed, deleted=delete_products(step.shop, missing))
        Product.objects.filter(shop=step.shop, remote_id__in=ids).update(seen_at=timezone.now())
        if step.out_of_time():
            return False
    return True


def _question_unseen(step: Step, since: dt.datetime) -> None:
    """Have levels confirmed that the read did not bring; only a read of their own says that they are gone."""
    unseen = StockLevel.objects.filter(Q(read_at__lt=since) | Q(read_at=None), location__shop=step.shop, is_active=True)
    ids = list(unseen.values_list("pk", flat=True))
    step.note(levels_questioned=len(ids))
    confirm_soon(ids)


# --- changes ----------------------------------------------------------------------------------------------------------
def _read_changes(step: Step) -> bool:
    counts = step.run.counts
    begun = step.shop.products_read_until or step.run.started_at
    since = begun - OVERLAP
    if not counts.get("products_done"):
        resume = dt.datetime.fromisoformat(counts["products_until"]) if "products_until" in counts else since
        if not _read_changed_products(step, resume):
            _later(step.run, dt.timedelta(0))
            return False
    for place in step.shop.locations.filter(is_active=True).order_by("pk").values_list("remote_id", flat=True):
        if place in counts.get("places_done", []):
            continue
        rows = step.connector.levels_since(place, since)
        while chunk := list(itertools.islice(rows, LEVELS_A_CHUNK)):
            _take_levels(step, chunk)
        step.note(places_done=[place])
        if step.out_of_time():
            _later(step.run, dt.timedelta(0))
            return False
    return True


def _read_changed_products(step: Step, since: dt.datetime) -> bool:
    rows = step.connector.products_since(since)
    while chunk := list(itertools.islice(rows, PRODUCTS_A_CHUNK)):
        _take_products(step, chunk)
        if chunk[-1].updated_at:  # the oldest change comes first
            step.note(products_until=chunk[-1].updated_at.isoformat())
        if step.out_of_time():
            return False
    step.note(products_done=True)
    return True


# --- the row ----------------------------------------------------------------------------------------------------------
def _finish(step: Step) -> None:
    now = timezone.now()
    run = step.run
    with transaction.atomic():
        SyncRun.objects.filter(pk=run.pk).update(status="done", finished_at=now, error="")
        older = Q(products_read_until=None) | Q(products_read_until__lt=run.started_at)
        Shop.objects.filter(older, pk=step.shop.pk).update(products_read_until=run.started_at)
    log.info(
        "read_done", shop=step.shop.domain, kind=run.kind, **{k: v for k, v in run.counts.items() if k != "errors"}
    )


def _later(run: SyncRun, pause: dt.timedelta) -> None:
    SyncRun.objects.filter(pk=run.pk).update(next_attempt_at=timezone.now() + pause)
    _ring()


def _put_off(run: SyncRun, error: str) -> None:
    if run.tries + 1 >= MOST_TRIES:
        _fail(run, error)
        return
    pause = dt.timedelta(seconds=min(600, 5 * 2**run.tries))
    SyncRun.objects.filter(pk=run.pk).update(
        tries=run.tries + 1, error=error[:500], next_attempt_at=timezone.now() + pause
    )


def _fail(run: SyncRun, error: str) -> None:
    SyncRun.objects.filter(pk=run.pk).update(status="failed", error=error[:500], finished_at=timezone.now())


def _ring() -> None:
    from catalog import tasks

    ring(tasks.read)
