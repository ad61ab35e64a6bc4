"""Claims under real threads: one unit, one buyer, whatever the order of locks; the sum of claims is what levels say."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from catalog.claim import OutOfStock, check_claims, claim_units, release_claims, use_claims
from catalog.distribute import distribute_due, distribute_items
from catalog.mark import mark_items
from catalog.models import Claim, ItemMark, Match, Placement, ShelfNote, StockLevel
from catalog.push import doubt_shelf, note_shelf_sold
from catalog.put_back import count_units, expect_no_longer, expect_units
from catalog.shelf_notes import take_in_notes
from catalog.stocktake import StockEvent, apply_stock_events, confirm_soon
from catalog.supply import offers_for
from catalog.tests.cast import level_of, make_item, open_shop, stock
from catalog.trust import record_rejection
from network.models import Shop

BUYERS = 50


@pytest.fixture
def alma(own_database):
    return open_shop(f"Alma{Shop.objects.count()}", "BE")


def together(jobs, threads=8):
    """Run jobs at the same moment in real threads, each with a connection of its own; returns their results in order."""
    gate = threading.Barrier(min(threads, len(jobs)))

    def run(number, job):
        if number < gate.parties:
            gate.wait(10)
        try:
            return job()
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        done = [pool.submit(run, number, job) for number, job in enumerate(jobs)]
        results = [one.result(60) for one in done]
    connections["default"].ensure_connection()
    return results


def tried(job):
    def run():
        try:
            return job()
        except OutOfStock:
            return None

    return run


@pytest.mark.parametrize(("units", "each"), [(1, 1), (7, 1), (500, 10)])
def test_fifty_buyers_get_exactly_what_there_is(alma, units, each):
    """Case 31: every buyer tries twice, together for more than there is; all of it is sold, and not a unit more."""
    level = level_of(stock(alma, make_item(), units))
    tries = [
        tried(lambda n=n: claim_units(f"order_line:{level.pk}:{n}", [(level.pk, each)])) for n in range(2 * BUYERS)
    ]
    won = together(tries)
    level.refresh_from_db()
    assert sum(claims[0].quantity for claims in won if claims) == units
    assert (level.available, level.claimed) == (units, units)
    assert check_claims() == []


def test_four_line_orders_in_any_order_neither_deadlock_nor_lose_a_unit(alma):
    """Case 34."""
    levels = [level_of(stock(alma, make_item(size=str(n)), 20, sku=f"S{n}")) for n in range(6)]

    def order(number):
        chosen = random.Random(number).sample(levels, 4)
        return tried(lambda: claim_units(f"order_line:{alma.pk}:{number}", [(level.pk, 1) for level in chosen]))

    won = together([order(number) for number in range(60)])
    rows = StockLevel.objects.filter(location__shop=alma)
    claimed = list(rows.order_by("pk").values_list("claimed", flat=True))
    assert sum(claimed) == 4 * sum(1 for claims in won if claims)
    assert max(claimed) <= 20
    assert None not in won or max(claimed) == 20
    assert check_claims() == []


def test_the_same_purpose_at_the_same_moment_claims_once(alma):
    level = level_of(stock(alma, make_item(), 10))
    won = together([lambda: claim_units("order_line:1", [(level.pk, 2)]) for _ in range(8)])
    level.refresh_from_db()
    assert {claims[0].pk for claims in won} == {Claim.objects.get(level=level).pk}
    assert level.claimed == 2


def test_claims_and_phantom_units_together_lower_what_is_free(alma):
    """T2."""
    bruno = open_shop(f"Bruno{Shop.objects.count()}", "BE")
    item = make_item()
    level = level_of(stock(alma, item, 30))
    stock(bruno, item, 0)
    jobs = [tried(lambda n=n: claim_units(f"order_line:{level.pk}:{n}", [(level.pk, 1)])) for n in range(20)]
    jobs += [lambda: record_rejection(level.pk, 1, "not found") for _ in range(8)]
    together(jobs)
    level.refresh_from_db()
    assert (level.claimed, level.phantom) == (20, 8)
    assert offers_for(bruno, [item.pk])[item.pk][0].free == 2


def test_figures_sales_and_decisions_meet_without_deadlock_and_end_in_agreement(alma):
    """Sync, buyers, cancellations and distribution work on the same items; afterwards every shelf shows what is free."""
    bruno = open_shop(f"Bruno{Shop.objects.count()}", "BE", placement_cap=100)
    boots = []
    for number in range(5):
        item = make_item(size=str(number))
        boots.append(stock(alma, item, 20, sku=f"A{number}"))
        stock(bruno, item, 0, sku=f"B{number}")
    place = alma.locations.get().remote_id

    def buy(number):
        chosen = random.Random(number).sample(boots, 3)
        claims = claim_units(f"order_line:{alma.pk}:{number}", [(level_of(one).pk, 1) for one in chosen])
        if number % 3 == 0:
            release_claims(f"order_line:{alma.pk}:{number}")
        elif number % 3 == 1:
            use_claims([claim.pk for claim in claims])

    def tell(number):
        shuffled = random.Random(number).sample(boots, 5)
        apply_stock_events(
            alma, [StockEvent(one.inventory_item.remote_id, place, 40, timezone.now()) for one in shuffled]
        )

    def decide():
        for _ in range(5):
            distribute_due()

    jobs = [lambda n=n: (buy, tell)[n % 4 == 3](n) for n in range(40)] + [decide, decide]
    random.Random(1).shuffle(jobs)
    together(jobs)
    while distribute_due():
        pass
    assert check_claims() == []
    assert not ItemMark.objects.exists()
    for boot in boots:
        level = level_of(boot)
        placed = Placement.objects.get(shop=bruno, item__matches__variant=boot)
        assert placed.wanted == max(level.available - level.claimed, 0)


def test_a_claim_and_a_figure_wait_for_no_batch_that_is_deciding_their_item(alma):
    """The item is held by an open batch; who claims and who tells a figure get through, and their marks outlive the batch."""
    bruno = open_shop(f"Bruno{Shop.objects.count()}", "BE")
    item = make_item()
    boot, other = stock(alma, item, 5), make_item(size="43")
    level, gap = level_of(boot), stock(bruno, item, 0)
    while distribute_due():
        pass
    decided, told = threading.Event(), threading.Event()

    def decide():
        with transaction.atomic():
            mark_items([item.pk, other.pk])
        with transaction.atomic():
            distribute_due()
            decided.set()
            assert told.wait(20)

    def sell():
        try:
            assert decided.wait(20)
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("set local lock_timeout = '2s'")
                claim_units(f"order_line:{level.pk}", [(level.pk, 2)])
            place = alma.locations.get().remote_id
            apply_stock_events(alma, [StockEvent(boot.inventory_item.remote_id, place, 9, timezone.now())])
            assert distribute_due() == 0, "the item is held: a second sweep passes it"
        finally:
            told.set()

    together([decide, sell], threads=2)
    assert set(ItemMark.objects.values_list("item", flat=True)) == {item.pk}
    assert distribute_due() == 1
    assert Placement.objects.get(inventory_item=gap.inventory_item).wanted == 5, "nine, less two claimed, at most five"


def test_goods_that_became_another_item_stand_there_whoever_decides_last(alma):
    """Two sweeps hold a figure of the old item and of the new one; the old item's is written last and does not stay."""
    bruno = open_shop(f"Bruno{Shop.objects.count()}", "BE")
    old, new = make_item(), make_item(size="43")
    stock(alma, old, 2, sku="O"), stock(alma, new, 3, sku="N")
    gap = stock(bruno, old, 0)
    while distribute_due():
        pass
    distribute_items([old.pk, new.pk])
    placed = Placement.objects.get(inventory_item=gap.inventory_item)
    Match.objects.filter(variant=gap).update(item=new)
    held, waiting = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            Placement.objects.select_for_update().get(pk=placed.pk)
            held.set()
            wait_for_queue(2)

    def decide(item, before, after=None):
        assert before.wait(20)
        if after is not None:
            threading.Thread(target=lambda: (wait_for_queue(1), after.set(), connection.close())).start()
        distribute_items([item.pk])

    together([hold, lambda: decide(new, held, waiting), lambda: decide(old, waiting)], threads=3)
    while distribute_due():
        pass
    placed.refresh_from_db()
    assert (placed.item, placed.wanted) == (new, 3)


def test_whoever_touches_several_shelves_or_levels_takes_them_in_one_order(alma):
    """Each of these waits for the first row and holds no later one, so that two of them never wait in a circle."""
    bruno = open_shop(f"Bruno{Shop.objects.count()}", "BE")
    items = [make_item(size=str(n)) for n in range(3)]
    boots = [stock(alma, item, 5, sku=f"A{n}") for n, item in reversed(list(enumerate(items)))]
    gaps = [stock(bruno, item, 0, sku=f"B{n}") for n, item in enumerate(items)]
    for gap, item in reversed(list(zip(gaps, items, strict=True))):  # stored the other way round than they are locked
        goods = gap.inventory_item
        Placement.objects.create(shop=bruno, inventory_item=goods, variant=gap, item=item, wanted=1, pushed=1)
    levels = sorted(level_of(boot).pk for boot in boots)
    for level in reversed(levels):  # the oldest row is now stored last
        StockLevel.objects.filter(pk=level).update(available=6)
    shelf, now = bruno.shelf_location_id, timezone.now()
    told = [StockEvent(gap.inventory_item.remote_id, shelf, 9, now) for gap in gaps]
    units = dict.fromkeys(levels, 1)
    shelves = Placement.objects.filter(shop=bruno).order_by("inventory_item_id")
    for touch, rows in (
        (lambda: apply_stock_events(bruno, told), shelves),
        (lambda: expect_units(units), StockLevel.objects.filter(pk__in=levels).order_by("pk")),
        (lambda: expect_no_longer(units.items()), StockLevel.objects.filter(pk__in=levels).order_by("pk")),
        (lambda: count_units(units), StockLevel.objects.filter(pk__in=levels).order_by("pk")),
        (lambda: confirm_soon(levels), StockLevel.objects.filter(pk__in=levels).order_by("pk")),
    ):
        Placement.objects.update(doubted_at=None)
        ids, held = list(rows.values_list("pk", flat=True)), threading.Event()

        def hold(model=rows.model, ids=ids, held=held):
            with transaction.atomic():
                list(model.objects.select_for_update().filter(pk=ids[0]))
                held.set()
                wait_for_queue(1)
                list(model.objects.select_for_update(nowait=True).filter(pk__in=ids[1:]).order_by("pk"))

        def meet(touch=touch, held=held):
            assert held.wait(20)
            with connection.cursor() as cursor:  # rows are met as they are stored, as in a table without statistics
                cursor.execute("set enable_indexscan = off; set enable_bitmapscan = off")
            touch()

        together([hold, meet], threads=2)


def test_who_tells_of_a_sale_from_a_shelf_waits_for_no_batch_that_writes_it(alma):
    """The batch has written the placement and not committed; what is told meanwhile is noted, and taken in once it has."""
    bruno = open_shop(f"Bruno{Shop.objects.count()}", "BE")
    item = make_item()
    level, gap = level_of(stock(alma, item, 5)), stock(bruno, item, 0)
    distribute_items([item.pk])
    Placement.objects.update(pushed=5, unseen_units=1)
    StockLevel.objects.filter(pk=level.pk).update(available=4)
    written, told = threading.Event(), threading.Event()

    def decide():
        with transaction.atomic():
            assert distribute_items([item.pk]) == 1
            written.set()
            assert told.wait(20)

    def tell():
        try:
            assert written.wait(20)
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("set local lock_timeout = '2s'")
                note_shelf_sold(bruno, gap.inventory_item, 2)
                doubt_shelf(bruno, [gap.inventory_item_id])
            assert take_in_notes() == 0, "its placement is held: what is noted stays"
        finally:
            told.set()

    together([decide, tell], threads=2)
    placed = Placement.objects.get(shop=bruno)
    assert (placed.wanted, placed.pushed, placed.doubted_at) == (4, 5, None)
    assert sorted(ShelfNote.objects.values_list("placement", "units")) == [(placed.pk, 0), (placed.pk, 2)]
    assert (take_in_notes(), take_in_notes()) == (2, 0)
    placed.refresh_from_db()
    assert (placed.wanted, placed.pushed, placed.unseen_units, placed.doubted_at is None) == (4, 4, 0, False)


def test_every_sale_that_is_told_counts_once_whoever_writes_the_shelf_meanwhile(alma):
    bruno = open_shop(f"Bruno{Shop.objects.count()}", "BE", placement_cap=100)
    item = make_item()
    level, gap = level_of(stock(alma, item, 90)), stock(bruno, item, 0)
    distribute_items([item.pk])
    Placement.objects.update(pushed=90)

    def decide(number):
        StockLevel.objects.filter(pk=level.pk).update(available=90 - number)
        with transaction.atomic():
            distribute_items([item.pk])
            take_in_notes()

    def tell():
        note_shelf_sold(bruno, gap.inventory_item, 1)
        take_in_notes()

    together([job for number in range(20) for job in (tell, tell, lambda number=number: decide(number))])
    while take_in_notes():
        pass
    assert (Placement.objects.get(shop=bruno).pushed, ShelfNote.objects.count()) == (50, 0)


def wait_for_queue(length):
    """Wait until so many sessions wait for a lock."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute("select count(distinct pid) from pg_locks where not granted")
            if cursor.fetchone()[0] >= length:
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits")
