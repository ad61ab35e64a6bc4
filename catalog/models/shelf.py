"""What should stand on a shop's shelf beside what is known to stand there."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from catalog.models.item import Item
from catalog.models.product import Variant
from catalog.models.stock import InventoryItem
from network.models import Location, Shop
from network.scoping import Tenant

OUT_OF_STEP = (
    Q(pushed__isnull=True, wanted__gt=0)
    | Q(pushed__lt=F("wanted"))
    | Q(pushed__gt=F("wanted"))
    | Q(doubted_at__isnull=False)
    | ~Q(push_key="")  # under way, or nobody saw how it ended
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


class ShelfNote(models.Model):
    """Units sold from a shelf, or with 0 units a doubt, told while somebody else was writing to its placement.

    Written only by catalog.shelf_notes: added and taken away, never changed, so that whoever adds one waits for nobody, not even for
    the placement's row, as a foreign key's check would.
    """

    placement = models.ForeignKey(Placement, on_delete=models.CASCADE, related_name="notes", db_constraint=False)
    units = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.units} from {self.placement_id}"


class ShelfBasis(models.Model):
    """What a shop's shelves were last decided on: its status, policy, rules, places and VAT numbers, as one fingerprint.

    Written only by catalog.distribute; another fingerprint means that all of the shop's items are decided again.
    """

    shop = models.OneToOneField(Shop, on_delete=models.CASCADE, related_name="+")
    fingerprint = models.CharField(max_length=32)
    kept_back = models.PositiveSmallIntegerField(default=0, db_default=0)  # of each size, for its record as shipper
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "shelf bases"

    def __str__(self) -> str:
        return f"basis of {self.shop_id}"


class Reach(models.Model):
    """What holds between a selling shop and a place of another shop, whatever the goods: way, VAT, currency.

    Written only by catalog.reach; a missing row means that nobody has looked yet.
    """

    origin = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+")
    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="+")
    shipper = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+")
    km = models.FloatField(null=True)
    days = models.PositiveIntegerField()  # working days at the latest, to the origin's typical customer
    vat_refusal = models.TextField(blank=True)  # the registration that is missing, in words; empty: the way is lawful
    origin_vat_bp = models.PositiveIntegerField()  # inside the prices as the shop shows them; 0 where they bear none
    shipper_vat_bp = models.PositiveIntegerField()
    fx_num = models.BigIntegerField(null=True)  # minor units of the origin's currency for fx_den of the shipper's
    fx_den = models.BigIntegerField(null=True)

    class Meta:
        verbose_name_plural = "reaches"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["origin", "location"], name="a_way_is_measured_once"),
        ]

    def __str__(self) -> str:
        return f"{self.location_id} to {self.origin_id}"
