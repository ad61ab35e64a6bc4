"""The API's doors for shippers to a parcel's tracking and to the address that stands for its customer."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from network.scoping import as_network
from orders.api import KEY_HEADER
from orders.correct import correct_tracking
from orders.doubtful import prove_number
from orders.models import MailAlias, Parcel
from orders.relay import alias_of, alias_until
from orders.shipping_api import InternalOrderDoor, InternalOrderOut
from skuu.kit.errors import NotFound
from skuu.kit.idempotency import answers_once
from skuu.kit.records import Record


class TrackingIn(Record):
    """The right carrier and number."""

    carrier = serializers.CharField(max_length=60)
    tracking_number = serializers.CharField(max_length=120)
    tracking_url = serializers.URLField(max_length=500, allow_blank=True, default="")
    sure = serializers.BooleanField(
        default=False, help_text="the number is right although it does not look like one of the carrier’s"
    )


class CorrectTracking(InternalOrderDoor):
    """Corrects."""

    @extend_schema(
        operation_id="internal_orders_correct_tracking",
        request=TrackingIn,
        responses=InternalOrderOut,
        parameters=[KEY_HEADER],
        tags=["internal orders"],
    )
    @answers_once
    def post(self, request: Request, number: str, parcel: int) -> Response:
        """Correct the tracking of a parcel of yours, by its id; both shops follow. Again: no change."""
        order = self.find(number)
        row = Parcel.objects.for_shop(self.shop).filter(internal_order=order, pk=parcel).first()
        if row is None:
            raise NotFound("There is no such parcel.")
        given = TrackingIn(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        prove_number(data["carrier"], data["tracking_number"], sure=data["sure"])
        with as_network():
            correct_tracking(
                row, carrier=data["carrier"], number=data["tracking_number"], url=data["tracking_url"], by=self.by
            )
        return self.show(number)


class AliasOut(serializers.Serializer):
    """The e-mail address that stands for the customer, for carriers that demand one."""

    address = serializers.CharField(allow_null=True, help_text="null before it is placed and once its time is over")
    until = serializers.DateTimeField(allow_null=True, help_text="mail is relayed until then")
    relayed = serializers.IntegerField(help_text="mails passed on, both ways")


class Alias(InternalOrderDoor):
    """The alias of one internal order."""

    serializer_class = AliasOut  # type: ignore[assignment]

    @extend_schema(operation_id="internal_orders_mail_alias", responses=AliasOut, tags=["internal orders"])
    def get(self, request: Request, number: str) -> Response:
        """Show the address that stands for the customer while the parcel needs it; the customer's own is known to nobody."""
        order = self.find(number)
        with as_network():
            address = alias_of(order)
            row = MailAlias.everyone.filter(internal_order=order).first()
            until = alias_until(order) if address else None
        return Response({"address": address or None, "until": until, "relayed": row.relayed if row else 0})
