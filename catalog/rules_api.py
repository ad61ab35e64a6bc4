"""The API's door to a shop's own say: its rules, what they would change, its policy, and every state both stood in."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import Product, Rule, RuleBook
from catalog.preview import preview_rule
from catalog.rules import (
    POLICY,
    Draft,
    add_rule,
    change_policy,
    change_rule,
    idle_rules,
    policy_of,
    remove_rule,
    restore_page,
    warn_of,
)
from catalog.say_rules import names_of, say_rule
from network.api_base import NewestFirst, ShopList, ShopView
from network.give_away import LATEST, SOONEST
from network.models import Shop
from network.scoping import as_network
from skuu.kit.errors import NotFound
from skuu.kit.money import major
from skuu.kit.records import AmountIn, Record


# --- rules ------------------------------------------------------------------------------------------------------------
class RuleIn(Record):
    """A rule: what it does to goods that meet every condition named."""

    effect = serializers.ChoiceField(choices=list(Rule.EFFECTS), default="exclude")
    side = serializers.ChoiceField(
        choices=list(Rule.SIDES), default="origin", help_text="of floor and buffer always shipper"
    )
    amount = serializers.IntegerField(
        allow_null=True,
        default=None,
        min_value=0,
        max_value=100_000,
        help_text="cap, buffer: units; floor: basis points below the own price",
    )
    brand = serializers.CharField(max_length=200, allow_blank=True, default="")
    category = serializers.CharField(max_length=200, allow_blank=True, default="", help_text="the product type")
    tag = serializers.CharField(max_length=200, allow_blank=True, default="")
    product = serializers.CharField(max_length=120, allow_blank=True, default="", help_text="your own product id")
    partner = serializers.CharField(
        max_length=120, allow_blank=True, default="", help_text="the name of a partner's shop"
    )
    country = serializers.RegexField(r"\A([A-Z]{2})?\Z", allow_blank=True, default="", help_text="where the partner is")
    price_from = AmountIn(allow_null=True, default=None, help_text="major units of the shop's currency, inclusive")
    price_to = AmountIn(allow_null=True, default=None)
    starts_on = serializers.DateField(allow_null=True, default=None)
    ends_on = serializers.DateField(allow_null=True, default=None)
    note = serializers.CharField(max_length=200, allow_blank=True, default="")


class RuleOut(serializers.Serializer):
    """A rule as it stands or stood."""

    id = serializers.IntegerField(source="pk")
    version = serializers.IntegerField()
    replaces = serializers.IntegerField(source="replaces_id", allow_null=True, help_text="the version before")
    says = serializers.SerializerMethodField(help_text="the rule in words")
    unreachable = serializers.SerializerMethodField(help_text="why it can have no effect; empty when it can")
    effect = serializers.CharField()
    side = serializers.CharField()
    amount = serializers.IntegerField(allow_null=True)
    brand = serializers.CharField()
    category = serializers.CharField()
    tag = serializers.CharField()
    product = serializers.CharField(source="product.remote_id", allow_null=True, default=None)
    partner = serializers.CharField(source="partner.name", allow_null=True, default=None)
    country = serializers.CharField()
    price_from = serializers.SerializerMethodField()
    price_to = serializers.SerializerMethodField()
    starts_on = serializers.DateField(allow_null=True)
    ends_on = serializers.DateField(allow_null=True)
    note = serializers.CharField()
    created_at = serializers.DateTimeField()
    created_by = serializers.CharField()
    removed_at = serializers.DateTimeField(allow_null=True)

    def get_says(self, rule: Rule) -> str:
        return say_rule(rule, self.context["names"])

    def get_unreachable(self, rule: Rule) -> str:
        return str(self.context["idle"].get(rule.pk, ""))

    def get_price_from(self, rule: Rule) -> str | None:
        return None if rule.price_from is None else major(rule.price_from, rule.shop.currency)

    def get_price_to(self, rule: Rule) -> str | None:
        return None if rule.price_to is None else major(rule.price_to, rule.shop.currency)


class PreviewOut(serializers.Serializer):
    """What a rule would change now."""

    hidden = serializers.IntegerField(help_text="sizes that would leave the own shelf")
    lowered = serializers.IntegerField(help_text="sizes that would show fewer units")
    shown = serializers.IntegerField(help_text="sizes that would come onto the own shelf")
    withdrawn = serializers.IntegerField(help_text="own sizes that would leave a partner's shelf")
    offered = serializers.IntegerField(help_text="own sizes that would stand on more shelves")
    orders_lost = serializers.IntegerField(help_text="orders of the last 30 days that it would have cost")
    complete = serializers.BooleanField(help_text="false: the shop is so large that more may change")
    sentence = serializers.CharField()
    warnings = serializers.ListField(child=serializers.CharField(), help_text="rules it would make unreachable")


class RuleFilter(filters.FilterSet):
    """Which rules."""

    effect = filters.ChoiceFilter(choices=list(Rule.EFFECTS.items()))
    standing = filters.BooleanFilter(
        method="that_stand", label="true: only those that stand; false: only those removed"
    )

    def that_stand(self, rows: QuerySet[Rule], _name: str, value: bool) -> QuerySet[Rule]:
        return rows.filter(removed_at__isnull=value)


def describe_rules(shop: Shop, rows: list[Rule]) -> list[dict[str, Any]]:
    """Write rules the way callers read them."""
    with as_network():
        context = {"names": names_of(shop, rows), "idle": {one.rule.id: one.text for one in idle_rules(shop)}}
    return list(RuleOut(rows, many=True, context=context).data)


class _Drafting(ShopView):
    """An endpoint that reads a rule from its body."""

    def draft(self, request: Request) -> Draft:
        sent = RuleIn(data=request.data, context={"currency": self.shop.currency})
        sent.is_valid(raise_exception=True)
        data = dict(sent.validated_data)
        product, partner = data.pop("product"), data.pop("partner")
        if product:
            data["product_id"] = self._product(product)
        if partner:
            data["partner_id"] = self._partner(partner)
        return Draft(**data)

    def _product(self, remote_id: str) -> int:
        found = Product.objects.for_shop(self.shop).filter(remote_id=remote_id).values_list("pk", flat=True).first()
        if found is None:
            raise NotFound("There is no such product.", field="product")
        return int(found)

    def _partner(self, name: str) -> int:
        with as_network():
            others = Shop.everyone.exclude(merchant=self.shop.merchant_id).filter(status="live", name=name)
            found = others.order_by("pk").values_list("pk", flat=True).first()
        if found is None:
            raise NotFound("There is no such partner.", field="partner")
        return int(found)

    def rule(self, pk: int, *, standing: bool = False) -> Rule:
        rows = Rule.objects.for_shop(self.shop).select_related("shop", "product", "partner").filter(pk=pk)
        found = (rows.filter(removed_at=None) if standing else rows).first()
        if found is None:
            raise NotFound("There is no such rule.")
        return found


class Rules(ShopList, _Drafting):
    """The shop's rules."""

    model, filterset_class, serializer_class = Rule, RuleFilter, RuleOut

    def rows(self) -> QuerySet[Rule]:
        return Rule.objects.for_shop(self.shop).select_related("shop", "product", "partner")

    def describe(self, rows: list[Any]) -> list[dict[str, Any]]:
        return describe_rules(self.shop, rows)

    @extend_schema(operation_id="rules_list", responses=RuleOut(many=True), tags=["rules"])
    def get(self, request: Request) -> Response:
        """List the shop's rules, those that were replaced or removed too."""
        return self.listing(request)

    @extend_schema(operation_id="rules_add", request=RuleIn, responses={201: RuleOut}, tags=["rules"], filters=False)
    def post(self, request: Request) -> Response:
        """Let a rule stand, first in the shop's order; shelves follow within seconds. The same rule again is refused."""
        draft = self.draft(request)
        with as_network():
            rule = add_rule(self.shop, draft, by=self.by)
        return Response(describe_rules(self.shop, [rule])[0], status=201)


class RulePreview(_Drafting):
    """What a rule would change, without saving it."""

    serializer_class = PreviewOut

    @extend_schema(operation_id="rules_preview", request=RuleIn, responses=PreviewOut, tags=["rules"])
    def post(self, request: Request) -> Response:
        """Reckon what a rule would hide or show, which orders it would have cost, and which rules it would make unreachable."""
        draft = self.draft(request)
        with as_network():
            found, warnings = preview_rule(self.shop, draft), warn_of(self.shop, draft)
        names = ("hidden", "lowered", "shown", "withdrawn", "offered", "orders_lost", "complete", "sentence")
        return Response({name: getattr(found, name) for name in names} | {"warnings": warnings})


class OneRule(_Drafting):
    """One rule of the shop."""

    serializer_class = RuleOut

    @extend_schema(operation_id="rules_read", responses=RuleOut, tags=["rules"])
    def get(self, request: Request, pk: int) -> Response:
        """Show a rule, also one that was replaced or removed."""
        return Response(describe_rules(self.shop, [self.rule(pk)])[0])

    @extend_schema(operation_id="rules_change", request=RuleIn, responses=RuleOut, tags=["rules"])
    def put(self, request: Request, pk: int) -> Response:
        """Put a new version in the rule's place; the answer has the new version's id."""
        rule, draft = self.rule(pk, standing=True), self.draft(request)
        with as_network():
            fresh = change_rule(rule, draft, by=self.by)
        return Response(describe_rules(self.shop, [fresh])[0])

    @extend_schema(operation_id="rules_remove", responses={204: None}, tags=["rules"])
    def delete(self, request: Request, pk: int) -> Response:
        """Let a rule end; it stays readable. Again: no change."""
        rule = self.rule(pk)
        with as_network():
            remove_rule(rule, by=self.by)
        return Response(status=204)


# --- policy and versions ----------------------------------------------------------------------------------------------
class PolicySchema(Record):
    """How the shop takes part where no rule speaks. Left out on a change: stays."""

    gap_threshold = serializers.IntegerField(required=False, min_value=0, max_value=1000)
    placing = serializers.ChoiceField(required=False, choices=["gaps", "deepen"])
    placement_cap = serializers.IntegerField(required=False, min_value=0, max_value=1000)
    max_distance_km = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=20_000)
    promise_days = serializers.IntegerField(required=False, min_value=1, max_value=30)
    give_away_days = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=SOONEST,
        max_value=LATEST,
        help_text="working days late after which a parcel for your customer goes to another partner; null: as the network says",
    )
    shares_stock = serializers.BooleanField(required=False)
    buffer = serializers.IntegerField(required=False, min_value=0, max_value=1000)
    price_floor_bp = serializers.IntegerField(required=False, min_value=0, max_value=10_000)
    accept_mode = serializers.ChoiceField(required=False, choices=["automatic", "ask"])


class Policy(ShopView):
    """The shop's policy."""

    serializer_class = PolicySchema

    @extend_schema(operation_id="policy_read", responses=PolicySchema, tags=["rules"])
    def get(self, request: Request) -> Response:
        """Show how the shop takes part where no rule speaks."""
        return Response(policy_of(self.shop))

    @extend_schema(operation_id="policy_change", request=PolicySchema, responses=PolicySchema, tags=["rules"])
    def patch(self, request: Request) -> Response:
        """Change some of the policy; shelves follow within seconds, orders already placed keep their terms."""
        sent = PolicySchema(data=request.data)
        sent.is_valid(raise_exception=True)
        with as_network():
            change_policy(
                self.shop,
                {name: sent.validated_data[name] for name in POLICY if name in sent.validated_data},
                by=self.by,
            )
        return Response(policy_of(self.shop))


class PageOut(serializers.Serializer):
    """One state of the shop's rules and policy."""

    number = serializers.IntegerField()
    what = serializers.CharField(help_text="what was changed, in words")
    at = serializers.DateTimeField()
    by = serializers.CharField()
    rules = serializers.ListField(
        child=serializers.IntegerField(), help_text="ids of the rules that stood, in their order"
    )
    policy = PolicySchema()


class PageFilter(filters.FilterSet):
    """Which versions."""

    by = filters.CharFilter(max_length=120)


class RuleVersions(ShopList):
    """Every state the shop's rules and policy stood in."""

    model, filterset_class, serializer_class, pagination_class = RuleBook, PageFilter, PageOut, NewestFirst

    def rows(self) -> QuerySet[RuleBook]:
        return RuleBook.objects.for_shop(self.shop)

    def describe(self, rows: list[Any]) -> list[dict[str, Any]]:
        return list(PageOut(rows, many=True).data)

    @extend_schema(operation_id="rule_versions_list", responses=PageOut(many=True), tags=["rules"])
    def get(self, request: Request) -> Response:
        """List the versions, the newest first."""
        return self.listing(request)


class RestoreVersion(ShopView):
    """One earlier state."""

    serializer_class = PageOut

    @extend_schema(operation_id="rule_versions_restore", request=None, responses=PageOut, tags=["rules"])
    def post(self, request: Request, number: int) -> Response:
        """Let rules and policy stand as in this version, as a new version. Again: no change."""
        page = RuleBook.objects.for_shop(self.shop).select_related("shop").filter(number=number).first()
        if page is None:
            raise NotFound("There is no such version.")
        with as_network():
            fresh = restore_page(page, by=self.by)
        return Response(PageOut(fresh).data)
