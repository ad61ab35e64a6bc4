"""What a store is asked to tell us, and what it is not."""

import json

from network.connectors.base import connector_for
from network.connectors.shopify.standin.world.tiny import ALMA

BUY = """mutation($order: OrderCreateOrderInput!) { orderCreate(order: $order) { order { id } userErrors { message } } }"""


def test_messages_about_orders_bring_nobodys_email_phone_or_address(install, standin):
    """T18, at the door: what never comes to us cannot be kept by us."""
    shop = install(ALMA)
    standin.standin.by_hand = True
    connector_for(shop).subscribe("https://network.example/webhooks/shopify/")
    store = standin.standin.stores[ALMA]
    standin.standin.deliveries.take(store)
    variant = store.all("ProductVariant")[0]
    order = {
        "lineItems": [{"variantId": variant["id"], "quantity": 1}],
        "email": "canary@example.com",
        "phone": "+32470999888",
        "shippingAddress": {"firstName": "Canary", "address1": "Kooistraat 1", "city": "Gent", "countryCode": "BE"},
    }
    body = json.dumps({"query": BUY, "variables": {"order": order}}).encode()
    head = {"x-shopify-access-token": standin.shopper_token(ALMA)}
    standin.standin.handle("POST", ALMA, "/admin/api/2026-10/graphql.json", head, body)
    messages = standin.standin.deliveries.take(store)
    assert {headers["X-Shopify-Topic"] for headers, _ in messages} >= {"orders/create", "inventory_levels/update"}
    assert not [text for _, text in messages for word in (b"anary", b"32470999888", b"Kooistraat") if word in text]


def test_a_subscription_that_would_bring_more_is_replaced(install, standin):
    shop = install(ALMA)
    address = "https://network.example/webhooks/shopify/"
    store = standin.standin.stores[ALMA]
    connector_for(shop).subscribe(address)
    (one,) = [row for row in store.all("WebhookSubscription") if row["topic"] == "ORDERS_CREATE"]
    with store.writing():
        store.change(one, includeFields=[])
    connector_for(shop).subscribe(address)
    (now,) = [row for row in store.all("WebhookSubscription") if row["topic"] == "ORDERS_CREATE"]
    assert (now["includeFields"], now["id"] != one["id"]) == (["id", "admin_graphql_api_id", "updated_at"], True)
    connector_for(shop).subscribe(address)
    assert store.get(now["id"]) is not None
