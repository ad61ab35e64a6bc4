"""The API's door to own customers' orders: what partners ship of them, and how far it is."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from network.api_base import NewestFirst, ShopList, ShopView
from orders.desk import Sale, sales_of
from orders.lines import Cover, cover_of
from orders.models import Order, OrderLine, Parcel
from skuu.kit.errors import NotFound
from skuu.kit.idempotency import HEADER
from skuu.kit.money import major
from skuu.kit.records import Record, one_of

KEY_HEADER = OpenApiParameter(
    HEADER, str, OpenApiParameter.HEADER, description="Optional. The same key with the same body is answered once."
)


class NothingIn(Record):
    """An empty object, or no body at all."""


class ParcelOut(serializers.Serializer):
    """A parcel on its way."""

    id = serializers.IntegerField(help_text="under this a shipper corrects its tracking")
    carrier = serializers.CharField()
    tracking_number = serializers.CharField()
    tracking_url = serializers.CharField()
    shipped_at = serializers.DateTimeField()
    delivered_at = serializers.DateTimeField(allow_null=True)


class OrderLineOut(serializers.Serializer):
    """Units of an order that the network serves."""

    id = serializers.CharField(source="remote_id")
    variant = serializers.CharField(source="variant.remote_id")
    title = serializers.CharField()
    sku = serializers.CharField()
    quantity = serializers.IntegerField()
    shipped_quantity = serializers.SerializerMethodField(help_text="units of it that partners have sent")
    handed_back_quantity = serializers.SerializerMethodField(help_text="units of it to refund or to source yourself")
    unit_price = serializers.SerializerMethodField()
    status = one_of(OrderLine.STATUSES)
    status_reason = serializers.CharField()

    def get_shipped_quantity(self, line: OrderLine) -> int:
        covers: dict[int, Cover] = self.context["covers"]
        return covers[line.pk].shipped if line.pk in covers else 0

    def get_handed_back_quantity(self, line: OrderLine) -> int:
        return line.handed_back_units if line.status == "handed_back" else 0

    def get_unit_price(self, line: OrderLine) -> str:
        return major(line.unit_price_minor, line.order.currency)


class PartnerOut(serializers.Serializer):
    """Who ships part of an order, and the parcels of it."""

    number = serializers.CharField(help_text="the internal order")
    partner = serializers.CharField(source="shipper.name")
    status = serializers.CharField()
    promised_from = serializers.DateField(allow_null=True)
    promised_on = serializers.DateField(allow_null=True)
    parcels = ParcelOut(many=True)


class OrderOut(serializers.Serializer):
    """A customer's order with lines that the network serves."""

    id = serializers.CharField()
    name = serializers.CharField()
    status = one_of(OrderLine.STATUSES)
    currency = serializers.CharField()
    placed_at = serializers.DateTimeField()
    paid_at = serializers.DateTimeField(allow_null=True)
    cancelled_at = serializers.DateTimeField(allow_null=True)
    is_held = serializers.BooleanField()
    held_reason = serializers.CharField()
    promised_from = serializers.DateField(allow_null=True, help_text="the last parcel arrives between this day …")
    promised_on = serializers.DateField(allow_null=True, help_text="… and this one")
    lines = OrderLineOut(many=True)
    partners = PartnerOut(many=True)


def tell_sales(sales: Sequence[Sale]) -> list[dict[str, Any]]:
    """Write customers' orders the way their shop reads them; one query for all."""
    covers = cover_of(line.pk for sale in sales for line in sale.lines)
    return [_tell_sale(sale, covers) for sale in sales]


def _tell_sale(sale: Sale, covers: Mapping[int, Cover]) -> dict[str, Any]:
    parcels: dict[int, list[Parcel]] = {}
    for parcel in sale.parcels:
        parcels.setdefault(parcel.internal_order_id, []).append(parcel)
    partners = []
    for row in sale.partners:
        told = {name: getattr(row, name) for name in ("number", "status", "promised_from", "promised_on")}
        sent = ParcelOut(parcels.get(row.pk, []), many=True).data
        partners.append(told | {"partner": row.shipper.name, "parcels": sent})
    same = (
        "name", "currency", "placed_at", "paid_at", "cancelled_at", "is_held", "held_reason", "promised_from", "promised_on",
    )  # fmt: skip
    body = {"id": sale.order.remote_id, "status": sale.status} | {name: getattr(sale.order, name) for name in same}
    for line in sale.lines:
        line.order = sale.order
    return body | {"lines": OrderLineOut(sale.lines, many=True, context={"covers": covers}).data, "partners": partners}


class OrderFilter(filters.FilterSet):
    """Which orders."""

    name = filters.CharFilter(max_length=60)
    status = filters.ChoiceFilter(method="with_line", choices=list(OrderLine.STATUSES.items()))
    placed_after = filters.IsoDateTimeFilter(field_name="placed_at", lookup_expr="gt")

    def with_line(self, rows: QuerySet[Order], _name: str, value: str) -> QuerySet[Order]:
        return rows.filter(pk__in=OrderLine.objects.filter(status=value).values("order_id"))


class Orders(ShopList):
    """Own customers' orders."""

    model, filterset_class, serializer_class, pagination_class = Order, OrderFilter, OrderOut, NewestFirst

    def rows(self) -> QuerySet[Order]:
        return Order.objects.for_shop(self.shop)

    def describe(self, rows: list[Order]) -> list[dict[str, Any]]:
        return tell_sales(sales_of(self.merchant, rows))

    @extend_schema(operation_id="orders_list", responses=OrderOut(many=True), tags=["orders"])
    def get(self, request: Request) -> Response:
        """List the shop's orders that the network serves, newest first: lines, partners, tracking."""
        return self.listing(request)


class OneOrder(ShopView):
    """One of the own customers' orders."""

    serializer_class = OrderOut

    @extend_schema(operation_id="orders_read", responses=OrderOut, tags=["orders"])
    def get(self, request: Request, order_id: str) -> Response:
        """Show an order by the shop's own id."""
        row = Order.objects.for_shop(self.shop).filter(remote_id=order_id).first()
        if row is None:
            raise NotFound("There is no such order.")
        return Response(tell_sales(sales_of(self.merchant, [row]))[0])
