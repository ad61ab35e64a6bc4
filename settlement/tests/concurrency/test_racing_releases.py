"""Releases at once: each range of entries belongs to one of them at a time, and every entry is released once."""

import datetime as dt
import os
import signal
import threading
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from orders.models import InternalOrder
from settlement import release as release_module
from settlement.check import check_ledger
from settlement.models import Entry, Released
from settlement.post import Posted, post_entries
from settlement.release import release_due, stop_releases
from settlement.settle import post_shipped
from settlement.tests.cast import make_internal_order, make_merchant, make_shop
from settlement.tests.concurrency.test_racing_posts import together

LONG_AGO = dt.timedelta(days=40)


@pytest.fixture
def eleven_due(own_database: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> int:
    """Eleven sales that are payable, in ranges of four entries; gives how many."""
    settings.NETWORK_COUNTRY = "FR"
    monkeypatch.setattr(release_module, "RANGE", 4)
    alma, bruno = make_shop(make_merchant("Alma")), make_shop(make_merchant("Bruno"))
    for _ in range(11):
        make_internal_order(bruno, alma, shipped_at=timezone.now() - LONG_AGO)
    InternalOrder.everyone.update(status="delivered", delivered_at=timezone.now() - LONG_AGO)
    return post_shipped().posted


def released_once(count: int) -> None:
    assert Released.objects.count() == Entry.objects.filter(kind="ship").count() == count
    assert check_ledger(strict=True).findings == []


def test_three_releases_at_once_release_every_entry_once(eleven_due):
    counts = together(*[release_due] * 3)
    assert sum(int(str(count)) for count in counts) == 11
    ranges = {(pk - 1) // 4 for pk in Entry.objects.filter(kind="ship").values_list("pk", flat=True)}
    assert Entry.objects.filter(kind="release").count() == len(ranges)
    released_once(11)


def test_what_a_killed_hand_leaves_is_released_by_the_same_call(eleven_due, monkeypatch):
    monkeypatch.setattr(threading, "active_count", lambda: 1)  # hands are processes
    here = os.getpid()

    def dies_elsewhere(drafts: Any) -> list[Posted]:
        posted = post_entries(drafts)
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)  # its entry is written, nothing is committed
        return posted

    monkeypatch.setattr("settlement.release.post_entries", dies_elsewhere)
    assert release_due(hands=2) == 11
    released_once(11)


def test_who_must_know_what_is_released_waits_for_releases_and_they_for_it(eleven_due):
    stopped, may_end, order = threading.Event(), threading.Event(), []

    def stop() -> None:
        with transaction.atomic():
            stop_releases()
            stopped.set()
            may_end.wait(timeout=10)
            order.append(Released.objects.count())

    def release() -> None:
        stopped.wait(timeout=10)
        threading.Timer(0.3, may_end.set).start()
        order.append(release_due(hands=2))

    assert together(stop, release) == [None, None]
    assert order == [0, 11]
    released_once(11)
