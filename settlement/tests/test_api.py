"""Statements by API: the merchant's own, with the very bytes whose digest is sealed."""

import hashlib

import pytest
from django.utils import timezone

from settlement.close import close_cycle
from settlement.models import Payment, Statement
from settlement.settle import post_shipped
from settlement.tests.cast import make_card, make_internal_order, make_merchant, make_shop
from skuu.testing.calling import Program

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _french_network(settings):
    settings.NETWORK_COUNTRY = "FR"


@pytest.fixture
def cast():
    alma, bruno, cara = (make_shop(make_merchant(name)) for name in ("Alma", "Bruno", "Cara"))
    make_internal_order(bruno, alma, nets=(100_00,), shipping=6_00, card=make_card(1500, 200))
    post_shipped()
    close_cycle(timezone.localdate(), by="test")
    return alma, bruno, cara


def test_a_merchant_reads_its_statement_to_the_cent(cast):
    program = Program(cast[0])
    (row,) = program.get("statements/").json()["results"]
    assert set(row) == {
        "id",
        "number",
        "currency",
        "through",
        "cycle",
        "opening",
        "activity",
        "closing",
        "line_count",
        "digest",
    }
    assert (row["opening"], row["activity"], row["closing"]) == ("0.00", "106.80", "106.80")
    assert program.get(f"statements/{row['id']}/").json() == row


def test_lines_come_by_pages_with_the_state_of_their_money(cast):
    program = Program(cast[0])
    pk = program.get("statements/").json()["results"][0]["id"]
    first = program.get(f"statements/{pk}/lines/", page_size=1).json()
    assert [(line["line"], line["role"], line["goods"], line["state"]) for line in first["results"]] == [
        (1, "shipped", "85.00", "pending")
    ]
    second = program.client.get(first["next"], headers=program._headers()).json()
    assert [(line["line"], line["shipping"]) for line in second["results"]] == [(2, "6.00")]
    whole = program.get(f"statements/{pk}/json/").json()
    states = {"state": "pending"}
    assert [line | states for line in whole["lines"]] == first["results"] + second["results"]
    assert program.get(f"statements/{pk}/lines/", kind="return").json()["results"] == []
    assert program.get(f"statements/{pk}/lines/", knd="return").status_code == 400


def test_a_statement_has_four_files_and_no_fifth(cast):
    program = Program(cast[0])
    pk = program.get("statements/").json()["results"][0]["id"]
    kinds = {kind: program.get(f"statements/{pk}/{kind}/") for kind in ("csv", "json", "pdf", "xlsx", "docx")}
    assert {kind: answer.status_code for kind, answer in kinds.items()} == {
        "csv": 200, "json": 200, "pdf": 200, "xlsx": 200, "docx": 404,
    }  # fmt: skip
    assert (kinds["pdf"].content[:5], kinds["xlsx"].content[:2]) == (b"%PDF-", b"PK")
    assert program.get(f"statements/{pk}/json/").content == kinds["json"].content


def test_the_csv_is_the_one_whose_digest_is_sealed(cast):
    program = Program(cast[1])
    (row,) = program.get("statements/").json()["results"]
    answer = program.get(f"statements/{row['id']}/csv/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert answer["Content-Disposition"] == f'attachment; filename="{row["number"]}.csv"'
    assert hashlib.sha256(answer.content).hexdigest() == row["digest"]


def test_a_strangers_statement_looks_like_one_that_is_not_there(cast):
    program = Program(cast[2])
    absent = program.get("statements/999999/")
    assert absent.status_code == 404
    for pk in Statement.everyone.values_list("pk", flat=True):
        for path in (f"statements/{pk}/", f"statements/{pk}/csv/"):
            answer = program.get(path)
            assert (answer.status_code, answer.json()) == (404, absent.json())
    assert program.get("statements/").json()["results"] == []


def test_a_number_beyond_every_column_is_absent_too(cast):
    assert Program(cast[0]).get(f"statements/{10**30}/").status_code == 404


def test_payments_are_listed_to_both_parties_and_to_nobody_else(cast):
    alma, bruno, cara = cast
    day = timezone.localdate()
    facts = {
        "kind": "trade",
        "payer": bruno.merchant,
        "payee": alma.merchant,
        "currency": "EUR",
        "due_on": day,
        "prepared_by": "x",
    }
    Payment.everyone.create(number="P-000901", amount=106_80, **facts)
    Payment.everyone.create(number="P-000902", amount=1_00, status="cancelled", **facts)
    for shop in (alma, bruno):
        (row,) = Program(shop).get("payments/").json()["results"]
        assert (row["number"], row["payer"], row["payee"], row["amount"], row["status"]) == (
            "P-000901", "Bruno", "Alma", "106.80", "prepared",
        )  # fmt: skip
    assert Program(alma).get("payments/", status="settled").json()["results"] == []
    assert Program(alma).get("payments/", status="cancelled").status_code == 400
    assert Program(cara).get("payments/").json()["results"] == []
