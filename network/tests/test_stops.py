"""Staff halt a shop, a kind of message or a partner's offer at once; what waits is kept, and goes on when the halt is lifted."""

import datetime as dt
import json

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from network import receive, stops, topics
from network.models import InboundEvent, Merchant, Notice, Shop, Stop
from skuu.kit.errors import NotFound, NotPossible

pytestmark = pytest.mark.django_db


@pytest.fixture
def shops() -> list[Shop]:
    merchant = Merchant.everyone.create(name="Bruno", legal_name="Bruno BV", country="NL")
    names = ("alma", "bruno")
    return [
        Shop.everyone.create(merchant=merchant, domain=f"{name}.myshopify.com", name=name, country="NL", status="live")
        for name in names
    ]


@pytest.fixture
def handled(monkeypatch) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []

    def note(shop, events):
        found.extend((shop.name, event.topic) for event in events)

    def note_together(events):
        found.extend((str(shop_id), event.topic) for shop_id, event in events)

    monkeypatch.setattr(topics, "_handlers", {"order.changed": note, "product.changed": note})
    monkeypatch.setattr(topics, "_together", {"stock.changed": note_together})
    return found


def give(shop: Shop, topic: str) -> None:
    InboundEvent.everyone.create(
        shop=shop,
        topic=topic,
        webhook_id=f"w{InboundEvent.everyone.count()}",
        body=json.dumps({"n": 1}),
        figures=topic.startswith("inventory"),
    )


def test_a_halted_shops_messages_wait_and_all_others_go_on(shops, handled):
    alma, bruno = shops
    stop = stops.halt("shop", shop=alma, by="ina", reason="Its app repeats every order.")
    for shop in shops:
        give(shop, "orders/updated")
        give(shop, "inventory_levels/update")
    receive.handle_due()
    assert sorted(handled) == sorted([("bruno", "orders/updated"), (str(bruno.pk), "inventory_levels/update")])
    assert list(InboundEvent.everyone.filter(shop=alma).values_list("status", "tries")) == [("waiting", 0)] * 2
    stops.lift(stop, by="tom")
    receive.handle_due()
    assert len(handled) == 4
    stop.refresh_from_db()
    assert (stop.by, stop.ended_by, stop.ended_at is not None) == ("ina", "tom", True)


@pytest.mark.parametrize(("named", "waits"), [(True, {"alma"}), (False, {"alma", "bruno"})])
def test_a_halted_kind_of_message_waits_at_one_shop_or_at_all(shops, handled, named, waits):
    stops.halt("topic", topic="order.changed", shop=shops[0] if named else None, by="ina", reason="A wave of edits.")
    for shop in shops:
        give(shop, "orders/updated")
        give(shop, "products/update")
    receive.handle_due()
    assert {name for name, topic in handled if topic == "orders/updated"} == {"alma", "bruno"} - waits
    assert {name for name, topic in handled if topic == "products/update"} == {"alma", "bruno"}


def test_the_merchant_is_told_why_and_told_no_longer_when_it_is_over(shops):
    stop = stops.halt("partner", shop=shops[0], by="ina", reason="Three parcels held the wrong goods.")
    notice = Notice.everyone.get()
    assert (notice.shop, notice.kind, notice.done_at) == (shops[0], "halted", None)
    assert "Three parcels held the wrong goods." in notice.body
    stops.lift(stop, by="ina")
    stops.lift(stop, by="tom")
    notice.refresh_from_db()
    stop.refresh_from_db()
    assert (notice.done_at is not None, stop.ended_by) == (True, "ina")


def test_halting_twice_is_one_halt_with_its_first_reason(shops):
    first = stops.halt("shop", shop=shops[0], by="ina", reason="First.")
    again = stops.halt("shop", shop=shops[0], by="tom", reason="Second.")
    assert (again, again.reason, Stop.objects.count(), Notice.everyone.count()) == (first, "First.", 1, 1)
    stops.lift(first, by="ina")
    assert stops.halt("shop", shop=shops[0], by="tom", reason="Third.") != first


@pytest.mark.parametrize(
    ("kind", "topic", "shop", "reason", "error"),
    [
        ("shop", "", True, " ", NotPossible),
        ("shop", "", False, "x", NotPossible),
        ("topic", "", True, "x", NotPossible),
        ("partner", "order.changed", True, "x", NotPossible),
        ("topic", "weather.changed", False, "x", NotFound),
        ("everything", "", True, "x", NotFound),
    ],
)
def test_what_names_nothing_to_halt_is_refused(shops, kind, topic, shop, reason, error):
    with pytest.raises(error):
        stops.halt(kind, topic=topic, shop=shops[0] if shop else None, by="ina", reason=reason)
    assert (Stop.objects.count(), Notice.everyone.count()) == (0, 0)


def test_the_record_cannot_say_nonsense(shops):
    for wrong in ({"kind": "shop"}, {"kind": "topic", "shop": shops[0]}, {"kind": "other", "shop": shops[0]}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Stop.objects.create(by="x", reason="x", **wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        Stop.objects.create(
            kind="shop", shop=shops[0], by="x", reason="x", ended_at=timezone.now() - dt.timedelta(days=1)
        )
