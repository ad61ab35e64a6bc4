"""What a shop's program may read of what the network does for it, and how it writes its tariff; a stranger sees its own only."""

import pytest

from catalog.demand import record_demand
from catalog.models import StockPace
from catalog.reach import notice_changes
from catalog.tests.cast import level_of, make_item, open_shop, put, stock
from catalog.tests.test_rules_api import caller
from catalog.trust import record_outcome
from network.models import SendingTerms, Shop
from network.tariffs import NETWORK_TARIFF
from skuu.kit.money import major

pytestmark = pytest.mark.django_db
PRICES = {zone: [major(price, "EUR") for price in prices] for zone, prices in NETWORK_TARIFF.services[0].prices.items()}


@pytest.fixture
def alma() -> Shop:
    shop = open_shop("Alma", "DE")
    shop.boot = stock(shop, make_item(), 4)
    return shop


@pytest.fixture
def bruno(alma: Shop) -> Shop:
    shop = open_shop("Bruno", "BE")
    shop.boot = stock(shop, alma.boot.matches.get().item, 0)
    notice_changes()
    return shop


def test_insights_tell_the_shops_own_weeks_and_stock_outs(alma: Shop, bruno: Shop) -> None:
    record_demand(bruno, bruno.boot, "order_line:1", 2, "BE", "lost")
    told = caller(bruno)("get", "insights/").json()
    assert [week["lost"] for week in told["weeks"]][-1] == 2
    assert [(row["variant"], row["units"]) for row in told["most_lost"]] == [(bruno.boot.remote_id, 2)]
    assert told["stock_outs"]["filled"] + sum(one["sizes"] for one in told["stock_outs"]["blocked"]) == 1
    other = caller(alma)("get", "insights/").json()
    assert (other["most_lost"], sum(week["lost"] for week in other["weeks"])) == ([], 0)


def test_partner_countries_name_the_registration_that_would_open_them(alma: Shop, bruno: Shop) -> None:
    told = caller(bruno)("get", "partner-countries/").json()
    (germany,) = [one for one in told["countries"] if one["country"] == "DE"]
    assert germany["is_open"] is (germany["lacking"] == [])
    assert germany["sizes"] == 1
    assert "Alma" not in str(told)


def test_the_own_record_is_told_to_its_shop_alone(alma: Shop, bruno: Shop) -> None:
    record_outcome(alma, "on_time", 3)
    told = caller(alma)("get", "trust/").json()
    assert (told["counts"], told["orders"], told["says_little"]) == ({"on_time": 3}, 3, True)
    assert caller(bruno)("get", "trust/").json()["counts"] == {}


def test_a_tariff_is_written_as_a_new_version_and_read_as_it_stands(alma: Shop) -> None:
    call = caller(alma)
    assert call("get", "sending/").json()["version"] == 0
    terms = {
        "carriers": [
            {"carrier": "Bike post", "prices": {"domestic": PRICES["domestic"]}, "days": {"domestic": [1, 1]}}
        ],
        "zones": {"PL": "far"},
        "cutoff_hour": 14,
        "handling_days": 1,
        "closed_on": ["2026-12-28"],
        "capacity": 20,
    }
    told = call("put", "sending/", terms).json()
    assert {name: told[name] for name in terms} == terms
    assert told["version"] == 1
    assert call("put", "sending/", terms).json() == told
    assert call("get", "sending/").json() == told


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [
        ({"carriers": [{"carrier": "Bike post", "prices": {"domestic": ["99"] * 6}}]}, 422, "bad_sending_terms"),
        ({"carriers": [{"carrier": "Bike post", "prices": {"moon": ["1"] * 6}}]}, 400, "invalid"),
        ({"cutoff_hour": 25}, 400, "invalid"),
    ],
)
def test_a_tariff_that_cannot_stand_changes_nothing(
    alma: Shop, wrong: dict[str, object], status: int, code: str
) -> None:
    good = {"carriers": [{"carrier": "Bike post", "prices": PRICES}], "cutoff_hour": 14, "handling_days": 1}
    answer = caller(alma)("put", "sending/", good | wrong)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert SendingTerms.everyone.count() == 0


def test_stock_says_how_many_units_stay_off_partners_shelves(alma: Shop) -> None:
    put(alma.boot, 9)
    level = level_of(alma.boot)
    level.kept_back = 2
    level.save()
    StockPace.objects.create(level=level, per_day=60, figure=9, looked_on="2026-11-20")
    (row,) = caller(alma)("get", "stock/").json()["results"]
    assert (row["available"], row["kept_back"]) == (9, 2)
