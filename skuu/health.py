"""Is it alive, is it ready, what is behind: for load balancers, alarms and the operations page."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView

from skuu.backlogs import backlogs
from skuu.books import doubts_about_books
from skuu.kit.models import Heartbeat

CANARY = "canary"  # the heartbeat that a job leaves on its way through the queue
SILENT = dt.timedelta(minutes=2)


def worker_seen() -> dt.datetime | None:
    """Say when a worker last gave a sign of life."""
    beat = Heartbeat.objects.filter(name="worker").first()
    return beat.at if beat else None


def canary_sung() -> dt.datetime | None:
    """Say when a job last came through the queue."""
    return Heartbeat.objects.filter(name=CANARY).values_list("at", flat=True).first()


@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """Answer as long as the process does; touches no database."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 when the database answers, is migrated, a worker lives and nothing that could be done is late; else 503 and why.

    What a single store keeps waiting is no reason to take hosts away from all the others: it is an alarm, see skuu.alarms.
    """
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
            problems += [f"{late.name}: due for {late.overdue} and not done" for late in waiting if late.is_late]
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
