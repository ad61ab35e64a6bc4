"""What a seller says of its goods for VAT: by product, or by a rule on product type and tag; who said it, when, and until when."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from catalog.models.product import Product
from network.models import Shop
from network.scoping import Tenant
from network.taxing import CLASSES


def _classes(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(goods_class__in=list(CLASSES)), name=name)


class _Said(Tenant):
    """A seller's word; never changed, only taken back. Written by catalog.goods."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+")
    goods_class = models.CharField(max_length=20, choices=CLASSES)
    said_at = models.DateTimeField(default=timezone.now)
    said_by = models.CharField(max_length=120, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)  # null: it stands
    ended_by = models.CharField(max_length=120, blank=True)

    class Meta(Tenant.Meta):
        abstract = True


class GoodsWord(_Said):
    """What a seller says of one product; the rows that ended are its history."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")

    class Meta(_Said.Meta):
        constraints: ClassVar = [
            _classes("a_word_names_a_known_class_of_goods"),
            # also read by every decision about VAT
            models.UniqueConstraint(
                fields=["product"], condition=Q(ended_at=None), name="one_word_stands_about_a_product"
            ),
        ]
        indexes: ClassVar = [
            # read by the portal and the API: a shop's history, newest first
            models.Index(fields=["shop", "id"], name="goods_word_history"),
        ]

    def __str__(self) -> str:
        return f"{self.get_goods_class_display()} ({self.product_id})"


class GoodsRule(_Said):
    """What a seller says of all products of a type, with a tag, or both (lower case); of several that fit the newest counts."""

    category = models.CharField(max_length=200, blank=True)
    tag = models.CharField(max_length=255, blank=True)

    class Meta(_Said.Meta):
        constraints: ClassVar = [
            _classes("a_rule_names_a_known_class_of_goods"),
            models.CheckConstraint(condition=~Q(category="", tag=""), name="a_rule_of_goods_names_a_type_or_a_tag"),
            # also read by every decision about VAT
            models.UniqueConstraint(
                fields=["shop", "category", "tag"],
                condition=Q(ended_at=None),
                name="one_rule_of_goods_stands_for_the_same",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.says}: {self.get_goods_class_display()}"

    @property
    def says(self) -> str:
        """Name the products it speaks of."""
        parts: list[Any] = [f"type “{self.category}”"] if self.category else []
        return " and ".join(parts + ([f"tag “{self.tag}”"] if self.tag else []))
