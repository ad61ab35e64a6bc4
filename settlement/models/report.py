"""What was reported about sellers: each report as it left, so that a later one can say what it corrects."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone


class SellerReport(models.Model):
    """One message to the authority about the sellers of a year. Written only by settlement.report_sellers, never changed.

    ``told`` are its records: whom each is about, under which reference, which record it takes the place of, and what it says.
    """

    KINDS: ClassVar = {"DPI401": "New information", "DPI402": "Corrections"}

    year = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=6, choices=KINDS)
    reference = models.CharField(max_length=80, unique=True)  # MessageRefId
    told = models.JSONField(default=list)
    content = models.BinaryField()
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.CharField(max_length=120)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=["DPI401", "DPI402"]), name="seller_report_kind_is_known"),
        ]
        indexes: ClassVar = [
            # read by settlement.report_sellers, which looks for what a year's records stand at
            models.Index(fields=["year", "id"], name="seller_report_of_year"),
        ]

    def __str__(self) -> str:
        return self.reference
