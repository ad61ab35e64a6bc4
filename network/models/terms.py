"""The split of a sale, per route kind → kind, versioned: a change never touches what was agreed before."""

from typing import ClassVar

from django.db import models
from django.db.models import Q


class RateCard(models.Model):
    """What the selling shop and the network earn on one kind of route; the shipping shop keeps the rest. Never edited, only superseded."""

    origin_kind = models.CharField(max_length=10)
    shipper_kind = models.CharField(max_length=10)
    version = models.PositiveIntegerField()
    origin_bp = models.PositiveIntegerField("selling shop's fee, basis points of the net price")
    network_bp = models.PositiveIntegerField("network's fee, basis points of the net price")
    starts_on = models.DateField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["origin_kind", "shipper_kind", "version"], name="rate_card_version_is_unique_per_route"
            ),
            models.CheckConstraint(
                condition=Q(origin_bp__lte=9000) & Q(network_bp__lte=2000),
                name="rate_card_leaves_the_shipper_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.origin_kind} → {self.shipper_kind} v{self.version}"
