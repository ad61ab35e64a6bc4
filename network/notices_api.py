"""The API's door to notices: what a shop's people must know or do, ticked off when it is done."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from network.api_base import NewestFirst, ShopList, ShopView
from network.models import Notice
from network.notify import mark_notice
from skuu.kit.errors import NotFound
from skuu.kit.records import Record


class NoticeOut(serializers.Serializer):
    """Something the shop's people must know or do."""

    id = serializers.IntegerField()
    kind = serializers.CharField(help_text="handed_back, order_to_answer, overdue, partner_late, …; new ones may come")
    subject = serializers.CharField()
    body = serializers.CharField(help_text="plain text: what happened and what to do")
    link = serializers.CharField(help_text="the page in the portal it is about; empty when there is none")
    created_at = serializers.DateTimeField()
    done_at = serializers.DateTimeField(allow_null=True, help_text="null as long as it waits")


class NoticeFilter(filters.FilterSet):
    """Which notices."""

    open = filters.BooleanFilter(field_name="done_at", lookup_expr="isnull", label="only those that wait")
    kind = filters.CharFilter(max_length=40)
    created_after = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gt")


class Notices(ShopList):
    """A shop's notices."""

    model, filterset_class, serializer_class = Notice, NoticeFilter, NoticeOut
    pagination_class = NewestFirst

    def rows(self) -> QuerySet[Notice]:
        return Notice.objects.for_shop(self.shop)

    def describe(self, rows: list[Notice]) -> list[dict[str, Any]]:
        return list(NoticeOut(rows, many=True).data)

    @extend_schema(operation_id="notices_list", responses=NoticeOut(many=True), tags=["notices"])
    def get(self, request: Request) -> Response:
        """List what the shop was told, newest first; `open=true` keeps what still waits."""
        return self.listing(request)


class DoneIn(Record):
    """Whether it is done."""

    done = serializers.BooleanField(default=True, help_text="false puts it back among those that wait")


class NoticeDone(ShopView):
    """Ticks off."""

    serializer_class = NoticeOut

    @extend_schema(operation_id="notices_done", request=DoneIn, responses=NoticeOut, tags=["notices"])
    def post(self, request: Request, pk: int) -> Response:
        """Tick a notice off, or put it back. Again: no change."""
        notice = Notice.objects.for_shop(self.shop).filter(pk=pk).first()
        if notice is None:
            raise NotFound("There is no such notice.")
        given = DoneIn(data=request.data)
        given.is_valid(raise_exception=True)
        mark_notice(notice, done=given.validated_data["done"])
        return Response(NoticeOut(notice).data)
