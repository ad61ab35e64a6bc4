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


def test_draining_stops_when_nothing_is_left():
    batches = iter([3, 2, 0])
    assert jobs.drain(lambda: next(batches)) == 5
