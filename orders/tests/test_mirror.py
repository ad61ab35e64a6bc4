"""A parcel shows once in the customer's order, however often its store speaks of it, and not at all once it was taken back."""

import pytest

from orders.fulfil import note_parcels_changed
from orders.leases import take
from orders.mirror import mirror_due
from orders.models import InternalOrder, Parcel
from orders.parcels import note_mirror_wanted, read_fulfilments_due
from orders.tests.make import hurry

UNSHIP = "mutation($id: ID!) { fulfillmentCancel(id: $id) { userErrors { message } } }"


@pytest.fixture
def sent(market):
    """One of two units has left Alma; Bruno's order does not say so yet."""
    market.order_id = market.buy(market.bruno, ("42", 2))
    market.settle()
    market.ship(InternalOrder.everyone.get(), "3SONE", units=1)
    hear(market)
    return Parcel.everyone.get()


def hear(market):
    internal_order = InternalOrder.everyone.get()
    note_parcels_changed(market.alma.pk, internal_order.remote_id)
    read_fulfilments_due()


def shown(market):
    parcels = market.order(market.bruno, market.order_id)["fulfillments"]
    return [one["trackingInfo"][0]["number"] for one in parcels if one["status"] == "SUCCESS"]


def test_news_of_a_parcel_that_is_being_entered_lets_nobody_enter_it_beside(market, sent):
    take(Parcel.everyone.all(), "next_attempt_at", tries="tries")  # a worker is at it
    hear(market)
    assert mirror_due() == 0
    hurry()  # that worker died before it had done anything
    market.settle()
    assert shown(market) == ["3SONE"]


def test_news_read_before_a_parcel_was_entered_does_not_undo_that_it_was(market, sent):
    before = Parcel.everyone.get()
    assert mirror_due() == 1
    note_mirror_wanted(before)
    assert Parcel.everyone.get().mirror_remote_id
    assert mirror_due() == 0
    assert shown(market) == ["3SONE"]


def test_what_a_lost_answer_left_is_found_however_often_the_parcel_is_spoken_of(market, sent):
    market.standin.spoil("drop_after", "Ship(", store=market.bruno.domain)
    assert mirror_due() == 1
    assert Parcel.everyone.get().mirror_remote_id == ""
    hurry()
    hear(market)
    market.settle()
    assert shown(market) == ["3SONE"]
    assert Parcel.everyone.get().mirror_remote_id


def test_a_parcel_taken_back_goes_from_the_customers_order_though_the_answer_to_its_entry_was_lost(market, sent):
    market.standin.spoil("drop_after", "Ship(", store=market.bruno.domain)
    mirror_due()
    assert shown(market) == ["3SONE"]
    market.ask(market.alma, UNSHIP, id=sent.remote_id)
    hear(market)
    hurry()
    market.settle()
    assert shown(market) == []
    kept = Parcel.everyone.get()
    assert kept.mirrored == kept.mirror_wanted


def test_a_parcel_taken_back_and_sent_again_under_its_number_shows_once(market, sent):
    mirror_due()
    market.ask(market.alma, UNSHIP, id=sent.remote_id)
    hear(market)
    market.ship(InternalOrder.everyone.get(), "3SONE", units=1)
    hear(market)
    Parcel.everyone.filter(cancelled_at=None).update(tries=1)  # tried once, before the first was gone
    Parcel.everyone.exclude(cancelled_at=None).update(next_attempt_at="2100-01-01T00:00:00Z")
    mirror_due()
    hurry()
    Parcel.everyone.update(next_attempt_at="2020-01-01T00:00:00Z")
    market.settle()
    assert shown(market) == ["3SONE"]
    assert Parcel.everyone.get(cancelled_at=None).mirror_remote_id
