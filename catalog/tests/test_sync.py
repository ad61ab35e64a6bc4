"""Sync: the mirror follows the shop in any order of news, keeps identities, and garbage stays on its own record."""

import dataclasses
import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog import sync
from catalog.models import InventoryItem, Item, ItemMark, Match, Product, StockLevel, Variant
from catalog.stocktake import StockEvent, apply_levels, apply_stock_events, set_stock
from catalog.tests.cast import level_of, make_item, open_shop, stock
from network.connectors.base import RemoteLevel, RemoteProduct, RemoteVariant
from network.models import Location, Shop, ShopCredential, SyncRun

pytestmark = pytest.mark.django_db
NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


def a_variant(**columns):
    facts = {
        "id": "v1", "inventory_item_id": "i1", "title": "42", "options": (("Size", "42"),), "sku": "S42", "barcode": "952",
        "price_minor": 8995, "compare_at_minor": None, "position": 1, "sells_without_stock": False, "taxable": True,
        "tracked": True, "requires_shipping": True, "grams": 700, "hs_code": "640411", "origin_country": "PT",
        "updated_at": NOON,
    }  # fmt: skip
    return RemoteVariant(**(facts | columns))


def a_product(*variants, **columns):
    facts = {
        "id": "p1", "title": "Strand", "handle": "strand", "vendor": "Oever", "product_type": "Shoes", "tags": ("new",),
        "status": "active", "image_url": "https://cdn.example/1.jpg", "option_names": ("Size",), "updated_at": NOON,
    }  # fmt: skip
    return RemoteProduct(**(facts | columns), variants=variants or (a_variant(),))


@pytest.fixture
def alma():
    return open_shop("Alma", "BE")


def settled(shop):
    """Mirror one product and let matching and distribution be done with it."""
    sync.apply_products(shop, [a_product()])
    variant = Variant.objects.get()
    item = make_item()
    Match.objects.create(variant=variant, shop=shop, item=item, method="gtin", decided_by="test")
    Variant.objects.update(match_due_at=None)
    return variant, item


class TestProducts:
    def test_all_that_the_shop_says_is_mirrored(self, alma):
        done = sync.apply_products(alma, [a_product()])
        assert (done.products, done.variants, done.changed, done.errors) == (1, 1, 1, [])
        product, variant, item = Product.objects.get(), Variant.objects.get(), InventoryItem.objects.get()
        assert (product.title, product.vendor, product.tags, product.status) == ("Strand", "Oever", ["new"], "active")
        assert (variant.sku, variant.barcode, variant.price_minor, variant.options) == (
            "S42", "952", 8995, [["Size", "42"]],
        )  # fmt: skip
        assert (item.grams, item.hs_code, item.origin_country, item.tracked) == (700, "640411", "PT", True)
        assert variant.match_due_at is not None

    def test_the_same_again_changes_nothing_and_is_not_matched_again(self, alma):
        settled(alma)
        before = list(Variant.objects.values())
        assert sync.apply_products(alma, [a_product()]).changed == 0
        assert list(Variant.objects.values()) == before
        assert not ItemMark.objects.exists()

    @pytest.mark.parametrize(
        ("product", "variant", "matched", "distributed"),
        [
            ({"title": "Strand II"}, {}, True, False),
            ({"vendor": "Oever NL"}, {}, True, True),
            ({"tags": ("sale",)}, {}, True, True),
            ({"status": "draft"}, {}, False, True),
            ({"handle": "strand-ii"}, {}, False, False),
            ({}, {"barcode": "953"}, True, False),
            ({}, {"options": (("Size", "43"),)}, True, False),
            ({}, {"article_code": "OV1"}, True, False),
            ({}, {"price_minor": 7995}, False, True),
            ({}, {"sells_without_stock": True}, False, True),
            ({}, {"tracked": False}, False, True),
            ({}, {"position": 2}, False, False),
        ],
    )
    def test_a_change_wakes_only_what_it_concerns(self, alma, product, variant, matched, distributed):
        row, item = settled(alma)
        sync.apply_products(alma, [a_product(a_variant(**variant), **product)])
        row.refresh_from_db()
        item.refresh_from_db()
        assert (row.match_due_at is not None, item.marks.exists()) == (matched, distributed)

    def test_an_older_product_is_ignored(self, alma):
        sync.apply_products(alma, [a_product()])
        sync.apply_products(alma, [a_product(title="Old", updated_at=NOON - dt.timedelta(seconds=1))])
        assert Product.objects.get().title == "Strand"

    def test_a_variant_missing_from_a_complete_product_is_marked_and_comes_back(self, alma):
        row, item = settled(alma)
        other = a_variant(id="v2", inventory_item_id="i2", sku="S43", barcode="954")
        sync.apply_products(alma, [a_product(other)])
        row.refresh_from_db()
        item.refresh_from_db()
        assert row.deleted_at is not None
        assert row.match_due_at is not None
        assert item.marks.exists()
        sync.apply_products(alma, [a_product(a_variant(), other)])
        row.refresh_from_db()
        assert row.deleted_at is None

    def test_a_product_that_does_not_name_all_its_variants_deletes_none(self, alma):
        settled(alma)
        sync.apply_products(alma, [a_product(a_variant(id="v2", sku="S43"), complete=False)])
        assert Variant.objects.filter(deleted_at=None).count() == 2


class TestIdentity:
    def test_a_variant_created_anew_in_its_product_keeps_its_row_and_its_match(self, alma):
        row, item = settled(alma)
        sync.apply_products(alma, [a_product(a_variant(id="v9", inventory_item_id="i9"))])
        assert list(Variant.objects.values_list("pk", "remote_id", "deleted_at")) == [(row.pk, "v9", None)]
        assert Match.objects.get().variant_id == row.pk
        assert Variant.objects.get().inventory_item.remote_id == "i9"

    def test_a_product_deleted_then_created_anew_keeps_the_match(self, alma):
        row, item = settled(alma)
        sync.delete_products(alma, ["p1"])
        sync.apply_products(alma, [a_product(a_variant(id="v9", inventory_item_id="i9"), id="p9")])
        kept = Variant.objects.get()
        assert (kept.pk, kept.remote_id, kept.product.remote_id, kept.deleted_at) == (row.pk, "v9", "p9", None)

    def test_the_new_one_may_be_told_of_before_the_old_one_goes(self, alma):
        row, item = settled(alma)
        sync.apply_products(alma, [a_product(a_variant(id="v9", inventory_item_id="i9"), id="p9")])
        assert Variant.objects.count() == 2
        sync.delete_products(alma, ["p1"])
        kept = Variant.objects.get()
        assert (kept.pk, kept.remote_id, kept.product.remote_id, kept.deleted_at) == (row.pk, "v9", "p9", None)
        assert Match.objects.get().variant_id == row.pk

    def test_without_a_barcode_it_is_another_variant(self, alma):
        sync.apply_products(alma, [a_product(a_variant(barcode=""))])
        sync.apply_products(alma, [a_product(a_variant(id="v9", inventory_item_id="i9", barcode=""))])
        assert [(row.remote_id, row.deleted_at is None) for row in Variant.objects.order_by("pk")] == [
            ("v1", False),
            ("v9", True),
        ]

    def test_two_candidates_are_left_alone(self, alma):
        twin = a_variant(id="v2", inventory_item_id="i2")
        sync.apply_products(alma, [a_product(a_variant(), twin)])
        sync.apply_products(alma, [a_product(a_variant(id="v9", inventory_item_id="i9"))])
        assert Variant.objects.count() == 3


class TestGarbage:
    def test_it_is_cleaned_or_said_on_its_own_record_and_the_neighbours_are_mirrored(self, alma):
        bad = a_product(
            a_variant(price_minor=-5, grams="heavy", options="red", position=None, sku="A\x00B", hs_code="9" * 99),
            title="👟" * 300 + "\x00", tags=("x" * 300, None, ""), status="secret", image_url="javascript:alert(1)",
            vendor=None, option_names=None,
        )  # fmt: skip
        good = a_product(a_variant(id="v2", inventory_item_id="i2"), id="p2")
        done = sync.apply_products(alma, [bad, good])
        row = Product.objects.get(remote_id="p1")
        assert (row.title, row.status, row.image_url, row.vendor) == ("👟" * 300, "draft", "", "")
        assert row.tags == ["x" * 255]
        assert row.sync_error == "its status is unknown, so it is kept as a draft; variant v1 has no usable price"
        assert (row.variants.get().sku, row.variants.get().price_minor, row.variants.get().options) == ("AB", 0, [])
        assert len(done.errors) == 1
        assert Product.objects.get(remote_id="p2").sync_error == ""

    def test_a_bad_price_keeps_the_good_one(self, alma):
        settled(alma)
        sync.apply_products(alma, [a_product(a_variant(price_minor=None))])
        assert Variant.objects.get().price_minor == 8995

    def test_a_title_longer_than_its_column_is_cut(self, alma):
        sync.apply_products(alma, [a_product(title="é" * 500)])
        assert Product.objects.get().title == "é" * 400


class TestLevels:
    @pytest.fixture
    def boot(self, alma):
        return stock(alma, make_item(), 3)

    def told(self, boot, available, at, **columns):
        return RemoteLevel("l", boot.inventory_item.remote_id, "Alma-shop", available, True, at, at, **columns)

    def event(self, boot, available, at, place="Alma-shop"):
        return StockEvent(boot.inventory_item.remote_id, place, available, at)

    def test_webhook_figures_apply_when_newer_and_are_always_confirmed(self, alma, boot):
        level = level_of(boot)
        level.remote_updated_at = NOON
        level.save()
        for figure, at, applied in ((7, NOON, 3), (8, NOON - dt.timedelta(1), 3), (9, NOON + dt.timedelta(1), 9)):
            StockLevel.objects.update(confirm_due_at=None)
            apply_stock_events(alma, [self.event(boot, figure, at)])
            level = level_of(boot)
            assert (level.available, level.confirm_due_at is not None) == (applied, True)

    def test_of_a_shuffled_batch_the_newest_stands(self, alma, boot):
        later = timezone.now() + dt.timedelta(minutes=1)
        events = [self.event(boot, units, later + dt.timedelta(seconds=units)) for units in (5, 9, 7, 9)]
        apply_stock_events(alma, events)
        assert level_of(boot).available == 9
        assert ItemMark.objects.get().item == Item.objects.get()

    def test_an_event_without_a_figure_only_asks(self, alma, boot):
        apply_stock_events(alma, [self.event(boot, None, timezone.now())])
        level = level_of(boot)
        assert (level.available, level.confirm_due_at is not None) == (3, True)

    def test_a_read_with_the_same_time_applies_when_it_began_later(self, alma, boot):
        at = timezone.now()
        apply_levels(alma, [self.told(boot, 5, at)])
        apply_levels(alma, [dataclasses.replace(self.told(boot, 4, at), read_at=at - dt.timedelta(seconds=1))])
        assert level_of(boot).available == 5
        apply_levels(alma, [dataclasses.replace(self.told(boot, 4, at), read_at=at + dt.timedelta(seconds=1))])
        assert level_of(boot).available == 4

    def test_below_zero_is_stored_as_it_is(self, alma, boot):
        apply_levels(alma, [self.told(boot, -5, timezone.now())])
        assert level_of(boot).available == -5

    def test_stock_told_before_its_product_waits_for_it(self, alma):
        apply_levels(alma, [RemoteLevel("l", "i1", "Alma-shop", 4, True, NOON, NOON)])
        sync.apply_products(alma, [a_product()])
        variant = Variant.objects.get()
        assert (level_of(variant).available, variant.inventory_item.sku) == (4, "S42")

    def test_the_shelf_is_never_own_stock(self, alma, boot):
        apply_levels(alma, [RemoteLevel("l", boot.inventory_item.remote_id, "Alma-shelf", 50, True, NOON, NOON)])
        apply_stock_events(alma, [self.event(boot, 50, timezone.now(), "Alma-shelf")])
        assert list(StockLevel.objects.values_list("available", flat=True)) == [3]
        with pytest.raises(IntegrityError), transaction.atomic():
            Location.objects.create(shop=alma, remote_id="Alma-shelf", name="Shelf")

    def test_a_figure_of_an_unknown_place_is_no_stock(self, alma, boot):
        apply_stock_events(alma, [self.event(boot, 50, timezone.now(), "elsewhere")])
        assert StockLevel.objects.count() == 1


class TestRestShops:
    @pytest.fixture
    def rest(self):
        shop = open_shop("Rest", "BE")
        Location.objects.all().delete()
        Shop.objects.filter(pk=shop.pk).update(platform="api", shelf_location_id="")
        shop.refresh_from_db()
        sync.upsert_products(shop, [a_product(a_variant(inventory_item_id="v1"))])
        return shop

    def test_absolute_figures_with_source_time(self, rest):
        assert set_stock(rest, [("S42", "", 4, NOON), ("nothing", "", 1, NOON)]) == {
            "changed": 1,
            "unknown": ["nothing"],
        }
        assert set_stock(rest, [("v1", "", 9, NOON - dt.timedelta(seconds=1))])["changed"] == 0
        assert set_stock(rest, [("v1", "default", 2, NOON + dt.timedelta(seconds=1))])["changed"] == 1
        assert list(StockLevel.objects.values_list("available", "location__remote_id")) == [(2, "default")]

    def test_its_levels_are_not_waited_for(self, rest):
        set_stock(rest, [("S42", "", 4, NOON)])
        assert sync.confirm_levels() == 0


class TestNightlyReads:
    @pytest.fixture
    def shops(self):
        """Alma is being read for changes when the night comes, Dora is not."""
        shops = [open_shop("Alma", "BE"), open_shop("Dora", "DE")]
        for shop in shops:
            ShopCredential.objects.get_or_create(shop=shop, defaults={"access_token": "shpat_x"})
        Shop.objects.update(platform="shopify", products_read_until=timezone.now())
        SyncRun.objects.create(shop=shops[0], kind="changes", status="reading")
        return shops

    def kinds(self, shop):
        return list(SyncRun.objects.filter(shop=shop).order_by("pk").values_list("kind", "status"))

    def test_a_shop_that_was_being_read_when_all_were_asked_for_has_its_turn_with_the_next_sweep(self, shops):
        alma, dora = shops
        assert sync.start_reconciles() == 1
        assert (self.kinds(alma), self.kinds(dora)) == ([("changes", "reading")], [("reconcile", "waiting")])
        assert sync.start_sweeps() == 0  # she is still being read
        SyncRun.objects.filter(shop=alma).update(status="done")
        assert sync.start_sweeps() == 1
        assert self.kinds(alma) == [("changes", "done"), ("reconcile", "waiting")]
        SyncRun.objects.update(status="done")
        assert sync.start_sweeps() == 0

    def test_a_shop_read_for_the_first_time_since_then_is_read_once(self, shops):
        alma, dora = shops
        sync.start_reconciles()
        SyncRun.objects.update(status="done")
        SyncRun.objects.create(shop=alma, kind="first", status="done")
        assert (sync.start_sweeps(), len(self.kinds(alma)), len(self.kinds(dora))) == (0, 2, 1)

    def test_before_the_first_night_nobody_was_passed_over(self, shops):
        SyncRun.objects.all().delete()
        assert (sync.start_sweeps(), SyncRun.objects.count()) == (0, 0)
