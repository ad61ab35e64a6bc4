"""The bounds of a measured precision are the published ones, to the last digit anyone prints."""

import pytest

from catalog.matching.bounds import clean_checks_needed, lower_bound, upper_bound

TWO_SIDED = 0.975  # each side of the usual 95 % interval


@pytest.mark.parametrize(
    ("right", "checked", "low", "high"),
    [
        # Clopper and Pearson's exact 95 % intervals, as tables and R's binom.test print them
        (0, 10, 0.0, 0.3085),
        (1, 10, 0.0025, 0.4450),
        (5, 10, 0.1871, 0.8129),
        (8, 10, 0.4439, 0.9748),
        (10, 10, 0.6915, 1.0),
        (0, 20, 0.0, 0.1684),
        (81, 263, 0.2527, 0.3676),
        (15, 148, 0.0578, 0.1617),
    ],
)
def test_the_two_sided_interval_is_the_published_one(right, checked, low, high):
    assert round(lower_bound(right, checked, confidence=TWO_SIDED), 4) == low
    assert round(upper_bound(right, checked, confidence=TWO_SIDED), 4) == high


@pytest.mark.parametrize("checked", [1, 10, 60, 300, 598, 3000])
def test_without_an_error_the_lower_bound_is_the_root_of_the_chance(checked):
    assert lower_bound(checked, checked) == pytest.approx(0.05 ** (1 / checked), abs=1e-12)
    assert upper_bound(checked, checked) == 1.0
    assert upper_bound(0, checked) == pytest.approx(1 - 0.05 ** (1 / checked), abs=1e-12)


def test_300_clean_checks_bound_the_error_at_one_percent():
    assert lower_bound(299, 299) >= 0.99
    assert lower_bound(298, 298) < 0.99


def test_598_clean_checks_prove_99_5_percent():
    assert lower_bound(597, 597) < 0.995 <= lower_bound(598, 598)
    assert clean_checks_needed(0, 0, 0.995) == 598
    assert clean_checks_needed(500, 500, 0.995) == 98
    assert clean_checks_needed(598, 598, 0.995) == 0


def test_one_error_costs_several_hundred_clean_checks_more():
    needed = clean_checks_needed(599, 600, 0.995)
    assert needed == 347
    assert lower_bound(599 + 346, 600 + 346) < 0.995 <= lower_bound(599 + 347, 600 + 347)


@pytest.mark.parametrize(
    ("right", "checked", "falls"), [(296, 300, False), (295, 300, True), (0, 1, True), (1, 2, True)]
)
def test_the_upper_bound_falls_below_99_5_percent_with_the_errors_chance_no_longer_explains(right, checked, falls):
    assert (upper_bound(right, checked) < 0.995) is falls


def test_nothing_checked_says_nothing():
    assert (lower_bound(0, 0), upper_bound(0, 0)) == (0.0, 1.0)


@pytest.mark.parametrize(("right", "checked"), [(2, 1), (-1, 3)])
def test_a_senseless_measurement_is_refused(right, checked):
    with pytest.raises(ValueError, match="no measurement"):
        lower_bound(right, checked)
