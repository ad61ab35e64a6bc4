"""The merchant's pages about trade: today, orders to ship as shipper, my customers' orders as origin."""

import datetime as dt

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from catalog.insights import catalogue_figures
from network.acting import Acting, MerchantRequest, merchant_page
from network.models import Notice
from network.paging import page_after, searched
from network.scoping import as_network
from orders.call_off_portal import call_off_form
from orders.carriers import NAMES as CARRIERS
from orders.desk import Task, sales_of, tasks_of, tell_trace
from orders.find import shipped_as, sold_as
from orders.forms import ShipForm
from orders.fulfil import DECLINE_REASONS, accept_internal_order, decline_internal_order, ship_internal_order
from orders.insights import orders_to_ship, trade_by_day, trade_figures
from orders.models import InternalOrder, Order, OrderLineChange, RoutingTrace
from orders.relay import alias_of
from orders.returns_desk import returnable, returns_of
from orders.slip import packing_slip
from skuu.kit.errors import NotFound, SkuuError

DAYS = 30
NOTICES = 6  # on the first page; all of them stand on their own
CLOSED = ("shipped", "delivered", "declined", "expired", "failed", "cancelled")


@merchant_page()
def dashboard(request: MerchantRequest) -> HttpResponseBase:
    """Show today: what to do, and what the network brought in the last 30 days."""
    acting = request.acting
    shops = acting.chosen_shops(request.GET.get("shop"))
    trade = trade_by_day(acting.merchant, shops, days=DAYS)
    chart = {
        "labels": [date_format(day, "j M") for day in trade["days"]],
        "series": [
            {"name": _("Sold from the shelf"), "values": trade["sold"]},
            {"name": _("Shipped for partners"), "values": trade["sent"]},
        ],
    }
    notices = Notice.objects.for_merchant(acting.merchant).filter(shop__in=shops, done_at=None).select_related("shop")
    todo = orders_to_ship(acting.merchant, shops).select_related("order", "shipper").order_by("promised_on", "pk")
    facts = {
        "section": "dashboard",
        "trade": trade_figures(acting.merchant, shops, days=DAYS),
        "catalogue": catalogue_figures(acting.merchant, shops),
        "chart": chart,
        "has_traded": any(trade["sold"]) or any(trade["sent"]),
        "notices": notices.order_by("-created_at")[:NOTICES],
        "more_notices": max(notices.count() - NOTICES, 0),
        "tasks": tasks_of(acting.merchant, list(todo[:5])),
        "today": timezone.localdate(),
        "unready": [shop for shop in shops if shop.status != "live"],
    }
    return render(request, "portal/orders/dashboard.html", facts)


# --- as shipper -------------------------------------------------------------------------------------------------------
@merchant_page()
def to_ship(request: MerchantRequest) -> HttpResponseBase:
    """List the internal orders to answer or send, the oldest first; or those already closed, the newest first."""
    acting, asked = request.acting, request.GET
    shops = acting.chosen_shops(asked.get("shop"))
    mine = InternalOrder.objects.for_merchant(acting.merchant)
    closed = asked.get("state") == "closed"
    rows: QuerySet[InternalOrder]
    if closed:
        rows = mine.filter(shipper__in=shops, status__in=CLOSED).exclude(status="cancelled", placed_at=None)
    else:
        rows = orders_to_ship(acting.merchant, shops)
    if words := searched(request):
        rows = rows.filter(shipped_as(acting.merchant, words))
    rows = rows.select_related("order__shop", "shipper")
    page = page_after(rows, asked.get("after"), of=mine, newest_first=closed)
    facts = {"section": "to_ship", "page": page, "tasks": tasks_of(acting.merchant, page.rows), "closed": closed}
    facts["today"] = timezone.localdate()
    return render(request, "portal/orders/to_ship.html", facts)


@merchant_page()
def to_ship_count(request: MerchantRequest) -> HttpResponse:
    """Answer the number beside “Orders to ship” in the menu; empty when there is nothing to do."""
    count = orders_to_ship(request.acting.merchant, request.acting.shops).count()
    return HttpResponse(str(count) if count else "")


@merchant_page()
def internal_order(request: MerchantRequest, number: str) -> HttpResponseBase:
    """Show one internal order to its shipper: what to pick, where to, and what can be done now."""
    return _show_task(request, _task_of(request.acting, number))


def _show_task(
    request: MerchantRequest, task: Task, *, refused: str = "", form: ShipForm | None = None, status: int = 200
) -> HttpResponse:
    """Draw the page of an internal order, with the sentence that says why the last action was refused."""
    facts = {
        "form": form or ShipForm(task=task),
        "section": "to_ship",
        "task": task,
        "refused": refused,
        "history": task.order.changes.order_by("pk"),
        "parcels": task.order.parcels.filter(cancelled_at=None).order_by("pk"),
        "reasons": DECLINE_REASONS,
        "carriers": CARRIERS,
        "today": timezone.localdate(),
        "alias": _alias(task),
    }
    return render(request, "portal/orders/internal_order.html", facts, status=status)


def _alias(task: Task) -> str:
    if not task.address:
        return ""
    with as_network():
        return alias_of(task.order)


def _task_of(acting: Acting, number: str) -> Task:
    """Find an internal order of one of the merchant's own shops. Raises NotFound for anybody else's."""
    mine = InternalOrder.objects.for_merchant(acting.merchant).select_related("order__shop", "shipper", "stray")
    row = mine.filter(number=number).first()
    if row is None:
        raise NotFound("There is no such order.")
    return tasks_of(acting.merchant, [row])[0]


@require_GET
@merchant_page()
def slip(request: MerchantRequest, number: str) -> HttpResponseBase:
    """Print the neutral packing slip of an internal order."""
    task = _task_of(request.acting, number)
    with as_network():
        content = packing_slip(task.order)
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{task.order.number}.pdf"'
    return answer


@require_POST
@merchant_page()
def accept(request: MerchantRequest, number: str) -> HttpResponseBase:
    """Agree to ship an internal order that was asked first."""
    task = _task_of(request.acting, number)
    try:
        with as_network():
            accept_internal_order(task.order, by=request.acting.by)
    except SkuuError as error:
        return _show_task(request, task, refused=error.message, status=error.status)
    messages.success(
        request, _("Agreed. %(number)s is being placed in your shop; the address follows.") % {"number": number}
    )
    return redirect("portal:internal_order", number)


@require_POST
@merchant_page()
def decline(request: MerchantRequest, number: str) -> HttpResponseBase:
    """Decline an internal order with a reason; the next partner is asked."""
    task = _task_of(request.acting, number)
    reason = request.POST.get("reason", "")
    words = request.POST.get("words", "").replace("\x00", "").strip()[:300]
    if reason not in DECLINE_REASONS:
        return _show_task(request, task, refused=_("Choose why you cannot ship it."), status=422)
    try:
        with as_network():
            decline_internal_order(task.order, words if reason == "other" and words else reason, by=request.acting.by)
    except SkuuError as error:
        return _show_task(request, task, refused=error.message, status=error.status)
    messages.success(request, _("%(number)s is declined; the next partner is asked.") % {"number": number})
    return redirect("portal:to_ship")


@require_POST
@merchant_page()
def ship(request: MerchantRequest, number: str) -> HttpResponseBase:
    """Enter a parcel with its tracking number; the customer’s shop and one’s own are told."""
    task = _task_of(request.acting, number)
    form = ShipForm(request.POST, task=task)
    if not form.is_valid():
        return _show_task(request, task, form=form, status=422)
    data = form.cleaned_data
    try:
        with as_network():
            ship_internal_order(
                task.order,
                carrier=data["carrier"],
                number=data["number"],
                url=data["url"],
                lines=form.units(),
                already_left="left" in request.POST,
                by=request.acting.by,
            )
    except SkuuError as error:
        return _show_task(request, task, refused=error.message, form=form, status=error.status)
    said = _("The parcel of %(number)s is on its way into both shops.")
    if task.may_tell_sent:
        said = _("The parcel of %(number)s is accepted; the selling shop and the network are told.")
    messages.success(request, said % {"number": number})
    return redirect("portal:internal_order", number)


# --- as origin --------------------------------------------------------------------------------------------------------
@merchant_page()
def orders(request: MerchantRequest) -> HttpResponseBase:
    """List my customers' orders with lines that the network serves, the newest first."""
    acting, asked = request.acting, request.GET
    mine = Order.objects.for_merchant(acting.merchant)
    rows = mine.filter(shop__in=acting.chosen_shops(asked.get("shop")))
    if words := searched(request):
        rows = rows.filter(sold_as(acting.merchant, words))
    groups = {
        "open": ("waiting", "held", "routed"),
        "shipped": ("shipped", "delivered"),
        "attention": ("handed_back", "held"),
    }
    if asked.get("state") in groups:
        rows = rows.filter(lines__status__in=groups[asked["state"]]).distinct()
    page = page_after(rows.select_related("shop"), asked.get("after"), of=mine, newest_first=True)
    facts = {"section": "orders", "page": page, "sales": sales_of(acting.merchant, page.rows)}
    facts["filtered"] = bool(asked.get("q") or asked.get("state") or asked.get("shop"))
    return render(request, "portal/orders/orders.html", facts)


@merchant_page()
def order(request: MerchantRequest, pk: int) -> HttpResponseBase:
    """Show one order of mine: lines, partners, parcels, and in words why these partners ship."""
    acting = request.acting
    row = Order.objects.for_merchant(acting.merchant).select_related("shop").filter(pk=pk).first()
    if row is None:
        raise NotFound("There is no such order.")
    sale = sales_of(acting.merchant, [row])[0]
    names = {placed.shipper_id: placed.shipper.name for placed in sale.internal_orders}
    traces = RoutingTrace.objects.for_merchant(acting.merchant).filter(order=row).order_by("pk")
    told = [(trace.made_at, tell_trace(trace, names, row.currency)) for trace in traces]
    facts = {
        "section": "orders",
        "sale": sale,
        "told": told,
        "steps": _steps(sale.lines),
        "today": timezone.localdate(),
    }
    facts["returns"] = list(returns_of(acting.merchant).filter(internal_order__order=row).order_by("pk"))
    facts["may_return"] = bool(returnable(acting.merchant, row.pk))
    facts["call_off"] = call_off_form(sale) if acting.may_operate else None
    return render(request, "portal/orders/order.html", facts)


def _steps(lines: list) -> list[tuple[dt.datetime, str, str, str]]:
    """Lay the changes of all lines out in time: when, which line, its new status, why."""
    titles = {line.pk: line.title for line in lines}
    changes = OrderLineChange.objects.filter(row__in=titles).order_by("pk")
    return sorted((change.at, titles[change.row_id], change.to_status, change.reason) for change in changes)
