"""The values routing thinks in; ids are opaque numbers, money is EUR minor units, weights are grams."""

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
class Offer:
    """Units of an item that can leave one location of one shipper; ``risk_bp`` is how often it fails to ship."""

    shipper: int
    location: int
    level: int
    item: int
    free: int
    country: str
    postcode: str = ""
    days: int = 0  # working days, the slower figure; 0: by the tariff
    risk_bp: int = 0


@dataclass(frozen=True, slots=True)
class Allotment:
    """So many units of a line leave from this level."""

    line: int
    shipper: int
    location: int
    level: int
    units: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The answer: what leaves where, which lines nobody can serve and why, what it costs, and how it was decided."""

    allotments: tuple[Allotment, ...] = ()
    unserved: tuple[tuple[int, str], ...] = ()
    parcels: int = 0
    cost_minor: int = 0
    exact: bool = True
    gap_minor: int = 0  # at most so much above the optimum; 0 when exact
    trace: dict[str, Any] = field(default_factory=dict)
