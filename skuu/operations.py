"""The back office's operations page: is everybody connected, what waits and for how long, what failed, and the buttons that mend it."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Min, Q
from django.db.models.functions import Least
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from catalog.models import EvidenceClass, MatchingDrift, MatchReport, Placement
from catalog.retry import retry_placement
from network.models import InboundEvent, Shop, SyncRun
from network.paging import Page, page_after
from network.receive import replay_events
from network.stops import open_stops
from orders.models import InternalOrder, OrderLine, OrderToRead, Parcel, ReturnLine
from orders.retry import (
    retry_internal_order,
    retry_order_line,
    retry_order_to_read,
    retry_parcel,
    retry_return_line,
)
from skuu.alarms import alarms
from skuu.backlogs import backlogs
from skuu.drift_page import drift_urls
from skuu.halting import halt_urls
from skuu.health import worker_seen
from skuu.kit.errors import NotFound

PAGE = 25
MOST_AT_ONCE = 200
WORKER_SILENT = dt.timedelta(minutes=2)


@dataclass(frozen=True)
class Section:
    """One table of the page: its title, who may see it, and how its rows are found."""

    title: str
    permission: str
    rows: Callable[[HttpRequest], Page]


@dataclass(frozen=True)
class Connection:
    """A shop, its credential and its latest reads by kind."""

    shop: Shop
    reads: dict[str, SyncRun]

    @property
    def credential(self) -> Any:
        return getattr(self.shop, "credential", None)

    @property
    def token(self) -> str:
        """Say how it stands with the token, in words."""
        row = self.credential
        if self.shop.platform == "api":
            return "pushes with an API key"
        if row is None or not row.access_token:
            return "no token"
        if row.broken_at:
            return f"refused: {row.broken_reason or 'the store no longer accepts it'}"
        if row.expires_at and row.expires_at <= timezone.now():
            return "expired; renewed with the next call"
        return "good"

    @property
    def is_broken(self) -> bool:
        return bool(self.credential and self.credential.broken_at)

    @property
    def unmet(self) -> list[str]:
        return [str(row.get("title") or row.get("key")) for row in self.shop.checklist if not row.get("ok")]

    @property
    def latest(self) -> list[SyncRun]:
        return sorted(self.reads.values(), key=lambda run: run.started_at, reverse=True)

    @property
    def drift(self) -> str:
        """Say what the last finished reconcile had to repair."""
        run = self.reads.get("reconcile")
        if run is None or run.status != "done":
            return ""
        names = {"levels_changed": "stock figures", "changed": "variants", "deleted": "gone"}
        found = [f"{run.counts[name]} {words}" for name, words in names.items() if run.counts.get(name)]
        return ", ".join(found) or "none"


# --- tables -----------------------------------------------------------------------------------------------------------
def _connections(request: HttpRequest) -> Page:
    rows = Shop.everyone.select_related("merchant", "credential")
    if status := request.GET.get("status"):
        rows = rows.filter(status=status)
    if words := _words(request):
        rows = rows.filter(Q(name__icontains=words) | Q(domain__icontains=words) | Q(merchant__name__icontains=words))
    page = page_after(rows, request.GET.get("after"), of=Shop.everyone.all(), by="name", size=PAGE)
    latest = SyncRun.everyone.filter(shop__in=page.rows).order_by("shop", "kind", "-pk").distinct("shop", "kind")
    reads: dict[int, dict[str, SyncRun]] = {}
    for run in latest:
        reads.setdefault(run.shop_id, {})[run.kind] = run
    return Page([Connection(shop, reads.get(shop.pk, {})) for shop in page], page.next_after, page.is_first)


def _reads(request: HttpRequest) -> Page:
    rows = SyncRun.everyone.select_related("shop")
    if status := request.GET.get("status"):
        rows = rows.filter(status=status)
    if words := _words(request):
        rows = rows.filter(Q(shop__name__icontains=words) | Q(kind=words) | Q(error__icontains=words))
    return page_after(rows, request.GET.get("after"), of=SyncRun.everyone.all(), newest_first=True, size=PAGE)


def _events(request: HttpRequest) -> Page:
    status = request.GET.get("status")
    rows = InboundEvent.everyone.filter(status__in=[status] if status else ["failed", "dead"]).select_related("shop")
    if words := _words(request):
        rows = rows.filter(Q(shop__name__icontains=words) | Q(topic__icontains=words) | Q(error__icontains=words))
    rows = rows.defer("body")
    return page_after(rows, request.GET.get("after"), of=InboundEvent.everyone.all(), newest_first=True, size=PAGE)


def _placements(request: HttpRequest) -> Page:
    rows = Placement.everyone.exclude(error="").select_related("shop", "variant__product")
    if words := _words(request):
        rows = rows.filter(
            Q(shop__name__icontains=words) | Q(variant__sku__icontains=words) | Q(error__icontains=words)
        )
    return page_after(rows, request.GET.get("after"), of=Placement.everyone.all(), newest_first=True, size=PAGE)


def _internal_orders(request: HttpRequest) -> Page:
    rows = InternalOrder.everyone.exclude(error="").select_related("shipper", "order__shop")
    if status := request.GET.get("status"):
        rows = rows.filter(status=status)
    if words := _words(request):
        rows = rows.filter(Q(number__icontains=words) | Q(shipper__name__icontains=words) | Q(error__icontains=words))
    return page_after(rows, request.GET.get("after"), of=InternalOrder.everyone.all(), newest_first=True, size=PAGE)


def _parcels(request: HttpRequest) -> Page:
    rows = Parcel.everyone.exclude(error="").select_related("internal_order__order__shop", "internal_order__shipper")
    if words := _words(request):
        found = Q(tracking_number__icontains=words) | Q(internal_order__number__icontains=words)
        rows = rows.filter(found | Q(error__icontains=words))
    return page_after(rows, request.GET.get("after"), of=Parcel.everyone.all(), newest_first=True, size=PAGE)


def _lines(request: HttpRequest) -> Page:
    """List what could not be said to a selling shop's store: that a request is accepted, or a line handed back."""
    open_still = (
        Q(status__in=("routed", "handed_back")) | Q(accept_due_at__isnull=False) | Q(hand_back_due_at__isnull=False)
    )
    rows = OrderLine.everyone.exclude(push_error="").filter(open_still).select_related("order__shop")
    if words := _words(request):
        rows = rows.filter(
            Q(order__name__icontains=words) | Q(order__shop__name__icontains=words) | Q(push_error__icontains=words)
        )
    rows = rows.annotate(next_try=Least("accept_due_at", "hand_back_due_at"))
    return page_after(rows, request.GET.get("after"), of=OrderLine.everyone.all(), newest_first=True, size=PAGE)


def _return_lines(request: HttpRequest) -> Page:
    rows = ReturnLine.everyone.exclude(error="").filter(restocked_at=None)
    rows = rows.select_related("row__receiver", "row__internal_order__shipper", "line__order_line")
    if words := _words(request):
        rows = rows.filter(Q(row__number__icontains=words) | Q(error__icontains=words))
    rows = rows.annotate(next_try=F("restock_due_at"))
    return page_after(rows, request.GET.get("after"), of=ReturnLine.everyone.all(), newest_first=True, size=PAGE)


def _orders_to_read(request: HttpRequest) -> Page:
    rows = OrderToRead.everyone.exclude(error="").select_related("shop").annotate(next_try=F("due_at"))
    if words := _words(request):
        rows = rows.filter(Q(remote_id__icontains=words) | Q(shop__name__icontains=words) | Q(error__icontains=words))
    return page_after(rows, request.GET.get("after"), of=OrderToRead.everyone.all(), newest_first=True, size=PAGE)


def _drift(request: HttpRequest) -> Page:
    rows = MatchingDrift.objects.all()
    if request.GET.get("status") == "alarm":
        rows = rows.filter(is_alarm=True)
    return page_after(rows, request.GET.get("after"), of=MatchingDrift.objects.all(), newest_first=True, size=PAGE)


def _words(request: HttpRequest) -> str:
    return request.GET.get("q", "").replace("\0", "").strip()[:100]


SECTIONS = {
    "connections": Section("Connections", "network.view_shop", _connections),
    "reads": Section("Larger reads", "network.view_syncrun", _reads),
    "events": Section("Failed events", "network.view_inboundevent", _events),
    "placements": Section("Shelves with errors", "catalog.view_placement", _placements),
    "internal-orders": Section("Internal orders with errors", "orders.view_internalorder", _internal_orders),
    "parcels": Section("Parcels with errors", "orders.view_parcel", _parcels),
    "orders": Section("Orders to read with errors", "orders.view_ordertoread", _orders_to_read),
    "lines": Section("Lines their shop was not told of", "orders.view_orderline", _lines),
    "returns": Section("Returned units not added", "orders.view_returnline", _return_lines),
    "drift": Section("Matching drift", "catalog.view_matchingdrift", _drift),
}
STATUSES = {
    "connections": Shop.STATUSES,
    "reads": {"waiting": "Waiting", "reading": "Reading", "done": "Done", "failed": "Failed"},
    "events": {"failed": "Failed, will be tried again", "dead": "Dead: needs a person"},
    "internal-orders": InternalOrder.STATUSES,
    "drift": {"alarm": "Alarms"},
}


# --- pages ------------------------------------------------------------------------------------------------------------
@require_GET
def operations(request: HttpRequest) -> HttpResponse:
    """Show the worker's sign of life and every backlog, and one table of what there is to mend."""
    chosen = request.GET.get("section", "connections")
    section = SECTIONS.get(chosen)
    if section is None:
        chosen, section = "connections", SECTIONS["connections"]
    _need(request, section.permission)
    page = section.rows(request)
    seen = worker_seen()
    facts = {
        **admin.site.each_context(request),
        "title": "Operations",
        "section": chosen,
        "sections": {name: one.title for name, one in SECTIONS.items() if request.user.has_perm(one.permission)},
        "statuses": STATUSES.get(chosen, {}),
        "status": request.GET.get("status", ""),
        "words": _words(request),
        "page": page,
        "more": _more(request.GET, page),
        "worker": seen,
        "worker_silent": seen is None or timezone.now() - seen > WORKER_SILENT,
        "backlogs": backlogs(),
        "alarms": alarms(),
        "halts": open_stops().count(),
        "classes": EvidenceClass.objects.order_by("name"),
        "reports": MatchReport.everyone.filter(status="open").aggregate(count=Count("pk"), oldest=Min("created_at")),
        "here": request.get_full_path(),
        "may_replay": request.user.has_perm("network.change_inboundevent"),
        "retry": RETRY_OF.get(chosen, ""),
        "may_retry": chosen in RETRY_OF and request.user.has_perm(RETRIES[RETRY_OF[chosen]][0]),
    }
    return render(request, "admin/operations.html", facts)


def _more(asked: QueryDict, page: Page) -> str:
    """Build the address of the next page, with the same filters."""
    if page.next_after is None:
        return ""
    query = asked.copy()
    query["after"] = str(page.next_after)
    return f"?{query.urlencode()}"


@require_POST
def replay(request: HttpRequest) -> HttpResponse:
    """Have the chosen messages handled again."""
    _need(request, "network.change_inboundevent")
    chosen = _chosen(request, "event")
    failed = InboundEvent.everyone.filter(pk__in=chosen, status__in=["failed", "dead"])
    ids = list(failed.values_list("pk", flat=True))
    done = replay_events(ids, by=str(request.user))
    if erased := len(ids) - done:
        messages.error(request, f"The text of {erased} was erased; read their shops again instead.")
    messages.success(request, f"{done} of {len(chosen)} events will be handled again.")
    return _back(request)


RETRIES: dict[str, tuple[str, Callable[[int], bool]]] = {
    "placement": ("catalog.change_placement", retry_placement),
    "internal-order": ("orders.change_internalorder", retry_internal_order),
    "parcel": ("orders.change_parcel", retry_parcel),
    "order": ("orders.change_ordertoread", retry_order_to_read),
    "line": ("orders.change_orderline", retry_order_line),
    "return-line": ("orders.change_returnline", retry_return_line),
}
RETRY_OF = {
    "placements": "placement",
    "internal-orders": "internal-order",
    "parcels": "parcel",
    "orders": "order",
    "lines": "line",
    "returns": "return-line",
}


@require_POST
def retry(request: HttpRequest, kind: str) -> HttpResponse:
    """Have the chosen rows tried again now."""
    if kind not in RETRIES:
        raise PermissionDenied
    permission, verb = RETRIES[kind]
    _need(request, permission)
    moved = due = 0
    for pk in _chosen(request, "row"):
        try:
            moved, due = (moved + 1, due) if verb(pk) else (moved, due + 1)
        except NotFound as error:
            messages.error(request, error.message)
    messages.success(request, f"{moved} will be tried again now; {due} are due within a minute anyway.")
    return _back(request)


def _chosen(request: HttpRequest, name: str) -> list[int]:
    given = [text for text in request.POST.getlist(name) if text.isascii() and text.isdecimal() and len(text) < 19]
    return list(dict.fromkeys(map(int, given)))[:MOST_AT_ONCE]


def _back(request: HttpRequest) -> HttpResponse:
    where = request.POST.get("next", "")
    ours = where.startswith("/admin/operations/") and url_has_allowed_host_and_scheme(where, allowed_hosts=None)
    return redirect(where if ours else reverse("admin:operations"))


def _need(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


def operation_urls(site: Any) -> list[Any]:
    """List the page's addresses, each behind the back office's own door."""
    return [
        path("operations/", site.admin_view(operations), name="operations"),
        path("operations/replay/", site.admin_view(replay), name="operations_replay"),
        path("operations/retry/<slug:kind>/", site.admin_view(retry), name="operations_retry"),
        *halt_urls(site),
        *drift_urls(site),
    ]
