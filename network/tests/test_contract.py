"""Both connectors keep what the contract promises, as far as it applies to them."""

import pytest

from network import connect
from network.conftest import merchant_of
from network.connectors.base import InternalOrderRequest, RemoteAddress, RemoteShelf, ShelfWrite, connector_for
from network.connectors.contract import ConnectorContract
from network.models import Shop

pytestmark = pytest.mark.django_db


class TestShopify(ConnectorContract):
    @pytest.fixture
    def shop(self, bruno: Shop) -> Shop:
        return bruno


class TestApi(ConnectorContract):
    @pytest.fixture
    def shop(self) -> Shop:
        facts = {"name": "Cara", "country": "FR", "currency": "EUR", "by": "staff"}
        return connect.open_api_shop(merchant_of("cara"), domain="cara.example", **facts)[0]

    def test_its_internal_orders_and_shelf_are_our_own_rows(self, shop):
        connector = connector_for(shop)
        placed = connector.place_internal_order(InternalOrderRequest("SKUU-1", (("v", 1),), RemoteAddress(), "EUR"))
        assert (placed.id, placed.name) == ("", "SKUU-1")
        connector.write_shelf(RemoteShelf("", ""), [ShelfWrite("i", 1, None)], key="k")
        shipped = connector.ship_internal_order("", "DHL", "1", "", [("line", 1)])
        assert (shipped.status, shipped.tracking_number, shipped.lines) == ("SUCCESS", "1", (("line", 1),))
