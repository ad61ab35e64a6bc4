"""A database with every migration applied, kept in the tests' server and copied by each run, until a migration changes."""

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import connection

PREFIX = "migrated_"
# Any number that nothing else in the tests' server waits for.
_BUILDING = 7_314_905


def migrated_database() -> str:
    """Return the name of a database to copy, building it when there is none as today's migrations would have it.

    *Again*: the same name and no work. Two at once: one builds, the other waits.
    """
    name = PREFIX + _fingerprint()
    with connection._nodb_cursor() as cursor:
        cursor.execute(
            "set lock_timeout = 0; set statement_timeout = 0"
        )  # building takes longer than anything in trade
        cursor.execute("select pg_advisory_lock(%s)", [_BUILDING])
        try:
            cursor.execute("select datname from pg_database where datname like %s", [f"{PREFIX}%"])
            found = {row[0] for row in cursor.fetchall()}
            if name not in found:
                for former in found:
                    cursor.execute(f'drop database "{former}" with (force)')
                _build(half := f"{PREFIX}half")
                cursor.execute(f'alter database "{half}" rename to "{name}"')
        finally:
            cursor.execute("select pg_advisory_unlock(%s)", [_BUILDING])
    return name


@contextlib.contextmanager
def copied_from(template: str) -> Iterator[None]:
    """Let test databases made meanwhile be copies of `template`, in which nothing is left to migrate."""
    test = connection.settings_dict["TEST"]
    before = {key: test.get(key) for key in ("TEMPLATE", "MIGRATE")}
    test |= {"TEMPLATE": template, "MIGRATE": False}
    try:
        yield
    finally:
        test |= before


def _build(name: str) -> None:
    own, test = connection.settings_dict["NAME"], connection.settings_dict["TEST"]
    called = test["NAME"]
    test["NAME"] = name
    try:
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    finally:
        connection.close()
        test["NAME"] = called
        settings.DATABASES[connection.alias]["NAME"] = connection.settings_dict["NAME"] = own


def _fingerprint() -> str:
    """Name what decides how a migrated database looks: every app's migrations, and its models, whose permissions it holds."""
    digest = hashlib.sha256()
    for app in sorted(apps.get_app_configs(), key=lambda app: app.label):
        digest.update(app.label.encode())
        for file in sorted(Path(app.path, "migrations").glob("*.py")):
            digest.update(file.name.encode() + file.read_bytes())
        digest.update(repr([(m._meta.label, m._meta.permissions) for m in app.get_models()]).encode())
    return digest.hexdigest()[:20]
