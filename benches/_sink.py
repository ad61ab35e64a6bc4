"""Stores of almost no cost, in a process of their own: they take figures for their shelves over real HTTP and note when each came.

They answer the two operations that stand between a stock message and a shelf, with the cost a store says, out of a bucket of
points each; reads are answered with the figures they were told last. Anything else is refused loudly.
"""

import json
import multiprocessing
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from typing import Any

MAXIMUM, RATE = 2000.0, 100.0  # the bucket of a standard store
MUTATION = 10.0
LATE = 3.0  # seconds the slow store takes for every answer

Level = tuple[str, str, int, str]  # inventory item, location, units, when it was so


@dataclass
class Seen:
    """What the stores have seen: when each figure came, by inventory item; calls by operation; calls refused as throttled."""

    shelf: dict[str, list[tuple[float, int]]] = field(default_factory=lambda: defaultdict(list))
    calls: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    throttled: int = 0


class Stores:
    """All stores of a bench behind one port; times are of the monotonic clock, which processes of a machine share."""

    def __init__(self, *, slow: str = "", version: str = "") -> None:
        self.seen, self.slow, self.version = Seen(), slow, version
        self.levels: dict[str, Level] = {}
        self._buckets: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def answer(self, store: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Run one operation of a store, out of its bucket."""
        name, variables = str(asked["operationName"]), asked["variables"]
        cost = 2.0 + len(variables.get("ids") or ()) if name == "LevelsOfItems" else MUTATION
        enough, left = self._pay(store, name, cost)
        bucket = {"maximumAvailable": MAXIMUM, "currentlyAvailable": left, "restoreRate": RATE}
        costs = {"requestedQueryCost": cost, "actualQueryCost": cost if enough else None, "throttleStatus": bucket}
        if not enough:
            refusal = [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]
            return {"errors": refusal, "extensions": {"cost": costs}}
        if name == "WriteShelf":
            return {"data": self._write(variables["input"]["quantities"]), "extensions": {"cost": costs}}
        if name == "LevelsOfItems":
            found = [self._item(item) for item in variables["ids"] if item in self.levels]
            return {"data": {"nodes": found}, "extensions": {"cost": costs}}
        return {"errors": [{"message": f"These stores know no {name}."}], "extensions": {"cost": costs}}

    def _pay(self, store: str, name: str, cost: float) -> tuple[bool, float]:
        with self._lock:
            self.seen.calls[name] += 1
            left, at = self._buckets.get(store, (MAXIMUM, time.monotonic()))
            now = time.monotonic()
            left = min(MAXIMUM, left + (now - at) * RATE)
            enough = left >= cost
            self.seen.throttled += not enough
            left -= cost * enough
            self._buckets[store] = left, now
        return enough, left

    def _write(self, quantities: list[dict[str, Any]]) -> dict[str, Any]:
        now = time.monotonic()
        for one in quantities:
            self.seen.shelf[one["inventoryItemId"]].append((now, one["quantity"]))
        return {"inventorySetQuantities": {"inventoryAdjustmentGroup": {"id": "1"}, "userErrors": []}}

    def _item(self, item: str) -> dict[str, Any]:
        _, place, units, at = self.levels[item]
        level = {
            "id": f"{item}/level",
            "isActive": True,
            "updatedAt": at,
            "item": {"id": item},
            "location": {"id": place},
            "quantities": [{"name": "available", "quantity": units}],
        }
        return {"id": item, "inventoryLevels": {"nodes": [level], "pageInfo": {"hasNextPage": False}}}


class Sink:
    """The stores' process; ``tell`` lets them know their own figures, ``look`` says what they have seen so far."""

    def __init__(self, *, slow: str = "", version: str = "") -> None:
        self._pipe, theirs = multiprocessing.Pipe()
        alike = multiprocessing.get_context("fork")  # made before the database is spoken to
        self._process = alike.Process(target=serve, args=(theirs, slow, version), daemon=True)
        self._process.start()
        self.url = f"http://127.0.0.1:{self._pipe.recv()}"

    def tell(self, levels: list[Level]) -> None:
        """Let the stores know own figures of theirs; those they knew are replaced."""
        self._pipe.send(levels)

    def look(self) -> Seen:
        """Say what the stores have seen since they began."""
        self._pipe.send(None)
        seen: Seen = self._pipe.recv()
        return seen

    def close(self) -> None:
        """End the stores."""
        self._process.terminate()
        self._process.join(5)


def serve(pipe: Connection, slow: str, version: str) -> None:
    """Answer until the process is ended; runs in the stores' process."""
    stores = Stores(slow=slow, version=version)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _door(stores))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pipe.send(server.server_address[1])
    while True:
        try:
            told = pipe.recv()
        except EOFError:
            return
        if told is None:
            seen = stores.seen
            pipe.send(
                Seen({key: list(rows) for key, rows in list(seen.shelf.items())}, dict(seen.calls), seen.throttled)
            )
        else:
            stores.levels |= {level[0]: level for level in told}


def _door(stores: Stores) -> type[BaseHTTPRequestHandler]:
    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body leave together
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            store = self.headers["Host"]
            if store == stores.slow:
                time.sleep(LATE)
            body = json.dumps(stores.answer(store, asked)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("X-Shopify-API-Version", stores.version)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing; a bench prints figures."""

    return Door
