"""How facts of earlier stages become entries: batch after batch, each in one transaction, until none is left."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import structlog
from django.db import connection, transaction

from network.scoping import as_network
from settlement.post import Draft, lock_balances, post_entries
from skuu.kit.errors import SkuuError

log = structlog.get_logger(__name__)


@dataclass
class Sweep:
    """What a sweep did: how many were posted, and which could not be and why (number → reason)."""

    posted: int = 0
    refused: dict[str, str] = field(default_factory=dict)

    def add(self, other: "Sweep") -> None:
        """Count what another sweep did as well."""
        self.posted += other.posted
        self.refused |= other.refused


PostBatch = Callable[[Sweep, int], int | None]  # posts the facts after a row, and names the last row it saw


def post_in_batches(
    post_batch: PostBatch,
    what: str,
    *,
    seconds: float | None = None,
    tell: Callable[[str], None] | None = None,
    hands: int = 1,
) -> Sweep:
    """Run a batch step, each time in one transaction of its own, until it sees no row or the seconds are over.

    What could not be posted is reported and passed over, so that one bad fact stops no other. With several ``hands``, threads
    with a connection each, one drafts while the database writes what another has drafted; the step must then skip rows that
    are locked. Inside a transaction of the caller, which other connections cannot see, there is only one hand.
    """
    end = time.monotonic() + seconds if seconds is not None else None
    if hands == 1 or connection.in_atomic_block:
        sweep = _post_until_none(post_batch, what, end, tell)
    else:
        with ThreadPoolExecutor(hands) as pool:
            busy = [pool.submit(_post_with_own_connection, post_batch, what, end, tell) for _ in range(hands)]
        sweep = Sweep()
        for each in busy:
            sweep.add(each.result())
    for number, reason in sweep.refused.items():
        log.error("not_posted", what=what, row=number, reason=reason)
    return sweep


def _post_until_none(post_batch: PostBatch, what: str, end: float | None, tell: Callable[[str], None] | None) -> Sweep:
    sweep, after = Sweep(), 0
    with as_network():
        while end is None or time.monotonic() < end:
            with transaction.atomic():
                last = post_batch(sweep, after)
            if last is None:
                break
            after = last
            if tell is not None:
                tell(f"{sweep.posted} {what}")
    return sweep


def _post_with_own_connection(
    post_batch: PostBatch, what: str, end: float | None, tell: Callable[[str], None] | None
) -> Sweep:
    try:
        return _post_until_none(post_batch, what, end, tell)
    finally:
        connection.close()  # of this thread


def post_or_name(drafts: Sequence[tuple[str, Draft]], refused: dict[str, str]) -> None:
    """Post drafts together; when one is refused, halve until it stands alone, and post all the others.

    ``drafts`` come with the number under which a refusal is told.
    """
    try:
        post_entries([draft for _, draft in drafts])
    except SkuuError as error:
        if len(drafts) == 1:
            refused[drafts[0][0]] = error.message
            return
        lock_balances({posting.merchant for _, draft in drafts for posting in draft.postings})
        half = len(drafts) // 2
        post_or_name(drafts[:half], refused)
        post_or_name(drafts[half:], refused)
