"""Bells wake a sweep after commit, once while it is on its way, and again when the call seems lost."""

import datetime as dt

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from skuu.kit import jobs
from skuu.kit.models import Bell


@jobs.answers_bell
def sample_sweep():
    return "swept"


NAME = f"{sample_sweep.__module__}.{sample_sweep.__qualname__}"


@pytest.mark.django_db
def test_many_events_send_one_call(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(5):
            jobs.ring(sample_sweep)
    assert OrmQ.objects.count() == 1


@pytest.mark.django_db
def test_a_rollback_sends_none(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=False):
        jobs.ring(sample_sweep)
    assert OrmQ.objects.count() == 0


@pytest.mark.django_db
def test_a_call_under_way_is_repeated_when_it_seems_lost():
    assert Bell.press(NAME, stale_after=jobs.STALE_BELL)
    assert not Bell.press(NAME, stale_after=jobs.STALE_BELL)
    Bell.objects.filter(name=NAME).update(pressed_at=timezone.now() - dt.timedelta(seconds=11))
    assert Bell.press(NAME, stale_after=jobs.STALE_BELL)


@pytest.mark.django_db
def test_taking_up_work_silences_the_bell_first():
    Bell.press(NAME, stale_after=jobs.STALE_BELL)
    assert sample_sweep() == "swept"
    assert Bell.press(NAME, stale_after=jobs.STALE_BELL)


@pytest.fixture
def ring(django_capture_on_commit_callbacks):
    """Ring as a transaction that commits does; ``lost`` makes the call seem lost at once."""

    def ring_and_commit(*, lost=False):
        with django_capture_on_commit_callbacks(execute=True):
            jobs.ring(sample_sweep)
        if lost:
            Bell.objects.filter(name=NAME).update(pressed_at=timezone.now() - dt.timedelta(seconds=11))

    return ring_and_commit


def run_waiting():
    """Run what waits in the queue, in its order; says what each call gave."""
    calls = [row.task for row in OrmQ.objects.order_by("pk")]
    OrmQ.objects.all().delete()
    return [call["func"](*call["args"], **call["kwargs"]) for call in calls]


@pytest.mark.django_db
def test_calls_repeated_in_a_queue_that_is_behind_are_one_run(ring):
    for _ in range(3):
        ring(lost=True)
    assert run_waiting() == ["swept", None, None]


@pytest.mark.django_db
def test_what_happens_after_a_sweep_began_is_a_run_of_its_own(ring):
    ring()
    assert run_waiting() == ["swept"]
    ring()
    assert run_waiting() == ["swept"]


@pytest.mark.django_db
def test_a_call_that_is_over_silences_no_later_one(ring):
    ring(lost=True)
    assert sample_sweep() == "swept"
    ring()
    first, second = (row.task["kwargs"]["rung_at"] for row in OrmQ.objects.order_by("pk"))
    assert sample_sweep(rung_at=first) is None
    assert Bell.objects.get(name=NAME).pressed_at == second
    assert sample_sweep(rung_at=second) == "swept"


def test_draining_stops_when_nothing_is_left():
    batches = iter([3, 2, 0])
    assert jobs.drain(lambda: next(batches)) == 5
