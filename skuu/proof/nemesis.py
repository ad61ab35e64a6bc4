"""Whoever means harm to a running network: processes and connections die, answers are lost, messages go astray, clocks jump."""

import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import requests

LOST = (
    "PlaceInternalOrder",
    "CancelInternalOrder",
    "Ship(",
    "AcceptRequest",
    "WriteShelf",
    "ActivateOnShelf",
    "Restock(",
)
PAUSE = (2.0, 6.0)
TERMINATE = """select count(pg_terminate_backend(pid)) from pg_stat_activity
  where pid <> pg_backend_pid() and usename = current_user and random() < 0.5"""


@dataclass
class Nemesis:
    """Does one harm after another, in an order drawn by seed, until it is told to stop.

    ``done`` counts the harms, and what of those that lie in wait truly came about.
    """

    told: Callable[[], dict[str, Any]]  # the running network's file: addresses, processes, control token
    database: str
    chance: random.Random
    done: Counter[str] = field(default_factory=Counter)
    stopping: threading.Event = field(default_factory=threading.Event)
    skew: float = 0.0

    def rage(self) -> None:
        """Do every harm once before any comes again, until told to stop; what cannot be harmed just now is left for later."""
        harms: list[tuple[str, Callable[[], None]]] = [
            *((f"kill {name}", lambda name=name: self._kill(name)) for name in ("worker", "web", "standin")),
            ("kill a child of the worker", self._kill_child),
            ("end database connections", self._end_connections),
            ("lose an answer", self._lose_answer),
            ("lose an answer", self._lose_answer),
            ("fail a call", self._fail_calls),
            ("disturb messages", self._disturb),
            ("disturb messages", self._disturb),
            ("shift the stores' clock", self._shift_clock),
        ]
        left: list[tuple[str, Callable[[], None]]] = []
        while not self.stopping.wait(self.chance.uniform(*PAUSE)):
            left = left or self.chance.sample(harms, len(harms))
            name, harm = left.pop()
            try:
                harm()
                self.done[name] += 1
            except (OSError, psycopg.Error, requests.RequestException, KeyError):
                left.insert(0, (name, harm))  # it is down already
        self.tally()

    def rest(self) -> None:
        """Let messages come in order again, and no call fail."""
        self.control("deliveries", {"delay_ms": 0, "shuffle_ms": 0, "duplicate": 0, "lose": 0})
        self.control("faults", {}, method="DELETE")

    def control(self, path: str, body: Mapping[str, Any], method: str = "POST") -> Any:
        """Ask the stand-in for trouble."""
        told = self.told()
        answer = requests.request(
            method,
            f"{told['standin']}/__standin/{path}",
            json=dict(body),
            headers={"X-Standin-Control": told["control_token"]},
            timeout=10,
        )
        answer.raise_for_status()
        return answer.json()

    def tally(self) -> None:
        """Count the calls that were spoiled and the messages that were lost since the stand-in began; it forgets when it dies."""
        try:
            calls = self.control("log?last=100000", {}, method="GET")["calls"]
            sent = self.control("deliveries?last=100000", {}, method="GET")["done"]
        except (OSError, requests.RequestException, KeyError):
            return
        self.done.update(f"spoiled: {row['fault']}" for row in calls if row["fault"])
        self.done["messages lost"] += sum(row["status"] == "lost" for row in sent)

    def _kill(self, name: str) -> None:
        if name == "standin":
            self.tally()
        os.kill(self.told()["processes"][name], signal.SIGKILL)

    def _kill_child(self) -> None:
        """One process of the worker's group dies alone, the way an out-of-memory killer picks it."""
        worker = self.told()["processes"]["worker"]
        children = Path(f"/proc/{worker}/task/{worker}/children").read_text().split()
        if children:
            os.kill(int(self.chance.choice(children)), signal.SIGKILL)

    def _end_connections(self) -> None:
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute(TERMINATE)

    def _lose_answer(self) -> None:
        """Lie in wait for calls of three kinds: some are rare, and a stand-in that dies forgets them."""
        for match in self.chance.sample(LOST, 3):
            self.control("faults", {"mode": "drop_after", "match": match, "times": 1})

    def _fail_calls(self) -> None:
        mode = self.chance.choice(("http_500", "http_429", "throttle", "drop_before", "http_502_after"))
        self.control("faults", {"mode": mode, "match": "", "times": self.chance.randint(1, 4)})

    def _disturb(self) -> None:
        disorder = {
            "delay_ms": self.chance.choice((0, 200)),
            "shuffle_ms": self.chance.choice((0, 1000, 3000)),
            "duplicate": self.chance.choice((0, 20, 50)),
            "lose": self.chance.choice((0, 5, 30)),
        }
        self.control("deliveries", disorder)

    def _shift_clock(self) -> None:
        """The stores' clocks run up to a minute and a half before ours; they are never set back."""
        step = self.chance.choice((15.0, 30.0, 45.0))
        if self.skew + step <= 90.0:
            self.skew += step
            self.control("clock", {"seconds": step})
