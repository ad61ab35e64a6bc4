"""The network's order at the shipper, with the terms frozen on it."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from catalog.models import Claim, Variant
from network.models import RateCard, Shop
from network.scoping import Tenant
from orders.models.order import Order, OrderLine
from skuu.kit.states import StateChange, Stateful, states_check


class InternalOrder(Stateful, Tenant):
    """What one shipper sends for one order. Written by route, place, fulfil and cancel; terms never change once written."""

    SHOP_PATH: ClassVar[str] = "shipper"
    MERCHANT_PATH: ClassVar[str] = "shipper__merchant"
    STEPS: ClassVar = {
        "planned": {"placed", "declined", "expired", "failed", "cancelled"},
        "placed": {"accepted", "shipped", "declined", "expired", "failed", "cancelled"},
        "accepted": {"shipped", "declined", "cancelled"},
        "shipped": {"delivered"},
        "cancelled": {"shipped"},  # the parcel was faster than the cancellation
        "declined": {"shipped"},  # it had left after all, and nobody else has sent it
    }
    STATUSES: ClassVar = {
        "planned": "Planned",
        "placed": "Placed",
        "accepted": "Accepted",
        "shipped": "Shipped",
        "delivered": "Delivered",
        "declined": "Declined",
        "expired": "Expired",
        "failed": "Failed",
        "cancelled": "Cancelled",
    }
    OPEN: ClassVar = ("planned", "placed", "accepted")

    number = models.CharField(max_length=20, unique=True)  # "N-000123": identifier and tag at the shipper
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="internal_orders")
    shipper = models.ForeignKey(Shop, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=STATUSES, default="planned")
    status_reason = models.TextField(blank=True)
    # at the shipper's platform
    remote_id = models.CharField(max_length=120, blank=True)
    remote_name = models.CharField(max_length=60, blank=True)
    asks = models.BooleanField(default=False)  # the shipper wants to see it first; agreed_at says it may be placed
    agreed_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)  # also the lease of a placing under way
    error = models.TextField(blank=True)
    cancel_wanted_at = models.DateTimeField(null=True, blank=True)  # the order at the shipper must be cancelled
    # its store was asked: no parcel is entered here meanwhile
    cancel_begun_at = models.DateTimeField(null=True, blank=True)
    cancel_done_at = models.DateTimeField(null=True, blank=True)
    attempted_at = models.DateTimeField(null=True, blank=True)  # a creation was begun whose answer we do not have
    fulfilments_due_at = models.DateTimeField(
        null=True, blank=True
    )  # its parcels must be read at the shipper; also a lease
    # frozen terms
    currency = models.CharField(max_length=3)  # the origin order's
    rate_card = models.ForeignKey(RateCard, on_delete=models.PROTECT, related_name="+")
    origin_bp = models.PositiveIntegerField()
    network_bp = models.PositiveIntegerField()
    vat = (
        models.JSONField()
    )  # network.taxing's answer: treatment, supply_rate_bp, consumer_rate_bp, reason, rule_version, transport, leaves
    shipping_minor = models.BigIntegerField(default=0)  # net tariff the origin pays the shipper, in ``currency``
    created_at = models.DateTimeField(default=timezone.now)
    placed_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    shipped_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    promised_from = models.DateField(null=True, blank=True)
    promised_on = models.DateField(null=True, blank=True)
    leaves_on = models.DateField(null=True, blank=True)  # the day the shipper should hand it over by
    # its parcel is late: steps taken so far, and the day on which it was looked at last; written by orders.overdue
    chased = models.PositiveSmallIntegerField(default=0, db_default=0)
    chased_on = models.DateField(null=True, blank=True)
    judged_at = models.DateTimeField(
        null=True, blank=True
    )  # its punctuality has been counted; written by orders.punctual
    posted_at = models.DateTimeField(
        null=True, blank=True
    )  # settlement has posted it; set once through orders.fulfil.mark_posted

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            states_check(
                "planned",
                "placed",
                "accepted",
                "shipped",
                "delivered",
                "declined",
                "expired",
                "failed",
                "cancelled",
                name="internal_order_status_is_known",
            ),
            models.UniqueConstraint(
                fields=["shipper", "remote_id"],
                condition=~Q(remote_id=""),
                name="an_order_at_the_shipper_is_one_internal_order",
            ),
            models.CheckConstraint(condition=Q(shipping_minor__gte=0), name="shipping_is_not_negative"),
        ]
        indexes: ClassVar = [
            # read by orders.place.place_due
            models.Index(fields=["next_attempt_at"], condition=Q(status="planned"), name="internal_order_place_due"),
            # read by orders.cancel.cancel_due
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(cancel_wanted_at__isnull=False, cancel_done_at=None),
                name="internal_order_cancel_due",
            ),
            # read by orders.fulfil.read_fulfilments_due
            models.Index(
                fields=["fulfilments_due_at"],
                condition=Q(fulfilments_due_at__isnull=False),
                name="internal_order_read_due",
            ),
            # read by orders.decide: what a shipper has to hand over on which day
            models.Index(
                fields=["shipper", "leaves_on"],
                condition=Q(status__in=["planned", "placed", "accepted"]),
                name="internal_order_leaving",
            ),
            # read by orders.overdue.chase_overdue
            models.Index(
                fields=["leaves_on"],
                condition=Q(status__in=["placed", "accepted"], cancel_wanted_at=None, chased__lt=3),
                name="internal_order_overdue",
            ),
            # read by orders.decide: what each shipper got lately
            models.Index(fields=["shipper", "created_at"], name="internal_order_given"),
            # read by orders.punctual.count_punctuality
            models.Index(
                fields=["shipped_at"],
                condition=Q(shipped_at__isnull=False, judged_at=None),
                name="internal_order_unjudged",
            ),
            # read by settlement.settle.post_shipped
            models.Index(
                fields=["shipped_at"],
                condition=Q(shipped_at__isnull=False, posted_at=None),
                name="internal_order_unposted",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class InternalOrderChange(StateChange):
    """One step of an internal order."""

    row = models.ForeignKey(InternalOrder, on_delete=models.CASCADE, related_name="changes")


class InternalOrderLine(Tenant):
    """Units of one order line that this shipper sends, from one stock level."""

    SHOP_PATH: ClassVar[str] = "internal_order__shipper"
    MERCHANT_PATH: ClassVar[str] = "internal_order__shipper__merchant"

    internal_order = models.ForeignKey(InternalOrder, on_delete=models.PROTECT, related_name="lines")
    order_line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="internal_lines")
    claim = models.OneToOneField(Claim, on_delete=models.PROTECT, related_name="+")
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+")  # the shipper's own
    quantity = models.PositiveIntegerField()
    shipped_quantity = models.PositiveIntegerField(default=0)
    returned_quantity = models.PositiveIntegerField(default=0)  # in returns that are open or came; see return_goods
    net_minor = (
        models.BigIntegerField()
    )  # unit price net of the consumer's VAT × quantity, frozen, in the internal order's currency
    remote_line_id = models.CharField(max_length=120, blank=True)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="an_internal_line_sends_at_least_one_unit"),
            models.CheckConstraint(
                condition=Q(shipped_quantity__lte=F("quantity")), name="no_more_is_shipped_than_ordered"
            ),
            models.CheckConstraint(
                condition=Q(returned_quantity__lte=F("quantity")), name="no_more_comes_back_than_was_ordered"
            ),
            models.CheckConstraint(condition=Q(net_minor__gte=0), name="a_net_amount_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.variant_id} in {self.internal_order_id}"
