"""Two people decide about the same order at the same instant, in real threads: one of them wins, and nothing is left between.

Case 35. A round is a sale of its own; the suite runs twenty of each race, the deep run a thousand.
"""

import datetime as dt
import os
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from catalog.claim import check_claims
from catalog.models import Claim
from catalog.tests.cast import level_of, make_item, open_shop, stock
from catalog.trust import trust_of
from network.connectors.base import RemoteAddress
from network.models import RateCard
from orders.enter import enter_order
from orders.fulfil import accept_internal_order, decline_internal_order, ship_internal_order
from orders.models import InternalOrder, InternalOrderLine, Order, Parcel
from orders.place import expire_unanswered, place_due
from orders.sell import SoldLine, SoldOrder, _remote, _units, call_off_sale, sell_from_shelf
from skuu.kit.errors import SkuuError
from skuu.testing.cloned import cloned_database

ROUNDS = 1000 if "SKUU_DEEP" in os.environ else 20
HOME = RemoteAddress(name="Marie Peeters", address1="Kerkstraat 12", city="Gent", zip="9000", country="BE")
WIDE = 100_000


class Duel:
    """Alma ships, Bruno sells, both by REST; two threads stand ready."""

    def __init__(self):
        item, other = make_item(), make_item()
        self.alma, self.bruno = open_shop("Alma", platform="api"), open_shop("Bruno", platform="api")
        self.level = level_of(stock(self.alma, item, WIDE))
        stock(self.alma, other, WIDE)
        self.variant, self.other = stock(self.bruno, item, 0), stock(self.bruno, other, 0)
        if not RateCard.objects.exists():
            RateCard.objects.create(
                origin_kind="retailer",
                shipper_kind="retailer",
                version=1,
                origin_bp=1500,
                network_bp=200,
                starts_on=dt.date(2024, 1, 1),
            )
        self.gate = threading.Barrier(2)
        self.pool = ThreadPoolExecutor(2)
        self.count = 0

    def sale(self, units=1, variants=()):
        self.count += 1
        lines = tuple(SoldLine(one.remote_id, units, 12000) for one in variants or [self.variant])
        sold = SoldOrder(f"W-{self.count}", "EUR", True, True, None, lines, HOME)
        order, _ = sell_from_shelf(self.bruno, sold)
        return order, sold

    def placed(self, units=1):
        order, sold = self.sale(units)
        while place_due():
            pass
        return order, sold, InternalOrder.everyone.get(order=order)

    def forgive(self):
        """Believe again in the units nobody found."""
        type(self.level).objects.update(phantom=0)

    def meet(self, *sides):
        """Let both act at one instant; returns for each whether it got its way; ``words`` keeps what the losers were told."""
        self.words = []

        def act(side):
            try:
                self.gate.wait(20)
                side()
            except SkuuError as error:
                self.words.append(f"{error.code}: {error}")
                return False
            else:
                return True
            finally:
                connection.ensure_connection()

        return tuple(one.result(60) for one in [self.pool.submit(act, side) for side in sides])

    def close(self):
        for done in [self.pool.submit(self._leave) for _ in range(2)]:
            done.result(20)
        self.pool.shutdown()

    def _leave(self):
        self.gate.wait(20)
        connection.close()


@pytest.fixture(scope="module")
def duel(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), cloned_database():
        made = Duel()
        yield made
        made.close()


def free_of_doubt(duel, order, *, shipped):
    """Units are either on hand, held or gone, once each."""
    duel.level.refresh_from_db()
    gone = sum(InternalOrderLine.everyone.values_list("shipped_quantity", flat=True))
    assert duel.level.available == WIDE - gone
    assert check_claims() == []
    held = Claim.everyone.filter(status="live", purpose__contains=f"order_line:{order.lines.get().pk}:").count()
    assert held == 0
    assert Parcel.everyone.filter(internal_order__order=order).exists() is shipped


def test_cancel_against_ship_has_one_winner(duel):
    """Case 35."""
    won = Counter()
    for _ in range(ROUNDS):
        order, sold, internal = duel.placed()
        cancelled, shipped = duel.meet(
            lambda sold=sold: call_off_sale(duel.bruno, sold.reference),
            lambda internal=internal: ship_internal_order(internal, carrier="PostNL", number="3SRACE", by="alma"),
        )
        internal.refresh_from_db()
        line = order.lines.get()
        assert cancelled is not shipped
        assert (internal.status, line.status) == (("shipped", "shipped") if shipped else ("cancelled", "cancelled"))
        free_of_doubt(duel, order, shipped=shipped)
        won["ship" if shipped else "cancel"] += 1
    assert sum(won.values()) == ROUNDS


def test_decline_against_ship_has_one_winner(duel):
    """Case 35, between two people of one shop."""
    for _ in range(ROUNDS):
        order, _, internal = duel.placed()
        declined, shipped = duel.meet(
            lambda internal=internal: decline_internal_order(internal, "reserved", by="alma"),
            lambda internal=internal: ship_internal_order(internal, carrier="PostNL", number="3SRACE", by="alma"),
        )
        internal.refresh_from_db()
        assert declined is not shipped
        assert internal.status == ("shipped" if shipped else "declined")
        if shipped:
            free_of_doubt(duel, order, shipped=True)


def test_accept_against_expire_has_one_winner(duel):
    """Case 35."""
    type(duel.alma).everyone.filter(pk=duel.alma.pk).update(accept_mode="ask")
    try:
        for _ in range(ROUNDS):
            order, _ = duel.sale()
            old = timezone.now() - dt.timedelta(hours=25)
            InternalOrder.everyone.filter(order=order).update(created_at=old)
            Order.everyone.filter(pk=order.pk).update(paid_at=old)
            internal = InternalOrder.everyone.get(order=order)
            accepted, _ = duel.meet(
                lambda internal=internal: accept_internal_order(internal, by="alma"), expire_unanswered
            )
            internal.refresh_from_db()
            held = Claim.everyone.filter(pk=internal.lines.get().claim_id, status="live").exists()
            assert (internal.status, held) == (("planned", True) if accepted else ("expired", False))
            assert (internal.agreed_at is not None) is accepted
            call_off_sale(duel.bruno, order.remote_id)
            free_of_doubt(duel, order, shipped=False)
    finally:
        type(duel.alma).everyone.filter(pk=duel.alma.pk).update(accept_mode="automatic")


def test_a_sale_of_two_products_from_one_partner_is_called_off_whole_before_it_is_placed(duel):
    order, sold = duel.sale(variants=[duel.variant, duel.other])
    call_off_sale(duel.bruno, sold.reference)
    assert {(line.status, line.quantity) for line in order.lines.all()} == {("cancelled", 0)}
    assert InternalOrder.everyone.get(order=order).status == "cancelled"
    assert not Claim.everyone.filter(status="live").exists()


@pytest.mark.parametrize("first", ["cancel", "decline"])
def test_orders_of_the_same_two_products_are_given_back_at_once_without_stopping_each_other(duel, first):
    """Case 34, the way back: whichever line stands first in an order, no level is waited for in a circle."""
    for _ in range(ROUNDS):
        one, sold = duel.sale(variants=[duel.variant, duel.other])
        two, _ = duel.sale(variants=[duel.other, duel.variant])
        asked = InternalOrder.everyone.get(order=two)
        ends = {
            "cancel": lambda two=two: call_off_sale(duel.bruno, two.remote_id),
            "decline": lambda asked=asked: decline_internal_order(asked, "not_found", by="alma"),
        }
        won = duel.meet(lambda sold=sold: call_off_sale(duel.bruno, sold.reference), ends[first])
        assert (won, duel.words) == ((True, True), [])
        call_off_sale(duel.bruno, two.remote_id)
        duel.forgive()
        assert not Claim.everyone.filter(status="live").exists()
        assert check_claims() == []


def test_a_refund_of_one_unit_against_a_cancellation_of_all_leaves_nothing_held(duel):
    """Case 35: whichever word comes first, the later one finds it done."""
    for _ in range(ROUNDS):
        order, sold, internal = duel.placed(2)
        began = timezone.now()
        fewer = SoldOrder(sold.reference, "EUR", True, True, None, (SoldLine(duel.variant.remote_id, 1, 12000),), HOME)
        units = _units(fewer, {duel.variant.remote_id: duel.variant})
        remote = _remote(order, units, paid=True)
        duel.meet(
            lambda remote=remote, units=units, began=began: enter_order(duel.bruno, remote, units, None, began),
            lambda sold=sold: call_off_sale(duel.bruno, sold.reference),
        )
        line = order.lines.get()
        order.refresh_from_db()
        assert order.cancelled_at is not None
        assert (line.status, line.quantity) == ("cancelled", 0)
        assert not InternalOrder.everyone.filter(order=order, status__in=InternalOrder.OPEN).exists()
        free_of_doubt(duel, order, shipped=False)


def test_parallel_rejections_of_one_order_are_one_outcome(duel):
    """T11: two people of one shop press “not found” at one instant."""
    for _ in range(min(ROUNDS, 100)):
        _, _, internal = duel.placed()
        before = trust_of([duel.alma.pk])[duel.alma.pk].counts

        def reject(internal=internal):
            decline_internal_order(internal, "not_found", by="alma")

        assert duel.meet(reject, reject) == (True, True)
        duel.level.refresh_from_db()
        assert duel.level.phantom == 1
        assert list(internal.changes.filter(to_status="declined").values_list("by", flat=True)) == ["alma"]
        after = trust_of([duel.alma.pk])[duel.alma.pk].counts
        assert {kind: after[kind] - before.get(kind, 0) for kind in after if after[kind] != before.get(kind, 0)} == {
            "not_found": 1,
            "declined": 1,
        }
        assert check_claims() == []
        duel.forgive()
