"""Messages about an order lead to the same read of it, in whatever order they come."""

import itertools
import json
import os

import pytest

from network.inbox import handle_due
from network.models import InboundEvent, Merchant, Shop
from orders.models import OrderToRead

TOPICS = ("orders/create", "orders/edited", "orders/paid", "fulfillments/create", "refunds/create", "orders/cancelled")
BODIES = {
    "orders/edited": {"order_edit": {"order_id": 7}},
    "fulfillments/create": {"id": 70, "order_id": 7},
    "refunds/create": {"id": 700, "order_id": 7},
}
ORDERS = list(itertools.permutations(TOPICS))


@pytest.mark.django_db
def test_every_order_of_an_orders_messages_leads_to_one_read_of_it():
    """Case 7: create, edit, pay, fulfil, refund, cancel in any of 720 orders; no message is believed, the read after it is."""
    merchant = Merchant.everyone.create(name="Bruno", legal_name="Bruno BV", country="NL")
    shop = Shop.everyone.create(
        merchant=merchant, domain="bruno.myshopify.com", name="Bruno", country="NL", status="live"
    )
    for number, topics in enumerate(ORDERS if "SKUU_DEEP" in os.environ else ORDERS[::60]):
        OrderToRead.everyone.all().delete()
        for topic in topics:
            body = json.dumps(BODIES.get(topic, {"id": 7}))
            InboundEvent.everyone.create(shop=shop, topic=topic, webhook_id=f"w{number}:{topic}", body=body)
            handle_due()
        assert list(OrderToRead.everyone.values_list("remote_id", "tries", "error")) == [
            ("gid://shopify/Order/7", 0, "")
        ]
    assert set(InboundEvent.everyone.values_list("status", flat=True)) == {"done"}
