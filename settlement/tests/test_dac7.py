"""The report about sellers as XML: who is in it, what it tells, and that it holds together without the authority's schema."""

import datetime as dt
from dataclasses import replace

import pytest
from lxml import etree

from settlement.dac7 import Seller
from settlement.dac7_xml import DPI, STF, reported_sellers, seller_report_xml
from skuu.kit.errors import NotPossible

AT = dt.datetime(2027, 1, 15, 9, tzinfo=dt.UTC)
LARGE = Seller(
    "Alma SARL", "1 rue, 75001 Paris", "FR", "FR83404833048", "FR7630006000011234567890189", "EUR",
    (10, 0, 0, 30), (1_000_49, 0, 0, 5_000_50), (20_00, 0, 0, 100_00),
    merchant=7, street="1 rue", postcode="75001", city="Paris", tax_number="404833048", holder="Alma",
)  # fmt: skip


def seller(**change) -> Seller:

    return replace(LARGE, **change)


@pytest.fixture(autouse=True)
def network(settings):
    settings.NETWORK_COUNTRY, settings.NETWORK_VAT_ID = "BE", "BE0403170701"


def told(*sellers: Seller) -> etree._Element:
    return etree.fromstring(seller_report_xml(sellers, 2026, at=AT))


def texts(root, *names: str) -> list[str]:
    path = "/".join(f"dpi:{name}" for name in names)
    return [str(text) for text in root.xpath(f".//{path}/text()", namespaces={"dpi": DPI})]


def test_a_seller_is_told_with_its_quarters_in_whole_units():
    root = told(LARGE)
    assert texts(root, "EntSellerID", "Name") == ["Alma SARL"]
    assert [texts(root, f"ConsQ{q}")[0] for q in range(1, 5)] == ["1000", "0", "0", "5001"]
    assert [texts(root, f"NumbQ{q}")[0] for q in range(1, 5)] == ["10", "0", "0", "30"]
    assert [texts(root, f"FeesQ{q}")[0] for q in range(1, 5)] == ["20", "0", "0", "100"]
    assert {one.get("currCode") for one in root.iter(f"{{{DPI}}}ConsQ1", f"{{{DPI}}}TaxQ4")} == {"EUR"}
    assert texts(root, "FinancialIdentifier", "Identifier") == ["FR7630006000011234567890189"]
    (tin,) = root.xpath(".//dpi:EntSellerID/dpi:TIN", namespaces={"dpi": DPI})
    assert (tin.text, tin.get("issuedBy")) == ("404833048", "FR")


def test_elements_stand_in_the_order_of_the_schema():
    root = told(LARGE)
    order = {
        "MessageSpec": "SendingEntityIN TransmittingCountry ReceivingCountry MessageType MessageRefId MessageTypeIndic "
        "ReportingPeriod Timestamp",
        "PlatformOperator": "ResCountryCode TIN VAT Name PlatformBusinessName Address AssumedReporting DocSpec",
        "ReportableSeller": "Identity RelevantActivities DocSpec",
        "EntSellerID": "ResCountryCode TIN VAT Name Address",
        "SaleOfGoods": "Consideration NumberOfActivities Fees Taxes",
    }
    found = {name: [etree.QName(one).localname for one in root.find(f".//{{{DPI}}}{name}")] for name in order}
    assert found == {name: words.split() for name, words in order.items()}
    assert texts(root, "ReportingPeriod") == ["2026-12-31"]
    references = [one.text for one in root.iter(f"{{{STF}}}DocRefId")]
    assert (len(references), len(set(references))) == (2, 2)


def test_an_unknown_tax_number_is_told_as_unknown():
    (tin,) = told(seller(tax_number="")).xpath(".//dpi:EntSellerID/dpi:TIN", namespaces={"dpi": DPI})
    assert (tin.text, dict(tin.attrib)) == (None, {"unknown": "true"})


def test_small_sellers_and_sellers_outside_the_union_are_left_out():
    small = seller(merchant=8, sales=(1, 0, 0, 0), consideration=(100_00, 0, 0, 0))
    rows = reported_sellers([LARGE, small, seller(merchant=9, country="GB")], 2026)
    assert [row.seller.merchant for row in rows] == [7]


@pytest.mark.django_db
def test_who_sold_in_two_currencies_is_told_once_in_euro_at_the_rate_of_each_quarters_end():
    crowns = seller(currency="SEK", sales=(1, 0, 0, 0), consideration=(1_100_00, 0, 0, 0), fees=(0, 0, 0, 0))
    (row,) = reported_sellers([LARGE, crowns], 2026)
    assert (row.currency, row.sales[0]) == ("EUR", 11)
    assert 1_000 + 90 < row.consideration[0] < 1_000 + 110


def test_the_same_sellers_at_the_same_instant_give_the_same_bytes_and_names_are_only_text():
    name = "A & B <Söhne>"
    assert texts(told(seller(name=name)), "EntSellerID", "Name") == [name]
    assert seller_report_xml([LARGE], 2026, at=AT) == seller_report_xml([LARGE], 2026, at=AT)


def test_nothing_is_reported_of_an_open_year_or_by_nobody(settings):
    with pytest.raises(NotPossible) as refused:
        seller_report_xml([LARGE], 2027, at=AT)
    assert refused.value.code == "year_is_open"
    settings.NETWORK_VAT_ID = ""
    with pytest.raises(NotPossible) as refused:
        seller_report_xml([LARGE], 2026, at=AT)
    assert refused.value.code == "no_operator"
