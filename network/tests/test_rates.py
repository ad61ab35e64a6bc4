"""Reference rates by day: the last known one before a gap, the file of the central bank, and rates that stopped coming."""

import datetime as dt
import zipfile
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from network.models import DailyRate
from network.rates import (
    BadRates,
    convert_minor,
    factor_on,
    keep_rates,
    published_rate,
    rate_on,
    rates_are_stale,
    read_rates,
)

pytestmark = pytest.mark.django_db
FILE = """Date,USD,SEK,PLN,ISK,
2026-11-20,1.10,11.000,4.4000,N/A,
2026-11-19,1.20,12.000,4.5000,N/A,
"""


@pytest.fixture(autouse=True)
def rates(tmp_path: Path) -> Path:
    path = tmp_path / "eurofxref-hist.csv"
    path.write_text(FILE)
    assert keep_rates(read_rates(path)) == 6
    return path


@pytest.mark.parametrize(("day", "minor"), [(19, 120_000), (20, 110_000), (22, 110_000), (30, 110_000)])
def test_a_day_without_a_rate_takes_the_last_one_before_it(day: int, minor: int) -> None:
    assert convert_minor(10_000, "EUR", "SEK", on=dt.date(2026, 11, day)) == minor


def test_before_the_first_imported_day_the_shipped_history_holds() -> None:
    assert rate_on("SEK", dt.date(2026, 11, 1)) == (Fraction("10.978"), dt.date(2026, 10, 30))
    assert rate_on("SEK", dt.date(2026, 11, 21))[1] == dt.date(2026, 11, 20)
    assert rate_on("SEK", dt.date(2025, 12, 15)) == (Fraction("10.9155"), dt.date(2025, 12, 15))


def test_comparing_takes_the_first_known_rate_for_days_before_it_and_the_books_take_none() -> None:
    long_ago = dt.date(2020, 1, 1)
    assert rate_on("SEK", long_ago) == (Fraction("10.9155"), dt.date(2025, 12, 15))
    assert published_rate("SEK", long_ago) is None
    assert published_rate("USD", dt.date(2026, 11, 18)) is None
    assert published_rate("USD", dt.date(2026, 11, 19)) == (Fraction("1.2"), dt.date(2026, 11, 19))


def test_an_imported_rate_wins_on_its_own_day_and_only_from_it_on() -> None:
    day = dt.date(2026, 10, 30)
    keep_rates(iter([("SEK", day, Decimal("11.25"))]))
    assert published_rate("SEK", day) == rate_on("SEK", day) == (Fraction("11.25"), day)
    assert published_rate("SEK", dt.date(2026, 10, 29)) == (Fraction("10.9995"), dt.date(2026, 10, 29))
    assert published_rate("BGN", dt.date(2026, 3, 1)) == (Fraction("1.95583"), dt.date(2026, 3, 1))


def test_a_factor_is_exact() -> None:
    assert factor_on("SEK", "PLN", dt.date(2026, 11, 20)) == Fraction("4.4") / 11


def test_the_same_file_again_changes_nothing_and_a_corrected_rate_replaces(rates: Path) -> None:
    keep_rates(read_rates(rates))
    assert DailyRate.objects.count() == 6
    keep_rates(iter([("SEK", dt.date(2026, 11, 20), Decimal("11.5"))]))
    assert convert_minor(10_000, "EUR", "SEK", on=dt.date(2026, 11, 20)) == 115_000


def test_the_daily_file_in_its_zip(tmp_path: Path) -> None:
    path = tmp_path / "eurofxref.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("eurofxref.csv", "Date, USD, SEK, \n23 November 2026, 1.1, 10.5, \n")
    keep_rates(read_rates(path))
    assert convert_minor(10_000, "EUR", "SEK", on=dt.date(2026, 11, 23)) == 105_000


def test_what_is_no_file_of_rates_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rates.csv"
    path.write_text("Date,SEK\nyesterday,1\n")
    with pytest.raises(BadRates):
        list(read_rates(path))


def test_rates_that_stopped_coming_are_noticed() -> None:
    assert not rates_are_stale(dt.date(2026, 11, 27))
    assert rates_are_stale(dt.date(2026, 11, 28))


def zipped(content: bytes, path: Path) -> bytes:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("eurofxref-hist.csv", content)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("no.zip", "no zip at all"),
        ("cut.zip", "cut off"),
        ("flipped.zip", "its bytes have changed"),
        ("empty.zip", "nothing inside"),
        ("latin.zip", "not UTF-8"),
        ("latin.csv", "not UTF-8"),
        ("utf16.csv", "another encoding"),
        ("empty.csv", "empty"),
        ("heads.csv", "no rows"),
    ],
)
def test_a_broken_file_is_refused_in_words_and_nothing_is_kept(tmp_path: Path, name: str, broken: str) -> None:
    whole = zipped(FILE.encode(), tmp_path / "whole")
    content = {
        "no.zip": FILE.encode(),
        "cut.zip": whole[:60],
        "flipped.zip": whole[:52] + bytes([whole[52] ^ 255, whole[53] ^ 255]) + whole[54:],
        "latin.zip": zipped("Date,USD\nM\xe4rz,1.0".encode("latin-1"), tmp_path / "latin"),
        "latin.csv": "Date,USD\nM\xe4rz,1.0".encode("latin-1"),
        "utf16.csv": FILE.encode("utf-16"),
        "empty.csv": b"",
        "heads.csv": b"Date,USD,SEK\n",
    }.get(name, b"PK\x05\x06" + bytes(18))
    path = tmp_path / name
    path.write_bytes(content)
    before = sorted(DailyRate.objects.values_list("currency", "on", "rate"))
    with pytest.raises(CommandError, match=name):
        call_command("import_rates", str(path))
    assert sorted(DailyRate.objects.values_list("currency", "on", "rate")) == before
