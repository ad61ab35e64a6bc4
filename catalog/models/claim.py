"""Units of a shipper's stock held for one order line: one unit, one buyer."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from catalog.models.stock import StockLevel
from network.scoping import Tenant
from skuu.kit.states import StateChange, Stateful, states_check


class Claim(Stateful, Tenant):
    """So many units of one level are spoken for. Written only by catalog.claim, together with StockLevel.claimed."""

    SHOP_PATH: ClassVar[str] = "level__location__shop"
    MERCHANT_PATH: ClassVar[str] = "level__location__shop__merchant"
    STEPS: ClassVar = {"live": {"used", "released"}}

    level = models.ForeignKey(StockLevel, on_delete=models.PROTECT, related_name="claims")
    quantity = models.PositiveIntegerField()
    purpose = models.CharField(max_length=80)  # opaque to this stage: order_line:123
    status = models.CharField(max_length=8, default="live")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            states_check("live", "used", "released", name="claim_status_is_known"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="a_claim_holds_at_least_one_unit"),
            models.UniqueConstraint(
                fields=["purpose", "level"], condition=Q(status="live"), name="one_live_claim_per_purpose_and_level"
            ),
        ]
        indexes: ClassVar = [
            # read by catalog.claim and by the check that claimed = Σ live
            models.Index(fields=["level"], condition=Q(status="live"), name="claim_live"),
            models.Index(fields=["purpose"], name="claim_purpose"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.level_id} for {self.purpose} ({self.status})"


class ClaimChange(StateChange):
    """One step of a claim."""

    row = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="changes")
