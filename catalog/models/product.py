"""Mirrors of a shop's own products and variants; written only by sync."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone

from catalog.models.stock import InventoryItem
from network.models import Shop
from network.scoping import Tenant


class Product(Tenant):
    """A product page of one shop. Written only by catalog.sync; deleted ones stay, marked."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+")
    remote_id = models.CharField(max_length=120)
    title = models.CharField(max_length=400)
    handle = models.CharField(max_length=300, blank=True)
    vendor = models.CharField(max_length=200, blank=True)
    product_type = models.CharField(max_length=200, blank=True)
    tags = ArrayField(models.CharField(max_length=255), default=list, blank=True)
    status = models.CharField(max_length=10, default="active")  # active, draft, archived
    image_url = models.URLField(max_length=1000, blank=True)
    option_names = ArrayField(models.CharField(max_length=255), default=list, blank=True)
    remote_updated_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(default=timezone.now)
    sync_error = models.TextField(blank=True)  # what of this record could not be read as it came
    deleted_at = models.DateTimeField(null=True, blank=True)
    # written only by catalog.match: "brand|word" for each word of the model, and "brand#style" for its style number
    words = ArrayField(models.CharField(max_length=200), default=list, db_default=[], blank=True)
    cards_due_at = models.DateTimeField(null=True, blank=True)  # its question must be thought over; null: it stands

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["shop", "remote_id"], name="a_product_is_mirrored_once_per_shop"),
            models.CheckConstraint(
                condition=Q(status__in=["active", "draft", "archived"]), name="product_status_is_known"
            ),
        ]
        indexes: ClassVar = [
            # read by catalog.cards: products of a brand that share a rare word
            GinIndex(fields=["words"], name="product_words"),
            # read by catalog.cards.ask_due
            models.Index(
                fields=["cards_due_at", "id"], condition=Q(cards_due_at__isnull=False), name="product_cards_due"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Variant(Tenant):
    """One size of a product page. Raw columns written only by catalog.sync, normalised ones only by catalog.match."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="variants")
    inventory_item = models.ForeignKey(InventoryItem, on_delete=models.PROTECT, related_name="variants")
    remote_id = models.CharField(max_length=120)
    title = models.CharField(max_length=400, blank=True)
    options = models.JSONField(default=list)  # [["Size", "42"], ["Colour", "white"]]
    sku = models.CharField(max_length=255, blank=True)
    barcode = models.CharField(max_length=255, blank=True)
    article_code = models.CharField(
        max_length=120, blank=True
    )  # given by REST shops; others carry it in SKU, tag or title
    price_minor = models.BigIntegerField(default=0)  # in the shop's currency, tax as the shop has it
    compare_at_minor = models.BigIntegerField(null=True, blank=True)
    position = models.PositiveIntegerField(default=1)
    sells_without_stock = models.BooleanField(default=False)  # Shopify's inventoryPolicy CONTINUE
    taxable = models.BooleanField(default=True)
    remote_updated_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    # normalised by catalog.matching, version by version
    norm_version = models.PositiveIntegerField(default=0)
    gtin = models.CharField(max_length=14, blank=True)
    gtin_status = models.CharField(max_length=14, blank=True)
    brand_key = models.CharField(max_length=120, blank=True)
    code = models.CharField(max_length=80, blank=True)
    code_level = models.CharField(max_length=6, blank=True)  # full, style
    size_key = models.CharField(max_length=40, blank=True)
    size_label = models.CharField(max_length=40, blank=True)
    colour_key = models.CharField(max_length=80, blank=True)
    gender = models.CharField(max_length=8, blank=True)
    tokens = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    match_due_at = models.DateTimeField(null=True, blank=True, default=timezone.now)  # null: matched as it stands
    facts = models.TextField(blank=True, default="", db_default="")  # all comparable facts, as catalog.facts packs them
    facts_for = models.DateTimeField(null=True, blank=True)  # the mark for which they were read
    # the rules under which these very facts were matched; 0: never, or staff asked for a fresh look; negative: edited since
    matched_rule = models.SmallIntegerField(default=0, db_default=0)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["shop", "remote_id"], name="a_variant_is_mirrored_once_per_shop"),
            models.CheckConstraint(condition=Q(price_minor__gte=0), name="a_price_is_not_negative"),
        ]
        indexes: ClassVar = [
            # read by catalog.match.match_due, oldest mark first
            models.Index(
                fields=["match_due_at", "id"], condition=Q(match_due_at__isnull=False), name="variant_match_due"
            ),
            # read by catalog.neighbours: products with the same clean GTIN
            models.Index(
                fields=["gtin"],
                include=["product"],
                condition=Q(gtin_status="clean", deleted_at=None),
                name="variant_clean_gtin",
            ),
            # read by catalog.neighbours: products with the same brand and article code; by catalog.match_audit: a brand
            models.Index(
                fields=["brand_key", "code"],
                include=["product"],
                condition=Q(deleted_at=None),
                name="variant_live_brand_code",
            ),
            # read by sync and by the portal's search
            models.Index(fields=["shop", "sku"], name="variant_sku"),
        ]

    def __str__(self) -> str:
        return self.title or self.remote_id
