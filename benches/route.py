"""Route: deciding who ships, against the optimum found another way; and claiming one hot item from many threads."""

import contextlib
import itertools
import json
import random
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from benches import _scratch  # first: it sets the environment that settings are read from

# isort: split
import psycopg
from django.db import connection

from benches._figures import Aim, Bench, open_bench, share, timed
from benches._peers import peers_python
from catalog.claim import OutOfStock, check_claims, claim_units
from catalog.models import InventoryItem, Item, Match, Product, StockLevel, Style, Variant
from network.models import Location, Merchant, Shop
from orders.routing import DEFAULT_POLICY, POLICIES, Demand, Destination, Offer, Plan, Promise, plan_order
from orders.routing.costs import bundle_cost, place_of, unit_minor
from orders.tests.optimum import least_objective

WRITERS = 8
PLACES = (
    ("BE", "9000"),
    ("BE", "1000"),
    ("NL", "1012"),
    ("NL", "3011"),
    ("DE", "10115"),
    ("FR", "75001"),
    ("FR", "59000"),
)
PROMISE = Promise(days=4)
WEIGHTS = POLICIES[DEFAULT_POLICY]
SOLVED = 6  # orders that the solver of integer programmes divides too: it takes seconds for each
Problem = tuple[list[Demand], list[Offer], Destination]
Attempt = Callable[[], bool]


def main() -> None:
    """Plan orders in memory, then claim in a database."""
    bench = open_bench("route", rows=1_500, meaning="decisions, and claims on the hot item")
    dice = random.Random(7)
    _plan_orders(bench, dice)
    _solve_orders(bench, dice)
    with _scratch.scratch_database():
        _claim_hot_item(bench)


# --- decisions --------------------------------------------------------------------------------------------------------
def _plan_orders(bench: Bench, dice: random.Random) -> None:
    """Time every decision; plan each single-unit order again by the slower way and compare what the plans cost."""
    planned, looked, gaps, worse = [], [], [], 0
    for at in range(bench.rows):
        single = at % 3 > 0
        problem = _problem(dice, lines=dice.randint(1, 6), candidates=dice.randint(20, 200), most=1 if single else 2)
        began = time.perf_counter()
        plan = plan_order(*problem, PROMISE)
        planned.append(time.perf_counter() - began)
        if single:
            began = time.perf_counter()
            best = _by_partitions(problem)
            looked.append(time.perf_counter() - began)
            gaps.append(_gap(plan, best))
            worse += gaps[-1] > 0
    bench.note(f"{len(gaps)} plans compared with the optimum, {worse} worse; load now {_scratch.load()}")
    for name, part in (("p50", 0.5), ("p99", 0.99)):
        bench.tell(
            f"decision with 1–6 lines and 20–200 candidates, {name}",
            share(planned, part) * 1000,
            "ms",
            reference=share(looked, part) * 1000,
            reference_name="every partition of the lines, each part from its cheapest place, untraced",
            aim=Aim(15),
            better="lower",
        )
    _tell_gap(bench, "cost above the optimum, worst plan", gaps, "every partition of the lines")


def _solve_orders(bench: Bench, dice: random.Random) -> None:
    """Let HiGHS divide a few orders of several units a line, under every policy in turn, and compare cost and time."""
    planned, solved, above = [], [], []
    for at, policy in zip(range(SOLVED), itertools.cycle(POLICIES)):
        demands, offers, to = _problem(dice, lines=6, candidates=40, most=2)
        weights = POLICIES[policy]
        seconds, plan = timed(lambda: plan_order(demands, offers, to, PROMISE, policy=policy))  # noqa: B023
        planned.append(seconds)
        seconds, least = timed(lambda: least_objective(demands, offers, to, PROMISE, weights))  # noqa: B023
        solved.append(seconds)
        above.append((plan.cost_minor + plan.parcels * weights.parcel - least) / least)
        bench.note(f"order {at}, {policy}: {planned[-1] * 1000:.1f} ms, HiGHS {seconds * 1000:.0f} ms")
    bench.tell(
        "decision with 6 lines of up to two units and 40 candidates, median",
        share(planned, 0.5) * 1000,
        "ms",
        reference=share(solved, 0.5) * 1000,
        reference_name="HiGHS on the same integer programme",
        aim=Aim(15),
        better="lower",
    )
    _tell_gap(bench, "cost above HiGHS's optimum, worst plan", above, "HiGHS, gap 0, every policy in turn")


def _tell_gap(bench: Bench, name: str, gaps: Sequence[float], whose: str) -> None:
    bench.tell(name, max(gaps) * 100, "%", reference=0.0, reference_name=whose, aim=Aim(0), better="lower")


def _problem(dice: random.Random, *, lines: int, candidates: int, most: int) -> Problem:
    """Draw an order whose items stand at a part of the candidates, each item at one candidate at least."""
    demands = [Demand(line, 100 + line, dice.randint(1, most), dice.choice((300, 900, 1400))) for line in range(lines)]
    offers = []
    for demand in demands:
        sure = dice.randrange(candidates)
        for at in range(candidates):
            if at == sure or dice.random() < 0.4:
                country, postcode = PLACES[at % len(PLACES)]
                free, level = dice.randint(most, 3), at * 10 + demand.line
                offers.append(
                    Offer(at, at, level, demand.item, free, country, postcode, days=at % 6 + 1, risk_bp=at * 37 % 900)
                )
    return demands, offers, Destination(*dice.choice(PLACES))


def _by_partitions(problem: Problem) -> tuple[int, int]:
    """Find the fewest parcels and their least cost by trying every partition of the lines: (parcels, cost).

    For lines of one unit and different items this is the whole search space: two parts from one place would be one parcel.
    """
    demands, offers, to = problem
    held: dict[int, dict[int, Offer]] = {}
    for offer in offers:
        held.setdefault(offer.location, {})[offer.item] = offer
    places = {location: place_of(next(iter(of.values())), to, PROMISE, WEIGHTS) for location, of in held.items()}
    cheapest: dict[frozenset[int], int | None] = {}

    def price(part: Sequence[Demand]) -> int | None:
        key = frozenset(demand.line for demand in part)
        if key not in cheapest:
            grams = sum(demand.grams * demand.units for demand in part)
            cheapest[key] = min(
                (
                    bundle_cost(places[location], grams, [unit_minor(of[demand.item], WEIGHTS) for demand in part])
                    for location, of in held.items()
                    if all(demand.item in of for demand in part)
                ),
                default=None,
            )
        return cheapest[key]

    answers = []
    for parts in _partitions(demands):
        prices = [price(part) for part in parts]
        if None not in prices:
            answers.append((len(parts), sum(filter(None, prices))))
    return min(answers)


def _partitions(lines: Sequence[Demand]) -> Iterator[list[list[Demand]]]:
    if not lines:
        yield []
        return
    for parts in _partitions(lines[1:]):
        yield [[lines[0]], *parts]
        for at in range(len(parts)):
            yield [*parts[:at], [lines[0], *parts[at]], *parts[at + 1 :]]


def _gap(plan: Plan, best: tuple[int, int]) -> float:
    """Say how much dearer a plan is; one that serves less or sends more parcels counts as twice the cost."""
    parcels, cost = best
    if plan.unserved or plan.parcels > parcels:
        return 1.0
    return (plan.cost_minor - cost) / cost


# --- claims -----------------------------------------------------------------------------------------------------------
def _claim_hot_item(bench: Bench) -> None:
    """Let eight threads want a third more units than there are; then let them update a bare row in the same way."""
    units = bench.rows
    level = _hot_level(units)
    tries = units * 4 // 3
    seconds, won = _together(lambda number: _claimer(number, level.pk), tries)
    level.refresh_from_db()
    oversold = max(won, level.claimed) - units
    if check_claims() or won != units:
        bench.note(f"{won} of {units} units were claimed; levels that disagree with their claims: {check_claims()}")
    bare = _bare_updates(units, tries)
    bench.note(f"{WRITERS} threads, {tries} tries on {units} units; load now {_scratch.load()}")
    bench.tell(
        "claims won on one hot item by 8 writers",
        won / seconds,
        "1/s",
        reference=units / bare,
        reference_name="a bare conditional UPDATE of one row, committed, by 8 writers",
        aim=Aim(500),
        better="higher",
    )
    peer = _oscar(bench, units, tries)
    bench.tell(
        "units claimed beyond the stock",
        max(0, oversold),
        "units",
        reference=peer and float(max(peer["won"], peer["allocated"]) - units),
        reference_name="units that django-oscar allocates beyond the same stock, by 8 writers",
        aim=Aim(0),
        better="lower",
    )
    bench.tell(
        "claims won on one hot item beside django-oscar’s allocations",
        won / seconds,
        "1/s",
        reference=peer and peer["won"] / peer["seconds"],
        reference_name="django-oscar 4.2.1: its strategy asked, then StockRecord.allocate in a transaction, by 8 writers",
        aim=Aim(500),
        better="higher",
    )


def _oscar(bench: Bench, units: int, tries: int) -> dict[str, Any] | None:
    """Have the peer sell as many units in a database of its own on the same server; None without a package index."""
    name = "bench_oscar"
    try:
        python = peers_python()
    except subprocess.CalledProcessError:
        bench.note("django-oscar could not be installed; going on without it")
        return None
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'create database "{name}"')
    try:
        facts = {key: str(connection.settings_dict[key]) for key in ("HOST", "PORT", "USER", "PASSWORD")}
        script, counts = str(Path(__file__).with_name("_oscar.py")), (str(units), str(tries), str(WRITERS))
        command = [str(python), script, json.dumps(facts | {"NAME": name}), *counts]
        sold: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    finally:
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'drop database "{name}" with (force)')
    bench.note(f"django-oscar: {sold['won']} of {units} units sold, {sold['allocated']} written as allocated")
    return sold


def _hot_level(units: int) -> StockLevel:
    merchant = Merchant.everyone.create(name="Alma", legal_name="Alma", country="BE")
    shop = Shop.everyone.create(
        merchant=merchant, domain="alma.myshopify.com", name="Alma", country="BE", currency="EUR", status="live"
    )
    place = Location.everyone.create(shop=shop, remote_id="here", name="Here", country="BE")
    stock = InventoryItem.everyone.create(shop=shop, remote_id="hot")
    product = Product.everyone.create(shop=shop, remote_id="hot", title="Boot")
    variant = Variant.everyone.create(shop=shop, product=product, inventory_item=stock, remote_id="hot")
    item = Item.objects.create(style=Style.objects.create(title="Boot"))  # a claim also marks the item of its units
    Match.everyone.create(variant=variant, shop=shop, item=item, method="own", decided_by="bench")
    return StockLevel.everyone.create(inventory_item=stock, location=place, available=units)


def _bare_updates(units: int, tries: int) -> float:
    _scratch.run_sql("create table bench_level (free int check (free >= 0))")
    _scratch.run_sql("insert into bench_level values (%(units)s)", units=units)
    seconds, won = _together(_taker, tries)
    if won != units:
        raise RuntimeError(f"The reference sold {won} of {units} units.")
    return seconds


@contextlib.contextmanager
def _claimer(number: int, level: int) -> Iterator[Attempt]:
    """Open one thread's connection and hand out the verb; its tries are orders of its own."""
    orders = itertools.count(number * 1_000_000)

    def attempt() -> bool:
        try:
            return bool(claim_units(f"order_line:{next(orders)}", [(level, 1)]))
        except OutOfStock:
            return False

    connection.ensure_connection()
    try:
        yield attempt
    finally:
        connection.close()


@contextlib.contextmanager
def _taker(number: int) -> Iterator[Attempt]:
    with psycopg.connect(_scratch.dsn(), autocommit=True) as own:
        yield lambda: own.execute("update bench_level set free = free - 1 where free >= 1").rowcount == 1


def _together(writer: Callable[[int], AbstractContextManager[Attempt]], tries: int) -> tuple[float, int]:
    """Let eight threads, connected first, share the tries from one moment on; returns seconds and successes."""
    gate, left, won = threading.Barrier(WRITERS + 1), iter(range(tries)), [0] * WRITERS
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            with writer(number) as attempt:
                gate.wait(60)
                for _ in left:
                    won[number] += attempt()
        except Exception as error:  # noqa: BLE001 - told to the main thread
            failures.append(error)
            gate.abort()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    with contextlib.suppress(threading.BrokenBarrierError):
        gate.wait(60)
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    if failures:
        raise failures[0]
    return seconds, sum(won)


if __name__ == "__main__":
    main()
