"""Money as whole minor units of one currency: parsed once, rounded by one rule, shown by locale."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from babel.numbers import format_currency, get_currency_precision

from skuu.kit.errors import NotPossible


def round_half_away(value: Fraction) -> int:
    """Round half away from zero, so that giving back x is exactly minus taking x."""
    sign = -1 if value < 0 else 1
    value = abs(value)
    return sign * ((2 * value.numerator + value.denominator) // (2 * value.denominator))


def exponent(currency: str) -> int:
    """Count the decimal places of a currency by ISO 4217: 2 for EUR, 0 for JPY."""
    return get_currency_precision(currency)


def parse_minor(text: str | Decimal | int | float, currency: str) -> int:
    """Read an amount in major units ("49.95") into minor units.

    Raises NotPossible ``bad_amount`` when it is no finite number or has more places than the currency.
    """
    try:
        value = Decimal(str(text).strip())
    except InvalidOperation:
        raise NotPossible(f"“{text}” is not an amount; write it like 49.95.", code="bad_amount") from None
    if not value.is_finite() or abs(value) >= Decimal(10) ** 12:
        raise NotPossible(f"“{text}” is not an amount; write it like 49.95.", code="bad_amount")
    scaled = value.scaleb(exponent(currency))
    if scaled != scaled.to_integral_value():
        raise NotPossible(f"“{text}” has more decimal places than {currency} has.", code="bad_amount")
    return int(scaled)


def major(minor: int, currency: str) -> str:
    """Write minor units as a plain decimal string, as APIs and CSV want it: 4995 EUR is "49.95"."""
    places = exponent(currency)
    return str(Decimal(minor).scaleb(-places).quantize(Decimal(1).scaleb(-places)))


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in minor units of one currency; adding two currencies is an error, never a guess."""

    minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")

    def format(self, locale: str = "en") -> str:
        """Show it as a reader of that locale expects: Money(4995, "EUR") is "€49.95" in English."""
        value = Decimal(self.minor).scaleb(-exponent(self.currency))
        return str(format_currency(value, self.currency, locale=locale))
