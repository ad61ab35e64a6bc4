"""What the network has seen of a shop as shipper, day by day: kept, late, not found, declined, unanswered, failed."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from network.models import Shop
from network.scoping import Tenant


class TrustCount(Tenant):
    """How often one thing happened with a shop's orders on one day. Written only by catalog.trust."""

    KINDS: ClassVar = ("on_time", "late", "not_found", "declined", "expired", "failed")

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    kind = models.CharField(max_length=10)
    count = models.PositiveIntegerField(default=0)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["shop", "kind", "day"], name="what_happened_on_a_day_is_counted_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["on_time", "late", "not_found", "declined", "expired", "failed"]),
                name="trust_kind_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count} × {self.kind} of {self.shop_id} on {self.day}"
