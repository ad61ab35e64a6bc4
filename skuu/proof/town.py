"""Four shops that all sell and ship, and what people do in them; nothing happens by itself, so that a proof decides when."""

import contextlib
import datetime as dt
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from catalog.distribute import distribute_all, distribute_due
from catalog.models import ItemMark
from catalog.push import push_due
from catalog.sync import confirm_levels, continue_reads, start_sweeps
from network import connect, tokens
from network.connectors.shopify import auth
from network.connectors.shopify.standin.server import Running, running_standin
from network.connectors.shopify.standin.state import Node, Store
from network.models import RateCard, Shop
from network.receive import receive_event
from network.tasks import handle_inbound
from orders import tasks as order_tasks
from orders.accept import read_due, sweep_all_orders, sweep_suspected
from orders.arrived import forget_arrived
from orders.cancel import cancel_due
from orders.events import tell_events_due
from orders.fulfil import push_parcels_due, read_fulfilments_due
from orders.hand_back import tell_handed_back
from orders.mirror import mirror_due
from orders.place import accept_requests_due, place_due
from orders.restock import restock_due
from orders.route import route_due
from orders.tests.make import CANCEL, CARA, SIZES, STOCK, Market, open_market, stores
from settlement.settle import post_shipped
from settlement.settle_returns import post_returns

REFUND = """mutation($input: RefundInput!, $key: String!) { refundCreate(input: $input) @idempotent(key: $key) {
  refund { id } userErrors { message } } }"""
PAY = "mutation($input: OrderMarkAsPaidInput!) { orderMarkAsPaid(input: $input) { userErrors { message } } }"
EDIT = "mutation($id: ID!) { orderEditBegin(id: $id) { calculatedOrder { id } userErrors { message } } }"
EDIT_LINE = """mutation($id: ID!, $line: ID!, $units: Int!) { orderEditSetQuantity(id: $id, lineItemId: $line,
  quantity: $units, restock: true) { userErrors { message } } }"""
EDIT_END = "mutation($id: ID!) { orderEditCommit(id: $id) { userErrors { message } } }"
EVENT = """mutation($event: FulfillmentEventInput!) { fulfillmentEventCreate(fulfillmentEvent: $event) {
  userErrors { message } } }"""
UNSHIP = "mutation($id: ID!) { fulfillmentCancel(id: $id) { userErrors { message } } }"
Sweep = Callable[[], int]


def _posted() -> int:
    return post_shipped(seconds=20).posted + post_returns(seconds=20).posted


SWEEPS: dict[str, Sweep] = {
    "inbox": handle_inbound,
    "confirm": confirm_levels,
    "read": read_due,
    "suspected": sweep_suspected,
    "route": route_due,
    "place": place_due,
    "accept": accept_requests_due,
    "cancel": cancel_due,
    "parcels": read_fulfilments_due,
    "push_parcels": push_parcels_due,
    "mirror": mirror_due,
    "events": tell_events_due,
    "hand_back": tell_handed_back,
    "restock": restock_due,
    "reads": continue_reads,
    "distribute": distribute_due,
    "push": push_due,
}
SLOW: dict[str, Sweep] = {
    "orders": sweep_all_orders,
    "changes": start_sweeps,
    "tidy": order_tasks.tidy_orders,
    "arrived": forget_arrived,
    "post": _posted,
}


@contextlib.contextmanager
def town_standin(*, client_id: str, client_secret: str) -> Iterator[Running]:
    """Run a stand-in of the four stores in which nothing happens by itself."""
    with running_standin(
        list(stores()), client_id=client_id, client_secret=client_secret, deterministic=True, by_hand=True
    ) as running:
        yield running


# The database's clock in this transaction is set before or behind its server's: unqualified names are found here first.
CLOCK = """
create schema proof_clock;
create function proof_clock.clock_timestamp() returns timestamptz language sql volatile as
  $$ select pg_catalog.clock_timestamp() + make_interval(secs => current_setting('proof.ahead')::float) $$;
create function proof_clock.now() returns timestamptz language sql volatile as $$ select proof_clock.clock_timestamp() $$;
create function proof_clock.statement_timestamp() returns timestamptz language sql volatile as
  $$ select proof_clock.clock_timestamp() $$;
select set_config('search_path', 'proof_clock, ' || current_setting('search_path') || ', pg_catalog', true);
select set_config('proof.ahead', '0', true);
"""


def set_database_clock(seconds: float) -> None:
    """Let the database's clock run so many seconds before its server's, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("select set_config('proof.ahead', %s, true)", [str(seconds)])


@contextlib.contextmanager
def opened_town() -> Iterator["Town"]:
    """Open a town inside a transaction that is rolled back in the end, with settings that point at its stores."""
    was = settings.SHOPIFY_STANDIN_URL, settings.BASE_URL
    with town_standin(client_id=settings.SHOPIFY_CLIENT_ID, client_secret=settings.SHOPIFY_CLIENT_SECRET) as running:
        settings.SHOPIFY_STANDIN_URL, settings.BASE_URL = running.base_url, "http://127.0.0.1:9"  # nobody listens
        try:
            with transaction.atomic():
                setattr(connection.atomic_blocks[-1], "_from_testcase", True)  # noqa: B010 - like a test's own: no verb opened it
                with connection.cursor() as cursor:
                    cursor.execute(CLOCK)
                yield Town.open(running)
                transaction.set_rollback(True)
        finally:
            settings.SHOPIFY_STANDIN_URL, settings.BASE_URL = was


@dataclass
class Town:
    """The shops, the messages on their way, and the till sales that no order shows."""

    market: Market
    messages: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    till: dict[tuple[str, str], int] = field(default_factory=dict)  # (domain, size) → units put in or taken out by hand
    pictures: dict[str, Any] = field(default_factory=dict)

    # --- opening ------------------------------------------------------------------------------------------------------
    @classmethod
    def open(cls, running: Running) -> "Town":
        """Connect the shops, match their shoe, decide and push every shelf; all of it by the network's own verbs."""
        town = cls(open_market(running))
        now = timezone.now()
        for shop in town.shops:
            given = running.standin.install(shop.domain, sorted(auth.REQUIRED_SCOPES))
            grant = auth.Grant(given["access_token"], given["refresh_token"], given["expires_in"], 90 * 86400, ())
            tokens.store_grant(shop, grant)
            connect.check_shop(shop)
        Shop.everyone.update(products_read_until=now, orders_read_until=now)
        if not RateCard.objects.exists():
            RateCard.objects.create(
                origin_kind="retailer",
                shipper_kind="retailer",
                version=1,
                origin_bp=1500,
                network_bp=200,
                starts_on=dt.date(2024, 1, 1),
            )
        distribute_all()
        ItemMark.objects.all().delete()
        town.work_until_idle()
        town.pictures = {domain: store.picture() for domain, store in running.standin.stores.items()}
        return town

    def reopen(self) -> None:
        """Make the stores what they were when the town was opened; the database is the caller's."""
        standin = self.market.standin.standin
        for domain, store in standin.stores.items():
            store.hang(self.pictures[domain])
        standin.jobs.clear()
        standin.faults.clear()
        standin.clock.ahead = 0.0
        standin.graphql._buckets.clear()
        self.messages.clear()
        self.till.clear()

    @property
    def shops(self) -> list[Shop]:
        market = self.market
        return [market.alma, market.dora, market.bruno, market.cara]

    def store(self, domain: str) -> Store:
        """Look into a store's own state."""
        return self.market.standin.standin.stores[domain]

    # --- the network at work ------------------------------------------------------------------------------------------
    def work(self, name: str) -> int:
        """Run one sweep once."""
        return ({**SWEEPS, **SLOW})[name]()

    def work_until_idle(self, rounds: int = 40) -> bool:
        """Run all sweeps until none finds anything; says whether that came to be."""
        for _ in range(rounds):
            done = self.market.standin.standin.finish_jobs()
            if not done + sum(sweep() for sweep in SWEEPS.values()):
                return True
        return False

    def collect(self) -> None:
        """Take the messages that the stores have written since."""
        for shop in self.shops:
            self.messages += self.market.standin.standin.deliveries.take(self.store(shop.domain))

    def bring(self, chance: random.Random, *, lose: float, double: float, shuffle: bool) -> int:
        """Bring what is on its way to the network's door, as badly as asked for; returns how many arrived."""
        self.collect()
        waiting, self.messages = self.messages, []
        if shuffle:
            chance.shuffle(waiting)
        arrived = 0
        for headers, body in waiting:
            if chance.random() < lose:
                continue
            for _ in range(2 if chance.random() < double else 1):
                receive_event(domain=headers["X-Shopify-Shop-Domain"], headers=headers, body=body)
                arrived += 1
        return arrived

    # --- what people do -----------------------------------------------------------------------------------------------
    def buy(self, shop: Shop, *wants: tuple[str, int], paid: bool) -> str:
        """Check out as a customer; returns the order's id, or nothing when the store has not enough to sell."""
        with contextlib.suppress(AssertionError):
            return self.market.buy(shop, *wants, paid=paid, note=False)
        return ""

    def at_till(self, shop: Shop, size: str, units: int) -> bool:
        """Sell over the counter (or put in stock, above 0), never below nothing."""
        place, item = self.place_of(shop), self.item_of(shop, size)
        level = self.store(shop.domain).level(item, place)
        if level is None or level["q"]["available"] + units < 0:
            return False
        self.market.standin.standin.till_sale(shop.domain, item, location=place, delta=units)
        key = (shop.domain, size)
        self.till[key] = self.till.get(key, 0) + units
        return True

    def pay(self, shop: Shop, order_id: str) -> None:
        """Mark an order as paid; a cancelled or paid one is refused."""
        self.market.ask(shop, PAY, input={"id": order_id})

    def cancel(self, shop: Shop, order_id: str) -> None:
        """Ask a store to cancel an order; its job ends when the store gets to it."""
        self.market.ask(shop, CANCEL, id=order_id)

    def refund(self, shop: Shop, order_id: str, units: int, key: str) -> None:
        """Give money back for units that have not shipped, and put them back."""
        rows = self._open_lines(shop, order_id, units)
        if rows:
            wanted = [{"lineItemId": line, "quantity": each, "restockType": "CANCEL"} for line, each in rows]
            self.market.ask(shop, REFUND, input={"orderId": order_id, "refundLineItems": wanted}, key=key)

    def edit(self, shop: Shop, order_id: str, units: int) -> None:
        """Take units out of an order that have not shipped."""
        rows = self._open_lines(shop, order_id, units)
        begun = self.market.ask(shop, EDIT, id=order_id)["orderEditBegin"]["calculatedOrder"] if rows else None
        if begun is None:
            return
        store = self.store(shop.domain)
        for line, each in rows:
            left = store[line]["currentQuantity"] - each
            self.market.ask(
                shop,
                EDIT_LINE,
                id=begun["id"],
                line=line.replace("/LineItem/", "/CalculatedLineItem/"),
                units=left,
            )
        self.market.ask(shop, EDIT_END, id=begun["id"])

    def _open_lines(self, shop: Shop, order_id: str, units: int) -> list[tuple[str, int]]:
        store, rows = self.store(shop.domain), []
        if store[order_id]["cancelledAt"]:
            return []
        for line in store[order_id]["lineItems"]:
            each = min(units, store[line]["unfulfilledQuantity"])
            if each:
                rows.append((line, each))
                units -= each
        return rows

    def say(self, shop: Shop, fulfilment: str, status: str) -> None:
        """Let a carrier say something of a parcel."""
        event = {"fulfillmentId": fulfilment, "status": status, "happenedAt": timezone.now().isoformat()}
        self.market.ask(shop, EVENT, event=event)

    def unship(self, shop: Shop, fulfilment: str) -> None:
        """Take a parcel back in the shipper's own store."""
        self.market.ask(shop, UNSHIP, id=fulfilment)

    # --- what is true -------------------------------------------------------------------------------------------------
    def item_of(self, shop: Shop, size: str) -> str:
        """Name the stock key of a size."""
        sku = f"{shop.domain.partition('.')[0]}-{size}"
        return str(self.store(shop.domain).where("InventoryItem", "sku", sku)[0]["id"])

    def place_of(self, shop: Shop) -> str:
        """Name a shop's one real place."""
        places = self.store(shop.domain).all("Location")
        return str(next(one["id"] for one in places if not one["isFulfillmentService"]))

    def available(self, shop: Shop, size: str, *, shelf: bool = False) -> int:
        """Read what a store shows at its real place, or on its shelf."""
        place = shop.shelf_location_id if shelf else self.place_of(shop)
        level = self.store(shop.domain).level(self.item_of(shop, size), place)
        return int(level["q"]["available"]) if level else 0

    def taken(self, shop: Shop, size: str) -> int:
        """Count the units that orders of any kind hold or took at a shop's real place."""
        store, place, item = self.store(shop.domain), self.place_of(shop), self.item_of(shop, size)
        units = 0
        for answer in store.all("FulfillmentOrder"):
            if answer["location"] == place and answer["status"] != "CANCELLED":
                rows = [store[row] for row in answer["lineItems"]]
                units += sum(row["totalQuantity"] for row in rows if store[row["lineItem"]]["item"] == item)
        return units

    def internal_orders(self, shop: Shop) -> dict[str, list[Node]]:
        """List the live orders of ours that a store holds, by our number."""
        found: dict[str, list[Node]] = {}
        for order in self.store(shop.domain).all("Order"):
            if order["sourceIdentifier"] and not order["cancelledAt"]:
                found.setdefault(order["sourceIdentifier"], []).append(order)
        return found


__all__ = ["CARA", "SIZES", "SLOW", "STOCK", "SWEEPS", "Town", "town_standin"]
