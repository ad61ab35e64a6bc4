"""Every kind of work that may be left undone is measured, and nobody who waits behind others is forgotten."""

import datetime as dt

import pytest
from django.utils import timezone

from catalog.tests.cast import open_shop
from network.models import Leaving, Notice, Shop
from orders.models import InternalOrder
from orders.overdue import chase_overdue
from orders.tests.test_decide import Scene
from skuu.backlogs import backlogs
from skuu.leaving import BATCH, go_on_leaving

pytestmark = pytest.mark.django_db


def measured(name: str) -> tuple[int, bool]:
    (one,) = [one for one in backlogs() if one.name == name]
    return one.count, one.is_late


def test_what_is_read_and_written_after_placing_is_measured_each_by_itself():
    names = [one.name for one in backlogs()]
    assert len(names) == len(set(names)) == 20
    scene = Scene()
    scene.sell()
    now = timezone.now()
    rows = InternalOrder.everyone.all()
    rows.update(
        status="placed", remote_id="gid://shopify/Order/1", cancel_wanted_at=now - dt.timedelta(hours=1),
        next_attempt_at=now + dt.timedelta(minutes=1), fulfilments_due_at=now - dt.timedelta(minutes=9),
    )  # fmt: skip
    assert (measured("orders to call back"), measured("parcels to read")) == ((1, False), (1, False))
    ago = now - dt.timedelta(minutes=11)
    rows.update(next_attempt_at=ago, fulfilments_due_at=ago)
    assert (measured("orders to call back"), measured("parcels to read")) == ((1, True), (1, True))
    rows.update(cancel_done_at=now, fulfilments_due_at=None)
    assert (measured("orders to call back"), measured("parcels to read")) == ((0, False), (0, False))
    Notice.everyone.all().delete()
    Notice.everyone.create(shop=scene.alma, key="k", subject="s", body="b", created_at=now - dt.timedelta(hours=11))
    assert measured("notices to mail") == (1, False)
    Notice.everyone.update(created_at=now - dt.timedelta(hours=13))
    assert measured("notices to mail") == (1, True)


def test_a_shop_that_may_go_does_not_wait_for_those_that_may_not():
    for n in range(BATCH + 1):
        shop = open_shop(f"Shop {n}")
        Leaving.everyone.create(shop=shop, asked_by="test")
    Shop.everyone.filter(pk=shop.pk).update(status="paused")
    assert (go_on_leaving(), go_on_leaving()) == (1, 0)
    assert [one.shop for one in Leaving.everyone.exclude(ended_at=None).select_related("shop")] == [shop]


def test_a_reminder_is_settled_behind_a_thousand_that_stand():
    scene = Scene()
    scene.sell()
    InternalOrder.everyone.update(status="placed", leaves_on=timezone.localdate() + dt.timedelta(days=9))
    number = InternalOrder.everyone.get().number
    keys = [f"overdue:{number}:{n}" for n in range(100, 1100)] + ["overdue:N-999999:1"]
    Notice.everyone.bulk_create(Notice(shop=scene.alma, kind="overdue", key=key, subject="s", body="b") for key in keys)
    assert chase_overdue() == 0
    settled = Notice.everyone.filter(kind="overdue").exclude(done_at=None)
    assert list(settled.values_list("key", flat=True)) == ["overdue:N-999999:1"]
