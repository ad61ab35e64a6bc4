"""Live: from a signed stock message at the door to the figure on every partner's shelf, with a real worker and stores over HTTP."""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from benches import _scratch  # first: it sets the environment that settings are read from

# isort: split
import psycopg
import requests
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.db.models import F
from django.test import override_settings
from django.utils import timezone

from benches._figures import Aim, Bench, open_bench, share, timed
from benches._sink import LATE, Seen, Sink
from benches._trading import SHELVES, Good, open_trading
from benches.ingest import DOOR, _request
from catalog.models import ItemMark, Placement
from network.connectors.shopify.auth import API_VERSION
from network.models import InboundEvent
from skuu.health import canary_sung

WAIT = 60.0
MOST_THINGS = 2_000
SLOW = "live-0.myshopify.com"
LOUD_SHOP, LOUD = "live-1.myshopify.com", 20.0
ALL_AT_ONCE = float("inf")
BARE = 300


@dataclass(frozen=True)
class Change:
    """One figure that changed: of what, to how much, when its message was sent (monotonic)."""

    good: Good
    units: int
    sent: float


def main() -> None:
    """Open so many shops, change figures at a steady rate, beside a loud shop and all at once, and see when shelves show them."""
    bench = open_bench("live", rows=800, meaning="stock changes", choices={"shops": ["40"], "rate": ["40"]})
    shops, rate = int(bench.chosen["shops"]), float(bench.chosen["rate"])
    with contextlib.closing(Sink(slow=SLOW, version=API_VERSION)) as sink, _scratch.scratch_database():
        goods = open_trading(shops, min(bench.rows, MOST_THINGS))
        _scratch.settle_down()
        bare = _bare(goods[0], sink)
        with override_settings(SHOPIFY_STANDIN_URL=sink.url, ROOT_URLCONF="benches._doors"), _worker(sink):
            steady = _change([goods[at % len(goods)] for at in range(bench.rows)], sink, rate, first=100)
            waits = _waits(steady, _shown(steady, sink))
            _tell_waits(bench, waits, bare, rate)
            noisy = _change(
                _with_a_loud_shop(goods, bench.rows // 2, shops), sink, rate * (1 + LOUD / shops), first=10**5
            )
            _tell_noise(bench, _waits(noisy, _shown(noisy, sink), without=LOUD_SHOP), waits)
            flood = _change(goods[: bench.rows], sink, ALL_AT_ONCE, first=2 * 10**5)
            seen = _shown(flood, sink)
            _tell_flood(bench, flood, seen, bare)
            _tell_calls(bench, len(steady) + len(noisy) + len(flood), seen)


@contextlib.contextmanager
def _worker(sink: Sink) -> Iterator[None]:
    """Run the worker as it is in production, with its cluster and its bells, until the block ends."""
    folder = pathlib.Path(__file__).resolve().parents[1]
    environment = os.environ | {"DATABASE_URL": _scratch.url(), "SHOPIFY_STANDIN_URL": sink.url}
    with subprocess.Popen([sys.executable, "manage.py", "worker"], env=environment, cwd=folder, stdout=2) as worker:
        try:
            end = time.monotonic() + WAIT
            while canary_sung() is None:
                if time.monotonic() > end:
                    raise RuntimeError("The worker did not begin to work.")
                time.sleep(0.2)
            time.sleep(3)  # whatever the first bells found is done
            yield
        finally:
            worker.terminate()


# --- changing figures -------------------------------------------------------------------------------------------------
def _with_a_loud_shop(goods: Sequence[Good], count: int, shops: int) -> list[Good]:
    """List the goods of so many changes, and among them twenty times a shop's share of one shop that never stops speaking."""
    own = [good for good in goods if good.domain == LOUD_SHOP]
    listed: list[Good] = []
    for at in range(count):
        listed.append(goods[at % len(goods)])
        extra = int((at + 1) * LOUD / shops) - int(at * LOUD / shops)
        listed += [own[(at + step) % len(own)] for step in range(extra)]
    return listed


def _change(goods: Sequence[Good], sink: Sink, rate: float, *, first: int) -> list[Change]:
    """Send a message of each at a rate, each with a figure nothing showed before; returns what changed, and when."""
    application, began = WSGIHandler(), time.monotonic()
    changes = []
    for at, good in enumerate(goods):
        time.sleep(max(0.0, began + at / rate - time.monotonic()))
        units, now = first + at, timezone.now().isoformat()
        sink.tell([(good.stock, good.place, units, now)])
        payload = {
            "inventory_item_id": int(good.stock.rpartition("/")[2]),
            "location_id": int(good.place.rpartition("/")[2]),
            "available": units,
            "updated_at": now,
        }
        changes.append(Change(good, units, time.monotonic()))
        said: list[str] = []
        request = _request(DOOR, good.domain, f"live-{units}", json.dumps(payload).encode())
        application(request, lambda status, headers, *_, said=said: said.append(status)).close()
        if said != ["200 OK"]:
            raise RuntimeError(f"The door answered {said}.")
    return changes


def _shown(changes: Sequence[Change], sink: Sink) -> Seen:
    """Wait until every shelf shows the newest figure it should, or a newer one."""
    newest = {change.good.stock: change for change in changes}
    end = time.monotonic() + WAIT
    while True:
        seen = sink.look()
        late = [
            (key, change.units)
            for change in newest.values()
            for _, key in change.good.shown
            if not any(units >= change.units for _, units in reversed(seen.shelf.get(key, ())))
        ]
        if not late:
            return seen
        if time.monotonic() > end:
            raise RuntimeError(f"{len(late)} shelves are behind, as {late[0]}: {_backlog()}, {dict(seen.calls)}")
        time.sleep(0.25)


def _waits(changes: Sequence[Change], seen: Seen, *, without: str = "") -> list[tuple[bool, float]]:
    """Say of each change and shelf how long it took, and whether its store is the slow one; a newer figure counts."""
    return [
        (domain == SLOW, next(when for when, units in seen.shelf[key] if units >= change.units) - change.sent)
        for change in changes
        if change.good.domain != without
        for domain, key in change.good.shown
    ]


def _bare(good: Good, sink: Sink) -> list[float]:
    """Do the least that any answer needs, one change after the other: set a level, commit, and tell one store."""
    key = good.shown[0][1]
    body: dict[str, Any] = {"operationName": "LevelsOfItems", "variables": {"ids": [key]}}
    waits = []
    with psycopg.connect(_scratch.dsn(), autocommit=True) as own, requests.Session() as session:
        for at in range(BARE):

            def once(at: int = at) -> None:
                own.execute(
                    "update catalog_stocklevel set available = available where id = "
                    "(select id from catalog_stocklevel order by id offset %s limit 1)",
                    [at % 50],
                )
                session.post(f"{sink.url}/graphql.json", json=body, headers={"Host": f"bare-{at}"}, timeout=10)

            waits.append(timed(once)[0])
    return waits


# --- telling ----------------------------------------------------------------------------------------------------------
def _tell_waits(bench: Bench, waits: Sequence[tuple[bool, float]], bare: Sequence[float], rate: float) -> None:
    others = [seconds for slow, seconds in waits if not slow]
    slow = [seconds for is_slow, seconds in waits if is_slow]
    bench.note(
        f"{bench.chosen['shops']} shops, {rate:g} changes/s on {SHELVES} shelves each; load now {_scratch.load()}"
    )
    if slow:
        bench.note(
            f"one store takes {LATE:g} s for an answer; its own shelves, not counted: p50 {share(slow, 0.5):.1f} s"
        )
    for part, name in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"), (1.0, "the longest")):
        bench.tell(
            f"from the message to the shelf, {name}",
            share(others, part),
            "s",
            reference=share(bare, part),
            reference_name="one UPDATE and one call to one store, alone",
            aim=Aim(2.0),
            better="lower",
        )


def _tell_noise(bench: Bench, noisy: Sequence[tuple[bool, float]], before: Sequence[tuple[bool, float]]) -> None:
    bench.tell(
        f"the same beside one shop at {LOUD:g} times its share, p95 of the others",
        share([seconds for slow, seconds in noisy if not slow], 0.95),
        "s",
        reference=share([seconds for slow, seconds in before if not slow], 0.95),
        reference_name="p95 without it",
        aim=Aim(1.5, of="ratio"),
        better="lower",
    )


def _tell_flood(bench: Bench, changes: Sequence[Change], seen: Seen, bare: Sequence[float]) -> None:
    last = max(
        next(when for when, units in seen.shelf[key] if units >= change.units)
        for change in changes
        for domain, key in change.good.shown
        if domain != SLOW
    )
    bench.tell(
        f"changes carried to {SHELVES} shelves each, all sent at once",
        len(changes) / (last - changes[0].sent),
        "1/s",
        reference=len(bare) / sum(bare) / SHELVES,
        reference_name=f"one UPDATE and one call for each of {SHELVES} shelves, one after the other",
        aim=Aim(200.0),
        better="higher",
    )


def _tell_calls(bench: Bench, changes: int, seen: Seen) -> None:
    calls = ", ".join(f"{count} {name}" for name, count in sorted(seen.calls.items()))
    bench.note(f"calls to stores: {calls}")
    bench.tell(
        "calls to stores for a shelf that changes",
        seen.calls.get("WriteShelf", 0) / (changes * SHELVES),
        "calls",
        reference=1.0,
        reference_name="a call for each figure",
        aim=Aim(1.0),
        better="lower",
    )
    bench.tell(
        "calls that stores refused as throttled",
        float(seen.throttled),
        "calls",
        reference=None,
        reference_name="none",
        aim=Aim(0.0),
        better="lower",
    )


def _backlog() -> dict[str, Any]:
    return {
        "messages": list(InboundEvent.everyone.values_list("status", "error").distinct()[:5]),
        "items": ItemMark.objects.count(),
        "placements": Placement.everyone.exclude(pushed=F("wanted")).count(),
        "errors": list(Placement.everyone.exclude(error="").values_list("error", flat=True)[:3]),
        "database": connection.settings_dict["NAME"],
    }


if __name__ == "__main__":
    main()
