"""Fixed reference rates, to compare prices and quote tariffs across currencies; debts stay in the order's currency."""

import datetime as dt
from fractions import Fraction

from skuu.kit.errors import NotPossible
from skuu.kit.money import exponent, round_half_away

# Euro foreign exchange reference rates of the European Central Bank, 1 EUR in units of the currency.
REFERENCE_DATE = dt.date(2026, 10, 30)
REFERENCE_RATES: dict[str, str] = {
    "EUR": "1",
    "BGN": "1.95583",  # irrevocably fixed since the euro came on 2026-01-01
    "CHF": "0.9194",
    "CZK": "24.353",
    "DKK": "7.4735",
    "GBP": "0.8338",
    "HUF": "366.33",
    "NOK": "10.312",
    "PLN": "4.4038",
    "RON": "5.3447",
    "SEK": "10.978",
}


def convert_minor(amount: int, from_currency: str, to_currency: str) -> int:
    """Convert minor units of one currency into minor units of another at the reference rate, half away from zero.

    For comparing and quoting only. Raises NotPossible ``unknown_currency`` for a currency without a reference rate.
    """
    if from_currency == to_currency:
        return amount
    factor = (
        _rate(to_currency) / _rate(from_currency) * Fraction(10) ** (exponent(to_currency) - exponent(from_currency))
    )
    return round_half_away(amount * factor)


def _rate(currency: str) -> Fraction:
    try:
        return Fraction(REFERENCE_RATES[currency])
    except KeyError:
        raise NotPossible(f"There is no reference rate for {currency} yet.", code="unknown_currency") from None
