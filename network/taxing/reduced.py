"""Reduced and zero rates that the trade in clothes and shoes meets, by country and kind of goods, in basis points.

Three countries tax children's clothes and shoes less than others: Great Britain (VAT Notice 714, zero), Ireland (VAT
Consolidation Act 2010, schedule 2, zero) and Luxembourg (law of 12 February 1979, annex B, super-reduced). Each has limits of
age or size of its own, which only the seller can judge; nobody is put into the class by guessing.
"""

import datetime as dt

from network.taxing.rates import standard_rate_bp

STANDARD = "standard"
CHILDREN = "children"
CLASSES = {
    STANDARD: "taxed as usual",
    CHILDREN: "children's clothes or shoes within the limits of the country they are sold in",
}
_REDUCED: dict[tuple[str, str], int] = {("GB", CHILDREN): 0, ("IE", CHILDREN): 0, ("LU", CHILDREN): 300}
LIMITS = {
    "GB": "under 14 years by the maker's sizes; shoes up to UK 6½ for boys, UK 5½ with low heels for girls; no fur",
    "IE": "under 11 years of average build; shoes up to continental size 38 for boys and 37 for girls as marked",
    "LU": "under 14 years by the maker's sizes",
}


def rate_bp(country: str, on: dt.date, postcode: str = "", goods: str = STANDARD) -> int:
    """Look up the rate of goods of a class in a place on a day; countries without a lower rate tax them as usual.

    Raises UnknownRateError where no standard rate is on record.
    """
    usual = standard_rate_bp(country, on, postcode)
    return min(usual, _REDUCED.get((country, goods), usual))
