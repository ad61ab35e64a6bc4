"""What nobody answers for ends by itself; one that cannot be ended keeps its cause and stops no other."""

import datetime as dt

import pytest
from django.utils import timezone

from network.models import Notice
from orders import silent_returns
from orders.models import InternalOrder, InternalOrderLine, Return
from orders.restock import receiver_of
from orders.return_goods import announce_return
from orders.silent_returns import end_silent_returns, remind_silent

LONG_AGO = dt.timedelta(days=61)


@pytest.fixture
def silent(market) -> list[Return]:
    """Two returns of two sizes, announced long ago; the units of the first were miscounted, so nothing can end it."""
    market.buy(market.bruno, ("42", 1), ("43", 1))
    market.settle()
    row = InternalOrder.everyone.get()
    market.ship(row)
    market.sweep()
    row.refresh_from_db()
    lines = list(row.lines.order_by("pk"))
    rows = [announce_return(row, [(line.pk, 1)], reason="other", by="bruno") for line in lines]
    InternalOrderLine.everyone.filter(pk=lines[0].pk).update(returned_quantity=0)
    Return.everyone.update(announced_at=timezone.now() - LONG_AGO)
    return rows


def stand(rows: list[Return]) -> list[str]:
    for row in rows:
        row.refresh_from_db()
    return [row.status for row in rows]


def test_one_that_cannot_be_ended_keeps_its_cause_and_the_others_end(silent):
    assert end_silent_returns() == 1
    assert stand(silent) == ["announced", "cancelled"]
    first, second = silent
    assert "IntegrityError" in first.ending_error
    assert (first.ending_tried_at is None, second.ending_tried_at, second.ending_error) == (False, None, "")


def test_who_is_to_say_what_came_is_reminded_before_silence_speaks_for_it_and_told_after(silent):
    row, now = silent[1], timezone.now()
    shop = receiver_of(row)
    Return.everyone.filter(pk=row.pk).update(status="received", received_at=now - dt.timedelta(days=9))
    assert remind_silent() == 0
    Return.everyone.filter(pk=row.pk).update(received_at=now - dt.timedelta(days=11))
    assert (remind_silent(), remind_silent()) == (1, 1)
    reminder = Notice.everyone.get(kind="return_reminder")
    assert (reminder.shop, reminder.link, reminder.done_at) == (shop, f"/returns/{row.number}/", None)
    assert reminder.subject == f"{row.number}: in which state did it come?"
    Return.everyone.filter(pk=row.pk).update(received_at=now - dt.timedelta(days=15))
    assert (remind_silent(), end_silent_returns(), stand(silent)[1]) == (0, 1, "closed")
    reminder.refresh_from_db()
    told = Notice.everyone.get(kind="return_ended")
    assert (reminder.done_at is None, told.shop, told.subject) == (False, shop, f"{row.number} was taken as new")


def test_those_that_cannot_be_ended_keep_no_later_one_waiting(silent, monkeypatch):
    monkeypatch.setattr(silent_returns, "AT_ONCE", 1)
    assert (end_silent_returns(), stand(silent)) == (0, ["announced", "announced"])
    assert (end_silent_returns(), stand(silent)) == (1, ["announced", "cancelled"])
    tried = silent[0].ending_tried_at
    assert end_silent_returns() == 0  # alone now, it is tried again
    assert stand(silent)[0] == "announced"
    assert silent[0].ending_tried_at > tried
    InternalOrderLine.everyone.filter(pk=silent[0].lines.get().line_id).update(returned_quantity=1)
    assert (end_silent_returns(), stand(silent)) == (1, ["cancelled", "cancelled"])
