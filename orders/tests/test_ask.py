"""A shipper that wants to be asked is asked once its order is paid, and finds it then; before that it hears of nothing."""

from network.models import Notice, Shop
from orders.models import InternalOrder, Order
from orders.tests.test_sell import sale
from skuu.testing.calling import Program


def questions(shop):
    return [(one.shop, one.key, one.link) for one in Notice.everyone.filter(kind="order_to_answer", shop=shop)]


def test_who_wants_to_be_asked_is_asked_when_the_order_is_paid_and_not_before(market):
    Shop.everyone.filter(pk=market.bruno.pk).update(platform="api", shelf_service_id="", shelf_location_id="")
    Shop.everyone.filter(pk__in=[market.alma.pk, market.dora.pk]).update(accept_mode="ask")
    bruno, alma = Program(Shop.everyone.get(pk=market.bruno.pk)), Program(market.alma)
    assert bruno.post("orders/", sale("41", paid=False)).status_code == 201
    row = InternalOrder.everyone.get()
    assert (row.status, row.asks, row.shipper, Order.everyone.get().paid_at) == ("planned", True, market.alma, None)
    assert (questions(market.alma), alma.get("internal-orders/").json()["results"]) == ([], [])
    assert bruno.post("orders/", sale("41", paid=True)).status_code == 200
    asked = [(market.alma, f"order_to_ship:{row.number}", f"/to-ship/{row.number}/")]
    assert questions(market.alma) == asked
    assert [one["number"] for one in alma.get("internal-orders/").json()["results"]] == [row.number]
    assert bruno.post("orders/", sale("41", paid=True)).status_code == 200
    assert questions(market.alma) == asked
    # an order that is paid when it comes is asked about at once
    assert bruno.post("orders/", sale("42", reference="W-2")).status_code == 201
    assert len(questions(market.alma) + questions(market.dora)) == 2
