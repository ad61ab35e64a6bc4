"""What shoppers and staff of a stand-in's stores do, for tests of the connector."""

from typing import Any

import requests

from network.connectors.base import RemoteVariant, connector_for
from network.connectors.shopify.auth import API_VERSION
from network.connectors.shopify.standin.server import Running
from network.models import Shop

BUY = """mutation($order: OrderCreateOrderInput!) { orderCreate(order: $order) {
  order { id name fulfillmentOrders(first: 5) { nodes { id assignedLocation { location { id } } } } }
  userErrors { message } } }"""
SHIP = """mutation($one: FulfillmentInput!) { fulfillmentCreate(fulfillment: $one) { fulfillment { id } userErrors { message } } }"""


def call(standin: Running, domain: str, token: str, query: str, **variables: Any) -> dict[str, Any]:
    """Run GraphQL at a store with somebody's own token."""
    answer = requests.post(
        f"{standin.base_url}/admin/api/{API_VERSION}/graphql.json",
        json={"query": query, "variables": variables},
        headers={"Host": domain, "X-Shopify-Access-Token": token},
        timeout=10,
    ).json()
    assert "errors" not in answer, answer
    return answer["data"]


def buy(standin: Running, shop: Shop, variant: str, units: int = 1, **more: Any) -> dict[str, Any]:
    """Check out as a customer of a shop."""
    order = {
        "lineItems": [{"variantId": variant, "quantity": units}],
        "email": "marie@example.com",
        "shippingAddress": {
            "firstName": "Marie", "lastName": "Peeters", "address1": "Rue Haute 12", "city": "Bruxelles", "zip": "1000",
            "countryCode": "BE", "phone": "+32470000000",
        },
        **more,
    }  # fmt: skip
    token = standin.shopper_token(shop.domain)
    made = call(standin, shop.domain, token, BUY, order=order)["orderCreate"]
    assert made["userErrors"] == []
    return made["order"]


def variant_of(shop: Shop, sku: str) -> RemoteVariant:
    """Find a variant by its SKU in the store itself."""
    import datetime as dt

    for product in connector_for(shop).products_since(dt.datetime(2000, 1, 1, tzinfo=dt.UTC)):
        for variant in product.variants:
            if variant.sku == sku:
                return variant
    raise LookupError(sku)


def levels(shop: Shop, item: str) -> dict[str, int]:
    """Read an item's available units by location."""
    return {one.location_id: one.available for one in connector_for(shop).read_levels([item])}
