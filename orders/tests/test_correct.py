"""Tracking that was entered wrongly is set right at both shops; a customer's page says no more than the seller may."""

import pytest
from django.test import Client

from orders.correct import NumberTaken, correct_tracking
from orders.fulfil import ship_internal_order
from orders.models import InternalOrder, Parcel
from orders.tests.make import hurry
from orders.tracking_page import tracking_path
from skuu.kit.errors import WrongState


@pytest.fixture
def sent(market):
    market.order_id = market.buy(market.bruno, ("42", 1))
    market.settle()
    parcel = ship_internal_order(InternalOrder.everyone.get(), carrier="PostNL", number="3SWRONG", by="alma")
    market.settle()
    parcel.refresh_from_db()
    return parcel


def shown(market, shop, order_id):
    (parcel,) = market.order(shop, order_id)["fulfillments"]
    return [(one["company"], one["number"]) for one in parcel["trackingInfo"]]


def test_a_correction_reaches_both_stores_and_the_old_word_does_not_come_back(market, sent):
    internal = sent.internal_order
    correct_tracking(sent, carrier="DHL", number="JJD000390007882471952", by="alma")
    InternalOrder.everyone.update(fulfilments_due_at="2026-01-01T00:00:00Z")  # the store is read before it is written
    market.settle()
    hurry()
    market.sweep(market.alma)
    right = [("DHL", "JJD000390007882471952")]
    assert shown(market, market.alma, internal.remote_id) == right
    assert shown(market, market.bruno, market.order_id) == right
    kept = Parcel.everyone.get()
    assert (kept.tracking_number, kept.push_due_at) == ("JJD000390007882471952", None)
    assert kept.tracking_url.startswith("https://www.dhl.com/")
    assert "it was PostNL 3SWRONG" in internal.changes.order_by("-pk").first().reason


def test_the_same_words_again_change_nothing_and_a_taken_number_is_refused(market, sent):
    before = sent.internal_order.changes.count()
    correct_tracking(sent, carrier="PostNL", number="3SWRONG", url=sent.tracking_url, by="alma")
    other = Parcel.everyone.create(internal_order=sent.internal_order, carrier="PostNL", tracking_number="3SOTHER")
    with pytest.raises(NumberTaken):
        correct_tracking(sent, carrier="PostNL", number="3SOTHER", by="alma")
    Parcel.everyone.filter(pk=other.pk).update(cancelled_at="2026-01-01T00:00:00Z")
    other.refresh_from_db()
    with pytest.raises(WrongState):
        correct_tracking(other, carrier="PostNL", number="3SNEW", by="alma")
    sent.refresh_from_db()
    assert (sent.tracking_number, sent.internal_order.changes.count() - before) == ("3SWRONG", 1)


def test_the_customers_page_speaks_in_the_sellers_name_and_never_names_the_shipper(market, sent):
    page = Client().get(tracking_path(sent))
    text = page.content.decode()
    assert page.status_code == 200
    assert market.bruno.name in text
    assert "3SWRONG" in text
    for secret in (market.alma.name, market.alma.domain, "Peeters", "Kerkstraat", sent.internal_order.number, "marie@"):
        assert secret not in text
    assert (page["Referrer-Policy"], page["X-Robots-Tag"]) == ("no-referrer", "noindex")


def test_a_guessed_or_changed_address_is_nobodys_page(market, sent):
    path = tracking_path(sent)
    for wrong in (f"/track/{sent.pk}/", path[:-3] + "xy/", "/track/x:y:z/"):
        assert Client().get(wrong).status_code == 404
    Parcel.everyone.update(cancelled_at="2026-01-01T00:00:00Z")
    assert Client().get(path).status_code == 404
