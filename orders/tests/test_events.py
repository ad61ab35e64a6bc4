"""What becomes of a parcel is told where the customer looks: in the selling shop's own order."""

import datetime as dt

import pytest
from django.utils import timezone

from network.models import Notice
from orders.deliver import presume_delivered
from orders.models import InternalOrder, OrderLine, Parcel, Return
from orders.return_goods import announce_return, cancel_return, inspect_return, report_lost
from orders.silent_returns import end_silent_returns
from orders.tests.make import hurry

TELL = """mutation($event: FulfillmentEventInput!) {
  fulfillmentEventCreate(fulfillmentEvent: $event) { userErrors { message } } }"""
TAKE_BACK = "mutation($id: ID!) { fulfillmentCancel(id: $id) { userErrors { message } } }"
SHOWN = """query($id: ID!) { order(id: $id) { fulfillments(first: 20) {
  id status deliveredAt events(first: 20) { nodes { status happenedAt message } } } } }"""


@pytest.fixture
def sent(market):
    """Bruno's customer bought a pair, Alma shipped it, Bruno's order shows the parcel."""
    market.order_id = market.buy(market.bruno, ("42", 1))
    market.settle()
    market.ship(InternalOrder.everyone.get(), "3SEVENT")
    market.sweep(market.alma)
    assert Parcel.everyone.get().mirror_remote_id
    return InternalOrder.everyone.get()


def carrier_says(market, status, at, message=""):
    event = {"fulfillmentId": Parcel.everyone.get().remote_id, "status": status, "happenedAt": at, "message": message}
    market.ask(market.alma, TELL, event=event)
    read_parcels(market)


def read_parcels(market):
    InternalOrder.everyone.update(fulfilments_due_at=timezone.now() - dt.timedelta(seconds=1))
    market.settle()


def shown(market):
    return market.ask(market.bruno, SHOWN, id=market.order_id)["order"]["fulfillments"]


def test_each_word_of_the_carrier_appears_once_in_the_selling_shops_order(market, sent):
    carrier_says(market, "IN_TRANSIT", "2026-11-20T08:00:00Z", "Sorted in Utrecht")
    carrier_says(market, "OUT_FOR_DELIVERY", "2026-11-21T07:30:00Z")
    Parcel.everyone.update(events_due_at=timezone.now())
    market.settle()
    (parcel,) = shown(market)
    assert [(one["status"], one["happenedAt"], one["message"]) for one in parcel["events"]["nodes"]] == [
        ("IN_TRANSIT", "2026-11-20T08:00:00Z", "Sorted in Utrecht"),
        ("OUT_FOR_DELIVERY", "2026-11-21T07:30:00Z", ""),
    ]
    assert Parcel.everyone.get().events_due_at is None


def test_a_delivery_is_told_with_its_time(market, sent):
    carrier_says(market, "DELIVERED", "2026-11-21T10:00:00Z")
    (parcel,) = shown(market)
    assert parcel["deliveredAt"] == "2026-11-21T10:00:00Z"
    assert Parcel.everyone.get().internal_order.status == "delivered"


def test_a_presumed_delivery_is_never_told_as_a_fact(market, sent):
    Parcel.everyone.update(delivered_at=timezone.now(), delivery_presumed=True, events_due_at=timezone.now())
    market.settle()
    (parcel,) = shown(market)
    assert (parcel["deliveredAt"], parcel["events"]["nodes"]) == (None, [])


def test_an_event_whose_answer_was_lost_is_told_once(market, sent):
    market.standin.spoil("drop_after", "fulfillmentEventCreate", store=market.bruno.domain)
    carrier_says(market, "IN_TRANSIT", "2026-11-20T08:00:00Z")
    assert Parcel.everyone.get().events_due_at is not None
    Parcel.everyone.update(events_due_at=timezone.now())
    market.settle()
    (parcel,) = shown(market)
    assert len(parcel["events"]["nodes"]) == 1
    assert Parcel.everyone.get().events_due_at is None


def test_a_parcel_taken_back_by_the_shipper_is_taken_back_in_the_selling_shop_and_sent_anew(market, sent):
    market.ask(market.alma, TAKE_BACK, id=Parcel.everyone.get().remote_id)
    read_parcels(market)
    first = Parcel.everyone.get()
    assert (first.cancelled_at is not None, first.mirrored == first.mirror_wanted) == (True, True)
    assert [one["status"] for one in shown(market)] == ["CANCELLED"]
    (told,) = Notice.everyone.filter(kind="parcel_cancelled")
    assert told.shop_id == market.bruno.pk
    market.ship(sent, "3SAGAIN")
    read_parcels(market)
    hurry()
    market.settle()
    assert sorted(one["status"] for one in shown(market)) == ["CANCELLED", "SUCCESS"]
    second = Parcel.everyone.get(cancelled_at=None)
    assert (second.tracking_number, second.mirrored_at is not None) == ("3SAGAIN", True)


def test_taking_back_twice_and_a_lost_answer_change_nothing_more(market, sent):
    market.standin.spoil("drop_after", "fulfillmentCancel", store=market.bruno.domain)
    market.ask(market.alma, TAKE_BACK, id=Parcel.everyone.get().remote_id)
    read_parcels(market)
    hurry()
    market.settle()
    parcel = Parcel.everyone.get()
    assert (parcel.mirrored, [one["status"] for one in shown(market)]) == (parcel.mirror_wanted, ["CANCELLED"])


def test_what_was_taken_back_and_never_sent_again_may_be_reported_at_once(market, sent):
    market.ask(market.alma, TAKE_BACK, id=Parcel.everyone.get().remote_id)
    read_parcels(market)
    InternalOrder.everyone.update(promised_on=timezone.localdate() + dt.timedelta(days=3))
    assert report_lost(sent, by="bruno").is_lost is True


def test_what_was_taken_back_and_never_sent_again_is_reported_lost_once_by_the_network(market, sent):
    market.ask(market.alma, TAKE_BACK, id=Parcel.everyone.get().remote_id)
    read_parcels(market)
    InternalOrder.everyone.update(promised_on=timezone.localdate() - dt.timedelta(days=5))
    assert (presume_delivered(), Return.everyone.count()) == (0, 0)
    InternalOrder.everyone.update(promised_on=timezone.localdate() - dt.timedelta(days=6))
    assert presume_delivered() == 1
    lost = Return.everyone.get()
    assert (lost.is_lost, lost.status, lost.lines.get().quantity) == (True, "announced", 1)
    (told,) = Notice.everyone.filter(kind="parcel_missing")
    assert (told.shop, told.link) == (market.bruno, f"/returns/{lost.number}/")
    assert presume_delivered() == 0
    Return.everyone.update(announced_at=timezone.now() - dt.timedelta(days=15))
    assert end_silent_returns() == 1
    assert (OrderLine.everyone.get().status, lost.lines.get().lost, presume_delivered()) == ("returned", 1, 0)


def test_a_shipper_that_says_it_was_delivered_is_believed_although_its_parcel_was_taken_back(market, sent):
    market.ask(market.alma, TAKE_BACK, id=Parcel.everyone.get().remote_id)
    read_parcels(market)
    InternalOrder.everyone.update(promised_on=timezone.localdate() - dt.timedelta(days=6))
    assert presume_delivered() == 1
    lost = Return.everyone.get()
    line = lost.lines.get()
    inspect_return(lost, {line.line_id: {"missing": 1}}, by="alma")
    assert (Return.everyone.get().status, InternalOrder.everyone.get().status) == ("closed", "shipped")
    assert presume_delivered() == 1
    delivered = InternalOrder.everyone.get()
    assert (delivered.status, delivered.delivered_at is not None) == ("delivered", True)
    assert (OrderLine.everyone.get().status, Return.everyone.count(), presume_delivered()) == ("delivered", 1, 0)


def test_what_was_taken_back_is_reported_lost_but_for_units_in_a_return(market):
    market.buy(market.bruno, ("42", 2))
    market.settle()
    internal = InternalOrder.everyone.get()
    market.ship(internal, "3STWO")
    market.sweep(market.alma)
    line = internal.lines.get()
    kept = announce_return(internal, [(line.pk, 1)], reason="not_liked", destination="origin", by="bruno")
    cancel_return(announce_return(internal, [(line.pk, 1)], reason="not_liked", destination="origin", by="b"), by="b")
    market.ask(market.alma, TAKE_BACK, id=Parcel.everyone.get().remote_id)
    read_parcels(market)
    InternalOrder.everyone.update(promised_on=timezone.localdate() - dt.timedelta(days=6))
    assert (presume_delivered(), presume_delivered()) == (1, 0)
    lost = Return.everyone.get(is_lost=True)
    assert (lost.lines.get().quantity, kept.lines.get().quantity) == (1, 1)


def test_a_delivery_whose_news_was_lost_is_read_before_anything_is_presumed(market):
    market.buy(market.bruno, ("42", 1))
    market.settle()
    internal = InternalOrder.everyone.get()
    market.ship(internal, "3SLOSTNEWS")
    market.sweep(market.alma)
    parcel = Parcel.everyone.get()
    event = {"fulfillmentId": parcel.remote_id, "status": "DELIVERED", "happenedAt": "2026-11-20T10:00:00Z"}
    market.ask(market.alma, TELL, event=event)
    InternalOrder.everyone.update(promised_on=timezone.localdate() - dt.timedelta(days=6))
    assert presume_delivered() == 1
    parcel.refresh_from_db()
    assert (parcel.delivery_presumed, parcel.delivered_at) == (False, dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC))
    internal.refresh_from_db()
    assert internal.status == "delivered"
