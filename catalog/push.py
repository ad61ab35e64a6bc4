"""Bring shelves to what is wanted: compare and set, look before writing whatever is in doubt, never raise blindly.

Stores are asked many at once: what is due of a shop is leased and its write announced, threads make the calls, which touch no
database, and what came of them is written down together as it comes in. A slow store keeps nobody waiting but itself.
"""

import datetime as dt
import time
from collections.abc import Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from django.conf import settings

from catalog.models import Placement
from catalog.shelf_calls import Trip
from catalog.shelf_look import believe_levels
from catalog.shelf_notes import BATCH as NOTES
from catalog.shelf_notes import take_in_notes, tell_placements
from catalog.shelf_rows import (
    change_rows,
    give_back,
    lease_trips,
    note_refused,
    note_shown_by_us,
    note_written,
    put_off_shop,
)
from network.connectors.base import AccessLost, ConnectorError, connector_for
from network.connectors.round import Round
from network.models import Shop
from network.rounds import open_round
from skuu.kit.clock import shared_now
from skuu.kit.errors import SkuuError
from skuu.kit.jobs import ring

THREADS = 16  # stores asked at once by one process
GATHERING = 0.05  # seconds in which answers that come in are written down together
PACE = 0.25  # seconds between two looks for what is due: what comes meanwhile goes together


def push_due() -> int:
    """Push what is due in many shops at once; returns how many placements it took, 0 when no shelf differs from what is wanted.

    Only live shops are raised; every other shop's shelf is only brought down. A shop that does not answer is put off as a
    whole. Nothing is pushed while the network is frozen. *Again*: what is right already is not due.
    """
    with _Rounds() as rounds:
        return rounds.begin()


def keep_pushing(*, seconds: float = 20.0) -> int:
    """Push until nothing is due or the time is up, going on with other shops while a slow one is waited for."""
    end, total = time.monotonic() + seconds, 0
    with _Rounds() as rounds:
        while (began := time.monotonic()) < end:
            taken = rounds.begin() if rounds.has_room() else 0
            total += taken
            if not taken and not rounds.under_way:
                break
            while rounds.under_way and time.monotonic() < began + PACE:
                rounds.gather(GATHERING)
            if taken:
                time.sleep(max(0.0, began + PACE - time.monotonic()))
    return total


def note_shelf_sold(shop: Any, inventory_item: Any, units: int) -> None:
    """Follow a sale from the shelf: the platform has lowered the figure by itself, so what we believe goes down with it.

    Units whose loss was noticed before their order was read are not taken off twice. What was noticed is a guess when a write's
    answer was lost or the shelf was raised since, and a guess too low would stand as right; so the shelf is looked at once
    before anything else is written to it. Runs inside the caller's transaction, after the claim, and waits for nobody who writes
    to the shelf's row; the caller sees to it that a sale is said once.
    """
    tell_placements(shop.pk, [getattr(inventory_item, "pk", inventory_item)], units)
    _ring_push()


def doubt_shelf(shop: Any, inventory_item_ids: Collection[int]) -> None:
    """Have these items' shelf figures read before anything is written to them (a cancelled line may have been put back).

    Waits for nobody, as ``note_shelf_sold``; ``shop`` is a shop or its id.
    """
    tell_placements(getattr(shop, "pk", shop), inventory_item_ids, 0)
    _ring_push()


def orders_were_read(shop_id: int, asked_at: dt.datetime | None) -> None:
    """Say that a shop's orders have been read since ``asked_at`` (its ``orders_read_due_at`` as seen before reading).

    Shelves that showed fewer units than we left may be raised again from now on. Where no order explained the units, the shelf
    is looked at once more: an order that was cancelled before anybody read it puts them back. *Again*: no change.
    """
    if asked_at and Shop.objects.filter(pk=shop_id, orders_read_due_at=asked_at).update(orders_read_due_at=None):
        short = Placement.objects.filter(shop_id=shop_id, unseen_units__gt=0, pushed__isnull=False)
        doubt_shelf(shop_id, list(short.values_list("inventory_item_id", flat=True)))
        _ring_push()


# --- rounds of calls --------------------------------------------------------------------------------------------------
class _Rounds:
    """The trips under way in one process; leaving the block waits for them."""

    def __init__(self) -> None:
        self.under_way: dict[Future[Trip], Round] = {}
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="push")

    def __enter__(self) -> "_Rounds":
        return self

    def __exit__(self, *_: Any) -> None:
        while self.under_way:
            self.gather(None)
        self._pool.shutdown()

    def has_room(self) -> bool:
        """Say whether a further store would be asked at once."""
        return len(self.under_way) < THREADS

    def begin(self) -> int:
        """Take up what is due and send it on its way; returns how many placements were taken up."""
        while take_in_notes() == NOTES:
            pass
        if settings.NETWORK_FROZEN:
            return 0
        trips = lease_trips()
        told = [trip for trip in trips if not connector_for(trip.shop).can_push_shelf]
        if told:
            note_shown_by_us(told)
        asked = {trip.shop.pk: trip for trip in trips if trip not in told}
        if asked:
            self._send(asked)
        return sum(len(trip.rows) for trip in trips)

    def _send(self, trips: dict[int, Trip]) -> None:
        opened = open_round(
            {pk: trip.calls() for pk, trip in trips.items()}, {pk: trip.shop for pk, trip in trips.items()}
        )
        late = [(row, trips[pk].key) for pk in opened.waits for row in trips[pk].rows]
        give_back(late, opened.waits)
        for pk, connector in opened.ready.items():
            self.under_way[self._pool.submit(trips[pk].go, connector)] = opened
        for pk in sorted(opened.alone):
            _write_down([_go_alone(trips[pk])])

    def gather(self, seconds: float | None) -> None:
        """Wait for answers so long, and write down all that came in."""
        done, _ = wait(self.under_way, seconds, FIRST_COMPLETED)
        if not done:
            return
        trips = []
        for future in done:
            opened = self.under_way.pop(future)
            trip = future.result()
            opened.settle([trip.shop.pk])
            trips.append(trip)
        refused = [trip for trip in trips if isinstance(trip.error, AccessLost)]
        _write_down([trip for trip in trips if trip not in refused])
        # a refused store's token may have been taken back: an ordinary connector renews it, or marks it for good
        for trip in refused:
            note_written([trip])
            again = Trip(trip.shop, [one for one in trip.rows if one not in trip.written], trip.key)
            _write_down([_go_alone(again)])


def _go_alone(trip: Trip) -> Trip:
    try:
        return trip.go(connector_for(trip.shop))
    except SkuuError as error:  # a token that no key of ours opens
        trip.error = ConnectorError(error.message, retryable=False, code=error.code)
        return trip


def _write_down(trips: Sequence[Trip]) -> None:
    """Store what came of trips: all that went well in one statement, then what did not."""
    note_written(trips)
    for trip in trips:
        if trip.levels is not None:
            believe_levels(trip.shop, trip.unclear, trip.levels)
    give_back([(row, trip.key) for trip in trips for row in trip.untried])
    for trip in trips:
        for row, error in trip.refused:
            note_refused(row, error)
        if trip.stale:
            change_rows(trip.stale, doubted_at=shared_now())
        if trip.error is not None:
            _put_off(trip, trip.error)


def _put_off(trip: Trip, error: ConnectorError) -> None:
    settled = {row.pk for row in trip.written} | {row.pk for row, _ in trip.refused}
    left = [row for row in trip.rows if row.pk not in settled]
    if error.code == "throttled":  # the store has not even begun
        give_back([(row, trip.key) for row in left if not row.is_unclear])
    put_off_shop(trip.shop, left, error)


def _ring_push() -> None:
    from catalog import tasks

    ring(tasks.push)
