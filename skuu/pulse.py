"""Signs of life: every cluster beats when a job begins or ends, every job of the timetable leaves when it last ran through."""

import os
import time
from collections.abc import Callable
from typing import Any

from django.db import Error as DatabaseError
from django_q.signals import post_execute_in_worker, pre_execute

from skuu.health import CANARY
from skuu.kit.jobs import answers_bell
from skuu.kit.models import Heartbeat

EVERY = 2.0  # seconds between two beats of one process


@answers_bell
def sing() -> None:
    """Go through the queue like any job, and say so: the age of this beat is how long work waits to be begun."""
    Heartbeat.beat(CANARY)


def ran(job: Callable[..., Any]) -> str:
    """Name the heartbeat of a job's last good run."""
    return f"ran:{job.__module__}.{job.__qualname__}"[:60]


def beat_as(name: str) -> None:
    """Have this process, and those it starts, beat under a name whenever a job begins or ends."""
    from skuu.schedule import TIMETABLE

    timetable = {ran(row.job) for row in TIMETABLE}
    last = [0.0, 0]

    def pulse() -> None:
        if time.monotonic() - last[0] >= EVERY or last[1] != os.getpid():
            last[:] = [time.monotonic(), os.getpid()]
            _safely(name)

    def begins(sender: Any, **_: Any) -> None:
        pulse()

    def ends(sender: Any, func: Any, task: dict[str, Any], **_: Any) -> None:
        pulse()
        if task.get("success") and callable(func) and ran(func) in timetable:
            _safely(ran(func))

    pre_execute.connect(begins, weak=False, dispatch_uid="pulse-begins")
    post_execute_in_worker.connect(ends, weak=False, dispatch_uid="pulse-ends")


def _safely(name: str) -> None:
    try:
        Heartbeat.beat(name)
    except DatabaseError:  # a job must not fail because its sign of life could not be written
        return
