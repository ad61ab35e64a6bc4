"""Ingest: signed stock messages through the whole application, then the sweep that takes them up."""

import base64
import datetime as dt
import hashlib
import hmac
import io
import json
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from typing import Any

from benches import _scratch  # first: it sets the environment that settings are read from

# isort: split
import psycopg
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from benches._figures import Aim, Bench, open_bench, share, timed
from catalog.models import StockLevel
from network.models import InboundEvent, Shop
from network.receive import handle_due
from skuu.kit.crypto import encrypt
from skuu.testing.world import load_world

THREADS = 4  # as many as one web process has
DOOR, NOTHING = "/webhooks/shopify/", "/nothing/"
INSERT = """
insert into network_inboundevent (shop_id, topic, webhook_id, event_id, triggered_at, received_at, body, body_sha256,
    repeats, seen_before, status, tries, next_attempt_at, error)
values (%(shop)s, 'inventory_levels/update', %(webhook_id)s, %(event_id)s, %(now)s, %(now)s, %(body)s, %(digest)s, 0, false,
    'waiting', 0, %(now)s, '')
"""
Environ = dict[str, Any]
Knock = Callable[[Any], None]


def main() -> None:
    """Load eight shops, knock, then drain."""
    bench = open_bench("ingest", rows=2_000, meaning="stock messages")
    with _scratch.scratch_database():
        load_world("demo", scale=0.3)
        messages = _messages(bench.rows)
        _scratch.settle_down()
        with override_settings(ROOT_URLCONF="benches._doors"):
            _knock(bench, messages)
        _drain(bench)


# --- messages ---------------------------------------------------------------------------------------------------------
def _messages(count: int) -> list[tuple[str, str, bytes]]:
    """Write stock messages as Shopify words them, shop by turns: (domain, webhook id, body)."""
    levels = list(
        StockLevel.objects.order_by("inventory_item_id", "pk").values_list(
            "inventory_item__remote_id", "location__remote_id", "location__shop__domain"
        )
    )
    now = timezone.now()
    messages = []
    for at in range(count):
        item, place, domain = levels[at * 7919 % len(levels)]
        item, place = item.rpartition("/")[2], place.rpartition("/")[2]
        payload = {
            "inventory_item_id": int(item),
            "location_id": int(place),
            "available": at % 9,
            "updated_at": (now + dt.timedelta(milliseconds=at)).isoformat(),
            "admin_graphql_api_id": f"gid://shopify/InventoryLevel/{place}?inventory_item_id={item}",
        }
        messages.append((domain, f"bench-{at}", json.dumps(payload).encode()))
    return messages


def _request(path: str, domain: str, webhook_id: str, body: bytes) -> Environ:
    secret = settings.SHOPIFY_CLIENT_SECRET.encode()
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": "testserver",
        "HTTP_X_SHOPIFY_TOPIC": "inventory_levels/update",
        "HTTP_X_SHOPIFY_SHOP_DOMAIN": domain,
        "HTTP_X_SHOPIFY_HMAC_SHA256": base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest()).decode(),
        "HTTP_X_SHOPIFY_WEBHOOK_ID": webhook_id,
        "HTTP_X_SHOPIFY_EVENT_ID": f"event-{webhook_id}",
        "HTTP_X_SHOPIFY_TRIGGERED_AT": timezone.now().isoformat(),
    }


# --- the door ---------------------------------------------------------------------------------------------------------
def _knock(bench: Bench, messages: Sequence[tuple[str, str, bytes]]) -> None:
    """Send the same messages to the door, to an empty view and as plain INSERTs, each from four threads."""
    application = WSGIHandler()
    bare, _ = _from_threads(_inserter, _rows(messages))
    with connection.cursor() as cursor:
        cursor.execute("delete from network_inboundevent")
    empty, _ = _from_threads(_knocker(application), [_request(NOTHING, *message) for message in messages])
    stored, waits = _from_threads(_knocker(application), [_request(DOOR, *message) for message in messages])
    if (count := InboundEvent.everyone.filter(status="waiting").count()) != len(messages):
        raise RuntimeError(f"The door stored {count} of {len(messages)} messages.")
    rates = {
        "an empty view behind the project's middleware": bench.rows / empty,
        "single-row INSERTs of the same rows with psycopg, each committed": bench.rows / bare,
    }
    slower = min(rates, key=lambda name: rates[name])
    bench.note(f"{THREADS} threads; " + "; ".join(f"{name}: {rate:.0f}/s" for name, rate in rates.items()))
    bench.note(f"load now {_scratch.load()}")
    bench.tell(
        "signed stock messages stored at the door",
        bench.rows / stored,
        "1/s",
        reference=rates[slower],
        reference_name=f"{slower} (the slower of the two references)",
        aim=Aim(0.6, of="ratio"),
        better="higher",
    )
    bench.tell(
        "answer of the door, p99",
        share(waits, 0.99) * 1000,
        "ms",
        reference=1000 * THREADS / rates[slower],
        reference_name="mean of the slower reference",
        aim=Aim(250),
        better="lower",
    )


def _knocker(application: WSGIHandler) -> Callable[[], AbstractContextManager[Knock]]:
    @contextmanager
    def connected() -> Any:
        def knock(environ: Environ) -> None:
            said: list[str] = []
            answer = application(environ, lambda status, headers, *_: said.append(status))
            answer.close()
            if said != ["200 OK"]:
                raise RuntimeError(f"The door answered {said}.")

        connection.ensure_connection()
        try:
            yield knock
        finally:
            connection.close()

    return connected


@contextmanager
def _inserter() -> Any:
    with psycopg.connect(_scratch.dsn(), autocommit=True) as own:
        yield lambda values: own.execute(INSERT, values)


def _rows(messages: Sequence[tuple[str, str, bytes]]) -> list[dict[str, Any]]:
    """Prepare the rows that the door would store, so that the reference only inserts."""
    shops = dict(Shop.everyone.values_list("domain", "pk"))
    return [
        {
            "shop": shops[domain],
            "webhook_id": webhook_id,
            "event_id": f"event-{webhook_id}",
            "now": timezone.now(),
            "body": encrypt(body.decode()),
            "digest": hashlib.sha256(body).hexdigest(),
        }
        for domain, webhook_id, body in messages
    ]


def _from_threads(
    connected: Callable[[], AbstractContextManager[Knock]], jobs: Sequence[Any]
) -> tuple[float, list[float]]:
    """Let threads, connected first, share the jobs from one moment on; returns all seconds, and those of each job."""
    gate, left, waits = threading.Barrier(THREADS + 1), iter(jobs), []
    failures: list[BaseException] = []

    def work() -> None:
        try:
            with connected() as knock:
                gate.wait(60)
                for job in left:
                    waits.append(timed(partial(knock, job))[0])
        except Exception as error:  # noqa: BLE001 - told to the main thread
            failures.append(error)
            gate.abort()

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    with suppress(threading.BrokenBarrierError):
        gate.wait(60)
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    if failures:
        raise failures[0]
    return seconds, waits


# --- the sweep --------------------------------------------------------------------------------------------------------
BARE_DRAIN = (
    "create temp table bench_news as select e.id, l.id as level, (row_number() over (order by e.id)) % 9 as available "
    "from network_inboundevent e join (select l.id, row_number() over (order by l.id) as n from catalog_stocklevel l) l "
    "on l.n = e.id % (select count(*) from catalog_stocklevel) + 1",
    "update catalog_stocklevel l set available = n.available, remote_updated_at = now(), confirm_due_at = now() "
    "from (select distinct on (level) level, available from bench_news order by level, id desc) n where l.id = n.level",
    "update network_inboundevent e set status = 'done', done_at = now() from bench_news n where n.id = e.id",
)


def _drain(bench: Bench) -> None:
    """Take up everything that waits, as the worker's sweep does; the reference sets levels and rows in two statements."""

    def drain() -> int:
        total = 0
        while taken := handle_due():
            total += taken
        return total

    seconds, taken = timed(drain)
    kept = dict.fromkeys(InboundEvent.everyone.values_list("status", flat=True))
    if taken != bench.rows or list(kept) != ["done"]:
        raise RuntimeError(f"{taken} of {bench.rows} messages were taken up; they are {list(kept)} now.")
    bare, _ = timed(lambda: _scratch.run_sql(*BARE_DRAIN))
    bench.note(f"{Shop.everyone.count()} shops; draining {seconds:.1f} s; load now {_scratch.load()}")
    bench.tell(
        "messages drained into stock levels and marks",
        taken / seconds,
        "1/s",
        reference=taken / bare,
        reference_name="the same number of levels and inbox rows set by two bare UPDATEs",
        aim=Aim(4000),
        better="higher",
    )


if __name__ == "__main__":
    main()
