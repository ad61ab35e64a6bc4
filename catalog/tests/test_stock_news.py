"""Figures of many shops taken over at once follow the very rules of figures taken over one by one."""

import datetime as dt
import random

import pytest
from django.utils import timezone

from catalog.models import InventoryItem, ItemMark, Placement, StockLevel
from catalog.stock_news import apply_stock_news
from catalog.stocktake import CONFIRM_AFTER, CONFIRM_FIGURE_AFTER, StockEvent, apply_stock_events
from catalog.tests.cast import link, make_item, stock

pytestmark = pytest.mark.django_db
NOON = dt.datetime(2030, 1, 2, 12, tzinfo=dt.UTC)


def told(shop, variant, available, minutes=0.0, place=None):
    at = NOON + dt.timedelta(minutes=minutes)
    return shop.pk, StockEvent(variant.inventory_item.remote_id, place or f"{shop.name}-shop", available, at)


def level(variant):
    return StockLevel.objects.get(inventory_item=variant.inventory_item)


def shown(variant):
    row = level(variant)
    return row.available, row.is_active, row.phantom, row.coming_back, row.remote_updated_at


def test_figures_of_several_shops_are_taken_over_in_few_statements(alma, bruno, django_assert_max_num_queries):
    """Case 13: what a batch costs does not grow with its messages."""
    goods = [stock(shop, None, 1, sku=f"S{n}") for shop in (alma, bruno) for n in range(20)]
    with django_assert_max_num_queries(8):
        changed = apply_stock_news([told(one.shop, one, 7) for one in goods])
    assert changed == 40
    assert set(StockLevel.objects.values_list("available", "remote_updated_at")) == {(7, NOON)}


def test_an_older_figure_after_a_newer_one_changes_nothing(alma):
    """Case 8: whichever comes first, in one batch or in two, the newest figure stands."""
    boots = stock(alma, None, 1)
    apply_stock_news([told(alma, boots, 5, 10)])
    before = shown(boots)
    assert apply_stock_news([told(alma, boots, 9, 5)]) == 0
    assert apply_stock_news([told(alma, boots, 8, 10)]) == 0
    assert shown(boots) == before
    apply_stock_news([told(alma, boots, 3, 30), told(alma, boots, 4, 20)])
    assert shown(boots)[0] == 3


def test_a_change_marks_its_item_and_what_repeats_marks_nothing(alma):
    item = make_item()
    boots = stock(alma, item, 1)
    ItemMark.objects.all().delete()
    assert apply_stock_news([told(alma, boots, 1, 1)]) == 0
    assert not ItemMark.objects.exists()
    assert apply_stock_news([told(alma, boots, 2, 2)]) == 1
    assert ItemMark.objects.get().item == item


def test_every_figure_is_confirmed_later_and_one_without_a_number_sooner(alma):
    sure, unsure = stock(alma, None, 1, sku="A"), stock(alma, None, 1, sku="B")
    now = timezone.now()
    apply_stock_news([told(alma, sure, 5), told(alma, unsure, None)])
    assert abs(level(sure).confirm_due_at - now - CONFIRM_FIGURE_AFTER) < dt.timedelta(seconds=20)
    assert abs(level(unsure).confirm_due_at - now - CONFIRM_AFTER) < dt.timedelta(seconds=20)
    assert level(unsure).confirm_due_at < level(sure).confirm_due_at
    assert shown(unsure)[:2] == (1, True)


def test_stock_told_of_before_its_product_is_kept_and_places_nobody_knows_are_not(alma):
    new = StockEvent("inv-unknown", "Alma-shop", 4, NOON)
    assert apply_stock_news([(alma.pk, new), (alma.pk, StockEvent("inv-unknown", "nowhere", 9, NOON))]) == 1
    assert InventoryItem.objects.filter(shop=alma, remote_id="inv-unknown").count() == 1
    assert list(StockLevel.objects.values_list("available", "location__remote_id")) == [(4, "Alma-shop")]


@pytest.mark.parametrize("status", ["installing", "left"])
def test_a_shop_that_is_gone_is_left_as_it_is(alma, status):
    boots = stock(alma, None, 1)
    type(alma).objects.update(status=status)
    assert apply_stock_news([told(alma, boots, 5), (alma.pk, StockEvent("other", "Alma-shop", 4, NOON))]) == 0
    assert shown(boots)[0] == 1
    assert InventoryItem.objects.count() == 1


def test_the_echo_of_our_own_push_is_no_news_and_another_figure_is_doubted(alma, bruno):
    """Case 15: an echo makes no further push; only a figure we did not leave is looked at."""
    item = make_item()
    boots = stock(bruno, item, 0)
    link(stock(alma, None, 3, sku="other"), item)
    row = Placement.objects.create(
        shop=bruno, inventory_item=boots.inventory_item, variant=boots, item=item, wanted=3, pushed=3, pushing=2
    )
    shelf = bruno.shelf_location_id
    assert apply_stock_news([told(bruno, boots, 3, 1, shelf), told(bruno, boots, 0, 1)]) == 0
    apply_stock_news([told(bruno, boots, 2, 2, shelf)])
    row.refresh_from_db()
    assert (row.doubted_at, shown(boots)[0]) == (None, 0)
    assert apply_stock_news([told(bruno, boots, 1, 3, shelf)]) == 0
    row.refresh_from_db()
    assert (row.doubted_at is not None, row.pushed, shown(boots)[0]) == (True, 3, 0)


def test_a_thousand_random_messages_end_as_they_do_one_by_one(alma, bruno):
    """Case 13: the statements and the single rules agree, claims, missing units and units coming back included."""
    chance = random.Random(7)
    twins = []
    for n in range(40):
        columns = {"claimed": chance.randrange(4), "phantom": chance.randrange(3), "coming_back": chance.randrange(3)}
        pair = [stock(shop, None, 6, sku=f"S{n}") for shop in (alma, bruno)]
        for one in pair:
            StockLevel.objects.filter(inventory_item=one.inventory_item).update(**columns, is_active=n % 5 > 0)
        twins.append(pair)
    for _ in range(25):
        drawn = [(chance.randrange(40), chance.choice([None, *range(-2, 12)]), chance.randrange(60)) for _ in range(40)]
        unique = {n: (available, minutes) for n, available, minutes in drawn}
        apply_stock_news([told(alma, twins[n][0], *said) for n, said in unique.items()])
        for n, said in unique.items():
            apply_stock_events(bruno, [told(bruno, twins[n][1], *said)[1]])
    assert [shown(one) for one, _ in twins] == [shown(other) for _, other in twins]
