"""Where a stand-in's state survives the process: one SQLite file, written once for each change, or nothing at all."""

import json
import sqlite3
import threading
from pathlib import Path
from typing import Any

TABLES = """
create table if not exists node (store text, gid text, body text not null, primary key (store, gid)) without rowid;
create table if not exists record (store text, kind text, key text, body text not null, primary key (store, kind, key)) without rowid;
create table if not exists file (name text primary key, body blob not null);
"""


class Archive:
    """A SQLite file, or, without a path, nothing: then state ends with the process.

    Synchronous writing is off: a killed process loses nothing, only a machine that loses its power might.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.kept = path is not None
        self._lock = threading.Lock()
        self._files: dict[str, bytes] = {}
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._base = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._base.execute("pragma journal_mode = wal")
            self._base.execute("pragma synchronous = off")
            self._base.executescript(TABLES)

    def stores(self) -> list[str]:
        """Name the stores that the file holds."""
        return [row[0] for row in self._base.execute("select distinct store from node")] if self.kept else []

    def read(self, store: str) -> tuple[list[dict[str, Any]], list[tuple[str, str, Any]]]:
        """Give back the nodes and records of a store."""
        with self._lock:
            nodes = [
                json.loads(row[0]) for row in self._base.execute("select body from node where store = ?", (store,))
            ]
            rows = self._base.execute("select kind, key, body from record where store = ?", (store,)).fetchall()
        return nodes, [(kind, key, json.loads(body)) for kind, key, body in rows]

    def write(self, store: str, nodes: dict[str, str | None], records: dict[tuple[str, str], Any]) -> None:
        """Keep one change of one store, whole or not at all; None deletes."""
        put = [(store, one, body) for one, body in nodes.items() if body is not None]
        drop = [(store, one) for one, body in nodes.items() if body is None]
        keep = [(store, kind, key, json.dumps(value)) for (kind, key), value in records.items() if value is not None]
        forget = [(store, kind, key) for (kind, key), value in records.items() if value is None]
        with self._lock:
            self._base.execute("begin immediate")
            try:
                self._base.executemany("insert or replace into node values (?, ?, ?)", put)
                self._base.executemany("delete from node where store = ? and gid = ?", drop)
                self._base.executemany("insert or replace into record values (?, ?, ?, ?)", keep)
                self._base.executemany("delete from record where store = ? and kind = ? and key = ?", forget)
                self._base.execute("commit")
            except BaseException:
                self._base.execute("rollback")
                raise

    def keep_file(self, name: str, body: bytes) -> None:
        """Keep a result file under a name."""
        if not self.kept:
            self._files[name] = body
            return
        with self._lock:
            self._base.execute("insert or replace into file values (?, ?)", (name, body))

    def file(self, name: str) -> bytes | None:
        """Give back a result file, or nothing."""
        if not self.kept:
            return self._files.get(name)
        with self._lock:
            row = self._base.execute("select body from file where name = ?", (name,)).fetchone()
        return None if row is None else bytes(row[0])

    def close(self) -> None:
        """Let go of the file."""
        if self.kept:
            with self._lock:
                self._base.close()
