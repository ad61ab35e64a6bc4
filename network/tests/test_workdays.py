"""Working days follow each country's holidays; a parcel leaves on an open day with room for it."""

import datetime as dt

import pytest

from network.workdays import (
    holidays_of,
    is_working_day,
    leaving_day,
    orthodox_easter,
    western_easter,
    working_days_after,
    working_days_between,
)


@pytest.mark.parametrize(
    ("year", "west", "east"), [(2025, "0420", "0420"), (2026, "0405", "0412"), (2027, "0328", "0502")]
)
def test_easter_falls_where_the_churches_say(year, west, east):
    assert (f"{western_easter(year):%m%d}", f"{orthodox_easter(year):%m%d}") == (west, east)


@pytest.mark.parametrize(
    ("country", "day"),
    [
        ("NL", "2026-04-27"),
        ("DE", "2026-05-14"),  # Ascension
        ("GB", "2026-12-28"),  # Boxing Day is a Saturday
        ("GB", "2027-12-27"),
        ("GB", "2027-12-28"),  # both days of Christmas fall on a weekend
        ("GB", "2026-08-31"),
        ("SE", "2026-06-19"),
        ("IE", "2026-02-02"),
        ("GR", "2026-04-13"),
        ("MC", "2026-07-14"),
    ],
)
def test_nothing_moves_on_a_public_holiday(country, day):
    assert not is_working_day(country, dt.date.fromisoformat(day))
    assert is_working_day(country, dt.date(2026, 11, 24))


def test_every_rule_names_a_day_of_every_year():
    for country in (
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GB",
        "GR",
        "HR",
        "HU",
        "IE",
        "IT",
    ):
        for year in (2024, 2026, 2032):
            assert 7 <= len(holidays_of(country, year)) <= 16


def test_days_are_counted_over_weekends_and_holidays():
    friday = dt.date(2026, 4, 24)
    assert working_days_after("NL", friday, 2) == dt.date(2026, 4, 29)
    assert working_days_after("BE", friday, 2) == dt.date(2026, 4, 28)
    assert working_days_between("NL", friday, dt.date(2026, 4, 29)) == 2
    assert working_days_between("NL", friday, friday) == 0


def leaves(hour, **more):
    friday = dt.datetime(2026, 11, 20, hour, 30, tzinfo=dt.UTC)  # an hour later on a Dutch clock
    return leaving_day("NL", friday, cutoff_hour=15, **({"handling_days": 0} | more))


def test_what_comes_before_the_cut_off_hour_leaves_today_and_what_comes_later_on_monday():
    assert leaves(13) == dt.date(2026, 11, 20)
    assert leaves(14) == dt.date(2026, 11, 23)


def test_handling_days_closing_days_and_full_days_are_left_out():
    monday, tuesday = dt.date(2026, 11, 23), dt.date(2026, 11, 24)
    assert leaves(14, handling_days=2) == dt.date(2026, 11, 25)
    assert leaves(14, closed_on={monday}) == tuesday
    assert leaves(14, capacity=3, booked={monday: 3, tuesday: 2}) == tuesday


def test_a_shop_without_room_for_ten_days_hands_nothing_over():
    assert leaves(14, capacity=0) is None


def test_a_shop_closed_for_sixty_days_on_end_hands_over_on_the_first_day_after_them():
    monday = dt.date(2026, 11, 23)
    closed = {monday + dt.timedelta(days=days) for days in range(60)}  # the last is Thursday, 21 January
    assert leaves(14, closed_on=closed) == dt.date(2027, 1, 22)
    assert leaves(14, closed_on=closed, handling_days=1) == dt.date(2027, 1, 25)
