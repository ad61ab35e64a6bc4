"""Faults on demand: each waits for a call it matches and then spoils it, so many times."""

import threading
from dataclasses import dataclass

from network.connectors.shopify.standin.assigning import ranked
from network.connectors.shopify.standin.state import Store

CALLS = {"http_429", "http_500", "http_502_after", "throttle", "drop_before", "drop_after", "slow", "empty_after"}
MODES = CALLS | {"route_wrong"}


class AnswerLost(ConnectionError):
    """The connection ends without an answer."""


@dataclass
class Fault:
    """One fault: ``match`` is a text in the document, ``store`` a domain; both empty match everything."""

    mode: str
    match: str = ""
    times: int = 1
    store: str = ""
    seconds: float = 2.0
    location: str = ""  # for route_wrong: an id, a name, or "shelf"; empty takes the first other place


class Faults:
    """The faults that wait."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Let a fault wait."""
        if fault.mode not in MODES:
            raise ValueError(f"{fault.mode} is no fault; there are {', '.join(sorted(MODES))}")
        with self._lock:
            self._waiting.append(fault)
        return fault

    def clear(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._waiting.clear()

    def waiting(self) -> list[Fault]:
        """List the faults that still wait."""
        return list(self._waiting)

    def take(self, store: str, document: str, modes: set[str] = CALLS) -> Fault | None:
        """Use up one turn of the first fault that matches."""
        with self._lock:
            for fault in self._waiting:
                if fault.mode in modes and fault.match in document and fault.store in ("", store):
                    fault.times -= 1
                    if fault.times <= 0:
                        self._waiting.remove(fault)
                    return fault
        return None

    def wrong_place(self, store: Store) -> str | None:
        """Name the place where the next order is wrongly routed, if that fault waits."""
        fault = self.take(store.domain, "", {"route_wrong"})
        if fault is None:
            return None
        places = ranked(store)
        if fault.location == "shelf":
            chosen = [one for one in places if one["isFulfillmentService"]]
        elif fault.location:
            chosen = [one for one in store.all("Location") if fault.location in (one["id"], one["name"])]
        else:
            chosen = places[1:]
        return str(chosen[0]["id"]) if chosen else None
