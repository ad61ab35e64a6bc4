"""Units that come back while the shop sells one are not expected for ever: the next rise of its figure proves what it says."""

import datetime as dt

import pytest
from django.utils import timezone

from catalog.models import StockLevel
from catalog.trust import doubt_units
from network.connectors.base import connector_for
from orders.arrived import forget_arrived
from orders.models import InternalOrder, ReturnLine
from orders.restock import restock_due
from orders.return_goods import announce_return, inspect_return
from orders.tests.make import Market


@pytest.fixture
def level(market: Market) -> StockLevel:
    """Alma gets two units of 42 back and sells one herself in that moment: her figure rises by one, and one stays expected."""
    market.buy(market.bruno, ("42", 2))
    market.settle()
    sent = InternalOrder.everyone.get()
    market.ship(sent)
    market.sweep()
    line = sent.lines.get()
    back = announce_return(InternalOrder.everyone.get(), [(line.pk, 2)], reason="too_small", by="bruno")
    inspect_return(back, {line.pk: {"as_new": 2}}, by="alma")
    assert (forget_arrived(), market.level(market.alma, "42").coming_back) == (0, 2)  # they are not there yet
    market.buy(market.alma, ("42", 1))
    assert restock_due() == 1
    market.take_stock(market.alma)
    found = market.level(market.alma, "42")
    StockLevel.everyone.filter(pk=found.pk).update(confirm_due_at=None)
    assert (found.available, found.coming_back, market.available(market.alma, "42")) == (2, 1, 2)
    return found


def test_what_was_added_is_expected_until_a_later_read_has_seen_the_figure(market, level):
    assert (forget_arrived(), market.level(market.alma, "42").coming_back) == (0, 1)
    assert market.level(market.alma, "42").confirm_due_at is not None  # it is read again
    StockLevel.everyone.filter(pk=level.pk).update(confirm_due_at=None)
    ReturnLine.everyone.update(restocked_at=timezone.now() - dt.timedelta(minutes=6))
    market.take_stock(market.alma)
    assert (forget_arrived(), market.level(market.alma, "42").coming_back) == (1, 0)
    assert forget_arrived() == 0


def test_a_unit_that_is_found_again_is_believed_once_nothing_more_is_expected(market, level):
    doubt_units({level.pk: 1})
    ReturnLine.everyone.update(restocked_at=timezone.now() - dt.timedelta(minutes=6))
    StockLevel.everyone.filter(pk=level.pk).update(read_at=timezone.now())
    assert (forget_arrived(), market.level(market.alma, "42").phantom) == (1, 1)
    found = market.level(market.alma, "42")
    item, place = found.inventory_item.remote_id, found.location.remote_id
    connector_for(market.alma).restock(item, place, 1, key="counted-by-hand")
    market.take_stock(market.alma)
    found.refresh_from_db()
    assert (found.available, found.phantom, found.coming_back) == (3, 0, 0)


def test_a_unit_of_an_order_that_is_still_called_back_stays_expected(market, level):
    InternalOrder.everyone.update(cancel_wanted_at=timezone.now() - dt.timedelta(hours=1), cancel_done_at=None)
    ReturnLine.everyone.update(restocked_at=timezone.now() - dt.timedelta(minutes=6))
    StockLevel.everyone.filter(pk=level.pk).update(read_at=timezone.now())
    assert (forget_arrived(), market.level(market.alma, "42").coming_back) == (0, 1)
