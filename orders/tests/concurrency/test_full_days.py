"""The last place of a shipper's day is taken once, also by orders of different goods decided at the same moment."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from catalog.tests.cast import make_item, stock
from network.taxing import Point
from orders.decide import decide_order
from orders.models import InternalOrder
from orders.room import DayIsFull, take_room
from orders.routing import Demand
from orders.sell import SoldLine, SoldOrder, sell_from_shelf
from orders.tests.concurrency.test_last_unit import at_once
from orders.tests.test_decide import ADDRESS, Scene
from skuu.testing.cloned import cloned_database

GOODS = 3


@pytest.fixture
def scene(django_db_setup: None, django_db_blocker: Any) -> Iterator[Scene]:
    """Alma alone has three different things, and hands over one parcel a day; every thread commits."""
    with django_db_blocker.unblock(), cloned_database():
        made = Scene()
        made.items = []
        for n in range(GOODS):
            item = make_item()
            stock(made.alma, item, 2, sku=f"A{n}")
            stock(made.bruno, item, 0, sku=f"G{n}")
            made.items.append(item)
        made.send(made.alma, capacity=1)
        yield made


def sell(scene: Scene, n: int) -> Any:
    sold = SoldOrder(f"W-{n}", "EUR", True, True, None, (SoldLine(f"G{n}", 1, 10_000),), ADDRESS)
    return sell_from_shelf(scene.bruno, sold)[0]


def test_orders_of_different_goods_never_take_one_place_twice(scene):
    stale = decide_order(scene.bruno, [Demand(1, scene.items[0].pk, 1, 500, frozenset())], Point("BE", "9000"))
    with transaction.atomic():
        take_room(stale)  # there is room as yet
    turn = iter(range(GOODS))
    results = at_once(GOODS, lambda: sell(scene, next(turn)))
    assert not [one for one in results if isinstance(one, Exception)]
    days = list(InternalOrder.everyone.filter(shipper=scene.alma).values_list("leaves_on", flat=True))
    assert (len(days), len(set(days))) == (GOODS, GOODS)
    before = InternalOrder.everyone.count()
    with pytest.raises(DayIsFull), transaction.atomic():
        take_room(stale)
    assert InternalOrder.everyone.count() == before
