"""Goods on their way back, or lost on their way out: what came, in which state, and what that means for stock and money."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from catalog.models import StockLevel
from network.models import Shop
from network.scoping import Tenant
from orders.models.internal_order import InternalOrder, InternalOrderLine
from skuu.kit.states import StateChange, Stateful, states_check


class Return(Stateful, Tenant):
    """Units of one internal order that come back, or never arrived. Written only by orders.return_goods.

    Two parties see it: the origin, whose customer returns, and whoever gets the goods: the shipper, who sent it, or the taker.
    """

    SHOP_PATH: ClassVar[str] = "internal_order__order__shop"
    MERCHANT_PATH: ClassVar[str] = "internal_order__order__shop__merchant"
    VIA_SHIPPER: ClassVar[str] = "internal_order__shipper__merchant"
    VIA_TAKER: ClassVar[str] = "receiver__merchant"
    PARTIES: ClassVar = (MERCHANT_PATH, VIA_SHIPPER, VIA_TAKER)
    STEPS: ClassVar = {
        "announced": {"received", "closed", "cancelled"},
        "received": {"closed"},
    }
    STATUSES: ClassVar = {
        "announced": "Announced",
        "received": "Arrived",
        "closed": "Closed",
        "cancelled": "Cancelled",
    }
    OPEN: ClassVar = ("announced", "received")
    DESTINATIONS: ClassVar = {
        "shipper": "To the partner who shipped it",
        "origin": "To us; we keep the goods",
        "taker": "To a partner who takes the goods over",
    }
    CHOICES: ClassVar = {
        "rule": "By our return rule",
        "shipper": "To the partner who shipped it",
        "origin": "To us; we keep the goods",
    }
    REASONS: ClassVar = {
        "too_small": "Too small",
        "too_large": "Too large",
        "not_liked": "Not as expected",
        "faulty": "Faulty",
        "wrong_item": "Wrong item",
        "late": "Arrived too late",
        "undeliverable": "Could not be delivered",
        "lost": "Lost on the way",
        "other": "Another reason",
    }

    number = models.CharField(max_length=20, unique=True)  # "R-000123": stands on the parcel
    internal_order = models.ForeignKey(InternalOrder, on_delete=models.PROTECT, related_name="returns")
    destination = models.CharField(max_length=8, choices=DESTINATIONS, default="shipper")
    # who gets the parcel when it is neither the shipper nor the selling shop itself: another shop of ours, or the taker
    receiver = models.ForeignKey(Shop, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    why_there = models.CharField(max_length=300, blank=True)  # by which rule it goes there, in a sentence
    considered = models.JSONField(default=dict, blank=True)  # the rule, every place with its figures, a taker’s VAT
    remote_id = models.CharField(max_length=120, blank=True)  # the selling shop's own return, when it was made there
    # an inspection that staff decided anew; its units stand as ``moved`` in the return it corrects
    corrects = models.ForeignKey("self", on_delete=models.PROTECT, related_name="corrections", null=True, blank=True)
    is_lost = models.BooleanField(default=False)  # the parcel out never arrived: nothing comes back
    reason = models.CharField(max_length=16, choices=REASONS)
    words = models.CharField(max_length=300, blank=True)  # the origin's, for the shipper
    verdict = models.CharField(max_length=300, blank=True)  # what who inspected it says
    tracking_number = models.CharField(max_length=120, blank=True)
    status = models.CharField(max_length=10, choices=STATUSES, default="announced")
    status_reason = models.TextField(blank=True)
    announced_at = models.DateTimeField(default=timezone.now)
    received_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    # it should have been ended because nobody answers, and could not be: tried last, and why
    ending_tried_at = models.DateTimeField(null=True, blank=True)
    ending_error = models.CharField(max_length=500, blank=True, default="", db_default="")
    posted_at = models.DateTimeField(null=True, blank=True)  # settlement has posted it; see return_goods.mark_posted

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            states_check("announced", "received", "closed", "cancelled", name="return_status_is_known"),
            models.CheckConstraint(
                condition=Q(destination__in=["shipper", "origin", "taker"]), name="a_return_goes_somewhere"
            ),
            models.CheckConstraint(
                condition=~Q(destination="taker") | Q(receiver__isnull=False), name="who_takes_goods_over_is_named"
            ),
            models.UniqueConstraint(
                fields=["internal_order", "remote_id"],
                condition=~Q(remote_id=""),
                name="a_shops_own_return_is_announced_once_to_each_partner",
            ),
            models.CheckConstraint(
                condition=Q(is_lost=False) | Q(destination="shipper"), name="what_is_lost_goes_back_to_nobody_else"
            ),
            models.CheckConstraint(
                condition=~Q(status="closed") | Q(closed_at__isnull=False), name="a_closed_return_says_when"
            ),
            # whether one was announced already for the same lost parcel
            models.UniqueConstraint(
                fields=["internal_order"],
                condition=Q(is_lost=True, status__in=["announced", "received"]),
                name="an_internal_order_is_reported_lost_once_at_a_time",
            ),
        ]
        indexes: ClassVar = [
            # read by settlement.settle_returns
            models.Index(
                fields=["closed_at"],
                condition=Q(status="closed", destination="shipper", posted_at=None),
                name="return_unposted",
            ),
            # read by the back office's list of takeovers
            models.Index(fields=["-id"], condition=Q(destination="taker"), name="return_takeover"),
            # read by settlement.settle_takeovers
            models.Index(
                fields=["closed_at"],
                condition=Q(status="closed", destination="taker", posted_at=None),
                name="takeover_unposted",
            ),
            # read by orders.follow_returns
            models.Index(fields=["remote_id"], condition=~Q(remote_id=""), name="return_of_a_shop"),
            # read by orders.silent_returns
            models.Index(
                fields=["announced_at"], condition=Q(status__in=["announced", "received"]), name="return_open"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class ReturnChange(StateChange):
    """One step of a return."""

    row = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="changes")


class ReturnLine(Tenant):
    """Units of one internal line that come back, counted by the state in which they came."""

    SHOP_PATH: ClassVar[str] = "row__internal_order__order__shop"
    MERCHANT_PATH: ClassVar[str] = "row__internal_order__order__shop__merchant"
    # state → (in words, whether the shipper takes the sale back, whether the units go back on its shelf)
    GRADES: ClassVar = {
        "as_new": ("As new", True, True),
        "faulty": ("Faulty or wrong when it was sent", True, False),
        "worn": ("Worn or damaged by the customer", False, False),
        "missing": ("Not in the parcel", False, False),
        "lost": ("Lost on the way", True, False),
    }
    TAKEN_BACK: ClassVar = tuple(grade for grade, (_, money, _stock) in GRADES.items() if money)

    row = models.ForeignKey(Return, on_delete=models.PROTECT, related_name="lines")
    line = models.ForeignKey(InternalOrderLine, on_delete=models.PROTECT, related_name="return_lines")
    quantity = models.PositiveIntegerField()  # announced
    as_new = models.PositiveIntegerField(default=0)
    faulty = models.PositiveIntegerField(default=0)
    worn = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)
    lost = models.PositiveIntegerField(default=0)
    moved = models.PositiveIntegerField(
        default=0
    )  # graded anew by staff: they stand in the return that corrects this one
    # towards the platform of who got them: units as new go to this place, or else back to the one they were taken from
    restock_level = models.ForeignKey(StockLevel, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    # what a taker pays for a unit that is as new, net in minor units of the internal order: agreed when it is announced
    takeover_minor = models.BigIntegerField(null=True, blank=True)
    restock_due_at = models.DateTimeField(null=True, blank=True)  # also the lease of a try under way
    restocked_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["row", "line"], name="a_line_stands_once_in_a_return"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="a_return_line_holds_at_least_one_unit"),
            models.CheckConstraint(
                condition=Q(
                    quantity__gte=F("as_new") + F("faulty") + F("worn") + F("missing") + F("lost") + F("moved")
                ),
                name="no_more_comes_back_than_was_announced",
            ),
            models.CheckConstraint(
                condition=Q(takeover_minor=None) | Q(takeover_minor__gte=0),
                name="a_takeover_costs_no_less_than_nothing",
            ),
        ]
        indexes: ClassVar = [
            # read by the operations page: units that a store did not let us add
            models.Index(fields=["-id"], condition=~Q(error=""), name="return_line_not_added"),
            # read by orders.restock.restock_due
            models.Index(
                fields=["restock_due_at"], condition=Q(restock_due_at__isnull=False), name="return_restock_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.line_id} in {self.row_id}"

    @property
    def taken_back(self) -> int:
        """Units whose sale between shipper and origin is taken back."""
        return sum(getattr(self, grade) for grade in self.TAKEN_BACK)
