"""Good JSON with nonsense in it: every real handler gets it, and the message beside it is handled all the same."""

import json

import pytest
from django.utils import timezone

from network.connectors.shopify.payloads import NEUTRAL
from network.inbox import handle_due
from network.models import InboundEvent, Merchant, Shop

pytestmark = pytest.mark.django_db

NONSENSE = (
    "[1, 2]",
    '{"id": 1}',
    "true",
    "null",
    '"\\u0000"',
    "1e400",
    "-1",
    "1e999999",
    str(10**400),
    '"' + "9" * 400 + '"',
    "[[[[]]]]",
)
PLACES = (
    "id", "admin_graphql_api_id", "order_id", "order", "order_edit", "inventory_item_id", "location_id", "available", "updated_at",
    "status", "shop_domain", "customer", "orders_to_redact", "orders_requested", "current", "error_code", "created_at", "domain",
)  # fmt: skip
# what staff or the shop itself must do something about comes of these, whatever they say
ENDS_THE_SHOP = {"app/uninstalled", "shop/redact"}


@pytest.fixture
def bruno():
    merchant = Merchant.everyone.create(name="Bruno", legal_name="Bruno BV", country="NL")
    return Shop.everyone.create(
        merchant=merchant, domain="bruno.myshopify.com", name="Bruno", country="NL", currency="EUR", status="live"
    )


@pytest.mark.parametrize("topic", sorted(set(NEUTRAL) - ENDS_THE_SHOP))
def test_nonsense_inside_a_good_object_is_kept_or_ignored_and_its_neighbour_is_handled(bruno, topic):
    """Case 18: wrong types, 10^400 as a number and as a float, a NUL, deep nesting; nothing of it ends the sweep."""
    for number, nonsense in enumerate(NONSENSE):
        body = "{" + ", ".join(f'"{place}": {nonsense}' for place in PLACES) + "}"
        json.loads(body)
        InboundEvent.everyone.create(shop=bruno, topic=topic, webhook_id=f"bad-{number}", body=body)
    good = InboundEvent.everyone.create(
        shop=bruno, topic="orders/edited", webhook_id="good", body='{"order_edit": {"order_id": 7}}'
    )
    for _ in range(4):
        InboundEvent.everyone.filter(status__in=["waiting", "failed"]).update(next_attempt_at=timezone.now())
        handle_due()
    good.refresh_from_db()
    assert good.status == "done"
    left = InboundEvent.everyone.exclude(pk=good.pk).exclude(status__in=["done", "ignored", "dead"])
    asked = [error for error in left.values_list("error", flat=True) if "is not connected" not in error]
    assert asked == []  # what a handler asks the store about is put off, as the store is not there; nothing else fails
    assert all(InboundEvent.everyone.filter(status="dead").values_list("error", flat=True))  # each says why
