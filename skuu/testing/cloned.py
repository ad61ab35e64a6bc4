"""A database of one's own for tests with real threads: cloned from the migrated test database, thrown away, never flushed.

Django's TransactionTestCase (and pytest-django's ``transactional_db``) cleans up with TRUNCATE, which the ledger refuses.
"""

import contextlib
import itertools
import os
from collections.abc import Iterator

from django.db import connection, connections
from django.db.backends.base.creation import TEST_DATABASE_PREFIX

from skuu.testing.migrated import copied_from, migrated_database

_count = itertools.count(1)


@contextlib.contextmanager
def cloned_database() -> Iterator[str]:
    """Point the default connection of every thread at a fresh clone of the test database; commits are real in it.

    Ask for pytest-django's ``django_db_setup`` and unblock the database first. Threads close their own connections.
    """
    original = _migrated_test_database()
    clone = f"{original}_{os.getpid()}_{next(_count)}"
    connections.close_all()  # a template must have no connection
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{clone}" TEMPLATE "{original}"')
    connection.settings_dict["NAME"] = clone
    try:
        yield clone
    finally:
        connections.close_all()
        connection.settings_dict["NAME"] = original
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{clone}" WITH (FORCE)')


def _migrated_test_database() -> str:
    # pytest-django makes the test database only when some collected test carries its mark; without it the default
    # connection still points at the project's own data
    if not connection.settings_dict["NAME"].startswith(TEST_DATABASE_PREFIX):
        with copied_from(migrated_database()):
            connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    return str(connection.settings_dict["NAME"])
