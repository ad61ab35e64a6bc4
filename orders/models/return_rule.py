"""Where a merchant's customers send goods back to, each change a new version."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from network.models import Merchant
from network.scoping import Tenant


class ReturnRule(Tenant):
    """One version of a merchant's choice; the highest holds, none is ever edited. Written only by orders.direct."""

    SHOP_PATH: ClassVar[str] = ""
    MERCHANT_PATH: ClassVar[str] = "merchant"
    NAMES: ClassVar = ("shipper", "origin", "nearest", "next_seller")

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()
    rule = models.CharField(max_length=12, default="shipper")
    # as a partner: we buy what comes back as new to other shops, for so much of our own net price at most
    takes_over = models.BooleanField(default=False)
    takes_over_percent = models.PositiveSmallIntegerField(default=100, db_default=100)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.CharField(max_length=150)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["merchant", "version"], name="one_version_of_a_merchants_return_rule_is_made_once"
            ),
            models.CheckConstraint(
                condition=Q(rule__in=["shipper", "origin", "nearest", "next_seller"]), name="return_rule_is_known"
            ),
            models.CheckConstraint(
                condition=Q(takes_over_percent__gte=1, takes_over_percent__lte=100),
                name="nobody_takes_goods_over_for_more_than_it_asks",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule} ({self.version}) of {self.merchant_id}"
