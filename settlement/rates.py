"""Dated euro reference rates for conversions that stand in the books: the shipped history, then what the network imported.

Unlike network.rates, which compares and quotes, this never takes a rate of a later day.
"""

import csv
import datetime as dt
from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from network.models import DailyRate
from skuu.kit.errors import NotPossible
from skuu.kit.money import exponent, round_half_away

_SHIPPED = Path(__file__).parent / "data" / "ecb_rates.csv"
_SOURCE = "ECB euro reference rate"
_FIXED = {"EUR": Fraction(1), "BGN": Fraction("1.95583")}  # the lev is the euro since 2026-01-01
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
    if currency in _FIXED:
        return Rate(currency, _FIXED[currency], on, "fixed")
    imported = DailyRate.objects.filter(currency=currency, on__lte=on).order_by("-on").first()
    days, values = _history().get(currency, ((), ()))
    at = bisect_right(days, on) - 1
    shipped = Rate(currency, values[at], days[at], _SOURCE) if at >= 0 else None
    if imported is not None and (shipped is None or imported.on >= shipped.on):
        found = Rate(currency, Fraction(imported.rate), imported.on, _SOURCE)
    elif shipped is not None:
        found = shipped
    else:
        raise NoRate(f"No exchange rate of {currency} is known for {on} or before; import one.")
    if on - found.on > OLDEST:
        raise NoRate(f"The newest rate of {currency} before {on} is of {found.on}; import a newer one.")
    return found


def convert(amount: int, from_rate: Rate, to_rate: Rate) -> int:
    """Convert minor units between the currencies of two rates, rounded once, half away from zero."""
    places = exponent(to_rate.currency) - exponent(from_rate.currency)
    return round_half_away(amount * to_rate.value / from_rate.value * Fraction(10) ** places)


@lru_cache(maxsize=1)
def _history() -> dict[str, tuple[tuple[dt.date, ...], tuple[Fraction, ...]]]:
    found: dict[str, list[tuple[dt.date, Fraction]]] = {}
    with _SHIPPED.open(newline="") as file:
        for row in csv.DictReader(file):
            day = dt.date.fromisoformat(row.pop("date"))
            for currency, value in row.items():
                if value:
                    found.setdefault(currency, []).append((day, Fraction(value)))
    return {
        currency: (tuple(day for day, _ in pairs), tuple(value for _, value in pairs))
        for currency, pairs in found.items()
    }
