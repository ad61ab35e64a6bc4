"""Start, watch and stop the processes of a running network; none of them outlives the one that started it."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

CHECKOUT = Path(__file__).resolve().parent.parent
_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Ask the kernel to end this process when the one that started it dies, however it dies (Linux; elsewhere no effect)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def free_port(wanted: int, host: str = "127.0.0.1") -> int:
    """Return the first free port at or after ``wanted``."""
    for port in range(wanted, wanted + 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise OSError(f"No free port between {wanted} and {wanted + 200}.")


@dataclass
class Child:
    """One process to keep alive: how to start it and, once started, what runs."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    log: Path | None = None
    out: Path | None = None  # stdout of the latest start alone; without it stdout goes to the log
    process: "subprocess.Popen[str] | None" = None
    started_at: float = 0.0
    failures: int = 0

    def start(self) -> None:
        """Start it in a process group of its own, writing to its log."""
        log = self.log.open("a") if self.log else None
        out: IO[str] | None = self.out.open("w") if self.out else log
        self.process = subprocess.Popen(
            [sys.executable, *self.command],
            cwd=CHECKOUT,
            env={**os.environ, **self.env},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=log,
            text=True,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - one prctl call, no locks
        )
        for stream in {log, out} - {None}:
            stream.close()  # type: ignore[union-attr]
        self.started_at = time.monotonic()

    @property
    def pid(self) -> int:
        return self.process.pid if self.process else 0

    def has_died(self) -> bool:
        """Say whether it ended without being asked to."""
        return self.process is not None and self.process.poll() is not None

    def sweep_group(self) -> None:
        """Kill what is left of its process group, so that its port and its work are free again."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def stop(self, seconds: float = 15.0) -> None:
        """Ask it to end; after ``seconds`` make it."""
        if self.process is None or self.process.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        self.sweep_group()


def keep_alive(children: Sequence[Child], stopped: Callable[[], bool], on_restart: Callable[[Child], None]) -> None:
    """Restart whichever child dies, slower each time it dies young, until ``stopped`` says so."""
    while not stopped():
        for child in children:
            if stopped() or not child.has_died():
                continue
            young = time.monotonic() - child.started_at < 10
            child.failures = child.failures + 1 if young else 0
            child.sweep_group()
            time.sleep(min(child.failures * 0.5, 10.0))
            child.start()
            on_restart(child)
        time.sleep(0.2)


def still_ours(pid: int) -> bool:
    """Say whether a pid noted earlier still runs a process of this checkout (pids are used again)."""
    try:
        cwd = os.readlink(f"/proc/{pid}/cwd")
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return cwd == str(CHECKOUT) and any(
        word.endswith((b"manage.py", b"gunicorn")) or b"gunicorn" in word for word in words
    )
