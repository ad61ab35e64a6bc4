"""The API's door for disputes: opened about a sale, argued with words and files, taken back by who opened it."""

import base64
import binascii
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from network.api_base import NewestFirst, ShopList, ShopView
from network.scoping import as_network
from orders.api import KEY_HEADER, NothingIn
from orders.models import InternalOrder
from settlement.dispute import FILE_TYPES, Evidence, open_dispute, say, withdraw_dispute
from settlement.models import Dispute, DisputeMessage
from skuu.kit.errors import NotFound, NotPossible
from skuu.kit.idempotency import answers_once
from skuu.kit.money import major
from skuu.kit.records import AmountIn, Record, one_of

MOST_BASE64 = 4_700_000  # a request body holds 5 MB; the portal takes larger files


class MessageOut(serializers.Serializer):
    """What somebody said in a dispute."""

    id = serializers.IntegerField()
    author = serializers.CharField(help_text="a party, or the network")
    text = serializers.CharField()
    file_name = serializers.CharField(help_text="empty when there is no file")
    file_digest = serializers.CharField(help_text="SHA-256")
    said_at = serializers.DateTimeField()


class DisputeOut(serializers.Serializer):
    """A dispute as both of its parties see it; amounts in major units, VAT included."""

    number = serializers.CharField()
    internal_order = serializers.CharField()
    opened_by = serializers.CharField()
    reason = one_of(Dispute.REASONS)
    amount = serializers.CharField(help_text="held while it is open")
    currency = serializers.CharField()
    status = one_of(Dispute.STATUSES)
    decision = serializers.CharField(help_text="the network’s words, once it is resolved")
    need_not_pay = serializers.CharField(allow_null=True, help_text="what of the amount the selling shop need not pay")
    opened_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class WholeDisputeOut(DisputeOut):
    """A dispute with all that was said, oldest first."""

    messages = MessageOut(many=True)


def _told(row: Dispute) -> dict[str, Any]:
    return {
        "number": row.number,
        "internal_order": row.internal_order.number,
        "opened_by": row.opened_by.name,
        "reason": row.reason,
        "amount": major(row.amount, row.currency),
        "currency": row.currency,
        "status": row.status,
        "decision": row.status_reason,
        "need_not_pay": None if row.to_origin is None else major(row.to_origin, row.currency),
        "opened_at": row.opened_at,
        "ended_at": row.ended_at,
    }


def _said(row: DisputeMessage, network: str) -> dict[str, Any]:
    return {
        "id": row.pk,
        "author": row.author.name if row.author else network,
        "text": row.text,
        "file_name": row.file_name,
        "file_digest": row.file_digest,
        "said_at": row.said_at,
    }


class DisputeFilter(filters.FilterSet):
    """Which disputes."""

    status = filters.ChoiceFilter(choices=list(Dispute.STATUSES.items()))
    reason = filters.ChoiceFilter(choices=list(Dispute.REASONS.items()))
    internal_order = filters.CharFilter(field_name="internal_order__number", max_length=20)


class DisputeIn(Record):
    """What is wrong with which sale; without an amount, all that it still stands for."""

    internal_order = serializers.CharField(max_length=20)
    reason = serializers.ChoiceField(choices=list(Dispute.REASONS.items()))
    amount = AmountIn(required=False)
    text = serializers.CharField(max_length=4_000)


class FileIn(Record):
    """A file as evidence: a PDF, a PNG or a JPEG."""

    name = serializers.CharField(max_length=120)
    type = serializers.ChoiceField(choices=sorted(FILE_TYPES))
    content = serializers.CharField(
        max_length=MOST_BASE64, help_text="base64; some 3.5 MB of file at most, larger ones in the portal"
    )


class MessageIn(Record):
    """Words, a file, or both."""

    text = serializers.CharField(max_length=4_000, allow_blank=True, default="")
    file = FileIn(required=False)


class Disputes(ShopList):
    """Disputes about what this shop sold or shipped."""

    model, filterset_class, serializer_class, pagination_class = Dispute, DisputeFilter, DisputeOut, NewestFirst

    def rows(self) -> QuerySet[Dispute]:
        return _of_shop(self)

    def describe(self, rows: list[Dispute]) -> list[dict[str, Any]]:
        return [_told(row) for row in rows]

    @extend_schema(operation_id="disputes_list", responses=DisputeOut(many=True), tags=["disputes"])
    def get(self, request: Request) -> Response:
        """List disputes, newest first: about what you sold, and about what you shipped."""
        return self.listing(request)

    @extend_schema(
        operation_id="disputes_open", request=DisputeIn, responses={201: WholeDisputeOut}, parameters=[KEY_HEADER], tags=["disputes"]
    )  # fmt: skip
    @answers_once
    def post(self, request: Request) -> Response:
        """Open a dispute about a sale in the books; the amount is held until it ends."""
        number = request.data.get("internal_order") if isinstance(request.data, dict) else None
        order = _order_of(self, number)
        given = DisputeIn(data=request.data, context={"currency": order.currency if order else "EUR"})
        given.is_valid(raise_exception=True)
        if order is None:
            raise NotFound("There is no such internal order.")
        data = given.validated_data
        with as_network():
            row = open_dispute(
                order,
                merchant=self.merchant,
                reason=data["reason"],
                amount=data.get("amount"),
                text=data["text"],
                by=self.by,
            )
        return Response(_whole(self, row.number), status=201)


class DisputeDoor(ShopView):
    """One dispute."""

    serializer_class = WholeDisputeOut


class OneDispute(DisputeDoor):
    """Reads."""

    @extend_schema(operation_id="disputes_read", responses=WholeDisputeOut, tags=["disputes"])
    def get(self, request: Request, number: str) -> Response:
        """Show a dispute with all that was said."""
        return Response(_whole(self, number))


class Messages(DisputeDoor):
    """Says something."""

    @extend_schema(
        operation_id="disputes_say", request=MessageIn, responses={201: WholeDisputeOut}, parameters=[KEY_HEADER], tags=["disputes"]
    )  # fmt: skip
    @answers_once
    def post(self, request: Request, number: str) -> Response:
        """Add words or a file to an open dispute; the other party and the network read them."""
        row = _found(self, number)
        given = MessageIn(data=request.data)
        given.is_valid(raise_exception=True)
        with as_network():
            say(row, merchant=self.merchant, text=given.validated_data["text"], by=self.by, evidence=_file_in(given))
        return Response(_whole(self, number), status=201)


class Withdraw(DisputeDoor):
    """Takes back."""

    @extend_schema(
        operation_id="disputes_withdraw", request=NothingIn, responses=WholeDisputeOut, parameters=[KEY_HEADER], tags=["disputes"]
    )  # fmt: skip
    @answers_once
    def post(self, request: Request, number: str) -> Response:
        """Take a dispute you opened back: all of it is owed as it was."""
        row = _found(self, number)
        NothingIn(data=request.data).is_valid(raise_exception=True)
        with as_network():
            withdraw_dispute(row, merchant=self.merchant, by=self.by)
        return Response(_whole(self, number))


class EvidenceFile(DisputeDoor):
    """A file out of a dispute."""

    @extend_schema(
        operation_id="disputes_file",
        responses={
            (200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY, description="as it was sent")
        },
        tags=["disputes"],
    )
    def get(self, request: Request, number: str, pk: int) -> HttpResponse:
        """Download a file that somebody added."""
        row = _found(self, number)
        with as_network():
            said = DisputeMessage.everyone.filter(dispute=row, pk=pk).exclude(file=None).first()
        if said is None or said.file is None:
            raise NotFound("There is no such file.")
        answer = HttpResponse(bytes(said.file), content_type=said.file_type)
        answer["Content-Disposition"] = "attachment"
        answer["X-Content-Type-Options"] = "nosniff"
        return answer


def _file_in(given: MessageIn) -> Evidence | None:
    file = given.validated_data.get("file")
    if file is None:
        return None
    try:
        return Evidence(file["name"], file["type"], base64.b64decode(file["content"], validate=True))
    except (binascii.Error, ValueError):
        raise NotPossible("The file’s content is not base64.", code="bad_file") from None


def _whole(view: ShopView, number: str) -> dict[str, Any]:
    row = _found(view, number)
    with as_network():
        said = DisputeMessage.everyone.filter(dispute=row).select_related("author").defer("file").order_by("pk")
        return _told(row) | {"messages": [_said(one, settings.NETWORK_NAME) for one in said]}


def _order_of(view: ShopView, number: Any) -> InternalOrder | None:
    if not isinstance(number, str):
        return None
    shop = view.shop
    sold = InternalOrder.objects.for_shop(shop, via="order__shop").filter(number=number[:20])
    shipped = InternalOrder.objects.for_shop(shop, via="shipper").filter(number=number[:20])
    return sold.first() or shipped.first()


def _of_shop(view: ShopView) -> QuerySet[Dispute]:
    shop = view.shop
    rows: QuerySet[Dispute] = Dispute.objects.for_merchant(view.merchant, via=Dispute.PARTIES)
    rows = rows.filter(internal_order__order__shop=shop) | rows.filter(internal_order__shipper=shop)
    return rows.select_related("internal_order", "opened_by")


def _found(view: ShopView, number: str) -> Dispute:
    row: Dispute | None = _of_shop(view).filter(number=number).first()
    if row is None:
        raise NotFound("There is no such dispute.")
    return row
