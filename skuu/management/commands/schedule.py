"""Make the timetable true: write every recurring job of skuu.schedule into the queue's table, remove strays."""

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone
from django_q.models import Schedule

from skuu.schedule import TIMETABLE


class Command(BaseCommand):
    help = "Write the timetable of skuu/schedule.py into the queue; run it at every deployment."

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = {f"{row.job.__module__}.{row.job.__qualname__}": row for row in TIMETABLE}
        with transaction.atomic():
            strays, _ = Schedule.objects.exclude(name__in=wanted).delete()
            for name, row in wanted.items():
                values = {"func": name, "schedule_type": Schedule.MINUTES, "minutes": row.minutes, "repeats": -1}
                schedule, made = Schedule.objects.get_or_create(
                    name=name, defaults={**values, "next_run": timezone.now() + dt.timedelta(minutes=row.minutes)}
                )
                if not made:
                    Schedule.objects.filter(pk=schedule.pk).update(**values)
        if options["verbosity"]:
            self.stdout.write(f"{len(wanted)} recurring jobs, {strays} strays removed")
