"""Orders are heard of, read and entered once; what own stock fills goes home; what was missed is found."""

from types import SimpleNamespace

from django.utils import timezone

from catalog.models import Placement
from network.models import Shop
from orders.accept import note_order_changed, read_due, sweep_orders, sweep_suspected
from orders.handlers import fulfilments_changed, orders_changed
from orders.models import InternalOrder, Order, OrderLine, OrderToRead
from orders.tests.make import hurry


def event(topic, **payload):
    return SimpleNamespace(id=1, topic=topic, payload=payload, triggered_at=None, received_at=None)


def test_an_order_heard_of_many_times_is_entered_once_and_the_shelf_lowered_once(market):
    before = Placement.everyone.get(shop=market.bruno, item=market.items["42"]).pushed
    order_id = market.buy(market.bruno, ("42", 2))
    for _ in range(3):
        note_order_changed(market.bruno, order_id)
        market.settle()
    assert Order.everyone.count() == 1
    assert OrderLine.everyone.get().quantity == 2
    assert InternalOrder.everyone.count() == 1
    assert Placement.everyone.get(shop=market.bruno, item=market.items["42"]).pushed == before - 2
    assert OrderToRead.everyone.count() == 0


def test_an_order_whose_webhook_was_lost_is_found_by_the_sweep(market):
    market.buy(market.bruno, ("42", 1), note=False)
    market.settle()
    assert Order.everyone.count() == 0
    assert sweep_orders(market.bruno) >= 1
    market.settle()
    assert InternalOrder.everyone.get().status == "accepted"


def test_a_word_that_comes_while_a_read_is_under_way_makes_it_be_read_again(market, monkeypatch):
    order_id = market.buy(market.bruno, ("42", 1))
    import orders.accept as accept

    plain = accept.take_in

    def interrupted(*args):
        note_order_changed(market.bruno, order_id)
        return plain(*args)

    monkeypatch.setattr(accept, "take_in", interrupted)
    assert read_due() == 1
    monkeypatch.undo()
    assert OrderToRead.everyone.count() == 1
    assert (read_due(), OrderToRead.everyone.count()) == (1, 0)


def test_a_store_that_cannot_be_reached_keeps_the_order_for_later(market):
    market.buy(market.bruno, ("42", 1))
    market.standin.spoil("http_500", "OrderForRouting", times=10, store=market.bruno.domain)
    read_due()
    row = OrderToRead.everyone.get()
    assert (row.tries, bool(row.error)) == (1, True)
    market.standin.faults.clear()
    hurry()
    market.settle()
    assert InternalOrder.everyone.get().status == "accepted"


def test_messages_that_name_only_a_fulfilment_order_lead_to_its_order(market):
    order_id = market.buy(market.bruno, ("42", 1), note=False)
    answer = market.order(market.bruno, order_id)["fulfillmentOrders"]["nodes"][0]["id"]
    orders_changed(market.bruno, [event("fulfillment_orders/order_routing_complete", fulfillment_order={"id": answer})])
    assert OrderToRead.everyone.get().remote_id == order_id


def test_news_of_a_parcel_at_the_shipper_is_read_there(market):
    market.buy(market.bruno, ("42", 1))
    market.settle()
    internal = InternalOrder.everyone.get()
    market.ship(internal, "3SNEWS")
    fulfilments_changed(
        market.alma, [event("fulfillments/create", id=1, order_id=int(internal.remote_id.rpartition("/")[2]))]
    )
    market.settle()
    internal.refresh_from_db()
    assert internal.status == "shipped"


def test_an_order_without_a_shelf_line_is_none_of_our_business(market):
    market.standin.standin.till_sale(market.bruno.domain, "bruno-schoenen-42", available=3)
    market.buy(market.bruno, ("42", 1))
    market.settle()
    assert (Order.everyone.count(), OrderToRead.everyone.count()) == (0, 0)


def test_a_shelf_that_betrayed_a_sale_may_be_raised_once_its_orders_are_read(market):
    asked = timezone.now()
    Shop.everyone.filter(pk=market.bruno.pk).update(orders_read_due_at=asked, orders_read_until=None)
    market.buy(market.bruno, ("42", 1))
    assert sweep_suspected() == 1
    market.bruno.refresh_from_db()
    assert market.bruno.orders_read_due_at == asked
    assert OrderToRead.everyone.filter(shop=market.bruno).count() == 1
    market.settle()
    sweep_suspected()
    market.bruno.refresh_from_db()
    assert market.bruno.orders_read_due_at is None
    assert sweep_suspected() == 0
