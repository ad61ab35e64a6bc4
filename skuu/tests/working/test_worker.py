"""A real worker on a database of its own: killed, hung and stopped in the middle, it loses nothing and goes on by itself."""

import contextlib
import datetime as dt
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from catalog.models import InventoryItem, StockLevel
from network.models import InboundEvent, Location, Merchant, Shop
from skuu.kit.models import Heartbeat
from skuu.processes import CHECKOUT, die_with_parent
from skuu.testing.cloned import cloned_database

DEEP = "SKUU_DEEP" in os.environ
HUNG_AFTER = 15
PATIENCE = 180.0  # a busy machine starts a cluster slowly; nothing here is a measurement
LEVELS = 50


def children_of(pid: int) -> list[int]:
    """Name the direct children of a process."""
    with contextlib.suppress(OSError):
        return [
            int(one) for task in Path(f"/proc/{pid}/task").iterdir() for one in (task / "children").read_text().split()
        ]
    return []


def tree_of(pid: int) -> list[int]:
    """Name a process and all it started."""
    return [pid, *(one for child in children_of(pid) for one in tree_of(child))]


def until(what: str, holds: Callable[[], Any]) -> Any:
    """Wait for something to become true."""
    end = time.monotonic() + PATIENCE
    while not (found := holds()):
        assert time.monotonic() < end, what
        time.sleep(0.2)
    return found


@dataclass
class Work:
    """A shop whose figures arrive as messages, and the worker that takes them over."""

    shop: Shop
    items: list[str]
    env: dict[str, str]
    said: dict[str, int] = field(default_factory=dict)
    count: int = 0
    worker: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        command = [sys.executable, "manage.py", "worker"]
        self.worker = subprocess.Popen(
            command, cwd=CHECKOUT, env=self.env, start_new_session=True, preexec_fn=die_with_parent
        )

    def stop(self) -> int:
        assert self.worker is not None
        self.worker.send_signal(signal.SIGTERM)
        return self.worker.wait(60)

    @property
    def cluster(self) -> int:
        assert self.worker is not None
        return next(iter(children_of(self.worker.pid)), 0)

    def tell(self, messages: int) -> None:
        """Let the shop speak of its figures; later messages are newer."""
        rows = []
        for _ in range(messages):
            item = random.choice(self.items)
            self.count += 1
            self.said[item] = self.count
            payload = {
                "inventory_item_id": int(item.rpartition("/")[2]),
                "location_id": 1,
                "available": self.count,
                "updated_at": (timezone.now() + dt.timedelta(milliseconds=self.count)).isoformat(),
            }
            rows.append(
                InboundEvent(
                    shop=self.shop,
                    topic="inventory_levels/update",
                    webhook_id=f"w{self.count}",
                    body=json.dumps(payload),
                    figures=True,
                )
            )
        random.shuffle(rows)
        InboundEvent.everyone.bulk_create(rows)

    def is_told(self) -> bool:
        """Say whether every message is done and every figure is the last one told."""
        if InboundEvent.everyone.exclude(status="done").exists():
            return False
        rows = StockLevel.everyone.values_list("inventory_item__remote_id", "available")
        shown = {item: available for item, available in rows if item in self.said}
        assert shown == self.said
        return True


@pytest.fixture(scope="module")
def work(django_db_setup: Any, django_db_blocker: Any) -> Iterator[Work]:
    with django_db_blocker.unblock(), cloned_database() as name:
        merchant = Merchant.everyone.create(name="Bruno", legal_name="Bruno BV", country="NL")
        shop = Shop.everyone.create(
            merchant=merchant, domain="bruno.myshopify.com", name="Bruno", country="NL", status="live", platform="api"
        )
        place = Location.everyone.create(shop=shop, remote_id="gid://shopify/Location/1", name="Shop", country="NL")
        items = [f"gid://shopify/InventoryItem/{100 + n}" for n in range(LEVELS)]
        made = InventoryItem.everyone.bulk_create(InventoryItem(shop=shop, remote_id=item) for item in items)
        StockLevel.everyone.bulk_create(StockLevel(inventory_item=one, location=place) for one in made)
        where = connection.settings_dict
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        env = kept | {
            "DATABASE_URL": f"postgresql://{where['USER']}@/{name}?host={where['HOST']}",
            "SKUU_HUNG_AFTER": str(HUNG_AFTER),
            "SKUU_WORKERS": "2",
        }
        running = Work(shop, items, env)
        running.start()
        try:
            running.tell(20)
            until("the worker works", running.is_told)
            yield running
        finally:
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.stop()
            for pid in tree_of(running.worker.pid) if running.worker else []:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def test_a_cluster_that_hangs_is_noticed_and_begun_anew_and_nothing_is_lost(work):
    """Case 80: every process of it is stopped in its tracks; nobody touches it, a new one does the work."""
    hung = work.cluster
    until("the cluster beats", lambda: Heartbeat.objects.filter(name__startswith="pulse:").exists())
    for pid in tree_of(hung):
        os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    work.tell(30)
    until("another cluster", lambda: work.cluster not in (0, hung))
    assert time.monotonic() - began < 120
    assert not Path(f"/proc/{hung}/cwd").exists()
    until("everything is taken over", work.is_told)


@pytest.mark.deep
def test_killed_workers_idle_or_busy_leave_no_hang_and_no_double_effect(work):
    """Cases 19 and 20: any process of the cluster dies by kill -9, again and again."""
    for _ in range(20 if DEEP else 2):
        cluster = until("a cluster", lambda: work.cluster)
        victims = until("its workers", lambda cluster=cluster: [pid for pid in tree_of(cluster) if pid != cluster])
        work.tell(10)
        with contextlib.suppress(ProcessLookupError):
            os.kill(random.choice(victims), signal.SIGKILL)
        until("everything is taken over", work.is_told)


@pytest.mark.deep
def test_a_cluster_killed_ten_times_in_three_hundred_messages_loses_none(work):
    """Case 21: the whole of it, in the middle of its work."""
    for _ in range(10):
        cluster = until("a cluster", lambda: work.cluster)
        work.tell(30)
        time.sleep(random.random())
        with contextlib.suppress(ProcessLookupError):
            os.killpg(cluster, signal.SIGKILL)
    until("everything is taken over", work.is_told)
    assert InboundEvent.everyone.filter(tries__gt=0).count() == 0


def test_a_worker_told_to_stop_ends_soon_and_the_next_one_goes_on(work):
    """Case 30: SIGTERM with work waiting, as a deployment does it."""
    for _ in range(10 if DEEP else 1):
        work.tell(40)
        began = time.monotonic()
        assert work.stop() == 0
        assert time.monotonic() - began < 30
        work.start()
    until("everything is taken over", work.is_told)
