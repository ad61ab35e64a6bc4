"""Runs a command and watches what it costs: seconds, and the memory of it and of all it starts (Linux)."""

import contextlib
import pathlib
import resource
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

EVERY = 0.05  # seconds between two looks at resident memory; each fifth look also counts shared pages once


@dataclass(frozen=True)
class Cost:
    """What a command took. Memory in bytes; `cpu` is seconds of work, its own and its children's, which neighbours disturb less.

    `resident` adds up the resident memory of the command and its descendants at the worst moment: pages that processes
    share count once for each. `proportional` counts them once; it is looked at less often. `largest` is the kernel's own
    figure for the largest single process of all commands run so far. `beside` is what other watched processes, such as
    the database server's, grew by.
    """

    seconds: float
    cpu: float
    resident: int
    proportional: int
    beside: int


def run_watched(
    command: Sequence[str], *, environment: Mapping[str, str], beside: int | None = None, folder: pathlib.Path
) -> Cost:
    """Run a command to its end, its output on our error stream; *Raises* CalledProcessError when it fails."""
    before = _proportional(beside) if beside else 0
    worked, began = _worked(), time.perf_counter()
    with subprocess.Popen(command, env=dict(environment), cwd=folder, stdout=2) as running:
        watch = _Watch(running.pid, beside)
        watch.start()
        code = running.wait()
        seconds = time.perf_counter() - began
        watch.finish()
    if code:
        raise subprocess.CalledProcessError(code, list(command))
    return Cost(seconds, _worked() - worked, watch.resident, watch.proportional, max(0, watch.beside - before))


def _worked() -> float:
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime


class _Watch(threading.Thread):
    """Looks at a tree of processes until told to finish."""

    def __init__(self, pid: int, beside: int | None) -> None:
        super().__init__(daemon=True)
        self._pid, self._beside, self._done = pid, beside, threading.Event()
        self.resident = self.proportional = self.beside = 0

    def run(self) -> None:
        looks = 0
        while not self._done.wait(EVERY):
            self.resident = max(self.resident, sum(_resident(pid) for pid in tree_of(self._pid)))
            if looks % 5 == 0:
                self.proportional = max(self.proportional, _proportional(self._pid))
                self.beside = max(self.beside, _proportional(self._beside) if self._beside else 0)
            looks += 1

    def finish(self) -> None:
        """Stop looking."""
        self._done.set()
        self.join()


def tree_of(pid: int) -> list[int]:
    """Name a process and its living descendants."""
    found, ahead = [], [pid]
    while ahead:
        one = ahead.pop()
        found.append(one)
        for task in _children_files(one):
            with contextlib.suppress(OSError):
                ahead += map(int, task.read_text().split())
    return found


def _children_files(pid: int) -> list[pathlib.Path]:
    with contextlib.suppress(OSError):
        return [task / "children" for task in pathlib.Path(f"/proc/{pid}/task").iterdir()]
    return []


def _resident(pid: int) -> int:
    with contextlib.suppress(OSError, IndexError):
        return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
    return 0


def _proportional(root: int) -> int:
    total = 0
    for pid in tree_of(root):
        with contextlib.suppress(OSError, IndexError):
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += int(text.partition("\nPss:")[2].split()[0]) * 1024
    return total
