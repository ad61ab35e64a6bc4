"""What a selling shop prefers when partners compete for its order, each change a new version."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from network.models import Shop
from network.scoping import Tenant


class RoutingPolicy(Tenant):
    """One version of a selling shop's preference; the highest holds, none is ever edited. Written only by orders.prefer."""

    NAMES: ClassVar = ("fewest_parcels", "cheapest", "nearest", "fastest", "fair")

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()
    policy = models.CharField(max_length=20)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.CharField(max_length=150)

    class Meta(Tenant.Meta):
        verbose_name_plural = "routing policies"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["shop", "version"], name="one_version_of_a_shops_policy_is_made_once"),
            models.CheckConstraint(
                condition=Q(policy__in=["fewest_parcels", "cheapest", "nearest", "fastest", "fair"]),
                name="routing_policy_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy} ({self.version}) of {self.shop_id}"
