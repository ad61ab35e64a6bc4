"""What was wanted and whether the network could serve it, as later stages report it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from catalog.models.item import Item
from catalog.models.product import Variant
from network.models import Shop
from network.scoping import Tenant


class Demand(Tenant):
    """One wish of a shopper for an item in a shop, and what became of it. Written only by catalog.demand."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+")
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="+")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+", null=True)
    key = models.CharField(max_length=120, unique=True)  # the reporter's own key; said twice, counted once
    units = models.PositiveIntegerField()
    country = models.CharField(max_length=2, blank=True)
    outcome = models.CharField(max_length=12)  # served, lost
    at = models.DateTimeField(default=timezone.now)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(outcome__in=["served", "lost"]), name="demand_outcome_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.units} × {self.variant_id} {self.outcome}"
