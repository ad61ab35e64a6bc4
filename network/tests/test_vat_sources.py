"""The table of standard rates says what the two data sets say that it was made from, on every day on which a rate changes.

`eu-vat-rates-data` (MIT) knows the rates of its own day; `duty27-eu-vat` (code MIT; data by Duty27, https://duty27.com/vat-rates/history,
CC BY 4.0) the history of the EU-27. They are installed for tests alone and compared here, never read by the product.
"""

import datetime as dt
from decimal import Decimal

import duty27_eu_vat
import eu_vat_rates_data
import pytest

from network.taxing.rates import STANDARD_RATES, standard_rate_bp

EU = sorted(country.code.replace("EL", "GR") for country in duty27_eu_vat.list_countries())
DAY = dt.timedelta(days=1)


def basis_points(percent: Decimal | float) -> int:
    return int(Decimal(str(percent)) * 100)


def test_the_table_has_the_union_and_the_three_beside_it() -> None:
    assert len(EU) == 27
    assert sorted(STANDARD_RATES) == sorted([*EU, "CH", "GB", "NO"])


@pytest.mark.parametrize("country", EU)
def test_the_history_of_a_member_state_is_that_of_the_source(country: str) -> None:
    first = STANDARD_RATES[country][0].since
    starts = {one.effective_from for one in duty27_eu_vat.get_rate_history(country) if one.effective_from >= first}
    starts |= {one.since for one in STANDARD_RATES[country]} | {duty27_eu_vat.DATA_AS_OF}
    days = sorted({day for start in starts for day in (start - DAY, start) if day >= first})
    ours = {day: standard_rate_bp(country, day) for day in days}
    assert ours == {day: basis_points(duty27_eu_vat.get_standard_rate(country, day)) for day in days}


@pytest.mark.parametrize("country", sorted(STANDARD_RATES))
def test_the_rate_of_today_is_that_of_the_source(country: str) -> None:
    said = eu_vat_rates_data.get_standard_rate(country)
    assert said is not None
    day = dt.date.fromisoformat(eu_vat_rates_data.data_version)
    assert standard_rate_bp(country, day) == basis_points(said)
