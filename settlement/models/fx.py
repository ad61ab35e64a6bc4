"""Exchange rates newer than the ones shipped: what the central bank published, by day."""

from typing import ClassVar

from django.db import models
from django.db.models import Q


class FxRate(models.Model):
    """One euro in units of a currency, as published for a day. Written by the command import_rates; never changed."""

    currency = models.CharField(max_length=3)
    on = models.DateField()
    rate = models.DecimalField(max_digits=14, decimal_places=6)
    source = models.CharField(max_length=60)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["currency", "on"], name="a_currency_has_one_rate_a_day"),
            models.CheckConstraint(condition=Q(rate__gt=0), name="an_exchange_rate_is_positive"),
        ]

    def __str__(self) -> str:
        return f"1 EUR = {self.rate} {self.currency} on {self.on}"
