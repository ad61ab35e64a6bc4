"""A shop that tells us its sales calls part of one off: partners are asked back what is too much, and a repeat asks for nothing anew."""

import pytest
from django.test import Client

from network.models import Membership, Shop, User
from orders.models import InternalOrder, Order, OrderLine
from orders.tests.test_sell import sale
from skuu.testing.calling import Program, codes


@pytest.fixture
def bruno(market):
    """Bruno takes part by REST and has sold three pairs."""
    Shop.everyone.filter(pk=market.bruno.pk).update(platform="api", shelf_service_id="", shelf_location_id="")
    market.bruno.refresh_from_db()
    program = Program(market.bruno)
    assert program.post("orders/", sale("42", 3, paid=False)).status_code == 201
    return program


def keep(units, line="1"):
    return {"lines": [{"id": line, "keep": units}]}


def standing():
    line = OrderLine.everyone.get()
    live = InternalOrder.everyone.filter(status__in=InternalOrder.OPEN, cancel_wanted_at=None)
    return line.quantity, line.status, sum(row.lines.get().quantity for row in live), line.changes.count()


def test_what_cannot_be_called_off_is_refused_and_nothing_changes(market, bruno):
    before = standing()
    assert before[:3] == (3, "routed", 3)
    door = "orders/W-1/cancel/"
    for body, status, code in (
        (keep(4), 422, "more_than_sold"),
        (keep(1, "9"), 422, "unknown_line"),
        ({"lines": [*keep(1)["lines"], *keep(2)["lines"]]}, 422, "unknown_line"),
    ):
        answer = bruno.post(door, body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert codes(bruno.post(door, keep(-1))) == [("lines[0].keep", "min_value")]
    assert Program(market.cara).post(door, keep(0)).status_code == 404
    assert standing() == before


def test_fewer_units_are_called_back_and_no_repeat_of_the_sale_asks_for_them_again(market, bruno):
    told = bruno.post("orders/W-1/cancel/", keep(2)).json()
    assert (told["lines"][0]["quantity"], told["cancelled_at"]) == (2, None)
    market.settle()
    assert standing()[:3] == (2, "routed", 2)
    assert sum(market.level(shop, "42").claimed for shop in (market.alma, market.dora)) == 2
    after = standing()
    assert bruno.post("orders/W-1/cancel/", keep(2)).status_code == 200
    assert standing() == after
    for units in (3, 2):  # its first content, and as it stands
        answer = bruno.post("orders/", sale("42", units, paid=True))
        assert (answer.status_code, answer.json()["lines"][0]["quantity"]) == (200, 2)
    assert Order.everyone.get().paid_at is not None
    assert standing()[0] == 2
    other = sale("42", 1)
    assert bruno.post("orders/", other).json()["code"] == "reference_taken"
    gone = bruno.post("orders/W-1/cancel/", keep(0)).json()
    market.settle()
    assert (gone["status"], gone["cancelled_at"] is None, standing()[:3]) == ("cancelled", False, (0, "cancelled", 0))
    assert sum(market.level(shop, "42").claimed for shop in (market.alma, market.dora)) == 0


def test_what_has_shipped_stays_and_the_rest_is_called_off_on_the_orders_page(market, bruno):
    bruno.post("orders/", sale("42", 3, paid=True))
    market.settle()
    internal = InternalOrder.everyone.select_related("shipper").get()
    market.ship(internal, "3SPART1", units=1)
    market.sweep(market.alma)
    refused = bruno.post("orders/W-1/cancel/", keep(0)).json()
    assert (refused["code"], refused["shipped"]) == ("already_shipped", 1)
    assert OrderLine.everyone.get().quantity == 3
    order, client = Order.everyone.get(), Client()
    user = User.objects.create(username="bea")
    Membership.everyone.create(user=user, merchant=market.bruno.merchant, role="operations")
    client.force_login(user)
    page = client.get(f"/my-orders/{order.pk}/")
    assert 'name="1" value="3"' in page.content.decode()
    client.post(f"/my-orders/{order.pk}/call-off/", {"1": "0"})
    assert OrderLine.everyone.get().quantity == 3
    client.post(f"/my-orders/{order.pk}/call-off/", {"all": "1"})
    market.settle()
    line = OrderLine.everyone.get()
    assert (line.quantity, line.status) == (1, "shipped")
    assert client.post(f"/my-orders/{order.pk}/call-off/", {"all": "1"}).status_code == 404
