"""An order is found by what people have in their hands, by its own parties alone; a pick list ends where it says it does."""

from typing import Any

import pytest

from network.models import Membership, Shop, User
from orders.find import shipped_as
from orders.models import InternalOrder, Order, Parcel
from orders.tests.town import AT, Town
from skuu.testing.signing_in import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Town:
    return Town()


def person(shop: Shop) -> Any:
    user = User.objects.create_user(shop.name, f"{shop.name}@example.com", "x")
    Membership.everyone.create(user=user, merchant=shop.merchant, role="readonly")
    return signed_in(user)


def shown(browser: Any, page: str, words: str) -> list[str]:
    """Read which orders a page lists for a search."""
    found = browser.get(page, {"q": words})
    assert found.status_code == 200
    return sorted(str(row.name if isinstance(row, Order) else row.number) for row in found.context["page"])


@pytest.fixture
def sent(town: Town) -> InternalOrder:
    """Order W-1 went with parcel 3SABC1, order W-2 waits at nobody's."""
    row = town.at_partner(town.order("W-1", "shipped"), placed_at=AT).internal_order
    Parcel.everyone.create(internal_order=row, carrier="PostNL", tracking_number="3SABC1")
    other = town.order("W-2", "held")
    other.sku = "OTHER-9"
    other.save()
    return row


def test_a_seller_finds_its_order_by_name_number_sku_and_parcel(town: Town, sent: InternalOrder) -> None:
    bruno = person(town.bruno)
    asked = ("w-1", sent.number, sent.number.lower(), "3SABC1", " 3s abc 1 ", "OTHER-9", "W-", "3SABC", "\0", "N-99")
    found = {words: shown(bruno, "/my-orders/", words) for words in asked}
    one, two, both = ["W-1"], ["W-2"], ["W-1", "W-2"]
    assert list(found.values()) == [one, one, one, one, one, two, both, [], both, []]


def test_a_shipper_finds_its_own_by_the_parcels_number(town: Town, sent: InternalOrder) -> None:
    alma = person(town.alma)
    InternalOrder.everyone.update(remote_name="#A7")
    for words in (sent.number, "#a7", "3sabc1"):
        assert [
            task.order.number for task in alma.get("/to-ship/", {"q": words, "state": "closed"}).context["tasks"]
        ] == [sent.number]


def test_strangers_and_the_other_side_find_nothing(town: Town, sent: InternalOrder) -> None:
    for shop in (town.cara, town.alma):
        browser = person(shop)
        for words in ("W-1", sent.number, "3SABC1", "S1"):
            assert shown(browser, "/my-orders/", words) == []
    assert not InternalOrder.objects.for_merchant(town.bruno.merchant).filter(shipped_as(town.bruno.merchant, "3SABC1"))


def test_a_pick_list_goes_on_on_its_next_page(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orders.parcels_portal.AT_ONCE", 2)
    rows = [town.at_partner(town.order(f"W-{n}", "routed"), "placed", placed_at=AT) for n in range(3)]
    for row in rows:
        row.shipped_quantity = 0
        row.save()
    numbers = [row.internal_order.number for row in rows]
    alma = person(town.alma)
    first = alma.get("/to-ship/pick-list/")
    text = first.content.decode()
    assert [number in text for number in numbers] == [True, True, False]
    assert "This list holds 2 of 3 orders that wait" in " ".join(text.split())
    after = first.context["page"].next_after
    last = alma.get("/to-ship/pick-list/", {"after": after}).content.decode()
    assert [number in last for number in numbers] == [False, False, True]
