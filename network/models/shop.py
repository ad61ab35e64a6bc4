"""A connected store: what it is, how it takes part, and the secrets to speak to it."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from network.models.merchant import Merchant
from network.scoping import Tenant
from skuu.kit.crypto import EncryptedText
from skuu.kit.states import StateChange, Stateful, states_check


class Shop(Stateful, Tenant):
    """One connected store of a merchant. Written by connect (and its policy by the merchant's own pages)."""

    MERCHANT_PATH: ClassVar[str] = "merchant"
    SHOP_PATH: ClassVar[str] = "pk"
    STEPS: ClassVar = {
        "installing": {"shadow", "left"},
        "shadow": {"live", "paused", "left"},
        "live": {"shadow", "paused", "left"},
        "paused": {"shadow", "live", "left"},
        "left": {"installing"},
    }
    STATUSES: ClassVar = {
        "installing": "Installing",
        "shadow": "Shadow mode",
        "live": "Live",
        "paused": "Paused",
        "left": "Left",
    }

    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="shops")
    platform = models.CharField(max_length=12, default="shopify")  # a key of network.connectors.base.CONNECTORS
    domain = models.CharField(max_length=120, unique=True)  # store.myshopify.com, or a name of its own for REST shops
    name = models.CharField(max_length=120)
    status = models.CharField(max_length=12, choices=STATUSES, default="installing")
    country = models.CharField(max_length=2)
    currency = models.CharField(max_length=3)
    address1 = models.CharField(max_length=200, blank=True)
    postcode = models.CharField(max_length=12, blank=True)
    city = models.CharField(max_length=100, blank=True)
    taxes_included = models.BooleanField(default=True)
    # the shelf: a FulfillmentService location at Shopify, never a Location of ours
    shelf_service_id = models.CharField(max_length=120, blank=True)
    shelf_location_id = models.CharField(max_length=120, blank=True)
    # how it takes part as origin
    gap_threshold = models.PositiveIntegerField("a gap is own stock at or below", default=0)
    placing = models.CharField(max_length=8, choices={"gaps": "Gaps only", "deepen": "Deepen"}, default="gaps")
    placement_cap = models.PositiveIntegerField("at most on the shelf per size", default=5)
    sells_to = ArrayField(models.CharField(max_length=2), default=list, blank=True)  # countries; empty: home only
    home_only = models.BooleanField("a lawful route to the home country is enough", default=True)
    max_distance_km = models.PositiveIntegerField(null=True, blank=True)
    promise_days = models.PositiveIntegerField("delivery promise in working days", default=5)
    # a late parcel of its customers goes to somebody else after so many working days; empty: as the network says
    give_away_days = models.PositiveSmallIntegerField("late parcels go to another partner after", null=True, blank=True)
    typical_postcode = models.CharField(max_length=12, blank=True)  # where its parcels usually go; empty: its own
    # how it takes part as shipper
    shares_stock = models.BooleanField(default=True)
    buffer = models.PositiveIntegerField("units kept back per size", default=0)
    handling_days = models.PositiveSmallIntegerField(
        default=0, db_default=0
    )  # of its sending terms; written by network.sending
    price_floor_bp = models.PositiveIntegerField("may be sold below own price by, in basis points", default=1000)
    accept_mode = models.CharField(
        max_length=10, choices={"automatic": "Automatic", "ask": "Ask first"}, default="automatic"
    )
    # what we know of it
    installed_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    checklist = models.JSONField(
        default=list, blank=True
    )  # [{"key", "ok", "title", "fix"}] written by connect.check_shop
    products_read_until = models.DateTimeField(null=True, blank=True)  # updated_at window of the next sweep
    orders_read_until = models.DateTimeField(null=True, blank=True)
    orders_read_due_at = models.DateTimeField(
        null=True, blank=True
    )  # a shelf sale is suspected; null: orders were read
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            states_check("installing", "shadow", "live", "paused", "left", name="shop_status_is_known"),
            models.CheckConstraint(condition=Q(placing__in=["gaps", "deepen"]), name="shop_placing_policy_is_known"),
            models.CheckConstraint(condition=Q(accept_mode__in=["automatic", "ask"]), name="shop_accept_mode_is_known"),
            models.CheckConstraint(
                condition=Q(give_away_days=None) | Q(give_away_days__gte=3, give_away_days__lte=10),
                name="a_shop_gives_late_parcels_away_after_three_to_ten_days",
            ),
            models.CheckConstraint(
                condition=Q(price_floor_bp__lte=10000), name="price_floor_is_at_most_the_whole_price"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def may_push(self) -> bool:
        """Say whether anything may be written to this store's shelf: only once it is live."""
        return self.status == "live"


class ShopChange(StateChange):
    """One step of a shop's status."""

    row = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="changes")


class ShopCredential(models.Model):
    """The tokens to speak to a store, encrypted; refreshed by the one process that holds this row's lease."""

    shop = models.OneToOneField(Shop, on_delete=models.CASCADE, related_name="credential")
    access_token = EncryptedText(default="")
    refresh_token = EncryptedText(default="")
    expires_at = models.DateTimeField(null=True)
    refresh_expires_at = models.DateTimeField(null=True)
    scopes = ArrayField(models.CharField(max_length=80), default=list)
    refreshing_until = models.DateTimeField(null=True)  # lease of the one process that is asking for a new token
    broken_at = models.DateTimeField(null=True)  # set when the store refused us; cleared by the next install
    broken_reason = models.TextField(blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"credential of {self.shop_id}"
