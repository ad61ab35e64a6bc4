"""Sending deliveries: a lane for each store and address, so that one slow receiver delays nobody else; retries with growing pauses."""

import heapq
import http.client
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from network.connectors.shopify.standin.state import Node, Store
from network.connectors.shopify.standin.webhooks import Disorder, headers

if TYPE_CHECKING:
    from network.connectors.shopify.standin.core import StandIn

TIMEOUT_SECONDS = 5.0
RETRIES = 8


class Deliveries:
    """All lanes, what was sent lately, and how each store's webhooks misbehave."""

    def __init__(self, standin: "StandIn", retry_seconds: float = 1.0) -> None:
        self.standin, self.retry_seconds = standin, retry_seconds
        self.done: deque[Node] = deque(maxlen=5000)
        self.stopped = threading.Event()
        self._lock = threading.Lock()
        self._lanes: dict[tuple[str, str], Lane] = {}
        self._disorder: dict[str, Disorder] = {}
        self._turn = time.time_ns()

    def turn(self) -> int:
        """Take the next place in the order of events."""
        with self._lock:
            self._turn += 1
            return self._turn

    def disorder(self, store: str) -> Disorder:
        """Tell how a store's webhooks misbehave; orderly unless told otherwise."""
        return self._disorder.get(store) or self._disorder.get("") or Disorder()

    def disturb(self, disorder: Disorder, store: str = "") -> None:
        """Let the webhooks of a store, or of all, misbehave from now on."""
        self._disorder[store] = disorder

    def lost(self, store: str, topic: str) -> None:
        """Note a delivery that was lost on purpose."""
        self.done.append({"store": store, "topic": topic, "status": "lost", "attempt": 0})

    def enqueue(self, store: Store, keys: list[str]) -> None:
        """Put deliveries on their lanes; by hand they wait until somebody takes them."""
        if self.standin.by_hand:
            return
        for key in keys:
            delivery = store.records["delivery"].get(key)
            if delivery and not self.stopped.is_set():
                self._lane(store, delivery["uri"]).put(delivery["due"], delivery["turn"], key)

    def resume(self, store: Store) -> None:
        """Take up what an earlier process left."""
        self.enqueue(store, sorted(store.records["delivery"], key=lambda key: store.records["delivery"][key]["turn"]))

    def take(self, store: Store) -> list[tuple[dict[str, str], bytes]]:
        """Take the messages of a store that wait to be brought by hand, oldest first, as headers and body."""
        with store.writing():
            waiting = sorted(store.records["delivery"].items(), key=lambda entry: entry[1]["turn"])
            for key, _ in waiting:
                store.record("delivery", key, None)
        return [(headers(self.standin, store, one), one["body"].encode()) for _, one in waiting]

    def pending(self) -> int:
        """Count the deliveries that have not arrived."""
        return sum(len(store.records["delivery"]) for store in self.standin.stores.values())

    def stop(self) -> None:
        """Stop sending; what has not arrived stays kept."""
        self.stopped.set()
        for lane in list(self._lanes.values()):
            lane.wake()

    def _lane(self, store: Store, uri: str) -> "Lane":
        with self._lock:
            lane = self._lanes.get((store.domain, uri))
            if lane is None:
                lane = self._lanes[store.domain, uri] = Lane(self, store, uri)
            return lane


class Lane:
    """The deliveries of one store to one address, one after another."""

    def __init__(self, deliveries: Deliveries, store: Store, uri: str) -> None:
        self.deliveries, self.store, self.uri = deliveries, store, uri
        self._waiting: list[tuple[float, int, str]] = []
        self._bell = threading.Condition()
        threading.Thread(target=self._run, name=f"webhooks {store.domain}", daemon=True).start()

    def put(self, due: float, turn: int, key: str) -> None:
        """Queue a delivery."""
        with self._bell:
            heapq.heappush(self._waiting, (due, turn, key))
            self._bell.notify()

    def wake(self) -> None:
        """Let the lane look whether it should stop."""
        with self._bell:
            self._bell.notify()

    def _run(self) -> None:
        while not self.deliveries.stopped.is_set():
            key = self._next()
            delivery = self.store.records["delivery"].get(key) if key else None
            if key and delivery:
                self._send(key, delivery)

    def _next(self) -> str | None:
        with self._bell:
            if not self._waiting:
                self._bell.wait(30)
                return None
            wait = self._waiting[0][0] - self.deliveries.standin.clock.now()
            if wait > 0:
                self._bell.wait(wait)
                return None
            return heapq.heappop(self._waiting)[2]

    def _send(self, key: str, delivery: Node) -> None:
        started = time.monotonic()
        status = send(self.uri, headers(self.deliveries.standin, self.store, delivery), delivery["body"].encode())
        took = time.monotonic() - started
        arrived = isinstance(status, int) and 200 <= status < 300 and took <= TIMEOUT_SECONDS
        attempts = delivery["attempts"] + 1
        self.deliveries.done.append(
            {
                "store": self.store.domain, "topic": delivery["topic"], "uri": self.uri, "status": status, "attempt": attempts,
                "webhook_id": delivery["webhook"], "event_id": delivery["event"], "ms": round(took * 1000, 1),
            }
        )  # fmt: skip
        if self.deliveries.stopped.is_set():  # kept as it was: a delivery may come twice, it may not get lost
            return
        self._settle(key, delivery, attempts, arrived=arrived)

    def _settle(self, key: str, delivery: Node, attempts: int, *, arrived: bool) -> None:
        with self.store.writing():
            if arrived or attempts > RETRIES:
                self.store.record("delivery", key, None)
                subscription = self.store.get(delivery["subscription"])
                if not arrived and subscription:  # Shopify deletes what nobody answers
                    self.store.remove(subscription)
                return
            due = self.deliveries.standin.clock.now() + self.deliveries.retry_seconds * 2 ** (attempts - 1)
            self.store.record("delivery", key, {**delivery, "attempts": attempts, "due": due})
        self.put(due, delivery["turn"], key)


def send(uri: str, head: dict[str, str], body: bytes) -> Any:
    """Post a delivery, following nothing; gives the status, or the name of what went wrong."""
    place = urlsplit(uri)
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    connection = kind(place.hostname or "", place.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("POST", (place.path or "/") + (f"?{place.query}" if place.query else ""), body, head)
        response = connection.getresponse()
        response.read(65536)
        return response.status
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()
