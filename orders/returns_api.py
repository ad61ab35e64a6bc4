"""The API's door for returns: announced by the selling shop, received and inspected by who gets the goods."""

from typing import Any

from django.db.models import Q, QuerySet
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
from orders.decline_takeover import decline_takeover
from orders.misled import Misled, find_misled, take_in_here
from orders.models import InternalOrder, Return
from orders.return_goods import announce_return, cancel_return, inspect_return, receive_return, report_lost
from orders.return_slip import return_slip
from orders.returns_desk import Case, cases_of, returns_of
from skuu.kit.errors import NotAllowed, NotFound
from skuu.kit.idempotency import answers_once
from skuu.kit.records import Record, one_of


class BackOut(serializers.Serializer):
    """Units of one line, and in which state they came."""

    id = serializers.IntegerField(help_text="the internal order’s line")
    title = serializers.CharField()
    size = serializers.CharField()
    sku = serializers.CharField()
    quantity = serializers.IntegerField()
    as_new = serializers.IntegerField()
    faulty = serializers.IntegerField()
    worn = serializers.IntegerField()
    missing = serializers.IntegerField()
    lost = serializers.IntegerField()
    restocked_at = serializers.DateTimeField(allow_null=True, help_text="when the units as new were back in your stock")
    takeover_minor = serializers.IntegerField(
        allow_null=True, help_text="what a partner who takes it over pays for a unit as new: net, in minor units"
    )


class ReturnOut(serializers.Serializer):
    """A return as one of its parties sees it."""

    number = serializers.CharField()
    internal_order = serializers.CharField(allow_null=True, help_text="null for a partner who takes it over")
    order = serializers.CharField(allow_null=True, help_text="the selling shop’s own order; null for everybody else")
    currency = serializers.CharField()
    status = one_of(Return.STATUSES)
    reason = one_of(Return.REASONS)
    words = serializers.CharField()
    verdict = serializers.CharField()
    destination = one_of(Return.DESTINATIONS)
    why_there = serializers.CharField(help_text="by which rule it goes there; empty for everybody but the selling shop")
    remote_id = serializers.CharField(
        help_text="your store’s own return, when it was made there; empty for the shipper"
    )
    is_lost = serializers.BooleanField(help_text="the parcel out never arrived: nothing comes back")
    comes_to_you = serializers.BooleanField(help_text="receive and inspect it")
    address = serializers.ListField(child=serializers.CharField(), help_text="where the customer sends it")
    tracking_number = serializers.CharField()
    announced_at = serializers.DateTimeField()
    received_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    lines = BackOut(many=True)


SAME = (
    "number", "status", "reason", "words", "verdict", "destination", "is_lost", "tracking_number", "announced_at",
    "received_at", "closed_at",
)  # fmt: skip
COUNTS = ("quantity", "as_new", "faulty", "worn", "missing", "lost", "restocked_at", "takeover_minor")


def _told(case: Case) -> dict[str, Any]:
    row = case.row
    lines = [
        {"id": back.line.line_id, "title": back.title, "size": back.size, "sku": back.sku}
        | {name: getattr(back.line, name) for name in COUNTS}
        for back in case.lines
    ]
    return {name: getattr(row, name) for name in SAME} | {
        "internal_order": row.internal_order.number if case.is_origin or case.is_shipper else None,
        "currency": row.internal_order.currency,
        "order": row.internal_order.order.name if case.is_origin else None,
        "why_there": row.why_there if case.is_origin else "",
        "remote_id": row.remote_id if case.is_origin else "",
        "comes_to_you": case.inspects,
        "address": [] if row.is_lost else case.address,
        "lines": lines,
    }


class ReturnFilter(filters.FilterSet):
    """Which returns."""

    status = filters.ChoiceFilter(choices=list(Return.STATUSES.items()))
    internal_order = filters.CharFilter(field_name="internal_order__number", max_length=20)


class ReturnLineIn(Record):
    """Units of one line that come back."""

    id = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="the internal order’s line")
    quantity = serializers.IntegerField(min_value=1, max_value=100_000)


class ReturnIn(Record):
    """What comes back, and why; with ``lost`` the parcel out never arrived, and neither lines nor destination are read."""

    internal_order = serializers.CharField(max_length=20)
    reason = serializers.ChoiceField(choices=list(Return.REASONS.items()))
    destination = serializers.ChoiceField(
        choices=list(Return.CHOICES.items()),
        default="shipper",
        help_text="“rule” lets your merchant’s return rule decide",
    )
    words = serializers.CharField(max_length=300, allow_blank=True, default="")
    tracking_number = serializers.CharField(max_length=120, allow_blank=True, default="")
    lines = ReturnLineIn(many=True, required=False, min_length=1, max_length=1000)  # type: ignore[call-arg]


class Returns(ShopList):
    """Returns of the own customers, of what this shop shipped, and of what it takes over."""

    model, filterset_class, serializer_class, pagination_class = Return, ReturnFilter, ReturnOut, NewestFirst

    def rows(self) -> QuerySet[Return]:
        return _of_shop(self)

    def describe(self, rows: list[Return]) -> list[dict[str, Any]]:
        return [_told(case) for case in cases_of(self.merchant, rows)]

    @extend_schema(operation_id="returns_list", responses=ReturnOut(many=True), tags=["returns"])
    def get(self, request: Request) -> Response:
        """List returns, newest first: of your customers, of what you shipped for partners, and of what you take over from them."""
        return self.listing(request)

    @extend_schema(
        operation_id="returns_announce", request=ReturnIn, responses={201: ReturnOut}, parameters=[KEY_HEADER], tags=["returns"]
    )  # fmt: skip
    @answers_once
    def post(self, request: Request) -> Response:
        """Announce that units of your customer's order come back; with reason ``lost``, that its parcel never arrived."""
        given = ReturnIn(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        rows = InternalOrder.objects.for_shop(self.shop, via="order__shop")
        row = rows.filter(number=data["internal_order"]).first()
        if row is None:
            raise NotFound("There is no such internal order.")
        with as_network():
            if data["reason"] == "lost":
                made = report_lost(row, words=data["words"], by=self.by)
            else:
                units = [(line["id"], line["quantity"]) for line in data.get("lines", ())]
                said = {name: data[name] for name in ("reason", "destination", "words", "tracking_number")}
                made = announce_return(row, units, **said, by=self.by)
        return Response(_told(cases_of(self.merchant, [_found(self, made.number)])[0]), status=201)


class ReturnDoor(ShopView):
    """One return."""

    serializer_class = ReturnOut

    def find(self, number: str, *, inspects: bool = False) -> Case:
        """Find it by number. Raises NotFound for strangers, NotAllowed when the goods do not come to this shop."""
        case = cases_of(self.merchant, [_found(self, number)])[0]
        if inspects and not case.gets_goods:
            raise NotAllowed("The goods of this return do not come to you.")
        return case

    def show(self, number: str) -> Response:
        """Answer it as it stands now."""
        return Response(_told(self.find(number)))


class OneReturn(ReturnDoor):
    """Reads."""

    @extend_schema(operation_id="returns_read", responses=ReturnOut, tags=["returns"])
    def get(self, request: Request, number: str) -> Response:
        """Show a return."""
        return self.show(number)


class CancelReturn(ReturnDoor):
    """Cancels."""

    @extend_schema(
        operation_id="returns_cancel", request=NothingIn, responses=ReturnOut, parameters=[KEY_HEADER], tags=["returns"]
    )  # fmt: skip
    @answers_once
    def post(self, request: Request, number: str) -> Response:
        """Take a return you announced back, until it has arrived. Again: no change."""
        case = self.find(number)
        if not case.is_origin:
            raise NotAllowed("Only the selling shop can cancel a return.")
        NothingIn(data=request.data).is_valid(raise_exception=True)
        with as_network():
            cancel_return(case.row, by=self.by)
        return self.show(number)


class ReturnSlip(ReturnDoor):
    """Prints."""

    @extend_schema(
        operation_id="returns_slip",
        responses={(200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY, description="pdf")},
        tags=["returns"],
    )
    def get(self, request: Request, number: str) -> HttpResponse:
        """Print the slip of your customer's return, until it has arrived: address, number to scan and goods, in their language."""
        case = self.find(number)
        if not case.is_origin:
            raise NotAllowed("Only the selling shop gives its customer a return slip.")
        with as_network():
            content = return_slip(case.row)
        answer = HttpResponse(content, content_type="application/pdf")
        answer["Content-Disposition"] = f'attachment; filename="{case.row.number}.pdf"'
        return answer


class DeclineTakeoverIn(Record):
    """Why not."""

    reason = serializers.CharField(max_length=200, help_text="the selling shop reads it")


class DeclinedOut(serializers.Serializer):
    """A return that is no longer yours to see."""

    number = serializers.CharField()
    declined = serializers.BooleanField()


class DeclineTakeover(ReturnDoor):
    """Declines."""

    @extend_schema(
        operation_id="returns_decline", request=DeclineTakeoverIn, responses=DeclinedOut, parameters=[KEY_HEADER], tags=["returns"]
    )  # fmt: skip
    @answers_once
    def post(self, request: Request, number: str) -> Response:
        """Decline to take the goods of one return over, until its parcel is on its way; they go elsewhere and you see it no more."""
        case = self.find(number, inspects=True)
        if not case.is_taker:
            raise NotAllowed("Only a partner who takes goods over can decline them.")
        given = DeclineTakeoverIn(data=request.data)
        given.is_valid(raise_exception=True)
        with as_network():
            decline_takeover(case.row, given.validated_data["reason"], by=self.by)
        return Response({"number": number, "declined": True})


class MisledLineOut(serializers.Serializer):
    """Units of one line, by your own product."""

    title = serializers.CharField()
    quantity = serializers.IntegerField()
    price = serializers.CharField(help_text="what one costs you as new, net; empty when you cannot have it")


class MisledOut(serializers.Serializer):
    """A parcel that an old slip leads to you."""

    number = serializers.CharField()
    lines = MisledLineOut(many=True)
    refused = serializers.CharField(help_text="why you cannot take it in, and what to do with it; empty when you can")


class ArrivedHere(ReturnDoor):
    """Takes in what an old slip led here."""

    serializer_class = MisledOut  # type: ignore[assignment]

    def misled(self, number: str) -> Misled:
        with as_network():
            found = find_misled([self.shop], number)
        if found is None:
            raise NotFound("There is no such return.")
        return found

    @extend_schema(operation_id="returns_misled", responses=MisledOut, tags=["returns"])
    def get(self, request: Request, number: str) -> Response:
        """Show a return that you declined to take over, by the number on its old slip: whether you may take it in all the same."""
        found = self.misled(number)
        lines = [{"title": title, "quantity": units, "price": price} for title, units, price in found.goods]
        return Response({"number": found.number, "lines": lines, "refused": found.refused})

    @extend_schema(
        operation_id="returns_arrived_here", request=NothingIn, responses=ReturnOut, parameters=[KEY_HEADER], tags=["returns"]
    )  # fmt: skip
    @answers_once
    def post(self, request: Request, number: str) -> Response:
        """Say that it arrived here: you take it over after all. Refused with `send_it_on` and the address when you cannot."""
        NothingIn(data=request.data).is_valid(raise_exception=True)
        if _of_shop(self).filter(number=number, receiver=self.shop, received_at__isnull=False).exists():
            return self.show(number)  # told before
        found = self.misled(number)
        with as_network():
            take_in_here(found, by=self.by)
        return self.show(found.number)


class ReceiveReturn(ReturnDoor):
    """Receives."""

    @extend_schema(
        operation_id="returns_receive", request=NothingIn, responses=ReturnOut, parameters=[KEY_HEADER], tags=["returns"]
    )  # fmt: skip
    @answers_once
    def post(self, request: Request, number: str) -> Response:
        """Say that the goods arrived; inspect them later. Again: no change."""
        case = self.find(number, inspects=True)
        NothingIn(data=request.data).is_valid(raise_exception=True)
        with as_network():
            receive_return(case.row, by=self.by)
        return self.show(number)


class GradeIn(Record):
    """In which state the units of one line came; together as many as were announced."""

    id = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    as_new = serializers.IntegerField(min_value=0, max_value=100_000, default=0)
    faulty = serializers.IntegerField(min_value=0, max_value=100_000, default=0)
    worn = serializers.IntegerField(min_value=0, max_value=100_000, default=0)
    missing = serializers.IntegerField(min_value=0, max_value=100_000, default=0)
    lost = serializers.IntegerField(min_value=0, max_value=100_000, default=0)


class InspectIn(Record):
    """What came."""

    lines = GradeIn(many=True, min_length=1, max_length=1000)  # type: ignore[call-arg]
    verdict = serializers.CharField(max_length=300, allow_blank=True, default="")


class InspectReturn(ReturnDoor):
    """Inspects."""

    @extend_schema(
        operation_id="returns_inspect", request=InspectIn, responses=ReturnOut, parameters=[KEY_HEADER], tags=["returns"]
    )  # fmt: skip
    @answers_once
    def post(self, request: Request, number: str) -> Response:
        """Say of every unit in which state it came and close the return; stock and money follow. Again: no change."""
        case = self.find(number, inspects=True)
        given = InspectIn(data=request.data)
        given.is_valid(raise_exception=True)
        grades = {
            line["id"]: {name: units for name, units in line.items() if name != "id" and units}
            for line in given.validated_data["lines"]
        }
        with as_network():
            inspect_return(case.row, grades, verdict=given.validated_data["verdict"], by=self.by)
        return self.show(number)


def _of_shop(view: ShopView) -> QuerySet[Return]:
    """Select the returns of the merchant's that concern the key's own shop."""
    shop = view.shop
    rows = returns_of(view.merchant)
    concerned = Q(internal_order__order__shop=shop) | Q(internal_order__shipper=shop) | Q(receiver=shop)
    return rows.filter(concerned)


def _found(view: ShopView, number: str) -> Return:
    row: Return | None = _of_shop(view).filter(number=number).first()
    if row is None:
        raise NotFound("There is no such return.")
    return row
