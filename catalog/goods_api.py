"""The API's door to the seller's word on the VAT of its goods: said of products, by rule, read back with who and when."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.goods import MOST, add_goods_rule, classed, end_goods_rule, rules_of, say_goods
from catalog.models import GoodsRule, GoodsWord, Product
from network.api_base import NewestFirst, ShopList, ShopView
from network.scoping import as_network
from network.taxing import CLASSES
from skuu.kit.errors import NotFound
from skuu.kit.records import Record


class GoodsOut(serializers.Serializer):
    """A product with its class for VAT."""

    product = serializers.CharField(source="remote_id", help_text="your own product id")
    title = serializers.CharField()
    product_type = serializers.CharField()
    goods_class = serializers.ChoiceField(choices=list(CLASSES))
    said = serializers.ChoiceField(choices=["word", "rule", ""], help_text="of the product, by a rule, or not at all")
    said_by = serializers.CharField()
    said_at = serializers.DateTimeField(allow_null=True)


class GoodsFilter(filters.FilterSet):
    """Which products."""

    product = filters.CharFilter(field_name="remote_id", max_length=120)
    goods_class = filters.ChoiceFilter(choices=list(CLASSES.items()))


class GoodsIn(Record):
    """A word about some products."""

    products = serializers.ListField(
        child=serializers.CharField(max_length=120), min_length=1, max_length=MOST, help_text="your own product ids"
    )
    goods_class = serializers.ChoiceField(
        choices=[*CLASSES, ""], allow_blank=True, help_text="empty: take your word back, rules count again"
    )


class ChangedOut(serializers.Serializer):
    """Of how many products the word is new."""

    changed = serializers.IntegerField()


class GoodsClasses(ShopList):
    """The shop's products with their class for VAT."""

    model, filterset_class, serializer_class = Product, GoodsFilter, GoodsOut

    def rows(self) -> QuerySet[Product]:
        return classed(Product.objects.for_shop(self.shop).filter(deleted_at=None))

    def describe(self, rows: list[Any]) -> list[dict[str, Any]]:
        with as_network():
            words = {one.product_id: one for one in GoodsWord.everyone.filter(product__in=rows, ended_at=None)}
            rules = rules_of(rows)
        for row in rows:
            word = words.get(row.pk)
            said = word or rules.get(row.pk)
            row.said = "word" if word else "rule" if said else ""
            row.said_by, row.said_at = (said.said_by, said.said_at) if said else ("", None)
        return list(GoodsOut(rows, many=True).data)

    @extend_schema(operation_id="goods_classes_list", responses=GoodsOut(many=True), tags=["products"])
    def get(self, request: Request) -> Response:
        """List products with their class for VAT and whose word that is."""
        return self.listing(request)

    @extend_schema(
        operation_id="goods_classes_say", request=GoodsIn, responses=ChangedOut, tags=["products"], filters=False
    )
    def put(self, request: Request) -> Response:
        """Say the class of some products; it holds for what is sold from now on. Again: no change."""
        sent = GoodsIn(data=request.data)
        sent.is_valid(raise_exception=True)
        wanted = set(sent.validated_data["products"])
        mine = Product.objects.for_shop(self.shop).filter(remote_id__in=wanted, deleted_at=None)
        found = dict(mine.values_list("remote_id", "pk"))
        if len(found) < len(wanted):
            raise NotFound(f"There is no product {sorted(wanted - found.keys())[0]}.", field="products")
        with as_network():
            changed = say_goods(self.shop, found.values(), sent.validated_data["goods_class"], by=self.by)
        return Response({"changed": changed})


class GoodsRuleIn(Record):
    """A rule: all products of a type, with a tag, or both."""

    product_type = serializers.CharField(max_length=200, allow_blank=True, default="")
    tag = serializers.CharField(max_length=200, allow_blank=True, default="")
    goods_class = serializers.ChoiceField(choices=list(CLASSES))


class GoodsRuleOut(serializers.Serializer):
    """A rule as it stands or stood."""

    id = serializers.IntegerField(source="pk")
    product_type = serializers.CharField(source="category")
    tag = serializers.CharField()
    goods_class = serializers.CharField()
    said_by = serializers.CharField()
    said_at = serializers.DateTimeField()
    ended_by = serializers.CharField()
    ended_at = serializers.DateTimeField(allow_null=True)


class GoodsRuleFilter(filters.FilterSet):
    """Which rules."""

    goods_class = filters.ChoiceFilter(choices=list(CLASSES.items()))
    standing = filters.BooleanFilter(field_name="ended_at", lookup_expr="isnull", label="true: only those that stand")


class GoodsRules(ShopList):
    """The shop's rules about the VAT of its goods."""

    model, filterset_class, serializer_class = GoodsRule, GoodsRuleFilter, GoodsRuleOut
    pagination_class = NewestFirst

    def rows(self) -> QuerySet[GoodsRule]:
        return GoodsRule.objects.for_shop(self.shop)

    def describe(self, rows: list[Any]) -> list[dict[str, Any]]:
        return list(GoodsRuleOut(rows, many=True).data)

    @extend_schema(operation_id="goods_rules_list", responses=GoodsRuleOut(many=True), tags=["products"])
    def get(self, request: Request) -> Response:
        """List the rules, the newest first; those that ended too."""
        return self.listing(request)

    @extend_schema(
        operation_id="goods_rules_add", request=GoodsRuleIn, responses={201: GoodsRuleOut}, tags=["products"], filters=False
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Let a rule say the class; one that stood for the same type and tag ends. Again: the rule that stands."""
        sent = GoodsRuleIn(data=request.data)
        sent.is_valid(raise_exception=True)
        data = sent.validated_data
        with as_network():
            rule = add_goods_rule(
                self.shop, category=data["product_type"], tag=data["tag"], goods=data["goods_class"], by=self.by
            )
        return Response(GoodsRuleOut(rule).data, status=201)


class OneGoodsRule(ShopView):
    """One rule about the VAT of goods."""

    serializer_class = GoodsRuleOut

    @extend_schema(operation_id="goods_rules_end", responses={204: None}, tags=["products"])
    def delete(self, request: Request, pk: int) -> Response:
        """Let a rule end; it stays as history. Again: no change."""
        rule = GoodsRule.objects.for_shop(self.shop).filter(pk=pk).first()
        if rule is None:
            raise NotFound("There is no such rule.")
        with as_network():
            end_goods_rule(rule, by=self.by)
        return Response(status=204)
