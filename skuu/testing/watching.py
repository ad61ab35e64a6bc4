"""Watches every test for two habits that only bite in production: calling outside inside a transaction, and locks that are none.

What is found is kept and fails the test at its end, so that no handler can swallow it.
"""

import contextlib
import http.client
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from django.core.mail import EmailMessage
from django.db import connections
from django.db.backends.signals import connection_created
from django.db.models import QuerySet
from django.db.models.sql.compiler import SQLCompiler

OURS = ("/network/", "/catalog/", "/orders/", "/settlement/", "/skuu/")
NOT_OURS = ("/tests/", "/testing/", "/proof/", "conftest")
LOCK = re.compile(r"\bFOR (NO KEY )?UPDATE\b(?! OF [^)]*SKIP LOCKED)(?!.*SKIP LOCKED)", re.IGNORECASE | re.DOTALL)
# one statement that writes is a transaction
ITS_OWN = re.compile(r"\s*(with \w+ as \(\s*)?(update|insert|delete)\b", re.IGNORECASE)
PREPARE = re.compile(r"\s*prepare (\w+) \([^)]*\) as (.*)", re.IGNORECASE | re.DOTALL)
EXECUTE = re.compile(r"\bexecute (\w+) \(", re.IGNORECASE)
# a get, a first, or one key and nothing else before the lock
ONE_ROW = re.compile(r"\bLIMIT (1|21)\b|\.\"id\" = |\bwhere \w*id = %\(?\w*\)?s? for ", re.IGNORECASE)


@dataclass
class Lock:
    """A ``select_for_update`` and where it was asked for; only a query that runs locks anything."""

    place: str
    taken: bool = False


@dataclass
class Watched:
    """What was found wrong, and the locks asked for so far."""

    faults: list[str] = field(default_factory=list)
    locks: list[Lock] = field(default_factory=list)

    def finish(self) -> list[str]:
        """Say what was found; locks that no query ever took are faults too."""
        never = {f"{lock.place}: select_for_update() was never evaluated" for lock in self.locks if not lock.taken}
        return [*self.faults, *sorted(never)]


_now: list[Watched] = []
_prepared: dict[str, str] = {}  # the texts of prepared statements by name


@contextlib.contextmanager
def watching(*, alone: bool = False) -> Iterator[Watched]:
    """Watch whatever this process does meanwhile; nests. ``alone`` hides it from whoever watches already."""
    watched, others = Watched(), list(_now)
    _now[:] = [watched] if alone else [*others, watched]
    try:
        yield watched
    finally:
        _now[:] = others


def install() -> None:
    """Put the watch in place, once for the process. *Again*: no change."""
    if getattr(QuerySet, "_is_watched", False):
        return
    QuerySet._is_watched = True  # type: ignore[attr-defined]
    _before(http.client.HTTPConnection, "request", lambda *_: _calling("a call over HTTP"))
    _before(EmailMessage, "send", lambda *_: _calling("a mail"))
    _watch_locks()
    connection_created.connect(_wrap, weak=False)
    for connection in connections.all(initialized_only=True):
        _wrap(connection=connection)


def _before(kind: Any, name: str, look: Callable[..., None]) -> None:
    plain = getattr(kind, name)

    def looked(self: Any, *given: Any, **more: Any) -> Any:
        look(self)
        return plain(self, *given, **more)

    setattr(kind, name, looked)


def _calling(what: str) -> None:
    if not _now:
        return
    for connection in connections.all(initialized_only=True):
        open_blocks = [one for one in connection.atomic_blocks if not getattr(one, "_from_testcase", False)]
        place = _place()
        if open_blocks and place:
            _fault(f"{place}: {what} inside a transaction")


def _watch_locks() -> None:
    plain, plain_execute = QuerySet.select_for_update, SQLCompiler.execute_sql

    def select_for_update(self: Any, *given: Any, **more: Any) -> Any:
        locked = plain(self, *given, **more)
        place = _place()
        if _now and place:
            lock = locked.query.watched_lock = Lock(place)
            for watched in _now:
                watched.locks.append(lock)
        return locked

    def execute_sql(self: Any, *given: Any, **more: Any) -> Any:
        _note_taken(self.query)
        return plain_execute(self, *given, **more)

    QuerySet.select_for_update = select_for_update  # type: ignore[method-assign]
    SQLCompiler.execute_sql = execute_sql  # type: ignore[method-assign]


def _note_taken(query: Any) -> None:
    """A clone carries its lock along; one that asks for it no longer (a count) takes none."""
    lock = getattr(query, "watched_lock", None)
    if lock is not None and query.select_for_update:
        lock.taken = True


def _wrap(connection: Any, **_: Any) -> None:
    if _judge not in connection.execute_wrappers:
        connection.execute_wrappers.append(_judge)


def _judge(execute: Any, sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    text = _text_of(sql) if isinstance(sql, str) else ""
    if _now and " UPDATE" in text.upper() and LOCK.search(text):  # the plain look spares most statements the other
        place = _place()
        if place and "ORDER BY" not in text.upper() and not ONE_ROW.search(text):
            _fault(f"{place}: rows are locked in no order: {text[:300]}")
        if place and not context["connection"].in_atomic_block and not ITS_OWN.match(text):
            _fault(f"{place}: rows are locked outside a transaction: {text[:300]}")
    return execute(sql, params, many, context)


def _text_of(sql: str) -> str:
    """Say what a statement runs: one that was prepared is judged whenever it is executed."""
    if prepared := PREPARE.match(sql):
        _prepared[prepared[1]] = prepared[2]
        return ""
    executed = EXECUTE.search(sql) if "EXECUTE " in sql.upper() else None
    return _prepared.get(executed[1], sql) if executed else sql


def _fault(words: str) -> None:
    for watched in _now:
        if words not in watched.faults:
            watched.faults.append(words)


def _place() -> str:
    """Name the innermost line of the project's own code on the stack; nothing when only tests stand there."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        name = frame.f_code.co_filename
        if any(part in name for part in OURS) and "site-packages" not in name:
            return "" if any(part in name for part in NOT_OURS) else f"{name}:{frame.f_lineno}"
        frame = frame.f_back
    return ""
