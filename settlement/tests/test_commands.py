"""The commands say what they did, to people and to programs, and their exit codes mean something."""

import datetime as dt
import io
import json

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection

from settlement import check
from settlement.models import Balance, Cycle, Entry, Statement
from settlement.tests.cast import make_internal_order, make_merchant, make_shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(settings):
    settings.NETWORK_COUNTRY = "FR"
    with time_machine.travel(dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC), tick=False) as clock:
        yield clock


@pytest.fixture
def sale():
    return make_internal_order(make_shop(make_merchant("Bruno")), make_shop(make_merchant("Alma")))


def run(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out, stderr=out)
    return out.getvalue()


def test_settle_writes_both_statements_for_programs(sale):
    told = json.loads(run("settle", "--through", "2026-11-20", "--json"))
    assert (told["posted"], told["refused"], told["dry_run"]) == (1, {}, False)
    assert [(s["merchant"], s["currency"], s["closing"], s["lines"]) for s in told["statements"]] == [
        ("Alma", "EUR", "106.80", 2),
        ("Bruno", "EUR", "-109.20", 2),
    ]
    assert told["cycle"] == Cycle.objects.get().pk


def test_settle_tells_people_what_each_merchant_is_owed(sale):
    text = run("settle", "--through", "2026-11-20")
    assert "posted 1 shipped orders" in text
    assert "Alma  0.00 + 106.80 = 106.80 EUR  (2 lines)" in text
    assert "Bruno  0.00 − 109.20 = -109.20 EUR  (2 lines)" in text
    assert "nothing new to close through 2026-11-20" in run("settle", "--through", "2026-11-20")


def test_a_currency_nobody_has_heard_of_is_refused_and_nothing_is_closed(sale):
    with pytest.raises(CommandError, match="no currency “XXX”") as refused:
        run("settle", "--through", "2026-11-20", "--currency", "xxx")
    assert (refused.value.returncode, Entry.objects.count(), Cycle.objects.count()) == (2, 0, 0)
    told = json.loads(run("settle", "--through", "2026-11-20", "--currency", "eur", "--json"))
    assert (told["posted"], len(told["statements"])) == (1, 2)


def test_a_dry_run_is_taken_back(sale):
    assert "all of it was taken back" in run("settle", "--through", "2026-11-20", "--dry-run")
    assert (Entry.objects.count(), Statement.everyone.count()) == (0, 0)


@pytest.mark.parametrize("date", ["yesterday", "2026-13-01", "20.11.2026", "", "2026-11-21", "2999-01-01"])
def test_a_bad_date_is_refused_with_exit_code_2(sale, date):
    with pytest.raises(CommandError, match="is not a date|lies in the future") as refused:
        run("settle", "--through", date)
    assert refused.value.returncode == 2
    assert (Entry.objects.count(), Cycle.objects.count()) == (0, 0)


def test_a_shipped_order_that_cannot_be_posted_is_named_and_the_exit_code_is_1(sale):
    type(sale).everyone.filter(pk=sale.pk).update(vat={})
    with pytest.raises(SystemExit) as ended:
        run("settle", "--through", "2026-11-20")
    assert ended.value.code == 1


def test_today_by_utc_closes_until_now_when_the_networks_clock_shows_tomorrow(sale, clock):
    clock.move_to(dt.datetime(2026, 11, 20, 23, 30, tzinfo=dt.UTC))
    late = make_internal_order(sale.order.shop, sale.shipper)
    told = run("settle", "--through", "2026-11-20")
    assert "still today by UTC" in told
    entry = Entry.objects.select_related("period").get(internal_order=late)
    assert (entry.effective_on, entry.period.cycle_id) == (dt.date(2026, 11, 21), Cycle.objects.get().pk)


def test_N26_the_last_night_of_a_month_does_not_straddle_two_cycles(sale, clock):
    clock.move_to(dt.datetime(2026, 11, 30, 23, 30, tzinfo=dt.UTC))
    december = make_internal_order(sale.order.shop, sale.shipper)
    run("settle", "--through", "2026-11-30")
    entry = Entry.objects.select_related("period").get(internal_order=december)
    assert (entry.effective_on, entry.period.closed_at) == (dt.date(2026, 12, 1), None)
    assert Statement.everyone.count() == 2


def test_every_row_of_a_big_ledger_has_its_turn_to_be_hashed(sale, clock, monkeypatch):
    run("settle", "--through", "2026-11-20")
    monkeypatch.setattr(check, "_AT_ONCE", 1)  # seven lines are a big ledger now
    told = set()
    for day in range(7):
        clock.move_to(dt.datetime(2026, 11, 21 + day, 10, tzinfo=dt.UTC))
        _, _, proved = run("check_ledger", "--strict").partition("clean\n")
        told.add(proved.partition("frozen facts: ")[2].partition(",")[0])
    assert told == {f"share {at} of 7" for at in range(1, 8)}
    assert proved.endswith("another each day; --full proves all of them now.\n")
    assert "share" not in run("check_ledger", "--full")


def test_check_ledger_is_clean_on_clean_books(sale):
    run("settle", "--through", "2026-11-20")
    assert run("check_ledger").strip() == "1 entries, 7 lines, 2 statements: clean"
    assert json.loads(run("check_ledger", "--json")) == {
        "clean": True,
        "entries": 1,
        "lines": 7,
        "statements": 2,
        "findings": [],
        "share": "all",
    }


def test_check_ledger_ends_with_1_on_any_doubt(sale):
    run("settle", "--through", "2026-11-20")
    Balance.everyone.filter(account__merchant__name="Alma", account__kind="merchant_pending").update(amount=0)
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("check_ledger", stdout=out)
    assert ended.value.code == 1
    assert "NOT TRUE: every cached balance is the sum of its lines (1)" in out.getvalue()


def test_check_ledger_gives_a_shipment_five_minutes_unless_it_is_strict(sale, clock):
    assert "clean" in run("check_ledger")
    clock.shift(1)
    with pytest.raises(SystemExit):
        run("check_ledger", "--strict")
    clock.shift(300)
    with pytest.raises(SystemExit):
        run("check_ledger")


def test_secure_ledger_refuses_a_role_that_could_give_itself_everything_back():
    with connection.cursor() as cursor:
        cursor.execute("select current_user")
        owner = cursor.fetchone()[0]
    with pytest.raises(CommandError, match="owns the ledger's tables"):
        run("secure_ledger", owner)
    with pytest.raises(CommandError, match="There is no role"):
        run("secure_ledger", "nobody_of_that_name")
