"""Orders are read without their customers, answered once, placed at the shipper exactly once, and mirrored back."""

import pytest

from network import connect
from network.connectors.base import ConnectorError, InternalOrderRequest, OutOfStock, connector_for
from network.connectors.shopify.orders import HANDED_BACK_TAG
from network.connectors.shopify.tests.shopping import buy, call, levels, variant_of


@pytest.fixture
def shelf(bruno):
    """Two units of the size Bruno is out of stand on his shelf."""
    shelf = connect.provision_shelf(bruno)
    item = variant_of(bruno, "B-STRAND-42").inventory_item_id
    connector_for(bruno).activate_on_shelf(shelf, item, 2, key="put")
    return shelf


@pytest.fixture
def sold(bruno, shelf, standin):
    """A customer of Bruno's bought one of them; what the network reads of it."""
    made = buy(standin, bruno, variant_of(bruno, "B-STRAND-42").id)
    order = connector_for(bruno).read_order(made["id"])
    assert order is not None
    return order


def request_for(alma, order, connector, identifier="SKUU-1-1", units=1):
    address = connector.read_destination(order.fulfilment_orders[0].id)
    lines = ((variant_of(alma, "OV1001-100-42").id, units),)
    return InternalOrderRequest(identifier, lines, address, "EUR", note="Ship as Bruno's.", tags=("skuu",))


class TestTheOrigin:
    def test_an_order_is_read_as_sold_and_says_what_the_shelf_must_ship(self, sold, shelf):
        (line,) = sold.lines
        (asked,) = sold.fulfilment_orders
        assert (sold.currency, sold.fully_paid, sold.test, sold.on_hold, sold.high_risk) == (
            "EUR",
            True,
            False,
            False,
            False,
        )
        assert (line.sku, line.quantity, line.unit_price_minor) == ("B-STRAND-42", 1, 8995)
        assert (asked.location_id, asked.at_service, asked.request_status) == (shelf.location_id, True, "UNSUBMITTED")
        assert [(one.line_id, one.remaining) for one in asked.lines] == [(line.id, 1)]

    def test_nothing_of_the_customer_is_in_what_is_read_for_routing(self, sold):
        assert not any(secret in repr(sold) for secret in ("marie", "Marie", "Peeters", "Haute", "+32"))

    def test_the_destination_has_what_a_label_needs(self, bruno, sold):
        address = connector_for(bruno).read_destination(sold.fulfilment_orders[0].id)
        assert (address.name, address.address1, address.zip, address.city, address.country) == (
            "Marie Peeters",
            "Rue Haute 12",
            "1000",
            "Bruxelles",
            "BE",
        )

    def test_a_request_is_accepted_once(self, bruno, sold):
        connector, asked = connector_for(bruno), sold.fulfilment_orders[0].id
        connector.accept_request(asked)
        connector.accept_request(asked)
        assert connector.read_order(sold.id).fulfilment_orders[0].request_status == "ACCEPTED"

    @pytest.mark.parametrize("accepted", [False, True])
    def test_a_line_is_handed_back_and_the_order_says_so(self, bruno, sold, accepted):
        connector, asked = connector_for(bruno), sold.fulfilment_orders[0].id
        if accepted:
            connector.accept_request(asked)
        for _ in range(2):
            connector.hand_back(asked, "No partner has it any more.", order_id=sold.id)
        order = connector.read_order(sold.id)
        assert HANDED_BACK_TAG in order.tags
        assert order.fulfilment_orders[0].request_status in ("REJECTED", "CLOSED")

    def test_fulfilment_orders_lead_to_their_order(self, bruno, sold):
        asked = sold.fulfilment_orders[0].id
        assert connector_for(bruno).orders_of([asked, "gid://shopify/FulfillmentOrder/1"]) == {asked: sold.id}

    def test_an_order_moves_back_to_a_real_location_that_has_the_size_again(self, bruno, sold, standin):
        home = next(one.id for one in connector_for(bruno).list_locations() if not one.is_service)
        standin.standin.till_sale(bruno.domain, "B-STRAND-42", available=1)
        assert connector_for(bruno).move_to_own(sold.fulfilment_orders[0].id, home) is True
        assert connector_for(bruno).read_order(sold.id).fulfilment_orders[-1].location_id == home

    def test_an_order_that_is_gone_is_none(self, bruno):
        assert connector_for(bruno).read_order("gid://shopify/Order/1") is None


class TestTheShipper:
    def test_an_internal_order_takes_one_unit_and_names_no_customer(self, alma, bruno, sold, standin):
        connector = connector_for(alma)
        item = variant_of(alma, "OV1001-100-42").inventory_item_id
        before = sum(levels(alma, item).values())
        placed = connector.place_internal_order(request_for(alma, sold, connector_for(bruno)))
        assert sum(levels(alma, item).values()) == before - 1
        read = """query($id: ID!) { order(id: $id) {
          email phone customer { id } test note sourceIdentifier tags displayFinancialStatus
          totalPriceSet { shopMoney { amount } } shippingAddress { name phone } } }"""
        seen = call(standin, alma.domain, standin.merchant_token(alma.domain), read, id=placed.id)["order"]
        assert (seen["email"], seen["phone"], seen["customer"], seen["test"]) == (None, None, None, False)
        assert (seen["sourceIdentifier"], seen["note"], seen["displayFinancialStatus"]) == (
            "SKUU-1-1",
            "Ship as Bruno's.",
            "PAID",
        )
        assert sorted(seen["tags"]) == ["SKUU-1-1", "skuu", "skuu-internal"]
        assert float(seen["totalPriceSet"]["shopMoney"]["amount"]) == 0
        assert seen["shippingAddress"] == {"name": "Marie Peeters", "phone": None}

    def test_an_order_whose_answer_was_lost_is_an_unknown_outcome_and_is_found(self, alma, bruno, sold, standin):
        connector = connector_for(alma)
        request = request_for(alma, sold, connector_for(bruno))
        assert connector.find_internal_order("SKUU-1-1") is None
        standin.spoil("drop_after", "orderCreate")
        with pytest.raises(ConnectorError) as lost:
            connector.place_internal_order(request)
        assert lost.value.unknown_outcome is True
        found = connector.find_internal_order("SKUU-1-1")
        assert found is not None
        assert [variant for variant, _ in found.lines] == [request.lines[0][0]]

    @pytest.mark.parametrize("mode", ["http_500", "http_502_after"])
    def test_a_server_error_on_placing_is_an_unknown_outcome(self, alma, bruno, sold, standin, mode):
        request = request_for(alma, sold, connector_for(bruno))
        standin.spoil(mode, "orderCreate")
        with pytest.raises(ConnectorError) as lost:
            connector_for(alma).place_internal_order(request)
        assert lost.value.unknown_outcome is True
        assert (connector_for(alma).find_internal_order("SKUU-1-1") is not None) is (mode == "http_502_after")

    @pytest.mark.parametrize("mode", ["http_429", "throttle"])
    def test_a_busy_store_is_waited_for_and_gets_one_order(self, alma, bruno, sold, standin, mode):
        request = request_for(alma, sold, connector_for(bruno))
        standin.spoil(mode, "orderCreate")
        placed = connector_for(alma).place_internal_order(request)
        assert connector_for(alma).find_internal_order("SKUU-1-1").id == placed.id

    def test_a_store_without_units_says_so_and_has_no_order(self, alma, bruno, sold):
        with pytest.raises(OutOfStock):
            connector_for(alma).place_internal_order(request_for(alma, sold, connector_for(bruno), units=99))
        assert connector_for(alma).find_internal_order("SKUU-1-1") is None

    def test_cancelling_gives_the_unit_back_once(self, alma, bruno, sold):
        connector, item = connector_for(alma), variant_of(alma, "OV1001-100-42").inventory_item_id
        before = levels(alma, item)
        placed = connector.place_internal_order(request_for(alma, sold, connector_for(bruno)))
        connector.cancel_internal_order(placed.id, "declined")
        connector.cancel_internal_order(placed.id, "declined")
        assert levels(alma, item) == before
        assert connector.read_internal_order(placed.id).cancelled is True

    def test_where_the_store_wants_to_ship_from_is_read_back(self, alma, bruno, sold, standin):
        shelf = connect.provision_shelf(alma)
        standin.spoil("route_wrong", location="shelf")
        placed = connector_for(alma).place_internal_order(request_for(alma, sold, connector_for(bruno)))
        (asked,) = connector_for(alma).read_internal_order(placed.id).fulfilment_orders
        assert (asked.location_id, asked.at_service) == (shelf.location_id, True)

    def test_a_parcel_is_entered_once_and_mirrored_with_the_same_tracking(self, alma, bruno, sold):
        placed = connector_for(alma).place_internal_order(request_for(alma, sold, connector_for(bruno)))
        parcel = ("DHL", "JD0001", "https://track.example.com/JD0001")
        lines = [(placed.lines[0][1], 1)]
        shipped = connector_for(alma).ship_internal_order(placed.id, *parcel, lines)
        assert connector_for(alma).ship_internal_order(placed.id, *parcel, lines) == shipped
        assert (shipped.carrier, shipped.tracking_number, shipped.lines) == ("DHL", "JD0001", tuple(lines))
        origin, (asked,) = connector_for(bruno), sold.fulfilment_orders
        origin.accept_request(asked.id)
        assert origin.fulfilments_of(sold.id) == []
        mirrored = origin.mirror_fulfilment([(asked.id, asked.lines[0].id, 1)], *parcel)
        assert [(one.id, one.tracking_number) for one in origin.fulfilments_of(sold.id)] == [(mirrored, "JD0001")]
        origin.update_tracking(mirrored, "DHL", "JD0002", "")
        (one,) = origin.fulfilments_of(sold.id)
        assert (one.id, one.status, one.tracking_number) == (mirrored, "SUCCESS", "JD0002")
