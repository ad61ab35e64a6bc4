"""What somebody must look at now: silent or hung workers, work that waits too long, anything scheduled that has not run."""

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone
from django_q.models import Failure, Schedule

from network.models import Shop, StoreBudget
from network.notify import mail_staff
from network.rates import is_fixed, newest_day, rates_are_stale
from network.receive import TOO_LARGE_FROM
from skuu.backlogs import backlogs, put_off
from skuu.books import doubts_about_books
from skuu.health import SILENT, canary_sung, worker_seen
from skuu.kit.models import Bell, Heartbeat
from skuu.pulse import ran
from skuu.schedule import BELLS, TIMETABLE
from skuu.timetable import name_of

GRACE = dt.timedelta(minutes=10)
DAY = dt.timedelta(days=1)
TOLD = "told:"
TELL_AGAIN = dt.timedelta(hours=6)


@dataclass(frozen=True)
class Alarm:
    """One thing that is wrong: a key that stays the same while it lasts, what it is, and what to do."""

    key: str
    text: str
    mend: str


def alarms() -> list[Alarm]:
    """Look at everything that may be wrong; a handful of indexed queries."""
    return [*_books(), *_workers(), *_sweeps(), *_timetable(), *_backlogs(), *_stores(), *_rates(), *_failures()]


def _workers() -> list[Alarm]:
    now, seen = timezone.now(), worker_seen()
    if seen is None or now - seen > SILENT:
        since = f"since {seen:%Y-%m-%d %H:%M:%S} UTC" if seen else "and never was one"
        return [Alarm("worker", f"No worker is alive {since}.", "Run manage.py worker.")]
    sung = canary_sung()
    if sung is None or now - sung > SILENT:
        return [
            Alarm(
                "canary",
                "Jobs are not begun: the last one through the queue was "
                + (f"at {sung:%Y-%m-%d %H:%M:%S} UTC." if sung else "never seen."),
                "A hung cluster restarts itself within two minutes; if this stays, add workers (SKUU_WORKERS) and look at the log.",
            )
        ]
    return []


def _sweeps() -> list[Alarm]:
    """Sweeps that nobody answered: rung every few seconds, so a few minutes without an answer are too many."""
    answered = dict(Bell.objects.values_list("name", "answered_at"))
    begun = Heartbeat.objects.filter(name="worker").exists()
    found = []
    for bell in BELLS:
        name = f"{bell.job.__module__}.{bell.job.__qualname__}"
        last, limit = answered.get(name), max(dt.timedelta(minutes=5), dt.timedelta(seconds=10 * bell.every))
        if begun and name in answered and (last is None or timezone.now() - last > limit):
            found.append(
                Alarm(f"bell {name}", f"The sweep {name} has not run for {limit}.", "Look at the worker's log.")
            )
    return found


def _timetable() -> list[Alarm]:
    """Jobs of the timetable that are missing, overdue, or have not run through for twice their time."""
    now = timezone.now()
    held = {row.name: row for row in Schedule.objects.filter(name__in=[name_of(row) for row in TIMETABLE])}
    ran_at = dict(Heartbeat.objects.filter(name__startswith="ran:").values_list("name", "at"))
    found = []
    for row in TIMETABLE:
        name = name_of(row)
        due = held[name].next_run if name in held else None
        last = ran_at.get(ran(row.job))
        if due is None:
            found.append(Alarm(f"row {name}", f"{name} is not scheduled.", "Run manage.py schedule."))
        elif now - due > GRACE:
            text = f"{name} was due at {due:%Y-%m-%d %H:%M} UTC and has not been begun."
            found.append(Alarm(f"row {name}", text, "Is a worker running?"))
        elif last is not None and now - last > dt.timedelta(minutes=2 * row.minutes) + GRACE:
            text = f"{name} last ran through at {last:%Y-%m-%d %H:%M} UTC; it should every {row.minutes} minutes."
            found.append(Alarm(f"row {name}", text, "It fails or is killed: look at the worker's log."))
    return found


def _backlogs() -> list[Alarm]:
    return [
        Alarm(
            f"late {one.name}",
            f"{one.name.capitalize()}: {one.count} wait, and the oldest could have been done for {_short(one.overdue)}.",
            "See below; are there enough workers?",
        )
        for one in backlogs()
        if one.is_late
    ]


def _stores() -> list[Alarm]:
    """Stores that keep their own work waiting: they are away, refuse us, or their messages fail again and again."""
    return [
        Alarm(
            f"store {one.shop.pk}",
            f"{one.shop} keeps work waiting since {one.oldest:%Y-%m-%d %H:%M} UTC ("
            + ", ".join(f"{name}: {count}" for name, count in one.counts.items())
            + ").",
            "It is tried again by itself; look at its connection and at what its store answers.",
        )
        for one in put_off()
    ]


def _books() -> list[Alarm]:
    mend = "Release and pay nothing; run manage.py check_ledger and restore what it names."
    return [Alarm(f"books {text}", text, mend) for text in doubts_about_books()]


def _rates() -> list[Alarm]:
    """Rates that stopped coming matter once anybody trades in a currency that has no fixed one."""
    if not rates_are_stale(timezone.localdate()) or not stale_currencies():
        return []
    text = f"The newest exchange rates are of {newest_day():%Y-%m-%d}; {', '.join(stale_currencies())} are compared by them."
    return [Alarm("rates", text, "Run manage.py import_rates with the central bank's newest file.")]


def stale_currencies() -> list[str]:
    """Name the currencies of open shops whose rate is none that was fixed for good."""
    open_shops = Shop.everyone.exclude(status__in=["installing", "left"])
    used = open_shops.order_by("currency").values_list("currency", flat=True).distinct()
    return [currency for currency in used if not is_fixed(currency)]


def _failures() -> list[Alarm]:
    found = []
    failed = Failure.objects.filter(stopped__gt=timezone.now() - dt.timedelta(hours=1)).values_list("func", flat=True)
    if names := sorted({str(name) for name in failed.order_by("func")[:1000]}):
        found.append(Alarm("failed", f"Failed within the hour: {', '.join(names)}.", "Look at the worker's log."))
    large = Heartbeat.objects.filter(name__startswith=TOO_LARGE_FROM, at__gt=timezone.now() - DAY)
    for name in large.values_list("name", flat=True):
        shop = name.removeprefix(TOO_LARGE_FROM)
        text = f"{shop} sends a message larger than 10 MB, which is refused."
        found.append(
            Alarm(name, text, "Its subscription ends after eight tries; the nightly read repairs what was lost.")
        )
    slow = StoreBudget.objects.filter(throttled_at__gt=timezone.now() - dt.timedelta(hours=1), throttled__gte=20)
    for budget in slow.select_related("shop"):
        text = f"{budget.shop} asks us to slow down ({budget.throttled} times so far)."
        found.append(
            Alarm(f"throttled {budget.shop_id}", text, "Another app may share its budget; see the store's budget.")
        )
    return found


def _short(age: dt.timedelta) -> str:
    return str(dt.timedelta(seconds=int(age.total_seconds())))


def tell_alarms() -> int:
    """Mail staff of alarms not told of within six hours, in one mail; returns how many. What is over is forgotten.

    Called by the worker's supervisor, which lives while its cluster hangs. Never inside a transaction.
    """
    standing = {f"{TOLD}{one.key}"[:60]: one for one in alarms()}
    Heartbeat.objects.filter(name__startswith=TOLD).exclude(name__in=standing).delete()
    recent = Heartbeat.objects.filter(name__in=standing, at__gt=timezone.now() - TELL_AGAIN)
    new = sorted(set(standing) - set(recent.values_list("name", flat=True)))
    if not new:
        return 0
    body = "\n\n".join(f"{standing[name].text}\n→ {standing[name].mend}" for name in new)
    if mail_staff(f"{len(new)} alarm{'s' if len(new) > 1 else ''} in the network", body):
        for name in new:
            Heartbeat.beat(name)
    return len(new)
