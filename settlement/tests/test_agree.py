"""Who is settled monthly gets one statement a month, whenever the books close meanwhile; nothing is lost or told twice."""

import datetime as dt

import pytest
import time_machine

from settlement.agree import UnknownCycle, agree_cycle, carried_since, next_statement_on
from settlement.balances import positions_of
from settlement.check import check_ledger
from settlement.close import close_cycle, write_missing_statements
from settlement.cycles import kind_ending, missed_ends
from settlement.documents.statement import statement_csv, unstated_rows
from settlement.models import AgreedCycle, Carried, Cycle, Payment, Statement
from settlement.tasks import close_due
from settlement.tests.cast import make_internal_order, make_merchant, make_shop

pytestmark = pytest.mark.django_db
NOON = dt.datetime(2026, 11, 9, 12, tzinfo=dt.UTC)  # a Monday


@pytest.fixture(autouse=True)
def clock(settings):
    settings.NETWORK_COUNTRY, settings.SETTLEMENT_MINIMUM_MINOR = "FR", 1
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def alma():
    return make_shop(make_merchant("Alma"))


@pytest.fixture
def bruno():
    shop = make_shop(make_merchant("Bruno"))
    agree_cycle(shop.merchant, "monthly", by="bruno")
    return shop


def sale(bruno, alma, day: dt.date, **also):
    at = dt.datetime.combine(day, dt.time(10), dt.UTC)
    order = make_internal_order(bruno, alma, shipped_at=at, **also)
    type(order).everyone.filter(pk=order.pk).update(status="delivered", delivered_at=at - dt.timedelta(days=17))
    return order


def told() -> list[tuple[str, str, str, int, int, int]]:
    rows = Statement.everyone.select_related("cycle").order_by("cycle_id", "merchant_name")
    return [
        (str(row.cycle.through), row.merchant_name, row.cycle_kind, row.opening, row.closing, row.line_count)
        for row in rows
    ]


def test_a_month_of_weekly_closings_is_one_statement_for_who_is_settled_monthly(alma, bruno, clock):
    for day in (9, 16, 23, 29, 30):
        sale(bruno, alma, dt.date(2026, 11, day), shipping=0)
        clock.move_to(dt.datetime(2026, 11, day, 18, tzinfo=dt.UTC))
        close_due()
        assert check_ledger(strict=True).findings == []
    assert {name for _, name, *_ in told()} == {"Alma"}
    assert (carried_since(bruno.merchant_id), next_statement_on(bruno.merchant_id)) == (
        dt.date(2026, 11, 15),
        dt.date(2026, 11, 30),
    )
    clock.move_to(dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC))
    close_due()
    # Alma is owed 85 with VAT less 2.40 a sale; what Bruno owes is the same on one statement
    assert [row for row in told() if row[1] == "Bruno"] == [("2026-11-30", "Bruno", "monthly", 0, -510_00, 5)]
    assert [row[0] for row in told() if row[1] == "Alma"] == ["2026-11-15", "2026-11-22", "2026-11-29", "2026-11-30"]
    assert Carried.objects.filter(stated_in=None).count() == 0
    assert carried_since(bruno.merchant_id) is None
    assert check_ledger(strict=True).findings == []


def test_who_owes_monthly_pays_monthly_and_who_owes_weekly_pays_weekly(alma, bruno, clock):
    sale(bruno, alma, NOON.date(), shipping=0)
    sale(alma, bruno, NOON.date(), nets=(200_00,), shipping=0)
    clock.move_to(dt.datetime(2026, 11, 16, 12, tzinfo=dt.UTC))
    close_due()
    # net of both Alma owes 102.00, and her fee; Bruno's own fee waits for his month
    assert set(Payment.everyone.values_list("kind", "payer__name", "amount")) == {
        ("fee", "Alma", 2_40),
        ("trade", "Alma", 102_00),
    }
    clock.move_to(dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC))
    close_due()
    assert Payment.everyone.get(payer=bruno.merchant).amount == 4_80


def test_settling_weekly_and_monthly_by_hand_tells_each_line_once(alma, bruno, clock):
    sale(bruno, alma, NOON.date())
    clock.move_to(dt.datetime(2026, 12, 8, 12, tzinfo=dt.UTC))
    through = dt.date(2026, 11, 30)
    assert [s["merchant"] for s in close_cycle(through, kind="weekly").statements] == ["Alma"]
    assert [row.amount for row in unstated_rows(bruno.merchant)] == [-102_00, -7_20]
    sale(bruno, alma, dt.date(2026, 12, 3))
    assert [s["merchant"] for s in close_cycle(dt.date(2026, 12, 6), kind="weekly").statements] == ["Alma"]
    # the month is settled late: its statement tells of November alone, though December has begun to close
    assert [(s["merchant"], s["closing"]) for s in close_cycle(through, kind="monthly").statements] == [
        ("Bruno", -109_20)
    ]
    assert close_cycle(through, kind="monthly").cycle is None
    assert check_ledger(strict=True).findings == []
    clock.move_to(dt.datetime(2027, 1, 1, 12, tzinfo=dt.UTC))
    close_due()
    last = Statement.everyone.select_related("cycle").filter(merchant=bruno.merchant).latest("pk")
    assert (last.opening, last.closing, last.cycle.through) == (-109_20, -218_40, dt.date(2026, 12, 31))
    assert [p.total for p in positions_of(bruno.merchant)] == [-218_40]
    assert statement_csv(last).count(b"\r\n") == 1 + 4
    assert check_ledger(strict=True).findings == []


def test_who_becomes_weekly_is_told_what_was_carried_with_the_next_closing(alma, bruno, clock):
    sale(bruno, alma, NOON.date())
    clock.move_to(dt.datetime(2026, 11, 16, 12, tzinfo=dt.UTC))
    close_due()
    agree_cycle(bruno.merchant, "weekly", by="bruno")
    clock.move_to(dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC))
    close_due()
    assert told()[-1] == ("2026-11-22", "Bruno", "weekly", 0, -109_20, 2)
    assert check_ledger(strict=True).findings == []


def test_a_weekly_closing_killed_before_its_statements_is_finished_for_the_same_merchants(alma, bruno, clock):
    from settlement import close

    sale(bruno, alma, NOON.date())
    clock.move_to(dt.datetime(2026, 11, 16, 12, tzinfo=dt.UTC))
    close.post_shipped()
    close._cut(close.Closing(dt.date(2026, 11, 15), dry_run=False, kind="weekly"), "test")
    assert write_missing_statements() == 1
    assert [row[1] for row in told()] == ["Alma"]
    assert check_ledger(strict=True).findings == []


def test_a_late_schedule_closes_every_end_that_it_missed(alma, bruno, clock):
    sale(bruno, alma, NOON.date())
    clock.move_to(dt.datetime(2026, 11, 16, 12, tzinfo=dt.UTC))
    close_due()
    for day in (dt.date(2026, 11, 26), dt.date(2026, 12, 3)):
        sale(bruno, alma, day)
    clock.move_to(dt.datetime(2026, 12, 9, 12, tzinfo=dt.UTC))
    close_due()
    assert list(Cycle.objects.order_by("pk").values_list("through", "kind")) == [
        (dt.date(2026, 11, 15), "weekly"),
        (dt.date(2026, 11, 29), "weekly"),
        (dt.date(2026, 11, 30), "all"),
        (dt.date(2026, 12, 6), "weekly"),
    ]
    assert [row[0] for row in told() if row[1] == "Bruno"] == ["2026-11-30"]


def test_ends_are_named_in_order_and_kinds_by_their_day():
    assert missed_ends(dt.date(2026, 11, 22), dt.date(2026, 12, 9)) == [
        dt.date(2026, 11, 29),
        dt.date(2026, 11, 30),
        dt.date(2026, 12, 6),
    ]
    assert missed_ends(None, dt.date(2026, 12, 9)) == [dt.date(2026, 12, 6)]
    assert (kind_ending(dt.date(2026, 11, 30)), kind_ending(dt.date(2026, 11, 29))) == ("all", "weekly")


def test_an_unknown_cycle_is_refused_and_the_same_word_changes_nothing(bruno):
    with pytest.raises(UnknownCycle):
        agree_cycle(bruno.merchant, "yearly", by="bruno")
    before = AgreedCycle.objects.get(merchant=bruno.merchant)
    assert agree_cycle(bruno.merchant, "monthly", by="somebody else").by == before.by == "bruno"
