"""A database of a bench's own: the project's schema on a durable server that is made for the run and deleted after it.

Import this before anything of the project: it sets the environment that settings are read from. The project's own data is
never looked at, whatever the environment of the caller names.
"""

import contextlib
import fcntl
import io
import os
import pathlib
import secrets
import sys
import time
from collections.abc import Iterator

from cryptography.fernet import Fernet

CLUSTER = os.environ.get("SKUU_PG_CLUSTER") or "bench"
if not CLUSTER.startswith("bench"):
    sys.exit(f"SKUU_PG_CLUSTER is {CLUSTER!r}; a bench destroys its cluster, so its name must begin with 'bench'.")
os.environ.pop("DATABASE_URL", None)
os.environ |= {
    "SKUU_PG_CLUSTER": CLUSTER,  # not "test…": those do not wait for the disk
    "DJANGO_SETTINGS_MODULE": "skuu.settings",
    "SKUU_PROFILE": "test",
    "SKUU_LOCAL_ENV": "off",
    "SECRET_KEY": secrets.token_urlsafe(50),
    "SKUU_KEYRING": Fernet.generate_key().decode(),
    "SHOPIFY_CLIENT_ID": "bench-client",
    "SHOPIFY_CLIENT_SECRET": secrets.token_hex(16),
    "ROUTING_WAIT_SECONDS": "0",
    "ALLOWED_HOSTS": "testserver",
    "EMAIL_URL": "memorymail://",
    "LOG_LEVEL": "ERROR",
}

import django  # noqa: E402

django.setup()

from django.db import connection, connections  # noqa: E402

from skuu.postgresql import server  # noqa: E402


@contextlib.contextmanager
def scratch_database() -> Iterator[str]:
    """Run the block with every migration applied to an empty database; server and data are gone afterwards.

    One bench at a time in a checkout: a second one waits.
    """
    lock = pathlib.Path(__file__).resolve().parents[1] / "var" / f"{CLUSTER}.lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        server.destroy()  # what a killed run left behind
        try:
            _migrate()
            yield str(connection.settings_dict["NAME"])
        finally:
            connections.close_all()
            server.destroy()


def _migrate() -> None:
    options = connection.settings_dict["OPTIONS"]
    guarded = options["options"]
    options["options"] = f"{guarded} -c synchronous_commit=off"  # an empty schema need not survive a crash
    with contextlib.redirect_stdout(io.StringIO()):  # standard output carries figures only
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    connections.close_all()
    options["options"] = guarded


@contextlib.contextmanager
def cloned_scratch(name: str) -> Iterator[str]:
    """Copy the scratch database as it stands now, and drop the copy after the block; connections end before and after."""
    original = str(connection.settings_dict["NAME"])
    connections.close_all()  # a template must have no connection
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'create database "{name}" template "{original}" strategy file_copy')
    try:
        yield name
    finally:
        _drop(name)


def _drop(name: str, tries: int = 600) -> None:
    """Drop a copy; the server's own cleaning of a large one cannot be ended by our role, so it is waited for."""
    for left in reversed(range(tries)):
        try:
            with connection._nodb_cursor() as cursor:
                cursor.execute(f'drop database "{name}" with (force)')
            return
        except django.db.utils.ProgrammingError:
            if not left:
                raise
            time.sleep(1)


def dsn(database: str | None = None) -> str:
    """Name a scratch database to psycopg, for references that must not pass through Django."""
    settings = connection.settings_dict
    return f"host={settings['HOST']} user={settings['USER']} dbname={database or settings['NAME']}"


def url(database: str | None = None) -> str:
    """Name a scratch database to a program of ours that runs as a process of its own, as its DATABASE_URL."""
    settings = connection.settings_dict
    return f"postgresql://{settings['USER']}@/{settings['HOST']}/{database or settings['NAME']}"


def run_sql(*statements: str, **values: object) -> None:
    """Run statements that prepare a bench, without the guards that bound a request."""
    with connection.cursor() as cursor:
        cursor.execute("set statement_timeout = 0")
        for statement in statements:
            cursor.execute(statement, values or None)
        cursor.execute("reset statement_timeout")


def settle_down() -> None:
    """Give the planner its statistics and end the writing that loading has begun, so that neither falls into a figure."""
    run_sql("vacuum analyze")
    with contextlib.suppress(django.db.utils.ProgrammingError):  # the project's role may not be allowed to
        run_sql("checkpoint")


def load() -> str:
    """Say how busy the machine is, for the notes beside the figures."""
    return f"{os.getloadavg()[0]:.1f}"
