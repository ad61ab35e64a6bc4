"""Numbers that carriers print are recognised, others are asked about."""

import pytest

from orders.carriers import CARRIERS, carrier_named, doubt_of, page_of, plain_number, s10_is_right


@pytest.mark.parametrize(
    ("carrier", "number"),
    [
        ("PostNL", "3SABCD123456789"), ("postnl", "3s abcd 123456789"), ("UPS", "1Z999AA10123456784"), ("DPD", "01234567890123"),
        ("DHL", "JJD000390007882471952"), ("bpost", "323212345678901234567890"), ("GLS", "12345678901"), ("La Poste", "6A12345678901"),
        ("InPost", "612345678901234567890123"), ("PostNord", "RR473124829SE"), ("PostNL", "RR473124829NL"), ("Fietskoerier", "what ever"),
    ],
)  # fmt: skip
def test_a_number_of_the_carrier_raises_no_doubt(carrier, number):
    assert doubt_of(carrier, number) == ""


def test_a_number_of_another_carrier_is_asked_about_and_named():
    assert doubt_of("PostNL", "1Z999AA10123456784") == (
        "1Z999AA10123456784 does not look like a number of PostNL. It looks like one of UPS."
    )
    assert doubt_of("UPS", "order 1001") == "order 1001 does not look like a number of UPS."


def test_the_check_digit_of_a_postal_number_is_proven():
    assert s10_is_right("RR473124829GB")
    assert not s10_is_right("RR473124828GB")
    assert doubt_of("PostNL", "RR473124828NL").endswith("whose check digit is wrong.")


def test_a_parcel_of_a_known_carrier_has_a_page_and_no_number_can_leave_it():
    assert page_of("PostNL", "3sabcd 123456789") == "https://jouw.postnl.nl/track-and-trace/3SABCD123456789"
    assert page_of("Nobody", "3SABCD123456789") == ""
    assert page_of("UPS", "1Z/../?x=<") == "https://www.ups.com/track?tracknum=1Z%2F%2E%2E%2F%3FX%3D%3C".replace(
        "%2E%2E", ""
    )
    assert {carrier_named(one.name) for one in CARRIERS} == set(CARRIERS)
    assert plain_number(" 3s-ab.cd ") == "3SABCD"
