"""Reading a connected store: everything at first, what changed afterwards, and news that only say what to read."""

import datetime as dt

import pytest
from django.utils import timezone

from catalog import handlers, reading, sync
from catalog.models import Match, Product, StockLevel, Variant
from catalog.stocktake import CONFIRM_LEASE, StockEvent, apply_stock_events
from catalog.tests.stores import CREATE, DELETE, UPDATE, VARIANTS
from network.models import Location, Shop, SyncRun
from network.topics import Received

pytestmark = pytest.mark.django_db
NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


class TestAgainstAStore:
    def test_the_first_read_brings_everything_and_keeps_own_figures_untouched(self, stores):
        before = stores.own_figures(stores.alma)
        stores.read(stores.alma)
        run = SyncRun.objects.get()
        assert (run.status, run.counts["products_read"], run.counts["variants"]) == ("done", 6, 12)
        assert stores.level(stores.alma, "OV1001-100-41").available == 5
        assert list(Location.objects.values_list("name", "country")) == [("Rotterdam", "NL")]
        assert stores.own_figures(stores.alma) == before
        stores.alma.refresh_from_db()
        assert stores.alma.products_read_until == run.started_at

    def test_a_reconcile_reports_and_repairs_drift(self, stores):
        stores.read(stores.alma)
        StockLevel.objects.filter(inventory_item__sku="OV1001-100-41").update(available=99, remote_updated_at=NOON)
        Product.objects.filter(handle="tas-tote").update(title="Drifted", remote_updated_at=NOON)
        ghost = Product.objects.create(
            shop=stores.alma, remote_id="gid://shopify/Product/1", title="Ghost", seen_at=NOON
        )
        sync.reconcile_shop(stores.alma)
        stores.finish_reads()
        run = SyncRun.objects.get(kind="reconcile")
        assert (run.counts["levels_changed"], run.counts["changed"], run.counts["deleted"]) == (1, 1, 1)
        assert stores.level(stores.alma, "OV1001-100-41").available == 5
        assert Product.objects.get(handle="tas-tote").title == "Tas Tote"
        ghost.refresh_from_db()
        assert ghost.deleted_at is not None

    def test_changes_come_by_windows_without_any_message(self, stores):
        stores.read(stores.alma)
        stores.till(stores.alma, "OV1001-100-41", delta=-2)
        product = Product.objects.get(handle="tas-tote")
        stores.ask(stores.alma, UPDATE, product={"id": product.remote_id, "title": "Tas Tote 👜"})
        stores.alma.refresh_from_db()
        assert sync.sweep_changes(stores.alma).status == "done"
        assert stores.level(stores.alma, "OV1001-100-41").available == 3
        product.refresh_from_db()
        assert product.title == "Tas Tote 👜"

    def test_a_confirming_read_is_the_truth_over_a_lying_message(self, stores):
        stores.read(stores.alma)
        level = stores.level(stores.alma, "OV1001-100-41")
        place = Location.objects.get().remote_id
        lie = StockEvent(level.inventory_item.remote_id, place, 77, level.remote_updated_at - dt.timedelta(days=1))
        apply_stock_events(stores.alma, [lie])
        StockLevel.objects.update(confirm_due_at=timezone.now())
        assert sync.confirm_levels() == StockLevel.objects.count()
        level.refresh_from_db()
        assert (level.available, level.confirm_due_at) == (5, None)

    def test_a_store_that_is_being_asked_is_not_asked_by_a_second_worker(self, stores):
        stores.read(stores.alma)
        now, all_levels = timezone.now(), StockLevel.objects.count()
        leased = StockLevel.objects.filter(pk=StockLevel.objects.earliest("pk").pk)
        StockLevel.objects.update(confirm_due_at=now)
        leased.update(confirm_due_at=now + CONFIRM_LEASE)  # by another worker, at this moment
        assert sync.confirm_levels() == 0
        leased.update(confirm_due_at=now + CONFIRM_LEASE - sync.ASKING)  # ten seconds ago: it may be dead
        assert sync.confirm_levels() == all_levels - 1

    def test_a_deleted_product_is_looked_for_before_it_is_believed(self, stores):
        stores.read(stores.alma)
        product = Product.objects.get(handle="tas-tote")
        sync.refresh_products(stores.alma, [product.remote_id])
        product.refresh_from_db()
        assert product.deleted_at is None
        stores.ask(stores.alma, DELETE, id=product.remote_id)
        sync.refresh_products(stores.alma, [product.remote_id])
        product.refresh_from_db()
        assert product.deleted_at is not None

    def test_a_product_deleted_and_created_anew_keeps_its_match(self, stores):
        stores.read()
        stores.settle()
        old = stores.variant(stores.alma, "OV6006-020")
        match = Match.objects.get(variant=old, status="linked")
        stores.ask(stores.alma, DELETE, id=old.product.remote_id)
        made = stores.ask(stores.alma, CREATE, product={"title": "Tas Tote", "vendor": "Oever", "productType": "Bags"})
        new = made["productCreate"]["product"]
        change = {
            "id": new["variants"]["nodes"][0]["id"], "price": "79.95", "barcode": old.barcode,
            "inventoryItem": {"sku": "OV6006-020"},
        }  # fmt: skip
        stores.ask(stores.alma, VARIANTS, id=new["id"], variants=[change])
        sync.refresh_products(stores.alma, [old.product.remote_id, new["id"]])
        stores.settle()
        kept = stores.variant(stores.alma, "OV6006-020")
        assert (kept.pk, kept.remote_id) == (old.pk, change["id"])
        assert (Match.objects.get(variant=kept, status="linked").item_id, kept.deleted_at) == (match.item_id, None)

    def test_a_store_that_refuses_fails_its_own_read_only(self, stores):
        store = stores.standin.standin.stores[stores.alma.domain]
        stores.standin.standin.revoke_token(store)
        stores.standin.standin.uninstall(store, stores.standin.standin.client_id)
        stores.read(stores.alma, stores.bruno)
        assert dict(SyncRun.objects.values_list("shop__name", "status")) == {
            "Alma Studio": "failed",
            "Bruno Schoenen": "done",
        }

    def test_a_read_goes_on_where_its_last_step_ended(self, stores, monkeypatch):
        monkeypatch.setattr(reading, "STEP_SECONDS", -1.0)
        monkeypatch.setattr(reading, "PRODUCTS_A_CHUNK", 4)
        sync.start_first_read(stores.alma)
        run = SyncRun.objects.get()
        while not run.counts.get("products_read"):
            SyncRun.objects.update(next_attempt_at=timezone.now())
            sync.continue_reads()
            run.refresh_from_db()
        assert (run.status, run.counts["products_read"], Product.objects.count()) == ("reading", 4, 4)
        assert sync.start_first_read(stores.alma) == run
        stores.finish_reads()
        run.refresh_from_db()
        assert (run.status, run.counts["products_read"], Variant.objects.count()) == ("done", 6, 12)


class TestNews:
    def news(self, topic, **payload):
        return Received(1, topic, payload, timezone.now(), timezone.now())

    def test_a_stock_message_is_applied_and_confirmed(self, stores):
        stores.read(stores.alma)
        level = stores.level(stores.alma, "OV1001-100-41")
        told = {
            "inventory_item_id": int(level.inventory_item.remote_id.rpartition("/")[2]),
            "location_id": int(level.location.remote_id.rpartition("/")[2]),
            "available": 2,
            "updated_at": (timezone.now() + dt.timedelta(minutes=1)).isoformat(),
        }
        handlers.on_stock_changed(stores.alma, [self.news("inventory_levels/update", **told)] * 2)
        level.refresh_from_db()
        assert (level.available, level.confirm_due_at is not None) == (2, True)

    def test_a_product_message_only_says_what_to_read(self, stores):
        stores.read(stores.alma)
        product = Product.objects.get(handle="tas-tote")
        stores.ask(stores.alma, UPDATE, product={"id": product.remote_id, "title": "Tote"})
        lie = self.news("products/update", id=int(product.remote_id.rpartition("/")[2]), title="A lie")
        handlers.on_product_changed(stores.alma, [lie])
        product.refresh_from_db()
        assert product.title == "Tote"

    def test_news_of_a_shop_that_left_does_nothing(self, stores):
        stores.read(stores.alma)
        Shop.objects.filter(pk=stores.alma.pk).update(status="left")
        stores.alma.refresh_from_db()
        product = Product.objects.get(handle="tas-tote")
        stores.ask(stores.alma, DELETE, id=product.remote_id)
        gone = self.news("products/delete", id=int(product.remote_id.rpartition("/")[2]))
        handlers.on_product_deleted(stores.alma, [gone])
        product.refresh_from_db()
        assert product.deleted_at is None

    def test_places_follow_and_the_shelf_never_becomes_one(self, stores):
        stores.read(stores.alma)
        Location.objects.create(shop=stores.alma, remote_id="gid://shopify/Location/1", name="Closed")
        handlers.on_location_changed(stores.alma, [self.news("locations/delete", id=1)])
        assert list(Location.objects.order_by("pk").values_list("name", "is_active")) == [
            ("Rotterdam", True),
            ("Closed", False),
        ]

    def test_a_place_that_became_a_service_is_closed_and_gives_nothing(self, stores):
        stores.read(stores.alma)
        Shop.objects.filter(pk=stores.alma.pk).update(shelf_location_id="")
        shelf = stores.alma.shelf_location_id
        Location.objects.create(shop=stores.alma, remote_id=shelf, name="Became a service")
        sync.apply_locations(stores.alma)
        assert Location.objects.get(remote_id=shelf).is_active is False
