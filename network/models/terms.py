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
    ends_on = models.DateField("last day, of a promotion", null=True, blank=True)
    # components of the network's fee for one internal order, minor units of ``currency``
    currency = models.CharField(max_length=3, default="EUR", db_default="EUR")
    network_fixed_minor = models.PositiveIntegerField("network's fixed fee per internal order", default=0, db_default=0)
    network_min_minor = models.PositiveIntegerField(
        "network's smallest fee per internal order", default=0, db_default=0
    )
    network_max_minor = models.PositiveIntegerField("network's largest fee per internal order", null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(network_max_minor=None) | Q(network_max_minor__gte=models.F("network_min_minor")),
                name="the_largest_fee_is_not_below_the_smallest",
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=models.F("starts_on")),
                name="a_promotion_ends_after_it_starts",
            ),
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
