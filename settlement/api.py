"""The API's door to a merchant's statements: as rows, and as the very CSV whose digest is sealed."""

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
from settlement.balances import positions_of
from settlement.documents.statement import statement_csv, statement_json
from settlement.models import Document, Statement, StoredFile
from skuu.kit.errors import NotFound
from skuu.kit.money import major


class StatementOut(serializers.Serializer):
    """A statement's figures; + is owed to the merchant, − the merchant owes."""

    id = serializers.IntegerField(source="pk")
    number = serializers.CharField()
    currency = serializers.CharField()
    through = serializers.DateField(source="cycle.through")
    opening = serializers.SerializerMethodField()
    activity = serializers.SerializerMethodField()
    closing = serializers.SerializerMethodField()
    line_count = serializers.IntegerField()
    digest = serializers.CharField(help_text="SHA-256 of the CSV")

    def get_opening(self, row: Statement) -> str:
        return major(row.opening, row.currency)

    def get_activity(self, row: Statement) -> str:
        return major(row.activity, row.currency)

    def get_closing(self, row: Statement) -> str:
        return major(row.closing, row.currency)


class WholeStatementOut(StatementOut):
    """A statement with its lines."""

    lines = serializers.ListField(child=serializers.DictField(), help_text="as in the CSV")


class StatementFilter(filters.FilterSet):
    """Which statements."""

    currency = filters.CharFilter(max_length=3)
    through_from = filters.DateFilter(field_name="cycle__through", lookup_expr="gte")
    through_to = filters.DateFilter(field_name="cycle__through", lookup_expr="lte")


class Statements(ShopList):
    """The statements of the merchant whose shop the key is for."""

    model, filterset_class, serializer_class, pagination_class = Statement, StatementFilter, StatementOut, NewestFirst

    def rows(self) -> QuerySet[Statement]:
        return _sealed(self.merchant)

    def describe(self, rows: list[Statement]) -> list[dict[str, Any]]:
        return list(StatementOut(rows, many=True).data)

    @extend_schema(operation_id="statements_list", responses=StatementOut(many=True), tags=["statements"])
    def get(self, request: Request) -> Response:
        """List the merchant's statements, newest first."""
        return self.listing(request)


class BalanceOut(serializers.Serializer):
    """What stands between the merchant and everybody else now; + is owed to the merchant."""

    currency = serializers.CharField()
    payable = serializers.CharField()
    pending = serializers.CharField()
    held = serializers.CharField()
    total = serializers.CharField()


class Balance(ShopView):
    """The merchant's balance."""

    queryset = Statement.everyone.none()  # only that the schema knows whose rows these come of
    serializer_class = BalanceOut

    @extend_schema(operation_id="balance_read", responses=BalanceOut(many=True), tags=["statements"])
    def get(self, request: Request) -> Response:
        """Tell what is payable, pending and held, per currency."""
        names = ("payable", "pending", "held", "total")
        return Response(
            [
                {"currency": row.currency, **{name: major(getattr(row, name), row.currency) for name in names}}
                for row in positions_of(self.merchant)
            ]
        )


class DocumentOut(serializers.Serializer):
    """An invoice or credit note between the merchant and a partner, or the network."""

    id = serializers.IntegerField(source="pk")
    number = serializers.CharField()
    kind = serializers.CharField(help_text="389, 261, 380 or 381 of UNTDID 1001")
    seller = serializers.SerializerMethodField()
    buyer = serializers.CharField(source="buyer.name")
    month = serializers.DateField()
    issued_on = serializers.DateField()
    currency = serializers.CharField()
    net = serializers.SerializerMethodField()
    vat = serializers.SerializerMethodField()
    gross = serializers.SerializerMethodField()
    corrects = serializers.ListField(child=serializers.CharField())

    def get_seller(self, row: Document) -> str:
        return row.seller.name if row.seller else settings.NETWORK_NAME

    def get_net(self, row: Document) -> str:
        return major(row.net, row.currency)

    def get_vat(self, row: Document) -> str:
        return major(row.vat, row.currency)

    def get_gross(self, row: Document) -> str:
        return major(row.gross, row.currency)


class DocumentFilter(filters.FilterSet):
    """Which documents."""

    kind = filters.CharFilter(max_length=3)
    month_from = filters.DateFilter(field_name="month", lookup_expr="gte")
    month_to = filters.DateFilter(field_name="month", lookup_expr="lte")


class Documents(ShopList):
    """The invoices and credit notes in which the merchant sells or buys."""

    model, filterset_class, serializer_class, pagination_class = Document, DocumentFilter, DocumentOut, NewestFirst

    def rows(self) -> QuerySet[Document]:
        return _documents(self.merchant)

    def describe(self, rows: list[Document]) -> list[dict[str, Any]]:
        return list(DocumentOut(rows, many=True).data)

    @extend_schema(operation_id="documents_list", responses=DocumentOut(many=True), tags=["documents"])
    def get(self, request: Request) -> Response:
        """List the merchant's documents, newest first."""
        return self.listing(request)


class DocumentFile(ShopView):
    """One document as a file, for an access point or a bookkeeping program."""

    serializer_class = DocumentOut

    @extend_schema(
        operation_id="documents_file",
        responses={(200, "application/xml"): OpenApiResponse(OpenApiTypes.BINARY, description="pdf, cii or ubl")},
        tags=["documents"],
    )
    def get(self, request: Request, pk: int, kind: str) -> HttpResponse:
        """Download a document: ``pdf`` (Factur-X), ``cii`` or ``ubl``."""
        row = _documents(self.merchant).filter(pk=pk).first()
        with as_network():
            file = StoredFile.everyone.filter(document=row, kind=kind).first() if row is not None else None
        if row is None or file is None:
            raise NotFound("There is no such document.")
        suffix = "pdf" if kind == "pdf" else f"{kind}.xml"
        answer = HttpResponse(
            bytes(file.content), content_type="application/pdf" if kind == "pdf" else "application/xml"
        )
        answer["Content-Disposition"] = f'attachment; filename="{row.number}.{suffix}"'
        return answer


def _documents(merchant: Any) -> QuerySet[Document]:
    rows: QuerySet[Document] = Document.objects.for_merchant(merchant, via=Document.PARTIES)
    return rows.select_related("seller", "buyer")


def _sealed(merchant: Any) -> QuerySet[Statement]:
    return Statement.objects.for_merchant(merchant).exclude(digest="").select_related("cycle")


def _find(merchant: Any, pk: int) -> Statement:
    row: Statement | None = _sealed(merchant).filter(pk=pk).first()
    if row is None:
        raise NotFound("There is no such statement.")
    return row


class OneStatement(ShopView):
    """One statement."""

    serializer_class = WholeStatementOut

    @extend_schema(operation_id="statements_read", responses=WholeStatementOut, tags=["statements"])
    def get(self, request: Request, pk: int) -> Response:
        """Show a statement with its lines, amounts in major units."""
        row = _find(self.merchant, pk)
        return Response(StatementOut(row).data | {"lines": statement_json(row)["lines"]})


class StatementCsv(ShopView):
    """One statement as a file."""

    serializer_class = WholeStatementOut

    @extend_schema(
        operation_id="statements_csv",
        responses={(200, "text/csv"): OpenApiResponse(OpenApiTypes.BINARY, description="UTF-8, comma, CRLF")},
        tags=["statements"],
    )
    def get(self, request: Request, pk: int) -> HttpResponse:
        """Download a statement as CSV; its SHA-256 is the statement's digest."""
        row = _find(self.merchant, pk)
        answer = HttpResponse(statement_csv(row), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{row.number}.csv"'
        return answer
