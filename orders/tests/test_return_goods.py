"""Goods come back: announced by the selling shop, inspected by the shipper; stock and the two shops' figures follow."""

import datetime as dt

import pytest
from django.utils import timezone

from catalog.claim import check_claims
from network.models import Notice
from network.scoping import Unscoped, acting_for
from orders.models import InternalOrder, InternalOrderLine, OrderLine, Return, ReturnLine
from orders.restock import restock_due
from orders.return_goods import (
    BadUnits,
    TooLate,
    announce_return,
    cancel_return,
    inspect_return,
    receive_return,
    report_lost,
)
from orders.returnable import units_left
from orders.silent_returns import end_silent_returns
from orders.tests.make import Market
from skuu.kit.errors import NotPossible, WrongState


@pytest.fixture
def sent(market: Market) -> InternalOrder:
    """Two units of 42 that Alma shipped for Bruno; one is left at Alma."""
    market.buy(market.bruno, ("42", 2))
    market.settle()
    market.ship(InternalOrder.everyone.get())
    market.sweep()
    row = InternalOrder.everyone.select_related("shipper").get()
    assert (row.status, row.shipper_id, market.available(market.alma, "42")) == ("shipped", market.alma.pk, 1)
    return row


def announce(sent, units=2, **more):
    line = sent.lines.get()
    return announce_return(sent, [(line.pk, units)], **({"reason": "too_small", "by": "bruno"} | more))


def inspect(returned, **grades):
    line = returned.lines.get()
    return inspect_return(returned, {line.line_id: grades}, by="alma")


def facts(sent):
    """Everything that a refusal must leave alone."""
    return [
        list(Return.everyone.order_by("pk").values()),
        list(ReturnLine.everyone.order_by("pk").values()),
        list(InternalOrderLine.everyone.order_by("pk").values()),
        list(OrderLine.everyone.order_by("pk").values("status")),
    ]


def test_units_as_new_go_back_to_the_place_they_were_taken_from(market, sent):
    returned = announce(sent)
    receive_return(returned, by="alma")
    closed = inspect(returned, as_new=2)
    assert (closed.status, OrderLine.everyone.get().status) == ("closed", "returned")
    before = market.available(market.bruno, "42")
    assert restock_due() == 1
    assert market.available(market.alma, "42") == 3
    assert market.available(market.bruno, "42") == before
    line = ReturnLine.everyone.get()
    assert (line.restocked_at is not None, line.restock_due_at, line.error) == (True, None, "")
    market.take_stock(market.alma)
    level = market.level(market.alma, "42")
    assert (level.available, level.claimed, level.phantom, level.coming_back) == (3, 0, 0, 0)
    assert check_claims() == []


def test_a_restock_whose_answer_was_lost_adds_the_units_once(market, sent):
    inspect(announce(sent), as_new=2)
    market.standin.spoil("drop_after", "inventoryAdjustQuantities", store=market.alma.domain, times=9)
    assert restock_due() == 1
    line = ReturnLine.everyone.get()
    assert (line.restocked_at, line.error != "", market.available(market.alma, "42")) == (None, True, 3)
    market.standin.faults.clear()
    ReturnLine.everyone.update(restock_due_at=timezone.now())
    assert restock_due() == 1
    line.refresh_from_db()
    assert (line.restocked_at is not None, line.error, market.available(market.alma, "42")) == (True, "", 3)


def test_units_that_come_back_do_not_prove_the_ones_that_were_not_found(market, sent):
    level = market.level(market.alma, "42")
    level.phantom = 1
    level.save(update_fields=["phantom"])
    inspect(announce(sent), as_new=2)
    restock_due()
    market.take_stock(market.alma)
    level.refresh_from_db()
    assert (level.available, level.phantom, level.coming_back) == (3, 1, 0)


def test_only_what_is_as_new_goes_back_on_the_shelf(market, sent):
    closed = inspect(announce(sent), faulty=1, worn=1)
    assert restock_due() == 0
    assert (closed.lines.get().taken_back, market.available(market.alma, "42")) == (1, 1)


def test_missing_units_can_be_announced_again(market, sent):
    inspect(announce(sent), as_new=1, missing=1)
    assert OrderLine.everyone.get().status == "shipped"
    assert list(units_left(sent).values()) == [1]
    inspect(announce(sent, 1), as_new=1)
    assert OrderLine.everyone.get().status == "returned"


def test_the_shipper_is_told_and_the_selling_shop_hears_how_it_came(market, sent):
    returned = announce(sent)
    (told,) = Notice.everyone.filter(kind="return")
    assert (told.shop_id, told.done_at, told.subject) == (
        market.alma.pk, None, f"{returned.number}: a parcel comes back to you",
    )  # fmt: skip
    inspect(returned, as_new=1, worn=1)
    told.refresh_from_db()
    (heard,) = Notice.everyone.filter(kind="return_closed")
    assert told.done_at is not None
    assert (heard.shop_id, heard.subject) == (
        market.bruno.pk, f"{returned.number}: 1 × as new, 1 × worn or damaged by the customer",
    )  # fmt: skip
    for notice in Notice.everyone.all():
        assert "marie" not in f"{notice.subject}{notice.body}".lower()


def test_what_the_selling_shop_keeps_touches_nobodys_figures(market, sent):
    returned = announce(sent, destination="origin")
    figures = [market.available(shop, "42") for shop in (market.alma, market.bruno)]
    inspect(returned, as_new=2)
    assert restock_due() == 0
    assert [market.available(shop, "42") for shop in (market.alma, market.bruno)] == figures
    assert OrderLine.everyone.get().status == "returned"
    assert not Notice.everyone.filter(kind__startswith="return").exists()


def test_the_same_counts_twice_change_nothing_and_other_counts_are_refused(market, sent):
    returned = inspect(announce(sent), as_new=1, worn=1)
    before = facts(sent)
    inspect(returned, as_new=1, worn=1)
    assert facts(sent) == before
    with pytest.raises(WrongState):
        inspect(returned, as_new=2)
    assert facts(sent) == before


def test_no_more_units_come_back_than_were_sent(market, sent):
    announce(sent, 1)
    before = facts(sent)
    for units in (0, -1, 2):
        with pytest.raises(BadUnits):
            announce(sent, units)
    with pytest.raises(BadUnits):
        announce_return(sent, [], reason="other", by="bruno")
    with pytest.raises(BadUnits):
        announce_return(sent, [(sent.lines.get().pk + 99, 1)], reason="other", by="bruno")
    with pytest.raises(NotPossible):
        announce(sent, 1, reason="because")
    assert facts(sent) == before


def test_every_unit_announced_gets_one_grade(market, sent):
    returned = announce(sent)
    before = facts(sent)
    for grades in ({"as_new": 1}, {"as_new": 3}, {"as_new": 3, "worn": -1}, {"lost": 2}, {"broken": 2}):
        with pytest.raises(BadUnits):
            inspect(returned, **grades)
    assert facts(sent) == before


def test_nothing_comes_back_that_was_never_shipped(market):
    market.buy(market.bruno, ("42", 1))
    market.settle()
    row = InternalOrder.everyone.get()
    with pytest.raises(WrongState):
        announce_return(row, [(row.lines.get().pk, 1)], reason="other", by="bruno")
    assert not Return.everyone.exists()


def test_a_cancelled_return_frees_its_units(market, sent):
    returned = announce(sent)
    cancel_return(returned, by="bruno")
    cancel_return(returned, by="bruno")
    assert list(units_left(sent).values()) == [2]
    with pytest.raises(WrongState):
        inspect(returned, as_new=2)
    assert announce(sent).status == "announced"


def test_what_has_arrived_cannot_be_cancelled(market, sent):
    returned = announce(sent)
    receive_return(returned, by="alma")
    with pytest.raises(WrongState):
        cancel_return(returned, by="bruno")
    assert Return.everyone.get().status == "received"


def test_the_shipper_takes_nothing_back_after_its_time_and_the_selling_shop_still_may(market, sent, settings):
    settings.RETURN_DAYS = 30
    long_ago = timezone.now() - dt.timedelta(days=31)
    InternalOrder.everyone.update(status="delivered", delivered_at=long_ago)
    sent.refresh_from_db()
    with pytest.raises(TooLate):
        announce(sent)
    assert not Return.everyone.exists()
    assert announce(sent, destination="origin").destination == "origin"


def test_a_parcel_that_never_arrived_is_reported_once_and_denied_or_agreed(market, sent):
    with pytest.raises(WrongState) as early:
        report_lost(sent, by="bruno")
    assert early.value.code == "too_early"
    InternalOrder.everyone.update(promised_on=timezone.localdate() - dt.timedelta(days=1))
    first = report_lost(sent, by="bruno")
    assert report_lost(sent, by="bruno").pk == first.pk
    inspect(first, missing=2)
    assert OrderLine.everyone.get().status == "shipped"
    second = report_lost(sent, by="bruno")
    inspect(second, lost=2)
    assert (OrderLine.everyone.get().status, market.available(market.alma, "42")) == ("returned", 1)
    assert restock_due() == 0


def test_silence_ends_a_return(market, sent):
    first = announce(sent, 1)
    second = announce(sent, 1)
    receive_return(second, by="alma")
    assert end_silent_returns() == 0
    Return.everyone.filter(pk=first.pk).update(announced_at=timezone.now() - dt.timedelta(days=61))
    Return.everyone.filter(pk=second.pk).update(received_at=timezone.now() - dt.timedelta(days=15))
    assert (end_silent_returns(), end_silent_returns()) == (2, 0)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status, second.lines.get().as_new) == ("cancelled", "closed", 1)


def test_a_rest_shops_own_figure_rises_when_it_takes_units_back(market):
    from orders.fulfil import ship_internal_order

    market.alma.platform = "api"
    market.alma.save()
    market.buy(market.bruno, ("42", 1))
    market.settle()
    row = InternalOrder.everyone.get()
    ship_internal_order(row, carrier="PostNL", number="3SREST", by="alma")
    market.settle()
    assert market.level(market.alma, "42").available == 2
    row.refresh_from_db()
    inspect(announce(row, 1), as_new=1)
    assert (market.level(market.alma, "42").available, restock_due()) == (3, 0)


def test_a_query_that_does_not_say_whose_returns_it_wants_is_an_error(market, sent):
    returned = announce(sent)
    cara, alma, bruno = (shop.merchant for shop in (market.cara, market.alma, market.bruno))
    with acting_for(bruno):
        with pytest.raises(Unscoped):
            list(Return.objects.all())
        assert [row.pk for row in Return.objects.for_merchant(bruno)] == [returned.pk]
        assert [row.pk for row in Return.objects.for_merchant(alma, via=Return.VIA_SHIPPER)] == [returned.pk]
        for via in ("", Return.VIA_SHIPPER):
            assert not Return.objects.for_merchant(cara, via=via).exists()
