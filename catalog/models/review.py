"""Questions for people: one card per shop product, with its candidates and aligned sizes."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from catalog.models.product import Product
from network.scoping import Tenant
from skuu.kit.states import StateChange, Stateful, states_check


class ReviewCard(Stateful, Tenant):
    """Is this shop's product one of these? Written only by catalog.match."""

    MERCHANT_PATH: ClassVar[str] = "product__shop__merchant"
    SHOP_PATH: ClassVar[str] = "product__shop"
    STEPS: ClassVar = {
        "open": {"approved", "rejected", "skipped", "moot"},
        "skipped": {"open", "approved", "rejected", "moot"},
        "approved": {"open"},
        "rejected": {"open"},
        "moot": {"open"},
    }

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="cards")
    status = models.CharField(max_length=10, default="open")
    reason = models.CharField(max_length=200)  # why a person is asked
    evidence_class = models.CharField(max_length=20)
    # [{"product": id, "score": 0.93, "why": [...], "sizes": [{"mine": variant, "theirs": variant|null, "label", "theirs_label"}]}]
    candidates = models.JSONField(default=list)
    money_minor = models.BigIntegerField(default=0)  # EUR: what a "same" could sell, for the order of the queue
    chosen_product = models.BigIntegerField(null=True, blank=True)
    decided_by = models.CharField(max_length=120, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    # the reviewer who looks at it now; nobody else is given the card until then. Both written only by catalog.review
    taken_by = models.CharField(max_length=120, blank=True)
    taken_until = models.DateTimeField(null=True, blank=True)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            states_check("open", "approved", "rejected", "skipped", "moot", name="review_card_status_is_known"),
            models.UniqueConstraint(fields=["product"], condition=Q(status="open"), name="one_open_card_per_product"),
        ]
        indexes: ClassVar = [
            # read by the review queue
            models.Index(fields=["-money_minor", "id"], condition=Q(status="open"), name="card_queue"),
        ]

    def __str__(self) -> str:
        return f"card {self.pk}: {self.reason}"


class ReviewCardChange(StateChange):
    """One step of a card."""

    row = models.ForeignKey(ReviewCard, on_delete=models.CASCADE, related_name="changes")

    class Meta(StateChange.Meta):
        abstract = False
        indexes: ClassVar = [
            # read by catalog.review.undo_last and the review desk's count of a reviewer's own decisions
            models.Index(fields=["by", "-id"], name="card_changes_of_a_person"),
        ]
