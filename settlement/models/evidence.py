"""What stands behind the VAT of a sale: who was registered where, what was sent, handed over and delivered, and who says so."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from network.scoping import Tenant
from orders.models import InternalOrder


class Evidence(Tenant):
    """One piece of evidence about one internal order, frozen as it was known. Written only by settlement.evidence, never changed."""

    MERCHANT_PATH: ClassVar[str] = "internal_order__order__shop__merchant"
    KINDS: ClassVar = {
        "standing": "Registrations and one-stop shop of both",
        "parcel": "Parcel and its label",
        "delivery": "Delivery",
    }

    internal_order = models.ForeignKey(InternalOrder, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=KINDS)
    issuer = models.CharField(max_length=60)  # who says so: a carrier, the network
    is_independent = models.BooleanField(default=False)  # of both merchants, as the evidence of transport has to be
    at = models.DateTimeField()
    facts = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)  # SHA-256 of the facts as they were written
    noted_at = models.DateTimeField(default=timezone.now)

    class Meta(Tenant.Meta):
        verbose_name_plural = "evidence"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind__in=["standing", "parcel", "delivery"]), name="evidence_kind_is_known"
            ),
            models.UniqueConstraint(
                fields=["internal_order", "kind", "digest"], name="a_piece_of_evidence_is_noted_once"
            ),
            models.UniqueConstraint(
                fields=["internal_order"], condition=Q(kind="standing"), name="the_standing_of_a_sale_is_noted_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.internal_order_id}"
