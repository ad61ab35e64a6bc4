"""Money is whole minor units, rounded by one rule."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skuu.kit.errors import NotPossible
from skuu.kit.money import Money, exponent, major, parse_minor, round_half_away


@pytest.mark.parametrize(
    ("value", "rounded"),
    [(Fraction(1, 2), 1), (Fraction(-1, 2), -1), (Fraction(3, 2), 2), (Fraction(-3, 2), -2), (Fraction(49, 100), 0)],
)
def test_halves_go_away_from_zero(value, rounded):
    assert round_half_away(value) == rounded


@given(st.fractions(min_value=-(10**9), max_value=10**9))
def test_giving_back_is_exactly_minus_taking(value):
    assert round_half_away(-value) == -round_half_away(value)


@given(st.integers(min_value=-(10**11), max_value=10**11), st.sampled_from(["EUR", "SEK", "PLN", "JPY", "ISK"]))
def test_an_amount_survives_being_written_and_read(minor, currency):
    assert parse_minor(major(minor, currency), currency) == minor


def test_amounts_follow_the_currency():
    assert (exponent("EUR"), exponent("JPY")) == (2, 0)
    assert parse_minor("49.95", "EUR") == 4995
    assert parse_minor(" 1200 ", "JPY") == 1200
    assert major(4995, "EUR") == "49.95"
    assert major(-5, "EUR") == "-0.05"


@pytest.mark.parametrize("text", ["abc", "", "NaN", "Infinity", "1e400", "49.955", "1,50"])
def test_what_is_no_amount_says_so(text):
    with pytest.raises(NotPossible) as refusal:
        parse_minor(text, "EUR")
    assert refusal.value.code == "bad_amount"


def test_two_currencies_do_not_add_up():
    with pytest.raises(ValueError, match="do not add up"):
        Money(1, "EUR") + Money(1, "SEK")
    assert Money(1, "EUR") + Money(2, "EUR") == Money(3, "EUR")
    assert Money(4995, "EUR").format("de") == "49,95\xa0€"
