"""What a neutral parcel costs inside the network and how long it takes: one documented table, net, versioned.

The network publishes the tariff; the shipper is paid it per parcel, whatever its own carrier charges. The zones:

========  =====================================================  ==============================
zone      from … to                                              working days
========  =====================================================  ==============================
domestic  inside one country                                     1–2 up to 400 km, else 1–3
near      two countries of Europe, centres at most 800 km apart  2–3 up to 400 km, else 2–4
far       further, or a postcode nobody can place                3–5 up to 1,600 km, else 4–7
abroad    across a customs border                                5–10
========  =====================================================  ==============================
"""

from dataclasses import dataclass
from functools import lru_cache

from network.geo import distance_km, locate
from network.taxing.territories import EU, vat_country

TARIFF_VERSION = "2026-11"

DOMESTIC, NEAR, FAR, ABROAD = "domestic", "near", "far", "abroad"
NEAR_KM = 800

# Net EUR cents of one parcel by its weight in grams, up to and including the figure on top.
_BANDS = (1_000, 2_000, 5_000, 10_000, 20_000, 30_000)
_PRICES = {
    DOMESTIC: (490, 540, 620, 790, 1_090, 1_390),
    NEAR: (890, 990, 1_190, 1_590, 2_190, 2_790),
    FAR: (1_190, 1_390, 1_790, 2_490, 3_490, 4_490),
    ABROAD: (1_990, 2_390, 2_990, 3_990, 5_490, 6_990),
}
HEAVIEST_PARCEL = _BANDS[-1]


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
    """Quote the network's tariff for a shipment, net, in EUR minor units.

    The weight is shared evenly by the parcels; when that makes one heavier than 30 kg, more parcels are reckoned with.
    A weight that nobody entered (0) falls into the lightest band.
    """
    start, end = locate(from_country, from_postcode), locate(to_country, to_postcode)
    kilometres = round(distance_km(start, end), 1) if start and end else None
    zone = _zone(from_country, to_country, kilometres)
    parcels = max(parcels, 1, -(-grams // HEAVIEST_PARCEL))
    each = -(-max(grams, 0) // parcels)
    band = next(index for index, heaviest in enumerate(_BANDS) if each <= heaviest)
    days_min, days_max = _days(zone, kilometres)
    return Quote(parcels * _PRICES[zone][band], days_min, days_max, zone, kilometres)


def _zone(from_country: str, to_country: str, kilometres: float | None) -> str:
    leaves, arrives = vat_country(from_country), vat_country(to_country)
    if leaves == arrives:
        return DOMESTIC
    if not {leaves, arrives} <= EU:
        return ABROAD
    return NEAR if kilometres is not None and kilometres <= NEAR_KM else FAR


def _days(zone: str, kilometres: float | None) -> tuple[int, int]:
    distance = kilometres if kilometres is not None else float("inf")
    if zone == DOMESTIC:
        return (1, 2) if distance <= 400 else (1, 3)
    if zone == NEAR:
        return (2, 3) if distance <= 400 else (2, 4)
    if zone == FAR:
        return (3, 5) if distance <= 1_600 else (4, 7)
    return (5, 10)
