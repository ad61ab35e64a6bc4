"""A shipper without Shopify sees its internal orders in our API; its figure moves when it ships."""

import pytest
from django.utils import timezone

from catalog.claim import check_claims
from catalog.models import Claim
from catalog.stocktake import set_stock
from orders.fulfil import decline_internal_order, ship_internal_order
from orders.models import InternalOrder


@pytest.fixture
def internal(market):
    """Alma takes part by REST."""
    market.alma.platform = "api"
    market.alma.save()
    market.order_id = market.buy(market.bruno, ("42", 1))
    market.settle()
    return InternalOrder.everyone.get()


def test_it_is_accepted_without_asking_any_store_and_its_unit_stays_claimed(market, internal):
    assert (internal.status, internal.remote_id) == ("accepted", "")
    level = market.level(market.alma, "42")
    assert (level.available, level.claimed) == (3, 1)
    assert market.orders_at(market.alma) == []


def test_when_it_ships_the_figure_goes_down_and_the_customer_is_told(market, internal):
    ship_internal_order(internal, carrier="PostNL", number="3SREST", by="alma")
    market.settle()
    level = market.level(market.alma, "42")
    assert (level.available, level.claimed) == (2, 0)
    assert Claim.everyone.get().status == "used"
    (mirrored,) = market.order(market.bruno, market.order_id)["fulfillments"]
    assert mirrored["trackingInfo"][0]["number"] == "3SREST"
    assert check_claims() == []


def test_a_figure_from_before_it_shipped_does_not_bring_the_unit_back(market, internal):
    """What a shop counted at noon and sends at one still holds the pair that left at half past twelve."""
    noon = timezone.now()
    ship_internal_order(internal, carrier="PostNL", number="3SREST", by="alma")
    sku = market.variant(market.alma, "42").sku
    for _ in range(2):
        set_stock(market.alma, [(sku, market.level(market.alma, "42").location.remote_id, 3, noon)])
        assert (market.level(market.alma, "42").available, market.level(market.alma, "42").claimed) == (2, 0)
    place = market.level(market.alma, "42").location.remote_id
    set_stock(market.alma, [(sku, place, 1, noon)])  # another was sold in the shop before noon
    assert market.level(market.alma, "42").available == 0
    set_stock(market.alma, [(sku, place, 5, timezone.now())])  # the first that knows of it
    assert market.level(market.alma, "42").available == 5


def test_when_it_declines_the_unit_is_free_again_and_the_next_partner_is_asked(market, internal):
    decline_internal_order(internal, "reserved", by="alma")
    market.settle()
    level = market.level(market.alma, "42")
    assert (level.available, level.claimed) == (3, 0)
    first, second = InternalOrder.everyone.order_by("pk")
    assert (first.status, second.status, second.shipper_id) == ("declined", "accepted", market.dora.pk)


def test_when_the_customer_cancels_it_is_over_at_once(market, internal):
    market.cancel(market.bruno, market.order_id)
    market.sweep(market.bruno)
    internal.refresh_from_db()
    assert (internal.status, market.level(market.alma, "42").claimed) == ("cancelled", 0)
