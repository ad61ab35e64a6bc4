"""Where a merchant is registered for VAT: what decides which routes are lawful."""

import datetime as dt
from typing import ClassVar

from django.db import models
from django.utils import timezone

from network.models.merchant import Merchant
from network.scoping import Tenant


class TaxRegistration(Tenant):
    """A VAT number of a merchant in one country. Written by onboarding and by staff."""

    MERCHANT_PATH: ClassVar[str] = "merchant"

    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="tax_registrations")
    country = models.CharField(max_length=2)
    vat_id = models.CharField(max_length=20)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    # its register's no, written by network.vat_ids: the number it was said of, and the day from which it counts no more
    refused_id = models.CharField(max_length=20, blank=True, default="", db_default="", editable=False)
    refused_from = models.DateField(null=True, blank=True, editable=False)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["merchant", "country", "valid_from"], name="one_vat_number_per_country_and_start"
            ),
        ]

    def __str__(self) -> str:
        return self.vat_id

    @property
    def is_doubted(self) -> bool:
        """Whether its register said no of the number as it is now; it counts until ``refused_from`` all the same."""
        return self.refused_from is not None and self.refused_id == self.vat_id

    @property
    def counts_until(self) -> dt.date | None:
        """The last day on which it counts: that of its end, or the day before its register's no closes it."""
        if self.refused_from is None or not self.is_doubted:
            return self.valid_to
        last = self.refused_from - dt.timedelta(days=1)
        return last if self.valid_to is None else min(last, self.valid_to)


class VatCheck(Tenant):
    """What a register answered about a VAT number, and when: kept for ever, newest counts. Written by network.vat_ids."""

    MERCHANT_PATH: ClassVar[str] = "registration__merchant"
    ANSWERS: ClassVar = {"valid": "Valid", "invalid": "Not valid", "not_checked": "Not checked"}

    registration = models.ForeignKey(TaxRegistration, on_delete=models.CASCADE, related_name="checks")
    vat_id = models.CharField(max_length=20)  # as it was asked
    answer = models.CharField(max_length=12, choices=ANSWERS)
    consultation = models.CharField(max_length=40, blank=True)  # the register's own number of the question, as evidence
    source = models.CharField(max_length=20)  # vies, checksum, nobody
    reason = models.CharField(max_length=200, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.CharField(max_length=120)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(answer__in=["valid", "invalid", "not_checked"]), name="vat_answer_is_known"
            ),
        ]
        indexes: ClassVar = [
            # read by network.vat_ids.last_checks
            models.Index(fields=["registration", "-asked_at"], name="vat_check_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.vat_id}: {self.answer}"
