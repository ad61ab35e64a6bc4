"""Who owes whom: accounts of merchants and of the network, and the cached balance of each."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from network.models import Merchant
from network.scoping import Tenant


class Account(Tenant):
    """One side of the books in one currency; without a merchant it is the network's own. Written only by settlement.post.

    Positive means: owes the network; negative: is owed. ``merchant_pending`` holds what is shipped and not yet in a closed
    cycle, ``merchant`` what is payable, ``merchant_hold`` what is in dispute.
    """

    MERCHANT_PATH: ClassVar[str] = "merchant"
    KINDS: ClassVar = {
        "merchant": "Merchant, payable",
        "merchant_pending": "Merchant, pending",
        "merchant_hold": "Merchant, held",
        "fee_income": "Network fees",
        "vat_out": "VAT on network fees",
        "fx": "Currency exchange",
        "bank": "Bank",
        "bad_debt": "Bad debt",
        "suspense": "Suspense",
        "rounding": "Rounding",
    }
    OF_MERCHANTS: ClassVar = ("merchant", "merchant_pending", "merchant_hold")

    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    kind = models.CharField(max_length=20, choices=KINDS)
    currency = models.CharField(max_length=3)
    track_balance = models.BooleanField(default=True)  # off for the network's hot accounts, which are summed when asked
    max_owed = models.BigIntegerField("credit limit, minor units", null=True, blank=True)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind__in=["merchant", "merchant_pending", "merchant_hold"], merchant__isnull=False)
                | Q(
                    kind__in=["fee_income", "vat_out", "fx", "bank", "bad_debt", "suspense", "rounding"], merchant=None
                ),
                name="an_account_is_a_merchants_or_the_networks",
            ),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"), name="account_currency_has_three_letters"
            ),
            models.CheckConstraint(
                condition=Q(max_owed=None) | Q(max_owed__gte=0), name="credit_limit_is_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(max_owed=None) | Q(track_balance=True), name="a_credit_limit_needs_a_tracked_balance"
            ),
            models.UniqueConstraint(
                fields=["merchant", "kind", "currency"], nulls_distinct=False, name="one_account_per_kind_and_currency"
            ),
            models.UniqueConstraint(fields=["id", "currency"], name="an_account_keeps_its_currency"),
        ]

    def __str__(self) -> str:
        return f"{self.merchant or 'network'}: {self.kind} {self.currency}"


class Balance(Tenant):
    """The sum of an account's lines, kept by the database function that posts; ``check_ledger`` proves it."""

    MERCHANT_PATH: ClassVar[str] = "account__merchant"

    account = models.OneToOneField(Account, on_delete=models.PROTECT, primary_key=True, related_name="balance")
    amount = models.BigIntegerField(default=0, db_default=0)
    version = models.BigIntegerField(default=0, db_default=0)
    last_entry = models.BigIntegerField(null=True)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(version__gte=0), name="balance_version_counts_up"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} on {self.account_id}"
