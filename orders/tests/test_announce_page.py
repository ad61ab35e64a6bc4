"""Goods of one customer's order go back to each partner that sent some: a return each, all of them or none."""

import datetime as dt

import pytest
from django.utils import timezone

from network.models import Membership, Notice, User
from orders.models import InternalOrder, InternalOrderLine, OrderLine, Parcel, Return
from orders.return_goods import announce_return, inspect_return
from orders.tests.make import Market
from orders.tracking_page import tracking_path
from skuu.testing.signing_in import signed_in


@pytest.fixture
def parts(market: Market) -> list[InternalOrder]:
    """Five pairs of one size for Bruno's customer: three from Alma, two from Dora."""
    market.buy(market.bruno, ("42", 5))
    market.settle()
    rows = list(InternalOrder.everyone.order_by("-lines__quantity"))
    for row in rows:
        market.ship(row, f"3S{row.pk}")
    market.sweep()
    assert [row.lines.get().quantity for row in rows] == [3, 2]
    return rows


@pytest.fixture
def bruno(market: Market):
    person = User.objects.create_user("bruno@example.com", email="bruno@example.com")
    Membership.objects.create(user=person, merchant=market.bruno.merchant, role="operations")
    return signed_in(person)


def said(parts, *units):
    fields = {f"units_{part.lines.get().pk}": count for part, count in zip(parts, units, strict=True)}
    return {"reason": "too_small", "destination": "shipper"} | fields


def test_each_partner_gets_a_return_of_its_own_and_sees_no_other(market, parts, bruno):
    page = f"/my-orders/{parts[0].order_id}/return/"
    text = bruno.get(page).content.decode()
    assert (text.count("of 3 sent"), text.count("of 2 sent")) == (1, 1)
    assert bruno.post(page, said(parts, 2, 1)).status_code == 302
    rows = list(Return.everyone.order_by("pk").select_related("internal_order__shipper"))
    assert {(row.internal_order_id, row.lines.get().quantity) for row in rows} == {(parts[0].pk, 2), (parts[1].pk, 1)}
    told = set(Notice.everyone.filter(kind="return").values_list("shop", "key"))
    assert told == {(row.internal_order.shipper_id, f"return:{row.number}") for row in rows}
    for part in parts:  # the customer finds with each parcel the slip of its own goods
        page = bruno.get(tracking_path(Parcel.everyone.get(internal_order=part))).content.decode()
        assert [row.number in page for row in rows] == [row.internal_order_id == part.pk for row in rows]


def test_when_one_of_them_cannot_be_announced_none_is(parts, bruno):
    InternalOrder.everyone.filter(pk=parts[1].pk).update(delivered_at=timezone.now() - dt.timedelta(days=400))
    answer = bruno.post(f"/my-orders/{parts[0].order_id}/return/", said(parts, 1, 1))
    assert (answer.status_code, "takes nothing of" in answer.content.decode()) == (422, True)
    assert (Return.everyone.count(), Notice.everyone.filter(kind="return").count()) == (0, 0)
    assert set(InternalOrderLine.everyone.values_list("returned_quantity", flat=True)) == {0}


def test_the_customers_line_is_returned_when_the_last_partner_has_its_goods_back(parts):
    for part, status in zip(parts, ("shipped", "returned"), strict=True):
        line = part.lines.get()
        returned = announce_return(part, [(line.pk, line.quantity)], reason="other", by="bruno")
        inspect_return(returned, {line.pk: {"as_new": line.quantity}}, by="partner")
        assert OrderLine.everyone.get().status == status
