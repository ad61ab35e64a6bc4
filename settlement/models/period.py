"""When the books close: days as periods, and the cycle that closed each of them."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Cycle(models.Model):
    """One closing: every period through a date that was still open, and its statements. Written only by settlement.close."""

    through = models.DateField()
    closed_at = models.DateTimeField(default=timezone.now)
    by = models.CharField(max_length=120, blank=True)
    stated_at = models.DateTimeField(null=True, blank=True)  # when its statements were written

    class Meta:
        indexes: ClassVar = [
            # read by settlement.close, which resumes a closing that was killed
            models.Index(fields=["id"], condition=Q(stated_at=None), name="cycle_unstated"),
        ]

    def __str__(self) -> str:
        return f"cycle {self.pk} through {self.through}"


class Period(models.Model):
    """One day of the books, or what came on a day after it was closed: then a further ``part`` of that day.

    An entry belongs to the open period of its effective day, or of the last closed day when its own is closed already.
    So a cycle may be cut through any date, today included: what is posted later today opens today's next part and stands
    in the next statement, with its effective day kept true. Opened by the posting function, closed by settlement.close.
    """

    day = models.DateField()
    part = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="periods", null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["day", "part"], name="a_part_of_a_day_is_one_period"),
            models.UniqueConstraint(fields=["day"], condition=Q(closed_at=None), name="a_day_has_one_open_period"),
            models.CheckConstraint(
                condition=Q(closed_at=None, cycle=None) | Q(closed_at__isnull=False, cycle__isnull=False),
                name="a_period_is_closed_by_a_cycle",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day}" if self.part == 1 else f"{self.day}, part {self.part}"
