"""Stock as the shops have it, keyed by inventory item and real location, with what the network holds of it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from network.models import Location, Shop
from network.scoping import Tenant


class InventoryItem(Tenant):
    """Shopify's stock key; several variants may share one. Written only by catalog.sync."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+")
    remote_id = models.CharField(max_length=120)
    sku = models.CharField(max_length=255, blank=True)
    tracked = models.BooleanField(default=True)
    requires_shipping = models.BooleanField(default=True)
    grams = models.PositiveIntegerField(default=0)
    hs_code = models.CharField(max_length=20, blank=True)
    origin_country = models.CharField(max_length=2, blank=True)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["shop", "remote_id"], name="an_inventory_item_is_known_once_per_shop"),
        ]

    def __str__(self) -> str:
        return self.sku or self.remote_id


class StockLevel(Tenant):
    """Units of an inventory item at one real location.

    ``available`` is written only by catalog.sync, ``claimed`` only by catalog.claim, ``phantom`` only by catalog.trust.
    free = available − claimed − phantom, never below 0; the shop's buffer comes off when it is offered.
    """

    SHOP_PATH: ClassVar[str] = "location__shop"
    MERCHANT_PATH: ClassVar[str] = "location__shop__merchant"

    inventory_item = models.ForeignKey(InventoryItem, on_delete=models.CASCADE, related_name="levels")
    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="+")
    remote_id = models.CharField(max_length=160, blank=True)
    available = models.IntegerField(default=0)  # may be negative: the shop itself oversold
    claimed = models.PositiveIntegerField(default=0)  # Σ quantity of live claims on this level
    phantom = models.PositiveIntegerField(default=0)  # units the shop could not find; 0 again when its figure moves
    # units the network keeps back beside the shop's own buffer, as measured; written only by catalog.keep_back
    kept_back = models.PositiveSmallIntegerField(default=0, db_default=0)
    coming_back = models.PositiveIntegerField(
        default=0
    )  # units our own cancellations will put back; they prove nothing
    is_active = models.BooleanField(default=True)
    remote_updated_at = models.DateTimeField(null=True, blank=True)  # the platform's time of this figure
    read_at = models.DateTimeField(null=True, blank=True)  # when the read that brought it began
    confirm_due_at = models.DateTimeField(null=True, blank=True)  # a webhook spoke; a batched read confirms

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["inventory_item", "location"], name="one_level_per_item_and_location"),
            models.CheckConstraint(condition=Q(claimed__gte=0), name="claimed_units_are_not_negative"),
        ]
        indexes: ClassVar = [
            # read by catalog.sync.confirm_levels
            models.Index(
                fields=["confirm_due_at"], condition=Q(confirm_due_at__isnull=False), name="level_confirm_due"
            ),
            # read by catalog.put_back.expecting_levels
            models.Index(fields=["id"], condition=Q(coming_back__gt=0), name="level_coming_back"),
        ]

    def __str__(self) -> str:
        return f"{self.inventory_item_id} at {self.location_id}: {self.available}"
