"""VAT decides which partners a shop may sell from, and says in words what is missing where it says no."""

import datetime as dt

import pytest

from network.taxing import (
    DISTANCE_SALE,
    DOMESTIC,
    OWN_GOODS,
    Party,
    Point,
    UnknownRateError,
    standard_rate_bp,
    vat_route,
)
from network.taxing.rates import RULES_VERSION, STANDARD_RATES
from network.taxing.territories import EU

TODAY = dt.date(2026, 11, 20)
ALMA = Party("FR", frozenset({"FR"}), oss=False, merchant_id=1)  # ships


def bruno(*vat_countries: str, oss: bool = False) -> Party:
    return Party("DE", frozenset(vat_countries), oss, merchant_id=2)  # sells


def test_a_sale_inside_one_country_is_domestic_at_that_countrys_rate():
    route = vat_route(Point("FR", "75008"), Point("FR", "69001"), bruno("FR"), ALMA, TODAY)
    assert (route.lawful, route.treatment, route.supply_rate_bp, route.consumer_rate_bp) == (True, DOMESTIC, 2000, 2000)
    assert route.reason.startswith("Sold and shipped inside France")
    assert route.rule_version == RULES_VERSION


def test_a_foreign_seller_without_a_vat_id_of_the_country_is_blocked_by_name():
    route = vat_route(Point("FR"), Point("FR"), bruno("DE", oss=True), ALMA, TODAY)
    assert not route.lawful
    assert route.reason == "The selling shop needs a VAT id of France to sell goods there."


def test_across_the_border_supply_bears_the_first_and_the_consumer_the_second_countrys_vat():
    route = vat_route(Point("FR"), Point("FI", "00100"), bruno("DE", "FR", oss=True), ALMA, TODAY)
    assert (route.lawful, route.treatment, route.supply_rate_bp, route.consumer_rate_bp) == (
        True,
        DISTANCE_SALE,
        2000,
        2550,
    )
    assert "Finland VAT (25.5 %) through the OSS" in route.reason


@pytest.mark.parametrize(
    ("seller", "missing"),
    [
        (bruno("DE", oss=True), "a VAT id of France, where the goods leave"),
        (bruno("DE", "FR"), "the one-stop shop (OSS) registration, to charge the VAT of Germany"),
        (bruno("DE"), "a VAT id of France, where the goods leave and the one-stop shop (OSS) registration"),
    ],
)
def test_a_missing_registration_blocks_the_border_and_is_named(seller: Party, missing: str):
    route = vat_route(Point("FR"), Point("DE"), seller, ALMA, TODAY)
    assert not route.lawful
    assert missing in route.reason


def test_transport_for_the_shippers_account_closes_the_border_path():
    route = vat_route(Point("FR"), Point("DE"), bruno("FR", oss=True), ALMA, TODAY, transport="shipper")
    assert not route.lawful
    assert "needs a VAT id of Germany" in route.reason


def test_a_shipper_without_a_vat_id_where_its_goods_leave_ships_nothing():
    route = vat_route(Point("IT"), Point("IT"), bruno("IT"), ALMA, TODAY)
    assert route.reason == "The shipping shop needs a VAT id of Italy, where the goods leave."


@pytest.mark.parametrize(("leaves", "arrives"), [("FR", "GB"), ("GB", "FR"), ("FR", "CH"), ("GB", "NO")])
def test_a_customs_border_is_closed(leaves: str, arrives: str):
    everywhere = Party(leaves, frozenset({"FR", "GB", "CH", "NO"}), oss=True, merchant_id=3)
    route = vat_route(Point(leaves), Point(arrives), everywhere, everywhere, TODAY)
    assert not route.lawful
    assert "crosses a customs border" in route.reason


def test_great_britain_is_open_inside_when_both_are_registered_there():
    british = Party("GB", frozenset({"GB"}), oss=False, merchant_id=9)
    assert vat_route(Point("GB", "M1 1AA"), Point("GB", "SW1A 1AA"), bruno("GB"), british, TODAY).lawful


@pytest.mark.parametrize(
    ("country", "postcode", "name"),
    [
        ("ES", "35001", "the Canary Islands"),
        ("ES", "38001", "the Canary Islands"),
        ("ES", "51001", "Ceuta"),
        ("ES", "52001", "Melilla"),
        ("IT", "23041", "Livigno"),
        ("IT", "I-22061", "Campione d’Italia"),
        ("DE", "D-78266", "Büsingen"),
        ("DE", "27498", "Heligoland"),
        ("FI", "22100", "Åland"),
        ("FI", "AX-22100", "Åland"),
        ("FR", "97400", "the French overseas territories"),
        ("FR", "98800", "the French overseas territories"),
        ("GB", "bt1 5gs", "Northern Ireland"),
        ("GR", "630 86", "Mount Athos"),
    ],
)
def test_special_territories_are_closed_by_postcode(country: str, postcode: str, name: str):
    everywhere = Party(country, frozenset({country}), oss=True, merchant_id=3)
    assert vat_route(Point(country), Point(country), everywhere, everywhere, TODAY).lawful
    for start, end in (("", postcode), (postcode, "")):
        route = vat_route(Point(country, start), Point(country, end), everywhere, everywhere, TODAY)
        assert not route.lawful
        assert name in route.reason


@pytest.mark.parametrize(("country", "postcode"), [("ES", "28035"), ("MC", "98000"), ("FR", "75097"), ("GB", "B1 1BT")])
def test_their_neighbours_postcodes_stay_open(country: str, postcode: str):
    party = Party("FR", frozenset({"FR", "ES", "GB"}), oss=True, merchant_id=3)
    assert vat_route(Point(country), Point(country, postcode), party, party, TODAY).lawful


def test_two_shops_of_one_merchant_sell_each_other_nothing():
    own = Party("FR", frozenset({"FR"}), oss=True, merchant_id=1)
    inside = vat_route(Point("FR"), Point("FR"), own, ALMA, TODAY)
    abroad = vat_route(Point("FR"), Point("DE"), own, ALMA, TODAY)
    assert (inside.lawful, inside.treatment, inside.supply_rate_bp, inside.consumer_rate_bp) == (
        True,
        OWN_GOODS,
        0,
        2000,
    )
    assert (abroad.treatment, abroad.supply_rate_bp, abroad.consumer_rate_bp) == (OWN_GOODS, 0, 1900)
    assert not vat_route(Point("FR"), Point("DE"), ALMA, ALMA, TODAY).lawful


@pytest.mark.parametrize(
    ("country", "day", "expected"),
    [
        ("EE", dt.date(2025, 6, 30), 2200),
        ("EE", dt.date(2025, 7, 1), 2400),
        ("SK", dt.date(2024, 12, 31), 2000),
        ("SK", dt.date(2025, 1, 1), 2300),
        ("FI", dt.date(2024, 8, 31), 2400),
        ("FI", dt.date(2024, 9, 1), 2550),
        ("RO", dt.date(2025, 7, 31), 1900),
        ("RO", dt.date(2025, 8, 1), 2100),
        ("CH", dt.date(2023, 12, 31), 770),
        ("CH", dt.date(2024, 1, 1), 810),
    ],
)
def test_a_rate_changes_on_its_day(country: str, day: dt.date, expected: int):
    assert standard_rate_bp(country, day) == expected


def test_regions_with_a_rate_of_their_own_use_it():
    assert [standard_rate_bp("PT", TODAY, code) for code in ("1000-205", "9000-001", "9500-001")] == [2300, 2200, 1600]
    assert [standard_rate_bp("AT", TODAY, code) for code in ("1010", "6991")] == [2000, 1900]


def test_an_unknown_rate_is_never_guessed():
    with pytest.raises(UnknownRateError):
        standard_rate_bp("FR", dt.date(2022, 12, 31))
    american = Party("US", frozenset({"US"}), oss=False, merchant_id=5)
    route = vat_route(Point("US"), Point("US"), american, american, TODAY)
    assert not route.lawful
    assert "no standard VAT rate on record for US" in route.reason


def test_every_member_state_and_three_neighbours_have_rates():
    assert STANDARD_RATES.keys() == EU | {"GB", "CH", "NO"}
    assert all(list(rates) == sorted(rates, key=lambda rate: rate.since) for rates in STANDARD_RATES.values())
