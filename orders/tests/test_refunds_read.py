"""What a selling shop gave its customer back is read with its order, gross, as the shop shows it."""

from orders.models import InternalOrder, Order

REFUND = """mutation($input: RefundInput!) { refundCreate(input: $input) @idempotent(key: "refund-1") {
  refund { totalRefundedSet { shopMoney { amount } } } userErrors { message } } }"""


def test_a_refund_in_the_selling_shop_is_read_with_its_order(market):
    order_id = market.buy(market.bruno, ("42", 2))
    market.settle()
    market.ship(InternalOrder.everyone.get())
    market.sweep()
    assert Order.everyone.get().refunded_minor == 0
    line = market.order(market.bruno, order_id)["lineItems"]["nodes"][0]["id"]
    rows = [{"lineItemId": line, "quantity": 1, "restockType": "NO_RESTOCK"}]
    done = market.ask(market.bruno, REFUND, input={"orderId": order_id, "refundLineItems": rows})["refundCreate"]
    assert done["userErrors"] == []
    market.sweep(market.bruno)
    assert Order.everyone.get().refunded_minor == 89_95
