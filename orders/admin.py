"""The back office's pages on orders, internal orders, parcels and returns."""

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.html import format_html

from orders import admin_returns, admin_stray  # noqa: F401 - they register their own
from orders.admin_privacy import data_file, erase
from orders.decide_objection_page import decide_page
from orders.decision_page import decision_facts
from orders.models import (
    DataRequest,
    InternalOrder,
    InternalOrderChange,
    InternalOrderLine,
    MailAlias,
    Objection,
    ObjectionChange,
    Order,
    OrderLine,
    OrderLineChange,
    Parcel,
    ParcelLine,
    Return,
    ReturnChange,
    ReturnLine,
    ReturnRule,
    RoutingPolicy,
    RoutingTrace,
    ShopLook,
    TrackingEvent,
)
from skuu.kit.admin import ChangesInline, ReadOnlyAdmin, ReadOnlyInline


class OrderLineInline(ReadOnlyInline):
    model = OrderLine
    fields = readonly_fields = ("title", "sku", "quantity", "unit_price_minor", "status", "status_reason")


class InternalOrderInline(ReadOnlyInline):
    model = InternalOrder
    fields = readonly_fields = ("number", "shipper", "status", "status_reason", "placed_at", "shipped_at")


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    """Orders as the network sees them; the customer's address is not shown here."""

    list_display = ("name", "shop", "placed_at", "financial_status", "is_test", "is_held", "country", "cancelled_at")
    list_filter = ("financial_status", "is_test", "is_held", "country", "shop")
    search_fields = ("name", "remote_id", "shop__name", "internal_orders__number")
    list_select_related = ("shop",)
    ordering = ("-pk",)
    exclude = ("address",)
    inlines = (OrderLineInline, InternalOrderInline)
    actions = (data_file, erase)

    def has_privacy_permission(self, request: HttpRequest) -> bool:
        """Say who may answer and erase for customers: who may change orders."""
        return bool(request.user.has_perm("orders.change_order"))


class OrderLineChangeInline(ChangesInline):
    model = OrderLineChange


@admin.register(OrderLine)
class OrderLineAdmin(ReadOnlyAdmin):
    list_display = ("order", "title", "sku", "quantity", "status", "status_reason", "tries")
    list_filter = ("status", "order__shop")
    search_fields = ("title", "sku", "order__name", "remote_id")
    list_select_related = ("order",)
    ordering = ("-pk",)
    inlines = (OrderLineChangeInline,)


class InternalOrderLineInline(ReadOnlyInline):
    model = InternalOrderLine
    fields = readonly_fields = ("order_line", "variant", "quantity", "shipped_quantity", "net_minor")


class InternalOrderChangeInline(ChangesInline):
    model = InternalOrderChange


class ParcelInline(ReadOnlyInline):
    model = Parcel
    fields = readonly_fields = ("carrier", "tracking_number", "shipped_at", "mirrored_at", "delivered_at", "error")


@admin.register(InternalOrder)
class InternalOrderAdmin(ReadOnlyAdmin):
    list_display = (
        "number",
        "order",
        "shipper",
        "status",
        "currency",
        "created_at",
        "placed_at",
        "shipped_at",
        "posted_at",
        "error",
    )
    list_filter = ("status", "shipper", "asks")
    search_fields = ("number", "remote_id", "remote_name", "order__name", "shipper__name")
    list_select_related = ("order", "shipper")
    ordering = ("-pk",)
    inlines = (InternalOrderLineInline, ParcelInline, InternalOrderChangeInline)


@admin.register(RoutingTrace)
class RoutingTraceAdmin(ReadOnlyAdmin):
    list_display = ("made_at", "order", "rule_version")
    list_filter = ("rule_version",)
    search_fields = ("order__name",)
    list_select_related = ("order",)
    ordering = ("-pk",)
    exclude = ("trace",)
    readonly_fields = ("why",)
    change_form_template = "admin/routing/decision.html"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show a decision as it was kept, and what the rules of today would do with it."""
        row = self.get_object(request, object_id)
        facts = decision_facts(row) if row else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **facts})

    @admin.display(description="as it is kept")
    def why(self, row: RoutingTrace) -> str:
        return json.dumps(row.trace, indent=2, ensure_ascii=False)


class ParcelLineInline(ReadOnlyInline):
    model = ParcelLine


class TrackingEventInline(ReadOnlyInline):
    model = TrackingEvent


@admin.register(Parcel)
class ParcelAdmin(ReadOnlyAdmin):
    list_display = (
        "internal_order",
        "carrier",
        "tracking_number",
        "shipped_at",
        "mirrored_at",
        "delivered_at",
        "error",
    )
    list_filter = ("carrier", "delivery_presumed")
    search_fields = ("tracking_number", "internal_order__number", "remote_id")
    list_select_related = ("internal_order",)
    ordering = ("-pk",)
    inlines = (ParcelLineInline, TrackingEventInline)


class ReturnLineInline(ReadOnlyInline):
    model = ReturnLine
    fields = readonly_fields = (
        "line", "quantity", "as_new", "faulty", "worn", "missing", "lost", "restocked_at", "error",
    )  # fmt: skip


class ReturnChangeInline(ChangesInline):
    model = ReturnChange


@admin.register(Return)
class ReturnAdmin(ReadOnlyAdmin):
    """What comes back, where it stands and whether stock and money followed."""

    list_display = (
        "number", "internal_order", "reason", "destination", "receiver", "is_lost", "status", "announced_at", "closed_at",
        "posted_at",
    )  # fmt: skip
    list_filter = ("status", "reason", "destination", "is_lost")
    search_fields = ("number", "internal_order__number", "tracking_number", "internal_order__order__name")
    list_select_related = ("internal_order", "receiver")
    ordering = ("-pk",)
    inlines = (ReturnLineInline, ReturnChangeInline)


class ObjectionChangeInline(ChangesInline):
    model = ObjectionChange


@admin.register(Objection)
class ObjectionAdmin(ReadOnlyAdmin):
    """What selling shops object to in inspections; staff decide, stock and money follow by themselves."""

    list_display = ("returned", "status", "words", "held_minor", "raised_at", "raised_by", "decided_at", "decision")
    list_filter = ("status",)
    search_fields = ("returned__number", "words")
    list_select_related = ("returned",)
    ordering = ("-pk",)
    readonly_fields = ("decision",)
    inlines = (ObjectionChangeInline,)

    def get_urls(self) -> list[Any]:
        """Add the page on which an objection is decided."""
        name = "orders_objection_decide"
        return [path("<int:pk>/decide/", self.admin_site.admin_view(decide_page), name=name), *super().get_urls()]

    @admin.display(description="decide")
    def decision(self, row: Objection) -> str:
        if row.status != "open":
            return row.answer
        return format_html('<a href="{}">Decide</a>', reverse("admin:orders_objection_decide", args=[row.pk]))


@admin.register(ReturnRule)
class ReturnRuleAdmin(ReadOnlyAdmin):
    """Where merchants' customers send goods back to, version by version; the merchant's people choose it in the portal."""

    list_display = ("merchant", "version", "rule", "takes_over", "takes_over_percent", "made_at", "made_by")
    list_filter = ("rule", "takes_over")
    search_fields = ("merchant__name", "made_by")
    list_select_related = ("merchant",)
    ordering = ("-pk",)


@admin.register(ShopLook)
class ShopLookAdmin(ReadOnlyAdmin):
    """How shops look on packing slips."""

    list_display = ("shop", "is_plain", "colour", "logo_kind", "changed_at", "changed_by")
    search_fields = ("shop__name",)
    list_select_related = ("shop",)
    ordering = ("-pk",)
    exclude = ("logo",)


@admin.register(RoutingPolicy)
class RoutingPolicyAdmin(ReadOnlyAdmin):
    """What selling shops prefer, version by version; a shop's people choose it in the portal."""

    list_display = ("shop", "version", "policy", "made_at", "made_by")
    list_filter = ("policy", "shop")
    search_fields = ("shop__name", "made_by")
    list_select_related = ("shop",)
    ordering = ("-pk",)


@admin.register(DataRequest)
class DataRequestAdmin(ReadOnlyAdmin):
    """What customers asked their shops for, with the file that answers it while it is kept."""

    list_display = ("shop", "key", "orders", "created_at", "fetched_at", "erased_at")
    list_filter = ("shop",)
    search_fields = ("key", "shop__name")
    list_select_related = ("shop",)
    ordering = ("-pk",)
    exclude = ("contents",)
    readonly_fields = ("file",)

    @admin.display(description="file")
    def file(self, row: DataRequest) -> str:
        """Show the answer as its shop downloads it."""
        kept = row.erased_at is None and row.contents is not None
        return json.dumps(row.contents, indent=2, ensure_ascii=False) if kept else "erased"


@admin.register(MailAlias)
class MailAliasAdmin(ReadOnlyAdmin):
    """Addresses that stand for customers towards carriers; who wrote to them is not shown."""

    list_display = ("internal_order", "made_at", "relayed", "closed_at")
    search_fields = ("internal_order__number",)
    list_select_related = ("internal_order",)
    ordering = ("-pk",)
