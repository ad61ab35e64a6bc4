"""Working days of European countries, and the day on which a parcel leaves: Saturdays, Sundays and public holidays left out."""

import csv
import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

LOOK_AHEAD = 10  # working days that are searched for room to hand over a parcel
_DAY = dt.timedelta(days=1)
_SAME_AS = {"UK": "GB", "EL": "GR", "LI": "CH", "MC": "FR", "SM": "IT", "AD": "ES"}
_CLOCKS = {
    "Europe/London": "GB",
    "Europe/Dublin": "IE",
    "Europe/Lisbon": "PT",
    "Atlantic/Reykjavik": "IS",
    "Europe/Athens": "BG CY EE FI GR LT LV RO",
}
_CLOCK = {country: name for name, countries in _CLOCKS.items() for country in countries.split()}


def clock_of(country: str) -> ZoneInfo:
    """Name the clock by which a country's shops close."""
    return ZoneInfo(_CLOCK.get(_SAME_AS.get(country, country), "Europe/Brussels"))


def is_working_day(country: str, day: dt.date) -> bool:
    """Say whether parcels move in a country on a day."""
    return day.weekday() < 5 and day not in holidays_of(_SAME_AS.get(country, country), day.year)


def working_days_after(country: str, day: dt.date, days: int, closed_on: Collection[dt.date] = ()) -> dt.date:
    """Count working days of a country onward from a day; days on which a shop is closed are none."""
    while days > 0:
        day += _DAY
        days -= is_working_day(country, day) and day not in closed_on
    return day


def working_days_between(country: str, start: dt.date, end: dt.date, closed_on: Collection[dt.date] = ()) -> int:
    """Count a country's working days after the one day, up to and including the other; 0 when it is not later."""
    days = (start + _DAY * n for n in range(1, (end - start).days + 1))
    return sum(is_working_day(country, day) and day not in closed_on for day in days)


def leaving_day(
    country: str,
    now: dt.datetime,
    *,
    cutoff_hour: int,
    handling_days: int,
    closed_on: Collection[dt.date] = (),
    capacity: int | None = None,
    booked: Mapping[dt.date, int] | None = None,
) -> dt.date | None:
    """Find the day on which a shop hands a parcel over: open, after its handling days, with room for one more.

    An order after the cut-off hour (the shop's own clock) begins on the next day. None when ``LOOK_AHEAD`` days are full.
    """
    local = now.astimezone(clock_of(country))
    days = _open_days(country, local.date() + (_DAY if local.hour >= cutoff_hour else dt.timedelta()), closed_on)
    for _ in range(handling_days):
        next(days)
    for _ in range(LOOK_AHEAD):
        day = next(days)
        if capacity is None or (booked or {}).get(day, 0) < capacity:
            return day
    return None


def _open_days(country: str, day: dt.date, closed_on: Collection[dt.date]) -> Iterator[dt.date]:
    while True:
        if is_working_day(country, day) and day not in closed_on:
            yield day
        day += _DAY


@lru_cache(maxsize=500)
def holidays_of(country: str, year: int) -> frozenset[dt.date]:
    """List a country's public holidays in a year; a country without data has none."""
    days: set[dt.date] = set()
    for rule in _rules().get(country, ()):
        day = _day_of(rule.rstrip("*"), year)
        while rule.endswith("*") and (day.weekday() > 4 or day in days):
            day += _DAY
        days.add(day)
    return frozenset(days)


@lru_cache(maxsize=1)
def _rules() -> dict[str, tuple[str, ...]]:
    with (Path(__file__).parent / "data" / "public_holidays.csv").open(newline="", encoding="utf-8") as file:
        return {row["country"]: tuple(row["days"].split()) for row in csv.DictReader(file)}


def _day_of(rule: str, year: int) -> dt.date:
    if rule[0] in "EO" and rule[1] in "+-":
        easter = western_easter(year) if rule[0] == "E" else orthodox_easter(year)
        return easter + dt.timedelta(days=int(rule[1:]))
    if rule == "midsummer":
        return _weekday_from(dt.date(year, 6, 19), 4)
    kind, _, month = rule.partition("-")
    if kind == "mon1":
        return _weekday_from(dt.date(year, int(month), 1), 0)
    if kind == "last":
        return _weekday_from(dt.date(year, int(month) + 1, 1), 0) - dt.timedelta(days=7)
    return dt.date(year, int(kind), int(month))


def _weekday_from(day: dt.date, weekday: int) -> dt.date:
    return day + dt.timedelta(days=(weekday - day.weekday()) % 7)


def western_easter(year: int) -> dt.date:
    """Reckon Easter Sunday of the western churches (the anonymous Gregorian rule)."""
    a, (b, c) = year % 19, divmod(year, 100)
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    m = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return dt.date(year, month, day + 1)


def orthodox_easter(year: int) -> dt.date:
    """Reckon Easter Sunday of the Orthodox churches, in the Gregorian calendar (right until 2099)."""
    d = (19 * (year % 19) + 15) % 30
    e = (2 * (year % 4) + 4 * (year % 7) - d + 34) % 7
    month, day = divmod(d + e + 114, 31)
    return dt.date(year, month, day + 1) + dt.timedelta(days=13)
