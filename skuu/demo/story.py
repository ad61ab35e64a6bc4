"""Play the whole story once against real processes: connect, sync, match, distribute, route, fulfil, settle."""

import contextlib
import datetime as dt
import io
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db.models import F, Q, Sum
from rich.console import Console
from rich.table import Table

from catalog import review
from catalog.models import Match, Placement, Product, ReviewCard, StockLevel, Variant
from network.models import Location, Merchant
from orders.models import InternalOrder, Order, OrderLine
from settlement.models import Entry, StatementLine
from skuu.demo import opening, supervisor
from skuu.demo.shopfront import wait_until


@dataclass
class Step:
    """One step of the story: what happened, how many, how long; ``ok`` says whether it did its work."""

    step: str
    what: str = ""
    count: int = 0
    seconds: float = 0.0
    ok: bool = False


@dataclass
class Story:
    """The story so far."""

    steps: list[Step] = field(default_factory=list)
    error: str = ""

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Time one step; a step that raises has not done its work and ends the story."""
        step = Step(name)
        self.steps.append(step)
        began = time.monotonic()
        try:
            yield step
        finally:
            step.seconds = round(time.monotonic() - began, 2)
        step.ok = step.count > 0


def play_story(*, world: str, scale: float, json_file: str | None) -> bool:
    """Play it, print the table, write the JSON; returns whether every step did its work. Again: a new order in the same network."""
    story, demo = Story(), supervisor.Demo(world=world)
    borrowed = supervisor.running_demo()
    try:
        open_world(story, demo, borrowed, scale)
        tell(story, demo)
    except Exception as error:  # noqa: BLE001 - whatever broke is the result, shown and counted as a failure
        story.error = f"{type(error).__name__}: {error}"
    finally:
        if not borrowed:
            supervisor.stop_children(demo)
    ok = not story.error and all(step.ok for step in story.steps)
    report(story, ok)
    if json_file:
        content = {"ok": ok, "error": story.error, "steps": [asdict(step) for step in story.steps]}
        Path(json_file).write_text(json.dumps(content, indent=2) + "\n")
    return ok


def open_world(story: Story, demo: supervisor.Demo, borrowed: dict[str, Any] | None, scale: float) -> None:
    """Migrate, start (or borrow) the processes, connect every shop, read, match and fill the shelves."""
    with story.step("migrate") as step:
        call_command("migrate", verbosity=0)
        call_command("schedule", verbosity=0)
        step.what, step.count = "database is up to date", 1
    with story.step("stand-in") as step:
        if borrowed:
            supervisor.borrow(demo, borrowed)
            step.what = f"the running demo's stand-in at {demo.standin}"
        else:
            supervisor.start_processes(demo, scale)
            step.what = f"started at {demo.standin}, with web and worker"
        step.count = len(demo.stores)
    with story.step("connect") as step:
        demo.people, shops = opening.connect_stores(
            demo.stores, standin=demo.standin, passwords=supervisor.previous_passwords()
        )
        step.count = sum(shop.status != "installing" and bool(shop.shelf_location_id) for shop in shops)
        step.what = (
            f"shops of {Merchant.everyone.filter(shops__in=shops).distinct().count()} merchants, each with a shelf"
        )
    with story.step("sync") as step:
        opening.wait_for_reads(shops)
        step.count = Variant.everyone.filter(shop__in=shops, deleted_at=None).count()
        products = Product.everyone.filter(shop__in=shops, deleted_at=None).count()
        step.what = (
            f"variants of {products} products, stock at {Location.everyone.filter(shop__in=shops).count()} places"
        )
    with story.step("match") as step:
        opening.wait_for_matching()
        step.count = Match.everyone.filter(status="linked").exclude(method="own").count()
        open_cards = ReviewCard.everyone.filter(status="open").count()
        step.what = f"variants linked by certain evidence or a person; {open_cards} questions wait for people"
    with story.step("review") as step:
        step.count, step.what = review_some()
    with story.step("distribute") as step:
        opening.open_shops(shops)
        opening.wait_for_shelves()
        step.count = Placement.everyone.filter(pushed__gt=0).aggregate(n=Sum("pushed"))["n"] or 0
        step.what = f"units stand on the shelves of {Placement.everyone.filter(pushed__gt=0).values('shop').distinct().count()} shops"


def review_some() -> tuple[int, str]:
    """Decide a few open questions as staff would: yes when the best candidate is nearly sure, else none of them."""
    decided = 0
    for card in ReviewCard.everyone.filter(status="open").order_by("-money_minor", "pk")[:3]:
        best = (card.candidates or [{}])[0]
        if best.get("score", 0) >= 0.9:
            review.approve_card(card, by="demo")
        else:
            review.reject_card(card, by="demo")
        decided += 1
    if not decided:
        decided = ReviewCard.everyone.exclude(status="open").count()
        return decided, "questions were decided earlier; none is open"
    return decided, "questions decided by a person"


def tell(story: Story, demo: supervisor.Demo) -> None:
    """Sell one unit from a shelf, follow it to the partner and back, and settle it."""
    fronts = {store.domain: store for store in supervisor.storefronts(demo)}
    placement = pick_placement(list(fronts))
    origin = fronts[placement.shop.domain]
    own_before = own_stock(placement)
    with story.step("order") as step:
        order_id = origin.sell(placement.variant.remote_id)
        order = wait_until("the order in the network", lambda: Order.everyone.filter(remote_id=order_id).first())
        step.what, step.count = f"{order.name} at {placement.shop.name}: {placement.variant.product.title}", 1
    with story.step("route") as step:
        internal = wait_until("the internal order", lambda: placed_order(order))
        shipper = fronts[internal.shipper.domain]
        remote = wait_until("the order at the partner", lambda: shipper.internal_orders(internal.number))
        clean = not any(remote[0][key] for key in ("email", "phone", "customer"))
        step.count = 1 if len(remote) == 1 and clean else 0
        step.what = f"{internal.number} at {internal.shipper.name}, without e-mail, phone or customer"
    number = f"DEMO{int(time.time())}"
    with story.step("fulfil") as step:
        shipper.ship(remote[0], "PostNL", number)
        wait_until("tracking at the selling shop", lambda: number in origin.tracking_numbers(order_id))
        step.what, step.count = f"{number} shown to the customer by {placement.shop.name}", 1
    with story.step("own stock") as step:
        step.count = 1 if own_stock(placement) == own_before else 0
        step.what = f"the selling shop's own figures did not move ({own_before})"
    settle(story, internal)


def pick_placement(domains: list[str]) -> Placement:
    """Find something a shopper can buy only from the shelf, dearest first."""
    sellable = (
        Placement.everyone.filter(shop__domain__in=domains, pushed__gt=0, wanted=F("pushed"), shop__status="live")
        .filter(variant__deleted_at=None, variant__product__status="active")
        .select_related("shop", "variant__product")
        .order_by("-variant__price_minor", "pk")
    )
    for placement in sellable[:200]:
        if own_stock(placement) == 0:
            return placement
    raise RuntimeError("no shelf holds anything its shop has not itself; nothing to sell")


def own_stock(placement: Placement) -> int:
    """Sum the units at the shop's real places."""
    levels = StockLevel.everyone.filter(inventory_item=placement.inventory_item_id)
    return levels.aggregate(n=Sum("available"))["n"] or 0


def placed_order(order: Order) -> InternalOrder | None:
    """Find the internal order once a partner holds it; a line handed back ends the wait with its reason."""
    lost = OrderLine.everyone.filter(order=order, status="handed_back").first()
    if lost:
        raise RuntimeError(f"the line was handed back: {lost.status_reason}")
    placed = Q(status__in=["placed", "accepted", "shipped"])
    return InternalOrder.everyone.filter(placed, order=order).select_related("shipper").first()


def settle(story: Story, internal: InternalOrder) -> None:
    """Post the sale, close the cycle, and prove the books."""
    with story.step("settle") as step:
        call_command("settle", "--through", dt.datetime.now(dt.UTC).date().isoformat(), "--json", stdout=io.StringIO())
        parties = [internal.order.shop.merchant_id, internal.shipper.merchant_id]
        wanted = {party: sale_stands_in_statement(internal, party) for party in parties}
        step.count = sum(wanted.values())
        step.what = "statements of both parties carry the sale" if all(wanted.values()) else f"missing: {wanted}"
        if not all(wanted.values()):
            step.count = 0
    with story.step("check ledger") as step:
        call_command("check_ledger", stdout=io.StringIO())
        step.count, step.what = Entry.objects.count(), "entries in the books, every proof holds"


def sale_stands_in_statement(internal: InternalOrder, merchant_id: int) -> bool:
    """Say whether a closed statement of this merchant carries the internal order."""
    lines = StatementLine.objects.filter(entry__internal_order_id=internal.pk, entry__kind="ship")
    return lines.filter(statement__merchant=merchant_id).exists()


def report(story: Story, ok: bool) -> None:
    """Print the table a person reads."""
    table = Table(title="The whole story", title_justify="left")
    for heading in ("step", "what happened", "count", "seconds", ""):
        table.add_column(heading, justify="right" if heading in ("count", "seconds") else "left")
    for step in story.steps:
        table.add_row(step.step, step.what, f"{step.count:,}", f"{step.seconds:.1f}", "done" if step.ok else "FAILED")
    console = Console()
    console.print(table)
    total = sum(step.seconds for step in story.steps)
    console.print(
        f"{'Everything did its work' if ok else 'The story broke off'} in {total:.1f} s. {story.error}".strip()
    )
