"""A shipper that is gone keeps no customer waiting: its orders end and go to the next partner, and all who must know are told."""

import datetime as dt

import pytest
from django.utils import timezone

from network.models import Notice, Shop, ShopCredential, User
from orders.cancel import cancel_due
from orders.fulfil import ship_internal_order
from orders.lost import REFUSED, end_at_lost_shippers
from orders.models import InternalOrder, Order, OrderLine, Parcel
from orders.tests.make import hurry


@pytest.fixture
def sold(market):
    """Bruno's customer bought a pair that lies at Alma; staff have an address."""
    User.objects.create_superuser("ina", "ina@example.com", "x")
    market.buy(market.bruno, ("42", 1))
    market.settle()
    row = InternalOrder.everyone.select_related("shipper").get()
    assert (row.shipper, row.status) == (market.alma, "accepted")
    return row


def told():
    return sorted(Notice.everyone.filter(kind="partner_lost").values_list("shop__name", "key", "link"))


def refuse_for(shop, hours):
    ShopCredential.objects.filter(shop=shop).update(broken_at=timezone.now() - dt.timedelta(hours=hours))


def test_what_lies_at_a_shop_that_removed_the_app_goes_to_the_next_partner_and_a_late_parcel_is_accepted(
    market, sold, mailoutbox
):
    assert end_at_lost_shippers() == 0
    Shop.everyone.filter(pk=market.alma.pk).update(status="left")
    ShopCredential.objects.filter(shop=market.alma).update(access_token="")
    assert (end_at_lost_shippers(), end_at_lost_shippers()) == (1, 0)
    sold.refresh_from_db()
    assert (sold.status, sold.status_reason, sold.cancel_done_at is None) == (
        "declined",
        "Its shop left the network.",
        False,
    )
    key, order = f"partner_lost:{sold.number}", Order.everyone.get()
    assert told() == [
        ("alma-studio", key, f"/to-ship/{sold.number}/"),
        ("bruno-schoenen", key, f"/my-orders/{order.pk}/"),
    ]
    (mail,) = [one for one in mailoutbox if "ina@example.com" in one.bcc]
    assert (mail.subject.endswith("alma-studio cannot be reached any more"), sold.number in mail.body) == (True, True)
    market.settle()
    second = InternalOrder.everyone.exclude(pk=sold.pk).get()
    assert (second.shipper, second.status, OrderLine.everyone.get().status) == (market.dora, "accepted", "routed")
    ship_internal_order(sold, carrier="PostNL", number="3SLATE1", already_left=True, by="alma")
    sold.refresh_from_db()
    assert (Parcel.everyone.get().internal_order, sold.status) == (sold, "shipped")
    assert Notice.everyone.filter(kind="shipped_after_cancel", shop=market.bruno).exists()


def test_a_store_that_refuses_us_has_a_day_to_be_connected_again_and_a_cancellation_there_ends(market, sold):
    refuse_for(market.alma, 23)
    assert end_at_lost_shippers() == 0
    InternalOrder.everyone.update(cancel_wanted_at=timezone.now(), next_attempt_at=timezone.now(), tries=0)
    line = OrderLine.everyone.get()
    OrderLine.everyone.update(status="waiting", route_due_at=None)  # what is still wanted waits for the cancellation
    assert cancel_due() == 1
    sold.refresh_from_db()
    assert (sold.status, sold.cancel_done_at, OrderLine.everyone.get().route_due_at) == ("accepted", None, None)
    refuse_for(market.alma, 25)
    assert end_at_lost_shippers() == 1
    sold.refresh_from_db()
    line.refresh_from_db()
    assert (sold.status, sold.cancel_done_at is None) == ("cancelled", False)
    assert (line.status, line.route_due_at is None) == ("waiting", False)
    assert [shop for shop, _, _ in told()] == ["alma-studio", "bruno-schoenen"]


def test_a_cancellation_that_a_store_refuses_for_ever_ends(market, sold):
    InternalOrder.everyone.update(cancel_wanted_at=timezone.now(), next_attempt_at=timezone.now(), tries=REFUSED - 2)
    OrderLine.everyone.update(status="waiting", route_due_at=None)
    # the store forgot the order: it answers every question about it, and every wish, with a refusal
    InternalOrder.everyone.update(remote_id="gid://shopify/Order/404404")
    assert cancel_due() == 1
    sold.refresh_from_db()
    assert (sold.status, sold.cancel_done_at, told()) == ("accepted", None, [])
    hurry()
    assert cancel_due() == 1
    sold.refresh_from_db()
    assert (sold.status, sold.cancel_done_at is None, len(told())) == ("cancelled", False, 2)
    assert OrderLine.everyone.get().route_due_at is not None
    assert cancel_due() == 0
