"""Postcodes are found offline however they are written, and the tariff follows distance, border and weight."""

import pytest

from network.geo import distance_km, locate, normal_postcode
from network.rates import convert_minor
from network.tariffs import ABROAD, DOMESTIC, FAR, NEAR, quote
from skuu.kit.errors import NotPossible


@pytest.mark.parametrize(
    ("country", "written", "prefix"),
    [
        ("FR", "75008", "750"),
        ("DE", "1067", "010"),
        ("SE", "SE-113 30", "113"),
        ("PL", "00-950", "009"),
        ("NL", "1012 AB", "101"),
        ("LU", "L-1234", "123"),
        ("LV", "LV-1010", "101"),
        ("GB", "SW1A 1AA", "SW1A"),
        ("GB", "m1 1aa", "M1"),
        ("UK", "B33 8TH", "B33"),
        ("IE", "D02 AF30", "D02"),
        ("MT", "VLT 1117", "VLT"),
        ("GR", "105 57", "1"),
    ],
)
def test_a_postcode_is_found_however_it_is_written(country: str, written: str, prefix: str):
    place = locate(country, written)
    assert place is not None
    assert place.prefix == prefix


def test_an_unknown_prefix_falls_back_to_the_middle_of_its_area():
    unknown = locate("FR", "75998")
    paris = locate("FR", "75001")
    assert unknown is not None
    assert paris is not None
    assert unknown.prefix == "75"
    assert distance_km(unknown, paris) < 5


@pytest.mark.parametrize(("country", "postcode"), [("US", "90210"), ("DE", ""), ("DE", "abc"), ("", "75001")])
def test_what_nobody_knows_has_no_place(country: str, postcode: str):
    assert locate(country, postcode) is None


def test_paris_and_lyon_are_393_kilometres_apart_both_ways():
    paris, lyon = locate("FR", "75001"), locate("FR", "69001")
    assert paris is not None
    assert lyon is not None
    assert round(distance_km(paris, lyon)) == round(distance_km(lyon, paris)) == 393
    assert distance_km(paris, paris) == 0


def test_outward_codes_survive_without_their_inward_half():
    assert [normal_postcode("GB", code) for code in ("EC1A 1BB", "EC1A", "M1", "W1T4JT")] == [
        "EC1A",
        "EC1A",
        "M1",
        "W1T",
    ]


@pytest.mark.parametrize(
    ("start", "end", "zone", "cost", "days"),
    [
        (("FR", "75008"), ("FR", "69001"), DOMESTIC, 490, (1, 2)),
        (("FR", "59000"), ("FR", "13001"), DOMESTIC, 490, (1, 3)),
        (("BE", "1000"), ("FR", "75008"), NEAR, 890, (2, 3)),
        (("FR", "75008"), ("DE", "60311"), NEAR, 890, (2, 4)),
        (("SE", "11330"), ("ES", "28001"), FAR, 1190, (4, 7)),
        (("SE", "11330"), ("FR", "no idea"), FAR, 1190, (4, 7)),
        (("FR", "75008"), ("GB", "SW1A 1AA"), ABROAD, 1990, (5, 10)),
        (("FR", "06000"), ("MC", "98000"), DOMESTIC, 490, (1, 2)),
    ],
)
def test_the_zone_sets_price_and_days(start, end, zone, cost, days):
    answer = quote(*start, *end, grams=1_000)
    assert (answer.zone, answer.cost_minor, (answer.days_min, answer.days_max)) == (zone, cost, days)


def test_weight_moves_the_price_at_the_edge_of_its_band():
    prices = [quote("FR", "75008", "FR", "69001", grams).cost_minor for grams in (0, 1_000, 1_001, 30_000)]
    assert prices == [490, 490, 540, 1_390]


def test_parcels_share_the_weight_and_nothing_over_thirty_kilos_travels_in_one():
    assert quote("FR", "75008", "FR", "69001", 4_000, parcels=2).cost_minor == 2 * 540
    assert quote("FR", "75008", "FR", "69001", 65_000).cost_minor == 3 * 1_390


@pytest.mark.django_db
def test_reference_rates_convert_both_ways_by_one_rounding():
    assert convert_minor(10_000, "EUR", "SEK") == 109_780
    assert convert_minor(109_780, "SEK", "EUR") == 10_000
    assert convert_minor(600, "EUR", "PLN") == 2_642
    assert convert_minor(-600, "EUR", "PLN") == -2_642
    assert convert_minor(195_583, "BGN", "EUR") == 100_000
    assert convert_minor(7, "XYZ", "XYZ") == 7


@pytest.mark.django_db
def test_a_currency_without_a_rate_is_refused():
    with pytest.raises(NotPossible, match="no reference rate for XYZ"):
        convert_minor(1, "EUR", "XYZ")
