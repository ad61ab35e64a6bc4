"""The stand-in without a socket: stores, tokens, GraphQL, files and pictures, answering one request at a time."""

import hashlib
import json
import secrets
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from network.connectors.shopify.standin import bulk, oauth, orders, shelf, subjects, webhooks
from network.connectors.shopify.standin.answering import Answering, Response
from network.connectors.shopify.standin.archive import Archive
from network.connectors.shopify.standin.delivering import Deliveries
from network.connectors.shopify.standin.faults import Faults
from network.connectors.shopify.standin.loading import add_products, open_store
from network.connectors.shopify.standin.order_reading import bag
from network.connectors.shopify.standin.payloads import shop_payload
from network.connectors.shopify.standin.registry import EVERYTHING
from network.connectors.shopify.standin.schema import VERSION, load_schema
from network.connectors.shopify.standin.seeds import LocationSeed, ProductSeed, StoreSeed, WorldSeed
from network.connectors.shopify.standin.state import Clock, Node, Store

SUBJECTS = subjects.ALL
GRAPHQL = "/graphql.json"
CONTROL_TOKEN = "control token"  # noqa: S105
AHEAD = "seconds ahead"
SHOPPER_SCOPES = (
    "read_products", "read_inventory", "read_locations", "write_orders", "write_customers", "read_fulfillments", "read_returns",
    "read_assigned_fulfillment_orders", "read_merchant_managed_fulfillment_orders", "read_third_party_fulfillment_orders",
)  # fmt: skip


class StandIn:
    """A local Shopify. ``handle`` answers requests; the rest is for whoever runs it or tests against it.

    Gids begin at a random number for each store, so that two worlds do not share them, unless ``deterministic``. With
    ``by_hand`` nothing happens by itself: messages wait until they are taken, jobs until ``finish_jobs``.
    """

    def __init__(
        self,
        *,
        client_id: str = "standin-app",
        client_secret: str = "standin-secret",  # noqa: S107
        state: Path | None = None,
        deterministic: bool = False,
        by_hand: bool = False,
        retry_seconds: float = 1.0,
    ) -> None:
        self.by_hand = by_hand
        self.jobs: list[Callable[[], None]] = []
        self.version = VERSION
        self.schema, self.access = load_schema()
        self.client_id, self.client_secret, self.deterministic = client_id, client_secret, deterministic
        self.managed_scopes = list(SHOPPER_SCOPES)
        self.base_url = "http://127.0.0.1"
        self.clock, self.faults = Clock(), Faults()
        self.archive = Archive(state)
        self.clock.ahead = float(self.archive.file(AHEAD) or 0)
        self.control_token = self._control_token()
        self.stores: dict[str, Store] = {}
        self.deliveries = Deliveries(self, retry_seconds)
        self.graphql = Answering(self)
        for domain in self.archive.stores():
            self._reopen(domain)

    # --- stores -------------------------------------------------------------------------------------------------------
    def load(self, world: WorldSeed) -> None:
        """Open the stores of a world. *Again*: a store that exists already stays as it is."""
        for seed in world.stores:
            self.add_store(seed)

    def add_store(self, seed: StoreSeed) -> Store:
        """Open one store, with tokens for its shoppers and its staff. *Again*: an existing store stays as it is."""
        if seed.domain in self.stores:
            return self.stores[seed.domain]
        store = self._new(seed.domain)
        with store.writing():
            open_store(store, seed)
            for kind, scopes in (("shopper", list(SHOPPER_SCOPES)), ("staff", [EVERYTHING])):
                token = f"shpat_{self._secret(seed.domain, kind)}"
                store.record(
                    "token", token, {"client": f"{kind}-{seed.domain}", "scopes": scopes, "until": None, "kind": kind}
                )
                store.record("meta", f"{kind}_token", token)
        self.stores[seed.domain] = store
        return store

    def places_of(self, domain: str) -> int:
        """Count a store's own places; none when it does not exist."""
        store = self.stores.get(domain)
        return sum(not one["isFulfillmentService"] for one in store.all("Location")) if store else 0

    def currency_of(self, domain: str) -> str:
        """Name a store's currency; a store that an import would open has euros."""
        store = self.stores.get(domain)
        return str(store.shop["currencyCode"]) if store else "EUR"

    def is_filled(self, domain: str, source: str) -> bool:
        """Tell whether a store was filled from a file of that name before."""
        store = self.stores.get(domain)
        return bool(store and source in store.records["meta"].get("sources", []))

    def fill(self, domain: str, products: tuple[ProductSeed, ...], *, locations: int = 1, source: str = "") -> Store:
        """Put imported products into a store, opening it when it does not exist."""
        if domain not in self.stores:
            name = domain.partition(".")[0].replace("-", " ").title()
            places = tuple(
                LocationSeed(f"{name} {place + 1}", "Rue Neuve 1", "Bruxelles", "1000", "BE")
                for place in range(locations)
            )
            seed = StoreSeed(
                domain=domain, name=name, merchant=name, kind="retailer", country="BE", currency="EUR", locations=places
            )
            self.add_store(seed)
        store = self.stores[domain]
        with store.writing():
            add_products(store, products)
            store.record("meta", "sources", [*store.records["meta"].get("sources", []), source])
        return store

    def token(self, domain: str, kind: str) -> str:
        """Give a store's shopper or staff token; neither expires."""
        return str(self.stores[domain].records["meta"][f"{kind}_token"])

    def describe(self) -> list[Node]:
        """Describe every store: who it is, how to get in, where its places are."""
        return [self._described(store) for store in self.stores.values()]

    def install(self, domain: str, scopes: list[str]) -> Node:
        """Install the app without a browser, and give what the token endpoint would give."""
        store = self.stores[domain]
        with store.writing():
            return oauth.issue(self, store, sorted(scopes), expiring=True)

    def uninstall(self, store: Store, client: str) -> None:
        """Remove an app from a store: its tokens at once, its shelf and subscriptions with the farewell message."""
        with store.writing():
            store.emit("app/uninstalled", client, lambda: shop_payload(store.shop))
            for kind in ("token", "refresh"):
                for token, known in list(store.records[kind].items()):
                    if known.get("client", self.client_id) == client:
                        store.record(kind, token, None)
            store.record("install", client, None)
            for service in store.all("FulfillmentService"):
                if service["client"] == client:
                    shelf.remove_service(store, service)
            store.afterwards(lambda: self._end_subscriptions(store, client))

    def revoke_scopes(self, store: Store, client: str, scopes: list[str]) -> None:
        """Take scopes away from an app at a store, in all its tokens."""
        with store.writing():
            for token, known in list(store.records["token"].items()):
                if known["client"] == client:
                    store.record(
                        "token", token, {**known, "scopes": [one for one in known["scopes"] if one not in scopes]}
                    )
            for token, known in list(store.records["refresh"].items()):
                if client == self.client_id:
                    left = [one for one in known["scopes"] if one not in scopes]
                    store.record("refresh", token, {**known, "scopes": left})
            have = store.records["install"].get(client)
            if have:
                left = [one for one in have["scopes"] if one not in scopes]
                store.record("install", client, {"scopes": left})
                payload = {
                    "id": 1,
                    "shop_id": store.shop["id"],
                    "previous": have["scopes"],
                    "current": left,
                    "updated_at": self.clock.iso(),
                }
                store.emit("app/scopes_update", client, lambda: payload)

    def revoke_token(self, store: Store, token: str | None = None) -> None:
        """Let a token, or all of the app's at a store, be worth nothing from now on."""
        with store.writing():
            for one, known in list(store.records["token"].items()):
                if one == token or (token is None and known["kind"] == "app"):
                    store.record("token", one, None)

    def id_token(self, domain: str) -> str:
        """Make the ID token that an embedded page would hand over."""
        return oauth.id_token(self, self.stores[domain])

    def till_sale(
        self,
        domain: str,
        sku: str,
        *,
        location: str | None = None,
        available: int | None = None,
        delta: int | None = None,
    ) -> int:
        """Change stock as the store's own till does, and give what is available now; the place is a name or an id."""
        from network.connectors.shopify.standin.staff import sell_at_till

        store = self.stores[domain]
        found = store.where("InventoryItem", "sku", sku) or [one for one in (store.get(sku),) if one]
        if not found:
            raise LookupError(f"{sku} is not sold at {domain}")
        own = [one for one in store.all("Location") if not one["isFulfillmentService"]]
        places = [one for one in store.all("Location") if location in (one["id"], one["name"])] if location else own
        if not places:
            raise LookupError(f"{domain} has no place {location}")
        return sell_at_till(store, found[0]["id"], places[0]["id"], available=available, delta=delta)

    def later(self, work: Callable[[], None]) -> None:
        """Do something in the background, a moment from now; by hand, when ``finish_jobs`` is called."""
        if self.by_hand:
            self.jobs.append(work)
            return

        def unless_closed() -> None:
            if not self.deliveries.stopped.is_set():
                work()

        timer = threading.Timer(0.02, unless_closed)
        timer.daemon = True
        timer.start()

    def finish_jobs(self) -> int:
        """Do what waits to be done by hand; returns how many jobs there were."""
        jobs, self.jobs = self.jobs, []
        for work in jobs:
            work()
        return len(jobs)

    def close(self) -> None:
        """Stop sending and let go of the file."""
        self.deliveries.stop()
        self.archive.close()

    def bag(self, order: Node, amount: int) -> Node:
        """Write an amount in an order's currency."""
        return bag(order["currencyCode"], amount)

    # --- answering ----------------------------------------------------------------------------------------------------
    @property
    def log(self) -> list[Node]:
        """What was called lately, oldest first."""
        return list(self.graphql.log)

    def handle(self, method: str, host: str, path: str, headers: dict[str, str], body: bytes = b"") -> Response:
        """Answer one request; raises AnswerLost where the connection should just end."""
        from network.connectors.shopify.standin.control import control
        from network.connectors.shopify.standin.pictures import picture

        place = urlsplit(path)
        head = {name.lower(): value for name, value in headers.items()}
        asked = dict(parse_qsl(place.query))
        if place.path.startswith("/__files/"):
            return self._file(place.path.rpartition("/")[2])
        if place.path.startswith("/__pictures/"):
            return picture(self, place.path)
        if place.path.startswith("/__standin/"):
            return control(self, method, place.path, asked, head, body)
        store = self.stores.get(host.partition(":")[0].lower().removesuffix(".localhost"))
        if store is None and place.path == "/admin/oauth/authorize":
            store = self.stores.get(asked.get("shop", ""))  # a browser cannot choose its Host header
        if store is None:
            return self.json(404, {"errors": "Not Found"})
        if place.path == "/admin/oauth/authorize" and method == "GET":
            return oauth.authorize(self, store, asked)
        if place.path == "/admin/oauth/access_token" and method == "POST":
            return oauth.access_token(self, store, head.get("content-type", ""), body)
        if method == "POST" and place.path.startswith("/admin/api/") and place.path.endswith(GRAPHQL):
            return self.graphql.answer(store, head, body)
        return self.json(404, {"errors": "Not Found"})

    def json(self, status: int, value: Any, **more: str) -> Response:
        """Write a JSON answer with the headers that Shopify sets."""
        head = {
            "content-type": "application/json; charset=utf-8",
            "x-shopify-api-version": self.version,
            "x-request-id": secrets.token_hex(8),
        }
        return (
            status,
            {**head, **{name.replace("_", "-"): text for name, text in more.items()}},
            json.dumps(value).encode(),
        )

    # --- inside -------------------------------------------------------------------------------------------------------
    def _file(self, name: str) -> Response:
        body = self.archive.file(name) if name.endswith(".jsonl") else None
        return (404, {}, b"") if body is None else (200, {"content-type": "application/jsonl"}, body)

    def _described(self, store: Store) -> Node:
        facts = store.shop
        places = [
            {
                "id": one["id"],
                "name": one["name"],
                "country": one["address"].get("countryCode"),
                "city": one["address"].get("city"),
            }
            for one in store.all("Location")
            if not one["isFulfillmentService"]
        ]
        return {
            "domain": store.domain, "name": facts["name"], "merchant": facts["merchant"], "kind": facts["merchantKind"],
            "country": facts["country"], "currency": facts["currencyCode"], "vat_ids": facts["vatIds"], "oss": facts["oss"],
            "email": facts["email"], "shopper_token": self.token(store.domain, "shopper"), "merchant_token": self.token(store.domain,
            "staff"),
            "locations": places, "products": len(store.kinds["Product"]), "variants": len(store.kinds["ProductVariant"]),
        }  # fmt: skip

    def _new(self, domain: str) -> Store:
        seed = (
            int.from_bytes(hashlib.sha256(domain.encode()).digest()[:8], "big")
            if self.deterministic
            else secrets.randbits(63)
        )
        store = Store(domain, self.clock, self.archive, 10**12 + seed % (8 * 10**15))
        store.publish = lambda changed, events: webhooks.publish(self, changed, events)
        return store

    def _reopen(self, domain: str) -> None:
        store = self._new(domain)
        store.restore(*self.archive.read(domain))
        self.stores[domain] = store

    def resume(self) -> None:
        """Take up what an earlier process left undone: deliveries, bulk operations, jobs."""
        for store in self.stores.values():
            self.deliveries.resume(store)
            for one in store.all("BulkOperation"):
                if one["status"] in bulk.OPEN:
                    self.later(lambda store=store, one=one: bulk.run_bulk(self, store, one["id"]))  # type: ignore[misc]
            for one in store.all("Job"):
                if not one["done"]:
                    self.later(lambda store=store, one=one: orders.finish_cancel(store, one["id"]))  # type: ignore[misc]

    def shift_clock(self, seconds: float) -> None:
        """Let the stores' clocks go forward; they are not set back when the process dies."""
        self.clock.ahead += seconds
        self.archive.keep_file(AHEAD, str(self.clock.ahead).encode())

    def _control_token(self) -> str:
        kept = self.archive.file(CONTROL_TOKEN)
        if kept is None:
            kept = secrets.token_urlsafe(24).encode()
            self.archive.keep_file(CONTROL_TOKEN, kept)
        return kept.decode()

    def _secret(self, domain: str, kind: str) -> str:
        return (
            hashlib.sha256(f"{domain}{kind}".encode()).hexdigest()[:32] if self.deterministic else secrets.token_hex(16)
        )

    def _end_subscriptions(self, store: Store, client: str) -> None:
        with store.writing():
            for one in store.all("WebhookSubscription"):
                if one["client"] == client:
                    store.remove(one)
