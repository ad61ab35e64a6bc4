"""What own stock fills goes home, and no order stays at a place that has no unit for it, whoever died or fell silent on the way."""

import pytest

from catalog.models import Variant
from orders.accept import read_due
from orders.failpoint import Killed, armed
from orders.models import InternalOrder, Order, OrderToRead
from orders.tests.make import hurry


@pytest.fixture
def order_id(market):
    """Bruno sold a size from his shelf, and a pair of his own has come back since."""
    bought = market.buy(market.bruno, ("42", 1))
    at_till(market, 1)
    market.take_stock(market.bruno)
    return bought


def at_till(market, units):
    market.standin.standin.till_sale(market.bruno.domain, "bruno-schoenen-42", delta=units)


def places(market, order_id):
    """Where the order's open part stands."""
    return [
        one["assignedLocation"]["location"]["id"]
        for one in market.order(market.bruno, order_id)["fulfillmentOrders"]["nodes"]
        if one["status"] in ("OPEN", "IN_PROGRESS")
    ]


def own_place(market):
    return market.bruno.locations.get().remote_id


def is_routed_from_the_shelf(market, order_id):
    assert places(market, order_id) == [market.bruno.shelf_location_id]
    assert market.available(market.bruno, "42") == 0
    assert InternalOrder.everyone.get().status == "accepted"
    assert market.known(market.bruno, order_id).lines.get().status == "routed"
    assert OrderToRead.everyone.count() == 0


def is_at_home(market, order_id):
    assert places(market, order_id) == [own_place(market)]
    assert market.available(market.bruno, "42") == 0
    assert (Order.everyone.count(), InternalOrder.everyone.count(), OrderToRead.everyone.count()) == (0, 0, 0)


def test_a_line_that_own_stock_can_fill_goes_back_to_the_own_location(market, order_id):
    market.settle()
    is_at_home(market, order_id)


def test_a_worker_killed_after_the_move_leaves_the_order_at_home(market, order_id):
    with armed("moved_to_own"), pytest.raises(Killed):
        read_due()
    assert OrderToRead.everyone.get().moves[0]["place"] == own_place(market)
    hurry()
    market.settle()
    is_at_home(market, order_id)


def test_an_order_moved_home_by_a_worker_that_died_returns_when_its_pair_is_gone(market, order_id):
    with armed("moved_to_own"), pytest.raises(Killed):
        read_due()
    at_till(market, -1)  # somebody had it in hand when the order was moved
    assert market.available(market.bruno, "42") == -1
    hurry()
    market.settle()
    is_routed_from_the_shelf(market, order_id)


@pytest.mark.parametrize("gone", [False, True])
def test_a_lost_answer_to_the_move_is_looked_at_again(market, order_id, gone):
    market.standin.spoil("drop_after", "MoveFulfilmentOrder", times=1, store=market.bruno.domain)
    read_due()
    assert (InternalOrder.everyone.count(), len(OrderToRead.everyone.get().moves)) == (0, 1)
    if gone:
        at_till(market, -1)
    hurry()
    market.settle()
    (is_routed_from_the_shelf if gone else is_at_home)(market, order_id)


def test_a_way_back_that_the_store_cannot_take_just_now_is_taken_later(market, order_id):
    with armed("moved_to_own"), pytest.raises(Killed):
        read_due()
    at_till(market, -1)
    market.standin.spoil("http_500", "MoveFulfilmentOrder", times=9, store=market.bruno.domain)
    hurry()
    read_due()
    assert places(market, order_id) == [own_place(market)]
    assert (len(OrderToRead.everyone.get().moves), Order.everyone.count()) == (1, 0)
    market.standin.faults.clear()
    hurry()
    market.settle()
    is_routed_from_the_shelf(market, order_id)


def test_a_store_that_never_moves_it_keeps_the_order_on_the_shelf(market, order_id):
    market.standin.spoil("http_500", "MoveFulfilmentOrder", times=99, store=market.bruno.domain)
    for _ in range(7):
        hurry()
        market.settle()
    assert places(market, order_id) == [market.bruno.shelf_location_id]
    assert InternalOrder.everyone.get().status == "accepted"
    assert market.available(market.bruno, "42") == 1


def test_a_variant_that_we_do_not_know_is_not_moved(market, order_id):
    sold = market.variant(market.bruno, "42")
    Variant.everyone.filter(pk=sold.pk).update(remote_id="gid://shopify/ProductVariant/1")
    market.settle()
    assert places(market, order_id) == [market.bruno.shelf_location_id]
    assert market.available(market.bruno, "42") == 1
