"""How fast a size sells at one place, as far as its figures tell."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from catalog.models.stock import StockLevel
from network.models import Shop


class StockPace(models.Model):
    """Units a level loses a day, smoothed over a week. Written only by catalog.keep_back."""

    level = models.OneToOneField(StockLevel, on_delete=models.CASCADE, related_name="+")
    per_day = models.FloatField(default=0)
    figure = models.IntegerField()  # what was available when it was last looked at
    looked_on = models.DateField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(per_day__gte=0), name="a_pace_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.per_day:.2f} a day of {self.level_id}"


class FigureDelay(models.Model):
    """How long a shop's stock figures take to reach the shelves. Written only by catalog.keep_back."""

    shop = models.OneToOneField(Shop, on_delete=models.CASCADE, related_name="+")
    seconds = models.FloatField()  # nineteen of twenty messages of the last week were quicker
    messages = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.seconds:.0f} s at {self.shop_id}"
