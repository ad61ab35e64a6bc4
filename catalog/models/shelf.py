"""What should stand on a shop's shelf beside what is known to stand there."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from catalog.models.item import Item
from catalog.models.product import Variant
from catalog.models.stock import InventoryItem
from network.models import Shop
from network.scoping import Tenant

OUT_OF_STEP = (
    Q(pushed__isnull=True, wanted__gt=0)
    | Q(pushed__lt=F("wanted"))
    | Q(pushed__gt=F("wanted"))
    | Q(doubted_at__isnull=False)
)


class Placement(Tenant):
    """This much of this item stands on that shop's shelf.

    ``wanted`` and ``reason`` are written only by catalog.distribute, everything about pushing only by catalog.push.
    One row per inventory item of the origin, because that is what the platform counts.
    """

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+")
    inventory_item = models.ForeignKey(InventoryItem, on_delete=models.CASCADE, related_name="+")
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="+")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+", null=True)
    wanted = models.PositiveIntegerField(default=0)
    pushed = models.IntegerField(null=True)  # what we know to stand there; null: never written
    activated = models.BooleanField(default=False)
    reason = models.JSONField(
        default=dict
    )  # {"text": [...], "shippers": [{"shop", "free", "days", "km"}], "rule_version"}
    rule_version = models.PositiveIntegerField(default=1)
    push_key = models.CharField(max_length=64, blank=True)  # idempotency key of the push under way
    pushing = models.IntegerField(null=True)  # the figure of the push under way
    doubted_at = models.DateTimeField(null=True, blank=True)  # the shelf may show another figure: read before writing
    suspected_at = models.DateTimeField(null=True, blank=True)  # fewer than we left: not raised before orders are read
    unseen_units = models.PositiveIntegerField(default=0)  # taken off ``pushed`` already, their order not seen yet
    tries = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    error = models.TextField(blank=True)
    decided_at = models.DateTimeField(default=timezone.now)
    pushed_at = models.DateTimeField(null=True, blank=True)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["shop", "inventory_item"], name="one_placement_per_shop_and_inventory_item"
            ),
        ]
        indexes: ClassVar = [
            # read by catalog.push.push_due
            models.Index(fields=["shop", "next_attempt_at"], condition=OUT_OF_STEP, name="placement_push_due_per_shop"),
            # read by catalog.distribute for one item
            models.Index(fields=["item"], name="placement_item"),
        ]

    def __str__(self) -> str:
        return f"{self.wanted} of {self.item_id} at {self.shop_id}"


class ShelfBasis(models.Model):
    """What a shop's shelves were last decided on: its status, policy, rules, places and VAT numbers, as one fingerprint.

    Written only by catalog.distribute; another fingerprint means that all of the shop's items are decided again.
    """

    shop = models.OneToOneField(Shop, on_delete=models.CASCADE, related_name="+")
    fingerprint = models.CharField(max_length=32)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "shelf bases"

    def __str__(self) -> str:
        return f"basis of {self.shop_id}"
