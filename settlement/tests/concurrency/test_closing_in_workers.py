"""A closing started by a job, in a process that may have no children by multiprocessing, or in a thread, closes as any other."""

import datetime as dt
import multiprocessing
import os
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone
from django_q.worker import worker

from orders.models import InternalOrder
from settlement import sweeps
from settlement.check import check_ledger
from settlement.close import Closing, close_cycle
from settlement.hands import share_work
from settlement.models import Cycle
from settlement.tests.cast import make_internal_order, make_merchant, make_shop
from settlement.tests.concurrency.test_racing_posts import together

ORDERS = 9


def summed_up(closing: Closing) -> list[Any]:
    """Tell what a closing did without the numbers that its statements happen to have."""
    told = [[each[key] for key in ("merchant", "currency", "closing", "lines")] for each in closing.statements]
    return [closing.posted, closing.released, closing.refused, told]


def closing_told() -> list[Any]:
    """Close as a job does; tells also whether this is a daemon, and how many processes shared the work at most."""
    most = [1]

    def counted(work: Any, hands: int) -> list[Any]:
        found = share_work(lambda hand: (os.getpid(), work(hand)), hands)
        most.append(len({pid for pid, _ in found}))
        return [result for _, result in found]

    sweeps.share_work, before = counted, sweeps.share_work
    try:
        closing = close_cycle(timezone.localdate())
    finally:
        sweeps.share_work = before
    return [multiprocessing.current_process().daemon, max(most), *summed_up(closing)]


@pytest.fixture
def two_shops(own_database: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    settings.NETWORK_COUNTRY, settings.SETTLEMENT_HANDS = "FR", 2
    monkeypatch.setattr("settlement.settle.BATCH", 2)  # so that both hands have several batches
    return [make_shop(make_merchant(name)) for name in ("Alma", "Bruno")]


def sell(alma: Any, bruno: Any) -> list[Any]:
    """Ship and deliver; gives what a closing would do about it."""
    long_ago = timezone.now() - dt.timedelta(days=40)
    made = [make_internal_order(bruno, alma, shipped_at=long_ago).pk for _ in range(ORDERS)]
    InternalOrder.everyone.filter(pk__in=made).update(status="delivered", delivered_at=long_ago)
    return summed_up(close_cycle(timezone.localdate(), dry_run=True))


def test_a_job_worker_closes_with_processes_while_it_is_alone_and_with_threads_once_it_has_some(two_shops):
    made = multiprocessing.get_context("fork")
    tasks, results, timer = made.Queue(), made.Queue(), made.Value("f", -1)
    task = {"func": f"{__name__}.closing_told", "name": "closing", "args": (), "kwargs": {}}
    expected = sell(*two_shops)
    connections.close_all()  # as the cluster does before it makes a worker
    runs = made.Process(target=worker, args=(tasks, results, timer, 60), daemon=True)
    runs.start()
    try:
        tasks.put(task | {"id": "first"})
        first = results.get(timeout=120)
        again = sell(*two_shops)
        tasks.put(task | {"id": "second"})
        second = results.get(timeout=120)
    finally:
        tasks.put("STOP")
        runs.join(timeout=30)
    assert (first["success"], first["result"]) == (True, [True, 2, *expected])
    # the queue of results has a thread by now, and a process is not to be split in two with threads in it
    assert (second["success"], second["result"]) == (True, [True, 1, *again])
    assert (expected[0], again[0], runs.exitcode, Cycle.objects.count()) == (ORDERS, ORDERS, 0, 2)
    assert check_ledger(strict=True).findings == []


def test_a_thread_closes_with_the_same_result(two_shops):
    expected = sell(*two_shops)
    (found,) = together(closing_told)
    assert found == [False, 1, *expected]
    assert check_ledger(strict=True).findings == []
