"""The API's door to how a shop sends: carriers with prices and days, hours, closing days and room, version by version."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from network.api_base import ShopView
from network.scoping import as_network
from network.sending import MOST_CARRIERS, MOST_CLOSED, Sending, change_sending, sending_of
from network.tariffs import BANDS, FAR, NEAR, ZONES
from skuu.kit.money import major
from skuu.kit.records import AmountIn, Record


class PricesIn(Record):
    """Net EUR of one parcel for each weight band, zone by zone; a zone left out is not served by this carrier."""

    domestic = serializers.ListField(child=AmountIn(), min_length=len(BANDS), max_length=len(BANDS), required=False)
    near = serializers.ListField(child=AmountIn(), min_length=len(BANDS), max_length=len(BANDS), required=False)
    far = serializers.ListField(child=AmountIn(), min_length=len(BANDS), max_length=len(BANDS), required=False)
    abroad = serializers.ListField(child=AmountIn(), min_length=len(BANDS), max_length=len(BANDS), required=False)


class DaysIn(Record):
    """Working days on the way, fewest and most, zone by zone; a zone left out takes as long as usual."""

    domestic = serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2, required=False)
    near = serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2, required=False)
    far = serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2, required=False)
    abroad = serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2, required=False)


class ServiceIn(Record):
    """One carrier."""

    carrier = serializers.CharField(max_length=40)
    prices = PricesIn()
    days = DaysIn(required=False)


class SendingIn(Record):
    """How the shop sends from now on."""

    carriers = ServiceIn(many=True, min_length=1, max_length=MOST_CARRIERS)  # type: ignore[call-arg]
    zones = serializers.DictField(
        child=serializers.ChoiceField(choices=[NEAR, FAR]),
        default=dict,
        help_text="countries of the EU whose zone is not the usual one",
    )
    cutoff_hour = serializers.IntegerField(min_value=0, max_value=24, help_text="what comes later is handled next day")
    handling_days = serializers.IntegerField(min_value=0, max_value=10)
    closed_on = serializers.ListField(child=serializers.DateField(), max_length=MOST_CLOSED, default=list)
    capacity = serializers.IntegerField(
        min_value=1, max_value=100_000, allow_null=True, default=None, help_text="parcels a day; null: any"
    )


class ServiceOut(serializers.Serializer):
    """One carrier as it stands."""

    carrier = serializers.CharField()
    prices = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
    days = serializers.DictField(child=serializers.ListField(child=serializers.IntegerField()))


class SendingOut(serializers.Serializer):
    """How the shop sends now."""

    version = serializers.IntegerField(help_text="0: the network's own terms stand in")
    currency = serializers.CharField()
    bands_grams = serializers.ListField(child=serializers.IntegerField(), help_text="the heaviest parcel of each price")
    carriers = ServiceOut(many=True)
    zones = serializers.DictField(child=serializers.CharField())
    cutoff_hour = serializers.IntegerField()
    handling_days = serializers.IntegerField()
    closed_on = serializers.ListField(child=serializers.DateField())
    capacity = serializers.IntegerField(allow_null=True)


class SendingTermsDoor(ShopView):
    """What the shop's parcels cost and when they leave."""

    serializer_class = SendingOut

    @extend_schema(operation_id="sending_read", responses=SendingOut, tags=["sending"])
    def get(self, request: Request) -> Response:
        """Show what selling shops pay for a parcel of this shop, and when parcels leave."""
        return Response(self._now())

    @extend_schema(operation_id="sending_write", request=SendingIn, responses=SendingOut, tags=["sending"])
    def put(self, request: Request) -> Response:
        """Write a new version; orders already placed keep the terms they were decided by. Again: no new version."""
        sent = SendingIn(data=request.data, context={"currency": "EUR"})
        sent.is_valid(raise_exception=True)
        told = dict(sent.validated_data)
        services = told.pop("carriers")
        with as_network():
            change_sending(self.shop, services=services, **told, by=self.by)
        return Response(self._now())

    def _now(self) -> dict[str, Any]:
        with as_network():
            return _described(sending_of([self.shop])[self.shop.pk])


def _described(sending: Sending) -> dict[str, Any]:
    return {
        "version": sending.version,
        "currency": "EUR",
        "bands_grams": list(BANDS),
        "carriers": [
            {
                "carrier": one.carrier,
                "prices": {
                    zone: [major(price, "EUR") for price in one.prices[zone]] for zone in ZONES if zone in one.prices
                },
                "days": {zone: list(one.days[zone]) for zone in ZONES if zone in one.days},
            }
            for one in sending.tariff.services
        ],
        "zones": dict(sending.tariff.zones),
        "cutoff_hour": sending.cutoff_hour,
        "handling_days": sending.handling_days,
        "closed_on": sorted(sending.closed_on),
        "capacity": sending.capacity,
    }
