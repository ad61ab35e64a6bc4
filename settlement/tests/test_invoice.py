"""A closed month becomes documents: numbered without gaps, proven by the rules, equal to the ledger with their true-up."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction

from network.models import Merchant
from network.rates import forget_rates, keep_rates
from settlement.balances import positions_of
from settlement.check import check_ledger
from settlement.close import close_cycle
from settlement.invoice import issue_documents
from settlement.invoicing import untold
from settlement.models import Document, Entry, NumberSeries, StoredFile
from settlement.post import reverse_entry
from settlement.settle import post_shipped
from settlement.tests.books import delivered
from settlement.tests.cast import make_merchant, make_shop
from skuu.kit.errors import NotPossible

pytestmark = pytest.mark.django_db

NOVEMBER = dt.datetime(2026, 11, 2, 10, tzinfo=dt.UTC)
OCTOBER = dt.date(2026, 10, 1)


@pytest.fixture(autouse=True)
def clock(settings):
    settings.NETWORK_COUNTRY = "FR"
    settings.NETWORK_VAT_ID = "FR83404833048"
    settings.NETWORK_CITY, settings.NETWORK_POSTCODE = "Paris", "75001"
    with time_machine.travel(NOVEMBER, tick=False) as clock:
        yield clock


@pytest.fixture
def alma():
    return make_shop(make_merchant("Alma"))


@pytest.fixture
def bruno():
    return make_shop(make_merchant("Bruno"))


def told() -> list[tuple]:
    rows = Document.everyone.order_by("kind", "number")
    return [(d.kind, d.number, d.net, d.vat, d.trueup) for d in rows]


def test_a_month_becomes_one_invoice_a_pair_and_one_about_fees(alma, bruno):
    delivered(bruno, alma)
    delivered(bruno, alma, nets=(33_33,), shipping=0)
    with pytest.raises(NotPossible, match="not closed"):
        issue_documents(OCTOBER, by="ina")
    close_cycle(dt.date(2026, 10, 31))
    issued = issue_documents(OCTOBER, by="ina")
    assert issued.stuck == {}
    # 91.00 + 28.33 net; 18.20 + 5.67 VAT by sale, 23.87 on the sum
    assert told() == [
        ("380", "F-2026-00001", 2_67, 53, 0),
        ("389", f"SB{alma.merchant_id}-2026-00001", 119_33, 23_87, 0),
    ]
    assert {(f.document.kind, f.kind) for f in StoredFile.everyone.select_related("document")} == {
        (kind, file) for kind in ("389", "380") for file in ("cii", "ubl", "pdf")
    }
    pdf = bytes(StoredFile.everyone.filter(document__kind="389", kind="pdf").get().content)
    assert pdf.startswith(b"%PDF-")
    from facturx import get_facturx_xml_from_pdf

    cii = bytes(StoredFile.everyone.filter(document__kind="389", kind="cii").get().content)
    assert get_facturx_xml_from_pdf(pdf, check_xsd=True)[1] == cii
    assert issue_documents(OCTOBER, by="ina").documents == []
    assert check_ledger(strict=True).findings == []


def test_N36_the_true_up_goes_both_ways_and_I12_the_invoice_is_the_ledger_with_it(alma, bruno):
    for _ in range(3):
        delivered(bruno, alma, nets=(12_02 + 1,), shipping=0)  # 10.23 net each, VAT 2.046 each
    close_cycle(dt.date(2026, 10, 31))
    (invoice,) = [d for d in issue_documents(OCTOBER, by="ina").documents if d.kind == "389"]
    assert (invoice.net, invoice.vat, invoice.trueup) == (30_69, 6_14, -1)
    assert Entry.objects.filter(kind="trueup", ref=f"document:{invoice.number}").count() == 1
    assert [p.payable for p in positions_of(bruno.merchant)] == [-3 * 12_28 + 1]  # a cent less than the sales say
    assert check_ledger(strict=True).findings == []


def test_N36_a_month_with_more_back_than_sold_is_a_credit_note_and_never_a_negative_invoice(alma, bruno):
    delivered(bruno, alma)
    close_cycle(dt.date(2026, 10, 31))
    issue_documents(OCTOBER, by="ina")
    reverse_entry(Entry.objects.get(kind="ship"), reason="posted by mistake", by="ina")
    with time_machine.travel(NOVEMBER + dt.timedelta(days=30), tick=False):
        close_cycle(dt.date(2026, 11, 30))
        issued = issue_documents(dt.date(2026, 11, 1), by="ina")
    assert issued.stuck == {}
    assert [(d.kind, d.gross, d.corrects) for d in issued.documents] == [
        ("261", 109_20, [f"SB{alma.merchant_id}-2026-00001"]),
        ("381", 2_40, ["F-2026-00001"]),
    ]
    assert check_ledger(strict=True).findings == []


def test_N27_a_sale_of_a_documented_month_that_came_late_stands_on_a_document_of_its_own(alma, bruno):
    delivered(bruno, alma)
    close_cycle(dt.date(2026, 10, 31))
    issue_documents(OCTOBER, by="ina")
    delivered(bruno, alma, nets=(50_00,), shipping=0)
    post_shipped()
    assert issue_documents(OCTOBER, by="ina").documents == []  # its period is open
    close_cycle(dt.date(2026, 11, 1))
    late = [d for d in issue_documents(OCTOBER, by="ina").documents if d.kind == "389"]
    assert [(d.number, d.net) for d in late] == [(f"SB{alma.merchant_id}-2026-00002", 42_50)]


def test_what_lacks_a_vat_id_is_named_and_takes_no_number(bruno):
    alma = make_shop(make_merchant("Alma", registered=False))
    delivered(bruno, alma)
    close_cycle(dt.date(2026, 10, 31))
    issued = issue_documents(OCTOBER, by="ina")
    assert [d.kind for d in issued.documents] == ["380"]
    assert "has no VAT id on record" in issued.stuck[f"389 {alma.merchant_id}→{bruno.merchant_id}"]
    assert list(NumberSeries.objects.values_list("prefix", "last")) == [("F-2026", 1)]
    assert check_ledger(strict=True).findings == []


def test_I15_the_vat_account_is_the_sum_of_the_fee_documents(alma, bruno):
    dora = make_shop(make_merchant("Dora"))
    for shipper in (alma, dora):
        delivered(bruno, shipper, nets=(33_33, 66_67), shipping=0)
    close_cycle(dt.date(2026, 10, 31))
    issue_documents(OCTOBER, by="ina")
    with connection.cursor() as cursor:
        cursor.execute(
            "select -sum(l.amount) from settlement_line l join settlement_account a on a.id = l.account_id "
            "where a.kind = 'vat_out'"
        )
        assert cursor.fetchone()[0] == sum(d.vat for d in Document.everyone.filter(kind="380"))


def test_a_document_and_its_files_never_change(alma, bruno):
    delivered(bruno, alma)
    close_cycle(dt.date(2026, 10, 31))
    issue_documents(OCTOBER, by="ina")
    for change in (
        lambda: Document.everyone.update(net=1),
        lambda: StoredFile.everyone.update(digest="x"),
        lambda: Document.everyone.all()._raw_delete("default"),
        lambda: NumberSeries.objects.update(last=9) and check_ledger_is_clean(),
    ):
        with pytest.raises((DatabaseError, AssertionError)), transaction.atomic():
            change()
    assert check_ledger(strict=True).findings == []


def check_ledger_is_clean() -> None:
    assert check_ledger(strict=True).findings == []


def test_N41_names_on_a_document_stay_when_a_merchant_changes_its_legal_name(alma, bruno):
    delivered(bruno, alma)
    close_cycle(dt.date(2026, 10, 31))
    issue_documents(OCTOBER, by="ina")
    before = bytes(StoredFile.everyone.get(document__kind="389", kind="ubl").content)
    Merchant.everyone.filter(pk=alma.merchant_id).update(legal_name="Alma Neu SARL")
    document = Document.everyone.get(kind="389")
    assert document.facts["seller"]["name"].startswith("Alma SARL")
    assert bytes(document.files.get(kind="ubl").content) == before


def test_the_command_issues_a_month_and_lays_the_files_for_an_access_point(alma, bruno, tmp_path):
    import io
    import json

    from django.core.management import CommandError, call_command

    with pytest.raises(CommandError) as refused:
        call_command("issue_documents", month="2026-10")
    assert refused.value.returncode == 2
    delivered(bruno, alma)
    close_cycle(dt.date(2026, 10, 31))
    out = io.StringIO()
    call_command("issue_documents", month="2026-10", to=str(tmp_path), json=True, stdout=out)
    told_of = {row["kind"]: row["number"] for row in json.loads(out.getvalue())["documents"]}
    assert {file.name for file in tmp_path.iterdir()} == {
        f"{number}.{suffix}" for number in told_of.values() for suffix in ("pdf", "cii.xml", "ubl.xml")
    }


class TestVatInTheMoneyOfTheCountry:
    """A document in another currency than its seller's country's tells its VAT in that one too (BT-6, BT-111)."""

    @pytest.fixture(autouse=True)
    def rates(self):
        days = {dt.date(2026, 10, 12): "10", dt.date(2026, 10, 16): "11", dt.date(2026, 10, 30): "12.5"}
        keep_rates(("SEK", day, Decimal(rate)) for day, rate in days.items())
        forget_rates()
        yield
        forget_rates()

    def test_each_sale_counts_at_the_rate_of_its_own_day_and_a_credit_at_that_of_its_sale(self, alma, bruno):
        # shipped on 12 and 16 October; 182.00 and 45.50 VAT in SEK
        delivered(bruno, alma, days_ago=17, nets=(1000_00,), shipping=60_00, currency="SEK")
        later = delivered(bruno, alma, days_ago=13, nets=(250_00,), shipping=15_00, currency="SEK")
        post_shipped()
        close_cycle(dt.date(2026, 10, 31))
        assert issue_documents(OCTOBER, by="ina").stuck == {}
        document = Document.everyone.get(kind="389")
        invoice = untold(document.facts)
        assert (invoice.vat, invoice.tax_currency, invoice.tax_vat) == (227_50, "EUR", 18_20 + 4_14)
        assert invoice.tax_rate.endswith("1 EUR = 12.5 SEK on 2026-10-30")
        cii, ubl = (
            bytes(StoredFile.everyone.get(document=document, kind=kind).content).decode() for kind in ("cii", "ubl")
        )
        assert '<ram:TaxTotalAmount currencyID="EUR">22.34</ram:TaxTotalAmount>' in cii
        assert ("<cbc:TaxCurrencyCode>EUR</cbc:TaxCurrencyCode>" in ubl, '"EUR">22.34</cbc:TaxAmount>' in ubl) == (
            True,
            True,
        )
        reverse_entry(Entry.objects.get(internal_order=later, kind="ship"), by="ina", reason="posted twice")
        close_cycle(dt.date(2026, 11, 1))
        with time_machine.travel(dt.datetime(2026, 12, 1, 10, tzinfo=dt.UTC), tick=False):
            close_cycle(dt.date(2026, 11, 30))
            assert issue_documents(dt.date(2026, 11, 1), by="ina").stuck == {}
        credit = untold(Document.everyone.get(kind="261").facts)
        assert (credit.vat, credit.tax_vat) == (45_50, 4_14)
        assert check_ledger(strict=True).findings == []

    def test_a_document_in_the_countrys_own_money_tells_no_other(self, alma, bruno):
        delivered(bruno, alma)
        post_shipped()
        close_cycle(dt.date(2026, 10, 31))
        issue_documents(OCTOBER, by="ina")
        assert {untold(one.facts).tax_currency for one in Document.everyone.all()} == {""}
