"""A shop leaves: what keeps it, what ends by itself, what is erased, and how it may stay after all."""

import pytest

from catalog.distribute import distribute_due
from catalog.models import Item, Placement
from catalog.tests.cast import make_item, open_shop, stock
from network.connect import pause_shop, resume_shop
from network.models import ApiKey, Leaving, Membership, Shop, ShopCredential, User
from orders.direct import Directed
from orders.models import InternalOrder, OrderLine
from orders.return_goods import announce_return, inspect_return
from settlement.tests.cast import make_internal_order, make_merchant, make_shop
from skuu.leaving import HasLeft, ask_to_leave, finish_leaving, go_on_leaving, plan_exit, stay
from skuu.testing.signing_in import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def bruno() -> Shop:
    shop = open_shop("Bruno")
    stock(shop, make_item(), 0)
    return shop


@pytest.fixture
def alma(bruno: Shop) -> Shop:
    shop = open_shop("Alma")
    stock(shop, Item.objects.get(), 3)
    return shop


def decide() -> None:
    while distribute_due():
        pass


def open_steps(shop: Shop) -> dict[str, int]:
    shop.refresh_from_db()
    return {step.key: step.left for step in plan_exit(shop).steps if not step.is_done}


def show(shop: Shop) -> None:
    """Say that the shelf shows what is wanted."""
    for placed in Placement.objects.filter(shop=shop):
        Placement.objects.filter(pk=placed.pk).update(pushed=placed.wanted)


def test_goods_on_their_way_to_a_taker_keep_it() -> None:
    alma, bruno, cara = (make_shop(make_merchant(name)) for name in ("Alma", "Bruno", "Cara"))
    order = make_internal_order(bruno, alma)
    line = order.lines.get()
    chosen = Directed("taker", cara.pk, "Near.", {"vat": {}}, {line.pk: line.claim.level_id}, {line.pk: 1})
    made = announce_return(order, [(line.pk, 1)], reason="other", chosen=chosen, by="bruno")
    assert open_steps(cara)["returns"] == 1
    inspect_return(made, {line.pk: {"worn": 1}}, by="cara")
    assert "returns" not in open_steps(cara)


def test_an_order_nobody_paid_for_keeps_no_shop_and_one_that_is_with_a_partner_does() -> None:
    alma, bruno = (make_shop(make_merchant(name)) for name in ("Alma", "Bruno"))
    make_internal_order(bruno, alma, status="planned")
    OrderLine.everyone.update(status="held")
    assert open_steps(bruno)["sold"] == 1
    InternalOrder.everyone.update(status="cancelled")
    assert "sold" not in open_steps(bruno)


class TestLeaving:
    def test_a_selling_shop_goes_when_its_shelf_shows_zero(self, alma: Shop, bruno: Shop) -> None:
        decide()
        show(bruno)
        ShopCredential.objects.create(shop=bruno, access_token="shpat_secret", scopes=["read_orders"])
        key, _ = ApiKey.issue(bruno, "ERP")
        assert open_steps(bruno) == {"paused": 1, "shelf": 1}
        ask_to_leave(bruno, by="bruno", reason="closing down")
        assert open_steps(bruno)["shelf"] == 1
        assert go_on_leaving() == 0
        decide()
        assert go_on_leaving() == 0, "the shelf still shows units"
        show(bruno)
        assert open_steps(bruno) == {}
        assert go_on_leaving() == 1
        bruno.refresh_from_db()
        key.refresh_from_db()
        leaving = Leaving.objects.get()
        assert (bruno.status, leaving.left, leaving.ended_by) == ("left", True, "bruno")
        assert key.revoked_at is not None
        assert not ShopCredential.objects.filter(shop=bruno).exclude(access_token="").exists()
        assert go_on_leaving() == 0

    def test_a_shipping_shop_goes_when_partners_shelves_no_longer_show_its_units(self, alma: Shop, bruno: Shop) -> None:
        decide()
        show(bruno)
        ask_to_leave(alma, by="alma")
        decide()
        assert open_steps(alma) == {"offer": 1}
        show(bruno)
        assert open_steps(alma) == {}
        assert finish_leaving(alma, by="staff")
        assert not finish_leaving(alma, by="staff")
        assert Leaving.objects.get().ended_by == "staff"

    def test_it_may_stay_and_its_shelf_fills_again(self, alma: Shop, bruno: Shop) -> None:
        bruno.platform = "api"  # a shop without a store to check
        bruno.save()
        decide()
        ask_to_leave(bruno, by="bruno")
        decide()
        assert Placement.objects.get().wanted == 0
        stay(bruno, by="bruno")
        stay(bruno, by="bruno")
        decide()
        assert (Placement.objects.get().wanted, Leaving.objects.get().left) == (3, False)
        assert go_on_leaving() == 0

    def test_resuming_it_is_staying_and_a_later_pause_is_only_a_pause(self, alma: Shop, bruno: Shop) -> None:
        bruno.platform = "api"  # a shop without a store to check
        bruno.save()
        decide()
        ask_to_leave(bruno, by="bruno")
        resume_shop(bruno, by="bea")
        assert (Leaving.objects.get().ended_by, Leaving.objects.get().left) == ("bea", False)
        pause_shop(bruno, by="bruno", reason="holidays")
        decide()
        show(bruno)
        assert go_on_leaving() == 0
        bruno.refresh_from_db()
        assert (bruno.status, plan_exit(bruno).is_clear) == ("paused", True)

    def test_a_shop_that_was_paused_before_it_asked_stays_paused(self, bruno: Shop) -> None:
        pause_shop(bruno, by="bruno", reason="holidays")
        ask_to_leave(bruno, by="bruno")
        stay(bruno, by="bruno")
        bruno.refresh_from_db()
        assert (bruno.status, Leaving.objects.get().ended_by, go_on_leaving()) == ("paused", "bruno", 0)

    def test_asking_twice_is_one_way(self, bruno: Shop) -> None:
        assert ask_to_leave(bruno, by="bruno") == ask_to_leave(bruno, by="bruno")

    def test_who_left_cannot_leave(self, bruno: Shop) -> None:
        ask_to_leave(bruno, by="bruno")
        assert go_on_leaving() == 1
        bruno.refresh_from_db()
        with pytest.raises(HasLeft):
            ask_to_leave(bruno, by="bruno")
        assert Leaving.objects.count() == 1

    def test_its_people_read_how_it_stands_until_the_end_and_after_it(self, bruno: Shop) -> None:
        bea = User.objects.create_user("bea", "bea@example.com")
        Membership.objects.create(user=bea, merchant=bruno.merchant, role="owner")
        client, plan, shop = signed_in(bea), f"/leave/{bruno.pk}/", f"/connect/{bruno.pk}/"
        assert "Nothing is open: it ends within minutes" in client.get(plan).content.decode()
        client.post(f"{plan}ask/", {"reason": "We close."})
        page = client.get(shop).content.decode()
        assert ("Leaving the network" in page, ">Resume<" in page, f'href="{plan}"' in page) == (True, False, True)
        assert go_on_leaving() == 1
        assert "Bruno has left" in client.get(plan).content.decode()
        assert f'href="{plan}"' in client.get("/connect/").content.decode()
        assert client.post(f"{plan}stay/").status_code == 404
