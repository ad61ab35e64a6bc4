"""Rate cards: the next version counts from its first day, a promotion ends, and nothing that was agreed is touched."""

import datetime as dt

import pytest
import time_machine

from network.models import RateCard
from network.rate_cards import BadRates, Rates, cards_overruled, issue_rate_card

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 2)
USUAL = Rates("retailer", "brand", 2500, 200)


@pytest.fixture(autouse=True)
def clock():
    RateCard.objects.filter(origin_kind="retailer", shipper_kind="brand").delete()
    with time_machine.travel(dt.datetime(2026, 11, 2, 10, tzinfo=dt.UTC), tick=False):
        yield


def test_the_next_version_follows_and_the_same_again_is_the_same():
    first = issue_rate_card(USUAL, starts_on=TODAY)
    assert (first.version, issue_rate_card(USUAL, starts_on=TODAY)) == (1, first)
    second = issue_rate_card(Rates("retailer", "brand", 2000, 300, network_min_minor=50), starts_on=TODAY)
    assert (second.version, second.network_min_minor) == (2, 50)
    first.refresh_from_db()
    assert (first.origin_bp, first.ends_on) == (2500, None)


def test_a_promotion_overrules_only_while_it_lasts():
    usual = issue_rate_card(USUAL, starts_on=TODAY)
    rates, ends = Rates("retailer", "brand", 3000, 0), TODAY + dt.timedelta(days=7)
    promotion = issue_rate_card(rates, starts_on=TODAY, ends_on=ends)
    assert cards_overruled(rates, TODAY, ends) == [promotion, usual]
    assert cards_overruled(rates, ends + dt.timedelta(days=1), None) == [usual]


@pytest.mark.parametrize(
    ("rates", "days"),
    [
        (USUAL, (-1, None)),
        (USUAL, (0, -1)),
        (Rates("retailer", "nobody", 1, 1), (0, None)),
        (Rates("retailer", "brand", 9001, 1), (0, None)),
        (Rates("retailer", "brand", 1, 2001), (0, None)),
        (Rates("retailer", "brand", 9000, 1001), (0, None)),
        (Rates("retailer", "brand", 1, 1, network_min_minor=5, network_max_minor=4), (0, None)),
        (Rates("retailer", "brand", 1, 1, network_fixed_minor=-1), (0, None)),
    ],
)
def test_rates_that_cannot_be_are_refused(rates, days):
    starts, ends = (None if one is None else TODAY + dt.timedelta(days=one) for one in days)
    with pytest.raises(BadRates):
        issue_rate_card(rates, starts_on=starts, ends_on=ends)
    assert not RateCard.objects.filter(origin_kind="retailer", shipper_kind="brand").exists()
