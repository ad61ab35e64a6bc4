"""The back office's pages on catalogues, stock, shelves and matches."""

import json

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

import catalog.aliases_admin  # noqa: F401 - registers brands' and colours' other names
import catalog.gates_admin  # noqa: F401 - registers evidence classes, audits and reports
import catalog.match_admin  # noqa: F401 - registers drift, merges and what was learnt
import catalog.review_admin  # noqa: F401 - registers the review cards
from catalog.models import (
    Claim,
    ClaimChange,
    Demand,
    FigureDelay,
    GoodsRule,
    GoodsWord,
    InventoryItem,
    Item,
    ItemMark,
    Match,
    MatchChange,
    MatchKey,
    Placement,
    Product,
    Reach,
    Rule,
    RuleBook,
    ShelfNote,
    StockLevel,
    StockPace,
    Style,
    TrustCount,
    Variant,
    Verdict,
)
from skuu.kit.admin import ChangesInline, ReadOnlyAdmin, ReadOnlyInline


class VariantInline(ReadOnlyInline):
    model = Variant
    fields = readonly_fields = (
        "title",
        "sku",
        "barcode",
        "price_minor",
        "gtin",
        "gtin_status",
        "code",
        "size_key",
        "deleted_at",
    )


@admin.register(Product)
class ProductAdmin(ReadOnlyAdmin):
    list_display = ("title", "shop", "vendor", "product_type", "status", "seen_at", "deleted_at")
    list_filter = ("shop", "status")
    search_fields = ("title", "vendor", "remote_id", "variants__sku", "variants__barcode")
    list_select_related = ("shop",)
    inlines = (VariantInline,)


class MatchInline(ReadOnlyInline):
    model = Match
    fields = readonly_fields = ("item", "status", "method", "probability", "decided_by", "decided_at")


@admin.register(Variant)
class VariantAdmin(ReadOnlyAdmin):
    list_display = (
        "product",
        "title",
        "shop",
        "sku",
        "barcode",
        "gtin_status",
        "brand_key",
        "code",
        "size_key",
        "colour_key",
    )
    list_filter = ("shop", "gtin_status", "code_level")
    search_fields = ("sku", "barcode", "gtin", "code", "product__title", "remote_id")
    list_select_related = ("shop", "product")
    inlines = (MatchInline,)


class StockLevelInline(ReadOnlyInline):
    model = StockLevel
    fields = readonly_fields = ("location", "available", "claimed", "phantom", "remote_updated_at", "read_at")


@admin.register(InventoryItem)
class InventoryItemAdmin(ReadOnlyAdmin):
    list_display = ("sku", "remote_id", "shop", "tracked", "requires_shipping", "grams")
    list_filter = ("shop", "tracked")
    search_fields = ("sku", "remote_id")
    list_select_related = ("shop",)
    inlines = (StockLevelInline,)


@admin.register(StockLevel)
class StockLevelAdmin(ReadOnlyAdmin):
    list_display = (
        "inventory_item",
        "location",
        "available",
        "claimed",
        "phantom",
        "remote_updated_at",
        "confirm_due_at",
    )
    list_filter = ("location__shop", "is_active")
    search_fields = ("inventory_item__sku", "inventory_item__remote_id", "location__name")
    list_select_related = ("inventory_item", "location")


class ItemInline(ReadOnlyInline):
    model = Item
    fields = readonly_fields = ("size_key", "size_label", "created_at")


class ItemMarkInline(ReadOnlyInline):
    model = ItemMark
    fields = readonly_fields = ("at",)
    verbose_name_plural = _("waits to be distributed again")


@admin.register(Style)
class StyleAdmin(ReadOnlyAdmin):
    list_display = ("title", "brand_key", "code", "colour_key", "gender", "created_at")
    list_filter = ("gender",)
    search_fields = ("title", "brand_key", "code")
    inlines = (ItemInline,)


@admin.register(Item)
class ItemAdmin(ReadOnlyAdmin):
    list_display = ("style", "size_label", "size_key")
    search_fields = ("style__title", "style__code", "keys__value")
    list_select_related = ("style",)
    inlines = (MatchInline, ItemMarkInline)


@admin.register(MatchKey)
class MatchKeyAdmin(ReadOnlyAdmin):
    list_display = ("kind", "value", "item", "ambiguous_reason")
    list_filter = ("kind",)
    search_fields = ("value",)
    list_select_related = ("item__style",)


class MatchChangeInline(ChangesInline):
    model = MatchChange


@admin.register(Match)
class MatchAdmin(ReadOnlyAdmin):
    list_display = ("variant", "shop", "item", "status", "method", "probability", "decided_by", "decided_at")
    list_filter = ("status", "method", "shop")
    search_fields = ("variant__sku", "variant__barcode", "item__style__title", "decided_by")
    list_select_related = ("variant", "shop", "item__style")
    ordering = ("-pk",)
    exclude = ("evidence",)
    readonly_fields = ("why",)
    inlines = (MatchChangeInline,)

    @admin.display(description=_("evidence"))
    def why(self, match: Match) -> str:
        return "\n".join(map(str, match.evidence))


@admin.register(Verdict)
class VerdictAdmin(ReadOnlyAdmin):
    list_display = ("variant", "item", "same", "by", "at", "undone_at")
    list_filter = ("same", "by")
    search_fields = ("variant__sku", "item__style__title", "by")
    list_select_related = ("variant", "item__style")
    ordering = ("-pk",)


@admin.register(Rule)
class RuleAdmin(ReadOnlyAdmin):
    list_display = ("shop", "__str__", "effect", "amount", "version", "created_by", "created_at", "removed_at")
    list_filter = ("shop", "side", "effect")
    search_fields = ("brand", "category", "tag", "note", "shop__name")
    list_select_related = ("shop",)


@admin.register(RuleBook)
class RuleBookAdmin(ReadOnlyAdmin):
    list_display = ("shop", "number", "what", "by", "at")
    list_filter = ("shop",)
    search_fields = ("what", "by", "shop__name")
    list_select_related = ("shop",)
    ordering = ("-pk",)


@admin.register(GoodsWord)
class GoodsWordAdmin(ReadOnlyAdmin):
    list_display = ("shop", "product", "goods_class", "said_by", "said_at", "ended_by", "ended_at")
    list_filter = ("goods_class", "shop")
    search_fields = ("product__title", "said_by", "shop__name")
    list_select_related = ("shop", "product")
    ordering = ("-pk",)


@admin.register(GoodsRule)
class GoodsRuleAdmin(ReadOnlyAdmin):
    list_display = ("shop", "says", "goods_class", "said_by", "said_at", "ended_by", "ended_at")
    list_filter = ("goods_class", "shop")
    search_fields = ("category", "tag", "said_by", "shop__name")
    list_select_related = ("shop",)
    ordering = ("-pk",)


@admin.register(Reach)
class ReachAdmin(ReadOnlyAdmin):
    list_display = ("origin", "shipper", "location", "km", "days", "vat_refusal")
    search_fields = ("origin__name", "shipper__name", "vat_refusal")
    list_select_related = ("origin", "shipper", "location")


class ShelfNoteInline(ReadOnlyInline):
    model = ShelfNote
    fields = readonly_fields = ("units", "at")
    verbose_name_plural = _("sold, not taken off yet")


@admin.register(Placement)
class PlacementAdmin(ReadOnlyAdmin):
    list_display = ("shop", "variant", "item", "wanted", "pushed", "decided_at", "pushed_at", "tries", "error")
    list_filter = ("shop", "activated")
    search_fields = ("variant__sku", "variant__product__title", "shop__name", "error")
    list_select_related = ("shop", "variant", "item__style")
    exclude = ("reason", "push_key")
    readonly_fields = ("why",)
    inlines = (ShelfNoteInline,)

    @admin.display(description=_("why"))
    def why(self, placement: Placement) -> str:
        return json.dumps(placement.reason, indent=2, ensure_ascii=False)


class ClaimChangeInline(ChangesInline):
    model = ClaimChange


@admin.register(Claim)
class ClaimAdmin(ReadOnlyAdmin):
    list_display = ("purpose", "level", "quantity", "status", "created_at")
    list_filter = ("status",)
    search_fields = ("purpose", "level__inventory_item__sku")
    list_select_related = ("level",)
    ordering = ("-pk",)
    inlines = (ClaimChangeInline,)


@admin.register(Demand)
class DemandAdmin(ReadOnlyAdmin):
    list_display = ("at", "shop", "variant", "item", "units", "country", "outcome")
    list_filter = ("outcome", "shop", "country")
    search_fields = ("variant__sku", "item__style__title", "key")
    list_select_related = ("shop", "variant", "item__style")
    ordering = ("-pk",)


@admin.register(TrustCount)
class TrustCountAdmin(ReadOnlyAdmin):
    """What happened with shops' orders as shippers, day by day; the score is made of it."""

    list_display = ("day", "shop", "kind", "count")
    list_filter = ("kind", "shop")
    search_fields = ("shop__name",)
    list_select_related = ("shop",)
    ordering = ("-day", "-pk")


@admin.register(StockPace)
class StockPaceAdmin(ReadOnlyAdmin):
    """How fast sizes sell; what stays off partners' shelves follows from it."""

    list_display = ("level", "per_day", "figure", "looked_on")
    search_fields = ("level__inventory_item__sku",)
    list_select_related = ("level__inventory_item",)


@admin.register(FigureDelay)
class FigureDelayAdmin(ReadOnlyAdmin):
    list_display = ("shop", "seconds", "messages")
    list_select_related = ("shop",)
