"""The API's door to a shop's own matches: what the network takes its sizes for, why, and the way to say that it is wrong."""

import datetime as dt
from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.catalogue import size_label
from catalog.matches import MatchRow, describe_matches, matches_of, stepped_after
from catalog.models import Match, MatchReport
from catalog.reports import LONGEST_NOTE, report_match, withdraw_report
from network.api_base import ShopList, ShopView
from network.scoping import as_network
from skuu.kit.errors import NotFound
from skuu.kit.idempotency import HEADER, answers_once
from skuu.kit.records import Record, one_of

STATUSES = ("linked", "ask", "rejected", "withdrawn")
GENDERS = {"": "", "m": "men", "w": "women", "k": "kids", "u": "unisex"}
KEY_HEADER = OpenApiParameter(
    HEADER, str, OpenApiParameter.HEADER, description="Optional. The same key with the same body is answered once."
)


class ReportIn(Record):
    """What is wrong with a match."""

    reason = serializers.ChoiceField(choices=list(MatchReport.REASONS.items()))
    note = serializers.CharField(max_length=LONGEST_NOTE, allow_blank=True, default="", help_text="what you saw")


class MatchStyleOut(serializers.Serializer):
    """The network's own entry for one model in one colour, in machine's words; no shop's texts."""

    id = serializers.IntegerField()
    brand = serializers.CharField()
    code = serializers.CharField(help_text="the brand’s article code, when known")
    colour = serializers.CharField()
    gender = one_of((*list(GENDERS.values())[1:], "nothing when unknown"))


class MatchItemOut(serializers.Serializer):
    """One size of a style: the real thing behind matching variants."""

    id = serializers.IntegerField()
    size = serializers.CharField()
    style = MatchStyleOut()  # type: ignore[assignment]


class MatchShelfOut(serializers.Serializer):
    """What partners’ stock stands on the shelf for it."""

    wanted = serializers.IntegerField()
    on_shelf = serializers.IntegerField()
    reasons = serializers.ListField(child=serializers.CharField())


class MatchWordsOut(serializers.Serializer):
    """What was said once."""

    by = serializers.CharField()
    at = serializers.DateTimeField()
    reason = serializers.CharField()
    note = serializers.CharField()


class MatchReportOut(serializers.Serializer):
    """The latest report of a match and what became of it."""

    status = one_of(MatchReport.OUTCOMES)
    outcome = serializers.CharField(help_text="the status in a sentence")
    reason = serializers.CharField()
    words = MatchWordsOut(many=True)
    created_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)


class MatchOut(serializers.Serializer):
    """One of the shop’s sizes and the item that the network takes it for."""

    id = serializers.IntegerField()
    status = one_of(STATUSES)
    product = serializers.CharField(help_text="your own id")
    variant = serializers.CharField(help_text="your own id")
    title = serializers.CharField()
    size = serializers.CharField()
    sku = serializers.CharField()
    barcode = serializers.CharField()
    item = MatchItemOut()
    method = serializers.CharField(help_text="the class of evidence: gtin, code, person, own, …")
    class_status = serializers.CharField(
        help_text="how far audits have proved that class: provisional, proven, stopped; empty where none is needed"
    )
    probability = serializers.FloatField(allow_null=True)
    evidence = serializers.ListField(child=serializers.CharField(), help_text="why, in sentences")
    decided_by = serializers.CharField(help_text="the engine by its version, or “a person of the network”")
    decided_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField(allow_null=True)
    partners = serializers.IntegerField(help_text="other merchants’ shops that have the same item")
    shelf = MatchShelfOut(allow_null=True)
    report = MatchReportOut(allow_null=True)


EXAMPLE: dict[str, Any] = {
    "id": 4711,
    "status": "linked",
    "product": "gid://shopify/Product/81",
    "variant": "gid://shopify/ProductVariant/812",
    "title": "Fjellvik Trail Runner",
    "size": "42",
    "sku": "FJ-TR-42",
    "barcode": "9520000054014",
    "item": {
        "id": 93,
        "size": "42",
        "style": {"id": 17, "brand": "fjellvik", "code": "FJ1391100", "colour": "black/white", "gender": "men"},
    },
    "method": "gtin",
    "class_status": "proven",
    "probability": 0.999,
    "evidence": ["The barcode 9520000054014 stands once in each of 3 shops."],
    "decided_by": "engine 2",
    "decided_at": "2026-11-02T09:00:00Z",
    "updated_at": "2026-11-02T09:00:00Z",
    "partners": 2,
    "shelf": {"wanted": 3, "on_shelf": 3, "reasons": ["You are out of it; one partner can ship 3 units."]},
    "report": None,
}
REPORTED: dict[str, Any] = EXAMPLE | {
    "status": "ask",
    "shelf": {"wanted": 0, "on_shelf": 0, "reasons": []},
    "report": {
        "status": "open",
        "outcome": MatchReport.OUTCOMES["open"],
        "reason": "other_colour",
        "words": [
            {"by": "API key a1b2c3", "at": "2026-11-03T10:00:00Z", "reason": "other_colour", "note": "Mine is white."}
        ],
        "created_at": "2026-11-03T10:00:00Z",
        "decided_at": None,
    },
}
LINKED = OpenApiExample("Linked by barcode", value=EXAMPLE, response_only=True)
OPEN_REPORT = OpenApiExample("Reported", value=REPORTED, response_only=True)


def tell_match(row: MatchRow) -> dict[str, Any]:
    """Write a match the way callers read it."""
    match, variant, style = row.match, row.match.variant, row.match.item.style
    return {
        "id": match.pk,
        "status": match.status,
        "product": variant.product.remote_id,
        "variant": variant.remote_id,
        "title": variant.product.title,
        "size": size_label(variant),
        "sku": variant.sku,
        "barcode": variant.barcode,
        "item": {
            "id": match.item_id,
            "size": match.item.size_label,
            "style": {
                "id": style.pk,
                "brand": style.brand_key,
                "code": style.code,
                "colour": style.colour_key.removeprefix("raw:"),
                "gender": GENDERS.get(style.gender, ""),
            },
        },
        "method": match.method,
        "class_status": row.class_status,
        "probability": match.probability,
        "evidence": [str(sentence) for sentence in match.evidence],
        "decided_by": match.decider,
        "decided_at": _iso(match.decided_at),
        "updated_at": _iso(getattr(match, "updated_at", None)),
        "partners": row.partners,
        "shelf": _shelf(row),
        "report": _report(row.report),
    }


def _shelf(row: MatchRow) -> dict[str, Any] | None:
    if row.placement is None:
        return None
    said = row.placement.reason.get("text", [])
    reasons = [str(one) for one in (said if isinstance(said, list) else [said])]
    return {"wanted": row.placement.wanted, "on_shelf": max(row.placement.pushed or 0, 0), "reasons": reasons}


def _report(report: MatchReport | None) -> dict[str, Any] | None:
    if report is None:
        return None
    return {
        "status": report.status,
        "outcome": report.outcome,
        "reason": report.reason,
        "words": report.words,
        "created_at": _iso(report.created_at),
        "decided_at": _iso(report.decided_at),
    }


def _iso(moment: dt.datetime | None) -> str | None:
    return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z") if moment else None


class MatchFilter(filters.FilterSet):
    """Which matches."""

    status = filters.ChoiceFilter(choices=[(name, name) for name in STATUSES])
    method = filters.CharFilter(max_length=12)
    product = filters.CharFilter(field_name="variant__product__remote_id", max_length=120)
    variant = filters.CharFilter(field_name="variant__remote_id", max_length=120)
    sku = filters.CharFilter(field_name="variant__sku", max_length=255)
    barcode = filters.CharFilter(field_name="variant__barcode", max_length=255)
    updated_after = filters.IsoDateTimeFilter(method="stepped", label="whose status changed after this time")

    def stepped(self, rows: QuerySet[Match], _name: str, value: dt.datetime) -> QuerySet[Match]:
        return stepped_after(rows, value)


class Matches(ShopList):
    """Own matches."""

    model, filterset_class, serializer_class = Match, MatchFilter, MatchOut

    def rows(self) -> QuerySet[Match]:
        return matches_of(self.shop)

    def describe(self, rows: list[Match]) -> list[dict[str, Any]]:
        return [tell_match(row) for row in describe_matches(self.shop, rows)]

    @extend_schema(operation_id="matches_list", responses=MatchOut(many=True), tags=["matches"], examples=[LINKED])
    def get(self, request: Request) -> Response:
        """List what the network takes the shop's sizes for, with the evidence; partners are counted, never named."""
        return self.listing(request)


class MatchDoor(ShopView):
    """One of the own matches."""

    serializer_class = MatchOut

    def find(self, pk: int) -> Match:
        """Find an own match. Raises NotFound for anybody else's."""
        row = matches_of(self.shop).filter(pk=pk).first()
        if row is None:
            raise NotFound("There is no such match.")
        return row

    def show(self, pk: int) -> Response:
        """Answer the match as it stands now."""
        return Response(tell_match(describe_matches(self.shop, [self.find(pk)])[0]))


class OneMatch(MatchDoor):
    """Reads one."""

    @extend_schema(operation_id="matches_read", responses=MatchOut, tags=["matches"], examples=[LINKED, OPEN_REPORT])
    def get(self, request: Request, pk: int) -> Response:
        """Show one match: the item, why, how sure, and what became of a report."""
        return self.show(pk)


class Report(MatchDoor):
    """Reports one as wrong, and takes that back."""

    @extend_schema(
        operation_id="matches_report",
        request=ReportIn,
        responses=MatchOut,
        parameters=[KEY_HEADER],
        tags=["matches"],
        examples=[
            OpenApiExample(
                "Another colour", value={"reason": "other_colour", "note": "Mine is white."}, request_only=True
            ),
            OPEN_REPORT,
        ],
    )
    @answers_once
    def post(self, request: Request, pk: int) -> Response:
        """Say that this match is wrong. Nothing is offered or filled through it until a person has compared the two.

        Orders already taken are served as placed. Again while the report is open: what you say is added to it.
        """
        match = self.find(pk)
        given = ReportIn(data=request.data)
        given.is_valid(raise_exception=True)
        said = given.validated_data
        with as_network():
            report_match(match, self.merchant, said["reason"], said["note"], by=self.by)
        return self.show(pk)

    @extend_schema(
        operation_id="matches_report_withdraw", request=None, responses=MatchOut, tags=["matches"], examples=[LINKED]
    )
    def delete(self, request: Request, pk: int) -> Response:
        """Take your report back while nobody has decided it: the match stands as before, and so does what it put on the shelf.

        Again: the same answer. 422 when no report of the match is open.
        """
        match = self.find(pk)
        with as_network():
            withdraw_report(match, self.merchant, by=self.by)
        return self.show(pk)
