"""Real threads on returns: no unit comes back twice, and a return that is cancelled and inspected at once has one end."""

from collections.abc import Iterator
from typing import Any

import pytest

from network.connectors.shopify.standin.server import Running
from orders.models import InternalOrder, InternalOrderLine, Return
from orders.restock import restock_due
from orders.return_goods import announce_return, cancel_return, inspect_return
from orders.tests.concurrency.test_last_unit import at_once
from orders.tests.make import Market, open_market
from skuu.kit.errors import NotPossible, WrongState
from skuu.testing.cloned import cloned_database


@pytest.fixture
def market(django_db_setup: None, django_db_blocker: Any, standin: Running) -> Iterator[Market]:
    """The market in a database of our own in which every thread commits."""
    with django_db_blocker.unblock(), cloned_database():
        yield open_market(standin)


@pytest.fixture
def sent(market: Market) -> InternalOrder:
    market.buy(market.bruno, ("42", 2))
    market.settle()
    market.ship(InternalOrder.everyone.get())
    market.sweep()
    return InternalOrder.everyone.get()


def test_two_units_come_back_twice_however_many_announce_them(sent):
    line = sent.lines.get().pk
    results = at_once(8, lambda: announce_return(sent, [(line, 1)], reason="other", by="bruno"))
    assert sorted(type(one).__name__ for one in results) == ["BadUnits"] * 6 + ["Return"] * 2
    assert all(isinstance(one, NotPossible | Return) for one in results)
    assert InternalOrderLine.everyone.get().returned_quantity == 2


def test_a_return_cancelled_and_inspected_at_once_has_one_end(market, sent):
    line = sent.lines.get().pk
    for _ in range(10):
        returned = announce_return(sent, [(line, 1)], reason="other", by="bruno")
        works = [
            lambda row=returned: cancel_return(row, by="bruno"),
            lambda row=returned: inspect_return(row, {line: {"missing": 1}}, by="alma"),
        ]
        results = at_once(2, lambda works=works: works.pop()())
        assert [type(one) for one in results if isinstance(one, Exception)] == [WrongState]
        returned.refresh_from_db()
        assert returned.status in ("closed", "cancelled")
        assert InternalOrderLine.everyone.get().returned_quantity == 0


def test_units_are_restocked_once_however_many_workers_do_it(market, sent):
    line = sent.lines.get().pk
    returned = announce_return(sent, [(line, 2)], reason="other", by="bruno")
    inspect_return(returned, {line: {"as_new": 2}}, by="alma")
    results = at_once(6, restock_due)
    assert sorted(results) == [0, 0, 0, 0, 0, 1]
    assert market.available(market.alma, "42") == 3
