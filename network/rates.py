"""Reference rates by day, the one source of them: to compare prices and quote tariffs, and for conversions that stand in the books.

1 EUR in units of the currency, as the European Central Bank publishes it on working days: the history shipped beside this,
then what was imported, which wins on its own day. For a day without a rate the last one before it holds. Comparing takes the
first known rate for days before it; the books never take a rate of a later day (``published_rate``).
"""

import csv
import datetime as dt
import io
import time
import zipfile
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from django.utils import timezone

from network.models import DailyRate
from skuu.kit.errors import NotPossible
from skuu.kit.money import exponent, round_half_away

_SHIPPED = Path(__file__).parent / "data" / "ecb_rates.csv"
_FIXED = {"EUR": Fraction(1), "BGN": Fraction("1.95583")}  # the lev is the euro since 2026-01-01
FRESH_FOR = 60  # seconds a process trusts what it has read: rates come once a day
STALE_AFTER = dt.timedelta(days=7)  # longer than any row of holidays on which no rate is set


class BadRates(NotPossible):
    """The file is not one of the central bank's rates."""

    code = "bad_rates"


def convert_minor(amount: int, from_currency: str, to_currency: str, *, on: dt.date | None = None) -> int:
    """Convert minor units of one currency into minor units of another at a day's rate, half away from zero.

    Without a day today's is meant; for a day without a rate the last one before it. For comparing and quoting only.
    Raises NotPossible ``unknown_currency`` for a currency without a reference rate.
    """
    if from_currency == to_currency:
        return amount
    return round_half_away(amount * factor_on(from_currency, to_currency, on))


def factor_on(from_currency: str, to_currency: str, on: dt.date | None = None) -> Fraction:
    """Say how many minor units of one currency a minor unit of another is worth on a day, exactly.

    Raises NotPossible ``unknown_currency``.
    """
    if from_currency == to_currency:
        return Fraction(1)
    scale = Fraction(10) ** (exponent(to_currency) - exponent(from_currency))
    return _rate(to_currency, on) / _rate(from_currency, on) * scale


def rate_on(currency: str, on: dt.date) -> tuple[Fraction, dt.date]:
    """Say what 1 EUR is in a currency on a day, and of which day that rate is. Raises NotPossible ``unknown_currency``."""
    if currency in _FIXED:
        return _FIXED[currency], on
    known = _known(on, time.monotonic() // FRESH_FOR)
    if currency not in known:
        raise NotPossible(f"There is no reference rate for {currency} yet.", code="unknown_currency")
    return known[currency]


def _rate(currency: str, on: dt.date | None) -> Fraction:
    return rate_on(currency, on or timezone.localdate())[0]


@lru_cache(maxsize=64)
def _known(on: dt.date, _minute: float) -> dict[str, tuple[Fraction, dt.date]]:
    """Read the last rates up to a day."""
    known = {currency: (rate, on) for currency, rate in _FIXED.items()}
    for currency in _history():
        shipped = _shipped(currency, on)
        known[currency] = shipped or _history()[currency][0]
    newest = DailyRate.objects.filter(on__lte=on).order_by("currency", "-on").distinct("currency")
    for currency, rate, day in newest.exclude(currency__in=_FIXED).values_list("currency", "rate", "on"):
        if currency not in known or day >= known[currency][1] or known[currency][1] > on:
            known[currency] = (Fraction(rate), day)
    return known


def published_rate(currency: str, on: dt.date) -> tuple[Fraction, dt.date] | None:
    """Say what 1 EUR was in a currency by the last rate published for a day or before it, and of which day; None when unknown.

    Never a rate of a later day. A currency that is the euro for good has the rate it was fixed at, of that very day.
    """
    if currency in _FIXED:
        return _FIXED[currency], on
    shipped = _shipped(currency, on)
    imported = DailyRate.objects.filter(currency=currency, on__lte=on).order_by("-on").values_list("rate", "on").first()
    if imported is not None and (shipped is None or imported[1] >= shipped[1]):
        return Fraction(imported[0]), imported[1]
    return shipped


def is_fixed(currency: str) -> bool:
    """Say whether a currency's rate was fixed for good."""
    return currency in _FIXED


def _shipped(currency: str, on: dt.date) -> tuple[Fraction, dt.date] | None:
    days = _history().get(currency, ())
    at = bisect_right(days, on, key=lambda one: one[1]) - 1
    return days[at] if at >= 0 else None


@lru_cache(maxsize=1)
def _history() -> dict[str, tuple[tuple[Fraction, dt.date], ...]]:
    """Read the shipped rates, oldest first."""
    found: dict[str, list[tuple[Fraction, dt.date]]] = {}
    with _SHIPPED.open(newline="") as file:
        for row in csv.DictReader(file):
            day = dt.date.fromisoformat(row.pop("date"))
            for currency, rate in row.items():
                if rate:
                    found.setdefault(currency, []).append((Fraction(rate), day))
    return {currency: tuple(rates) for currency, rates in found.items()}


def forget_rates() -> None:
    """Read the rates anew with the next question."""
    _known.cache_clear()


def newest_day() -> dt.date:
    """Say of which day the newest rates are."""
    day = DailyRate.objects.order_by("-on").values_list("on", flat=True).first()
    shipped = max(days[-1][1] for days in _history().values())
    return max(day, shipped) if day else shipped


def rates_are_stale(on: dt.date) -> bool:
    """Say whether rates have stopped coming: older than any row of holidays."""
    return on - newest_day() > STALE_AFTER


def keep_rates(rows: Iterator[tuple[str, dt.date, Decimal]], *, batch: int = 5_000) -> int:
    """Keep rates by currency and day; returns how many were given. *Again*: the same rows, a corrected rate replaces."""
    kept = [DailyRate(currency=currency, on=on, rate=rate) for currency, on, rate in rows]
    DailyRate.objects.bulk_create(
        kept, update_conflicts=True, unique_fields=["currency", "on"], update_fields=["rate"], batch_size=batch
    )
    forget_rates()
    return len(kept)


def read_rates(path: Path, *, since: dt.date | None = None) -> Iterator[tuple[str, dt.date, Decimal]]:
    """Read the central bank's file (`eurofxref.csv`, its history, or the zip of either). Raises BadRates."""
    rows = _rows(path)
    if not rows:
        raise BadRates(f"{path.name} holds no reference rates.")
    for row in rows:
        try:
            day = _day(row["Date"])
            for currency, rate in row.items():
                if currency and len(currency) == 3 and currency.isupper() and rate.strip() not in ("", "N/A"):
                    if since is None or day >= since:
                        yield currency, day, Decimal(rate.strip())
        except (KeyError, ValueError, InvalidOperation, AttributeError) as error:
            raise BadRates(f"{path.name} is no file of reference rates: {error}.") from None


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        return list(csv.DictReader(io.StringIO(_text(path)), skipinitialspace=True))
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        IndexError,
        csv.Error,
        UnicodeDecodeError,
        NotImplementedError,
    ) as error:
        raise BadRates(f"{path.name} is no file of reference rates, or broken: {error}.") from None


def _text(path: Path) -> str:
    if path.suffix != ".zip":
        return path.read_text(encoding="utf-8-sig")
    with zipfile.ZipFile(path) as archive:
        return archive.read(archive.namelist()[0]).decode("utf-8-sig")


def _day(text: str) -> dt.date:
    text = text.strip()
    return dt.date.fromisoformat(text) if text[:4].isdigit() else dt.datetime.strptime(text, "%d %B %Y").date()  # noqa: DTZ007
