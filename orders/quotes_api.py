"""The API's door for quotes: who would ship what, by when and for how much, before anything is sold."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from network.api_base import CountryIn, ShopView
from network.scoping import as_network
from network.taxing import Point
from orders.quotes import quote_sale
from skuu.kit.money import major
from skuu.kit.records import Record

MOST_LINES = 50
MOST_UNITS = 100


class QuoteLineIn(Record):
    """Units a customer may want."""

    variant = serializers.CharField(max_length=255, help_text="the variant’s id, or its SKU")
    quantity = serializers.IntegerField(min_value=1, max_value=MOST_UNITS)


class QuoteToIn(Record):
    """Where they would go; a country and a postcode are enough."""

    country = CountryIn()
    zip = serializers.CharField(max_length=20, allow_blank=True, default="")


class QuoteIn(Record):
    """A basket and its destination."""

    lines = QuoteLineIn(many=True, min_length=1, max_length=MOST_LINES)  # type: ignore[call-arg]
    ship_to = QuoteToIn()


class QuoteLineOut(serializers.Serializer):
    """Whether partners can send a line whole."""

    variant = serializers.CharField()
    quantity = serializers.IntegerField()
    served = serializers.BooleanField()
    reason = serializers.CharField(allow_blank=True)


class QuoteParcelOut(serializers.Serializer):
    """One parcel; whose it is stays unsaid until there is a sale."""

    units = serializers.IntegerField()
    country = serializers.CharField()
    distance_km = serializers.FloatField(allow_null=True)
    arrives_from = serializers.DateField()
    arrives_on = serializers.DateField()


class QuoteOut(serializers.Serializer):
    """How the basket would be shipped if it were sold now. Nothing is held by it."""

    served = serializers.BooleanField(help_text="every line can be sent")
    lines = QuoteLineOut(many=True)
    parcels = QuoteParcelOut(many=True)
    postage = serializers.CharField(help_text="net, what the partners are paid for sending")
    currency = serializers.CharField()
    promised_from = serializers.DateField(allow_null=True)
    promised_on = serializers.DateField(allow_null=True)
    within_promise = serializers.BooleanField()
    policy = serializers.CharField()
    why = serializers.CharField()


class Quotes(ShopView):
    """Asks who would ship."""

    serializer_class = QuoteOut

    @extend_schema(operation_id="quotes_ask", request=QuoteIn, responses=QuoteOut, tags=["quotes"])
    def post(self, request: Request) -> Response:
        """Ask how a basket would be shipped if it were sold now: parcels, days of arrival, postage, and why.

        Decided by the same rules as an order, and nothing is claimed: somebody else may be faster.
        """
        given = QuoteIn(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        to = Point(data["ship_to"]["country"], data["ship_to"]["zip"])
        with as_network():
            quoted = quote_sale(self.shop, [(row["variant"], row["quantity"]) for row in data["lines"]], to)
        first, last = quoted.promise or (None, None)
        body = {
            "served": all(line.served for line in quoted.lines),
            "lines": quoted.lines,
            "parcels": quoted.parcels,
            "postage": major(quoted.postage_minor, self.shop.currency),
            "currency": self.shop.currency,
            "promised_from": first,
            "promised_on": last,
            "within_promise": quoted.within_promise,
            "policy": quoted.policy,
            "why": quoted.why,
        }
        return Response(QuoteOut(body).data)
