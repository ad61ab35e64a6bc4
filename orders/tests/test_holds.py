"""An order its shop holds, or finds too risky, keeps its units and reaches no partner until the shop lets it go."""

import pytest

from network.connectors.shopify.translate import order as translated
from orders.accept import note_order_changed
from orders.models import InternalOrder
from orders.tests.make import hurry

HOLD = """mutation($id: ID!) { fulfillmentOrderHold(id: $id, fulfillmentHold: {reason: HIGH_RISK_OF_FRAUD}) {
  userErrors { message } } }"""
RELEASE = "mutation($id: ID!) { fulfillmentOrderReleaseHold(id: $id) { userErrors { message } } }"


@pytest.fixture
def held(market) -> str:
    """Bruno's shop holds the order before anybody has read it."""
    order_id = market.buy(market.bruno, ("42", 1), note=False)
    (part,) = market.order(market.bruno, order_id)["fulfillmentOrders"]["nodes"]
    assert market.ask(market.bruno, HOLD, id=part["id"])["fulfillmentOrderHold"]["userErrors"] == []
    note_order_changed(market.bruno, order_id)
    market.settle()
    return order_id


def test_what_is_held_is_claimed_and_not_placed(market, held):
    order = market.known(market.bruno, held)
    assert (order.is_held, order.held_reason) == (True, "The shop put it on hold.")
    assert (InternalOrder.everyone.get().status, market.level(market.alma, "42").claimed) == ("planned", 1)
    hurry()
    market.settle()
    assert market.orders_at(market.alma) == []


def test_what_is_let_go_is_placed(market, held):
    (part,) = market.order(market.bruno, held)["fulfillmentOrders"]["nodes"]
    assert market.ask(market.bruno, RELEASE, id=part["id"])["fulfillmentOrderReleaseHold"]["userErrors"] == []
    note_order_changed(market.bruno, held)
    hurry()
    market.settle()
    assert (InternalOrder.everyone.get().status, len(market.orders_at(market.alma))) == ("accepted", 1)
    assert not market.known(market.bruno, held).is_held


def test_what_is_cancelled_while_it_is_held_gives_its_units_back(market, held):
    market.cancel(market.bruno, held)
    market.sweep()
    assert (InternalOrder.everyone.get().status, market.level(market.alma, "42").claimed) == ("cancelled", 0)


@pytest.mark.parametrize(
    ("found", "high"),
    [
        ({"recommendation": "CANCEL", "assessments": []}, True),
        ({"recommendation": "INVESTIGATE", "assessments": [{"riskLevel": "HIGH"}]}, True),
        ({"recommendation": "INVESTIGATE", "assessments": [{"riskLevel": "MEDIUM"}]}, False),
        ({"recommendation": "NONE", "assessments": []}, False),
    ],
)
def test_only_a_high_risk_is_a_hold(found, high):
    node = {
        "id": "gid://shopify/Order/1",
        "name": "#1",
        "currencyCode": "EUR",
        "taxesIncluded": True,
        "createdAt": "2026-11-01T10:00:00Z",
    }
    assert translated(node | {"risk": found}, [], []).high_risk is high
