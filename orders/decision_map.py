"""Draws where the candidates of a decision stand and where its parcels go: coarse land from postcodes, no tiles from outside."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from network.geo import CELL, Place, coarse_land, locate

WEST, EAST, SOUTH, NORTH = -11.0, 33.0, 34.5, 66.0
SCALE = 17.0  # units a degree of latitude
FLATTEN = math.cos(math.radians(51))


@dataclass(frozen=True, slots=True)
class Mark:
    """One place on the map: chosen, able, refused, or the destination."""

    x: float
    y: float
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class Picture:
    """What the template draws, in units of its view box."""

    width: float
    height: float
    land: str
    marks: list[Mark]
    lines: list[tuple[float, float, float, float]]


def draw_decision(facts: Mapping[str, Any]) -> Picture:
    """Draw a kept decision; places whose postcode nobody can find are left out."""
    end = _found(facts["to"][0], facts["to"][1])
    names = facts.get("names", {})
    marks: dict[tuple[str, int], Mark] = {}
    for row in [*facts.get("refused", []), *facts["candidates"]]:
        place = _found(row.get("country", ""), row.get("area", ""))
        if place is None:
            continue
        kind = "chosen" if row.get("chosen") else "refused" if row["refused"] else "able"
        name = names.get(str(row["shipper"]), f"shop {row['shipper']}")
        known = marks.get((name, row["location"]))
        if known is None or known.kind != "chosen":
            marks[name, row["location"]] = Mark(*place, kind, f"{name}, {kind}")
    ordered = sorted(marks.values(), key=lambda mark: ("refused", "able", "chosen").index(mark.kind))
    lines = [(mark.x, mark.y, *end) for mark in ordered if end and mark.kind == "chosen"]
    if end:
        ordered.append(Mark(*end, "destination", "where it goes"))
    return Picture(*_point(EAST, SOUTH), _land(), ordered, lines)


def _found(country: str, area: str) -> tuple[float, float] | None:
    place: Place | None = locate(country, area)
    return _point(place.longitude, place.latitude) if place else None


def _point(longitude: float, latitude: float) -> tuple[float, float]:
    return round((longitude - WEST) * FLATTEN * SCALE, 1), round((NORTH - latitude) * SCALE, 1)


def _land() -> str:
    """Write the land as one path of squares."""
    wide, high = CELL[0] * FLATTEN * SCALE, CELL[1] * SCALE
    inside: Sequence[tuple[float, float]] = [
        (x, y) for x, y in coarse_land() if WEST <= x <= EAST and SOUTH <= y <= NORTH - CELL[1]
    ]
    corners = (_point(x, y + CELL[1]) for x, y in inside)
    return "".join(f"M{x} {y}h{wide:.1f}v{high:.1f}h-{wide:.1f}z" for x, y in corners)
