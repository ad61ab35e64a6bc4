"""Whatever happens to messages, what we hold ends as the shops have it: repeated, shuffled, lost, and repaired by one read."""

import datetime as dt
import random

import pytest
from django.utils import timezone

from catalog import sync
from catalog.models import InventoryItem, StockLevel
from catalog.stock_news import apply_stock_news
from catalog.stocktake import StockEvent
from network.connectors.base import connector_for
from network.models import SyncRun

pytestmark = pytest.mark.django_db


def ours(shop):
    rows = StockLevel.objects.filter(location__shop=shop, is_active=True)
    return dict(rows.values_list("inventory_item__remote_id", "available"))


def theirs(stores, shop):
    return {item: available for (item, _), (available, _) in stores.own_figures(shop).items()}


def busy_hour(stores, shop, chance):
    """Let the shop's till work and collect what its store would tell of it."""
    told = []
    skus = list(InventoryItem.objects.filter(shop=shop).exclude(sku="").values_list("sku", "remote_id"))
    for _ in range(40):
        sku, item = chance.choice(skus)
        stores.till(shop, sku, delta=chance.choice([-1, 1, 2]))
        told += [
            StockEvent(item, one.location_id, one.available, one.updated_at)
            for one in connector_for(shop).read_levels([item])
            if one.location_id != shop.shelf_location_id
        ]
    return told


def test_messages_repeated_shuffled_and_lost_end_in_the_shops_own_figures_after_one_read(stores):
    """Cases 14 and T8: a fifth twice, one in twenty never, all in disorder; one sweep repairs all, the next finds nothing."""
    stores.read(stores.alma)
    chance = random.Random(3)
    told = busy_hour(stores, stores.alma, chance)
    kept = [one for one in told if chance.random() > 0.05]
    heard = kept + chance.sample(kept, len(kept) // 5)
    chance.shuffle(heard)
    for start in range(0, len(heard), 7):
        apply_stock_news([(stores.alma.pk, one) for one in heard[start : start + 7]])
    lost = told[-1].inventory_item_id  # and one figure of which no message ever spoke
    stores.till(stores.alma, InventoryItem.objects.get(remote_id=lost).sku, delta=3)
    assert ours(stores.alma) != theirs(stores, stores.alma)
    stores.alma.refresh_from_db()
    assert sync.sweep_changes(stores.alma).status == "done"
    assert ours(stores.alma) == theirs(stores, stores.alma)
    stores.alma.refresh_from_db()
    assert sync.sweep_changes(stores.alma).counts.get("levels_changed", 0) == 0
    assert ours(stores.alma) == theirs(stores, stores.alma)


def test_the_nights_report_names_how_far_we_were_off_and_a_second_night_finds_nothing(stores):
    """Case 14: the reconcile says what it repaired: how many figures, how many units, which were the worst."""
    stores.read(stores.alma)
    long_ago = timezone.now() - dt.timedelta(days=400)
    rows = StockLevel.objects.order_by("pk")[:2]
    for row, off in zip(rows, (4, -1), strict=True):
        StockLevel.objects.filter(pk=row.pk).update(available=row.available + off, remote_updated_at=long_ago)
    for expected in ((2, 5), (0, 0)):
        sync.reconcile_shop(stores.alma)
        stores.finish_reads()
        counts = SyncRun.objects.filter(kind="reconcile").latest("pk").counts
        assert (counts.get("levels_off", 0), counts.get("units_off", 0)) == expected
        if expected[0]:
            assert [(stored - shown) for _, _, stored, shown in counts["worst"]] == [4, -1]
    assert ours(stores.alma) == theirs(stores, stores.alma)
