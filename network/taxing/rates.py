"""Standard VAT rates of the EU-27, Great Britain, Switzerland and Norway by date, in basis points.

Sources: the rates the tax administrations publish, as collected in the data sets `eu-vat-rates-data` (2026-09-29, MIT;
current rates) and `duty27-eu-vat` (2026-10-04, code MIT, data by Duty27 under CC BY 4.0; history of the EU-27).
network/tests/test_vat_sources.py compares every row here with both.
Lower rates of some goods stand in network.taxing.reduced.
"""

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

RULES_VERSION = "2026-11"

_KNOWN_SINCE = dt.date(2023, 1, 1)


class UnknownRateError(LookupError):
    """No standard rate is on record for this country on this day; guessing one would make a wrong invoice."""


@dataclass(frozen=True, slots=True)
class Rate:
    """One standard rate and the day from which it holds, until the next row of the same country."""

    since: dt.date
    basis_points: int


def _always(basis_points: int) -> tuple[Rate, ...]:
    return (Rate(_KNOWN_SINCE, basis_points),)


def _changing(first: int, *later: tuple[int, int, int, int]) -> tuple[Rate, ...]:
    return (Rate(_KNOWN_SINCE, first), *(Rate(dt.date(y, m, d), bp) for y, m, d, bp in later))


STANDARD_RATES: dict[str, tuple[Rate, ...]] = {
    "AT": _always(2000),
    "BE": _always(2100),
    "BG": _always(2000),
    "CH": _changing(770, (2024, 1, 1, 810)),  # AHV 21 reform, estv.admin.ch
    "CY": _always(1900),
    "CZ": _always(2100),
    "DE": _always(1900),
    "DK": _always(2500),
    "EE": _changing(2000, (2024, 1, 1, 2200), (2025, 7, 1, 2400)),  # emta.ee
    "ES": _always(2100),
    "FI": _changing(2400, (2024, 9, 1, 2550)),  # vero.fi
    "FR": _always(2000),
    "GB": _always(2000),
    "GR": _always(2400),
    "HR": _always(2500),
    "HU": _always(2700),
    "IE": _always(2300),
    "IT": _always(2200),
    "LT": _always(2100),
    "LU": _changing(1600, (2024, 1, 1, 1700)),  # the cut of 2023 ended
    "LV": _always(2100),
    "MT": _always(1800),
    "NL": _always(2100),
    "NO": _always(2500),
    "PL": _always(2300),
    "PT": _always(2300),
    "RO": _changing(1900, (2025, 8, 1, 2100)),  # Law 141/2025
    "SE": _always(2500),
    "SI": _always(2200),
    "SK": _changing(2000, (2025, 1, 1, 2300)),  # consolidation package of 2024
}

# Regions inside the VAT territory with a standard rate of their own (VAT directive, articles 104 and 105).
_REGIONAL: dict[str, tuple[tuple[tuple[str, ...], tuple[Rate, ...]], ...]] = {
    "PT": (
        (("90", "91", "92", "93", "94"), _always(2200)),  # Madeira
        (("95", "96", "97", "98", "99"), _always(1600)),  # Azores
    ),
    "AT": ((("6691", "6991", "6992", "6993"), _always(1900)),),  # Jungholz and Mittelberg
}


@lru_cache(maxsize=100_000)
def standard_rate_bp(country: str, on: dt.date, postcode: str = "") -> int:
    """Look up the standard rate of a place on a day, in basis points: 2550 is 25.5 %.

    A postcode picks the region's own rate where one exists. Raises UnknownRateError rather than guess.
    """
    rates = STANDARD_RATES.get(country, ())
    for prefixes, regional in _REGIONAL.get(country, ()):
        if _lies_in(prefixes, postcode):
            rates = regional
    found = rate_on(rates, on)
    if found is None:
        raise UnknownRateError(f"no standard VAT rate on record for {country} on {on}")
    return found


def rate_on(rates: tuple[Rate, ...], on: dt.date) -> int | None:
    """Pick the rate that holds on a day out of dated ones, oldest first; None before the first."""
    holding = [rate.basis_points for rate in rates if rate.since <= on]
    return holding[-1] if holding else None


def rate_region(country: str, postcode: str = "") -> str:
    """Name the region whose standard rate holds in a place: the country, or the part of it that has a rate of its own."""
    for prefixes, _ in _REGIONAL.get(country, ()):
        if _lies_in(prefixes, postcode):
            return f"{country} {prefixes[0]}"
    return country


def _lies_in(prefixes: tuple[str, ...], postcode: str) -> bool:
    return "".join(filter(str.isdigit, postcode)).startswith(prefixes)
