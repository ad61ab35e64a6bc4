"""Units that were to come back and must have arrived by now: nothing more is expected where everything was added long ago."""

import datetime as dt
from collections.abc import Collection

from django.db import transaction
from django.db.models import Max, Min, Q
from django.db.models.functions import Coalesce

from catalog.put_back import expect_nothing, expecting_levels
from catalog.stocktake import confirm_soon
from orders.models import InternalOrderLine, ReturnLine

SURE = dt.timedelta(minutes=5)  # clocks of hosts differ; a read that began so much later has seen it
BATCH = 500


def forget_arrived() -> int:
    """Expect no more units at levels where all of them were added and a later read has seen the figure; returns how many levels.

    A unit that the shop sells in the very moment in which one is put back leaves the figure as it was: the rise is never seen, and
    the next one, which proves that a lost unit was found, would be taken for it. Levels without a later read are read again.
    *Locks* the levels by id, after which nobody can expect more. *Again*: no change.
    """
    with transaction.atomic():
        levels = expecting_levels(BATCH)
        added, pending = _added(levels)
        arrived, unread = [], []
        for level in levels.values():
            done = added.get(level.pk)
            if level.pk in pending:
                continue
            seen = level.read_at or level.remote_updated_at
            if done is None or (seen and seen > done + SURE):
                arrived.append(level.pk)
            elif level.location.shop.platform != "api":
                unread.append(level.pk)
        expect_nothing(arrived)
        confirm_soon(unread)
    return len(arrived)


def _added(levels: Collection[int]) -> tuple[dict[int, dt.datetime], set[int]]:
    """Say when the last unit was put back at each level, and at which levels one still is to be; two queries."""
    added: dict[int, dt.datetime] = {}
    pending: set[int] = set()
    put_back = ReturnLine.everyone.annotate(level=Coalesce("restock_level", "line__claim__level")).filter(
        level__in=levels
    )
    whole = put_back.values_list("level").annotate(last=Max("restocked_at"), still=Min("restock_due_at"))
    called_back = InternalOrderLine.everyone.filter(
        claim__level__in=levels, internal_order__cancel_wanted_at__isnull=False
    )
    cancelled = called_back.values_list("claim__level").annotate(
        last=Max("internal_order__cancel_done_at"),
        still=Min("internal_order__cancel_wanted_at", filter=Q(internal_order__cancel_done_at=None)),
    )
    for level, last, still in [*whole, *cancelled]:
        if still is not None:
            pending.add(level)
        if last is not None:
            added[level] = max(last, added.get(level, last))
    return added, pending
