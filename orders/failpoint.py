"""Named places where a process may die; a test arms one and sees that the sweeps bring everything to the same end."""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

_armed: ContextVar[frozenset[str]] = ContextVar("armed_failpoints", default=frozenset())


class Killed(BaseException):
    """The process died here; no handler of ours may catch it, as none would catch a kill."""


def failpoint(name: str) -> None:
    """Die here when this point is armed; costs one look-up otherwise."""
    if name in _armed.get():
        raise Killed(name)


@contextlib.contextmanager
def armed(*names: str) -> Iterator[None]:
    """Arm failpoints for the time of a test."""
    token = _armed.set(frozenset(names))
    try:
        yield
    finally:
        _armed.reset(token)
