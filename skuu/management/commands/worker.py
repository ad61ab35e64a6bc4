"""Run the jobs: a cluster that is ended whole when one of its workers dies or all of it hangs, and the bells that wake every sweep."""

import os
import signal
import socket
import sys
import time
from typing import Any

import structlog
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import Error as DatabaseError
from django.db import close_old_connections, connection

from skuu.kit.models import Heartbeat
from skuu.processes import Child, die_with_parent

log = structlog.get_logger(__name__)
SLOW_START = 60  # seconds a new cluster may take before its first job
PULSE = "SKUU_PULSE"  # how the supervisor tells its cluster under which name to beat


class Command(BaseCommand):
    help = "Run the jobs of the network; stop with Ctrl-C or SIGTERM. Several may run at once, on several machines."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cluster", action="store_true", help="only the job cluster (used by the worker itself)")
        parser.add_argument("--no-bells", action="store_true", help="do not ring the sweeps; another worker does")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["cluster"]:
            run_cluster()
        else:
            supervise(rings=not options["no_bells"])


def run_cluster() -> None:
    """Run one django-q cluster that dies as a whole when a worker dies unasked.

    A killed worker may take the queue's lock with it, after which the others wait for ever (django-q2 23, 339);
    a whole new cluster is the one cure that always works. Unfinished tasks come back, and sweeps run anyway.
    """
    from django_q.cluster import Sentinel

    from skuu.pulse import beat_as

    die_with_parent()
    beat_as(os.environ.get(PULSE, "pulse:alone"))
    reincarnate = Sentinel.reincarnate

    def end_or_recycle(self: Any, process: Any) -> Any:
        if process not in (self.monitor, self.pusher) and process.timer.value not in (0, -2):
            log.error("a worker died; ending its cluster")
            os.killpg(0, signal.SIGKILL)
        return reincarnate(self, process)

    Sentinel.reincarnate = end_or_recycle
    call_command("qcluster")


def supervise(*, rings: bool) -> None:
    """Keep one cluster alive and working, and ring the bells, until told to stop."""
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda signum, frame: asked.append(signum))
    pulse = f"pulse:{socket.gethostname()[:30]}:{os.getpid()}"
    cluster = Child("cluster", ["manage.py", "worker", "--cluster"], {PULSE: pulse})
    cluster.start()
    due: dict[str, float] = {}
    while not asked:
        if cluster.has_died():
            cluster.sweep_group()
            cluster.start()
        elif is_hung(cluster, pulse, due):
            log.error("the cluster hangs; starting it anew", after=settings.HUNG_AFTER)
            cluster.sweep_group()
            cluster.process.wait()  # type: ignore[union-attr]
            cluster.start()
        if rings:
            ring_due(due)
        keep_house(due, rings=rings)
        time.sleep(0.25)
    cluster.stop()
    sys.stderr.write("worker stopped\n")


def is_hung(cluster: Child, pulse: str, due: dict[str, float]) -> bool:
    """Say whether no job has begun or ended in this cluster for too long; while the database is away nothing is said.

    Bells ring every few seconds and no job may last longer than a minute, so a cluster that works never stays silent so long.
    """
    now = time.monotonic()
    if now < due.get("pulse", 0.0):
        return False
    due["pulse"] = now + 2
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "select extract(epoch from clock_timestamp() - at) from kit_heartbeat where name = %s", [pulse]
            )
            row = cursor.fetchone()
    except DatabaseError:
        close_old_connections()
        due["watched since"] = now
        return False
    watched = now - max(cluster.started_at, due.get("watched since", 0.0))
    silent = float(row[0]) if row else watched
    if silent >= watched:  # not one beat since it was begun: a busy machine begins slowly
        return watched > max(settings.HUNG_AFTER, SLOW_START)
    return silent > settings.HUNG_AFTER


def ring_due(due: dict[str, float]) -> None:
    """Ring every bell whose time has come, and leave a sign of life; a database that is away is tried again."""
    from skuu.kit.jobs import ring
    from skuu.schedule import BELLS

    now = time.monotonic()
    try:
        for bell in BELLS:
            name = f"{bell.job.__module__}.{bell.job.__qualname__}"
            if now >= due.get(name, 0.0):
                due[name] = now + bell.every
                ring(bell.job)
        if now >= due.get("heartbeat", 0.0):
            due["heartbeat"] = now + 5
            Heartbeat.beat("worker")
    except DatabaseError as error:
        log.warning("the database is away", error=str(error))
        close_old_connections()
        time.sleep(1)


def keep_house(due: dict[str, float], *, rings: bool) -> None:
    """Once a minute mend the timetable, and tell staff of alarms; neither may ever end the supervisor."""
    from skuu.alarms import tell_alarms
    from skuu.timetable import write_timetable

    now = time.monotonic()
    if not rings or now < due.setdefault("house", now + 20):
        return
    due["house"] = now + 60
    try:
        write_timetable()
        tell_alarms()
    except Exception as error:  # noqa: BLE001 - a mail server or a table that is not there must not stop the bells
        log.warning("house not kept", error=f"{type(error).__name__}: {error}"[:300])
        close_old_connections()
