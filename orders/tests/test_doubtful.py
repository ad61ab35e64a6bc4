"""A tracking number that is none of its carrier's is asked about by REST, and told of when a store only shows it."""

import pytest

from network.models import Notice
from orders.fulfil import ship_internal_order
from orders.models import InternalOrder, Parcel
from skuu.testing.calling import Program

ODD = {"carrier": "DHL", "tracking_number": "hello world!!"}
SAID = "hello world!! does not look like a number of DHL."


@pytest.fixture
def placed(market):
    market.buy(market.bruno, ("42", 1))
    market.settle()
    return InternalOrder.everyone.select_related("shipper").get()


def asked():
    return Notice.everyone.filter(kind="doubtful_number")


def test_by_rest_a_doubtful_number_is_asked_about_and_taken_when_the_shipper_is_sure(market, placed):
    alma = Program(market.alma if placed.shipper_id == market.alma.pk else market.dora)
    door = f"internal-orders/{placed.number}/"
    refused = alma.post(f"{door}ship/", ODD)
    assert (refused.status_code, refused.json()["code"], refused.json()["hint"]) == (422, "doubtful_number", SAID)
    assert (Parcel.everyone.count(), InternalOrder.everyone.get().status) == (0, "accepted")
    assert alma.post(f"{door}ship/", ODD | {"sure": True}).status_code == 200
    parcel = Parcel.everyone.get()
    assert (parcel.carrier, parcel.tracking_number) == ("DHL", "hello world!!")
    odd = {"carrier": "UPS", "tracking_number": "🙂🙂"}
    refused = alma.post(f"{door}parcels/{parcel.pk}/", odd)
    assert (refused.status_code, refused.json()["code"]) == (422, "doubtful_number")
    parcel.refresh_from_db()
    assert (parcel.carrier, parcel.tracking_number) == ("DHL", "hello world!!")
    assert alma.post(f"{door}parcels/{parcel.pk}/", odd | {"sure": True}).status_code == 200
    market.settle()
    assert Parcel.everyone.get().tracking_number == "🙂🙂"
    assert not asked().exists()  # who was asked is not told again by what the store shows


def test_a_doubtful_number_entered_in_the_shippers_store_is_told_once_and_settled_by_the_right_one(market, placed):
    market.ship(placed, number="order 1001")
    market.sweep()
    notice, parcel = asked().get(), Parcel.everyone.get()
    assert (notice.shop, notice.done_at) == (placed.shipper, None)
    assert notice.subject == f"{placed.number}: is the tracking number right?"
    assert "order 1001 does not look like a number of PostNL." in notice.body
    assert notice.link == f"/to-ship/{placed.number}/"
    InternalOrder.everyone.update(fulfilments_due_at="2026-01-01T00:00:00Z")
    market.settle()
    assert asked().filter(done_at=None).count() == 1
    answer = Program(placed.shipper).post(
        f"internal-orders/{placed.number}/parcels/{parcel.pk}/", {"carrier": "PostNL", "tracking_number": "3SRIGHT"}
    )
    assert answer.status_code == 200
    assert asked().get().done_at is not None


def test_a_number_a_shipper_was_asked_about_in_the_portal_is_not_told_when_its_store_shows_it(market, placed):
    ship_internal_order(placed, carrier="UPS", number="own 7", by="alma")
    market.settle()
    InternalOrder.everyone.update(fulfilments_due_at="2026-01-01T00:00:00Z")
    market.settle()
    assert Parcel.everyone.get().remote_id
    assert not asked().exists()
