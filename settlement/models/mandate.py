"""A merchant's word that the network may fetch what it owes from its bank account, and when it took it back."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from network.models import Merchant
from network.scoping import Tenant
from settlement.models.payment import BankAccount
from skuu.kit.states import StateChange, Stateful, states_check


class Mandate(Stateful, Tenant):
    """A SEPA business-to-business direct debit mandate for one bank account. Written only by settlement.mandates.

    ``words`` is the text that was signed, frozen. Another account needs another mandate: the debtor's bank keeps each on file.
    """

    MERCHANT_PATH: ClassVar[str] = "merchant"
    STEPS: ClassVar = {"entered": {"signed", "revoked"}, "signed": {"revoked"}}
    STATUSES: ClassVar = {"entered": "To be signed", "signed": "Signed", "revoked": "Revoked"}

    reference = models.CharField(max_length=35, unique=True)  # the unique mandate reference: "SKUU-12-34"
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="mandates")
    words = models.TextField()
    status = models.CharField(max_length=10, choices=STATUSES, default="entered")
    status_reason = models.TextField(blank=True)
    entered_by = models.CharField(max_length=120)
    entered_at = models.DateTimeField(default=timezone.now)
    signed_by = models.CharField(max_length=120, blank=True)
    signed_on = models.DateField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            states_check("entered", "signed", "revoked", name="mandate_status_is_known"),
            models.CheckConstraint(
                condition=~Q(status="signed") | (~Q(signed_by="") & Q(signed_on__isnull=False)),
                name="a_signed_mandate_names_who_and_when",
            ),
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(status__in=["entered", "signed"]),
                name="an_account_has_one_mandate",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class MandateChange(StateChange):
    """One step of a mandate."""

    row = models.ForeignKey(Mandate, on_delete=models.CASCADE, related_name="changes")
