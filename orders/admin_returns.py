"""The back office's lists of exchanges and takeovers: what staff are asked about by two or three shops at once."""

from django.contrib import admin
from django.contrib.admin import EmptyFieldListFilter
from django.db.models import F, QuerySet, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from orders.models import Exchange, OrderLineChange, ReturnChange, ReturnLine, Takeover
from skuu.kit.admin import ChangesInline, ReadOnlyAdmin, ReadOnlyInline
from skuu.kit.money import Money


class ExchangeChangeInline(ChangesInline):
    model = OrderLineChange


@admin.register(Exchange)
class ExchangeAdmin(ReadOnlyAdmin):
    """What customers got instead of what they send back: the line given, the return it was given for, and how far both are."""

    list_display = ("order", "shop", "title", "quantity", "status", "returned", "reason", "comes_back", "status_reason")
    list_filter = ("status", "exchange_of__status", "exchange_of__reason", "order__shop")
    search_fields = ("order__name", "title", "sku", "exchange_of__number")
    list_select_related = ("order__shop", "exchange_of")
    ordering = ("-pk",)
    inlines = (ExchangeChangeInline,)

    @admin.display(description="sold by", ordering="order__shop__name")
    def shop(self, row: Exchange) -> str:
        return str(row.order.shop)

    @admin.display(description="given for", ordering="exchange_of")
    def returned(self, row: Exchange) -> str:
        address = reverse("admin:orders_return_change", args=[row.exchange_of_id])
        return format_html('<a href="{}">{}</a>', address, row.exchange_of)

    @admin.display(description="why")
    def reason(self, row: Exchange) -> str:
        return str(row.exchange_of.get_reason_display()) if row.exchange_of else ""

    @admin.display(description="the other comes back", ordering="exchange_of__status")
    def comes_back(self, row: Exchange) -> str:
        return str(row.exchange_of.get_status_display()) if row.exchange_of else ""


class TakeoverLineInline(ReadOnlyInline):
    model = ReturnLine
    fields = readonly_fields = (
        "line", "quantity", "as_new", "faulty", "worn", "missing", "takeover_minor", "restock_level", "restocked_at", "error",
    )  # fmt: skip


class TakeoverChangeInline(ChangesInline):
    model = ReturnChange


@admin.register(Takeover)
class TakeoverAdmin(ReadOnlyAdmin):
    """Goods that a third shop takes over: who sells them to whom, for how much, and whether stock and money followed."""

    list_display = (
        "number", "sells", "receiver", "shipped", "status", "units", "as_new", "price", "announced_at", "closed_at", "posted_at",
    )  # fmt: skip
    list_filter = ("status", ("posted_at", EmptyFieldListFilter), "reason", "receiver")
    search_fields = (
        "number",
        "tracking_number",
        "internal_order__number",
        "internal_order__order__name",
        "receiver__name",
    )
    list_select_related = ("internal_order__order__shop", "internal_order__shipper", "receiver")
    ordering = ("-pk",)
    inlines = (TakeoverLineInline, TakeoverChangeInline)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Takeover]":
        bought = Sum(F("lines__as_new") * F("lines__takeover_minor"))
        counted = {"sent": Sum("lines__quantity"), "came": Sum("lines__as_new"), "bought": bought}
        return super().get_queryset(request).annotate(**counted)

    @admin.display(description="sells it on", ordering="internal_order__order__shop__name")
    def sells(self, row: Takeover) -> str:
        return str(row.internal_order.order.shop)

    @admin.display(description="had shipped it", ordering="internal_order__shipper__name")
    def shipped(self, row: Takeover) -> str:
        return str(row.internal_order.shipper)

    @admin.display(description="units", ordering="sent")
    def units(self, row: Takeover) -> int:
        return int(getattr(row, "sent", 0))

    @admin.display(description="as new", ordering="came")
    def as_new(self, row: Takeover) -> int:
        return int(getattr(row, "came", 0))

    @admin.display(description="for, net", ordering="bought")
    def price(self, row: Takeover) -> str:
        return Money(getattr(row, "bought", None) or 0, row.internal_order.currency).format()
