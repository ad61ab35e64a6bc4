"""The API's door to self-billing: the agreement and what waits for it is read; a document is objected to. Agreeing is for people."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from network.api_base import ShopView
from orders.api import KEY_HEADER
from settlement.accept_documents import MOST, acceptances, object_to_document
from settlement.agreement_texts import CURRENT
from settlement.api import DocumentOut, document_told, documents_of
from settlement.models import SelfBilling
from settlement.self_billing import standing_agreement
from settlement.unbilled import REASON, unbilled_of
from skuu.kit.errors import NotFound
from skuu.kit.idempotency import answers_once
from skuu.kit.money import major
from skuu.kit.records import Record


class WaitingSalesOut(serializers.Serializer):
    """Sales on no document yet because their supplier had not agreed when the last ones were drawn up; amounts in major units."""

    month = serializers.DateField()
    supplier = serializers.CharField()
    buyer = serializers.CharField()
    currency = serializers.CharField()
    credit = serializers.BooleanField(help_text="they will stand on a credit note")
    sales = serializers.IntegerField()
    net = serializers.CharField()
    vat = serializers.CharField()
    gross = serializers.CharField()
    reason = serializers.CharField()


class SelfBillingOut(serializers.Serializer):
    """Whether the network may draw up this merchant's invoices, and what waits for an agreement, its own or a partner's."""

    agreed = serializers.BooleanField()
    version = serializers.CharField(help_text="agreed to, or else offered")
    days_to_object = serializers.IntegerField()
    agreed_by = serializers.CharField(help_text="who agreed for the merchant; empty while nobody has")
    agreed_on = serializers.DateField(allow_null=True)
    ends_on = serializers.DateField(allow_null=True, help_text="from this day on it stands no more")
    digest = serializers.CharField(help_text="SHA-256 of the text that was agreed to; empty while none was")
    waiting = WaitingSalesOut(many=True)


class SelfBillingDoor(ShopView):
    """The agreement of the merchant whose shop the key is for."""

    queryset = SelfBilling.everyone.none()  # only that the schema knows whose rows these come of
    serializer_class = SelfBillingOut

    @extend_schema(operation_id="self_billing_read", responses=SelfBillingOut, tags=["documents"])
    def get(self, request: Request) -> Response:
        """Tell whether you have agreed that invoices are drawn up in your name, and which sales wait; owners agree in the portal."""
        row = standing_agreement(self.merchant)
        told = {
            "agreed": row is not None,
            "version": row.version if row else CURRENT.version,
            "days_to_object": row.days_to_object if row else CURRENT.days,
            "agreed_by": row.name if row else "",
            "agreed_on": row.agreed_on if row else None,
            "ends_on": row.ends_on if row else None,
            "digest": row.digest if row else "",
            "waiting": [_waiting(one) for one in unbilled_of(self.merchant)],
        }
        return Response(SelfBillingOut(told).data)


def _waiting(row: Any) -> dict[str, Any]:
    return {
        "month": row.month,
        "supplier": row.supplier.name,
        "buyer": row.buyer.name,
        "currency": row.currency,
        "credit": row.is_credit,
        "sales": row.sales,
        "net": major(row.net, row.currency),
        "vat": major(row.vat, row.currency),
        "gross": major(row.gross, row.currency),
        "reason": REASON,
    }


class DocumentObjectionIn(Record):
    """What is wrong with a document."""

    reason = serializers.CharField(min_length=3, max_length=MOST)


class DocumentObjectionOut(serializers.Serializer):
    """What was objected to a document, and the network's answer."""

    reason = serializers.CharField()
    made_by = serializers.CharField()
    made_at = serializers.DateTimeField()
    answer = serializers.CharField(help_text="empty while there is none")
    answered_at = serializers.DateTimeField(allow_null=True)


class ObjectedDocumentOut(DocumentOut):
    """A document with what its supplier objected."""

    objection = DocumentObjectionOut(allow_null=True)


class DocumentObjectionDoor(ShopView):
    """What the supplier of a document objects to it."""

    serializer_class = ObjectedDocumentOut

    @extend_schema(operation_id="documents_objection", responses=ObjectedDocumentOut, tags=["documents"])
    def get(self, request: Request, pk: int) -> Response:
        """Show how it stands with a document that was drawn up in your name: open, accepted, objected or answered."""
        return Response(self._told(pk))

    @extend_schema(
        operation_id="documents_object",
        request=DocumentObjectionIn,
        responses={201: ObjectedDocumentOut},
        parameters=[KEY_HEADER],
        tags=["documents"],
    )
    @answers_once
    def post(self, request: Request, pk: int) -> Response:
        """Object to a document that was drawn up in your name, within the days agreed; nothing is held, people answer."""
        row = self._find(pk)
        given = DocumentObjectionIn(data=request.data)
        given.is_valid(raise_exception=True)
        object_to_document(self.merchant, row, reason=given.validated_data["reason"], by=self.by)
        return Response(self._told(pk), status=201)

    def _find(self, pk: int) -> Any:
        row = documents_of(self.merchant).filter(pk=pk, seller=self.merchant).first()
        if row is None:
            raise NotFound("There is no such document.")
        return row

    def _told(self, pk: int) -> dict[str, Any]:
        row = self._find(pk)
        state = acceptances([row])[row.pk]
        said = state.objection
        return document_told(row, state) | {"objection": None if said is None else DocumentObjectionOut(said).data}
