"""The API's door to a shop's figures: its own stock in and out, and what stands on its shelf."""

import datetime as dt
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api import BULK, LARGEST, MOST_RECORDS
from catalog.models import Placement, StockLevel, Variant
from catalog.stocktake import set_stock
from network.api_base import ShopList
from network.models import Location
from network.scoping import as_network
from skuu.kit.records import Batch, Record, read_batch

CLOCK_SLACK = dt.timedelta(minutes=5)
DEFAULT_PLACE = "default"  # where a shop without named places keeps its stock


# --- stock ------------------------------------------------------------------------------------------------------------
class StockIn(Record):
    """How many units a shop has of one variant at one place, as of a time."""

    variant = serializers.CharField(max_length=255, help_text="the variant’s id, or its SKU")
    location = serializers.CharField(
        max_length=120, allow_blank=True, default="", help_text="empty: the shop’s only place"
    )
    available = serializers.IntegerField(max_value=LARGEST)
    source_time = serializers.DateTimeField(
        default_timezone=dt.UTC, help_text="when this was the figure; UTC when no offset is given"
    )


class StockOut(serializers.Serializer):
    """Units of one stock item at one place."""

    sku = serializers.CharField(source="inventory_item.sku")
    variants = serializers.SerializerMethodField(help_text="ids of the variants that share these units")
    location = serializers.CharField(source="location.remote_id")
    location_name = serializers.CharField(source="location.name")
    available = serializers.IntegerField()
    claimed = serializers.IntegerField(help_text="units held for partners’ customers")
    kept_back = serializers.IntegerField(
        help_text="units kept off partners’ shelves: as many as may be sold before the network hears of it"
    )
    source_time = serializers.DateTimeField(source="remote_updated_at", allow_null=True)

    def get_variants(self, level: StockLevel) -> list[str]:
        return [row.remote_id for row in level.inventory_item.variants.all() if row.deleted_at is None]


class StockFilter(filters.FilterSet):
    """Which levels."""

    sku = filters.CharFilter(field_name="inventory_item__sku", max_length=255)
    variant = filters.CharFilter(method="of_variant", max_length=120)
    location = filters.CharFilter(field_name="location__remote_id", max_length=120)

    def of_variant(self, rows: QuerySet[StockLevel], _name: str, value: str) -> QuerySet[StockLevel]:
        return rows.filter(inventory_item__in=Variant.objects.filter(remote_id=value).values("inventory_item_id"))


class Stock(ShopList):
    """Own stock."""

    model, filterset_class, serializer_class = StockLevel, StockFilter, StockOut

    def rows(self) -> QuerySet[StockLevel]:
        rows = StockLevel.objects.for_shop(self.shop).filter(is_active=True, location__is_active=True)
        return rows.select_related("inventory_item", "location").prefetch_related("inventory_item__variants")

    def describe(self, rows: list[StockLevel]) -> list[dict[str, Any]]:
        return list(StockOut(rows, many=True).data)

    @extend_schema(operation_id="stock_list", responses=StockOut(many=True), tags=["stock"])
    def get(self, request: Request) -> Response:
        """List the shop's stock at its real places, with what the network holds of it."""
        return self.listing(request)

    @extend_schema(operation_id="stock_put", request=StockIn(many=True), responses=BULK, tags=["stock"], filters=False)
    def put(self, request: Request) -> Response:
        """Set up to 250 absolute figures, each with the time it was true; one older than the known figure is ignored and said so."""
        self.refuse_unless_pushed()
        batch = read_batch(request.data, StockIn, key="variant", most=MOST_RECORDS, context={})
        self._refuse_senseless(batch)
        rows = [(row["variant"], row["location"], row["available"], row["source_time"]) for row in batch.good.values()]
        if rows:
            with as_network():
                unknown = set(set_stock(self.shop, rows)["unknown"])
            for index, row in list(batch.good.items()):
                if row["variant"] in unknown:
                    batch.refuse(
                        index, "variant", "unknown_variant", "No variant has this id or SKU; send its product first."
                    )
            self._mark_older(batch)
        return batch.answer()

    def _mark_older(self, batch: Batch) -> None:
        """Say which figures were not applied because a newer one stands."""
        keys = {row["variant"] for row in batch.good.values()}
        of = "inventory_item__variants__"
        named = Q(**{f"{of}remote_id__in": keys}) | Q(**{f"{of}sku__in": keys})
        levels = StockLevel.objects.for_shop(self.shop).filter(named).order_by(f"-{of}id")
        times: dict[tuple[str, str], dt.datetime] = {}
        told = list(levels.values_list(f"{of}remote_id", f"{of}sku", "location__remote_id", "remote_updated_at"))
        for _id, sku, place, at in told:
            times.setdefault((sku, place), at)
        times |= {(remote_id, place): at for remote_id, _sku, place, at in told}
        for index, row in batch.good.items():
            stands = times.get((row["variant"], row["location"] or DEFAULT_PLACE))
            if stands and stands > row["source_time"]:
                batch.ignore(index, "older", f"A newer figure stands, of {stands.isoformat()}.")

    def _refuse_senseless(self, batch: Batch) -> None:
        places = {"", *Location.objects.for_shop(self.shop).filter(is_active=True).values_list("remote_id", flat=True)}
        latest = timezone.now() + CLOCK_SLACK
        for index, row in list(batch.good.items()):
            if row["available"] < 0:
                batch.refuse(
                    index, "available", "negative_stock", "Stock is not negative; send 0 when there is none left."
                )
            elif row["source_time"] > latest:
                batch.refuse(
                    index, "source_time", "future_time", "This time has not come yet; mind the offset from UTC."
                )
            elif row["location"] not in places:
                batch.refuse(
                    index, "location", "unknown_location", "The shop has no such place; /api/v1/shop/ lists them."
                )


# --- shelf ------------------------------------------------------------------------------------------------------------
class ShelfOut(serializers.Serializer):
    """What partners’ stock stands on the shelf for one variant, and why."""

    variant = serializers.CharField(source="variant.remote_id")
    product = serializers.CharField(source="variant.product.remote_id")
    title = serializers.CharField(source="variant.product.title")
    sku = serializers.CharField(source="variant.sku")
    wanted = serializers.IntegerField(help_text="units that should stand there")
    on_shelf = serializers.SerializerMethodField(help_text="units known to stand there")
    reasons = serializers.SerializerMethodField()
    decided_at = serializers.DateTimeField()
    pushed_at = serializers.DateTimeField(allow_null=True)

    def get_on_shelf(self, row: Placement) -> int:
        return max(row.pushed or 0, 0)

    def get_reasons(self, row: Placement) -> list[str]:
        said = row.reason.get("text", [])
        return [str(one) for one in (said if isinstance(said, list) else [said])]


class ShelfFilter(filters.FilterSet):
    """Which placements."""

    sku = filters.CharFilter(field_name="variant__sku", max_length=255)
    variant = filters.CharFilter(field_name="variant__remote_id", max_length=120)
    standing = filters.BooleanFilter(method="that_stand", label="only what stands there or should")
    out_of_step = filters.BooleanFilter(method="that_differ", label="only where the two figures differ")

    def that_stand(self, rows: QuerySet[Placement], _name: str, value: bool) -> QuerySet[Placement]:
        stands = Q(wanted__gt=0) | Q(pushed__gt=0)
        return rows.filter(stands if value else ~stands)

    def that_differ(self, rows: QuerySet[Placement], _name: str, value: bool) -> QuerySet[Placement]:
        same = Q(pushed=F("wanted")) | Q(pushed=None, wanted=0)
        return rows.exclude(same) if value else rows.filter(same)


class Shelf(ShopList):
    """The network shelf in the own shop."""

    model, filterset_class, serializer_class = Placement, ShelfFilter, ShelfOut

    def rows(self) -> QuerySet[Placement]:
        return Placement.objects.for_shop(self.shop).select_related("variant__product")

    def describe(self, rows: list[Placement]) -> list[dict[str, Any]]:
        return list(ShelfOut(rows, many=True).data)

    @extend_schema(operation_id="shelf_list", responses=ShelfOut(many=True), tags=["shelf"])
    def get(self, request: Request) -> Response:
        """List what stands on the shop's network shelf, and what does not, with the reasons."""
        return self.listing(request)
