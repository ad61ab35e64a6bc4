"""The network's own catalogue: styles, their sizes, the keys that lead to them and the brands' many names."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Style(models.Model):
    """One model in one colour, network-wide. Written only by catalog.match; ids never change their meaning."""

    brand_key = models.CharField(max_length=120, blank=True)
    code = models.CharField(max_length=80, blank=True)
    title = models.CharField(max_length=400)
    colour_key = models.CharField(max_length=80, blank=True)
    gender = models.CharField(max_length=8, blank=True)
    category = models.CharField(max_length=200, blank=True)
    image_url = models.URLField(max_length=1000, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.title


class Item(models.Model):
    """One size of a style: the one real thing behind matching variants. Written only by catalog.match."""

    style = models.ForeignKey(Style, on_delete=models.PROTECT, related_name="items")
    size_key = models.CharField(max_length=40, blank=True)
    size_label = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    # the item its last variants went to; what people said about this one holds for that one
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.style}, {self.size_label}"


class ItemMark(models.Model):
    """Supply, match or rules of an item changed: its shelves must be decided again. Written only by catalog.mark and catalog.claim.

    Marks are added and taken away, never changed, so that whoever adds one waits for nobody: not even for the item's row,
    as a foreign key's check would.
    """

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="marks", db_constraint=False)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.item_id} since {self.at:%Y-%m-%d %H:%M:%S}"


class MatchKey(models.Model):
    """A certain way to an item (a clean GTIN; brand, full code and size), or a key known to mislead. Written only by catalog.match."""

    kind = models.CharField(max_length=8)  # gtin, code
    value = models.CharField(max_length=200)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="keys", null=True)  # null: ambiguous
    ambiguous_reason = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "value"], name="a_match_key_leads_to_one_item"),
            models.CheckConstraint(
                condition=Q(item__isnull=False) | ~Q(ambiguous_reason=""),
                name="a_key_without_item_says_why_it_misleads",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


class BrandAlias(models.Model):
    """Another name of a brand, confirmed by a person. Written by the review and by staff."""

    alias = models.CharField(max_length=120, unique=True)
    brand_key = models.CharField(max_length=120)
    by = models.CharField(max_length=120)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "brand aliases"

    def __str__(self) -> str:
        return f"{self.alias} = {self.brand_key}"
