"""Buffers that grow with how fast a size sells and how late its figures come; and what nobody could find."""

import datetime as dt

import pytest
from django.utils import timezone

from catalog.catalogue import size_rows
from catalog.distribute import distribute_due, notice_changes
from catalog.distributing.buffers import MOST, THRESHOLDS, say_kept, units_kept
from catalog.keep_back import delay_of, explain_kept, measure_buffers
from catalog.mark import mark_shop
from catalog.models import FigureDelay, Item, ItemMark, Placement, ShelfBasis, StockLevel, StockPace
from catalog.stocktake import set_stock
from catalog.tests.cast import level_of, make_item, open_shop, put, stock
from catalog.trust import record_outcome, record_rejection
from network.models import Shop


class TestThinking:
    @pytest.mark.parametrize(
        ("per_day", "delay", "units"),
        [(0, 300, 0), (5, 300, 0), (6, 300, 1), (60, 300, 1), (100, 300, 2), (6, 86_400, MOST), (0.02, 86_400, 0)],
    )
    def test_keeps_what_is_exceeded_once_in_fifty(self, per_day: float, delay: float, units: int) -> None:
        assert units_kept(per_day, delay) == units

    def test_more_units_carry_more_sales(self) -> None:
        assert [round(most, 3) for most in THRESHOLDS] == [0.02, 0.215, 0.567, 1.016, 1.53]

    def test_says_pace_and_delay(self) -> None:
        assert say_kept(2, 100, 300) == (
            "2 units stay off partners’ shelves: you sell about 100 a day and your figures reach the network within 5 minutes."
        )
        assert say_kept(0, 100, 300) == ""


@pytest.mark.django_db
class TestMeasuring:
    @pytest.fixture
    def bruno(self):
        shop = open_shop("Bruno")
        shop.boot = stock(shop, make_item(), 0)
        return shop

    @pytest.fixture
    def alma(self, bruno):
        shop = open_shop("Alma")
        shop.boot = stock(shop, Item.objects.get(), 50)
        return shop

    def shelf(self, shop):
        while distribute_due():
            pass
        return list(Placement.objects.filter(shop=shop).values_list("wanted", flat=True))

    def sell(self, alma, days_ago: int, before: int) -> None:
        looks = StockPace.objects.filter(level=level_of(alma.boot))
        looks.update(looked_on=timezone.localdate() - dt.timedelta(days=days_ago), figure=before)

    def test_a_size_that_sells_fast_keeps_units_off_the_shelves(self, alma, bruno) -> None:
        bruno.placement_cap = 100
        bruno.save()
        assert measure_buffers() == 0
        assert self.shelf(bruno) == [50]
        self.sell(alma, 1, 470)  # 420 sold since yesterday: 60 a day, smoothed over a week
        FigureDelay.objects.create(shop=alma, seconds=600, messages=100)
        assert measure_buffers() == 1
        level = level_of(alma.boot)
        assert (level.kept_back, StockPace.objects.get(level=level).per_day) == (2, 60.0)
        assert self.shelf(bruno) == [48]
        assert explain_kept([level])[level.pk].startswith("2 units stay off partners’ shelves: you sell about 60 a day")

    def test_twice_on_a_day_is_measured_once(self, alma, bruno) -> None:
        measure_buffers()
        self.sell(alma, 1, 470)
        measure_buffers()
        pace = StockPace.objects.get(level=level_of(alma.boot)).per_day
        put(alma.boot, 10)
        measure_buffers()
        assert StockPace.objects.get(level=level_of(alma.boot)).per_day == pace

    def test_the_shops_own_buffer_is_the_least(self, alma, bruno) -> None:
        alma.buffer = 49
        alma.save()
        measure_buffers()
        self.sell(alma, 1, 470)
        measure_buffers()
        assert level_of(alma.boot).kept_back == 1
        assert self.shelf(bruno) == [1]

    def test_a_shop_of_which_too_little_is_known_is_taken_at_the_sweeps_pace(self, alma, bruno) -> None:
        FigureDelay.objects.create(shop=alma, seconds=5, messages=3)
        assert delay_of(alma.pk) == 300.0

    def test_a_unit_nobody_found_leaves_every_shelf_until_its_shop_proves_it(self, alma, bruno) -> None:
        """T11: not found lowers availability everywhere and is not offered again by itself."""
        cara = open_shop("Cara")
        stock(cara, Item.objects.get(), 0)
        put(alma.boot, 1)
        assert (self.shelf(bruno), self.shelf(cara)) == ([1], [1])
        record_rejection(level_of(alma.boot).pk, 1, "not_found")
        assert (self.shelf(bruno), self.shelf(cara)) == ([0], [0])
        assert measure_buffers() == 0
        assert (self.shelf(bruno), self.shelf(cara)) == ([0], [0])
        alma.platform = "api"
        alma.save()
        set_stock(alma, [(alma.boot.remote_id, "Alma-shop", 2, timezone.now())])
        assert (self.shelf(bruno), self.shelf(cara)) == ([2], [2])

    def test_of_all_that_keeps_units_back_the_largest_is_said_and_counted(self, alma, bruno) -> None:
        def said() -> str:
            return explain_kept(StockLevel.objects.select_related("location__shop")).get(level_of(alma.boot).pk, "")

        def counted() -> int:
            return size_rows(alma.merchant, [alma.boot.product])[0].kept_units

        assert (said(), counted()) == ("", 0)
        Shop.objects.filter(pk=alma.pk).update(buffer=1)
        assert said() == "1 unit stays off partners’ shelves: your settings say so for every size."
        ShelfBasis.objects.create(shop=alma, fingerprint="", kept_back=2)
        assert said().startswith("2 units stay off partners’ shelves: too often one was not there")
        StockLevel.objects.filter(pk=level_of(alma.boot).pk).update(kept_back=3)
        assert said().startswith("3 units stay off partners’ shelves: you sell about")
        assert counted() == 3
        put(alma.boot, 2)
        assert counted() == 2
        put(alma.boot, 0)
        assert (said(), counted()) == ("", 0)

    def test_a_changed_pace_marks_its_size_alone_and_the_same_again_nothing(self, alma, bruno) -> None:
        stock(alma, make_item(size="43"), 9, sku="A43")
        assert (measure_buffers(), ItemMark.objects.count()) == (0, 0)
        self.sell(alma, 1, 470)
        assert measure_buffers() == 1
        assert ItemMark.objects.get().item == Item.objects.get(size_key="42")
        while distribute_due():
            pass
        assert (measure_buffers(), ItemMark.objects.count()) == (0, 0)

    def test_a_changed_record_marks_every_size_of_its_shop_and_lowers_their_shelves(self, alma, bruno) -> None:
        shirt = make_item(size="43")
        stock(alma, shirt, 9, sku="A43"), stock(bruno, shirt, 0, sku="B43")
        stock(open_shop("Cara"), make_item(size="44"), 5)  # hers is nobody's business
        assert self.shelf(bruno) == [5, 5]
        alma_levels = StockLevel.objects.filter(location__shop=alma)
        alma_levels.update(available=4)
        mark_shop(alma)
        assert self.shelf(bruno) == [4, 4]
        record_outcome(alma, "on_time", 9)
        record_outcome(alma, "not_found", 1)  # one in nine
        assert notice_changes() == 1
        assert set(ItemMark.objects.values_list("item__size_key", flat=True)) == {"42", "43"}
        assert self.shelf(bruno) == [3, 3]
        assert notice_changes() == 0
