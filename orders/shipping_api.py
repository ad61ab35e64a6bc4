"""The API's door for shippers: the internal orders to accept, decline and ship."""

from typing import Any

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from network.api_base import NewestFirst, ShopList, ShopView
from network.scoping import as_network
from orders.api import KEY_HEADER, NothingIn, ParcelOut
from orders.desk import Task, tasks_of
from orders.doubtful import prove_number
from orders.fulfil import DECLINE_REASONS, accept_internal_order, decline_internal_order, ship_internal_order
from orders.models import InternalOrder
from skuu.kit.errors import NotFound
from skuu.kit.idempotency import answers_once
from skuu.kit.money import major
from skuu.kit.records import Record, one_of

# From when on a shipper knows whose sale it is and what it earns; the address only while the parcel needs it (Task.address).
AGREED = ("placed", "accepted", "shipped", "delivered")
LABEL = ("name", "company", "address1", "address2", "zip", "city", "province", "country")


class InternalLineOut(serializers.Serializer):
    """What to take from where."""

    id = serializers.IntegerField()
    variant = serializers.CharField()
    title = serializers.CharField()
    size = serializers.CharField()
    sku = serializers.CharField()
    location = serializers.CharField()
    quantity = serializers.IntegerField()
    shipped_quantity = serializers.IntegerField()
    net = serializers.CharField(allow_null=True, help_text="net value of these units; null before it is agreed")


class DestinationOut(serializers.Serializer):
    """Roughly where to: enough to say yes or no."""

    country = serializers.CharField()
    postcode_area = serializers.CharField()


class AddressOut(serializers.Serializer):
    """What a parcel label needs; never e-mail, phone or account."""

    name = serializers.CharField()
    company = serializers.CharField()
    address1 = serializers.CharField()
    address2 = serializers.CharField()
    zip = serializers.CharField()
    city = serializers.CharField()
    province = serializers.CharField()
    country = serializers.CharField()


class TradeOut(serializers.Serializer):
    """Whose sale it is and its net amounts."""

    origin = serializers.CharField(help_text="the selling shop, which stands on the packing slip")
    currency = serializers.CharField()
    net = serializers.CharField(help_text="net value of the goods, the base of the split")
    shipping = serializers.CharField(help_text="net, paid to you")


class StrayOut(serializers.Serializer):
    """What is kept of a parcel that left although its order had been taken away."""

    was = one_of(InternalOrder.STATUSES)
    paid = serializers.BooleanField(help_text="it counts as sent; else another partner has sent the goods as well")
    net = serializers.CharField(help_text="net value of the goods that left")
    told_at = serializers.DateTimeField()


class InternalOrderOut(serializers.Serializer):
    """An internal order as its shipper may see it at this moment."""

    number = serializers.CharField()
    status = one_of(InternalOrder.STATUSES)
    status_reason = serializers.CharField()
    wants_answer = serializers.BooleanField(help_text="accept or decline it")
    may_ship = serializers.BooleanField()
    may_tell_sent = serializers.BooleanField(
        help_text="it was taken away; do not send it, but if its parcel has left, ship it here with `already_left`"
    )
    created_at = serializers.DateTimeField()
    promised_on = serializers.DateField(allow_null=True)
    hand_over_by = serializers.DateField(
        allow_null=True,
        help_text="the day the parcel is to leave; three to ten working days later (the selling shop’s choice) a partner gets it",
    )
    together_with = serializers.ListField(
        child=serializers.CharField(),
        help_text="internal orders of the same customer’s order that go into the same parcel; they bear another VAT",
    )
    own_order = serializers.CharField(help_text="its name in your own shop; empty before it is placed")
    destination = DestinationOut()
    lines = InternalLineOut(many=True)
    trade = TradeOut(allow_null=True, help_text="null before it is agreed")
    address = AddressOut(allow_null=True, help_text="only from placed until delivered")
    parcels = ParcelOut(many=True)
    stray = StrayOut(allow_null=True, help_text="null unless a parcel left although the order had been taken away")


def _task(task: Task) -> dict[str, Any]:
    row = task.order
    agreed = row.status in AGREED
    country, area = task.area
    lines = [
        {
            "id": picking.line.pk,
            "variant": picking.line.variant.remote_id,
            "title": picking.line.variant.product.title,
            "size": picking.size,
            "sku": picking.line.variant.sku,
            "location": picking.place,
            "quantity": picking.line.quantity,
            "shipped_quantity": picking.line.shipped_quantity,
            "net": major(picking.line.net_minor, row.currency) if agreed else None,
        }
        for picking in task.lines
    ]
    return {
        "number": row.number,
        "status": row.status,
        "status_reason": row.status_reason,
        "wants_answer": task.wants_answer,
        "may_ship": task.may_ship,
        "may_tell_sent": task.may_tell_sent,
        "created_at": row.created_at,
        "promised_on": row.promised_on,
        "hand_over_by": task.hand_over_by,
        "together_with": task.together,
        "own_order": row.remote_name,
        "destination": {"country": country, "postcode_area": area},
        "lines": lines,
        "trade": _trade(task) if agreed else None,
        "address": {name: str((task.address or {}).get(name) or "") for name in LABEL} if task.address else None,
        "parcels": ParcelOut([one for one in row.parcels.all() if one.cancelled_at is None], many=True).data,
        "stray": _stray(task),
    }


def _stray(task: Task) -> dict[str, Any] | None:
    row, currency = task.stray, task.order.currency
    if row is None:
        return None
    return {"was": row.was, "paid": row.is_paid, "net": major(row.net_minor, currency), "told_at": row.at}


def _trade(task: Task) -> dict[str, str]:
    row = task.order
    return {
        "origin": row.order.shop.name,
        "currency": row.currency,
        "net": major(sum(picking.line.net_minor for picking in task.lines), row.currency),
        "shipping": major(row.shipping_minor, row.currency),
    }


class InternalOrderFilter(filters.FilterSet):
    """Which internal orders."""

    status = filters.ChoiceFilter(choices=list(InternalOrder.STATUSES.items()))
    number = filters.CharFilter(max_length=20)
    open = filters.BooleanFilter(method="that_wait", label="only those to answer or to ship")

    def that_wait(self, rows: QuerySet[InternalOrder], _name: str, value: bool) -> QuerySet[InternalOrder]:
        waits = Q(status__in=InternalOrder.OPEN, cancel_wanted_at=None)
        return rows.filter(waits if value else ~waits)


def _shown(shop: Any) -> QuerySet[InternalOrder]:
    """Select what a shipper has been told of: placed at some time, or asked for a paid order."""
    asked = Q(asks=True, order__paid_at__isnull=False)
    rows = InternalOrder.objects.for_shop(shop).filter(Q(placed_at__isnull=False) | asked)
    return rows.select_related("order__shop", "shipper", "stray").prefetch_related("parcels")


class InternalOrders(ShopList):
    """Internal orders that this shop ships."""

    model, filterset_class, serializer_class = InternalOrder, InternalOrderFilter, InternalOrderOut
    pagination_class = NewestFirst

    def rows(self) -> QuerySet[InternalOrder]:
        return _shown(self.shop)

    def describe(self, rows: list[InternalOrder]) -> list[dict[str, Any]]:
        return [_task(task) for task in tasks_of(self.merchant, rows)]

    @extend_schema(operation_id="internal_orders_list", responses=InternalOrderOut(many=True), tags=["internal orders"])
    def get(self, request: Request) -> Response:
        """List the internal orders this shop ships, newest first."""
        return self.listing(request)


class InternalOrderDoor(ShopView):
    """One internal order that this shop ships."""

    serializer_class = InternalOrderOut

    def find(self, number: str) -> InternalOrder:
        """Find it by number. Raises NotFound for another shop's, too."""
        row: InternalOrder | None = _shown(self.shop).filter(number=number).first()
        if row is None:
            raise NotFound("There is no such internal order.")
        return row

    def show(self, number: str, status: int = 200) -> Response:
        """Answer it as it stands now."""
        return Response(_task(tasks_of(self.merchant, [self.find(number)])[0]), status=status)


class OneInternalOrder(InternalOrderDoor):
    """Reads."""

    @extend_schema(operation_id="internal_orders_read", responses=InternalOrderOut, tags=["internal orders"])
    def get(self, request: Request, number: str) -> Response:
        """Show an internal order: what to pick, where to, and what can be done now."""
        return self.show(number)


class Accept(InternalOrderDoor):
    """Agrees."""

    @extend_schema(
        operation_id="internal_orders_accept",
        request=NothingIn,
        responses=InternalOrderOut,
        parameters=[KEY_HEADER],
        tags=["internal orders"],
    )
    @answers_once
    def post(self, request: Request, number: str) -> Response:
        """Agree to ship; it is placed in your shop, and name and address follow. Again: no change."""
        row = self.find(number)
        NothingIn(data=request.data).is_valid(raise_exception=True)
        with as_network():
            accept_internal_order(row, by=self.by)
        return self.show(number)


class DeclineIn(Record):
    """Why it cannot be shipped."""

    reason = serializers.CharField(
        max_length=300, help_text=f"one of {', '.join(DECLINE_REASONS)}, or a sentence of your own"
    )


class Decline(InternalOrderDoor):
    """Declines."""

    @extend_schema(
        operation_id="internal_orders_decline",
        request=DeclineIn,
        responses=InternalOrderOut,
        parameters=[KEY_HEADER],
        tags=["internal orders"],
    )
    @answers_once
    def post(self, request: Request, number: str) -> Response:
        """Decline until something has shipped; the next partner is asked at once. Again: no change."""
        row = self.find(number)
        given = DeclineIn(data=request.data)
        given.is_valid(raise_exception=True)
        with as_network():
            decline_internal_order(row, given.validated_data["reason"], by=self.by)
        return self.show(number)


class ParcelLineIn(Record):
    """Units of one line in the parcel."""

    id = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="the line’s id")
    quantity = serializers.IntegerField(min_value=1, max_value=100_000)


class ShipIn(Record):
    """A parcel; without lines it holds everything that has not been sent yet."""

    carrier = serializers.CharField(max_length=60)
    tracking_number = serializers.CharField(max_length=120)
    tracking_url = serializers.URLField(max_length=500, allow_blank=True, default="")
    lines = ParcelLineIn(many=True, required=False, min_length=1, max_length=1000)  # type: ignore[call-arg]
    already_left = serializers.BooleanField(
        default=False, help_text="the parcel has left although the order was taken away: it is accepted and flagged"
    )
    sure = serializers.BooleanField(
        default=False, help_text="the number is right although it does not look like one of the carrier’s"
    )


class Ship(InternalOrderDoor):
    """Ships."""

    @extend_schema(
        operation_id="internal_orders_ship",
        request=ShipIn,
        responses=InternalOrderOut,
        parameters=[KEY_HEADER],
        tags=["internal orders"],
    )
    @answers_once
    def post(self, request: Request, number: str) -> Response:
        """Enter a parcel; both shops are told. Again with the same tracking number: no second parcel.

        A number that does not look like the carrier's is asked about once (`doubtful_number`): see `sure`.
        Of an order that was taken away (`taken_away`) one that had already left is accepted: see `already_left` and `stray`.
        """
        row = self.find(number)
        given = ShipIn(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        lines = [(line["id"], line["quantity"]) for line in data["lines"]] if "lines" in data else None
        prove_number(data["carrier"], data["tracking_number"], sure=data["sure"])
        with as_network():
            ship_internal_order(
                row,
                carrier=data["carrier"],
                number=data["tracking_number"],
                url=data["tracking_url"],
                lines=lines,
                already_left=data["already_left"],
                by=self.by,
            )
        return self.show(number)
