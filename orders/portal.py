"""The merchant's pages about trade: today, orders to ship as shipper, my customers' orders as origin."""

import datetime as dt

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from catalog.insights import catalogue_figures
from network.acting import Acting, MerchantRequest, merchant_page
from network.models import Notice
from network.paging import page_after
from orders.desk import Task, sales_of, tasks_of, tell_trace
from orders.insights import orders_to_ship, trade_by_day, trade_figures
from orders.models import InternalOrder, Order, RoutingTrace
from skuu.kit.errors import NotFound

DAYS = 30
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
        "notices": notices.order_by("-created_at")[:6],
        "tasks": tasks_of(acting.merchant, list(todo[:5])),
        "today": timezone.localdate(),
        "unready": [shop for shop in shops if shop.status != "live"],
    }
    return render(request, "portal/orders/dashboard.html", facts)


# --- as shipper -------------------------------------------------------------------------------------------------------
@merchant_page()
def to_ship(request: MerchantRequest) -> HttpResponseBase:
    """List the internal orders to answer or send, the most urgent first; or those already closed, the newest first."""
    acting, asked = request.acting, request.GET
    shops = acting.chosen_shops(asked.get("shop"))
    mine = InternalOrder.objects.for_merchant(acting.merchant)
    closed = asked.get("state") == "closed"
    if closed:
        rows = mine.filter(shipper__in=shops, status__in=CLOSED).exclude(status="cancelled", placed_at=None)
    else:
        rows = orders_to_ship(acting.merchant, shops)
    if asked.get("q"):
        rows = rows.filter(number__icontains=asked["q"].strip()) | rows.filter(
            remote_name__icontains=asked["q"].strip()
        )
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
    return show_task(request, task_of(request.acting, number))


def show_task(request: MerchantRequest, task: Task, *, refused: str = "", status: int = 200) -> HttpResponse:
    """Draw the page of an internal order, with the sentence that says why the last action was refused."""
    facts = {
        "section": "to_ship",
        "task": task,
        "refused": refused,
        "history": task.order.changes.order_by("pk"),
        "parcels": task.order.parcels.filter(cancelled_at=None).order_by("pk"),
        "reasons": DECLINE_REASONS,
        "today": timezone.localdate(),
    }
    return render(request, "portal/orders/internal_order.html", facts, status=status)


DECLINE_REASONS = {
    "not_found": "Cannot be found in the stock room",
    "damaged": "Damaged or incomplete",
    "reserved": "Promised to a customer of ours",
    "closed": "Closed, cannot ship in time",
    "other": "Another reason",
}


def task_of(acting: Acting, number: str) -> Task:
    """Find an internal order of one of the merchant's own shops. Raises NotFound for anybody else's."""
    mine = InternalOrder.objects.for_merchant(acting.merchant).select_related("order__shop", "shipper")
    row = mine.filter(number=number).first()
    if row is None:
        raise NotFound("There is no such order.")
    return tasks_of(acting.merchant, [row])[0]


# --- as origin --------------------------------------------------------------------------------------------------------
@merchant_page()
def orders(request: MerchantRequest) -> HttpResponseBase:
    """List my customers' orders with lines that the network serves, the newest first."""
    acting, asked = request.acting, request.GET
    mine = Order.objects.for_merchant(acting.merchant)
    rows = mine.filter(shop__in=acting.chosen_shops(asked.get("shop")))
    if asked.get("q"):
        rows = rows.filter(name__icontains=asked["q"].strip())
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
    facts = {"section": "orders", "sale": sale, "told": told, "steps": _steps(sale.lines)}
    return render(request, "portal/orders/order.html", facts)


def _steps(lines: list) -> list[tuple[dt.datetime, str, str, str]]:
    """Lay the changes of all lines out in time: when, which line, its new status, why."""
    steps = [
        (change.at, line.title, change.to_status, change.reason)
        for line in lines
        for change in line.changes.order_by("pk")
    ]
    return sorted(steps)
