"""The database itself is killed in the middle: a server of its own, durable as in production, and processes that speak to it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from skuu.processes import CHECKOUT

pytestmark = pytest.mark.deep
MESSAGES, ITEMS = 20_000, 200

OPEN = f"""
import datetime as dt, json
from django.utils import timezone
from catalog.models import InventoryItem, StockLevel
from network.models import InboundEvent, Location, Merchant, Shop
merchant = Merchant.everyone.create(name="Alma", legal_name="Alma BV", country="NL")
shop = Shop.everyone.create(merchant=merchant, domain="alma.myshopify.com", name="Alma", country="NL", status="live")
place = Location.everyone.create(shop=shop, remote_id="gid://shopify/Location/1", name="Shop")
for n in range(1, {ITEMS} + 1):
    item = InventoryItem.everyone.create(shop=shop, remote_id=f"gid://shopify/InventoryItem/{{n}}")
    StockLevel.everyone.create(inventory_item=item, location=place, available=0)
now = timezone.now()
InboundEvent.everyone.bulk_create([InboundEvent(
    shop=shop, topic="inventory_levels/update", webhook_id=f"w{{at}}", figures=True,
    body=json.dumps({{"inventory_item_id": at % {ITEMS} + 1, "location_id": 1, "available": at + 1,
                      "updated_at": (now + dt.timedelta(milliseconds=at)).isoformat()}}),
) for at in range({MESSAGES})], batch_size=1000)
"""
DRAIN = """
import time
from django.db import Error, close_old_connections, connection
from network.inbox import handle_due
end = time.monotonic() + 120
while time.monotonic() < end:
    try:
        taken = handle_due()
        print(taken, flush=True)
        if not taken:
            break
    except Error:
        connection.close()
        time.sleep(0.2)
"""
TOLD = """
import json
from catalog.models import StockLevel
from network.models import InboundEvent
open_ = InboundEvent.everyone.exclude(status="done").count()
levels = dict(StockLevel.everyone.values_list("inventory_item__remote_id", "available"))
print(json.dumps([InboundEvent.everyone.count(), open_, levels]))
"""
KNOCK = """
import json, os, random, signal, sys, time
from django.test import Client
from django.conf import settings
import base64, hashlib, hmac
def send(at):
    body = json.dumps({"inventory_item_id": 1, "location_id": 1, "available": at}).encode()
    signed = base64.b64encode(hmac.new(settings.SHOPIFY_CLIENT_SECRET.encode(), body, hashlib.sha256).digest()).decode()
    return Client(raise_request_exception=False).post(
        "/webhooks/shopify/", body, content_type="application/json", headers={
            "X-Shopify-Topic": "inventory_levels/update", "X-Shopify-Shop-Domain": "alma.myshopify.com",
            "X-Shopify-Hmac-Sha256": signed, "X-Shopify-Webhook-Id": f"k{at}", "X-Shopify-Event-Id": f"k{at}"}).status_code
"""
KILLED = (
    KNOCK
    + """
kept = []
for round_ in range(200):
    read, write = os.pipe()
    child = os.fork()
    if not child:
        for at in range(round_ * 1000, round_ * 1000 + 1000):
            if send(at) == 200:
                os.write(write, f"{at} ".encode())
    os.close(write)
    first = os.read(read, 100)  # it is at work
    time.sleep(random.uniform(0, 0.02))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    said = first
    while more := os.read(read, 65536):
        said += more
    os.close(read)
    kept += [f"k{at}" for at in said.decode().rpartition(" ")[0].split()]
from network.models import InboundEvent
stored = set(InboundEvent.everyone.filter(webhook_id__in=kept).values_list("webhook_id", flat=True))
print(json.dumps([len(kept), sorted(set(kept) - stored)]))
"""
)
AWAY = (
    KNOCK
    + """
began = time.monotonic()
print(send(900001), round(time.monotonic() - began, 3))
"""
)


class Server:
    """A database server that nobody else uses, and programs of the project that speak to it."""

    def __init__(self) -> None:
        kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        self.env = kept | {"SKUU_PG_CLUSTER": f"dies{os.getpid()}", "DJANGO_SETTINGS_MODULE": "skuu.settings"}
        self.env |= {"SKUU_PROFILE": "test", "LOG_LEVEL": "CRITICAL", "SHOPIFY_CLIENT_SECRET": "dies"}

    def begin(self, program: str, **more: str) -> "subprocess.Popen[str]":
        """Begin a program inside Django."""
        text = f"import django; django.setup()\n{program}"
        return subprocess.Popen(
            [sys.executable, "-c", text], cwd=CHECKOUT, env=self.env | more, stdout=subprocess.PIPE, text=True
        )

    def run(self, program: str, **more: str) -> str:
        """Run a program to its end and return what it said."""
        running = self.begin(program, **more)
        said, _ = running.communicate(timeout=600)
        assert running.returncode == 0
        return said

    def command(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words], cwd=CHECKOUT, env=self.env, capture_output=True, text=True, timeout=600
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    @property
    def socket(self) -> str:
        return self.command("-c", "from skuu.postgresql import server; print(server.socket_dir())").strip()

    def kill(self) -> None:
        """Kill the server and everything it started, as a power cut would."""
        data = Path(self.socket)
        [pid_file] = [*data.parent.rglob("postmaster.pid")]
        pid = int(pid_file.read_text().split()[0])
        children = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        for one in (pid, *children):
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)


@pytest.fixture(scope="module")
def database() -> Iterator[Server]:
    server = Server()
    try:
        server.command("manage.py", "migrate", "--verbosity", "0")
        server.run(OPEN)
        yield server
    finally:
        server.command("-m", "skuu.postgresql.server", "destroy")


def newest() -> dict[str, int]:
    """Say what each item's newest message tells."""
    return {f"gid://shopify/InventoryItem/{at % ITEMS + 1}": at + 1 for at in range(MESSAGES)}


def test_a_database_killed_while_the_inbox_is_drained_loses_nothing(database: Server) -> None:
    """Case 27: killed with all its processes in the middle, it comes back and every message is taken up."""
    drain = database.begin(DRAIN)
    assert drain.stdout is not None
    assert int(drain.stdout.readline()) > 0
    database.kill()
    drain.communicate(timeout=180)
    count, left, levels = json.loads(database.run(TOLD))
    assert (count, left, levels) == (MESSAGES, 0, newest())


def test_two_hundred_web_processes_killed_lose_nothing_they_had_answered(database: Server) -> None:
    """Case 9: 200 is said only when the row is durable."""
    answered, lost = json.loads(database.run(KILLED))
    assert (answered >= 200, lost) == (True, [])


def test_a_database_that_is_away_is_answered_503_at_once_and_the_message_is_taken_later(database: Server) -> None:
    """Case 12: thirty seconds without a database; the store sends again and nothing is lost."""
    away = {"DATABASE_URL": f"postgresql://skuu@/{database.socket}/skuu"}
    database.command("-m", "skuu.postgresql.server", "stop")
    said = []
    end = time.monotonic() + 30
    while time.monotonic() < end:
        said.append(database.run(AWAY, **away).split())
    assert {status for status, _ in said} == {"503"}
    assert database.run(AWAY).split()[0] == "200"
