"""The API's doors to exchanges, objections to inspections, and the rule of where returns go."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import Variant
from network.api_base import ShopView
from network.scoping import as_network
from orders.api import KEY_HEADER, NothingIn
from orders.direct import choose_rule, rule_of
from orders.exchange import exchange_units
from orders.models import InternalOrderLine, Objection, Return, ReturnRule
from orders.object_grade import FROM, TO, object_grade, withdraw_objection
from orders.returns_api import ReturnDoor, ReturnOut
from skuu.kit.errors import NotFound
from skuu.kit.idempotency import answers_once
from skuu.kit.records import Record, one_of


class ExchangeIn(Record):
    """Units of one line that come back, and the size given instead."""

    internal_order = serializers.CharField(max_length=20)
    line = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="the internal order’s line")
    quantity = serializers.IntegerField(min_value=1, max_value=100_000)
    variant = serializers.CharField(max_length=255, help_text="your own variant’s id: another size of the same model")
    reason = serializers.ChoiceField(choices=[(key, text) for key, text in Return.REASONS.items() if key != "lost"])
    words = serializers.CharField(max_length=300, allow_blank=True, default="")


class ExchangeOut(serializers.Serializer):
    """The return that was announced, and the line that is given."""

    returned = serializers.CharField(help_text="the return’s number")
    line = serializers.CharField(help_text="the new line’s id in the order")
    variant = serializers.CharField()
    quantity = serializers.IntegerField()
    status = serializers.CharField()


class Exchanges(ShopView):
    """Exchanges."""

    serializer_class = ExchangeOut

    @extend_schema(
        operation_id="returns_exchange", request=ExchangeIn, responses={201: ExchangeOut}, parameters=[KEY_HEADER], tags=["returns"]
    )  # fmt: skip
    @answers_once
    def post(self, request: Request) -> Response:
        """Give your customer another size: the first is announced as a return, the other is claimed and shipped at once.

        When nobody can ship it (409 `nothing_to_give`), nothing is announced.
        """
        given = ExchangeIn(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        via = "internal_order__order__shop"
        lines = InternalOrderLine.objects.for_shop(self.shop, via=via).select_related(
            "internal_order__shipper", "internal_order__order__shop__merchant", "order_line__variant"
        )
        line = lines.filter(pk=data["line"], internal_order__number=data["internal_order"]).first()
        wanted = Variant.objects.for_shop(self.shop).select_related("product").filter(remote_id=data["variant"]).first()
        if line is None or wanted is None:
            raise NotFound("There is no such line, or no such variant of yours.")
        with as_network():
            done = exchange_units(
                line, data["quantity"], wanted, reason=data["reason"], words=data["words"], by=self.by
            )
        told = {
            "returned": done.returned.number,
            "line": done.line.remote_id,
            "variant": wanted.remote_id,
            "quantity": done.line.quantity,
            "status": done.line.status,
        }
        return Response(told, status=201)


class AskedIn(Record):
    """Units that were graded wrongly."""

    id = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    found = serializers.ChoiceField(choices=FROM)
    should_be = serializers.ChoiceField(choices=TO)
    quantity = serializers.IntegerField(min_value=1, max_value=100_000)


class ObjectionIn(Record):
    """What is wrong with an inspection."""

    lines = AskedIn(many=True, min_length=1, max_length=1000)  # type: ignore[call-arg]
    words = serializers.CharField(max_length=1000)


class ObjectionOut(serializers.Serializer):
    """An objection and what the network decided."""

    returned = serializers.CharField(help_text="the return’s number")
    status = one_of(Objection.STATUSES)
    words = serializers.CharField()
    answer = serializers.CharField()
    raised_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    held_minor = serializers.IntegerField(
        allow_null=True,
        help_text="what is paid to nobody until it is decided: gross, in minor units of the return’s currency",
    )
    correction = serializers.CharField(allow_null=True, help_text="the return by which it took effect")


def _told(row: Objection, number: str) -> dict[str, Any]:
    same = ("status", "words", "answer", "raised_at", "decided_at", "held_minor")
    told: dict[str, Any] = {name: getattr(row, name) for name in same}
    return told | {"returned": number, "correction": row.correction.number if row.correction else None}


class Objections(ReturnDoor):
    """Objections to one return's inspection."""

    serializer_class = ObjectionOut  # type: ignore[assignment]
    queryset = Objection.everyone.none()
    pagination_class = None
    filter_backends = []  # noqa: RUF012 - DRF's own way to say none

    @extend_schema(operation_id="returns_objections", responses=ObjectionOut(many=True), tags=["returns"])
    def get(self, request: Request, number: str) -> Response:
        """List what was objected to a return's inspection, newest first, with what the network decided."""
        case = self.find(number)
        rows = Objection.objects.for_merchant(self.merchant, via=Objection.PARTIES).filter(returned=case.row)
        return Response([_told(row, number) for row in rows.select_related("correction").order_by("-pk")])

    @extend_schema(
        operation_id="returns_object", request=ObjectionIn, responses={201: ObjectionOut}, parameters=[KEY_HEADER], tags=["returns"]
    )  # fmt: skip
    @answers_once
    def post(self, request: Request, number: str) -> Response:
        """Object to an inspection of your customer's return; the network's staff decides. Again: the open objection."""
        case = self.find(number)
        if not case.is_origin:
            raise NotFound("There is nothing here for you to object to.")
        given = ObjectionIn(data=request.data)
        given.is_valid(raise_exception=True)
        asked = [
            {"line": one["id"], "from": one["found"], "to": one["should_be"], "units": one["quantity"]}
            for one in given.validated_data["lines"]
        ]
        with as_network():
            made = object_grade(case.row, asked, given.validated_data["words"], by=self.by)
        return Response(_told(made, number), status=201)


class WithdrawObjection(ReturnDoor):
    """Withdraws."""

    @extend_schema(
        operation_id="returns_withdraw_objection", request=NothingIn, responses=ReturnOut, parameters=[KEY_HEADER], tags=["returns"]
    )  # fmt: skip
    @answers_once
    def post(self, request: Request, number: str) -> Response:
        """Take your open objection back."""
        case = self.find(number)
        row = Objection.objects.for_merchant(self.merchant).filter(returned=case.row, status="open").first()
        if row is None:
            raise NotFound("There is no open objection of yours.")
        NothingIn(data=request.data).is_valid(raise_exception=True)
        with as_network():
            withdraw_objection(row, by=self.by)
        return self.show(number)


class ReturnRuleIn(Record):
    """Where your customers send goods back to, and whether you take over what others' customers send back."""

    rule = serializers.ChoiceField(choices=ReturnRule.NAMES)
    takes_over = serializers.BooleanField(required=False, help_text="left out: as it stands")
    takes_over_percent = serializers.IntegerField(
        min_value=1, max_value=100, required=False, help_text="the most you pay, of your own price without VAT"
    )


class ReturnRuleOut(serializers.Serializer):
    """The rule that holds; version 0 is the network's own."""

    rule = serializers.CharField()
    takes_over = serializers.BooleanField()
    takes_over_percent = serializers.IntegerField()
    version = serializers.IntegerField()


class ReturnRuleDoor(ShopView):
    """The return rule of the key's merchant."""

    serializer_class = ReturnRuleOut

    @extend_schema(operation_id="returns_rule_read", responses=ReturnRuleOut, tags=["returns"])
    def get(self, request: Request) -> Response:
        """Show where your customers send goods back to, and whether you take goods over."""
        return self._shown()

    @extend_schema(
        operation_id="returns_rule_choose",
        request=ReturnRuleIn,
        responses=ReturnRuleOut,
        parameters=[KEY_HEADER],
        tags=["returns"],
    )
    @answers_once
    def put(self, request: Request) -> Response:
        """Choose where your customers send goods back to, and whether you take over what others' customers send back.

        It holds for returns announced from now on. A taker buys what comes as new from the selling shop, for the price at which
        that bought it. Again: no new version.
        """
        given = ReturnRuleIn(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        with as_network():
            choose_rule(
                self.merchant,
                data["rule"],
                takes_over=data.get("takes_over"),
                percent=data.get("takes_over_percent"),
                by=self.by,
            )
        return self._shown()

    def _shown(self) -> Response:
        with as_network():
            row = rule_of(self.merchant)
        return Response({name: getattr(row, name) for name in ("rule", "takes_over", "takes_over_percent", "version")})
