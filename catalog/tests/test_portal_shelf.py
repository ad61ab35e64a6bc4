"""The merchant's page of its shelf: what stands there, and in shadow mode what would."""

import pytest

from catalog.distribute import distribute_due
from catalog.models import Placement
from catalog.tests.cast import make_item, open_shop, stock
from network.models import Membership, User
from skuu.testing.signing_in import signed_in

pytestmark = pytest.mark.django_db


def test_in_shadow_mode_the_shelf_shows_what_would_stand_there_and_to_nobody_else():
    alma, bruno, cara = open_shop("Alma"), open_shop("Bruno", status="shadow"), open_shop("Cara")
    item = make_item()
    stock(alma, item, 3), stock(bruno, item, 0), stock(bruno, make_item(size="43"), 0, sku="S2")
    while distribute_due():
        pass
    pages = {}
    for shop in (bruno, cara):
        user = User.objects.create_user(shop.name.lower(), password="a-long-password")  # noqa: S106 - of a test
        Membership.objects.create(user=user, merchant=shop.merchant, role="owner")
        pages[shop.name] = signed_in(user).get("/shelf/").content.decode()
    assert Placement.objects.get(shop=bruno, reason__would=3).wanted == 0
    assert pages["Bruno"].count('<span class="small soft">would stand here</span>') == 1
    assert '<strong class="figure fs-5 lh-1">3</strong>' in pages["Bruno"]
    assert "0 wanted" not in pages["Bruno"]
    assert "would stand" not in pages["Cara"]


def test_a_live_shop_sees_what_stands_and_not_what_would():
    alma, bruno = open_shop("Alma"), open_shop("Bruno")
    item = make_item()
    stock(alma, item, 3), stock(bruno, item, 0)
    while distribute_due():
        pass
    Placement.objects.update(pushed=3)
    user = User.objects.create_user("bruno", password="a-long-password")  # noqa: S106 - of a test
    Membership.objects.create(user=user, merchant=bruno.merchant, role="owner")
    page = signed_in(user).get("/shelf/").content.decode()
    assert "on the shelf" in page
    assert "would stand" not in page
