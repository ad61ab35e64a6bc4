"""What a shop does not want: its own say over what stands on its shelf and where its stock may stand."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from network.models import Shop
from network.scoping import Tenant


class Rule(Tenant):
    """An exclusion of one shop, as origin (its shelf) or as shipper (its stock). Written by the merchant's pages and by staff."""

    SIDES: ClassVar = {"origin": "On my shelf", "shipper": "From my stock", "both": "Both"}
    KINDS: ClassVar = {
        "brand": "Brand",
        "category": "Category",
        "partner": "Partner",
        "product": "Product",
        "country": "Country",
        "tag": "Tag",
        "price_above": "Price above",
        "price_below": "Price below",
    }

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+")
    side = models.CharField(max_length=8, choices=SIDES, default="origin")
    kind = models.CharField(max_length=12, choices=KINDS)
    # brand: brand key; category: product type; partner: shop id; product: product id; country: ISO; tag; price: minor units
    value = models.CharField(max_length=200)
    note = models.CharField(max_length=200, blank=True)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.CharField(max_length=120, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(side__in=["origin", "shipper", "both"]), name="rule_side_is_known"),
            models.CheckConstraint(
                condition=Q(
                    kind__in=["brand", "category", "partner", "product", "country", "tag", "price_above", "price_below"]
                ),
                name="rule_kind_is_known",
            ),
            models.UniqueConstraint(
                fields=["shop", "side", "kind", "value"], condition=Q(removed_at=None), name="the_same_rule_stands_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_side_display()}: no {self.get_kind_display().lower()} “{self.value}”"
