"""Another size instead: a linked return and a new claim at whoever has it, or nothing at all."""

import datetime as dt

import pytest
from django.utils import timezone

from catalog.claim import check_claims
from catalog.models import Claim
from network.models import Notice
from orders.exchange import AnotherModel, NothingToGive, _undo, exchange_units, sizes_to_give
from orders.models import InternalOrder, InternalOrderLine, OrderLine, Parcel, Return
from orders.return_goods import BadUnits, cancel_return, inspect_return
from orders.returnable import units_left
from orders.silent_returns import end_silent_returns
from orders.tests.make import live_units


@pytest.fixture
def sent(market):
    """One unit of 42 that Alma shipped for Bruno."""
    market.buy(market.bruno, ("42", 1))
    market.settle()
    market.ship(InternalOrder.everyone.get())
    market.sweep()
    row = InternalOrderLine.everyone.select_related(
        "internal_order__order__shop__merchant", "internal_order__shipper", "order_line__variant"
    )
    return row.get()


def exchange(sent, wanted, units=1):
    return exchange_units(sent, units, wanted, reason="too_small", by="bruno")


def facts():
    return [list(model.everyone.order_by("pk").values()) for model in (Return, OrderLine, InternalOrder, Claim)]


def test_another_size_is_claimed_placed_and_shipped_and_the_first_comes_back(market, sent):
    order = sent.internal_order.order
    done = exchange(sent, market.variant(market.bruno, "43"))
    assert (done.returned.status, done.returned.reason, done.line.exchange_of_id) == (
        "announced",
        "too_small",
        done.returned.pk,
    )
    assert (done.line.status, done.line.unit_price_minor, done.line.quantity) == (
        "routed",
        sent.order_line.unit_price_minor,
        1,
    )
    market.settle()
    new = InternalOrder.everyone.exclude(pk=sent.internal_order_id).get()
    assert (new.status, new.lines.get().order_line_id) == ("accepted", done.line.pk)
    before = market.order(market.bruno, order.remote_id)
    market.ship(new, "3SEXCHANGE")
    market.sweep()
    parcel = Parcel.everyone.get(tracking_number="3SEXCHANGE")
    done.line.refresh_from_db()
    assert (done.line.status, parcel.mirrored == parcel.mirror_wanted, parcel.mirror_remote_id) == ("shipped", True, "")
    assert market.order(market.bruno, order.remote_id)["fulfillments"] == before["fulfillments"]
    (told,) = Notice.everyone.filter(kind="exchange_sent")
    assert (told.shop_id, "3SEXCHANGE" in told.body) == (market.bruno.pk, True)
    inspect_return(done.returned, {sent.pk: {"as_new": 1}}, by="alma")
    sent.order_line.refresh_from_db()
    assert sent.order_line.status == "returned"
    assert check_claims() == []


def test_the_shops_next_read_leaves_what_was_given_alone(market, sent):
    done = exchange(sent, market.variant(market.bruno, "43"))
    market.sweep()
    done.line.refresh_from_db()
    assert (done.line.status, done.line.quantity) == ("routed", 1)


def test_when_nobody_has_the_size_nothing_is_announced(market, sent):
    for shop in (market.alma, market.dora):
        level = market.level(shop, "43")
        type(level).everyone.filter(pk=level.pk).update(available=0)
    with pytest.raises(NothingToGive) as refused:
        exchange(sent, market.variant(market.bruno, "43"))
    assert refused.value.code == "nothing_to_give"
    assert [row.status for row in Return.everyone.all()] == ["cancelled"]
    assert list(units_left(sent.internal_order).values()) == [1]
    assert OrderLine.everyone.get(exchange_of__isnull=False).status == "cancelled"
    assert live_units(market.level(market.alma, "43")) == 0
    assert not Notice.everyone.filter(kind="keeps_both").exists()


def test_a_size_that_a_sweep_finds_meanwhile_is_given_after_all(market, sent):
    done = exchange(sent, market.variant(market.bruno, "43"))
    seen_before = OrderLine.everyone.get(pk=done.line.pk)
    seen_before.status = "waiting"  # what the exchange had read when the sweep routed it
    assert _undo(seen_before, done.returned, "bruno") is False
    done.returned.refresh_from_db()
    done.line.refresh_from_db()
    assert (done.returned.status, done.line.status) == ("announced", "routed")


@pytest.mark.parametrize("ends", ["cancelled by its shop", "never arrived"])
def test_who_keeps_both_sizes_is_told_to_the_selling_shop(market, sent, ends):
    done = exchange(sent, market.variant(market.bruno, "43"))
    if ends == "never arrived":
        Return.everyone.update(announced_at=timezone.now() - dt.timedelta(days=61))
        assert (end_silent_returns(), end_silent_returns()) == (1, 0)
    else:
        cancel_return(done.returned, by="bruno")
    (told,) = Notice.everyone.filter(kind="keeps_both")
    assert (told.shop_id, done.line.title in told.body) == (market.bruno.pk, True)


def test_only_another_size_of_the_same_model_of_the_same_shop(market, sent):
    before = facts()
    for wanted in (market.variant(market.bruno, "42"), market.variant(market.cara, "43")):
        with pytest.raises(AnotherModel):
            exchange(sent, wanted)
    with pytest.raises(BadUnits):
        exchange(sent, market.variant(market.bruno, "43"), units=2)
    assert facts() == before
    assert [variant.sku for variant in sizes_to_give(sent)] == ["bruno-schoenen-41", "bruno-schoenen-43"]
