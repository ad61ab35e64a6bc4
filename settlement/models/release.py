"""When what is pending becomes payable: the terms of a pair of merchants, and which entries have been released."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from network.models import Merchant
from settlement.models.entry import Entry


class PayTerms(models.Model):
    """How long sales stay pending between two merchants; no origin or no shipper means any. Written by staff.

    The most specific row counts, then the network's own default (``SETTLEMENT_RELEASE_DAYS``).
    """

    origin = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    shipper = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    release_days = models.PositiveSmallIntegerField("days after delivery until a sale is payable")
    by = models.CharField(max_length=120, blank=True)
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "pay terms"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["origin", "shipper"], nulls_distinct=False, name="one_set_of_pay_terms_per_pair"
            ),
            models.CheckConstraint(condition=Q(release_days__lte=120), name="a_sale_is_payable_within_120_days"),
        ]

    def __str__(self) -> str:
        return f"{self.origin or 'any'} ← {self.shipper or 'any'}: {self.release_days} days"


class Released(models.Model):
    """An entry whose pending amounts have become payable, and the entry that moved them. Written only by settlement.release."""

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, primary_key=True, related_name="released")
    by_entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        verbose_name_plural = "released"

    def __str__(self) -> str:
        return f"{self.entry_id} by {self.by_entry_id}"
