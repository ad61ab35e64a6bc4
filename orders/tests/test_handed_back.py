"""What goes back to the selling shop goes back whole, in its own time, and takes nothing along."""

import pytest
from django.utils import timezone

from catalog.models import Demand, Placement
from network.models import Notice, Shop
from orders.api import tell_sales
from orders.desk import sales_of
from orders.fulfil import decline_internal_order, ship_internal_order
from orders.models import InternalOrder, OrderLine
from orders.tests.make import hurry

REFUND = """mutation($input: RefundInput!, $key: String!) { refundCreate(input: $input) @idempotent(key: $key) {
  refund { id } userErrors { message } } }"""


def test_a_line_nobody_has_waits_for_the_other_line_of_its_fulfilment_order_to_ship(market):
    order_id = market.buy(market.bruno, ("42", 1), ("41", 1), paid=False)
    market.standin.standin.till_sale(market.alma.domain, "alma-studio-41", available=0)
    from catalog.stocktake import apply_levels
    from network.connectors.base import connector_for

    key = market.variant(market.alma, "41").inventory_item.remote_id
    apply_levels(market.alma, connector_for(market.alma).read_levels([key]))
    market.ask(
        market.bruno, "mutation($id: ID!) { orderMarkAsPaid(input: {id: $id}) { userErrors { message } } }", id=order_id
    )
    market.settle()
    order = market.known(market.bruno, order_id)
    assert sorted(order.lines.values_list("sku", "status")) == [
        ("bruno-schoenen-41", "handed_back"),
        ("bruno-schoenen-42", "routed"),
    ]
    assert "skuu-handed-back" not in market.order(market.bruno, order_id)["tags"]
    market.ship(InternalOrder.everyone.get(), "3SHALF")
    market.sweep(market.alma)
    hurry()
    market.settle()
    seen = market.order(market.bruno, order_id)
    assert [one["trackingInfo"][0]["number"] for one in seen["fulfillments"]] == ["3SHALF"]
    assert "skuu-handed-back" in seen["tags"]
    assert "INCOMPLETE" in [one["status"] for one in seen["fulfillmentOrders"]["nodes"]]


def test_a_selling_shop_that_asks_for_its_request_back_gets_it(market):
    order_id = market.buy(market.bruno, ("42", 1))
    market.settle()
    (answer,) = market.order(market.bruno, order_id)["fulfillmentOrders"]["nodes"]
    query = """mutation($id: ID!) { fulfillmentOrderSubmitCancellationRequest(id: $id) { userErrors { message } } }"""
    market.ask(market.bruno, query, id=answer["id"])
    market.sweep(market.bruno)
    hurry()
    market.settle()
    assert InternalOrder.everyone.get().status == "cancelled"
    assert market.known(market.bruno, order_id).lines.get().status == "cancelled"
    assert market.available(market.alma, "42") == 3
    answers = market.order(market.bruno, order_id)["fulfillmentOrders"]["nodes"]
    assert {one["requestStatus"] for one in answers} <= {"CANCELLATION_ACCEPTED", "UNSUBMITTED", "CLOSED"}


def test_a_line_declined_by_the_last_partner_stays_handed_back_until_the_shop_settles_it(market):
    """Closing an accepted request leaves it incomplete with units open: that is our doing, not the shop's."""
    order_id = market.buy(market.bruno, ("41", 1))
    market.settle()
    while internal := InternalOrder.everyone.filter(status__in=["placed", "accepted"]).first():
        decline_internal_order(internal, "not_found", by="partner")
        hurry()
        market.settle()
    line = market.known(market.bruno, order_id).lines.get()
    assert line.status == "handed_back"
    (answer,) = market.order(market.bruno, order_id)["fulfillmentOrders"]["nodes"]
    assert answer["status"] == "INCOMPLETE"
    for _ in range(2):
        market.sweep(market.bruno)
        hurry()
        market.settle()
    line.refresh_from_db()
    assert line.status == "handed_back"
    assert Notice.everyone.filter(shop=market.bruno, kind="handed_back", done_at=None).count() == 1
    cancel = """mutation($id: ID!) { orderCancel(orderId: $id, reason: INVENTORY, restock: true, notifyCustomer: false,
      refundMethod: {originalPaymentMethodsRefund: true}) { orderCancelUserErrors { message } } }"""
    market.ask(market.bruno, cancel, id=order_id)
    market.let_jobs_end(market.bruno)
    market.sweep(market.bruno)
    line.refresh_from_db()
    assert line.status == "cancelled"
    assert not Notice.everyone.filter(shop=market.bruno, kind="handed_back", done_at=None).exists()


def test_a_unit_put_back_on_the_shelf_with_a_line_that_was_handed_back_is_seen_there(market):
    """Every message of it was lost: what the shelf shows beside what we believe is asked for at once."""
    order_id = market.buy(market.bruno, ("41", 1))
    for shop in (market.alma, market.dora):
        Shop.everyone.filter(pk=shop.pk).update(status="paused")
    market.settle()
    (line,) = market.order(market.bruno, order_id)["lineItems"]["nodes"]
    row = {"lineItemId": line["id"], "quantity": 1, "restockType": "CANCEL"}
    market.ask(market.bruno, REFUND, input={"orderId": order_id, "refundLineItems": [row]}, key="back")
    market.sweep(market.bruno)
    known = market.known(market.bruno, order_id).lines.get()
    assert (known.status, known.quantity, known.told_units) == ("cancelled", 0, 0)
    placement = Placement.everyone.get(shop=market.bruno, variant=market.variant(market.bruno, "41"))
    assert placement.doubted_at is not None


def test_units_taken_out_after_they_were_sent_and_before_that_showed_are_looked_for_on_the_shelf(market):
    """The store puts them back where they were sold from, although nobody has them any more."""
    order_id = market.buy(market.bruno, ("42", 2))
    market.settle()
    ship_internal_order(InternalOrder.everyone.get(), carrier="PostNL", number="3SSENT", by="alma")
    placed = Placement.everyone.filter(shop=market.bruno, variant=market.variant(market.bruno, "42"))
    placed.update(doubted_at=None)  # it was looked at after the sale
    (line,) = market.order(market.bruno, order_id)["lineItems"]["nodes"]
    rows = [{"lineItemId": line["id"], "quantity": 2, "restockType": "CANCEL"}]
    market.ask(market.bruno, REFUND, input={"orderId": order_id, "refundLineItems": rows}, key="both")
    market.sweep(market.bruno)
    line = market.known(market.bruno, order_id).lines.get()
    assert (line.status, line.quantity, line.told_units) == ("shipped", 2, 2)
    assert placed.get().doubted_at is not None


class TestPartOfALine:
    """Three pairs are sold; Alma has two of them on her table, Dora cannot find hers, and nobody else has one."""

    @pytest.fixture
    def order_id(self, market):
        order_id = market.buy(market.bruno, ("43", 3))
        market.settle()
        self.row(market, market.dora)
        decline_internal_order(self.row(market, market.dora), "not_found", by="dora")
        market.settle()
        assert self.line(market, order_id)[:3] == ("handed_back", 3, 1)
        return order_id

    def row(self, market, shop):
        return InternalOrder.everyone.get(shipper=shop)

    def line(self, market, order_id):
        line = market.known(market.bruno, order_id).lines.get()
        return line.status, line.quantity, line.handed_back_units, line.hand_back_pushed_at is not None

    def refund(self, market, order_id, units):
        (line,) = market.order(market.bruno, order_id)["lineItems"]["nodes"]
        rows = [{"lineItemId": line["id"], "quantity": units, "restockType": "NO_RESTOCK"}]
        market.ask(market.bruno, REFUND, input={"orderId": order_id, "refundLineItems": rows}, key=f"refund-{units}")
        market.sweep(market.bruno)

    def open_notices(self, market):
        rows = Notice.everyone.filter(shop=market.bruno, kind="handed_back", done_at=None)
        return list(rows.values_list("subject", flat=True))

    def test_the_selling_shop_is_told_of_the_units_that_nobody_sends_and_of_no_others(self, market, order_id):
        order = market.known(market.bruno, order_id)
        notice = Notice.everyone.get(shop=market.bruno, kind="handed_back")
        assert notice.subject == f"Order {order.name}: 1 × Strand Sneaker - 43 needs you"
        assert notice.body.startswith(f"The network cannot ship 1 × Strand Sneaker - 43 of order {order.name}.\n")
        assert notice.body.endswith(
            "The other 2 are with a partner or on the way. Refund the customer for them or source it yourself; "
            "the network refunds nobody."
        )
        assert notice.link == f"/my-orders/{order.pk}/"
        wishes = Demand.objects.filter(shop=market.bruno).order_by("pk")
        assert list(wishes.values_list("units", "outcome")) == [(2, "served"), (1, "lost")]
        hurry()
        market.settle()
        assert self.line(market, order_id) == ("handed_back", 3, 1, False)  # Alma's pairs would go back with it

    def test_the_rest_goes_on_and_ends_shipped_once_the_shop_has_settled_its_part(self, market, order_id):
        self.refund(market, order_id, 1)
        assert (self.line(market, order_id)[:3], self.open_notices(market)) == (("routed", 2, 0), [])
        assert self.row(market, market.alma).cancel_wanted_at is None
        market.ship(self.row(market, market.alma))
        market.sweep()
        assert (self.line(market, order_id)[0], self.row(market, market.alma).status) == ("shipped", "shipped")

    def test_what_the_shop_settles_after_the_rest_was_sent_leaves_the_line_shipped(self, market, order_id):
        market.ship(self.row(market, market.alma))
        market.sweep()
        hurry()
        market.settle()
        assert self.line(market, order_id) == ("handed_back", 3, 1, True)
        self.refund(market, order_id, 1)
        assert (self.line(market, order_id)[:3], self.open_notices(market)) == (("shipped", 2, 0), [])

    def test_a_shop_that_takes_all_of_it_out_stops_the_partner_too(self, market, order_id):
        self.refund(market, order_id, 3)
        hurry()
        market.settle()
        assert (self.line(market, order_id)[:3], self.open_notices(market)) == (("cancelled", 0, 0), [])
        assert self.row(market, market.alma).status == "cancelled"
        assert market.available(market.alma, "43") == 2

    def test_when_the_other_partner_gives_up_too_all_of_it_is_handed_back(self, market, order_id):
        decline_internal_order(self.row(market, market.alma), "damaged", by="alma")
        market.settle()
        order = market.known(market.bruno, order_id)
        assert self.line(market, order_id)[:3] == ("handed_back", 3, 3)
        assert self.open_notices(market) == [f"Order {order.name}: 3 × Strand Sneaker - 43 needs you"]
        wishes = Demand.objects.filter(shop=market.bruno)
        assert list(wishes.values_list("units", "outcome")) == [(3, "lost")]

    def test_a_partner_who_gives_up_after_the_store_was_told_is_told_of_as_well(self, market, order_id):
        OrderLine.everyone.update(hand_back_pushed_at=timezone.now(), hand_back_due_at=None)
        decline_internal_order(self.row(market, market.alma), "damaged", by="alma")
        order = market.known(market.bruno, order_id)
        assert self.line(market, order_id) == ("handed_back", 3, 3, True)
        assert self.open_notices(market) == [f"Order {order.name}: 3 × Strand Sneaker - 43 needs you"]

    def test_the_shop_reads_by_rest_how_many_were_sent_and_how_many_went_back(self, market, order_id):
        market.ship(self.row(market, market.alma))
        market.sweep()
        order = market.known(market.bruno, order_id)
        [told] = tell_sales(sales_of(market.bruno.merchant, [order]))
        [line] = told["lines"]
        assert {key: line[key] for key in ("quantity", "shipped_quantity", "handed_back_quantity", "status")} == {
            "quantity": 3, "shipped_quantity": 2, "handed_back_quantity": 1, "status": "handed_back",
        }  # fmt: skip
