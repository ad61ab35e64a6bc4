"""Pushing: shelves come to what is wanted by comparison, own figures never move, and no figure is raised over an unseen sale."""

import datetime as dt

import pytest
from django.utils import timezone

from catalog.distribute import distribute_all, distribute_due, notice_changes
from catalog.models import Match, Placement, ShelfNote, StockLevel
from catalog.push import note_shelf_sold, orders_were_read, push_due
from catalog.shelf_rows import lease_trips
from catalog.stocktake import StockEvent, apply_stock_events
from catalog.tests.cast import link, make_item
from network import stops
from network.connectors.base import ConnectorError, RemoteShelf, connector_for
from network.models import Shop

pytestmark = pytest.mark.django_db
STRAND_42 = "B-STRAND-42"  # Bruno has none, Alma has three
KADE_S = "B-KADE-S"  # Bruno has none, Alma has four


@pytest.fixture
def market(stores):
    """Alma and Bruno read; the size 42 and the shirt in S are the same goods; nothing pushed yet."""
    stores.read(stores.alma, stores.bruno)
    for mine, theirs in ((STRAND_42, "OV1001-100-42"), (KADE_S, "OV2002-045-S")):
        item = make_item(mine)
        link(stores.variant(stores.bruno, mine), item)
        link(stores.variant(stores.alma, theirs), item)
    distribute_all()
    return stores


def push_all():
    """Push until no shelf differs, as the sweep does, however long a shop was put off."""
    for _ in range(20):
        Placement.objects.update(next_attempt_at=timezone.now())
        if not push_due():
            return


def want(market, sku, units):
    Placement.objects.filter(pk=market.placed(market.bruno, sku).pk).update(wanted=units)


def writes(market):
    return [row for row in market.standin.standin.log if "inventorySetQuantities" in str(row)]


class TestPushNeverPull:
    def test_own_figures_are_bit_identical_before_and_after(self, market):
        before = market.own_figures(market.bruno), market.own_figures(market.alma)
        rows = list(StockLevel.objects.order_by("pk").values("pk", "available", "remote_updated_at"))
        push_all()
        assert market.figures(market.bruno, STRAND_42) == (0, 3)
        assert market.figures(market.bruno, KADE_S) == (0, 4)
        want(market, STRAND_42, 1)
        push_all()
        assert market.figures(market.bruno, STRAND_42) == (0, 1)
        assert (market.own_figures(market.bruno), market.own_figures(market.alma)) == before
        assert list(StockLevel.objects.order_by("pk").values("pk", "available", "remote_updated_at")) == rows

    def test_a_shelf_read_as_stock_changes_nothing(self, market):
        push_all()
        market.read(market.cara)
        distribute_all()
        assert set(Placement.objects.values_list("shop__name", flat=True)) == {"Bruno Schoenen"}


class TestWhatIsPushed:
    def test_what_stands_right_is_not_written_again(self, market):
        push_all()
        assert push_due() == 0
        row = market.placed(market.bruno, STRAND_42)
        assert (row.pushed, row.activated, row.push_key, row.pushing, row.error) == (3, True, "", None, "")

    @pytest.mark.parametrize("status", ["shadow", "paused"])
    def test_only_a_live_shops_shelf_is_raised(self, market, status):
        Shop.objects.filter(pk=market.bruno.pk).update(status=status)
        assert push_due() == 0
        assert market.figures(market.bruno, STRAND_42) == (0, None)

    @pytest.mark.parametrize("status", ["shadow", "paused"])
    def test_a_shop_that_is_no_longer_live_is_emptied(self, market, status):
        push_all()
        Shop.objects.filter(pk=market.bruno.pk).update(status=status)
        distribute_all()
        push_all()
        assert market.figures(market.bruno, STRAND_42) == (0, 0)

    def test_a_frozen_network_writes_nothing(self, market, settings):
        settings.NETWORK_FROZEN = True
        assert push_due() == 0
        assert market.figures(market.bruno, STRAND_42) == (0, None)

    def test_an_undone_match_comes_down(self, market):
        push_all()
        Match.objects.filter(shop=market.alma).update(status="withdrawn")
        distribute_all()
        push_all()
        assert market.figures(market.bruno, STRAND_42) == (0, 0)

    def test_a_shop_that_reads_its_shelf_from_us_shows_it_at_once(self, market):
        Shop.objects.filter(pk=market.bruno.pk).update(platform="api")
        push_all()
        assert market.placed(market.bruno, STRAND_42).pushed == 3


class TestStaleFigures:
    def test_an_unseen_sale_is_found_and_the_shelf_not_raised_before_orders_are_read(self, market):
        """Case 36."""
        push_all()
        market.buy(market.bruno, STRAND_42)
        assert market.figures(market.bruno, STRAND_42) == (0, 2)
        want(market, STRAND_42, 5)
        push_all()
        row = market.placed(market.bruno, STRAND_42)
        assert (row.pushed, row.unseen_units, row.suspected_at is not None) == (2, 1, True)
        assert market.figures(market.bruno, STRAND_42) == (0, 2)
        asked = Shop.objects.get(pk=market.bruno.pk).orders_read_due_at
        assert asked is not None
        note_shelf_sold(market.bruno, row.inventory_item, 1)
        assert (market.placed(market.bruno, STRAND_42).pushed, market.placed(market.bruno, STRAND_42).unseen_units) == (
            2,
            0,
        )
        orders_were_read(market.bruno.pk, asked)
        push_all()
        assert market.figures(market.bruno, STRAND_42) == (0, 5)

    def test_units_of_an_order_cancelled_before_anybody_read_it_are_found_on_the_shelf_again(self, market):
        push_all()
        market.buy(market.bruno, STRAND_42)
        want(market, STRAND_42, 5)
        push_all()
        want(market, STRAND_42, 0)
        push_all()
        asked = Shop.objects.get(pk=market.bruno.pk).orders_read_due_at
        market.till(market.bruno, STRAND_42, location=market.bruno.shelf_location_id, delta=+1)
        assert market.figures(market.bruno, STRAND_42) == (0, 1)
        orders_were_read(market.bruno.pk, asked)
        push_all()
        assert market.figures(market.bruno, STRAND_42) == (0, 0)

    def test_it_is_lowered_meanwhile(self, market):
        push_all()
        market.buy(market.bruno, STRAND_42)
        want(market, STRAND_42, 5)
        push_all()
        want(market, STRAND_42, 0)
        push_all()
        assert market.figures(market.bruno, STRAND_42) == (0, 0)

    def test_one_stale_item_holds_back_no_other(self, market):
        push_all()
        market.buy(market.bruno, STRAND_42)
        want(market, STRAND_42, 5)
        want(market, KADE_S, 1)
        push_all()
        assert market.figures(market.bruno, KADE_S) == (0, 1)
        assert market.figures(market.bruno, STRAND_42) == (0, 2)

    def test_a_sale_told_of_in_time_needs_one_look_and_no_write(self, market):
        push_all()
        market.buy(market.bruno, STRAND_42)
        note_shelf_sold(market.bruno, market.variant(market.bruno, STRAND_42).inventory_item, 1)
        want(market, STRAND_42, 2)
        assert (push_due(), push_due()) == (1, 0)
        row = market.placed(market.bruno, STRAND_42)
        assert (row.pushed, row.doubted_at, row.suspected_at, row.unseen_units) == (2, None, None, 0)
        assert market.figures(market.bruno, STRAND_42) == (0, 2)

    def test_a_shelf_of_which_a_sale_is_noted_is_not_written_before_that_is_taken_in(self, market):
        push_all()
        market.buy(market.bruno, STRAND_42)
        want(market, STRAND_42, 5)
        row = market.placed(market.bruno, STRAND_42)
        ShelfNote.objects.create(placement=row, units=1)
        assert [trip.rows for trip in lease_trips()] == []
        want(market, STRAND_42, 2)
        assert (push_due(), push_due(), ShelfNote.objects.count()) == (1, 0, 0)
        row.refresh_from_db()
        assert (row.pushed, row.doubted_at, row.unseen_units) == (2, None, 0)
        assert market.figures(market.bruno, STRAND_42) == (0, 2)

    def test_a_sale_told_of_after_the_shelf_was_raised_again_is_not_taken_off_twice(self, market):
        """The loss was noticed, the orders' reading missed its order, the shelf was raised: then the order is told."""
        push_all()
        market.buy(market.bruno, STRAND_42)
        want(market, STRAND_42, 5)
        push_all()
        orders_were_read(market.bruno.pk, Shop.objects.get(pk=market.bruno.pk).orders_read_due_at)
        push_all()
        assert market.figures(market.bruno, STRAND_42) == (0, 5)
        note_shelf_sold(market.bruno, market.variant(market.bruno, STRAND_42).inventory_item, 1)
        want(market, STRAND_42, 4)
        push_all()
        assert (market.placed(market.bruno, STRAND_42).pushed, market.figures(market.bruno, STRAND_42)) == (4, (0, 4))

    def test_a_sale_from_a_shelf_whose_raise_was_not_answered_is_not_taken_off_twice(self, market):
        """The raise to five happened, two were sold, and the look saw three: what stood before is as good a guess as any."""
        push_all()
        want(market, STRAND_42, 5)
        market.standin.spoil("drop_after", "inventorySetQuantities", times=4)
        push_due()
        market.standin.faults.clear()
        market.buy(market.bruno, STRAND_42)
        market.buy(market.bruno, STRAND_42)
        want(market, STRAND_42, 3)
        push_all()
        assert market.placed(market.bruno, STRAND_42).pushed == 3
        note_shelf_sold(market.bruno, market.variant(market.bruno, STRAND_42).inventory_item, 2)
        want(market, STRAND_42, 1)
        push_all()
        assert (market.placed(market.bruno, STRAND_42).pushed, market.figures(market.bruno, STRAND_42)) == (1, (0, 1))

    def test_units_put_back_on_the_shelf_are_noticed_and_taken_down(self, market):
        push_all()
        market.till(market.bruno, STRAND_42, location=market.bruno.shelf_location_id, delta=+1)
        want(market, STRAND_42, 2)
        push_all()
        assert market.figures(market.bruno, STRAND_42) == (0, 2)
        assert market.placed(market.bruno, STRAND_42).suspected_at is None

    def test_an_echo_of_our_own_push_is_no_news_and_another_figure_is_looked_at(self, market):
        push_all()
        item = market.variant(market.bruno, STRAND_42).inventory_item.remote_id
        for figure, doubted in ((3, False), (1, True)):
            apply_stock_events(market.bruno, [StockEvent(item, market.bruno.shelf_location_id, figure, timezone.now())])
            assert (market.placed(market.bruno, STRAND_42).doubted_at is not None) == doubted
        push_all()
        row = market.placed(market.bruno, STRAND_42)
        assert (row.pushed, row.doubted_at, row.suspected_at) == (3, None, None)

    def test_an_item_that_stood_there_already_is_taken_over(self, market):
        push_all()
        Placement.objects.update(activated=False, pushed=None)
        want(market, STRAND_42, 1)
        push_all()
        assert market.figures(market.bruno, STRAND_42) == (0, 1)


class TestFaults:
    def test_a_lost_answer_is_looked_at_before_anything_is_written(self, market):
        """Case 42, at a shelf."""
        push_all()
        want(market, STRAND_42, 1)
        market.standin.spoil("drop_after", "inventorySetQuantities", times=4)
        push_due()
        row = market.placed(market.bruno, STRAND_42)
        assert row.push_key != ""
        assert row.error != ""
        push_all()
        row.refresh_from_db()
        assert (row.pushed, row.push_key, row.suspected_at, row.error) == (1, "", None, row.error)
        assert market.figures(market.bruno, STRAND_42) == (0, 1)

    def test_a_worker_that_died_in_the_middle_is_followed_by_a_look(self, market):
        push_all()
        Placement.objects.update(push_key="dead", pushing=1, wanted=1)
        push_all()
        assert market.figures(market.bruno, STRAND_42) == (0, 1)
        assert market.placed(market.bruno, STRAND_42).push_key == ""

    def test_a_write_nobody_saw_the_end_of_is_looked_at_though_its_figure_is_wanted_no_more(self, market):
        push_all()
        want(market, STRAND_42, 1)
        push_all()
        Placement.objects.update(push_key="dead", pushing=1, pushed=3, wanted=3)  # its worker died after the call
        push_all()
        row = market.placed(market.bruno, STRAND_42)
        assert market.figures(market.bruno, STRAND_42) == (0, 3)
        assert (row.pushed, row.push_key, row.pushing) == (3, "", None)

    def test_one_broken_shop_is_put_off_and_delays_no_other(self, market):
        place_robe(market)
        market.standin.spoil("http_500", "", times=100, store=market.bruno.domain)
        while push_due():
            pass
        assert market.figures(market.cara, "CARA-ROBE-38") == (2, 1)
        late = Placement.objects.filter(shop=market.bruno)
        assert late.filter(next_attempt_at__lte=timezone.now() + dt.timedelta(seconds=1)).count() == 0
        market.standin.faults.clear()
        push_all()
        assert market.figures(market.bruno, STRAND_42) == (0, 3)

    def test_a_slow_store_holds_no_other_of_the_same_push(self, market):
        """Bruno's store is asked first and thinks long; Cara's shelf is written, and written down, while it does."""
        robe = place_robe(market)
        market.standin.spoil("slow", "", store=market.bruno.domain, seconds=1.5)
        assert push_due() == 3
        slow = market.placed(market.bruno, STRAND_42)
        robe.refresh_from_db()
        assert market.bruno.pk < market.cara.pk
        assert (robe.pushed, slow.pushed) == (1, 3)
        assert robe.pushed_at < slow.pushed_at

    def test_a_store_that_answers_nonsense_holds_no_other_and_is_looked_at_before_it_is_written_to(self, market):
        push_all()
        robe = place_robe(market)
        Placement.objects.filter(shop=market.bruno).update(doubted_at=timezone.now())  # it is read first
        market.standin.spoil("empty_after", "", times=100, store=market.bruno.domain)
        push_due()
        robe.refresh_from_db()
        assert robe.pushed == 1
        late = market.placed(market.bruno, STRAND_42)
        assert "nobody understands" in late.error
        assert late.next_attempt_at > timezone.now()
        market.standin.faults.clear()
        want(market, STRAND_42, 1)
        push_all()
        assert market.figures(market.bruno, STRAND_42) == (0, 1)

    def test_a_token_that_ends_in_the_middle_of_a_round_is_renewed_and_the_rest_is_written(self, market):
        robe = place_robe(market)
        before = market.bruno.credential.access_token
        market.standin.standin.revoke_token(market.standin.standin.stores[market.bruno.domain], before)
        push_due()
        robe.refresh_from_db()
        market.bruno.credential.refresh_from_db()
        assert market.bruno.credential.access_token != before
        assert market.bruno.credential.broken_at is None
        assert robe.pushed == 1
        push_all()
        assert market.figures(market.bruno, STRAND_42) == (0, 3)
        assert market.figures(market.bruno, KADE_S) == (0, 4)
        assert not Placement.objects.exclude(error="").exists()

    def test_a_store_that_took_our_access_back_is_asked_no_more(self, market):
        standin = market.standin.standin
        standin.uninstall(standin.stores[market.bruno.domain], standin.client_id)
        while push_due():
            pass
        Placement.objects.update(next_attempt_at=timezone.now())
        assert push_due() == 0
        market.bruno.credential.refresh_from_db()
        assert market.bruno.credential.broken_at is not None

    def test_one_item_the_store_does_not_know_is_named_and_the_rest_is_written(self, market):
        push_all()
        lost = market.placed(market.bruno, STRAND_42)
        type(lost.inventory_item).objects.filter(pk=lost.inventory_item_id).update(
            remote_id="gid://shopify/InventoryItem/1"
        )
        Placement.objects.update(wanted=1)
        push_all()
        lost.refresh_from_db()
        assert market.figures(market.bruno, KADE_S) == (0, 1)
        assert lost.error != ""


class TestHalts:
    def test_a_halted_shops_store_is_read_and_never_written_to(self, market):
        stop = stops.halt("shop", shop=market.bruno, by="ina", reason="Its figures are wrong.")
        push_all()
        assert market.figures(market.bruno, STRAND_42) == (0, None)
        row = market.placed(market.bruno, STRAND_42)
        with pytest.raises(ConnectorError) as refused:
            connector_for(market.bruno).activate_on_shelf(
                RemoteShelf(market.bruno.shelf_service_id, market.bruno.shelf_location_id),
                row.inventory_item.remote_id,
                1,
                "key",
            )
        assert (refused.value.code, refused.value.retryable) == ("halted", True)
        assert market.figures(market.bruno, STRAND_42) == (0, None)
        stops.lift(stop, by="ina")
        push_all()
        assert market.figures(market.bruno, STRAND_42) == (0, 3)

    def test_a_halted_partners_stock_leaves_every_shelf_and_comes_back(self, market):
        push_all()
        notice_changes()
        stop = stops.halt("partner", shop=market.alma, by="ina", reason="Wrong goods in parcels.")
        settle(market)
        assert market.figures(market.bruno, STRAND_42) == (0, 0)
        assert market.figures(market.bruno, KADE_S) == (0, 0)
        stops.lift(stop, by="ina")
        settle(market)
        assert market.figures(market.bruno, STRAND_42) == (0, 3)


def settle(market):
    """Have the shelves follow what changed about shops, as the sweeps do."""
    assert notice_changes() == 1
    while distribute_due():
        pass
    push_all()


def place_robe(market):
    """Have one unit of Alma's stand on Cara's shelf, which carries the same goods; not pushed yet."""
    item = make_item("robe")
    market.read(market.cara)
    Shop.objects.filter(pk=market.cara.pk).update(placing="deepen", promise_days=9)
    mine = market.variant(market.cara, "CARA-ROBE-38")
    link(mine, item)
    link(market.variant(market.alma, "OV2002-045-L"), item)
    return Placement.objects.create(
        shop=market.cara, variant=mine, inventory_item=mine.inventory_item, item=item, wanted=1
    )
