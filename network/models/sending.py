"""How a shop sends: its tariff and the hours and days of its stock room, each change a new version."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from network.models.shop import Shop
from network.scoping import Tenant


class SendingTerms(Tenant):
    """One version of how a shop sends; the highest holds, none is ever edited. Written only by network.sending."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()
    services = models.JSONField(default=list)  # [{"carrier", "prices": {zone: [minor, …]}, "days": {zone: [min, max]}}]
    zones = models.JSONField(default=dict)  # {country: zone} where it differs from the network's
    cutoff_hour = models.PositiveSmallIntegerField(default=15)  # what comes later is handled on the next day
    handling_days = models.PositiveSmallIntegerField(default=0)
    closed_on = ArrayField(models.DateField(), default=list, blank=True)  # own closing days, beside public holidays
    capacity = models.PositiveIntegerField(null=True, blank=True)  # parcels it can hand over in a day; null: any
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.CharField(max_length=150)

    class Meta(Tenant.Meta):
        verbose_name_plural = "sending terms"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["shop", "version"], name="one_version_of_a_shops_sending_terms_is_made_once"
            ),
            models.CheckConstraint(condition=Q(cutoff_hour__lte=24), name="a_cut_off_is_an_hour_of_the_day"),
            models.CheckConstraint(condition=Q(handling_days__lte=10), name="handling_takes_ten_days_at_most"),
        ]

    def __str__(self) -> str:
        return f"sending terms {self.version} of {self.shop_id}"
