"""The API's door to a merchant's statements, balance and documents: as rows by pages, and as the very files that are sealed."""

import json
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
from settlement.accept_documents import Acceptance, acceptances
from settlement.agree import cycle_of, next_statement_on
from settlement.balances import positions_of
from settlement.documents.statement import lines_told, statement_csv, statement_json, statement_rows
from settlement.documents.statement_files import stored_statement
from settlement.models import Document, Statement, StatementLine, StoredFile
from settlement.states import next_release, states_of
from skuu.kit.api import Cursor
from skuu.kit.errors import NotFound
from skuu.kit.money import major

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STATEMENT_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json", "pdf": "application/pdf", "xlsx": XLSX}


class StatementOut(serializers.Serializer):
    """A statement's figures; + is owed to the merchant, − the merchant owes."""

    id = serializers.IntegerField(source="pk")
    number = serializers.CharField()
    currency = serializers.CharField()
    through = serializers.DateField(source="cycle.through")
    cycle = serializers.CharField(source="cycle_kind", help_text="how the merchant was settled: weekly or monthly")
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


class LineOut(serializers.Serializer):
    """A line of a statement, as in its CSV, and where its money stands now; amounts in major units, + is owed to the merchant."""

    line = serializers.IntegerField()
    entry = serializers.IntegerField(help_text="the ledger’s entry")
    kind = serializers.CharField(help_text="ship, return, penalty, payment, …")
    effective_on = serializers.DateField()
    posted_at = serializers.DateTimeField()
    role = serializers.CharField(help_text="sold or shipped")
    own_order = serializers.CharField()
    partner_order = serializers.CharField()
    internal_order = serializers.CharField()
    partner = serializers.CharField()
    sku = serializers.CharField()
    description = serializers.CharField()
    quantity = serializers.IntegerField()
    net = serializers.CharField(help_text="the consumer’s price without VAT, the base of the split")
    origin_fee = serializers.CharField()
    goods = serializers.CharField()
    shipping = serializers.CharField()
    vat_rate = serializers.CharField()
    vat = serializers.CharField()
    gross = serializers.CharField(help_text="what the selling shop owes the shipping shop")
    network_fee = serializers.CharField()
    network_fee_vat = serializers.CharField()
    amount = serializers.CharField()
    currency = serializers.CharField()
    vat_treatment = serializers.CharField()
    rate_card = serializers.CharField()
    original = serializers.CharField(required=False, help_text="of what came back: the statement and line of the sale")
    state = serializers.CharField(help_text="pending, payable, held or paid, now")


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
    next_release = serializers.DateField(allow_null=True, help_text="when something pending becomes payable next")
    cycle = serializers.CharField(help_text="how the merchant is settled: weekly or monthly")
    next_statement = serializers.DateField(help_text="the last day of the cycle that is running")


class Balance(ShopView):
    """The merchant's balance."""

    queryset = Statement.everyone.none()  # only that the schema knows whose rows these come of
    serializer_class = BalanceOut

    @extend_schema(operation_id="balance_read", responses=BalanceOut(many=True), tags=["statements"])
    def get(self, request: Request) -> Response:
        """Tell what is payable, pending and held, per currency."""
        names = ("payable", "pending", "held", "total")
        merchant = self.merchant.pk
        told = {
            "next_release": next_release(merchant),
            "cycle": cycle_of(merchant),
            "next_statement": next_statement_on(merchant),
        }
        return Response(
            [
                {"currency": row.currency, **{name: major(getattr(row, name), row.currency) for name in names}} | told
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
    acceptance = serializers.CharField(
        help_text="open, accepted, objected or answered by its supplier; empty where none is asked"
    )
    object_until = serializers.DateField(allow_null=True, help_text="the last day on which its supplier may object")
    accepted_on = serializers.DateField(allow_null=True, help_text="the day from which it counts as accepted")

    def get_seller(self, row: Document) -> str:
        return row.seller.name if row.seller else settings.NETWORK_NAME

    def get_net(self, row: Document) -> str:
        return major(row.net, row.currency)

    def get_vat(self, row: Document) -> str:
        return major(row.vat, row.currency)

    def get_gross(self, row: Document) -> str:
        return major(row.gross, row.currency)


def document_told(row: Document, state: Acceptance) -> dict[str, Any]:
    """Write a document as callers read it, with how it stands with its supplier's acceptance."""
    row.acceptance, row.accepted_on = state.state, state.on  # type: ignore[attr-defined]
    return dict(DocumentOut(row).data)


class DocumentFilter(filters.FilterSet):
    """Which documents."""

    kind = filters.CharFilter(max_length=3)
    month_from = filters.DateFilter(field_name="month", lookup_expr="gte")
    month_to = filters.DateFilter(field_name="month", lookup_expr="lte")


class Documents(ShopList):
    """The invoices and credit notes in which the merchant sells or buys."""

    model, filterset_class, serializer_class, pagination_class = Document, DocumentFilter, DocumentOut, NewestFirst

    def rows(self) -> QuerySet[Document]:
        return documents_of(self.merchant)

    def describe(self, rows: list[Document]) -> list[dict[str, Any]]:
        return [document_told(row, state) for row, state in zip(rows, acceptances(rows).values(), strict=True)]

    @extend_schema(operation_id="documents_list", responses=DocumentOut(many=True), tags=["documents"])
    def get(self, request: Request) -> Response:
        """List the merchant's documents, newest first."""
        return self.listing(request)


class DocumentRowOut(serializers.Serializer):
    """A line of a document."""

    order = serializers.CharField(help_text="the internal order")
    name = serializers.CharField()
    units = serializers.IntegerField()
    net = serializers.CharField()
    vat_category = serializers.CharField(help_text="S, Z, AE or O of UNTDID 5305")
    vat_rate = serializers.CharField()


class FileOut(serializers.Serializer):
    """A file of a document."""

    kind = serializers.CharField(help_text="pdf, cii or ubl")
    digest = serializers.CharField(help_text="SHA-256")


class WholeDocumentOut(DocumentOut):
    """A document with its lines and the digests of its files."""

    rows = DocumentRowOut(many=True)
    files = FileOut(many=True)


class OneDocument(ShopView):
    """One document."""

    serializer_class = WholeDocumentOut

    @extend_schema(operation_id="documents_read", responses=WholeDocumentOut, tags=["documents"])
    def get(self, request: Request, pk: int) -> Response:
        """Show a document with its lines, amounts in major units, and which files there are."""
        row = documents_of(self.merchant).filter(pk=pk).first()
        if row is None:
            raise NotFound("There is no such document.")
        with as_network():
            files = list(StoredFile.everyone.filter(document=row).order_by("kind").values("kind", "digest"))
        lines = [
            {
                "order": one["order"],
                "name": one["name"],
                "units": one["units"],
                "net": major(one["net"], row.currency),
                "vat_category": one["category"],
                "vat_rate": f"{one['rate_bp'] // 100}.{one['rate_bp'] % 100:02d}",
            }
            for one in row.facts.get("rows", [])
        ]
        return Response(document_told(row, acceptances([row])[row.pk]) | {"rows": lines, "files": files})


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
        row = documents_of(self.merchant).filter(pk=pk).first()
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


def documents_of(merchant: Any) -> QuerySet[Document]:
    """Select the documents in which a merchant sells or buys."""
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

    serializer_class = StatementOut

    @extend_schema(operation_id="statements_read", responses=StatementOut, tags=["statements"])
    def get(self, request: Request, pk: int) -> Response:
        """Show a statement's figures; its lines have an address of their own."""
        return Response(StatementOut(_find(self.merchant, pk)).data)


class LineFilter(filters.FilterSet):
    """Which lines."""

    kind = filters.CharFilter(field_name="entry__kind", max_length=20)
    internal_order = filters.CharFilter(field_name="entry__internal_order__number", max_length=20)
    effective_from = filters.DateFilter(field_name="entry__effective_on", lookup_expr="gte")
    effective_to = filters.DateFilter(field_name="entry__effective_on", lookup_expr="lte")


class InOrder(Cursor):
    """Pages in the order of the statement."""

    ordering = "n"


class StatementLines(ShopList):
    """The lines of one statement, by pages."""

    model, filterset_class, serializer_class, pagination_class = StatementLine, LineFilter, LineOut, InOrder

    def rows(self) -> QuerySet[StatementLine]:
        self.statement = _find(self.merchant, self.kwargs["pk"])
        return StatementLine.objects.for_merchant(self.merchant).filter(statement=self.statement)

    def describe(self, rows: list[StatementLine]) -> list[dict[str, Any]]:
        told = list(statement_rows(self.statement, only=[row.n for row in rows]))
        states = states_of(self.merchant.pk, {row.entry for row in told})
        lines = lines_told(self.statement, told)
        return [line | {"state": states.get(line["entry"], "")} for line in lines]

    @extend_schema(operation_id="statements_lines", responses=LineOut(many=True), tags=["statements"])
    def get(self, request: Request, pk: int) -> Response:
        """List a statement's lines in their order, amounts in major units, each with the state of its money now."""
        return self.listing(request)


class StatementFile(ShopView):
    """One statement as a file."""

    serializer_class = StatementOut

    @extend_schema(
        operation_id="statements_file",
        responses={
            (200, "text/csv"): OpenApiResponse(OpenApiTypes.BINARY, description="csv: UTF-8, comma, CRLF"),
            (200, "application/json"): OpenApiResponse(OpenApiTypes.BINARY, description="json"),
            (200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY, description="pdf"),
            (200, XLSX): OpenApiResponse(OpenApiTypes.BINARY, description="xlsx"),
        },
        tags=["statements"],
    )
    def get(self, request: Request, pk: int, kind: str) -> HttpResponse:
        """Download a statement: ``csv`` (its SHA-256 is the statement's digest), ``json``, ``pdf`` or ``xlsx``; always the same bytes."""
        row = _find(self.merchant, pk)
        if kind not in STATEMENT_TYPES:
            raise NotFound("There is no such file; there are csv, json, pdf and xlsx.")
        answer = HttpResponse(_statement_bytes(row, kind), content_type=STATEMENT_TYPES[kind])
        answer["Content-Disposition"] = f'attachment; filename="{row.number}.{kind}"'
        return answer


def _statement_bytes(row: Statement, kind: str) -> bytes:
    if kind == "csv":
        return statement_csv(row)
    if kind == "json":
        return json.dumps(statement_json(row), ensure_ascii=False, indent=1).encode()
    return bytes(stored_statement(row, kind).content)
