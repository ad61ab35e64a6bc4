"""The report about sellers as XML: who is in it, what it tells, and that it holds together without the authority's schema."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
import time_machine
from lxml import etree

from network.models import User
from settlement import report_sellers as reporting
from settlement.dac7 import Seller
from settlement.dac7_xml import DPI, NEW, NEW_DATA, STF, Record, reported_sellers, write_report
from settlement.models import SellerReport
from settlement.report_sellers import NothingToReport, due_on, report_sellers
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
    settings.NETWORK_COUNTRY, settings.NETWORK_VAT_ID, settings.STAFF_SECOND_FACTOR = "BE", "BE0403170701", False


def written(*sellers: Seller) -> bytes:
    records = [Record(NEW, "operator", "", None)]
    records += [Record(NEW, f"seller-{row.seller.merchant}", "", row) for row in reported_sellers(sellers, 2026)]
    return write_report(records, 2026, at=AT, kind=NEW_DATA, reference="BE2026-1")


def told(*sellers: Seller) -> etree._Element:
    return etree.fromstring(written(*sellers))


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
    assert (tin.text, dict(tin.attrib)) == ("NOTIN", {"unknown": "true"})


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
    assert written(LARGE) == written(LARGE)


@pytest.fixture
def sellers(monkeypatch, db):
    """Say whom the year's books name: nobody has to trade for it."""
    found: list[Seller] = []
    monkeypatch.setattr(reporting, "seller_report", lambda year: list(found))
    with time_machine.travel(AT, tick=False):
        yield found


def records(report: SellerReport) -> list[tuple[str, str, str]]:
    """Read each record's type, reference and what it corrects out of the XML."""
    root = etree.fromstring(bytes(report.content))
    names = ("DocTypeIndic", "DocRefId", "CorrDocRefId")
    return [tuple(doc.findtext(f"{{{STF}}}{name}", "") for name in names) for doc in root.iter(f"{{{DPI}}}DocSpec")]


def test_a_first_report_is_new_and_the_same_again_is_refused(sellers):
    sellers += [LARGE, seller(merchant=8, name="Bruno SAS")]
    (first,) = report_sellers(2026, by="ina")
    assert (first.kind, texts(etree.fromstring(bytes(first.content)), "MessageTypeIndic")) == ("DPI401", ["DPI401"])
    assert records(first) == [
        ("OECD1", "BE2026-operator-1", ""),
        ("OECD1", "BE2026-seller-7-1", ""),
        ("OECD1", "BE2026-seller-8-1", ""),
    ]
    with pytest.raises(NothingToReport):
        report_sellers(2026, by="ina")
    assert SellerReport.objects.count() == 1


def test_a_second_report_corrects_deletes_and_adds_and_a_third_names_the_correction(sellers):
    sellers += [LARGE, seller(merchant=8, name="Bruno SAS"), seller(merchant=10, name="Dora NV")]
    report_sellers(2026, by="ina")
    sellers[:] = [seller(sales=(9, 0, 0, 30)), seller(merchant=10, name="Dora NV"), seller(merchant=9, name="Cara BV")]
    correction, addition = report_sellers(2026, by="olaf")
    assert (correction.kind, addition.kind) == ("DPI402", "DPI401")
    # the network's own record is only sent again, under the reference it had; who has not changed is not told
    assert records(correction) == [
        ("OECD0", "BE2026-operator-1", ""),
        ("OECD2", "BE2026-seller-7-2", "BE2026-seller-7-1"),
        ("OECD3", "BE2026-seller-8-2", "BE2026-seller-8-1"),
    ]
    root = etree.fromstring(bytes(correction.content))
    assert (texts(root, "NumbQ1"), texts(root, "EntSellerID", "Name")) == (["9", "10"], ["Alma SARL", "Bruno SAS"])
    assert records(addition) == [("OECD0", "BE2026-operator-1", ""), ("OECD1", "BE2026-seller-9-3", "")]
    sellers[0] = seller(sales=(8, 0, 0, 30))
    (third,) = report_sellers(2026, by="ina")
    assert records(third)[1:] == [("OECD2", "BE2026-seller-7-4", "BE2026-seller-7-2")]
    references = [
        reference for row in SellerReport.objects.all() for kind, reference, _ in records(row) if kind != "OECD0"
    ]
    assert len(references) == len(set(references))
    assert len(set(SellerReport.objects.values_list("reference", flat=True))) == 4


def test_who_was_deleted_and_sells_after_all_is_new_again_and_a_moved_network_corrects_itself(sellers, settings):
    sellers += [LARGE]
    report_sellers(2026, by="ina")
    sellers.clear()
    (gone,) = report_sellers(2026, by="ina")
    assert records(gone)[1:] == [("OECD3", "BE2026-seller-7-2", "BE2026-seller-7-1")]
    sellers.append(LARGE)
    (again,) = report_sellers(2026, by="ina")
    assert records(again)[1:] == [("OECD1", "BE2026-seller-7-3", "")]
    settings.NETWORK_CITY = "Elsewhere"
    (moved,) = report_sellers(2026, by="ina")
    assert records(moved) == [("OECD2", "BE2026-operator-4", "BE2026-operator-1")]


def test_a_change_that_the_report_does_not_tell_corrects_nothing(sellers):
    sellers += [LARGE]
    report_sellers(2026, by="ina")
    sellers[:] = [seller(consideration=(1_000_48, 0, 0, 5_000_50))]  # the schema has no cents
    with pytest.raises(NothingToReport):
        report_sellers(2026, by="ina")


def test_a_report_is_due_at_the_end_of_january():
    assert due_on(2026) == dt.date(2027, 1, 31)


def test_nothing_is_reported_of_an_open_year_or_by_nobody(sellers, settings):
    with pytest.raises(NotPossible) as refused:
        report_sellers(2027, by="ina")
    assert refused.value.code == "year_is_open"
    settings.NETWORK_VAT_ID = ""
    with pytest.raises(NotPossible) as refused:
        report_sellers(2026, by="ina")
    assert (refused.value.code, SellerReport.objects.count()) == ("no_operator", 0)


def test_staff_write_it_on_its_page_and_take_the_file(client, sellers):
    sellers += [LARGE]
    client.force_login(User.objects.create_user("ina", password="x", is_staff=True, is_superuser=True))
    page = "/admin/settlement/document/sellers/?year=2026"
    assert "31 Jan 2027" in client.get(page).content.decode()
    assert client.post(page).status_code == 302
    report = SellerReport.objects.get()
    assert (report.made_by, report.reference in client.get(page).content.decode()) == ("ina", True)
    assert client.get(f"/admin/settlement/document/sellers/{report.pk}.xml").content == bytes(report.content)
    assert (client.post(page).status_code, SellerReport.objects.count()) == (422, 1)
    client.force_login(User.objects.create_user("eva", password="x", is_staff=True))
    assert client.get(page).status_code == 403


class TestFrenchSchema:
    """The one public schema that can be executed: the French authority's, of November 2025 (Etalab-2.0, see data/dac7).

    It is the OECD's in a dialect: other namespaces, no SendingEntityIN, Nexus asked for, TaxesQ1 for TaxQ1, references of its own.
    """

    FOLDER = Path(__file__).parent / "data" / "dac7"

    def faults(self, message: bytes) -> list[str]:
        schema = etree.XMLSchema(etree.parse(self.FOLDER / "DPIXML_v1.1-fr1.xsd"))
        schema.validate(self.in_french(message))
        return [error.message for error in schema.error_log]

    def in_french(self, message: bytes) -> etree._Element:
        text = message.decode().replace(DPI, "urn:oecd:ties:dpi").replace(STF, "urn:oecd:ties:dpistf")
        root = etree.fromstring(text.replace("TaxQ", "TaxesQ").encode())
        for one in root.findall(".//{*}SendingEntityIN"):
            one.getparent().remove(one)
        for one in root.findall(".//{*}AssumedReporting"):
            nexus = etree.Element("{urn:oecd:ties:dpi}Nexus")
            nexus.text = "RPONEX1"
            one.addprevious(nexus)
        return root

    def message(self, settings, *sellers: Seller, reference: str = "OP_2026_404833048_1") -> bytes:
        settings.NETWORK_COUNTRY, settings.NETWORK_VAT_ID = "FR", "FR83404833048"
        settings.NETWORK_ADDRESS, settings.NETWORK_POSTCODE, settings.NETWORK_CITY = "1 rue du Test", "75001", "Paris"
        records = [Record(NEW, f"OP_2026_404833048_{at}", "", row) for at, row in enumerate(
            [None, *reported_sellers(sellers, 2026)]
        )]  # fmt: skip
        return write_report(records, 2026, at=AT, kind=NEW_DATA, reference=reference)

    def test_a_message_about_all_kinds_of_sellers_is_valid_in_its_dialect(self, settings):
        sellers = [
            LARGE,
            seller(merchant=8, country="DE", tax_number="", vat_ids="", account="", registration_number="HRB 1"),
            seller(merchant=9, country="IT", street="", postcode="", currency="EUR"),
        ]
        assert self.faults(self.message(settings, *sellers)) == []

    def test_the_schema_is_really_executed(self, settings):
        message = self.message(settings, LARGE)
        assert self.faults(message.replace(b"<dpi:ConsQ1", b"<dpi:ConsQ9").replace(b"/dpi:ConsQ1", b"/dpi:ConsQ9"))
        assert self.faults(message.replace(b">1000<", b">1000.49<"))
        assert self.faults(self.message(settings, LARGE, reference="1"))
