"""How much a merchant may owe; every limit that was ever set, with who and why."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from network.models import Merchant
from network.scoping import Tenant


class CreditLimit(Tenant):
    """What a merchant may owe in a currency, payable, pending and held together, minor units; the newest row counts.

    Written only by settlement.credit, never changed; without an amount the limit was lifted.
    """

    MERCHANT_PATH: ClassVar[str] = "merchant"

    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="+", db_index=False)
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField(null=True, blank=True)
    reason = models.CharField(max_length=500)
    set_by = models.CharField(max_length=120)
    set_at = models.DateTimeField(default=timezone.now)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount=None) | Q(amount__gte=0), name="a_credit_limit_is_no_debt"),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"), name="a_credit_limit_names_its_currency"
            ),
            models.CheckConstraint(condition=~Q(reason="") & ~Q(set_by=""), name="a_credit_limit_says_who_and_why"),
        ]
        indexes: ClassVar = [
            # read by whoever asks for the limit that counts: a merchant's newest of a currency
            models.Index(fields=["merchant", "currency", "-id"], name="credit_limit_newest"),
        ]

    def __str__(self) -> str:
        return f"limit in {self.currency}"
