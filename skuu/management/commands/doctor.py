"""Say what is configured, reachable and missing, and how to mend each."""

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import requests
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from network.rates import newest_day, rates_are_stale
from skuu import backlogs, health
from skuu.alarms import stale_currencies
from skuu.books import doubts_about_books
from skuu.testing.chromium import find_chromium


@dataclass(frozen=True)
class Finding:
    """One thing looked at: how it stands, and what to do when it is not well."""

    what: str
    state: str  # ok, warn, bad
    detail: str
    mend: str = ""


class Command(BaseCommand):
    help = "Look at everything the network needs and say how to mend what is missing. Exit 1 when something is bad."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the findings as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = [look() for look in LOOKS]
        if options["json"]:
            self.stdout.write(json.dumps([asdict(f) for f in findings], indent=2))
        else:
            show(findings)
        if any(f.state == "bad" for f in findings):
            sys.exit(1)


def show(findings: list[Finding]) -> None:
    """Print the table a person reads."""
    table = Table(show_header=False, box=None)
    marks = {"ok": "[green]ok[/green]", "warn": "[yellow]look[/yellow]", "bad": "[red]bad[/red]"}
    for finding in findings:
        text = finding.detail + (f"\n→ {finding.mend}" if finding.mend and finding.state != "ok" else "")
        table.add_row(marks[finding.state], finding.what, text)
    Console().print(table)


def look_at_profile() -> Finding:
    """Name the profile and what it means."""
    where = f"profile {settings.PROFILE}, debug {'on' if settings.DEBUG else 'off'}, at {settings.BASE_URL}"
    if settings.PRODUCTION and not settings.BASE_URL.startswith("https://"):
        return Finding("settings", "bad", where, "set SKUU_BASE_URL to the public https address")
    return Finding("settings", "ok", where)


def look_at_database() -> Finding:
    """Connect, and compare the migrations."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("show server_version_num")
            version = int(cursor.fetchone()[0])
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (DatabaseError, RuntimeError) as error:
        return Finding(
            "database", "bad", str(error).strip(), "start PostgreSQL, or unset DATABASE_URL to use the embedded one"
        )
    if version < 150000:
        return Finding("database", "bad", f"PostgreSQL {version // 10000}", "PostgreSQL 15 or newer is needed")
    if missing:
        return Finding("database", "bad", f"{len(missing)} migrations are not applied", "run: python manage.py migrate")
    return Finding("database", "ok", f"PostgreSQL {version // 10000}, all migrations applied")


def look_at_keys() -> Finding:
    """Count the keys of the ring."""
    count = len(settings.SKUU_KEYRING)
    detail = f"{count} key{'s' if count > 1 else ''} in the ring; the first writes"
    if count > 1:
        return Finding("key ring", "warn", detail, "run manage.py rotate_keys, then drop the old keys")
    return Finding("key ring", "ok", detail)


def look_at_shopify() -> Finding:
    """Say which Shopify we would speak to."""
    if not settings.SHOPIFY_CLIENT_ID or not settings.SHOPIFY_CLIENT_SECRET:
        return Finding("Shopify", "bad", "no app credentials", "set SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET")
    if not settings.SHOPIFY_STANDIN_URL:
        return Finding("Shopify", "ok", "app credentials are set; stores are reached at Shopify itself")
    try:
        requests.get(settings.SHOPIFY_STANDIN_URL, timeout=2)
    except requests.RequestException:
        return Finding(
            "Shopify", "warn", f"the stand-in at {settings.SHOPIFY_STANDIN_URL} does not answer", "run: make demo"
        )
    return Finding("Shopify", "ok", f"the stand-in answers at {settings.SHOPIFY_STANDIN_URL}")


def look_at_worker() -> Finding:
    """Say when a worker was last seen."""
    try:
        seen = health.worker_seen()
    except DatabaseError:
        return Finding("worker", "bad", "unknown: the database does not answer")
    if seen is None:
        return Finding("worker", "warn", "no worker has ever run", "run: python manage.py worker")
    age = timezone.now() - seen
    if age.total_seconds() > 60:
        return Finding("worker", "warn", f"last seen {seen:%Y-%m-%d %H:%M:%S} UTC", "run: python manage.py worker")
    return Finding("worker", "ok", f"seen {age.total_seconds():.0f} s ago")


def look_at_backlogs() -> Finding:
    """Name what is older than it may be."""
    try:
        found = backlogs.backlogs()
    except DatabaseError:
        return Finding("backlogs", "bad", "unknown: the database is not ready", "run: python manage.py migrate")
    late = [f"{b.name}: {b.count}, due for {b.overdue}" for b in found if b.is_late]
    if late:
        return Finding("backlogs", "bad", "; ".join(late), "is a worker running? see the operations page")
    return Finding("backlogs", "ok", f"nothing is late; {sum(b.count for b in found)} rows are on their way")


def look_at_rates() -> Finding:
    """Say of which day the exchange rates are."""
    try:
        newest, used = newest_day(), stale_currencies()
    except DatabaseError:
        return Finding("exchange rates", "bad", "unknown: the database is not ready", "run: python manage.py migrate")
    detail = f"the newest are of {newest:%Y-%m-%d}"
    if rates_are_stale(timezone.localdate()) and used:
        mend = "run: python manage.py import_rates FILE (eurofxref.csv of the European Central Bank)"
        return Finding("exchange rates", "warn", f"{detail}; {', '.join(used)} are compared by them", mend)
    return Finding("exchange rates", "ok", detail)


def look_at_books() -> Finding:
    """Say whether the ledger sums to zero, and what its last proof found."""
    try:
        doubts = doubts_about_books()
    except DatabaseError:
        return Finding("books", "bad", "unknown: the database is not ready", "run: python manage.py migrate")
    if doubts:
        return Finding("books", "bad", " ".join(doubts), "run: python manage.py check_ledger")
    return Finding("books", "ok", "the newest entries sum to zero")


def look_at_mail() -> Finding:
    """Say where mail goes."""
    backend = settings.EMAIL_BACKEND.rsplit(".", 2)[-2]
    if settings.PRODUCTION and backend != "smtp":
        return Finding("mail", "bad", f"mail goes to the {backend} backend", "set EMAIL_URL=smtp://…")
    return Finding("mail", "ok", f"{backend}, from {settings.DEFAULT_FROM_EMAIL}")


def look_at_tools() -> Finding:
    """Look for what only development needs."""
    missing = [name for name, there in (("Chromium", find_chromium()), ("make", shutil.which("make"))) if not there]
    if missing:
        return Finding(
            "tools",
            "warn",
            f"{' and '.join(missing)} not found",
            "only the tests need them; make test installs Chromium as root",
        )
    return Finding("tools", "ok", "make and Chromium are here")


LOOKS: tuple[Callable[[], Finding], ...] = (
    look_at_profile,
    look_at_database,
    look_at_keys,
    look_at_shopify,
    look_at_worker,
    look_at_backlogs,
    look_at_rates,
    look_at_books,
    look_at_mail,
    look_at_tools,
)
