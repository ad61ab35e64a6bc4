"""The API's door to payments: what is due, on its way, paid or come back between the merchant and the others."""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from network.api_base import NewestFirst, ShopList
from settlement.models import Payment
from skuu.kit.money import major
from skuu.kit.records import one_of

SHOWN = {status: words for status, words in Payment.STATUSES.items() if status != "cancelled"}


class PaymentOut(serializers.Serializer):
    """A payment between the merchant and a partner, or the network; its number is the reference at the bank."""

    number = serializers.CharField()
    kind = one_of(Payment.KINDS)
    payer = serializers.CharField()
    payee = serializers.CharField()
    amount = serializers.CharField()
    currency = serializers.CharField()
    due_on = serializers.DateField()
    by_debit = serializers.BooleanField(help_text="the payee fetches it by direct debit")
    announced_on = serializers.DateField(allow_null=True, help_text="when the payer was told of the debit")
    status = one_of(SHOWN)
    status_reason = serializers.CharField()
    settled_on = serializers.DateField(allow_null=True)


class PaymentFilter(filters.FilterSet):
    """Which payments."""

    status = filters.ChoiceFilter(choices=list(SHOWN.items()))
    currency = filters.CharFilter(max_length=3)
    due_from = filters.DateFilter(field_name="due_on", lookup_expr="gte")
    due_to = filters.DateFilter(field_name="due_on", lookup_expr="lte")


class Payments(ShopList):
    """The payments in which the merchant pays or is paid."""

    model, filterset_class, serializer_class, pagination_class = Payment, PaymentFilter, PaymentOut, NewestFirst

    def rows(self) -> QuerySet[Payment]:
        rows: QuerySet[Payment] = Payment.objects.for_merchant(self.merchant, via=Payment.PARTIES)
        return rows.exclude(status="cancelled").select_related("payer", "payee")

    def describe(self, rows: list[Payment]) -> list[dict[str, Any]]:
        return [_told(row) for row in rows]

    @extend_schema(operation_id="payments_list", responses=PaymentOut(many=True), tags=["statements"])
    def get(self, request: Request) -> Response:
        """List the merchant's payments, newest first; amounts in major units."""
        return self.listing(request)


def _told(row: Payment) -> dict[str, Any]:
    same = ("number", "kind", "currency", "due_on", "by_debit", "announced_on", "status", "status_reason", "settled_on")
    return {name: getattr(row, name) for name in same} | {
        "payer": row.payer.name if row.payer else settings.NETWORK_NAME,
        "payee": row.payee.name if row.payee else settings.NETWORK_NAME,
        "amount": major(row.amount, row.currency),
    }
