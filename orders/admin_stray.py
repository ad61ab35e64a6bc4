"""The back office's list of parcels that left although their orders had been taken away."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from network.scoping import as_network
from orders.models import StrayParcel
from orders.stray import note_seen
from skuu.kit.admin import ReadOnlyAdmin
from skuu.kit.money import Money


class LookedAt(admin.SimpleListFilter):
    title, parameter_name = "looked at", "seen"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("no", "not yet"), ("yes", "looked at")]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[StrayParcel]") -> "QuerySet[StrayParcel]":
        return queryset if self.value() is None else queryset.filter(seen_at__isnull=self.value() == "no")


@admin.register(StrayParcel)
class StrayParcelAdmin(ReadOnlyAdmin):
    """Goods a customer may hold twice or for nothing: what they are worth, whether they are paid, who sold and who sent them."""

    list_display = ("internal_order", "sells", "ships", "was", "is_paid", "net", "told_by", "at", "seen_by", "seen_at")
    list_filter = (LookedAt, "is_paid", "was", "internal_order__shipper")
    search_fields = ("internal_order__number", "internal_order__order__name", "internal_order__shipper__name")
    list_select_related = ("internal_order__order__shop", "internal_order__shipper")
    ordering = ("-pk",)
    actions = ("looked_at",)

    @admin.display(description="sold by", ordering="internal_order__order__shop__name")
    def sells(self, row: StrayParcel) -> str:
        return str(row.internal_order.order.shop)

    @admin.display(description="sent by", ordering="internal_order__shipper__name")
    def ships(self, row: StrayParcel) -> str:
        return str(row.internal_order.shipper)

    @admin.display(description="goods, net", ordering="net_minor")
    def net(self, row: StrayParcel) -> str:
        return Money(row.net_minor, row.internal_order.currency).format()

    @admin.action(description="I have looked at these", permissions=["look"])
    def looked_at(self, request: HttpRequest, rows: "QuerySet[StrayParcel]") -> None:
        with as_network():
            done = sum(note_seen(row, by=request.user.get_username()) for row in rows)
        self.message_user(request, f"{done} looked at.", messages.SUCCESS)

    def has_look_permission(self, request: HttpRequest) -> bool:
        """Whoever may change them, though nobody changes them by hand."""
        return request.user.has_perm("orders.change_strayparcel")
