"""A customer's order in the origin, the lines of it that the shelf must answer for, and how each was decided."""

from typing import Any, ClassVar, cast

from django.db import models
from django.db.models import Q
from django.utils import timezone

from catalog.models import Variant
from network.models import Shop
from network.scoping import Tenant
from skuu.kit.crypto import EncryptedJSON
from skuu.kit.states import StateChange, Stateful, states_check


class Order(Tenant):
    """A sale in a selling shop with at least one line on its shelf. Written only by orders.enter, for orders.accept and orders.sell."""

    shop = models.ForeignKey(Shop, on_delete=models.PROTECT, related_name="+")
    remote_id = models.CharField(max_length=120)
    name = models.CharField(max_length=60)  # "#1001", as the shop's people know it
    currency = models.CharField(max_length=3)
    financial_status = models.CharField(max_length=24, blank=True)  # PAID, PENDING, … as Shopify says
    # what the shop has given its customer back so far, tax included, as it shows it; null: it does not say
    refunded_minor = models.BigIntegerField(null=True, blank=True)
    is_test = models.BooleanField(default=False)
    is_held = models.BooleanField(default=False)  # fraud risk, a hold, or staff said wait
    held_reason = models.CharField(max_length=200, blank=True)
    placed_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True, blank=True)  # when we first saw it paid
    cancelled_at = models.DateTimeField(null=True, blank=True)
    country = models.CharField(max_length=2, blank=True)
    address = EncryptedJSON(
        null=True, blank=True
    )  # name, company, address1, address2, city, zip, province, country; no e-mail, no phone
    address_erased_at = models.DateTimeField(null=True, blank=True)
    remote_updated_at = models.DateTimeField(null=True, blank=True)
    locale = models.CharField(
        max_length=12, blank=True
    )  # the language the customer bought in, as the shop says: de, fr-BE
    read_at = models.DateTimeField(null=True, blank=True)  # when the read that brought these figures began (our clock)
    seen_at = models.DateTimeField(default=timezone.now)
    # what the customer may be told: the days between which the last parcel arrives; written by orders.route
    promised_from = models.DateField(null=True, blank=True)
    promised_on = models.DateField(null=True, blank=True)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["shop", "remote_id"], name="an_order_enters_the_network_once"),
        ]
        indexes: ClassVar = [
            # read by orders.redact.erase_addresses
            models.Index(fields=["seen_at"], condition=Q(address_erased_at=None), name="order_address_kept"),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.shop_id}"

    @property
    def destination(self) -> dict[str, str]:
        """Say where it goes, in the words of a parcel label; empty once erased."""
        return cast("dict[str, str] | None", self.address) or {}

    @destination.setter
    def destination(self, address: dict[str, str]) -> None:
        self.address = cast(Any, address)


class OrderToRead(Tenant):
    """An order of which we heard that it changed; the read that follows is the truth. Written only by orders.accept."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+")
    remote_id = models.CharField(max_length=120)
    noted_at = models.DateTimeField(default=timezone.now)  # a later word than the read under way keeps the row
    due_at = models.DateTimeField(default=timezone.now)  # also the lease of a read under way
    tries = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    moves = models.JSONField(default=list, blank=True)  # moves to own places that were begun: see orders.move_back

    class Meta(Tenant.Meta):
        verbose_name_plural = "orders to read"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["shop", "remote_id"], name="an_order_waits_to_be_read_once"),
        ]
        indexes: ClassVar = [
            # read by orders.accept.read_due
            models.Index(fields=["due_at"], name="order_read_due"),
        ]

    def __str__(self) -> str:
        return f"{self.remote_id} of {self.shop_id}"


class OrderLine(Stateful, Tenant):
    """Units of one order line that stand on the origin's shelf. Status written only by the verbs of this stage."""

    SHOP_PATH: ClassVar[str] = "order__shop"
    MERCHANT_PATH: ClassVar[str] = "order__shop__merchant"
    STEPS: ClassVar = {
        "waiting": {"held", "routed", "handed_back", "cancelled"},
        "held": {"waiting", "routed", "handed_back", "cancelled"},
        "routed": {"waiting", "shipped", "handed_back", "cancelled"},
        "shipped": {"delivered", "returned"},
        "delivered": {"returned"},
        "handed_back": {"waiting", "routed", "shipped", "cancelled"},  # settled by the shop: what partners have goes on
        "cancelled": {"waiting", "shipped"},  # taken back on again; or the partner was faster than the cancellation
    }
    STATUSES: ClassVar = {
        "waiting": "Waiting",
        "held": "Held",
        "routed": "With a partner",
        "shipped": "Shipped",
        "delivered": "Delivered",
        "handed_back": "Handed back",
        "cancelled": "Cancelled",
        "returned": "Returned",
    }

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    remote_id = models.CharField(max_length=120)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=400)
    sku = models.CharField(max_length=255, blank=True)
    quantity = models.PositiveIntegerField()  # units the shelf answers for
    handed_back_units = models.PositiveIntegerField(
        default=0, db_default=0
    )  # units of it that went back to the selling shop; says something while the line is handed back
    told_units = models.PositiveIntegerField(default=0)  # units of it that the shelf's keeper knows to be sold
    # given instead of goods that come back: no line of the shop's own order, so its reads say nothing of it
    exchange_of = models.ForeignKey(
        "orders.Return", on_delete=models.PROTECT, related_name="exchanges", null=True, blank=True
    )
    unit_price_minor = (
        models.BigIntegerField()
    )  # origin's price per unit in the order's currency, before order discounts, tax as taxes_included
    taxes_included = models.BooleanField(default=True)
    fulfilment_order_id = models.CharField(
        max_length=120, blank=True
    )  # may change: the line and quantity are the identity
    fulfilment_order_line_id = models.CharField(max_length=120, blank=True)
    status = models.CharField(max_length=12, choices=STATUSES, default="waiting")
    status_reason = models.TextField(blank=True)
    route_due_at = models.DateTimeField(null=True, blank=True, default=timezone.now)
    tries = models.PositiveIntegerField(default=0)
    # wanted at the origin's shop; null: nothing to do; a time ahead is the lease of a try under way
    accept_due_at = models.DateTimeField(null=True, blank=True)  # its fulfilment request must be accepted
    hand_back_due_at = models.DateTimeField(null=True, blank=True)  # its fulfilment order must be handed back
    hand_back_pushed_at = models.DateTimeField(null=True, blank=True)  # the origin's shop has been told
    push_tries = models.PositiveIntegerField(default=0)
    push_error = models.TextField(blank=True)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            states_check(
                "waiting",
                "held",
                "routed",
                "shipped",
                "delivered",
                "handed_back",
                "cancelled",
                "returned",
                name="order_line_status_is_known",
            ),
            models.UniqueConstraint(fields=["order", "remote_id"], name="an_order_line_is_known_once"),
            models.CheckConstraint(condition=Q(unit_price_minor__gte=0), name="a_line_price_is_not_negative"),
        ]
        indexes: ClassVar = [
            # read by orders.find
            models.Index(fields=["sku"], name="order_line_sku"),
            # read by the operations page: what its shop's store was not told of
            models.Index(fields=["-id"], condition=~Q(push_error=""), name="order_line_not_told"),
            # read by the back office's list of exchanges
            models.Index(fields=["-id"], condition=Q(exchange_of__isnull=False), name="order_line_exchange"),
            # read by orders.route.route_due
            models.Index(fields=["route_due_at"], condition=Q(status="waiting"), name="line_route_due"),
            # read by orders.hand_back.tell_handed_back
            models.Index(
                fields=["hand_back_due_at"], condition=Q(hand_back_due_at__isnull=False), name="line_hand_back_due"
            ),
            # read by orders.place.accept_requests_due
            models.Index(fields=["accept_due_at"], condition=Q(accept_due_at__isnull=False), name="line_accept_due"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.title}"


class OrderLineChange(StateChange):
    """One step of an order line."""

    row = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="changes")


class RoutingTrace(Tenant):
    """Why this partner ships: every candidate with its numbers, the choice, and the version of the rules. Append only."""

    SHOP_PATH: ClassVar[str] = "order__shop"
    MERCHANT_PATH: ClassVar[str] = "order__shop__merchant"

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="traces")
    made_at = models.DateTimeField(default=timezone.now)
    rule_version = models.PositiveIntegerField()
    trace = models.JSONField()

    class Meta(Tenant.Meta):
        pass

    def __str__(self) -> str:
        return f"trace of {self.order_id} at {self.made_at:%Y-%m-%d %H:%M}"
