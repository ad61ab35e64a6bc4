"""A store's state: plain nodes that name one another by global id, indexes over them, and changes that hold whole or not at all."""

import copy
import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from network.connectors.shopify.standin.archive import Archive
from network.connectors.shopify.standin.identifiers import gid, kind_of, number

Node = dict[str, Any]

# Reader of each: search by code, stock of an item, stock at a place, look-up of an internal order, moves and reroutes.
INDEXED: dict[str, tuple[str, ...]] = {
    "ProductVariant": ("sku", "barcode", "inventoryItem"),
    "InventoryItem": ("sku",),
    "InventoryLevel": ("item", "location"),
    "Order": ("sourceIdentifier", "name", "customer"),
    "Customer": ("email",),
    "FulfillmentOrder": ("location",),
    "Metafield": ("owner",),
    "WebhookSubscription": ("topic",),
}


class Clock:
    """The stand-in's time: the machine's, moved forward on demand."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> float:
        """Tell the time in seconds, UTC."""
        return time.time() + self.ahead

    def iso(self, at: float | None = None) -> str:
        """Write a time as Shopify does, to the second, UTC."""
        return datetime.fromtimestamp(self.now() if at is None else at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Change:
    """What one mutation has done so far, so that it can be kept whole or taken back."""

    before: dict[str, Node | None] = field(default_factory=dict)
    records: dict[tuple[str, str], Any] = field(default_factory=dict)
    events: dict[tuple[str, str], Callable[[], Node]] = field(default_factory=dict)
    after: list[Callable[[], None]] = field(default_factory=list)


class Store:
    """One Shopify store. Nested values of a node are replaced, never changed in place, so that a change can be undone."""

    def __init__(self, domain: str, clock: Clock, archive: Archive, first: int) -> None:
        self.domain, self.clock, self.archive = domain, clock, archive
        self.lock = threading.RLock()
        self.nodes: dict[str, Node] = {}
        self.kinds: dict[str, dict[str, Node]] = defaultdict(dict)
        self.index: dict[tuple[str, str], dict[Any, dict[str, None]]] = defaultdict(dict)
        self.records: dict[str, dict[str, Any]] = defaultdict(dict)
        self.next_number = first
        self.publish: Callable[[Store, dict[tuple[str, str], Callable[[], Node]]], None] | None = None
        self._change: Change | None = None

    # --- reading ------------------------------------------------------------------------------------------------------
    def get(self, global_id: str | None) -> Node | None:
        """Find a node, or nothing."""
        return self.nodes.get(global_id) if global_id else None

    def __getitem__(self, global_id: str) -> Node:
        return self.nodes[global_id]

    def all(self, kind: str) -> list[Node]:
        """List the nodes of a kind, oldest first."""
        return list(self.kinds[kind].values())

    def where(self, kind: str, name: str, value: Any) -> list[Node]:
        """List the nodes of a kind whose indexed field has a value; codes are compared without case."""
        found = self.index[kind, name].get(_key(value), ())
        return [self.nodes[global_id] for global_id in found]

    def level(self, item: str, location: str) -> Node | None:
        """Find the stock of one item at one place."""
        return next(
            (level for level in self.where("InventoryLevel", "item", item) if level["location"] == location), None
        )

    @property
    def shop(self) -> Node:
        return next(iter(self.kinds["Shop"].values()))

    # --- writing ------------------------------------------------------------------------------------------------------
    def number(self) -> int:
        """Take the next number for an id."""
        self.next_number += 1
        return self.next_number

    def add(self, kind: str, **fields: Any) -> Node:
        """Make a node; inside ``writing`` only."""
        value = self.number()
        node = {"__typename": kind, "id": gid(kind, value), "legacyResourceId": str(value), **fields}
        self.put(node)
        return node

    def put(self, node: Node) -> None:
        """Take in a node that already has its id; inside ``writing`` only."""
        self._remember(node["id"], None)
        self._enter(node)

    def change(self, node: Node, **fields: Any) -> Node:
        """Set fields of a node; inside ``writing`` only."""
        self._remember(node["id"], node)
        self._write(node, {**node, **fields})
        return node

    def remove(self, node: Node) -> None:
        """Delete a node; inside ``writing`` only."""
        self._remember(node["id"], node)
        self._leave(node)
        del self.nodes[node["id"]], self.kinds[node["__typename"]][node["id"]]

    def record(self, kind: str, key: str, value: Any) -> None:
        """Keep a value beside the nodes (a token, an idempotency key, a delivery); None forgets it; inside ``writing`` only."""
        change = self._changing()
        change.records.setdefault((kind, key), self.records[kind].get(key))
        if value is None:
            self.records[kind].pop(key, None)
        else:
            self.records[kind][key] = value

    def emit(self, topic: str, about: str, payload: Callable[[], Node]) -> None:
        """Announce an event; the payload is built when the change commits, once for each topic and subject."""
        events = self._changing().events
        events.pop((topic, about), None)
        events[topic, about] = payload

    def afterwards(self, work: Callable[[], None]) -> None:
        """Have something done once the change is committed."""
        self._changing().after.append(work)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the store and make what happens inside one change: archived before anybody hears of it, or undone.

        *Again*: nests; only the outermost commits.
        """
        with self.lock:
            if self._change is not None:
                yield
                return
            self._change = change = Change()
            try:
                yield
                if change.events and self.publish:
                    self.publish(self, change.events)
                self._archive(change)
            except BaseException:
                self._undo(change)
                raise
            finally:
                self._change = None
        for work in change.after:
            work()

    def picture(self) -> tuple[list[Node], list[tuple[str, str, Any]], int]:
        """Copy all that the store holds, to be hung up again by ``hang``."""
        with self.lock:
            records = [(kind, key, value) for kind, rows in self.records.items() for key, value in rows.items()]
            return copy.deepcopy((list(self.nodes.values()), records, self.next_number))

    def hang(self, picture: tuple[list[Node], list[tuple[str, str, Any]], int]) -> None:
        """Make the store what it was when the picture was taken; for stores without an archive."""
        nodes, records, number_then = copy.deepcopy(picture)
        with self.lock:
            for kept in (self.nodes, self.kinds, self.index, self.records):
                kept.clear()
            self.restore(nodes, records)
            self.next_number = number_then

    def restore(self, nodes: list[Node], records: list[tuple[str, str, Any]]) -> None:
        """Take back what the archive kept, in the order of the ids."""
        for node in sorted(nodes, key=lambda node: number(node["id"])):
            self._enter(node)
        for kind, key, value in records:
            self.records[kind][key] = value
        self.next_number = self.records["meta"].get("next", self.next_number)

    # --- inside -------------------------------------------------------------------------------------------------------
    def _changing(self) -> Change:
        if self._change is None:
            raise RuntimeError("a store changes inside writing() only")
        return self._change

    def _remember(self, global_id: str, node: Node | None) -> None:
        self._changing().before.setdefault(global_id, None if node is None else dict(node))

    def _enter(self, node: Node) -> None:
        kind = node["__typename"]
        self.nodes[node["id"]] = self.kinds[kind][node["id"]] = node
        for name in INDEXED.get(kind, ()):
            if node.get(name):
                self.index[kind, name].setdefault(_key(node[name]), {})[node["id"]] = None

    def _leave(self, node: Node) -> None:
        kind = node["__typename"]
        for name in INDEXED.get(kind, ()):
            if node.get(name):
                self.index[kind, name].get(_key(node[name]), {}).pop(node["id"], None)

    def _write(self, node: Node, wanted: Node) -> None:
        """Replace a node's content in place, so that it keeps its turn among its kind and in every index it stays in."""
        kind = node["__typename"]
        moved = [name for name in INDEXED.get(kind, ()) if _key(node.get(name)) != _key(wanted.get(name))]
        for name in moved:
            if node.get(name):
                self.index[kind, name].get(_key(node[name]), {}).pop(node["id"], None)
            if wanted.get(name):
                self.index[kind, name].setdefault(_key(wanted[name]), {})[node["id"]] = None
        node.clear()
        node.update(wanted)

    def _archive(self, change: Change) -> None:
        if not self.archive.kept:
            return
        nodes = {one: json.dumps(self.nodes[one]) if one in self.nodes else None for one in change.before}
        records = {(kind, key): self.records[kind].get(key) for kind, key in change.records}
        records["meta", "next"] = self.next_number
        self.archive.write(self.domain, nodes, records)

    def _undo(self, change: Change) -> None:
        for global_id, old in change.before.items():
            now = self.nodes.get(global_id)
            if now is not None and old is not None:
                self._write(now, old)
            elif now is not None:
                self._leave(now)
                del self.nodes[global_id], self.kinds[kind_of(global_id)][global_id]
            elif old is not None:
                self._enter(old)
        for (kind, key), value in change.records.items():
            if value is None:
                self.records[kind].pop(key, None)
            else:
                self.records[kind][key] = value


def _key(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value
