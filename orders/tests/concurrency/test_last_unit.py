"""Real threads on a real database: one unit has one buyer, and two workers never place one order twice."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections

from catalog.claim import check_claims
from catalog.models import Claim
from network.connectors.shopify.standin.server import Running
from orders.accept import read_due
from orders.models import InternalOrder, OrderLine
from orders.place import place_due
from orders.tests.make import Market, hurry, open_market
from skuu.testing.cloned import cloned_database


@pytest.fixture
def market(django_db_setup: None, django_db_blocker: Any, standin: Running) -> Iterator[Market]:
    """The market in a database of our own in which every thread commits."""
    with django_db_blocker.unblock(), cloned_database():
        yield open_market(standin)


def at_once(count: int, work: Callable[[], Any]) -> list[Any]:
    """Run the same work in so many threads that start together; an error is a result."""
    start, results = threading.Barrier(count), []

    def run() -> None:
        try:
            start.wait()
            results.append(work())
        except Exception as error:  # noqa: BLE001
            results.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def test_the_last_unit_sold_by_two_shops_at_once_is_one_internal_order(market):
    first = market.buy(market.bruno, ("41", 1))
    second = market.buy(market.cara, ("41", 1))
    results = at_once(2, read_due)
    assert not [one for one in results if isinstance(one, Exception)]
    market.settle()
    statuses = [
        market.known(market.bruno, first).lines.get().status,
        market.known(market.cara, second).lines.get().status,
    ]
    assert sorted(statuses) == ["handed_back", "routed"]
    assert InternalOrder.everyone.count() == 1
    assert len(market.orders_at(market.alma, alive=False)) == 1
    assert (market.available(market.alma, "41"), market.level(market.alma, "41").claimed) == (0, 0)
    assert check_claims() == []


def test_eight_shoppers_of_five_units_get_five_and_three_go_back(market):
    for turn in range(4):
        market.buy(market.bruno, ("42", 1))
        market.buy(market.cara, ("42", 1))
        assert turn < 4
    results = at_once(4, read_due)
    assert not [one for one in results if isinstance(one, Exception)]
    hurry()
    market.settle()
    assert Counter(OrderLine.everyone.values_list("status", flat=True)) == {"routed": 5, "handed_back": 3}
    assert Counter(Claim.everyone.values_list("status", flat=True)) == {"used": 5}
    assert (len(market.orders_at(market.alma)), len(market.orders_at(market.dora))) == (3, 2)
    assert check_claims() == []


def test_many_workers_place_each_order_once(market):
    for _ in range(3):
        market.buy(market.bruno, ("42", 1))
    read_due()
    at_once(4, place_due)
    market.settle()
    numbers = [
        one["sourceIdentifier"] for shop in (market.alma, market.dora) for one in market.orders_at(shop, alive=False)
    ]
    assert sorted(numbers) == sorted(InternalOrder.everyone.values_list("number", flat=True))
    assert set(InternalOrder.everyone.values_list("status", flat=True)) == {"accepted"}


def test_orders_of_several_lines_in_opposite_order_do_not_stop_each_other(market):
    for shop in (market.bruno, market.cara) * 2:
        market.buy(shop, ("42", 1), ("43", 1), paid=False)
        market.buy(shop, ("43", 1), ("42", 1), paid=False)
    results = at_once(4, read_due)
    assert not [one for one in results if isinstance(one, Exception)]
    hurry()
    market.settle()
    held = Counter()
    for claim in Claim.everyone.filter(status="live").select_related("level"):
        held[claim.level_id] += claim.quantity
        assert held[claim.level_id] <= claim.level.available
    assert check_claims() == []
