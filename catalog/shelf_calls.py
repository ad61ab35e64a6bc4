"""What one store is asked about its shelf in one go: figures compared and set, items put up, doubtful ones read.

Nothing here touches the database, so that many stores are asked at once by threads; what came of it is kept for the one who
writes it down (catalog.push).
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from network.connectors.base import (
    AccessLost,
    Connector,
    ConnectorError,
    RemoteLevel,
    RemoteShelf,
    ShelfWrite,
    StaleFigure,
)

log = structlog.get_logger(__name__)
MOST_ACTIVATIONS = 10  # each is a call of its own; the rest follows with the next trip
ACTIVATING = 1.0  # seconds after which a trip begins no further one: lower figures must not wait behind them


@dataclass(frozen=True, slots=True)
class Row:
    """A placement as it was when it was taken up."""

    pk: int
    shop_id: int
    stock: str  # the inventory item's remote id
    wanted: int
    pushed: int | None
    activated: bool
    tries: int
    doubted_at: Any
    push_key: str  # of a write whose end nobody saw

    @property
    def is_unclear(self) -> bool:
        return bool(self.doubted_at or self.push_key)


@dataclass
class Trip:
    """All that one store is asked in one go, and what came of it; ``key`` was stored before anything left."""

    shop: Any
    rows: list[Row]
    key: str
    written: list[Row] = field(default_factory=list)
    refused: list[tuple[Row, ConnectorError]] = field(default_factory=list)
    stale: set[int] = field(default_factory=set)
    untried: list[Row] = field(default_factory=list)  # certainly not written
    levels: list[RemoteLevel] | None = None
    error: ConnectorError | None = None

    @property
    def unclear(self) -> list[Row]:
        return [one for one in self.rows if one.is_unclear]

    @property
    def standing(self) -> list[Row]:
        return [one for one in self.rows if not one.is_unclear and one.activated and one.wanted != one.pushed]

    @property
    def fresh(self) -> list[Row]:
        return [one for one in self.rows if not one.is_unclear and not one.activated and one.wanted]

    def calls(self) -> dict[str, int]:
        """Say how many calls of each kind the store will be asked."""
        return {
            "write": int(bool(self.standing)),
            "activate": min(len(self.fresh), MOST_ACTIVATIONS),
            "read": -(-len(self.unclear) // 50),
        }

    def go(self, connector: Connector) -> "Trip":
        """Make the calls one after the other; what one of them met ends the trip and is kept in ``error``.

        Whatever that was: a store that answers nonsense ends nobody else's trip.
        """
        shelf = RemoteShelf(self.shop.shelf_service_id, self.shop.shelf_location_id)
        self.untried = [*self.standing, *self.fresh]
        try:
            if not shelf.location_id:
                raise ConnectorError("The shop has no shelf yet.", retryable=True, code="no_shelf")
            self._write(connector, shelf, self.standing, f"{self.key}w")
            end = time.monotonic() + ACTIVATING
            for row in self.fresh[:MOST_ACTIVATIONS]:
                if time.monotonic() > end:
                    break
                self._activate(connector, shelf, row)
            if unclear := self.unclear:
                self.levels = connector.read_levels(sorted(one.stock for one in unclear))
        except ConnectorError as error:
            self.error = error
        except Exception as error:
            log.exception("answer_not_understood", shop=self.shop.domain)
            self.error = ConnectorError(
                f"{self.shop.domain} answered in a way that nobody understands ({type(error).__name__}).",
                retryable=True,
                unknown_outcome=True,
                code="not_understood",
            )
        return self

    def _write(self, connector: Connector, shelf: RemoteShelf, rows: Sequence[Row], key: str) -> None:
        """Set figures in one call, by comparison; one refused item is found by halving, so that it holds back no other."""
        if not rows:
            return
        try:
            self._leaves(rows)
            connector.write_shelf(shelf, [ShelfWrite(one.stock, one.wanted, one.pushed) for one in rows], key)
        except StaleFigure as error:
            self.untried += rows
            self.stale |= {one.pk for one in rows if one.stock in error.items} or {one.pk for one in rows}
        except ConnectorError as error:
            if _ends_the_trip(error, rows, self.untried):
                raise
            if len(rows) == 1:
                self.refused.append((rows[0], error))
                return
            middle = len(rows) // 2
            self.untried += rows[middle:]
            self._write(connector, shelf, rows[:middle], f"{key}0")
            self._write(connector, shelf, rows[middle:], f"{key}1")
        else:
            self.written += rows

    def _activate(self, connector: Connector, shelf: RemoteShelf, row: Row) -> None:
        try:
            self._leaves([row])
            connector.activate_on_shelf(shelf, row.stock, row.wanted, f"{self.key}{row.pk}")
        except StaleFigure:
            self.untried.append(row)
            self.stale.add(row.pk)
        except ConnectorError as error:
            if _ends_the_trip(error, [row], self.untried):
                raise
            self.refused.append((row, error))
        else:
            self.written.append(row)

    def _leaves(self, rows: Sequence[Row]) -> None:
        going = {one.pk for one in rows}
        self.untried = [one for one in self.untried if one.pk not in going]


def _ends_the_trip(error: ConnectorError, rows: Sequence[Row], untried: list[Row]) -> bool:
    """Say whether an error speaks of the store and not of these items; a refused access has certainly written nothing."""
    if isinstance(error, AccessLost):
        untried.extend(rows)
        return True
    return error.retryable or error.unknown_outcome or error.code == "store_closed"
