"""When the books close: days as periods, the cycle that closed each of them, and whose statements it wrote."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from network.models import Merchant

WEEKLY, MONTHLY, ALL = "weekly", "monthly", "all"


class AgreedCycle(models.Model):
    """How often a merchant is settled; who has agreed on nothing is settled weekly. Written only by settlement.agree."""

    KINDS: ClassVar = {WEEKLY: "Weekly", MONTHLY: "Monthly"}

    merchant = models.OneToOneField(Merchant, on_delete=models.PROTECT, primary_key=True, related_name="+")
    kind = models.CharField(max_length=7, choices=KINDS, default=WEEKLY)
    by = models.CharField(max_length=120)
    agreed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind__in=[WEEKLY, MONTHLY]), name="a_merchant_is_settled_weekly_or_monthly"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.merchant_id}: {self.kind}"


class Cycle(models.Model):
    """One closing: every period through a date that was still open, and its statements. Written only by settlement.close.

    Days close for everybody at once. ``kind`` says whose cycle ended with them: theirs are the statements and the payments.
    """

    KINDS: ClassVar = {ALL: "Everybody", **AgreedCycle.KINDS}

    through = models.DateField()
    kind = models.CharField("whose statements", max_length=7, choices=KINDS, default=ALL, db_default=ALL)
    closed_at = models.DateTimeField(default=timezone.now)
    by = models.CharField(max_length=120, blank=True)
    stated_at = models.DateTimeField(null=True, blank=True)  # when its statements were written

    class Meta:
        indexes: ClassVar = [
            # read by settlement.close, which resumes a closing that was killed
            models.Index(fields=["id"], condition=Q(stated_at=None), name="cycle_unstated"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=[ALL, WEEKLY, MONTHLY]), name="cycle_kind_is_known"),
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


class Carried(models.Model):
    """What a closing moved for a merchant whose own cycle had not ended: it stands on the statement of a later one.

    Written only by settlement.close, with the closing; ``stated_in`` is the closing whose statement tells of it.
    """

    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="+", db_index=False)
    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="carried")
    stated_in = models.ForeignKey(
        Cycle, on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )

    class Meta:
        verbose_name_plural = "carried"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["merchant", "cycle"], name="a_merchant_is_carried_over_a_closing_once"),
        ]
        indexes: ClassVar = [
            # read by settlement.close, which states what was carried
            models.Index(fields=["cycle"], condition=Q(stated_in=None), name="carried_unstated"),
        ]

    def __str__(self) -> str:
        return f"{self.merchant_id} over {self.cycle_id}"
