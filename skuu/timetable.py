"""The timetable as the queue's table should hold it: what is missing is written, what is broken mended, what is stray removed."""

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django_q.models import Schedule

from skuu.schedule import TIMETABLE, Row


def name_of(row: Row) -> str:
    """Name a job of the timetable as the queue's table does."""
    return f"{row.job.__module__}.{row.job.__qualname__}"


def write_timetable() -> tuple[int, int]:
    """Make the queue's table say what skuu.schedule says; returns how many rows were written or mended, and removed.

    One row that the queue cannot read would stop all others, so whatever a row holds beside ours is put right.
    *Locks* the rows. *Again*: no change.
    """
    wanted = {name_of(row): row for row in TIMETABLE}
    now = timezone.now()
    written = 0
    with transaction.atomic():
        rows = {row.name: row for row in Schedule.objects.select_for_update().order_by("pk")}
        strays, _ = Schedule.objects.exclude(pk__in=[row.pk for name, row in rows.items() if name in wanted]).delete()
        for name, row in wanted.items():
            pause = dt.timedelta(minutes=row.minutes)
            held, values = rows.get(name), _values(name, row)
            if held is None:
                Schedule.objects.create(name=name, next_run=now + pause, **values)
            elif held.next_run is None or held.next_run > now + pause + dt.timedelta(minutes=1):
                Schedule.objects.filter(pk=held.pk).update(next_run=now + pause, **values)
            elif any(getattr(held, field) != value for field, value in values.items()):
                Schedule.objects.filter(pk=held.pk).update(**values)
            else:
                continue
            written += 1
    return written, strays


def _values(name: str, row: Row) -> dict[str, object]:
    return {
        "func": name,
        "hook": None,
        "args": None,
        "kwargs": None,
        "cluster": None,
        "schedule_type": Schedule.MINUTES,
        "minutes": row.minutes,
        "repeats": -1,
    }
