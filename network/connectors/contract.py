"""What every connector promises, as tests that each of them inherits; a fixture ``shop`` gives the shop that is spoken to."""

import datetime as dt
import inspect
from typing import Any

import pytest
from django.utils import timezone

from network.connectors import base
from network.connectors.base import Connector, RemoteAddress, RemoteShelf, connector_class, connector_for

PROMISED = sorted(name for name in vars(Connector) if not name.startswith("_"))


class ConnectorContract:
    """Inherit, give a ``shop``, and the promises are checked."""

    @pytest.fixture
    def connector(self, shop: Any) -> Connector:
        return connector_for(shop)

    @pytest.mark.parametrize("name", PROMISED)
    def test_it_has_every_method_with_the_promised_parameters(self, connector: Connector, name: str) -> None:
        promised, given = getattr(Connector, name), getattr(type(connector), name)
        expected = list(inspect.signature(promised).parameters.values())
        found = list(inspect.signature(given).parameters.values())
        assert [(one.name, one.kind) for one in found] == [(one.name, one.kind) for one in expected]

    def test_it_says_whether_a_shelf_can_be_pushed(self, connector: Connector) -> None:
        assert connector.can_push_shelf in (True, False)

    def test_it_knows_its_own_shop(self, connector: Connector, shop: Any) -> None:
        read = connector.read_shop()
        assert (read.domain, read.currency, read.country) == (shop.domain, shop.currency, shop.country)

    def test_there_is_one_shelf_and_it_is_no_location_of_the_shops_own(self, connector: Connector) -> None:
        shelf = connector.find_shelf() or connector.create_shelf()
        assert connector.find_shelf() == shelf
        assert connector.create_shelf() == shelf
        assert shelf.location_id not in {one.id for one in connector.list_locations() if not one.is_service}

    def test_every_row_of_the_checklist_says_how_to_mend_it(self, connector: Connector) -> None:
        shelf = connector.find_shelf() or connector.create_shelf()
        for row in connector.check_store(shelf):
            assert {"key", "ok", "title", "fix", "blocks"} == set(row)
            assert bool(row["fix"]) is not row["ok"]

    def test_subscribing_twice_changes_nothing(self, connector: Connector) -> None:
        connector.subscribe("http://127.0.0.1:9/webhooks/")
        connector.subscribe("http://127.0.0.1:9/webhooks/")

    def test_a_large_read_ends(self, connector: Connector) -> None:
        import time

        for job in connector.start_reads():
            end = time.monotonic() + 30
            while (state := connector.poll_read(job)).status == "running" and time.monotonic() < end:
                time.sleep(0.05)
            assert state.status == "done"

    def test_what_changed_in_the_future_is_nothing(self, connector: Connector) -> None:
        tomorrow = timezone.now() + dt.timedelta(days=1)
        place = next((one.id for one in connector.list_locations()), "none")
        assert list(connector.products_since(tomorrow)) == []
        assert list(connector.levels_since(place, tomorrow)) == []
        assert list(connector.orders_since(tomorrow)) == []

    def test_nothing_asked_is_nothing_answered(self, connector: Connector) -> None:
        shelf = connector.find_shelf() or connector.create_shelf()
        assert (connector.read_products([]), connector.read_levels([]), connector.orders_of([])) == ([], [], {})
        connector.write_shelf(shelf, [], key="nothing")

    def test_in_a_round_of_many_stores_each_is_ready_told_to_wait_or_asked_by_itself(self, shop: Any) -> None:
        opened = connector_class(shop.platform).open_round({shop.pk: {"write": 1, "read": 2}}, {shop.pk: shop})
        assert [shop.pk in part for part in (opened.ready, opened.waits, opened.alone)].count(True) == 1
        for connector in opened.ready.values():
            assert connector.read_levels([]) == []
        opened.settle([shop.pk])
        opened.settle([shop.pk])
        assert connector_class(shop.platform).open_round({}, {}).ready == {}

    def test_what_does_not_exist_is_not_found(self, connector: Connector) -> None:
        assert connector.read_order("gid://shopify/Order/1") is None

    def test_the_values_it_speaks_in_are_frozen(self) -> None:
        for value in (RemoteShelf("a", "b"), RemoteAddress(name="Marie")):
            with pytest.raises(AttributeError):
                value.name = "x"  # type: ignore[misc, union-attr]
        assert issubclass(base.AccessLost, base.ConnectorError)
