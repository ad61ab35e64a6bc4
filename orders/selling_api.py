"""The API's door for shops that tell us their sales themselves: sold from the shelf, and called off."""

import datetime as dt

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from network.api_base import CountryIn, ShopView
from network.connectors.base import RemoteAddress
from network.models import Shop
from network.scoping import as_network
from orders.api import KEY_HEADER, OrderOut, Orders, tell_sales
from orders.call_off import call_off_units
from orders.desk import sales_of
from orders.models import Order
from orders.sell import SoldLine, SoldOrder, call_off_sale, sell_from_shelf
from skuu.kit.errors import NotFound
from skuu.kit.idempotency import answers_once
from skuu.kit.records import AmountIn, Record

CLOCK_SLACK = dt.timedelta(minutes=5)
MOST_LINES = 250
WORDS = "Orders"


class SoldLineIn(Record):
    """Units sold from the shelf."""

    variant = serializers.CharField(max_length=255, help_text="the variant’s id, or its SKU")
    quantity = serializers.IntegerField(min_value=1, max_value=100_000)
    unit_price = AmountIn(help_text='what your customer pays for one, in major units: "49.95"')


class ShipToIn(Record):
    """Where the parcel goes; a label needs no e-mail address and no phone number, so neither is taken."""

    name = serializers.CharField(max_length=120)
    company = serializers.CharField(max_length=120, allow_blank=True, default="")
    address1 = serializers.CharField(max_length=200)
    address2 = serializers.CharField(max_length=200, allow_blank=True, default="")
    zip = serializers.CharField(max_length=20)
    city = serializers.CharField(max_length=100)
    province = serializers.CharField(max_length=100, allow_blank=True, default="")
    country = CountryIn()


class SoldIn(Record):
    """A sale with at least one line that the shelf must answer for."""

    reference = serializers.RegexField(
        r"\A[^/\x00-\x1f\x7f]+\Z", max_length=60, help_text="your own order number, without a slash; its id from now on"
    )
    placed_at = serializers.DateTimeField(
        default_timezone=dt.UTC, required=False, help_text="when it was bought; now when left out"
    )
    currency = serializers.RegexField(r"\A[A-Z]{3}\Z", required=False, help_text="the shop’s own, and no other")
    paid = serializers.BooleanField(help_text="partners are told once it is; send it again when it becomes true")
    taxes_included = serializers.BooleanField(required=False, help_text="of all prices; the shop’s habit when left out")
    locale = serializers.RegexField(
        r"\A[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*\Z",
        max_length=12,
        required=False,
        help_text="the language your customer bought in: “de”, “fr-BE”; the packing slip and the tracking page speak it. "
        "The one of the country it goes to when left out",
    )
    lines = SoldLineIn(many=True, min_length=1, max_length=MOST_LINES)  # type: ignore[call-arg]
    ship_to = ShipToIn()

    def validate_placed_at(self, at: dt.datetime) -> dt.datetime:
        if at > timezone.now() + CLOCK_SLACK:
            raise serializers.ValidationError(
                "This time has not come yet; mind the offset from UTC.", code="future_time"
            )
        return at

    def sold(self, shop: Shop) -> SoldOrder:
        """Say it in the words of the verb."""
        data = self.validated_data
        return SoldOrder(
            reference=data["reference"],
            currency=data.get("currency", shop.currency),
            paid=data["paid"],
            taxes_included=data.get("taxes_included", shop.taxes_included),
            placed_at=data.get("placed_at"),
            lines=tuple(SoldLine(row["variant"], row["quantity"], row["unit_price"]) for row in data["lines"]),
            ship_to=RemoteAddress(**data["ship_to"]),
            locale=data.get("locale", ""),
        )


def _show(view: ShopView, reference: str, status: int = 200) -> Response:
    row = Order.objects.for_shop(view.shop).get(remote_id=reference)
    return Response(tell_sales(sales_of(view.merchant, [row]))[0], status=status)


class Sales(Orders):
    """Own customers' orders, and new ones."""

    @extend_schema(
        operation_id="orders_sell",
        request=SoldIn,
        responses={201: OrderOut, 200: OrderOut},
        parameters=[KEY_HEADER],
        tags=["orders"],
        filters=False,
    )
    @answers_once
    def post(self, request: Request) -> Response:
        """Tell what was sold from the shelf; units are claimed and a partner is found at once.

        What nobody can ship comes back as a line “handed_back” with its reason. The same reference with the same content
        is answered with the same order (200), and marks it paid when `paid` has become true; with other content it is
        refused (409 `reference_taken`). Only for shops that push by REST.
        """
        self.refuse_unless_pushed(WORDS)
        given = SoldIn(data=request.data, context={"currency": self.shop.currency})
        given.is_valid(raise_exception=True)
        with as_network():
            order, is_new = sell_from_shelf(self.shop, given.sold(self.shop))
        return _show(self, order.remote_id, 201 if is_new else 200)


class KeptLineIn(Record):
    """A line of which fewer units are wanted."""

    id = serializers.CharField(max_length=60, help_text="the line’s id in the order")
    keep = serializers.IntegerField(
        min_value=0, max_value=100_000, help_text="units your customer still wants; 0 calls the whole line off"
    )


class CallOffIn(Record):
    """What is called off; without lines the whole order."""

    lines = KeptLineIn(many=True, required=False, min_length=1, max_length=MOST_LINES)  # type: ignore[call-arg]


class CancelSale(ShopView):
    """Calls off."""

    serializer_class = OrderOut

    @extend_schema(
        operation_id="orders_cancel",
        request=CallOffIn,
        responses=OrderOut,
        parameters=[KEY_HEADER],
        tags=["orders"],
    )
    @answers_once
    def post(self, request: Request, order_id: str) -> Response:
        """Cancel an order until everything has shipped, or part of it; a parcel that was faster counts. Again: no change.

        With `lines`, those named are lowered to the units to `keep`; what partners have beyond that is called back. Fewer than
        have shipped are refused (409 `already_shipped`), more than were sold too (422 `more_than_sold`); nothing is changed then.
        A sale that is told again later, with its first content or as it stands, asks for no unit that was called off.
        """
        if not Order.objects.for_shop(self.shop).filter(remote_id=order_id).exists():
            raise NotFound("There is no such order.")
        self.refuse_unless_pushed(WORDS)
        given = CallOffIn(data=request.data)
        given.is_valid(raise_exception=True)
        lines = given.validated_data.get("lines")
        with as_network():
            if lines is None:
                call_off_sale(self.shop, order_id)
            else:
                kept = [(line["id"], line["keep"]) for line in lines]
                call_off_units(self.shop, order_id, kept, by=self.by)
        return _show(self, order_id)
