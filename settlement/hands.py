"""Several hands for one piece of work: processes of this one's making, each with a connection of its own to the database."""

import contextlib
import gc
import mmap
import os
import pickle
import signal
import struct
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import structlog
from django.db import connection, connections

log = structlog.get_logger(__name__)

Result = TypeVar("Result")
_COUNT = struct.Struct("q")


class Tally:
    """How much each hand has done, seen by all of them while they work."""

    def __init__(self, hands: int) -> None:
        """Share the memory with the processes that are made later."""
        self._memory = mmap.mmap(-1, hands * _COUNT.size)

    def note(self, hand: int, count: int) -> None:
        """Write how much a hand has done; only it writes this."""
        _COUNT.pack_into(self._memory, hand * _COUNT.size, count)

    def total(self) -> int:
        """Add up what all have done."""
        return sum(count for (count,) in _COUNT.iter_unpack(self._memory[:]))


def share_work(work: Callable[[int], Result], hands: int) -> list[Result]:
    """Do ``work`` as hand 0 here and as the others beside it; returns what each returned, without those that were killed.

    The work takes what no other has: rows by lock, so a hand that is killed leaves only what another must still take.
    Python runs on one processor a process, so hands are processes; where this one has several threads, whose locks a new process
    would keep shut for ever, hands are threads. A hand ends with its batch when the process that made it is gone (is_left_alone).
    *Raises* what a hand raised, once all have ended.
    """
    if threading.active_count() > 1:
        with ThreadPoolExecutor(hands) as pool:
            busy = [pool.submit(_in_thread, work, hand) for hand in range(1, hands)]
            return [work(0), *(each.result() for each in busy)]
    made = [_begin(work, hand) for hand in range(1, hands)]
    try:
        with _seldom_swept():
            results = [work(0)]
    except BaseException:
        for pid, _ in made:
            os.kill(pid, signal.SIGTERM)
        raise
    finally:
        ended = [_end(pid, pipe) for pid, pipe in made]
    for outcome in ended:
        if isinstance(outcome, BaseException):
            raise outcome
    return results + [outcome[0] for outcome in ended if isinstance(outcome, tuple)]


def is_left_alone(maker: int) -> bool:
    """Say whether the process that made this hand is gone; ``maker`` is its id, or this process's own."""
    return os.getpid() != maker and os.getppid() != maker


@contextlib.contextmanager
def _seldom_swept() -> Iterator[None]:
    """Have Python look for garbage seldom, and never among what is there already: rows that are read are no cycles."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _in_thread(work: Callable[[int], Result], hand: int) -> Result:
    try:
        return work(hand)
    finally:
        connection.close()  # of this thread


def _begin(work: Callable[[int], Result], hand: int) -> tuple[int, int]:
    """Make a process for a hand; gives its id and the pipe through which it will tell its outcome."""
    mine, its = os.pipe()
    pid = os.fork()
    if pid:
        os.close(its)
        return pid, mine
    try:  # from here on in the new process, which never returns from this function
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.close(mine)
        theirs = connections.all(initialized_only=True)  # kept, so that nothing is said on their sockets
        for each in theirs:
            del connections[each.alias]
        with os.fdopen(its, "wb") as out:
            with _seldom_swept():
                out.write(_outcome(work, hand))
        connections.close_all()
    finally:
        os._exit(0)


def _outcome(work: Callable[[int], Result], hand: int) -> bytes:
    try:
        return pickle.dumps((work(hand),))
    except BaseException as error:  # noqa: BLE001 - the process that made this one raises it
        try:
            return pickle.dumps(error)
        except Exception:  # noqa: BLE001 - what cannot be told whole is told as text
            return pickle.dumps(RuntimeError(repr(error)))


def _end(pid: int, pipe: int) -> object:
    """Wait for a hand; gives its result in a tuple, what it raised, or None when it was killed."""
    with os.fdopen(pipe, "rb") as told:
        text = told.read()
    _, status = os.waitpid(pid, 0)
    try:
        return pickle.loads(text)  # noqa: S301 - written by our own process
    except (EOFError, pickle.UnpicklingError):
        log.warning("hand_was_killed", status=status)
        return None
