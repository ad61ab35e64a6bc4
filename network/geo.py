"""Where a European postcode lies, offline: the longest known prefix of it, and kilometres between two such places."""

import csv
import math
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_DATA = Path(__file__).parent / "data"
_LETTERED = {"GB", "IE", "MT", "AD"}  # elsewhere a letter in front is only the country's sign: L-1234, SE-113 30
_DIGITS = {
    4: "AT BE BG CH CY DK HU LI LU LV NL NO PT SI".split(),
    5: "CZ DE EE ES FI FR GR HR IT LT MC PL SE SK".split(),
}
_LENGTH = {country: length for length, countries in _DIGITS.items() for country in countries}
_SAME_AS = {"UK": "GB", "EL": "GR"}
_EARTH_KM = 6371.0088


@dataclass(frozen=True, slots=True)
class Place:
    """The centre of all postcodes under a prefix (WGS 84) and how far they spread around it, in kilometres."""

    country: str
    prefix: str
    latitude: float
    longitude: float
    spread_km: float


def locate(country: str, postcode: str) -> Place | None:
    """Find a postcode by its longest known prefix; a prefix nobody knows gives the middle of its wider area.

    Postcodes may be written with spaces, hyphens, country signs or a lost leading zero. None for a country without data
    or when nothing of the postcode is known.
    """
    return _locate(country.strip().upper(), postcode)


def distance_km(a: Place, b: Place) -> float:
    """Measure the great-circle distance between two places."""
    lat_a, lat_b = math.radians(a.latitude), math.radians(b.latitude)
    half_lat = (lat_b - lat_a) / 2
    half_lon = math.radians(b.longitude - a.longitude) / 2
    h = math.sin(half_lat) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(half_lon) ** 2
    return 2 * _EARTH_KM * math.asin(min(1.0, math.sqrt(h)))


def normal_postcode(country: str, postcode: str) -> str:
    """Write a postcode the way the prefixes are kept: "SE-113 30" is "11330", "SW1A 1AA" its outward "SW1A"."""
    code = re.sub(r"[^A-Z0-9]", "", postcode.upper())
    if country == "GB":
        return re.sub(r"(?<=\d)\d[A-Z]{2}$|(?<=\d[A-Z])\d[A-Z]{2}$", "", code)
    if country in _LETTERED:
        return code
    digits = re.sub(r"\D", "", code)
    missing = _LENGTH.get(country, 0) - len(digits)
    return "0" + digits if missing == 1 else digits


@lru_cache(maxsize=50_000)
def _locate(country: str, postcode: str) -> Place | None:
    country = _SAME_AS.get(country, country)
    code = normal_postcode(country, postcode)
    known = _places()
    for length in range(min(len(code), 5), 0, -1):
        if place := known.get((country, code[:length])):
            return place
    return None


@lru_cache(maxsize=1)
def _places() -> dict[tuple[str, str], Place]:
    exact: dict[tuple[str, str], Place] = {}
    for name in ("postal_prefixes.csv", "greek_prefixes.csv"):
        with (_DATA / name).open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                country, prefix = row["country"], row["prefix"]
                middle = float(row["latitude"]), float(row["longitude"])
                exact[country, prefix] = Place(country, prefix, *middle, float(row["spread_km"]))
    return _wider_areas(exact.values()) | exact


def _wider_areas(places: Iterable[Place]) -> dict[tuple[str, str], Place]:
    """Add the areas above the known prefixes, so that a new postcode still lands in its region."""
    below: defaultdict[tuple[str, str], list[Place]] = defaultdict(list)
    for place in places:
        for length in range(1, len(place.prefix)):
            below[place.country, place.prefix[:length]].append(place)
    return {key: _middle(*key, inside) for key, inside in below.items()}


def _middle(country: str, prefix: str, inside: list[Place]) -> Place:
    latitude = sum(place.latitude for place in inside) / len(inside)
    longitude = sum(place.longitude for place in inside) / len(inside)
    centre = Place(country, prefix, round(latitude, 3), round(longitude, 3), 0.0)
    spread = max(distance_km(centre, place) for place in inside)
    return Place(country, prefix, centre.latitude, centre.longitude, round(spread, 1))


CELL = (0.8, 0.5)  # degrees of longitude and latitude


@lru_cache(maxsize=1)
def coarse_land() -> tuple[tuple[float, float], ...]:
    """List the south-western corners (longitude, latitude) of the cells of Europe in which somebody has a postcode."""
    wide, high = CELL
    cells = {(math.floor(place.longitude / wide), math.floor(place.latitude / high)) for place in _places().values()}
    return tuple(sorted((round(x * wide, 1), round(y * high, 1)) for x, y in cells))
