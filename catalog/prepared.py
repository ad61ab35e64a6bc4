"""Statements whose plan the session keeps: planned anew for each change, they would take longer than they run."""

import hashlib
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection

_KEPT: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()  # what each of this process's sessions has prepared


def run_prepared(sql: str, types: Sequence[str], values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run a statement with ``$1, $2`` for values of these types, planned once in a session for values of any size.

    Runs inside the caller's transaction, to whose end the choice of plan is bound; without one it is a transaction itself.
    Not by psycopg's own way of preparing: Django turns that off, and it forgets every plan of the session at each rollback.
    """
    name = "kept_" + hashlib.md5(sql.encode(), usedforsecurity=False).hexdigest()[:16]
    with connection.cursor() as cursor:
        kept = _KEPT.setdefault(connection.connection, set())
        if name not in kept:
            cursor.execute("select 1 from pg_prepared_statements where name = %s", [name])
            if cursor.fetchone() is None:
                cursor.execute(f"prepare {name} ({', '.join(types)}) as {sql.replace('%', '%%')}", [])
            kept.add(name)
        given = ", ".join(f"%s::{kind}" for kind in types)
        cursor.execute(f"set local plan_cache_mode = force_generic_plan; execute {name} ({given})", list(values))
        cursor.nextset()  # the first answer is the setting's
        return cursor.fetchall()
