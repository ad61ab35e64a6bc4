"""Partners accept, decline and ship; what they do shows where it must, once."""

import pytest

from catalog.models import Claim, Demand
from network.models import Notice
from orders.failpoint import Killed, armed
from orders.fulfil import decline_internal_order, mark_posted, ship_internal_order
from orders.models import InternalOrder, Parcel
from orders.place import place_due
from orders.route import route_due
from orders.tests.make import hurry
from skuu.kit.errors import NotPossible, WrongState


@pytest.fixture
def sold(market):
    """One pair of size 42, with Alma."""
    market.order_id = market.buy(market.bruno, ("42", 1))
    market.settle()
    return InternalOrder.everyone.get()


def test_a_declined_order_goes_to_the_next_partner_at_once(market, sold):
    decline_internal_order(sold, "no_capacity", by="alma")
    market.settle()
    first, second = InternalOrder.everyone.order_by("pk")
    assert (first.status, first.status_reason) == ("declined", "No time to ship")
    assert (second.status, second.shipper_id) == ("accepted", market.dora.pk)
    assert market.orders_at(market.alma) == []
    assert market.available(market.alma, "42") == 3
    assert market.level(market.alma, "42").phantom == 0


def test_a_pair_not_found_is_not_offered_again(market, sold):
    decline_internal_order(sold, "not_found", by="alma")
    market.settle()
    level = market.level(market.alma, "42")
    assert (level.available, level.phantom, level.claimed) == (3, 1, 0)


def test_declining_twice_is_one_refusal(market, sold):
    decline_internal_order(sold, "not_found", by="alma")
    decline_internal_order(sold, "not_found", by="alma")
    assert market.level(market.alma, "42").phantom == 1


def test_when_nobody_is_left_the_line_goes_back_to_the_selling_shop(market, sold):
    decline_internal_order(sold, "not_found", by="alma")
    market.settle()
    decline_internal_order(InternalOrder.everyone.get(status="accepted"), "damaged", by="dora")
    market.settle()
    line = sold.order.lines.get()
    assert line.status == "handed_back"
    assert line.hand_back_pushed_at is not None
    seen = market.order(market.bruno, market.order_id)
    assert "skuu-handed-back" in seen["tags"]
    assert [(one["status"], one["requestStatus"]) for one in seen["fulfillmentOrders"]["nodes"]][0][0] in (
        "INCOMPLETE",
        "OPEN",
    )
    notice = Notice.everyone.get(shop=market.bruno, kind="handed_back")
    assert "Refund the customer or source it yourself" in notice.body
    assert Demand.objects.get().outcome == "lost"
    assert Claim.everyone.filter(status="live").count() == 0
    assert market.orders_at(market.alma) == market.orders_at(market.dora) == []


def test_a_handed_back_line_is_told_once(market, sold):
    for _ in range(2):
        decline_internal_order(InternalOrder.everyone.get(status="accepted"), "damaged", by="partner")
        market.settle()
    before = len(market.calls(market.bruno))
    hurry()
    market.settle()
    assert len([row for row in market.calls(market.bruno)[before:] if row["operation"] != "OrderForRouting"]) == 0


def test_what_has_shipped_can_no_longer_be_declined(market, sold):
    ship_internal_order(sold, carrier="PostNL", number="3SX", by="alma")
    with pytest.raises(WrongState):
        decline_internal_order(sold, "not_found", by="alma")
    sold.refresh_from_db()
    assert (sold.status, market.level(market.alma, "42").phantom) == ("shipped", 0)


def test_a_parcel_entered_in_the_portal_shows_at_both_stores_once(market, sold):
    parcel = ship_internal_order(
        sold, carrier="PostNL", number="3SPORTAL", url="https://track.example/3SPORTAL", by="alma"
    )
    assert ship_internal_order(sold, carrier="PostNL", number="3SPORTAL", by="alma").pk == parcel.pk
    market.settle()
    market.sweep()
    (at_alma,) = market.order(market.alma, sold.remote_id)["fulfillments"]
    (at_bruno,) = market.order(market.bruno, market.order_id)["fulfillments"]
    assert at_alma["trackingInfo"] == at_bruno["trackingInfo"]
    assert at_bruno["trackingInfo"][0]["number"] == "3SPORTAL"
    assert Parcel.everyone.get().remote_id == at_alma["id"]


def test_a_parcel_must_hold_units_of_the_order(market, sold):
    line = sold.lines.get()
    for lines in ([(line.pk, 2)], [(line.pk, 0)], [(line.pk + 1, 1)], []):
        with pytest.raises(NotPossible):
            ship_internal_order(sold, carrier="PostNL", number="3SX", lines=lines, by="alma")
    assert Parcel.everyone.count() == 0


def test_a_worker_killed_after_mirroring_does_not_tell_the_customer_twice(market, sold):
    market.ship(sold, "3SKILL")
    with armed("mirrored"), pytest.raises(Killed):
        market.sweep(market.alma)
    hurry()
    market.settle()
    assert len(market.order(market.bruno, market.order_id)["fulfillments"]) == 1
    assert Parcel.everyone.get().mirrored_at is not None


def test_a_lost_answer_to_the_mirror_leaves_one_fulfilment(market, sold):
    market.ship(sold, "3SLOST")
    market.standin.spoil("drop_after", "fulfillmentCreate", store=market.bruno.domain)
    market.sweep(market.alma)
    hurry()
    market.settle()
    assert len(market.order(market.bruno, market.order_id)["fulfillments"]) == 1
    parcel = Parcel.everyone.get()
    assert parcel.mirrored == parcel.mirror_wanted


def test_two_parcels_of_one_order_are_mirrored_one_by_one(market):
    order_id = market.buy(market.bruno, ("42", 2))
    market.settle()
    internal = InternalOrder.everyone.get()
    market.ship(internal, "3SONE", units=1)
    market.sweep(market.alma)
    internal.refresh_from_db()
    assert (internal.status, internal.shipped_at, internal.lines.get().shipped_quantity) == ("accepted", None, 1)
    assert internal.order.lines.get().status == "routed"
    market.ship(internal, "3STWO", units=1)
    market.sweep(market.alma, market.bruno)
    internal.refresh_from_db()
    assert (internal.status, internal.lines.get().shipped_quantity) == ("shipped", 2)
    numbers = [one["trackingInfo"][0]["number"] for one in market.order(market.bruno, order_id)["fulfillments"]]
    assert sorted(numbers) == ["3SONE", "3STWO"]
    line = internal.order.lines.get()
    assert (line.status, line.quantity) == ("shipped", 2)


def test_a_corrected_tracking_number_is_corrected_at_the_selling_shop(market, sold):
    market.ship(sold, "3SWRONG")
    market.sweep(market.alma)
    parcel = Parcel.everyone.get()
    query = """mutation($id: ID!, $t: FulfillmentTrackingInput!) {
      fulfillmentTrackingInfoUpdate(fulfillmentId: $id, trackingInfoInput: $t) { userErrors { message } } }"""
    market.ask(market.alma, query, id=parcel.remote_id, t={"company": "DHL", "number": "JJD1"})
    market.sweep(market.alma)
    (mirrored,) = market.order(market.bruno, market.order_id)["fulfillments"]
    assert [(one["company"], one["number"]) for one in mirrored["trackingInfo"]] == [("DHL", "JJD1")]


def test_a_delivery_event_ends_the_story(market, sold):
    market.ship(sold, "3SDEL")
    market.sweep(market.alma)
    query = """mutation($event: FulfillmentEventInput!) {
      fulfillmentEventCreate(fulfillmentEvent: $event) { userErrors { message } } }"""
    event = {
        "fulfillmentId": Parcel.everyone.get().remote_id,
        "status": "DELIVERED",
        "happenedAt": "2026-11-25T10:00:00Z",
    }
    market.ask(market.alma, query, event=event)
    InternalOrder.everyone.update(fulfilments_due_at="2026-01-01T00:00:00Z")
    market.settle()
    sold.refresh_from_db()
    assert (sold.status, sold.order.lines.get().status) == ("delivered", "delivered")


def test_an_order_cancelled_in_the_shippers_store_counts_as_declined(market, sold):
    market.cancel(market.alma, sold.remote_id)
    market.sweep(market.alma)
    first, second = InternalOrder.everyone.order_by("pk")
    assert (first.status, second.shipper_id) == ("declined", market.dora.pk)


def test_a_parcel_that_had_left_before_the_decline_counts_and_the_next_partner_is_called_back(market, sold):
    market.ship(sold, "3SFAST")
    decline_internal_order(sold, "not_found", by="alma")
    market.settle()
    hurry()
    market.settle()
    first, second = InternalOrder.everyone.order_by("pk")
    assert [(row.shipper_id, row.status) for row in (first, second)] == [
        (market.alma.pk, "shipped"),
        (market.dora.pk, "cancelled"),
    ]
    line = first.order.lines.get()
    assert (line.status, line.quantity, first.lines.get().shipped_quantity) == ("shipped", 1, 1)
    assert len(market.order(market.bruno, market.order_id)["fulfillments"]) == 1
    assert (market.available(market.alma, "42"), market.available(market.dora, "42")) == (2, 2)
    level = market.level(market.alma, "42")
    assert (level.coming_back, level.phantom) == (0, 1)
    told = Notice.everyone.filter(kind="shipped_after_cancel", shop=market.alma).get()
    assert "You are paid for it" in told.body


def test_a_parcel_that_had_left_takes_the_line_back_from_the_selling_shop(market):
    order_id = market.buy(market.bruno, ("41", 1))
    market.settle()
    internal = InternalOrder.everyone.get()
    market.ship(internal, "3SONLY")
    decline_internal_order(internal, "other", by="alma")
    route_due()
    line = market.known(market.bruno, order_id).lines.get()
    assert line.status == "handed_back"
    market.settle()
    market.sweep()
    line.refresh_from_db()
    internal.refresh_from_db()
    assert (line.status, line.quantity, internal.status) == ("shipped", 1, "shipped")
    seen = market.order(market.bruno, order_id)
    assert (len(seen["fulfillments"]), "skuu-handed-back" in seen["tags"]) == (1, False)
    assert Notice.everyone.get(shop=market.bruno, kind="handed_back").done_at is not None


def test_a_parcel_given_up_and_sent_by_another_is_flagged_and_called_back_when_it_is_taken_back(market, sold):
    market.ship(sold, "3SLATE")
    decline_internal_order(sold, "no_capacity", by="alma")
    route_due()
    place_due()
    second = InternalOrder.everyone.get(shipper=market.dora)
    ship_internal_order(second, carrier="PostNL", number="3SFIRST", by="dora")
    market.settle()
    sold.refresh_from_db()
    assert (sold.status, sold.posted_at, sold.order.lines.get().status) == ("declined", None, "shipped")
    assert "It is not paid for" in Notice.everyone.get(kind="shipped_after_cancel", shop=market.alma).body
    (parcel,) = Parcel.everyone.filter(internal_order=sold)
    query = "mutation($id: ID!) { fulfillmentCancel(id: $id) { userErrors { message } } }"
    market.ask(market.alma, query, id=parcel.remote_id)
    market.sweep(market.alma)
    hurry()
    market.settle()
    assert market.orders_at(market.alma) == []
    assert market.available(market.alma, "42") == 3
    assert sold.order.lines.get().status == "shipped"


def test_a_parcel_entered_after_the_store_had_cancelled_its_order_counts_and_its_shipper_is_told(market, sold):
    market.cancel(market.alma, sold.remote_id)
    ship_internal_order(sold, carrier="PostNL", number="3SGONE", by="alma")
    for _ in range(6):
        hurry()
        market.sweep(market.alma)
    sold.refresh_from_db()
    assert (sold.status, sold.order.lines.get().status, Parcel.everyone.get().push_due_at) == (
        "shipped",
        "shipped",
        None,
    )
    assert len(market.order(market.bruno, market.order_id)["fulfillments"]) == 1
    (told,) = Notice.everyone.filter(kind="parcel_not_entered")
    assert (told.shop_id, "take them out again" in told.body) == (market.alma.pk, True)


def test_an_order_half_sent_here_and_cancelled_in_its_store_counts_for_what_was_sent(market):
    order_id = market.buy(market.bruno, ("42", 2))
    market.settle()
    first = InternalOrder.everyone.get()
    ship_internal_order(first, carrier="PostNL", number="3SHALF", lines=[(first.lines.get().pk, 1)], by="alma")
    market.cancel(market.alma, first.remote_id)
    for _ in range(6):
        hurry()
        market.sweep(market.alma)
    first, second = InternalOrder.everyone.order_by("pk")
    assert (first.status, first.lines.get().shipped_quantity) == ("shipped", 1)
    assert (second.shipper_id, second.status, second.lines.get().quantity) == (market.dora.pk, "accepted", 1)
    assert market.known(market.bruno, order_id).lines.get().status == "routed"


def test_a_parcel_taken_back_before_its_store_cancelled_the_order_is_taken_back_here_too(market, sold):
    market.ship(sold, "3SBACK")
    market.sweep(market.alma)
    parcel = Parcel.everyone.get()
    query = "mutation($id: ID!) { fulfillmentCancel(id: $id) { userErrors { message } } }"
    market.ask(market.alma, query, id=parcel.remote_id)
    market.cancel(market.alma, sold.remote_id)
    market.sweep(market.alma)
    hurry()
    market.settle()
    parcel.refresh_from_db()
    assert parcel.cancelled_at is not None
    assert [one["status"] for one in market.order(market.bruno, market.order_id)["fulfillments"]] == ["CANCELLED"]
    assert Notice.everyone.filter(shop=market.bruno, kind="parcel_cancelled").count() == 1


def test_posting_is_marked_once(market, sold):
    ship_internal_order(sold, carrier="PostNL", number="3SX", by="alma")
    assert [mark_posted([sold.pk]), mark_posted([sold.pk])] == [1, 0]
