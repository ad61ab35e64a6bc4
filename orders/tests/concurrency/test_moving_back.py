"""A pair that comes back to the selling shop goes to one buyer, however many orders on the shelf could have it."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections

from network.connectors.shopify.standin.server import Running
from orders.accept import read_due
from orders.tests.make import Market, open_market
from skuu.testing.cloned import cloned_database


@pytest.fixture
def market(django_db_setup: None, django_db_blocker: Any, standin: Running) -> Iterator[Market]:
    """The market in a database of our own in which every thread commits."""
    with django_db_blocker.unblock(), cloned_database():
        yield open_market(standin)


def read() -> None:
    try:
        read_due()
    finally:
        connections.close_all()


def test_a_pair_sold_over_the_counter_while_an_order_moves_to_it_is_not_sold_twice(market):
    order_id = market.buy(market.bruno, ("42", 1))
    store = market.standin.standin
    store.till_sale(market.bruno.domain, "bruno-schoenen-42", delta=1)
    market.take_stock(market.bruno)
    market.standin.spoil("slow", "MoveFulfilmentOrder", store=market.bruno.domain, seconds=1.0)
    reader = threading.Thread(target=read)
    reader.start()
    while store.faults.waiting():
        assert reader.is_alive(), "nothing was moved"
    store.till_sale(market.bruno.domain, "bruno-schoenen-42", delta=-1)
    reader.join(30)
    assert market.available(market.bruno, "42") == 0
    market.settle()
    assert market.known(market.bruno, order_id).lines.get().status == "routed"
