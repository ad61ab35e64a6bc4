"""Run the jobs: a cluster that is ended whole when one of its workers dies, and the bells that wake every sweep."""

import os
import signal
import sys
import time
from typing import Any

import structlog
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import Error as DatabaseError
from django.db import close_old_connections

from skuu.kit.models import Heartbeat
from skuu.processes import Child, die_with_parent

log = structlog.get_logger(__name__)


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

    die_with_parent()
    reincarnate = Sentinel.reincarnate

    def end_or_recycle(self: Any, process: Any) -> Any:
        if process not in (self.monitor, self.pusher) and process.timer.value not in (0, -2):
            log.error("a worker died; ending its cluster")
            os.killpg(0, signal.SIGKILL)
        return reincarnate(self, process)

    Sentinel.reincarnate = end_or_recycle
    call_command("qcluster")


def supervise(*, rings: bool) -> None:
    """Keep one cluster alive and ring the bells until told to stop."""
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda signum, frame: asked.append(signum))
    cluster = Child("cluster", ["manage.py", "worker", "--cluster"])
    cluster.start()
    due: dict[str, float] = {}
    while not asked:
        if cluster.has_died():
            cluster.sweep_group()
            cluster.start()
        if rings:
            ring_due(due)
        time.sleep(0.25)
    cluster.stop()
    sys.stderr.write("worker stopped\n")


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
