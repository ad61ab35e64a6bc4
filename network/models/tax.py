"""Where a merchant is registered for VAT: what decides which routes are lawful."""

from typing import ClassVar

from django.db import models

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

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["merchant", "country", "valid_from"], name="one_vat_number_per_country_and_start"
            ),
        ]

    def __str__(self) -> str:
        return self.vat_id
