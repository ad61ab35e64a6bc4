"""The back office's page of halts: what stands still, since when, by whom and why; and the buttons that halt and lift."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.views.decorators.http import require_GET, require_POST

from network import stops
from network.models import Shop, Stop
from network.topics import TOPICS
from skuu.kit.errors import SkuuError

SHOWN = 100


@require_GET
def halts(request: HttpRequest) -> HttpResponse:
    """Show what is halted, and what was."""
    _need(request, "network.view_stop")
    rows = Stop.objects.select_related("shop")
    facts = {
        **admin.site.each_context(request),
        "title": "Halts",
        "standing": rows.filter(ended_at=None).order_by("-pk"),
        "ended": rows.exclude(ended_at=None).order_by("-pk")[:SHOWN],
        "shops": Shop.everyone.exclude(status="left").order_by("name", "pk"),
        "topics": sorted(TOPICS),
        "kinds": Stop.KINDS,
        "may_halt": request.user.has_perm("network.add_stop"),
        "may_lift": request.user.has_perm("network.change_stop"),
    }
    return render(request, "admin/operations/halts.html", facts)


@require_POST
def halt(request: HttpRequest) -> HttpResponse:
    """Halt what the form names."""
    _need(request, "network.add_stop")
    kind, named = request.POST.get("kind", ""), request.POST.get("shop", "")
    known = named.isascii() and named.isdecimal() and len(named) < 19
    shop = Shop.everyone.filter(pk=int(named)).first() if known else None
    topic = request.POST.get("topic", "") if kind == "topic" else ""
    try:
        stop = stops.halt(
            kind, by=str(request.user), reason=request.POST.get("reason", "")[:2000], shop=shop, topic=topic
        )
    except SkuuError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"Halted: {stop}.")
    return redirect("admin:operations_halts")


@require_POST
def lift(request: HttpRequest, pk: int) -> HttpResponse:
    """Lift one halt."""
    _need(request, "network.change_stop")
    stop = get_object_or_404(Stop.objects.select_related("shop"), pk=pk)
    stops.lift(stop, by=str(request.user))
    messages.success(request, f"Lifted: {stop}.")
    return redirect("admin:operations_halts")


def _need(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


def halt_urls(site: Any) -> list[URLPattern]:
    """List the page's addresses, each behind the back office's own door."""
    return [
        path("operations/halts/", site.admin_view(halts), name="operations_halts"),
        path("operations/halts/new/", site.admin_view(halt), name="operations_halt"),
        path("operations/halts/<int:pk>/lift/", site.admin_view(lift), name="operations_lift"),
    ]
