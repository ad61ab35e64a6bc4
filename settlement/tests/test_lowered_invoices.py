"""A price that a decision lowered stands on paper: on the invoice of its sale, or on a credit note once that is issued."""

import datetime as dt

import pytest
import time_machine
from django.db import connection

from settlement.balances import positions_of
from settlement.check import check_ledger
from settlement.close import close_cycle
from settlement.dac7 import seller_report
from settlement.dispute import open_dispute, resolve_dispute
from settlement.explain import explain_sale
from settlement.invoice import issue_documents
from settlement.models import Document, Entry, StoredFile, Unbilled
from settlement.tests.books import FRIDAY, clean, payable_sale
from settlement.tests.cast import DOMESTIC, agree, make_merchant, make_shop
from settlement.tests.test_disputes_and_returns import give_back

OCTOBER, NOVEMBER = dt.date(2026, 10, 1), dt.date(2026, 11, 1)


@pytest.fixture(autouse=True)
def clock(db, settings):
    settings.NETWORK_COUNTRY, settings.NETWORK_VAT_ID = "FR", "FR83404833048"
    settings.RETURN_DAYS = 90
    with time_machine.travel(FRIDAY, tick=False) as clock:
        yield clock


@pytest.fixture
def alma():
    return make_shop(make_merchant("Alma"))


@pytest.fixture
def bruno():
    return make_shop(make_merchant("Bruno"))


def decided(order, amount):
    row = open_dispute(
        order, merchant=order.order.shop.merchant, reason="faulty", amount=amount, text="Torn", by="bruno"
    )
    resolve_dispute(row, to_origin=amount, by="ina", reason="Torn indeed")
    return row


def issue(clock, month):
    """Close the books of a month in the days after it, and issue its documents."""
    ends = (month + dt.timedelta(days=40)).replace(day=1) - dt.timedelta(days=1)
    clock.move_to(dt.datetime.combine(ends + dt.timedelta(days=2), dt.time(10), dt.UTC))
    close_cycle(ends)
    issued = issue_documents(month, by="ina")
    assert issued.stuck == {}
    return sorted((d.kind, d.net, d.vat, d.gross, d.trueup) for d in issued.documents)


def on_paper(shop) -> int:
    """What the documents between the two shops say that a selling shop owes."""
    rows = Document.everyone.filter(buyer=shop.merchant, kind__in=["389", "261"])
    return sum(row.gross if row.kind == "389" else -row.gross for row in rows)


def in_books(shop) -> int:
    return -sum(p.total for p in positions_of(shop.merchant))


def stated(kind, file) -> str:
    return bytes(StoredFile.everyone.get(document__kind=kind, kind=file).content).decode()


def test_before_its_sale_is_invoiced_one_invoice_tells_both(alma, bruno, clock):
    row = decided(payable_sale(bruno, alma), 50_00)
    assert issue(clock, OCTOBER) == [("380", 2_00, 40, 2_40, 0), ("389", 49_33, 9_87, 59_20, 0)]
    told = Document.everyone.get(kind="389").facts["rows"]
    assert [(one["name"], one["units"], one["net"]) for one in told] == [
        ("Trail shoe, 42", 1, 85_00),
        ("Shipping", 1, 6_00),
        (f"Trail shoe, 42: price lowered, {row.number}", -1, -41_67),
    ]
    ubl = stated("389", "ubl")
    assert '<cbc:InvoicedQuantity unitCode="C62">-1</cbc:InvoicedQuantity>' in ubl
    assert '<cbc:PriceAmount currencyID="EUR">41.67</cbc:PriceAmount>' in ubl  # no price is negative
    assert "<ram:LineTotalAmount>-41.67</ram:LineTotalAmount>" in stated("389", "cii")
    assert on_paper(bruno) == in_books(bruno) == 59_20
    assert clean()


def test_once_it_is_invoiced_a_credit_note_names_the_invoice(alma, bruno, clock):
    order = payable_sale(bruno, alma)
    assert ("389", 91_00, 18_20, 109_20, 0) in issue(clock, OCTOBER)
    invoice = Document.everyone.get(kind="389")
    decided(order, 50_00)
    assert issue(clock, NOVEMBER) == [("261", 41_67, 8_33, 50_00, 0)]
    credit = Document.everyone.get(kind="261")
    assert (credit.corrects, credit.facts["rows"][0]["rate_bp"]) == ([invoice.number], 2000)
    assert invoice.number in stated("261", "ubl")
    assert on_paper(bruno) == in_books(bruno) == 59_20
    give_back(order)
    december = NOVEMBER.replace(month=12)
    assert issue(clock, december) == [("261", 43_33, 8_67, 52_00, 0), ("381", 2_00, 40, 2_40, 0)]
    assert on_paper(bruno) == in_books(bruno) == 7_20
    assert issue_documents(december, by="ina").documents == []
    assert clean()


@pytest.mark.parametrize(("amount", "paper"), [(109_20, ("389", 0, 0, 0, 0)), (105_00, ("389", 3_50, 70, 4_20, 0))])
def test_an_invoice_of_next_to_nothing_is_an_invoice(alma, bruno, clock, amount, paper):
    decided(payable_sale(bruno, alma), amount)
    assert paper in issue(clock, OCTOBER)
    assert on_paper(bruno) == in_books(bruno) == 109_20 - amount
    assert clean()


def test_cents_of_several_items_are_trued_up_with_the_books(alma, bruno, clock):
    order = payable_sale(bruno, alma, nets=(33_33, 66_67, 1_01), quantities=(1, 2, 1), shipping=3_33)
    issue(clock, OCTOBER)
    decided(order, 17_77)
    decided(order, 33_33)
    issue(clock, NOVEMBER)
    (credit,) = Document.everyone.filter(kind="261")
    assert credit.vat - credit.trueup == -sum(
        item["vat"] for entry in Entry.objects.filter(kind="resolve") for item in entry.facts.get("items", ())
    )
    assert credit.gross - credit.trueup == 51_10
    assert on_paper(bruno) == in_books(bruno)
    assert clean()


def test_at_another_rate_the_vat_is_the_sales_own(alma, bruno, clock):
    decided(payable_sale(bruno, alma, vat=DOMESTIC | {"supply_rate_bp": 0}), 50_00)
    assert ("389", 41_00, 0, 41_00, 0) in issue(clock, OCTOBER)
    assert clean()


def test_without_an_agreement_the_lower_price_waits_with_its_sale(bruno, clock):
    alma = make_shop(make_merchant("Alma", agreed=False))
    order = payable_sale(bruno, alma)
    issue(clock, OCTOBER)
    waits = Unbilled.everyone.get()
    assert (waits.month, waits.sales, waits.net, waits.vat) == (OCTOBER, 1, 91_00, 18_20)
    decided(order, 50_00)
    issue(clock, NOVEMBER)
    waits = Unbilled.everyone.get()
    assert (waits.month, waits.is_credit, waits.sales, waits.net, waits.vat) == (OCTOBER, False, 1, 49_33, 9_87)
    agree(alma.merchant)
    (document,) = issue_documents(NOVEMBER, by="ina").documents
    assert (document.kind, document.month, document.gross) == ("389", OCTOBER, 59_20)
    assert Unbilled.everyone.count() == 0
    assert clean()


def test_the_report_about_sellers_and_the_explanation_tell_the_lower_price(alma, bruno):
    order = payable_sale(bruno, alma)
    row = decided(order, 50_00)
    (seller,) = [one for one in seller_report(2026) if one.merchant == alma.merchant_id]
    assert (seller.sales[3], seller.consideration[3], seller.fees[3]) == (1, 91_00 - 41_67 - 2_00, 2_00)
    _, told = explain_sale(order.number, bruno.merchant)
    (lowered,) = [one for one in told if one.entry.key == f"lower:{row.pk}"]
    assert [(step.words, step.amount) for step in lowered.steps] == [
        (f"Trail shoe, 42: price lowered, {row.number}", 41_67),
        ("20 % VAT on it: Sold and shipped inside France.", 8_33),
        (f"Dispute {row.number}: goods were faulty or wrong", None),
    ]


def test_a_decision_that_no_document_tells_is_never_lost_to_the_next_month(alma, bruno, clock):
    order = payable_sale(bruno, alma)
    issue(clock, OCTOBER)
    decided(order, 50_00)
    assert issue_documents(OCTOBER, by="ina").documents == []  # its day is not closed
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from settlement_documententry where about = 'supply'")
        assert cursor.fetchone() == (1,)
    assert [kind for kind, *_ in issue(clock, NOVEMBER)] == ["261"]
    assert check_ledger(strict=True).findings == []
