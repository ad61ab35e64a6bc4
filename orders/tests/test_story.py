"""A sale from the shelf to the customer's tracking, as four shops and their customers would see it."""

from orders.models import InternalOrder, Parcel, RoutingTrace


def test_a_sale_on_the_shelf_becomes_one_order_at_the_best_partner(market):
    before = {shop.domain: market.available(shop, "42") for shop in (market.bruno, market.alma, market.dora)}
    order_id = market.buy(market.bruno, ("42", 1))
    market.settle()
    order = market.known(market.bruno, order_id)
    (internal,) = InternalOrder.everyone.filter(order=order)
    assert (internal.status, internal.shipper_id, internal.tries) == ("accepted", market.alma.pk, 1)
    (line,) = order.lines.all()
    assert line.status == "routed"
    (placed,) = market.orders_at(market.alma)
    assert placed["sourceIdentifier"] == internal.number
    seen = market.order(market.alma, placed["id"])
    assert (seen["email"], seen["phone"], seen["customer"]) == (None, None, None)
    assert seen["shippingAddress"] == {
        "name": "Marie Peeters",
        "address1": "Kerkstraat 12",
        "zip": "1017 GA",
        "phone": None,
    }
    assert market.available(market.bruno, "42") == before[market.bruno.domain]
    assert market.available(market.alma, "42") == before[market.alma.domain] - 1
    assert market.available(market.dora, "42") == before[market.dora.domain]
    assert (market.level(market.alma, "42").available, market.level(market.alma, "42").claimed) == (2, 0)
    assert RoutingTrace.everyone.get(order=order).trace["internal_orders"] == [internal.number]


def test_the_partners_parcel_shows_in_the_selling_shop_with_the_same_tracking(market):
    order_id = market.buy(market.bruno, ("42", 1))
    market.settle()
    internal = InternalOrder.everyone.get()
    market.ship(internal, "3SABC")
    market.sweep(market.alma)
    (parcel,) = Parcel.everyone.all()
    (mirrored,) = market.order(market.bruno, order_id)["fulfillments"]
    assert (mirrored["id"], mirrored["status"]) == (parcel.mirror_remote_id, "SUCCESS")
    assert mirrored["trackingInfo"] == [{"company": "PostNL", "number": "3SABC", "url": "https://track.example/3SABC"}]
    internal.refresh_from_db()
    assert (internal.status, internal.shipped_at is not None) == ("shipped", True)
    assert internal.order.lines.get().status == "shipped"
