"""Reduced and zero rates that the trade in clothes and shoes meets, by country, kind of goods and date, in basis points.

Three countries tax children's clothes and shoes less than others: Great Britain (VAT Notice 714, zero), Ireland (VAT
Consolidation Act 2010, schedule 2, zero) and Luxembourg (law of 12 February 1979, annex B, super-reduced). Each has limits of
age or size of its own, which only the seller can judge; nobody is put into a class by guessing.
"""

import datetime as dt

from network.taxing.rates import Rate, rate_on, standard_rate_bp

STANDARD = "standard"
CHILDREN_CLOTHING = "children_clothing"
CHILDREN_SHOES = "children_shoes"
CLASSES = {
    STANDARD: "Taxed as usual",
    CHILDREN_CLOTHING: "Children’s clothes",
    CHILDREN_SHOES: "Children’s shoes",
}
_KNOWN_SINCE = dt.date(2023, 1, 1)
_ZERO, _SUPER_REDUCED = (Rate(_KNOWN_SINCE, 0),), (Rate(_KNOWN_SINCE, 300),)
REDUCED_RATES: dict[tuple[str, str], tuple[Rate, ...]] = {
    ("GB", CHILDREN_CLOTHING): _ZERO,
    ("GB", CHILDREN_SHOES): _ZERO,
    ("IE", CHILDREN_CLOTHING): _ZERO,
    ("IE", CHILDREN_SHOES): _ZERO,
    ("LU", CHILDREN_CLOTHING): _SUPER_REDUCED,
    ("LU", CHILDREN_SHOES): _SUPER_REDUCED,
}
LIMITS = {
    "GB": "under 14 years by the maker’s sizes; shoes up to UK 6½ for boys, UK 5½ with low heels for girls; no fur",
    "IE": "under 11 years of average build; shoes up to continental size 38 for boys and 37 for girls as marked",
    "LU": "under 14 years by the maker’s sizes",
}


def rate_bp(country: str, on: dt.date, postcode: str = "", goods: str = STANDARD) -> int:
    """Look up the rate of goods of a class in a place on a day; countries without a lower rate tax them as usual.

    Raises UnknownRateError where no standard rate is on record.
    """
    usual = standard_rate_bp(country, on, postcode)
    lower = rate_on(REDUCED_RATES.get((country, goods), ()), on)
    return usual if lower is None else min(usual, lower)


def lower_rates(on: dt.date) -> dict[tuple[str, str], int]:
    """Tell every rate of a day that is lower than its country's usual one, by country and class."""
    rates = {(country, goods): rate_bp(country, on, goods=goods) for country, goods in REDUCED_RATES}
    return {key: rate for key, rate in rates.items() if rate < standard_rate_bp(key[0], on)}


def is_lower(country: str, on: dt.date, postcode: str = "", goods: str = STANDARD) -> bool:
    """Say whether goods of a class are taxed less than others in a place on a day."""
    return rate_bp(country, on, postcode, goods) < standard_rate_bp(country, on, postcode)
