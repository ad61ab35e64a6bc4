"""The API's door to a shop's products: those it sends, and how the network mirrors them."""

import datetime as dt
from typing import Any

from django.db.models import Prefetch, QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.mirror import delete_products, upsert_products
from catalog.models import Product, Variant
from network.api_base import ShopList, ShopView
from network.connectors.base import RemoteProduct, RemoteVariant
from network.scoping import as_network
from skuu.kit.errors import NotFound
from skuu.kit.money import major
from skuu.kit.records import AmountIn, Batch, BatchOut, Record, read_batch

MOST_RECORDS = 250
LARGEST = 2_000_000_000
BULK = {200: BatchOut, 207: OpenApiResponse(BatchOut, description="Some records were refused; the others are applied.")}


# --- what comes in ----------------------------------------------------------------------------------------------------
class OptionIn(Record):
    """One choice of a variant, in the product's order: Size 42."""

    name = serializers.CharField(max_length=255)
    value = serializers.CharField(max_length=255)


class VariantIn(Record):
    """One size of a product as the shop has it."""

    id = serializers.CharField(max_length=120, help_text="your own id; never reused")
    title = serializers.CharField(max_length=400, allow_blank=True, default="")
    options = OptionIn(many=True, default=list)
    sku = serializers.CharField(max_length=255, allow_blank=True, default="")
    barcode = serializers.CharField(max_length=255, allow_blank=True, default="")
    article_code = serializers.CharField(max_length=120, allow_blank=True, default="", help_text="the brand's own code")
    price = AmountIn(help_text='major units of the shop’s currency: "49.95"')
    compare_at_price = AmountIn(allow_null=True, default=None)
    sells_without_stock = serializers.BooleanField(default=False)
    taxable = serializers.BooleanField(default=True)
    tracked = serializers.BooleanField(default=True)
    requires_shipping = serializers.BooleanField(default=True)
    grams = serializers.IntegerField(min_value=0, max_value=1_000_000, default=0)
    hs_code = serializers.CharField(max_length=20, allow_blank=True, default="")
    origin_country = serializers.RegexField(r"\A([A-Z]{2})?\Z", allow_blank=True, default="")


class ProductIn(Record):
    """A product with all its variants: those left out are marked as gone."""

    id = serializers.CharField(max_length=120, help_text="your own id; never reused")
    title = serializers.CharField(max_length=400)
    handle = serializers.CharField(max_length=300, allow_blank=True, default="")
    vendor = serializers.CharField(max_length=200, allow_blank=True, default="", help_text="the brand")
    product_type = serializers.CharField(max_length=200, allow_blank=True, default="")
    tags = serializers.ListField(child=serializers.CharField(max_length=255), max_length=250, default=list)
    status = serializers.ChoiceField(choices=["active", "draft", "archived"], default="active")
    image_url = serializers.URLField(max_length=1000, allow_blank=True, default="")
    updated_at = serializers.DateTimeField(
        default_timezone=dt.UTC, allow_null=True, default=None, help_text="an older state than the known one is ignored"
    )
    variants = VariantIn(many=True, min_length=1, max_length=2048)  # type: ignore[call-arg]


# --- what goes out ----------------------------------------------------------------------------------------------------
class VariantOut(serializers.Serializer):
    """One size of a product as the network mirrors it."""

    id = serializers.CharField(source="remote_id")
    title = serializers.CharField()
    options = serializers.SerializerMethodField()
    sku = serializers.CharField()
    barcode = serializers.CharField()
    article_code = serializers.CharField()
    price = serializers.SerializerMethodField()
    match = serializers.SerializerMethodField(help_text="whether the network knows what this is: linked, ask, none")

    def get_options(self, variant: Variant) -> list[dict[str, str]]:
        return [{"name": pair[0], "value": pair[1]} for pair in variant.options if len(pair) == 2]

    def get_price(self, variant: Variant) -> str:
        return major(variant.price_minor, variant.shop.currency)

    def get_match(self, variant: Variant) -> str:
        states = {match.status for match in variant.matches.all()}
        return "linked" if "linked" in states else "ask" if "ask" in states else "none"


class ProductOut(serializers.Serializer):
    """A product as the network mirrors it."""

    id = serializers.CharField(source="remote_id")
    title = serializers.CharField()
    handle = serializers.CharField()
    vendor = serializers.CharField()
    product_type = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    status = serializers.CharField()
    image_url = serializers.CharField()
    updated_at = serializers.DateTimeField(source="remote_updated_at", allow_null=True)
    problem = serializers.CharField(source="sync_error", help_text="what of it could not be read as it came")
    variants = serializers.SerializerMethodField()

    def get_variants(self, product: Product) -> list[dict[str, Any]]:
        rows = [row for row in product.variants.all() if row.deleted_at is None]
        return list(VariantOut(sorted(rows, key=lambda row: (row.position, row.pk)), many=True).data)


class ProductSchema(ProductOut):
    """A product as the network mirrors it."""

    variants = VariantOut(many=True)  # type: ignore[assignment]


# --- products ---------------------------------------------------------------------------------------------------------
class ProductFilter(filters.FilterSet):
    """Which products."""

    id = filters.CharFilter(field_name="remote_id", max_length=120)
    sku = filters.CharFilter(method="of_sku", max_length=255)
    vendor = filters.CharFilter(lookup_expr="iexact", max_length=200)
    status = filters.ChoiceFilter(choices=[(name, name) for name in ("active", "draft", "archived")])
    updated_after = filters.IsoDateTimeFilter(field_name="seen_at", lookup_expr="gt")

    def of_sku(self, rows: QuerySet[Product], _name: str, value: str) -> QuerySet[Product]:
        return rows.filter(pk__in=Variant.objects.filter(sku=value, deleted_at=None).values("product_id"))


def _with_variants(rows: QuerySet[Product]) -> QuerySet[Product]:
    return rows.prefetch_related(Prefetch("variants__matches"), "variants__shop")


class Products(ShopList):
    """Own products."""

    model, filterset_class, serializer_class = Product, ProductFilter, ProductSchema

    def rows(self) -> QuerySet[Product]:
        return _with_variants(Product.objects.for_shop(self.shop).filter(deleted_at=None))

    def describe(self, rows: list[Product]) -> list[dict[str, Any]]:
        return list(ProductOut(rows, many=True).data)

    @extend_schema(operation_id="products_list", responses=ProductSchema(many=True), tags=["products"])
    def get(self, request: Request) -> Response:
        """List the shop's products as the network mirrors them."""
        return self.listing(request)

    @extend_schema(
        operation_id="products_put", request=ProductIn(many=True), responses=BULK, tags=["products"], filters=False
    )
    def put(self, request: Request) -> Response:
        """Create or replace up to 250 products, each with all its variants; what is wrong with one does not stop the others."""
        self.refuse_unless_pushed()
        shop = self.shop
        batch = read_batch(request.data, ProductIn, key="id", most=MOST_RECORDS, context={"currency": shop.currency})
        _refuse_repeats(batch)
        ids = [row["id"] for row in batch.good.values()]
        known = dict(
            Product.objects.for_shop(shop).filter(remote_id__in=ids).values_list("remote_id", "remote_updated_at")
        )
        for index, row in batch.good.items():
            before = known.get(row["id"])
            if before and row["updated_at"] and row["updated_at"] < before:
                batch.ignore(index, "older", "A newer state of this product is known.")
        with as_network():
            upsert_products(shop, [_remote_product(row) for row in batch.good.values()])
        return batch.answer()


def _refuse_repeats(batch: Batch) -> None:
    """Refuse a product or variant that stands twice in one request: which of them should hold?"""
    products: set[str] = set()
    variants: set[str] = set()
    for index, row in list(batch.good.items()):
        own = [variant["id"] for variant in row["variants"]]
        if row["id"] in products:
            batch.refuse(index, "id", "repeated", "This product stands in the request twice.")
        elif len(set(own)) < len(own) or variants & set(own):
            batch.refuse(index, "variants", "repeated", "A variant id stands in the request twice.")
        else:
            products.add(row["id"])
            variants |= set(own)


def _remote_product(row: dict[str, Any]) -> RemoteProduct:
    names = list(dict.fromkeys(option["name"] for variant in row["variants"] for option in variant["options"]))
    return RemoteProduct(
        id=row["id"],
        title=row["title"],
        handle=row["handle"],
        vendor=row["vendor"],
        product_type=row["product_type"],
        tags=tuple(row["tags"]),
        status=row["status"],
        image_url=row["image_url"],
        option_names=tuple(names),
        updated_at=row["updated_at"],
        variants=tuple(_remote_variant(n, variant, row) for n, variant in enumerate(row["variants"], start=1)),
    )


def _remote_variant(position: int, variant: dict[str, Any], product: dict[str, Any]) -> RemoteVariant:
    options = tuple((option["name"], option["value"]) for option in variant["options"])
    same = ("id", "title", "sku", "barcode", "article_code", "sells_without_stock", "taxable", "tracked")
    rest = ("requires_shipping", "grams", "hs_code", "origin_country")
    return RemoteVariant(
        **{name: variant[name] for name in (*same, *rest)},
        inventory_item_id=variant["id"],
        options=options,
        price_minor=variant["price"],
        compare_at_minor=variant["compare_at_price"],
        position=position,
        updated_at=product["updated_at"],
    )


class OneProduct(ShopView):
    """One of the own products."""

    serializer_class = ProductSchema

    def _mine(self, product_id: str) -> QuerySet[Product]:
        return Product.objects.for_shop(self.shop).filter(remote_id=product_id)

    @extend_schema(operation_id="products_read", responses=ProductSchema, tags=["products"])
    def get(self, request: Request, product_id: str) -> Response:
        """Show a product by the shop's own id."""
        row = _with_variants(self._mine(product_id).filter(deleted_at=None)).first()
        if row is None:
            raise NotFound("There is no such product.")
        return Response(ProductOut(row).data)

    @extend_schema(operation_id="products_delete", responses={204: None}, tags=["products"])
    def delete(self, request: Request, product_id: str) -> Response:
        """Mark a product and its variants as gone; they leave every shelf. Again: no change."""
        if not self._mine(product_id).exists():
            raise NotFound("There is no such product.")
        self.refuse_unless_pushed()
        with as_network():
            delete_products(self.shop, [product_id])
        return Response(status=204)
