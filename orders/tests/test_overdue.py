"""A parcel that does not leave on its day: who is told what, when it is given away, and what is left alone."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from network.give_away import set_usual_limit, usual_limit
from network.models import GiveAwayLimit, Notice
from network.workdays import clock_of, working_days_after, working_days_between
from orders.decide import day_in_words
from orders.fulfil import TakenAway, ship_internal_order
from orders.models import InternalOrder, OrderLine
from orders.overdue import chase_overdue, remind_unanswered
from skuu.kit.errors import NotPossible
from skuu.testing.calling import Program, codes


@pytest.fixture
def placed(market) -> InternalOrder:
    """Two pairs that Alma is to send for Bruno; Dora has two as well."""
    market.buy(market.bruno, ("42", 2))
    market.settle()
    return InternalOrder.everyone.get()


def leave(row: InternalOrder, days: int) -> dt.date:
    """Let it be so many working days late today, as if nobody had looked yet."""
    day = timezone.now().astimezone(clock_of("NL")).date()
    start = day
    while working_days_between("NL", start, day) < days:
        start -= dt.timedelta(days=1)
    InternalOrder.everyone.filter(pk=row.pk).update(leaves_on=start, chased_on=None)
    return start


def told(kind: str) -> list[tuple[str, str, bool]]:
    rows = Notice.everyone.filter(kind=kind).order_by("pk").values_list("shop__name", "key", "done_at")
    return [(shop, key, done is None) for shop, key, done in rows]


def test_each_day_late_has_one_step_and_the_last_gives_the_goods_to_somebody_else(market, placed):
    leave(placed, 0)
    assert (chase_overdue(), told("overdue")) == (0, [])
    leave(placed, 1)
    assert (chase_overdue(), chase_overdue()) == (1, 0)
    assert told("overdue") == [("alma-studio", f"overdue:{placed.number}:1", True)]
    leave(placed, 2)
    assert chase_overdue() == 1
    (late,) = Notice.everyone.filter(kind="partner_late")
    assert (late.shop, late.link) == (market.bruno, f"/my-orders/{placed.order_id}/")
    assert "alma" not in f"{late.subject} {late.body}".lower()
    leave(placed, 4)
    assert chase_overdue() == 0
    leave(placed, 5)
    assert chase_overdue() == 1
    placed.refresh_from_db()
    assert (placed.status, OrderLine.everyone.get().status) == ("declined", "waiting")
    assert told("overdue")[-1] == ("alma-studio", f"overdue:{placed.number}:3", True)
    market.settle()
    assert market.orders_at(market.alma) == []
    (other,) = InternalOrder.everyone.exclude(pk=placed.pk)
    assert (other.shipper, other.status, OrderLine.everyone.get().status) == (market.dora, "accepted", "routed")
    assert chase_overdue() == 0
    assert [one for one in told("overdue") if one[2]] == [("alma-studio", f"overdue:{placed.number}:3", True)]


def test_nobody_loses_goods_without_having_been_told_before(placed):
    for steps, status in ((1, "accepted"), (2, "accepted"), (3, "declined")):
        leave(placed, 20)
        assert (chase_overdue(), chase_overdue()) == (1, 0)
        placed.refresh_from_db()
        assert (placed.chased, placed.status) == (steps, status)


def test_when_nobody_else_has_it_the_selling_shop_is_told_in_time_to_refund(market):
    market.buy(market.bruno, ("41", 1))  # Alma's last pair, and Dora has none
    market.settle()
    row = InternalOrder.everyone.get()
    for _ in range(3):
        leave(row, 9)
        chase_overdue()
    market.settle()
    assert OrderLine.everyone.get().status == "handed_back"
    assert Notice.everyone.filter(kind="handed_back", shop=market.bruno).exists()


def test_what_has_left_in_part_stays_where_it_is(market, placed):
    line = placed.lines.get()
    for _ in range(2):
        leave(placed, 9)
        chase_overdue()
    ship_internal_order(placed, carrier="PostNL", number="3SHALF1", lines=[(line.pk, 1)], by="alma")
    leave(placed, 9)
    chase_overdue()
    placed.refresh_from_db()
    assert (placed.status in ("placed", "accepted"), placed.chased, InternalOrder.everyone.count()) == (True, 3, 1)


def test_reminders_go_when_the_parcel_has_left(market, placed):
    leave(placed, 1)
    chase_overdue()
    market.ship(placed)
    market.sweep()
    assert chase_overdue() == 0
    assert told("overdue") == [("alma-studio", f"overdue:{placed.number}:1", False)]


def test_who_is_asked_first_is_reminded_before_the_day_is_over(market):
    market.buy(market.bruno, ("42", 2))
    market.settle()
    row = InternalOrder.everyone.get()
    hours = timezone.now() - dt.timedelta(hours=19)
    InternalOrder.everyone.update(status="planned", asks=True, agreed_at=None, created_at=hours)
    row.order.paid_at = hours
    row.order.save(update_fields=["paid_at"])
    assert (remind_unanswered(), remind_unanswered()) == (1, 1)
    assert told("overdue") == [("alma-studio", f"overdue:{row.number}:0", True)]
    InternalOrder.everyone.update(status="accepted", agreed_at=timezone.now())
    chase_overdue()
    assert told("overdue") == [("alma-studio", f"overdue:{row.number}:0", False)]


def test_what_came_late_to_its_shipper_is_late_only_so_much_later(placed):
    """Four days on hold at the selling shop are no days of the shipper's."""
    four = working_days_before(4)
    InternalOrder.everyone.update(created_at=four)
    leave(placed, 4)
    assert (chase_overdue(), told("overdue")) == (0, [])
    leave(placed, 5)
    assert (chase_overdue(), len(told("overdue"))) == (1, 1)


def working_days_before(days: int) -> dt.datetime:
    at = timezone.now()
    while working_days_between("NL", at.date(), timezone.now().date()) < days:
        at -= dt.timedelta(days=1)
    return at


def test_who_was_relieved_of_it_and_has_sent_it_says_so(market, placed):
    for _ in range(3):
        leave(placed, 9)
        chase_overdue()
    placed.refresh_from_db()
    assert placed.status == "declined"
    with pytest.raises(TakenAway, match="say so"):
        ship_internal_order(placed, carrier="PostNL", number="3SLATE1", by="alma")
    assert placed.parcels.count() == 0
    ship_internal_order(placed, carrier="PostNL", number="3SLATE1", already_left=True, by="alma")
    placed.refresh_from_db()
    assert (placed.status, OrderLine.everyone.get().status) == ("shipped", "shipped")


def test_the_selling_shop_says_after_how_many_days_it_goes_to_somebody_else(market, placed):
    market.bruno.give_away_days = 3
    market.bruno.save(update_fields=["give_away_days"])
    for days in (1, 2):
        leave(placed, days)
        chase_overdue()
    start = leave(placed, 2)
    ends = day_in_words(working_days_after("NL", start, 3))
    assert ends in Notice.everyone.get(kind="partner_late").body
    leave(placed, 3)
    assert chase_overdue() == 1
    placed.refresh_from_db()
    assert (placed.status, placed.status_reason.endswith("nor within 3 working days after.")) == ("declined", True)


def test_where_the_shop_says_nothing_the_networks_staff_do(market, placed):
    assert usual_limit() == 5
    first = set_usual_limit(10, by="sam")
    assert (set_usual_limit(10, by="kim"), usual_limit()) == (first, 10)
    for days in (1, 2, 9):
        leave(placed, days)
        chase_overdue()
    placed.refresh_from_db()
    assert (placed.chased, placed.status) == (2, "accepted")
    leave(placed, 10)
    assert chase_overdue() == 1
    placed.refresh_from_db()
    assert placed.status == "declined"


@pytest.mark.parametrize("days", [2, 11])
def test_a_limit_out_of_bounds_is_refused(db, days):
    with pytest.raises(NotPossible, match="3 to 10"):
        set_usual_limit(days, by="sam")
    assert (GiveAwayLimit.objects.count(), usual_limit()) == (0, 5)


def test_how_many_queries_it_takes_does_not_hang_on_how_many_are_late(market, placed):
    leave(placed, 1)
    with CaptureQueriesContext(connection) as one:
        chase_overdue()
    market.buy(market.cara, ("43", 1))
    market.buy(market.bruno, ("43", 1))
    market.settle()
    InternalOrder.everyone.update(chased=0)
    for row in InternalOrder.everyone.all():
        leave(row, 1)
    Notice.everyone.filter(kind="overdue").delete()
    with CaptureQueriesContext(connection) as three:
        assert chase_overdue() == 3
    assert len(three) <= len(one) + 1


def test_the_limit_is_chosen_in_the_policy_within_its_bounds(market):
    bruno = Program(market.bruno)
    assert bruno.get("policy/").json()["give_away_days"] is None
    assert bruno._send("patch", "policy/", {"give_away_days": 7}, {}).json()["give_away_days"] == 7
    refused = bruno._send("patch", "policy/", {"give_away_days": 11}, {})
    assert (refused.status_code, codes(refused)) == (400, [("give_away_days", "max_value")])
    assert bruno.get("policy/").json()["give_away_days"] == 7
    assert bruno._send("patch", "policy/", {"give_away_days": None}, {}).json()["give_away_days"] is None
