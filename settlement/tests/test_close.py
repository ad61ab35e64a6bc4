"""A cycle takes what was posted until now, gives every merchant a statement, and never says anything twice."""

import csv
import datetime as dt
import hashlib
import io

import pytest
import time_machine
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

from settlement.balances import positions_of, sales_of_order, statements_of
from settlement.check import check_ledger
from settlement.close import close_cycle, write_missing_statements
from settlement.cycles import last_cycle_end, next_cycle_end
from settlement.documents.statement import harmless, plain_amount, statement_csv, statement_json, unstated_rows
from settlement.documents.statement_files import stored_statement
from settlement.models import Cycle, Entry, Line, Period, Statement, StatementLine, StoredFile
from settlement.settle import post_shipped
from settlement.tests.cast import make_card, make_internal_order, make_merchant, make_shop
from skuu.kit.errors import NotPossible
from skuu.kit.money import exponent, major

pytestmark = pytest.mark.django_db

FRIDAY = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _clock(settings):
    settings.NETWORK_COUNTRY = "FR"
    with time_machine.travel(FRIDAY, tick=False) as clock:
        yield clock


@pytest.fixture
def alma():
    return make_shop(make_merchant("Alma"))


@pytest.fixture
def bruno():
    return make_shop(make_merchant("Bruno"))


def rows_of(statement: Statement) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(statement_csv(statement).decode())))


def test_closing_through_today_takes_what_shipped_today(alma, bruno):
    order = make_internal_order(bruno, alma)
    closing = close_cycle(timezone.localdate())
    assert (closing.posted, closing.released, closing.refused) == (1, 0, {})
    assert [(s["merchant"], s["currency"], s["opening"], s["activity"], s["closing"]) for s in closing.statements] == [
        ("Alma", "EUR", 0, 106_80, 106_80),
        ("Bruno", "EUR", 0, -109_20, -109_20),
    ]
    assert [(p.payable, p.pending) for p in positions_of(alma.merchant)] == [(0, 106_80)]
    assert [(p.payable, p.pending) for p in positions_of(bruno.merchant)] == [(0, -109_20)]
    assert {line.amount for line in sales_of_order(alma.merchant, order.pk)} == {99_60, 7_20}
    assert {line.amount for line in sales_of_order(bruno.merchant, order.pk)} == {-102_00, -7_20}
    assert check_ledger(strict=True).findings == []


def test_a_second_closing_of_the_same_day_changes_nothing(alma, bruno):
    make_internal_order(bruno, alma)
    close_cycle(timezone.localdate())
    before = [list(model.objects.values()) for model in (Entry, Line, Period, Cycle)]
    again = close_cycle(timezone.localdate())
    assert (again.cycle, again.posted, again.statements) == (None, 0, [])
    assert [list(model.objects.values()) for model in (Entry, Line, Period, Cycle)] == before
    assert Statement.everyone.count() == 2


def test_what_ships_after_the_closing_stands_in_the_next_statement_with_its_own_day(alma, bruno):
    make_internal_order(bruno, alma)
    close_cycle(timezone.localdate())
    late = make_internal_order(bruno, alma, nets=(50_00,), shipping=0)
    post_shipped()
    entry = Entry.objects.get(internal_order=late)
    assert (entry.effective_on, entry.period.day, entry.period.part) == (FRIDAY.date(), FRIDAY.date(), 2)
    closing = close_cycle(timezone.localdate())
    assert [(s["merchant"], s["opening"], s["activity"], s["closing"]) for s in closing.statements] == [
        ("Alma", 106_80, 49_80, 156_60),
        ("Bruno", -109_20, -51_00, -160_20),
    ]
    assert check_ledger(strict=True).findings == []


def test_closing_through_a_past_day_leaves_the_days_after_it_open(alma, bruno):
    old = make_internal_order(bruno, alma, shipped_at=FRIDAY - dt.timedelta(days=5))
    new = make_internal_order(bruno, alma, nets=(70_00,))
    closing = close_cycle(dt.date(2026, 11, 15))
    assert closing.posted == 2
    assert sales_of_order(alma.merchant, old.pk)
    assert sales_of_order(alma.merchant, new.pk) == []
    assert [(p.payable, p.pending) for p in positions_of(alma.merchant)] == [(0, 106_80 + 71_40 + 7_20 - 1_68)]
    assert check_ledger(strict=True).findings == []


def test_N27_an_event_of_a_closed_day_goes_to_an_open_period_and_keeps_its_day(alma, bruno):
    make_internal_order(bruno, alma, shipped_at=FRIDAY - dt.timedelta(days=5))
    close_cycle(dt.date(2026, 11, 18))
    late = make_internal_order(bruno, alma, shipped_at=FRIDAY - dt.timedelta(days=4))
    post_shipped()
    entry = Entry.objects.select_related("period").get(internal_order=late)
    assert (entry.effective_on, entry.period.day) == (dt.date(2026, 11, 16), dt.date(2026, 11, 18))
    assert check_ledger(strict=True).findings == []


def test_the_books_do_not_close_in_the_future(alma, bruno):
    make_internal_order(bruno, alma)
    with pytest.raises(NotPossible, match="lies in the future"):
        close_cycle(dt.date(2026, 11, 21))
    assert (Entry.objects.count(), Cycle.objects.count()) == (0, 0)


def test_a_dry_run_shows_everything_and_leaves_nothing(alma, bruno):
    order = make_internal_order(bruno, alma)
    closing = close_cycle(timezone.localdate(), dry_run=True)
    assert closing.dry_run
    assert [(s["merchant"], s["closing"], s["lines"]) for s in closing.statements] == [
        ("Alma", 106_80, 2),
        ("Bruno", -109_20, 2),
    ]
    order.refresh_from_db()
    assert order.posted_at is None
    assert [model.objects.count() for model in (Entry, Line, Period, Cycle)] == [0, 0, 0, 0]
    assert Statement.everyone.count() == 0


def test_a_closing_killed_before_its_statements_is_finished_by_the_next(alma, bruno):
    make_internal_order(bruno, alma)
    post_shipped()
    from settlement import close

    cycle = close._cut(close.Closing(timezone.localdate(), dry_run=False), "test")
    assert (Statement.everyone.count(), cycle is not None) == (0, True)
    assert [f.promise for f in check_ledger(strict=True).findings] == []  # a cycle of this very moment has its grace
    close_cycle(timezone.localdate())
    assert Statement.everyone.filter(cycle=cycle).count() == 2
    assert check_ledger(strict=True).findings == []


def test_I8_a_statement_recomputed_later_is_the_same_byte_for_byte(alma, bruno):
    make_internal_order(bruno, alma, nets=(33_33, 66_67))
    close_cycle(timezone.localdate())
    first = {s.pk: statement_csv(s) for s in Statement.everyone.select_related("cycle")}
    for shop, name in ((alma, "Alma renamed"), (bruno, "Bruno renamed")):
        type(shop).everyone.filter(pk=shop.pk).update(name=name)
        type(shop.merchant).everyone.filter(pk=shop.merchant_id).update(name=name)
    make_internal_order(bruno, alma)
    close_cycle(timezone.localdate())
    for statement in Statement.everyone.filter(pk__in=first).select_related("cycle"):
        assert statement_csv(statement) == first[statement.pk]
        assert hashlib.sha256(first[statement.pk]).hexdigest() == statement.digest


def test_the_csv_tells_both_order_numbers_the_terms_and_adds_up(alma, bruno):
    order = make_internal_order(bruno, alma, card=make_card(1500, 200), title="=HYPERLINK(1)")
    close_cycle(timezone.localdate())
    of_alma, of_bruno = Statement.everyone.select_related("cycle").order_by("merchant_name")
    opening, goods, shipping, closing = rows_of(of_alma)
    assert (opening["kind"], opening["amount"], closing["kind"], closing["amount"]) == (
        "opening",
        "0.00",
        "closing",
        "106.80",
    )
    assert {
        name: goods[name] for name in goods if name not in {"entry", "posted_at", "statement", "rate_card", "sku"}
    } == {
        "line": "1",
        "kind": "ship",
        "effective_on": "2026-11-20",
        "role": "shipped",
        "own_order": order.remote_name,
        "partner_order": order.order.name,
        "internal_order": order.number,
        "partner": "Bruno’s shop",
        "description": "'=HYPERLINK(1)",
        "quantity": "1",
        "net": "100.00",
        "origin_fee": "15.00",
        "goods": "85.00",
        "shipping": "0.00",
        "vat_rate": "20.00",
        "vat": "17.00",
        "gross": "102.00",
        "network_fee": "2.00",
        "network_fee_vat": "0.40",
        "amount": "99.60",
        "currency": "EUR",
        "vat_treatment": "domestic",
        "original": "",
    }
    assert (shipping["description"], shipping["shipping"], shipping["vat"], shipping["amount"]) == (
        "Shipping",
        "6.00",
        "1.20",
        "7.20",
    )
    _, sold, carried, _ = rows_of(of_bruno)
    assert (sold["role"], sold["own_order"], sold["partner_order"]) == ("sold", order.order.name, order.remote_name)
    assert (sold["network_fee"], sold["amount"], carried["amount"]) == ("0.00", "-102.00", "-7.20")
    assert goods["sku"] != sold["sku"]
    assert statement_json(of_bruno)["closing"] == "-109.20"
    assert statement_csv(of_alma, bom=True) == b"\xef\xbb\xbf" + statement_csv(of_alma)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_N39_a_cell_that_begins_like_a_formula_is_only_text(cell):
    assert harmless(cell) == "'" + cell
    assert harmless("#1001") == "#1001"


def test_a_stranger_finds_no_statement(alma, bruno):
    cara = make_merchant("Cara")
    order = make_internal_order(bruno, alma)
    close_cycle(timezone.localdate())
    assert (list(statements_of(cara)), positions_of(cara), sales_of_order(cara, order.pk)) == ([], [], [])
    assert [s.merchant_name for s in statements_of(alma.merchant)] == ["Alma"]


def test_what_is_posted_and_not_yet_stated_is_told_to_its_parties_only(alma, bruno):
    make_internal_order(bruno, alma)
    close_cycle(timezone.localdate())
    late = make_internal_order(bruno, alma, nets=(50_00,), shipping=0)
    post_shipped()
    (row,) = unstated_rows(alma.merchant)
    assert (row.internal_order, row.role, row.amount, row.currency) == (late.number, "shipped", 49_80, "EUR")
    assert [row.amount for row in unstated_rows(bruno.merchant)] == [-51_00]
    assert unstated_rows(make_merchant("Cara")) == []
    close_cycle(timezone.localdate())
    assert unstated_rows(alma.merchant) == []


def test_both_directions_net_in_one_balance_and_stay_gross_on_the_statement(alma, bruno):
    make_internal_order(bruno, alma)
    make_internal_order(alma, bruno)
    close_cycle(timezone.localdate())
    assert [p.pending for p in positions_of(alma.merchant)] == [-2_40]
    statement = Statement.everyone.get(merchant=alma.merchant)
    assert (statement.line_count, statement.closing) == (4, -2_40)
    assert check_ledger(strict=True).findings == []


def test_a_merchant_without_activity_keeps_its_balance_for_the_next_opening(alma, bruno):
    make_internal_order(bruno, alma)
    close_cycle(timezone.localdate())
    other = make_shop(make_merchant("Dora"))
    make_internal_order(bruno, other)
    close_cycle(timezone.localdate())
    make_internal_order(bruno, alma)
    closing = close_cycle(timezone.localdate())
    assert [(s["merchant"], s["opening"]) for s in closing.statements] == [("Alma", 106_80), ("Bruno", -218_40)]
    assert check_ledger(strict=True).findings == []


def test_a_workbook_that_would_lose_lines_is_refused_and_the_csv_has_them_all(alma, bruno, monkeypatch):
    make_internal_order(bruno, alma)
    close_cycle(timezone.localdate())
    monkeypatch.setattr("settlement.documents.statement_files.SHEET_ROWS", 4)
    statement = Statement.everyone.get(merchant=alma.merchant)
    with pytest.raises(NotPossible, match="the CSV has them all"):
        stored_statement(statement, "xlsx")
    assert not StoredFile.everyone.exists()
    assert statement_csv(statement).count(b"\r\n") == statement.line_count + 3


def test_statements_do_not_change_after_they_are_sealed(alma, bruno):
    from django.db import DatabaseError, transaction

    make_internal_order(bruno, alma)
    close_cycle(timezone.localdate())
    for change in (
        lambda: Statement.everyone.update(opening=1, closing=1 + 106_80),
        lambda: Statement.everyone.all().delete(),
        lambda: StatementLine.everyone.update(amount=1),
        lambda: StatementLine.everyone.all()._raw_delete("default"),
        lambda: Period.objects.update(closed_at=None, cycle=None),
    ):
        with pytest.raises((DatabaseError, Exception), match="append-only|Cannot delete"), transaction.atomic():
            change()
    assert check_ledger(strict=True).findings == []


@pytest.mark.parametrize(
    ("today", "end"),
    [
        (dt.date(2026, 11, 23), dt.date(2026, 11, 22)),
        (dt.date(2026, 11, 22), dt.date(2026, 11, 15)),
        (dt.date(2026, 12, 1), dt.date(2026, 11, 30)),
        (dt.date(2027, 1, 1), dt.date(2026, 12, 31)),
    ],
)
def test_cycles_end_on_sundays_and_at_the_end_of_a_month(today, end):
    assert last_cycle_end(today) == end


@settings_of_hypothesis(max_examples=200, deadline=None, derandomize=True)
@given(st.dates(dt.date(2024, 1, 1), dt.date(2030, 12, 31)), st.sampled_from(["weekly", "monthly"]))
def test_every_day_lies_in_one_cycle_that_ends_once(today, cycle):
    end = next_cycle_end(today, cycle)
    assert last_cycle_end(today, cycle) < today <= end
    assert last_cycle_end(end + dt.timedelta(days=1), cycle) == end
    assert end.month == today.month


def test_nothing_is_missing_when_no_cycle_waits():
    assert write_missing_statements() == 0


@pytest.mark.parametrize("minor", [0, 1, -1, 99, -99, 100, -100, 123456, -123456])
@pytest.mark.parametrize("currency", ["EUR", "JPY", "SEK"])
def test_statements_write_amounts_as_everything_else_does(minor, currency):
    assert plain_amount(minor, exponent(currency)) == major(minor, currency)
