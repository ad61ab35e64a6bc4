"""Staff find exchanges and takeovers in lists of their own, with both sides of each, and change nothing there."""

import pytest
from django.urls import reverse

from orders.direct import Directed
from orders.exchange import exchange_units
from orders.models import InternalOrder, InternalOrderLine, Return
from orders.object_grade import object_grade
from orders.return_goods import announce_return, inspect_return
from skuu.testing.signing_in import signed_in


@pytest.fixture
def staff(admin_user):
    return signed_in(admin_user, second_factor=True)


@pytest.fixture
def traded(market):
    """Bruno's customers send back two pairs of 42: one for a 43, one to Cara, who takes it over; a third stays out of it."""
    market.buy(market.bruno, ("42", 3))
    market.settle()
    market.ship(InternalOrder.everyone.get())
    market.sweep()
    line = InternalOrderLine.everyone.select_related(
        "internal_order__order__shop__merchant", "internal_order__shipper", "order_line__variant"
    ).get()
    exchanged = exchange_units(line, 1, market.variant(market.bruno, "43"), reason="too_small", by="bruno")
    vat = {"vat": {"supply_rate_bp": 2100}}
    chosen = Directed(
        "taker", market.cara.pk, "Near.", vat, {line.pk: market.level(market.cara, "42").pk}, {line.pk: 59_47}
    )
    taken = announce_return(line.internal_order, [(line.pk, 1)], reason="not_liked", chosen=chosen, by="bruno")
    return exchanged, inspect_return(taken, {line.pk: {"as_new": 1}}, by="cara")


def shown(staff, name, **asked):
    answer = staff.get(reverse(f"admin:orders_{name}_changelist"), asked)
    assert answer.status_code == 200
    return list(answer.context_data["cl"].queryset), answer.content.decode()


def test_exchanges_are_listed_with_the_return_they_were_given_for(staff, traded):
    exchanged, _taken = traded
    rows, text = shown(staff, "exchange", status="routed", exchange_of__reason="too_small")
    assert [row.pk for row in rows] == [exchanged.line.pk]
    assert reverse("admin:orders_return_change", args=[exchanged.returned.pk]) in text
    assert shown(staff, "exchange", exchange_of__status="closed")[0] == []
    assert shown(staff, "exchange", q=exchanged.returned.number)[0] == rows
    assert staff.get(reverse("admin:orders_exchange_change", args=[exchanged.line.pk])).status_code == 200


def test_takeovers_are_listed_with_who_buys_for_how_much(staff, traded, market):
    _exchanged, taken = traded
    rows, text = shown(staff, "takeover", status="closed", posted_at__isempty="1", receiver__id__exact=market.cara.pk)
    assert [row.pk for row in rows] == [taken.pk]
    for words in ("bruno-schoenen", "cara-mode", "alma-studio", "€59.47"):
        assert words in text
    assert shown(staff, "takeover", posted_at__isempty="0")[0] == []
    assert shown(staff, "takeover", q=taken.number)[0] == rows
    page = staff.get(reverse("admin:orders_takeover_change", args=[taken.pk]))
    assert (page.status_code, "5947" in page.content.decode()) == (200, True)
    before = list(Return.everyone.values())
    assert (
        staff.post(reverse("admin:orders_takeover_change", args=[taken.pk]), {"status": "announced"}).status_code == 403
    )
    assert list(Return.everyone.values()) == before


def test_whoever_decides_an_objection_reads_who_inspected_the_goods(staff, market, traded):
    _exchanged, taken = traded
    order = taken.internal_order
    line = order.lines.get()
    places = {line.pk: market.level(market.cara, "42").pk}
    chosen = Directed("taker", market.cara.pk, "Near.", taken.considered, places, {line.pk: 59_47})
    again = announce_return(order, [(line.pk, 1)], reason="not_liked", chosen=chosen, by="bruno")
    inspect_return(again, {line.pk: {"faulty": 1}}, by="cara")
    asked = [{"line": line.pk, "from": "faulty", "to": "as_new", "units": 1}]
    made = object_grade(again, asked, "It is new.", by="bruno")
    text = staff.get(reverse("admin:orders_objection_decide", args=[made.pk])).content.decode()
    assert "cara-mode inspected it" in text
    assert "what is as new it buys" in text
