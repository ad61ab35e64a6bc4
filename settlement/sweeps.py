"""How facts of earlier stages become entries: batch after batch, each in one transaction, until none is left."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog
from django.db import connection, transaction

from network.scoping import as_network
from settlement.hands import Tally, is_left_alone, share_work
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

    What could not be posted is reported and passed over, so that one bad fact stops no other. Several ``hands``, each with a
    connection of its own, share what there is; the step must then skip rows that are locked, and what a killed hand leaves is
    left to the next sweep. Inside a transaction of the caller, which other connections cannot see, there is only one hand.
    """
    end = time.monotonic() + seconds if seconds is not None else None
    hands = 1 if connection.in_atomic_block else hands
    tally, maker = Tally(hands), os.getpid()

    def work(hand: int) -> Sweep:
        def go_on(posted: int) -> bool:
            tally.note(hand, posted)
            if tell is not None and hand == 0:
                tell(f"{tally.total()} {what}")
            return not is_left_alone(maker)

        return _post_until_none(post_batch, end, go_on)

    sweep = Sweep()
    for each in share_work(work, hands) if hands > 1 else [work(0)]:
        sweep.add(each)
    for number, reason in sweep.refused.items():
        log.error("not_posted", what=what, row=number, reason=reason)
    return sweep


def _post_until_none(post_batch: PostBatch, end: float | None, go_on: Callable[[int], bool]) -> Sweep:
    sweep, after = Sweep(), 0
    with as_network():
        while end is None or time.monotonic() < end:
            with transaction.atomic():
                last = post_batch(sweep, after)
            if last is None or not go_on(sweep.posted):
                break
            after = last
    return sweep


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
