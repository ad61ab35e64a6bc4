"""Two merchants who do not agree about a sale: the amount held meanwhile, what each says, and how it ended."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from network.models import Merchant
from network.scoping import Tenant
from orders.models import InternalOrder
from skuu.kit.crypto import EncryptedText
from skuu.kit.states import StateChange, Stateful, states_check


class Dispute(Stateful, Tenant):
    """An amount of one internal order that its two parties do not agree about. Written only by settlement.dispute.

    ``amount`` is in minor units of the internal order, gross; while the dispute is open it is payable to nobody.
    """

    MERCHANT_PATH: ClassVar[str] = "internal_order__order__shop__merchant"
    SHOP_PATH: ClassVar[str] = "internal_order__order__shop"
    PARTIES: ClassVar = ("internal_order__order__shop__merchant", "internal_order__shipper__merchant")
    STEPS: ClassVar = {"open": {"resolved", "withdrawn"}}
    STATUSES: ClassVar = {"open": "Open", "resolved": "Resolved", "withdrawn": "Withdrawn"}
    REASONS: ClassVar = {
        "not_delivered": "Was never delivered",
        "faulty": "Goods were faulty or wrong",
        "return_condition": "State of a return",
        "amount": "Amount is wrong",
        "chargeback": "The customer took the payment back",
        "other": "Another reason",
    }
    OF_GOODS: ClassVar = {"not_delivered", "faulty", "chargeback"}  # nobody asks for their price once they came back

    number = models.CharField(max_length=20, unique=True)  # "D-000012"
    internal_order = models.ForeignKey(InternalOrder, on_delete=models.PROTECT, related_name="+")
    opened_by = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=20, choices=REASONS)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=10, choices=STATUSES, default="open")
    status_reason = models.TextField(blank=True)
    opened_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    to_origin = models.BigIntegerField(null=True, blank=True)  # how much of it the origin need not pay

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            states_check("open", "resolved", "withdrawn", name="dispute_status_is_known"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_dispute_is_about_an_amount"),
            models.CheckConstraint(
                condition=Q(to_origin=None) | Q(to_origin__gte=0, to_origin__lte=F("amount")),
                name="a_dispute_gives_back_no_more_than_it_held",
            ),
            models.UniqueConstraint(
                fields=["internal_order"], condition=Q(status="open"), name="an_internal_order_has_one_open_dispute"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class DisputeChange(StateChange):
    """One step of a dispute."""

    row = models.ForeignKey(Dispute, on_delete=models.CASCADE, related_name="changes")


class DisputeMessage(Tenant):
    """What a party, or the network, says in a dispute, with a file as evidence if it has one. Never changed."""

    MERCHANT_PATH: ClassVar[str] = "dispute__internal_order__order__shop__merchant"

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="messages")
    author = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="+", null=True)  # null: the network
    by = models.CharField(max_length=120)
    text = EncryptedText()
    file_name = models.CharField(max_length=120, blank=True)
    file_type = models.CharField(max_length=40, blank=True)
    file = models.BinaryField(null=True, blank=True)
    file_digest = models.CharField(max_length=64, blank=True)
    said_at = models.DateTimeField(default=timezone.now)

    class Meta(Tenant.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.by} in {self.dispute_id}"
