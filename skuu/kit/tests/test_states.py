"""A status moves by allowed steps, once, with a history row."""

import pytest

from network.models import Merchant, Shop
from skuu.kit.errors import WrongState
from skuu.kit.states import move

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    merchant = Merchant.everyone.create(name="Alma", legal_name="Alma Studio BV", country="NL")
    return Shop.everyone.create(
        merchant=merchant, domain="alma.myshopify.com", name="Alma", country="NL", currency="EUR"
    )


def test_a_step_changes_the_row_and_leaves_its_history(shop):
    move(shop, "shadow", by="alma", reason="installed")
    shop.refresh_from_db()
    assert shop.status == "shadow"
    assert list(shop.changes.values_list("from_status", "to_status", "by", "reason")) == [
        ("installing", "shadow", "alma", "installed")
    ]


def test_a_forbidden_step_changes_nothing(shop):
    with pytest.raises(WrongState):
        move(shop, "live", by="alma")
    shop.refresh_from_db()
    assert (shop.status, shop.changes.count()) == ("installing", 0)


def test_the_slower_of_two_movers_is_told(shop):
    other = Shop.everyone.get(pk=shop.pk)
    move(other, "left", by="staff")
    with pytest.raises(WrongState, match="someone else"):
        move(shop, "shadow", by="alma")
    shop.refresh_from_db()
    assert (shop.status, shop.changes.count()) == ("left", 1)


def test_a_repeated_step_is_no_error(shop):
    move(shop, "shadow", by="alma")
    move(shop, "shadow", by="alma")
    assert shop.changes.count() == 1
