"""Addresses are kept as long as the parcel needs them, encrypted, and go when asked."""

import datetime as dt
from types import SimpleNamespace

from django.db import connection
from django.utils import timezone

from catalog.models import Product, Variant
from network.models import Notice
from orders.deliver import presume_delivered
from orders.fulfil import ship_internal_order
from orders.handlers import customer_redact, data_request, shop_redact
from orders.models import InternalOrder, Order, Parcel, Return, ShopLook
from orders.redact import erase_addresses
from orders.return_goods import inspect_return, report_lost


def sale(market):
    order_id = market.buy(market.bruno, ("42", 1))
    market.settle()
    return market.known(market.bruno, order_id)


def event(**payload):
    return SimpleNamespace(id=7, payload=payload)


def test_the_address_is_unreadable_in_the_database(market):
    sale(market)
    with connection.cursor() as cursor:
        cursor.execute("select o::text from orders_order o")
        assert "Peeters" not in cursor.fetchone()[0]


def test_an_address_goes_ninety_days_after_delivery_and_not_before(market):
    order = sale(market)
    ship_internal_order(InternalOrder.everyone.get(), carrier="PostNL", number="3SX", by="alma")
    market.settle()
    long_ago = timezone.now() - dt.timedelta(days=91)
    Order.everyone.update(seen_at=long_ago)
    assert erase_addresses() == 0
    InternalOrder.everyone.update(promised_on=long_ago.date())
    assert presume_delivered() == 1
    assert Parcel.everyone.get().delivery_presumed
    assert erase_addresses() == 0
    InternalOrder.everyone.update(delivered_at=long_ago)
    assert (erase_addresses(), erase_addresses()) == (1, 0)
    order.refresh_from_db()
    assert (order.address, order.address_erased_at is not None) == (None, True)


def test_an_address_goes_ninety_days_after_its_parcel_was_lost(market):
    sale(market)
    internal = InternalOrder.everyone.get()
    ship_internal_order(internal, carrier="PostNL", number="3SX", by="alma")
    market.settle()
    InternalOrder.everyone.update(promised_on=timezone.localdate() - dt.timedelta(days=1))
    lost = report_lost(internal, by="bruno")
    inspect_return(lost, {line.line_id: {"lost": line.quantity} for line in lost.lines.all()}, by="alma")
    Order.everyone.update(seen_at=timezone.now() - dt.timedelta(days=91))
    Return.everyone.update(closed_at=timezone.now() - dt.timedelta(days=89))
    assert (erase_addresses(), Order.everyone.get().address is None) == (0, False)
    Return.everyone.update(closed_at=timezone.now() - dt.timedelta(days=91))
    assert (erase_addresses(), Order.everyone.get().address is None) == (1, True)


def test_the_platforms_requests_erase_and_report(market):
    order = sale(market)
    number = int(order.remote_id.rpartition("/")[2])
    data_request(market.bruno, [event(data_request={"id": 5}, orders_requested=[number])])
    assert order.name in Notice.everyone.get(kind="data_request").body
    customer_redact(market.cara, [event(orders_to_redact=[number])])
    assert Order.everyone.get().address is not None
    customer_redact(market.bruno, [event(orders_to_redact=[number])])
    assert Order.everyone.get().address is None


def test_a_shop_that_left_takes_its_addresses_with_it(market):
    sale(market)
    shop_redact(market.bruno, [event()])
    assert Order.everyone.get().address is None
    assert Product.everyone.filter(
        shop=market.bruno, deleted_at=None
    ).exists()  # it takes part: its catalogue is in use


def test_a_shop_that_left_takes_its_catalogue_and_its_look_with_it_and_what_was_sold_stays_sold(market):
    order = sale(market)
    line = order.lines.get()
    sold = (line.title, line.sku, line.unit_price_minor)
    ShopLook.everyone.create(shop=market.bruno, closing_words="bruno.example", changed_by="bruno")
    type(market.bruno).everyone.filter(pk=market.bruno.pk).update(status="left")
    market.bruno.refresh_from_db()
    shop_redact(market.bruno, [event()])
    shop_redact(market.bruno, [event()])
    assert not Product.everyone.filter(shop=market.bruno, deleted_at=None).exists()
    assert set(Variant.everyone.filter(shop=market.bruno).values_list("price_minor", flat=True)) == {0}
    assert (ShopLook.everyone.count(), Product.everyone.filter(shop=market.alma, deleted_at=None).count()) == (0, 1)
    line.refresh_from_db()
    assert (line.title, line.sku, line.unit_price_minor) == sold
