"""After how many working days a late parcel goes to somebody else, where a selling shop does not say."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone


class GiveAwayLimit(models.Model):
    """One word of the network's staff on it; the newest holds, none is ever edited. Written only by network.give_away."""

    days = models.PositiveSmallIntegerField("working days late")
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.CharField(max_length=150)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(days__gte=3, days__lte=10), name="a_late_parcel_is_given_away_after_three_to_ten_days"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.days} working days"
