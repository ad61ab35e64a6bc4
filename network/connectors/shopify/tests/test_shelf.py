"""The shelf is opened once, items are put on it once, and figures move by compare-and-set only."""

import pytest

from network import connect
from network.connectors.base import ShelfWrite, StaleFigure, connector_for
from network.connectors.shopify.tests.shopping import levels, variant_of


@pytest.fixture
def shelf(bruno):
    return connect.provision_shelf(bruno)


def test_the_shelf_is_opened_once_and_found_again(bruno, shelf):
    connector = connector_for(bruno)
    assert (connector.find_shelf(), connector.create_shelf(), connect.provision_shelf(bruno)) == (shelf, shelf, shelf)
    services = [one for one in connector.list_locations() if one.is_service]
    assert [one.id for one in services] == [shelf.location_id]


def test_an_item_on_the_shelf_shows_the_figure_and_own_stock_does_not_move(bruno, shelf):
    item = variant_of(bruno, "B-STRAND-42").inventory_item_id
    before = levels(bruno, item)
    connector_for(bruno).activate_on_shelf(shelf, item, 3, key="activate-1")
    connector_for(bruno).activate_on_shelf(shelf, item, 3, key="activate-1")
    assert levels(bruno, item) == before | {shelf.location_id: 3}


def test_a_write_that_expects_another_figure_changes_nothing_and_names_its_item(bruno, shelf):
    first, second = (variant_of(bruno, sku).inventory_item_id for sku in ("B-STRAND-42", "B-KADE-S"))
    connector = connector_for(bruno)
    connector.activate_on_shelf(shelf, first, 3, key="a")
    connector.activate_on_shelf(shelf, second, 2, key="b")
    with pytest.raises(StaleFigure) as refused:
        connector.write_shelf(shelf, [ShelfWrite(first, 1, 3), ShelfWrite(second, 5, 4)], key="w1")
    assert refused.value.items == (second,)
    assert (levels(bruno, first)[shelf.location_id], levels(bruno, second)[shelf.location_id]) == (3, 2)
    connector.write_shelf(shelf, [ShelfWrite(first, 1, 3), ShelfWrite(second, 5, None)], key="w2")
    assert (levels(bruno, first)[shelf.location_id], levels(bruno, second)[shelf.location_id]) == (1, 5)


def test_a_write_whose_answer_was_lost_is_sent_again_and_moves_the_figure_once(bruno, shelf, standin):
    item = variant_of(bruno, "B-STRAND-42").inventory_item_id
    connector_for(bruno).activate_on_shelf(shelf, item, 3, key="a")
    standin.spoil("drop_after", "inventorySetQuantities")
    connector_for(bruno).write_shelf(shelf, [ShelfWrite(item, 2, 3)], key="w1")
    assert levels(bruno, item)[shelf.location_id] == 2
