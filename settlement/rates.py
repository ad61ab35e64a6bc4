"""Dated euro reference rates for conversions that stand in the books: the network's, never of a later day nor of one long past."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from network.rates import is_fixed, published_rate
from skuu.kit.errors import NotPossible
from skuu.kit.money import exponent, round_half_away

_SOURCE = "ECB euro reference rate"
OLDEST = dt.timedelta(days=400)  # older figures are no rate any more


class NoRate(NotPossible):
    """No rate of a currency is known for a day, and no older one that may stand in for it."""

    code = "no_rate"


@dataclass(frozen=True, slots=True)
class Rate:
    """One euro in units of a currency, the day it was published for, and by whom."""

    currency: str
    value: Fraction
    on: dt.date
    source: str

    def told(self) -> dict[str, str]:
        """Write it the way it is frozen with an entry."""
        value = Decimal(self.value.numerator) / Decimal(self.value.denominator)
        return {"currency": self.currency, "rate": f"{value:f}", "on": self.on.isoformat(), "source": self.source}


def rate_on(currency: str, on: dt.date) -> Rate:
    """Give the rate in force on a day: that day's, or the last one published before. Raises NoRate."""
    found = published_rate(currency, on)
    if found is None:
        raise NoRate(f"No exchange rate of {currency} is known for {on} or before; import one.")
    value, day = found
    if is_fixed(currency):
        return Rate(currency, value, day, "fixed")
    if on - day > OLDEST:
        raise NoRate(f"The newest rate of {currency} before {on} is of {day}; import a newer one.")
    return Rate(currency, value, day, _SOURCE)


def convert(amount: int, from_rate: Rate, to_rate: Rate) -> int:
    """Convert minor units between the currencies of two rates, rounded once, half away from zero."""
    places = exponent(to_rate.currency) - exponent(from_rate.currency)
    return round_half_away(amount * to_rate.value / from_rate.value * Fraction(10) ** places)
