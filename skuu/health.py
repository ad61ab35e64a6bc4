"""Is it alive, is it ready, what is behind: for load balancers, alarms and the operations page."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView

from catalog.models import ItemMark, Placement, ShelfNote, StockLevel, Variant
from catalog.models.shelf import OUT_OF_STEP
from network.models import InboundEvent, SyncRun
from network.stops import halted
from orders.models import InternalOrder, OrderLine, OrderToRead
from skuu.books import doubts_about_books
from skuu.kit.models import Heartbeat

CANARY = "canary"  # the heartbeat that a job leaves on its way through the queue
SILENT = dt.timedelta(minutes=2)


@dataclass(frozen=True)
class Backlog:
    """One kind of unfinished work: how much, since when, and how old it may get before somebody must look."""

    name: str
    count: int
    oldest: dt.datetime | None
    limit: dt.timedelta

    @property
    def age(self) -> dt.timedelta:
        return timezone.now() - self.oldest if self.oldest else dt.timedelta()

    @property
    def is_late(self) -> bool:
        return self.age > self.limit

    @property
    def limit_in_words(self) -> str:
        minutes = self.limit // dt.timedelta(minutes=1)
        count, unit = (minutes, "minute") if minutes < 60 else (minutes // 60, "hour")
        return f"{count} {unit}{'s' if count > 1 else ''}"


def backlogs() -> list[Backlog]:
    """Measure everything that waits, one indexed query each."""
    minute = dt.timedelta(minutes=1)
    waiting = [
        (
            "webhooks to handle",
            InboundEvent.everyone.filter(~waits_for_staff(), status__in=["waiting", "failed"]),
            "received_at",
            5 * minute,
        ),
        ("larger reads", SyncRun.everyone.filter(status__in=["waiting", "reading"]), "started_at", 60 * minute),
        ("stock to confirm", StockLevel.everyone.filter(confirm_due_at__isnull=False), "confirm_due_at", 5 * minute),
        ("variants to match", Variant.everyone.filter(match_due_at__isnull=False), "match_due_at", 15 * minute),
        ("items to distribute", ItemMark.objects.all(), "at", 5 * minute),
        ("sales to take off shelves", ShelfNote.objects.all(), "at", 5 * minute),
        ("shelves to push", Placement.everyone.filter(OUT_OF_STEP, shop__status="live"), "decided_at", 10 * minute),
        ("orders to read", OrderToRead.everyone.all(), "due_at", 5 * minute),
        ("lines to route", OrderLine.everyone.filter(status="waiting"), "route_due_at", 10 * minute),
        ("internal orders to place", InternalOrder.everyone.filter(status="planned"), "created_at", 60 * 24 * minute),
        (
            "shipments to post",
            InternalOrder.everyone.filter(shipped_at__isnull=False, posted_at=None),
            "shipped_at",
            60 * minute,
        ),
    ]
    found = []
    for name, rows, column, limit in waiting:
        oldest = rows.order_by(column).values_list(column, flat=True).first()
        found.append(Backlog(name, rows.count() if oldest else 0, oldest, limit))
    return found


def worker_seen() -> dt.datetime | None:
    """Say when a worker last gave a sign of life."""
    beat = Heartbeat.objects.filter(name="worker").first()
    return beat.at if beat else None


def waits_for_staff() -> Q:
    """Select messages that wait because somebody halted them."""
    stopped = halted()
    waits = Q(shop__in=stopped.shops) | Q(topic__in=stopped.topics)
    for shop_id, topic in stopped.pairs:
        waits |= Q(shop=shop_id, topic=topic)
    return waits


def canary_sung() -> dt.datetime | None:
    """Say when a job last came through the queue."""
    return Heartbeat.objects.filter(name=CANARY).values_list("at", flat=True).first()


@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """Answer as long as the process does; touches no database."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 when the database answers, is migrated, a worker lives and no backlog is older than its limit; else 503 and why."""
    problems: list[str] = []
    facts: dict[str, Any] = {}
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            problems.append("migrations are not applied: run manage.py migrate")
        else:
            now, seen, sung, waiting = timezone.now(), worker_seen(), canary_sung(), backlogs()
            if seen is None or now - seen > SILENT:
                problems.append("no worker has given a sign of life for two minutes: run manage.py worker")
            elif sung is not None and now - sung > SILENT:
                problems.append("no job has come through the queue for two minutes: its cluster hangs or is too small")
            problems += [f"{late.name}: oldest {late.age}" for late in waiting if late.is_late]
            problems += doubts_about_books()
            facts = {
                "worker_seconds": _seconds(now, seen),
                "canary_seconds": _seconds(now, sung),
                "backlogs": {
                    one.name: {"count": one.count, "seconds": round(one.age.total_seconds(), 1)} for one in waiting
                },
            }
    except DatabaseError:
        problems.append("the database does not answer")
    return JsonResponse({"ready": not problems, "problems": problems, **facts}, status=503 if problems else 200)


def _seconds(now: dt.datetime, at: dt.datetime | None) -> float | None:
    return None if at is None else round((now - at).total_seconds(), 1)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Give Prometheus its figures; for callers with the metrics token only."""
    token = settings.METRICS_TOKEN
    if not token or request.headers.get("Authorization") != f"Bearer {token}":
        raise PermissionDenied
    return ExportToDjangoView(request)
