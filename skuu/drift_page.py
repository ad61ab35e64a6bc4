"""The back office's page of drift: how far the stored figures had moved from the shops' own when each night's read came."""

from collections import defaultdict
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_GET

from catalog.reviewing import plotting
from network.models import Shop, SyncRun

NIGHTS = 30
PARTS = {"levels_off": "stock figures", "changed": "variants", "deleted": "products gone"}


@require_GET
def drift(request: HttpRequest) -> HttpResponse:
    """Show what the nightly reads had to repair: all shops by night, or one shop with its worst figures."""
    if not request.user.has_perm("network.view_syncrun"):
        raise PermissionDenied
    asked = request.GET.get("shop", "")
    known = asked.isascii() and asked.isdecimal() and len(asked) < 19
    shop = Shop.everyone.filter(pk=int(asked)).first() if known else None
    reads = SyncRun.everyone.filter(kind="reconcile", status="done").select_related("shop")
    if shop is not None:
        reads = reads.filter(shop=shop)
    rows = list(reads.order_by("-pk")[: NIGHTS * 200])
    nights = _by_night(rows)
    drawn = [(date_format(night, "j M"), [counts[name] for name in PARTS]) for night, counts in nights]
    facts = {
        **admin.site.each_context(request),
        "title": f"Drift of {shop}" if shop else "Drift",
        "shop": shop,
        "shops": Shop.everyone.filter(pk__in=SyncRun.everyone.filter(kind="reconcile").values("shop")).order_by("name"),
        "picture": plotting.stack_bars(drawn, list(PARTS.values())) if any(sum(part) for _, part in drawn) else None,
        "parts": list(enumerate(PARTS.values())),
        "nights": [(night, [counts[name] for name in PARTS], counts["units_off"]) for night, counts in nights],
        "latest": [_row(run) for run in _latest(rows)],
        "worst": (rows[0].counts.get("worst") or []) if shop and rows else [],
    }
    return render(request, "admin/operations/drift.html", facts)


def _by_night(rows: list[SyncRun]) -> list[tuple[Any, dict[str, int]]]:
    nights: dict[Any, dict[str, int]] = {}
    for run in rows:
        counts = nights.setdefault(timezone.localdate(run.started_at), defaultdict(int))
        for name in (*PARTS, "units_off"):
            counts[name] += _whole(run.counts.get(name))
    return sorted(nights.items())[-NIGHTS:]


def _latest(rows: list[SyncRun]) -> list[SyncRun]:
    found: dict[int, SyncRun] = {}
    for run in rows:
        found.setdefault(run.shop_id, run)
    return sorted(found.values(), key=lambda run: (-_whole(run.counts.get("levels_off")), run.shop.name))


def _row(run: SyncRun) -> dict[str, Any]:
    read, off = _whole(run.counts.get("levels_read")), _whole(run.counts.get("levels_off"))
    return {
        "run": run,
        "read": read,
        "off": off,
        "share": f"{100 * off / read:.2f} %" if read else "–",
        "units": _whole(run.counts.get("units_off")),
        "variants": _whole(run.counts.get("changed")),
        "gone": _whole(run.counts.get("deleted")),
    }


def _whole(value: Any) -> int:
    return value if isinstance(value, int) else 0


def drift_urls(site: Any) -> list[URLPattern]:
    """List the page's address, behind the back office's own door."""
    return [path("operations/drift/", site.admin_view(drift), name="operations_drift")]
