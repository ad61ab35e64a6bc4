"""Ids are found in every payload Shopify documents, and nonsense finds nothing instead of an error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.connectors.shopify import payloads

ORDER = "gid://shopify/Order/820982911946154508"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3),
)
NAMES = st.sampled_from(
    ["id", "order_id", "admin_graphql_api_id", "inventory_item_id", "location_id", "available", "updated_at", "order_edit",
     "fulfillment_order", "fulfillment_order_merges", "fulfillment_id", "current"]
)  # fmt: skip


@pytest.mark.parametrize(
    ("topic", "payload", "order"),
    [
        ("orders/create", {"id": 820982911946154508}, ORDER),
        ("orders/updated", {"id": 820982911946155000, "admin_graphql_api_id": ORDER}, ORDER),
        ("orders/edited", {"order_edit": {"id": 1, "order_id": 820982911946154508}}, ORDER),
        ("refunds/create", {"id": 7, "order_id": 820982911946154508}, ORDER),
        ("fulfillments/update", {"id": 7, "order_id": "820982911946154508"}, ORDER),
        ("fulfillment_orders/moved", {"moved_fulfillment_order": {"id": "gid://shopify/FulfillmentOrder/1"}}, ""),
        ("orders/create", {"id": "one"}, ""),
        ("orders/create", {"id": True}, ""),
        ("orders/create", {"id": -1}, ""),
        ("orders/create", {"admin_graphql_api_id": "gid://shopify/Product/1"}, ""),
        ("orders/edited", {"order_edit": [1]}, ""),
    ],
)
def test_an_order_is_found_wherever_a_topic_names_it(topic, payload, order):
    assert payloads.order_id_of(topic, payload) == order


def test_fulfilment_orders_are_found_under_all_their_names():
    one, two = "gid://shopify/FulfillmentOrder/1", "gid://shopify/FulfillmentOrder/2"
    assert payloads.fulfilment_orders_of(
        {"fulfillment_order": {"id": one}, "replacement_fulfillment_order": {"id": two}}
    ) == [one, two]
    assert payloads.fulfilment_orders_of({"fulfillment_order_merges": {"fulfillment_order": {"id": one}}}) == [one]
    assert payloads.fulfilment_orders_of(
        {"original_fulfillment_order": {"id": one}, "moved_fulfillment_order": {"id": one}}
    ) == [one]


def test_a_stock_message_is_read_with_its_figure_and_time():
    item, place, available, at = payloads.level_of(
        {
            "inventory_item_id": 271878346596884015,
            "location_id": 24826418,
            "available": 10,
            "updated_at": "2021-12-31T19:00:00-05:00",
        }
    )
    assert (item, place, available) == (
        "gid://shopify/InventoryItem/271878346596884015",
        "gid://shopify/Location/24826418",
        10,
    )
    assert at.isoformat() == "2022-01-01T00:00:00+00:00"


@pytest.mark.parametrize("figure", [None, "10", 3.5, True, 10**30, [1]])
def test_a_figure_that_is_none_is_read_as_unknown_and_never_as_zero(figure):
    assert payloads.level_of({"inventory_item_id": 1, "location_id": 2, "available": figure})[2] is None


def test_a_parcel_is_found_in_its_own_message_and_in_its_events():
    parcel = "gid://shopify/Fulfillment/5"
    assert payloads.fulfilment_of("fulfillments/create", {"id": 5, "order_id": 6}) == (parcel, "gid://shopify/Order/6")
    assert payloads.fulfilment_of("fulfillment_events/create", {"id": 9, "fulfillment_id": 5}) == (parcel, "")


@given(payload=st.dictionaries(NAMES, JSON | st.dictionaries(NAMES, JSON), max_size=6) | JSON)
def test_whatever_comes_is_read_or_found_empty(payload):
    for topic in payloads.NEUTRAL:
        assert isinstance(payloads.order_id_of(topic, payload), str)
        payloads.fulfilment_of(topic, payload)
    payloads.level_of(payload)
    payloads.fulfilment_orders_of(payload)
    assert payloads.product_id_of(payload) == "" or payloads.product_id_of(payload).startswith("gid://shopify/Product/")
    payloads.scopes_of(payload)
    payloads.read_id_of(payload)


def test_every_subscribed_topic_has_a_word_of_the_network():
    assert {payloads.NEUTRAL[topic] for topic in payloads.SUBSCRIBED} == {
        "product.changed", "product.deleted", "stock.changed", "location.changed", "order.changed", "fulfilment.changed", "return.changed",
        "read.finished", "shop.left", "shop.changed", "scopes.changed",
    }  # fmt: skip
