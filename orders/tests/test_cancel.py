"""What is called back is called back everywhere, and a parcel that was faster counts."""

import pytest

from catalog.claim import check_claims
from catalog.models import Claim
from network.models import Notice
from orders.accept import read_due, sweep_orders
from orders.cancel import cancel_due
from orders.failpoint import Killed, armed
from orders.fulfil import BeingCalledBack, ship_internal_order
from orders.models import InternalOrder
from orders.route import release_unpaid
from orders.tests.make import hurry, live_units


def test_an_order_cancelled_before_payment_gives_its_unit_back_at_once(market):
    order_id = market.buy(market.bruno, ("42", 1), paid=False)
    market.settle()
    market.cancel(market.bruno, order_id)
    market.sweep(market.bruno)
    assert [claim.status for claim in Claim.everyone.all()] == ["released"]
    assert InternalOrder.everyone.get().status == "cancelled"
    assert market.known(market.bruno, order_id).lines.get().status == "cancelled"
    assert market.orders_at(market.alma, alive=False) == []


def test_an_order_cancelled_after_placing_is_cancelled_and_restocked_at_the_partner(market):
    order_id = market.buy(market.bruno, ("42", 1))
    market.settle()
    assert market.available(market.alma, "42") == 2
    market.cancel(market.bruno, order_id)
    market.sweep(market.bruno)
    hurry()
    market.settle()
    assert market.available(market.alma, "42") == 3
    assert (market.orders_at(market.alma), InternalOrder.everyone.get().status) == ([], "cancelled")
    assert market.known(market.bruno, order_id).lines.get().status == "cancelled"
    level = market.level(market.alma, "42")
    assert (level.available, level.claimed, level.phantom) == (3, 0, 0)
    assert check_claims() == []


def test_a_parcel_that_was_faster_than_the_cancellation_counts_and_both_sides_hear_of_it(market):
    """T12."""
    order_id = market.buy(market.bruno, ("42", 1))
    market.settle()
    internal = InternalOrder.everyone.get()
    market.ship(internal, "3SFAST")
    market.cancel(market.bruno, order_id)
    market.sweep(market.bruno)
    hurry()
    market.settle()
    internal.refresh_from_db()
    assert (internal.status, internal.shipped_at is not None, internal.cancel_done_at is not None) == (
        "shipped",
        True,
        True,
    )
    assert market.available(market.alma, "42") == 2
    told = Notice.everyone.filter(kind="shipped_after_cancel").values_list("shop__name", flat=True)
    assert sorted(told) == ["alma-studio", "bruno-schoenen"]


def test_fewer_units_call_the_order_back_and_place_a_smaller_one(market):
    order_id = market.buy(market.bruno, ("42", 2))
    market.settle()
    line = market.order(market.bruno, order_id)["lineItems"]["nodes"][0]["id"]
    query = """mutation($input: RefundInput!) { refundCreate(input: $input) @idempotent(key: "one") { userErrors { message } } }"""
    refund = {"orderId": order_id, "refundLineItems": [{"lineItemId": line, "quantity": 1, "restockType": "CANCEL"}]}
    market.ask(market.bruno, query, input=refund)
    market.sweep(market.bruno)
    hurry()
    market.settle()
    first, second = InternalOrder.everyone.order_by("pk")
    assert (first.status, second.status, second.lines.get().quantity) == ("cancelled", "accepted", 1)
    assert len(market.orders_at(market.alma)) == 1
    assert market.available(market.alma, "42") == 2
    assert market.known(market.bruno, order_id).lines.get().status == "routed"


def test_units_of_an_order_nobody_pays_are_given_back_after_a_day_and_sought_again_when_paid(market):
    import datetime as dt

    order_id = market.buy(market.bruno, ("42", 1), paid=False)
    market.settle()
    assert (release_unpaid(), live_units(market.level(market.alma, "42"))) == (0, 1)
    InternalOrder.everyone.update(created_at=InternalOrder.everyone.get().created_at - dt.timedelta(hours=25))
    assert (release_unpaid(), live_units(market.level(market.alma, "42"))) == (1, 0)
    assert market.known(market.bruno, order_id).lines.get().status == "held"
    market.ask(
        market.bruno, "mutation($id: ID!) { orderMarkAsPaid(input: {id: $id}) { userErrors { message } } }", id=order_id
    )
    market.sweep(market.bruno)
    assert sorted(InternalOrder.everyone.values_list("status", flat=True)) == ["accepted", "cancelled"]


def test_no_parcel_is_entered_here_while_the_store_cancels_its_order(market):
    order_id = market.buy(market.bruno, ("42", 1))
    market.settle()
    internal = InternalOrder.everyone.get()
    market.cancel(market.bruno, order_id)
    sweep_orders(market.bruno)
    read_due()
    with armed("cancel_begun"), pytest.raises(Killed):
        cancel_due()  # whoever cancels has looked for parcels and asks the store next
    with pytest.raises(BeingCalledBack):
        ship_internal_order(internal, carrier="PostNL", number="3SLATE", by="alma")
    hurry()
    market.settle()
    internal.refresh_from_db()
    assert (internal.status, internal.parcels.exists()) == ("cancelled", False)
    assert (market.orders_at(market.alma), market.available(market.alma, "42")) == ([], 3)


def test_a_parcel_entered_here_before_the_store_was_asked_counts_and_its_order_stays(market):
    order_id = market.buy(market.bruno, ("42", 1))
    market.settle()
    internal = InternalOrder.everyone.get()
    market.cancel(market.bruno, order_id)
    sweep_orders(market.bruno)
    read_due()
    ship_internal_order(internal, carrier="PostNL", number="3SEARLY", by="alma")
    market.settle()
    internal.refresh_from_db()
    assert (internal.status, internal.cancel_begun_at) == ("shipped", None)
    assert len(market.orders_at(market.alma)) == 1
