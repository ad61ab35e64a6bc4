"""A yes brings together and tears nobody out of the company that evidence gave."""

import pytest

from catalog.models import Item, Match, Style, Variant
from catalog.verdict_links import link_pairs
from skuu.testing.world import load_world

pytestmark = pytest.mark.django_db


def _items(*variants):
    rows = Match.everyone.filter(variant__in=variants, status="linked").values_list("variant_id", "item_id")
    return dict(rows)


def _stand(item, *variants):
    for one in variants:
        Match.everyone.filter(variant=one, status="linked").delete()
        Match.everyone.create(
            variant=one, shop_id=one.shop_id, item=item, status="linked", method="gtin", decided_by="engine 2"
        )


def test_the_asked_product_keeps_its_mates_and_the_candidate_joins_them(desk_cast):
    mine, mate, theirs = desk_cast
    _stand(Item.objects.create(style=_style()), mine, mate)
    Match.everyone.filter(variant=theirs, status="linked").delete()
    assert link_pairs([(mine.pk, theirs.pk)], by="ina", seen={}) == 1
    found = _items(mine, mate, theirs)
    assert len(set(found.values())) == 1
    assert len(found) == 3
    assert not Match.everyone.filter(variant__in=[mine, mate], status="withdrawn").exists()


def test_again_changes_nothing(desk_cast):
    mine, mate, theirs = desk_cast
    _stand(Item.objects.create(style=_style()), mine, mate)
    link_pairs([(mine.pk, theirs.pk)], by="ina", seen={})
    before = list(Match.everyone.order_by("pk").values_list("pk", "item_id", "status"))
    link_pairs([(mine.pk, theirs.pk)], by="ina", seen={})
    assert list(Match.everyone.order_by("pk").values_list("pk", "item_id", "status")) == before


def test_a_shop_never_stands_in_an_item_twice(desk_cast):
    mine, mate, theirs = desk_cast
    item, other = Item.objects.create(style=_style()), Item.objects.create(style=_style())
    _stand(item, mine, mate)
    twin = Variant.everyone.filter(shop_id=mate.shop_id).exclude(pk=mate.pk).first()
    _stand(other, theirs, twin)
    assert link_pairs([(mine.pk, theirs.pk)], by="ina", seen={}) == 1
    found = _items(mine, theirs, mate, twin)
    assert found[mine.pk] == found[theirs.pk]
    assert found[mate.pk] != found[twin.pk]


def _style():
    return Style.objects.create(brand_key="b", title="t")


@pytest.fixture
def desk_cast(db):
    """A variant each of Alma, Bruno and Cara."""
    load_world("tiny")
    shops = Variant.everyone.values_list("shop_id", flat=True).distinct().order_by("shop_id")
    return [Variant.everyone.filter(shop_id=shop).order_by("pk").first() for shop in shops][:3]
