"""The API's door for a customer who asks a shop what is held of them, or to have it erased."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from network.api_base import ShopView
from network.scoping import as_network
from orders.api import KEY_HEADER, NothingIn
from orders.models import Order
from orders.redact import answer_data_request, erase_customer, read_answer
from skuu.kit.errors import NotFound
from skuu.kit.idempotency import answers_once


class DataFileOut(serializers.Serializer):
    """All that the network holds of an order's customer."""

    id = serializers.IntegerField(help_text="of the request, as the portal lists it under “Privacy”")
    made_at = serializers.DateTimeField()
    contents = serializers.DictField(
        help_text="address, lines, who ships, parcels, mails and returns; pass it on as it is"
    )


class ErasedOut(serializers.Serializer):
    """What is left of an order's customer."""

    id = serializers.CharField(help_text="of the order")
    erased = serializers.BooleanField(help_text="false: there was nothing left to erase")
    address_erased_at = serializers.DateTimeField(allow_null=True)


class _OneCustomer(ShopView):
    def order(self, order_id: str) -> Order:
        """Find one of the shop's own orders. Raises NotFound."""
        row = Order.objects.for_shop(self.shop).filter(remote_id=order_id).first()
        if row is None:
            raise NotFound("There is no such order.")
        return row


class DataFile(_OneCustomer):
    """What is held of a customer."""

    serializer_class = DataFileOut

    @extend_schema(operation_id="orders_data_file", request=NothingIn, responses=DataFileOut, tags=["orders"])
    def post(self, request: Request, order_id: str) -> Response:
        """Make the file that answers a customer who asks what is held of them. Again on the same day: the same file.

        It is kept encrypted for the days that the portal names under “Privacy”, and erased then, or with the customer's data.
        """
        NothingIn(data=request.data).is_valid(raise_exception=True)
        row = self.order(order_id)
        with as_network():
            made = answer_data_request(self.shop, f"order {row.pk} on {timezone.localdate():%Y-%m-%d}", [row.remote_id])
            contents = read_answer(made)
        told: dict[str, Any] = {"id": made.pk, "made_at": made.created_at, "contents": contents}
        return Response(DataFileOut(told).data)


class Erase(_OneCustomer):
    """Nothing is held of a customer any more."""

    serializer_class = ErasedOut

    @extend_schema(
        operation_id="orders_erase_customer",
        request=NothingIn,
        responses=ErasedOut,
        parameters=[KEY_HEADER],
        tags=["orders"],
    )
    @answers_once
    def post(self, request: Request, order_id: str) -> Response:
        """Erase what is held of an order's customer: address, mail addresses that stood for them, files that told of them.

        Refused as long as the order has yet to be sent (409 `still_moving`); cancel it first. Again: `erased` is false.
        """
        NothingIn(data=request.data).is_valid(raise_exception=True)
        row = self.order(order_id)
        with as_network():
            erased = erase_customer(row, by=self.by)
        row.refresh_from_db(fields=["address_erased_at"])
        told = {"id": row.remote_id, "erased": erased, "address_erased_at": row.address_erased_at}
        return Response(ErasedOut(told).data)
