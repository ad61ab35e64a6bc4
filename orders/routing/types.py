"""The values routing thinks in; ids are opaque numbers, money is EUR minor units, weights are grams, days are working days."""

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the parcel goes."""

    country: str
    postcode: str = ""


@dataclass(frozen=True, slots=True)
class Promise:
    """What the selling shop promised: working days until delivery."""

    days: int = 5


@dataclass(frozen=True, slots=True)
class Demand:
    """Units of one item that one order line asks for; a line is served whole or not at all."""

    line: int
    item: int
    units: int
    grams: int = 0  # of one unit
    declined: frozenset[int] = frozenset()  # shippers that already said no to this line


@dataclass(frozen=True, slots=True)
class Way:
    """One carrier from one place to the destination: what a parcel costs by its weight, and when it arrives."""

    carrier: str
    zone: str
    bands: tuple[int, ...]  # the heaviest parcel of each price, rising
    prices: tuple[int, ...]
    days_min: int
    days_max: int

    def postage(self, grams: int) -> int:
        """Price a bundle; one heavier than the heaviest parcel travels in several of the same weight."""
        parcels = max(1, -(-grams // self.bands[-1]))
        each = -(-max(grams, 0) // parcels)
        return parcels * self.prices[bisect_left(self.bands, each)]


@dataclass(frozen=True, slots=True)
class Offer:
    """Units of an item that can leave one location of one shipper.

    ``ways`` are the carriers it can be sent by; none means the network's own tariff. Shares are basis points:
    ``risk_bp`` how often it fails to ship, ``given_bp`` how much of its part of the network's orders it already got,
    ``fresh_bp`` how well the item sells there anyway (10,000: by itself; 0: it has long been lying there).
    """

    shipper: int
    location: int
    level: int
    item: int
    free: int
    country: str
    postcode: str = ""
    days: int = 0  # until delivery, the slower figure; 0: as the ways say
    risk_bp: int = 0
    given_bp: int = 0
    fresh_bp: int = 0
    ways: tuple[Way, ...] = ()
    km: float | None = None
    tariff: str = ""  # the version of the shipper's tariff that the ways come from
    full: bool = False  # its day is full, and so are the next ones


@dataclass(frozen=True, slots=True)
class Allotment:
    """So many units of a line leave from this level, by this carrier."""

    line: int
    shipper: int
    location: int
    level: int
    units: int
    carrier: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The answer: what leaves where, which lines nobody can serve and why, what it costs, and how it was decided."""

    allotments: tuple[Allotment, ...] = ()
    unserved: tuple[tuple[int, str], ...] = ()
    parcels: int = 0
    cost_minor: int = 0  # what the parcels themselves weigh in the choice is not in it
    exact: bool = True
    gap_minor: int = 0  # at most so much above the optimum; 0 when exact
    trace: dict[str, Any] = field(default_factory=dict)
