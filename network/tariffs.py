"""What a neutral parcel costs inside the network and how long it takes: by carrier, zone and weight, net, versioned.

The origin pays the shipper by the shipper's tariff, whatever its own carrier charges it. Until a shop writes its own
(``network.sending``), the network's stands for it. Zones go by country (``data/zones.csv``), days by distance:

========  ==========================================================  ============================================
zone      from … to                                                   working days on the way
========  ==========================================================  ============================================
domestic  inside one VAT territory                                    1–2 up to 400 km, else 1–3
near      two countries of the EU that are near each other            2–3 up to 400 km, 2–4 up to 800, else like far
far       two other countries of the EU                               like near up to 800 km, 3–5 up to 1,600, else 4–7
abroad    across a customs border                                     5–10
========  ==========================================================  ============================================

The network's figures are defaults to be edited: plausible for small European parcels, taken from no carrier's list.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from network.geo import distance_km, locate
from network.taxing.territories import EU, vat_country

TARIFF_VERSION = "2026-11"

DOMESTIC, NEAR, FAR, ABROAD = ZONES = ("domestic", "near", "far", "abroad")

# Net EUR cents of one parcel by its weight in grams, up to and including the figure on top.
BANDS: tuple[int, ...] = (1_000, 2_000, 5_000, 10_000, 20_000, 30_000)
HEAVIEST_PARCEL = BANDS[-1]

Days = tuple[int, int]
# Carrier, zone, bands, prices, days at least, days at most.
Way = tuple[str, str, tuple[int, ...], tuple[int, ...], int, int]


@dataclass(frozen=True, slots=True)
class Service:
    """One carrier as a shop uses it. A zone without prices is not served; one without days takes as long as usual."""

    carrier: str
    prices: Mapping[str, tuple[int, ...]]  # zone → net EUR cents for each band
    days: Mapping[str, Days] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tariff:
    """What a shop's parcels cost. ``zones`` puts countries of arrival into other zones than the usual ones."""

    version: str
    services: tuple[Service, ...]
    zones: Mapping[str, str] = field(default_factory=dict)


NETWORK_TARIFF = Tariff(
    TARIFF_VERSION,
    (
        Service(
            "Standard parcel",
            {
                DOMESTIC: (490, 540, 620, 790, 1_090, 1_390),
                NEAR: (890, 990, 1_190, 1_590, 2_190, 2_790),
                FAR: (1_190, 1_390, 1_790, 2_490, 3_490, 4_490),
                ABROAD: (1_990, 2_390, 2_990, 3_990, 5_490, 6_990),
            },
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Quote:
    """The tariff of a shipment: net EUR minor units, working days, zone, kilometres when both ends are known."""

    cost_minor: int
    days_min: int
    days_max: int
    zone: str
    distance_km: float | None
    version: str = TARIFF_VERSION


@lru_cache(maxsize=100_000)  # routing asks the same pairs again and again
def quote(
    from_country: str, from_postcode: str, to_country: str, to_postcode: str, grams: int, parcels: int = 1
) -> Quote:
    """Quote the network's own tariff for a shipment, net, in EUR minor units.

    The weight is shared evenly by the parcels; when that makes one heavier than 30 kg, more parcels are reckoned with.
    A weight that nobody entered (0) falls into the lightest band.
    """
    kilometres = kilometres_between(from_country, from_postcode, to_country, to_postcode)
    ((_, zone, _, prices, days_min, days_max),) = ways_of(NETWORK_TARIFF, from_country, to_country, kilometres)
    return Quote(price_of(prices, grams, parcels), days_min, days_max, zone, kilometres)


def price_of(prices: tuple[int, ...], grams: int, parcels: int = 1) -> int:
    """Price so many parcels of this weight together; none is heavier than the heaviest band."""
    parcels = max(parcels, 1, -(-grams // HEAVIEST_PARCEL))
    each = -(-max(grams, 0) // parcels)
    return parcels * next(price for most, price in zip(BANDS, prices, strict=True) if each <= most)


def default_ways(
    from_country: str, from_postcode: str, to_country: str, to_postcode: str
) -> tuple[list[Way], float | None]:
    """List the network's own ways between two postcodes, and the kilometres when both are known."""
    kilometres = kilometres_between(from_country, from_postcode, to_country, to_postcode)
    return ways_of(NETWORK_TARIFF, from_country, to_country, kilometres), kilometres


def ways_of(tariff: Tariff, from_country: str, to_country: str, kilometres: float | None) -> list[Way]:
    """List the carriers of a tariff that go there; a tariff that serves the zone by nobody falls back to the network's."""
    zone = zone_of(from_country, to_country, tariff.zones)
    ways: list[Way] = []
    for service in tariff.services:
        if prices := service.prices.get(zone):
            days = service.days.get(zone) or usual_days(zone, kilometres)
            ways.append((service.carrier, zone, BANDS, tuple(prices), *days))
    return ways or ways_of(NETWORK_TARIFF, from_country, to_country, kilometres)


def kilometres_between(from_country: str, from_postcode: str, to_country: str, to_postcode: str) -> float | None:
    """Measure between two postcodes; None when one cannot be placed."""
    start, end = locate(from_country, from_postcode), locate(to_country, to_postcode)
    return round(distance_km(start, end), 1) if start and end else None


def zone_of(from_country: str, to_country: str, zones: Mapping[str, str] | None = None) -> str:
    """Name the zone between two countries; a customs border is never talked away by a shop's own zones."""
    leaves, arrives = vat_country(from_country), vat_country(to_country)
    if leaves == arrives:
        return DOMESTIC
    if not {leaves, arrives} <= EU:
        return ABROAD
    own = (zones or {}).get(arrives)
    if own in (NEAR, FAR):
        return own
    return NEAR if arrives in near_countries().get(leaves, ()) else FAR


@lru_cache(maxsize=1)
def near_countries() -> dict[str, frozenset[str]]:
    """Read which countries are near each other."""
    with (Path(__file__).parent / "data" / "zones.csv").open(newline="", encoding="utf-8") as file:
        return {row["country"]: frozenset(row["near"].split()) for row in csv.DictReader(file)}


def usual_days(zone: str, kilometres: float | None) -> Days:
    """Say how many working days a parcel is on its way."""
    distance = kilometres if kilometres is not None else float("inf")
    if zone == DOMESTIC:
        return (1, 2) if distance <= 400 else (1, 3)
    if zone == ABROAD:
        return (5, 10)
    if distance <= 800:
        return (2, 3) if distance <= 400 else (2, 4)
    return (3, 5) if distance <= 1_600 else (4, 7)
