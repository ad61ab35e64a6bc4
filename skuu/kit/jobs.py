"""Doorbells and sweeps: a bell may be lost or rung twice, the row that says what is wanted may not."""

import datetime as dt
import functools
import time
from collections.abc import Callable
from typing import Any

from django.db import transaction

STALE_BELL = dt.timedelta(seconds=10)


def enqueue(function: Callable[..., Any], *args: Any) -> None:
    """Queue a job once the surrounding transaction has committed; a rollback queues nothing."""
    from django_q.tasks import async_task

    transaction.on_commit(functools.partial(async_task, function, *args))


def ring(sweep: Callable[[], Any]) -> None:
    """Wake a sweep after commit, at most once while it is still waiting to run.

    The bell's row is only a brake against a task per event: a bell older than ten seconds counts as lost and rings again.
    """
    transaction.on_commit(functools.partial(_ring_now, sweep))


def _ring_now(sweep: Callable[[], Any]) -> None:
    from django_q.tasks import async_task

    from skuu.kit.models import Bell

    rung_at = Bell.press(f"{sweep.__module__}.{sweep.__qualname__}", stale_after=STALE_BELL)
    if rung_at is not None:
        async_task(sweep, rung_at=rung_at)


def answers_bell(sweep: Callable[[], Any]) -> Callable[..., Any]:
    """Mark a task as a sweep: taking up work silences its bell first, so that later events ring anew.

    A call that waited in the queue while another began is over: in a queue that is behind, calls repeated because they
    seemed lost would otherwise take the place of other sweeps.
    """

    @functools.wraps(sweep)
    def answered(rung_at: dt.datetime | None = None) -> Any:
        from skuu.kit.models import Bell

        return sweep() if Bell.answer(f"{sweep.__module__}.{sweep.__qualname__}", rung_at) else None

    return answered


def drain(step: Callable[[], int], *, seconds: float = 20.0, full: int = 1) -> int:
    """Run a batch step until it finds nothing or the time is up; returns how many rows it handled.

    With ``full``, a batch of fewer is the last: whatever came meanwhile has rung, and goes together with what comes next.
    """
    end = time.monotonic() + seconds
    total = 0
    while time.monotonic() < end:
        done = step()
        total += done
        if done < full:
            break
    return total
