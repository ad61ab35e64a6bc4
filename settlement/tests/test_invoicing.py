"""What an invoice says in XML holds by its schema and by every rule of EN 16931, executed."""

import dataclasses
import datetime as dt
from threading import Event

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from settlement.documents import validate
from settlement.documents.validate import InvalidDocument, NoEngine, check_document
from settlement.invoicing import Invoice, Party, Row, tax_groups, told, untold, write_cii, write_ubl
from settlement.splitting import vat_on

ALMA = Party("Alma SARL", "7", "FR40303265045", "1 rue du Test", "75001", "Paris", "FR")
BRUNO = Party("Bruno GmbH", "8", "DE136695976", "Teststr. 2", "10115", "Berlin", "DE")
GOODS = Row("Trail shoe, 42", 3, 85_00, "S", 2000, "N-000001")
SHIPPING = Row("Shipping", 1, 6_01, "S", 2000, "N-000001")


def invoice(kind: str = "389", rows: tuple[Row, ...] = (GOODS, SHIPPING), **also) -> Invoice:
    facts = {
        "number": "SB7-2026-00001",
        "kind": kind,
        "issued_on": dt.date(2026, 11, 2),
        "due_on": dt.date(2026, 11, 16),
        "begins": dt.date(2026, 10, 1),
        "ends": dt.date(2026, 10, 31),
        "currency": "EUR",
        "seller": ALMA,
        "buyer": BRUNO,
        "rows": rows,
    }
    return Invoice(**(facts | also))


CASES = {
    "self_billed_invoice": invoice(),
    "self_billed_credit_note": invoice("261", corrects=(("SB7-2026-00001", dt.date(2026, 10, 2)),)),
    "fee_invoice": invoice("380", (Row("Network fee", 1, 2_00, "S", 2100),), iban="BE68539007547034"),
    "fee_credit_note": invoice(
        "381", (Row("Network fee", 1, 2_00, "S", 2100),), corrects=(("F-1", dt.date(2026, 10, 2)),)
    ),
    "reverse_charge": invoice("380", (Row("Network fee", 1, 2_00, "AE", 0),)),
    "outside_the_scope": invoice("380", (Row("Network fee", 1, 2_00, "O", 0),)),
    "two_rates": invoice(rows=(GOODS, dataclasses.replace(GOODS, rate_bp=550, net=33_33))),
    "names_that_are_markup": invoice(rows=(dataclasses.replace(GOODS, name="<b>&'\" Söndag"),)),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("kind", "write"), [("cii", write_cii), ("ubl", write_ubl)])
def test_every_kind_of_document_holds_by_schema_and_rules_in_both_languages(name, kind, write):
    check_document(write(CASES[name]), kind)
    assert untold(told(CASES[name])) == CASES[name]


@pytest.mark.parametrize(("kind", "write"), [("cii", write_cii), ("ubl", write_ubl)])
def test_a_wrong_vat_total_is_found(kind, write):
    xml = write(invoice()).replace(b">18.20<", b">18.21<")
    with pytest.raises(InvalidDocument, match=r"BR-CO-1[457]|BR-S-09"):
        check_document(xml, kind)


def test_what_breaks_the_schema_is_found():
    with pytest.raises(InvalidDocument):
        check_document(write_cii(invoice()).replace(b"ram:TypeCode", b"ram:Kind"), "cii")


def test_N43_rules_that_cannot_be_executed_fail_the_check(monkeypatch):
    monkeypatch.setattr(validate, "_transform", lambda *_: "")
    with pytest.raises(NoEngine):
        check_document(write_cii(invoice()), "cii")


def test_a_document_that_takes_too_long_is_told_in_words_and_the_next_one_is_proven(monkeypatch):
    go_on = Event()
    with monkeypatch.context() as short:
        short.setattr(validate, "LONGEST", 0.01)
        validate._engine.submit(go_on.wait, 60)
        with pytest.raises(NoEngine, match="no report within"):
            check_document(write_cii(invoice()), "cii")
    go_on.set()
    check_document(write_cii(invoice()), "cii")


def test_N37_vat_of_half_a_cent_is_rounded_away_from_zero_on_invoice_and_credit_note_alike():
    row = Row("Trail shoe", 1, 12, "S", 2000 + 500)
    assert [tax.vat for tax in tax_groups([dataclasses.replace(row, net=2)])] == [1]  # 0.5 of a cent
    assert vat_on(-2, 2500) == -1
    check_document(write_cii(invoice("261", (dataclasses.replace(row, net=2),))), "cii")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(1, 30_000), min_size=1, max_size=200), st.sampled_from([550, 1900, 2000, 2550]))
def test_N36_vat_of_a_summary_invoice_differs_from_its_sales_by_less_than_half_a_cent_each(nets, rate):
    rows = [Row("Shoe", 1, net, "S", rate) for net in nets]
    (tax,) = tax_groups(rows)
    assert (tax.base, tax.vat) == (sum(nets), vat_on(sum(nets), rate))
    assert abs(tax.vat - sum(vat_on(net, rate) for net in nets)) * 2 <= len(nets) + 1
