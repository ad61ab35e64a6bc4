"""Reference rates of currencies, a row for each day on which one was set."""

from typing import ClassVar

from django.db import models
from django.db.models import Q


class DailyRate(models.Model):
    """1 EUR in units of a currency on a day. Written only by network.rates."""

    currency = models.CharField(max_length=3)
    on = models.DateField()
    rate = models.DecimalField(max_digits=16, decimal_places=6)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["currency", "on"], name="a_rate_is_set_once_a_day"),
            models.CheckConstraint(condition=Q(rate__gt=0), name="a_rate_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.on}: 1 EUR = {self.rate} {self.currency}"
