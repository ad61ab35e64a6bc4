"""The stand-in without a socket: stores, tokens, GraphQL, files and pictures, answering one request at a time."""

import hashlib
import json
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, OperationType, parse, validate

from network.connectors.shopify.standin import (
    bulk,
    fulfilment_reading,
    inventory,
    oauth,
    order_reading,
    orders,
    shipping,
    shop,
    webhooks,
)
from network.connectors.shopify.standin.archive import Archive
from network.connectors.shopify.standin.costing import DEAREST, Bucket, cost
from network.connectors.shopify.standin.delivering import Deliveries
from network.connectors.shopify.standin.execution import run
from network.connectors.shopify.standin.faults import AnswerLost, Fault, Faults
from network.connectors.shopify.standin.loading import add_products, open_store
from network.connectors.shopify.standin.order_reading import bag
from network.connectors.shopify.standin.payloads import shop_payload
from network.connectors.shopify.standin.registry import EVERYTHING, Call, Grant
from network.connectors.shopify.standin.schema import VERSION, every_scope, load_schema
from network.connectors.shopify.standin.seeds import LocationSeed, ProductSeed, StoreSeed, WorldSeed
from network.connectors.shopify.standin.state import Clock, Node, Store

SUBJECTS = (
    bulk,
    fulfilment_reading,
    inventory,
    order_reading,
    orders,
    shipping,
    shop,
    webhooks,
)  # imported for what they enter
Response = tuple[int, dict[str, str], bytes]
GRAPHQL = "/graphql.json"
SHOPPER_SCOPES = (
    "read_products", "read_inventory", "read_locations", "write_orders", "write_customers", "read_fulfillments", "read_returns",
    "read_assigned_fulfillment_orders", "read_merchant_managed_fulfillment_orders", "read_third_party_fulfillment_orders",
)  # fmt: skip


class StandIn:
    """A local Shopify. ``handle`` answers requests; the rest is for whoever runs it or tests against it.

    Gids begin at a random number for each store, so that two worlds do not share them, unless ``deterministic``.
    """

    def __init__(
        self,
        *,
        client_id: str = "standin-app",
        client_secret: str = "standin-secret",  # noqa: S107
        state: Path | None = None,
        deterministic: bool = False,
        retry_seconds: float = 1.0,
    ) -> None:
        self.version = VERSION
        self.schema, self.access = load_schema()
        self.client_id, self.client_secret, self.deterministic = client_id, client_secret, deterministic
        self.managed_scopes = list(SHOPPER_SCOPES)
        self.base_url = "http://127.0.0.1"
        self.control_token = secrets.token_urlsafe(24)
        self.clock, self.faults = Clock(), Faults()
        self.archive = Archive(state)
        self.stores: dict[str, Store] = {}
        self.deliveries = Deliveries(self, retry_seconds)
        self.log: deque[Node] = deque(maxlen=5000)
        self._documents: dict[str, tuple[DocumentNode | None, list[Node]]] = {}
        self._buckets: dict[tuple[str, str], Bucket] = {}
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
                    shop.remove_service(store, service)
            store.afterwards(lambda: self._end_subscriptions(store, client))

    def revoke_scopes(self, store: Store, client: str, scopes: list[str]) -> None:
        """Take scopes away from an app at a store, in all its tokens."""
        with store.writing():
            for token, known in list(store.records["token"].items()):
                if known["client"] == client:
                    store.record(
                        "token", token, {**known, "scopes": [one for one in known["scopes"] if one not in scopes]}
                    )
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
        from network.connectors.shopify.standin.catalogue import sell_at_till

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
        """Do something in the background, a moment from now."""
        timer = threading.Timer(0.02, work)
        timer.daemon = True
        timer.start()

    def close(self) -> None:
        """Stop sending and let go of the file."""
        self.deliveries.stop()
        self.archive.close()

    def bag(self, order: Node, amount: int) -> Node:
        """Write an amount in an order's currency."""
        return bag(order["currencyCode"], amount)

    # --- answering ----------------------------------------------------------------------------------------------------
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
        store = self.stores.get(host.partition(":")[0].lower())
        if store is None:
            return self.json(404, {"errors": "Not Found"})
        if place.path == "/admin/oauth/authorize" and method == "GET":
            return oauth.authorize(self, store, asked)
        if place.path == "/admin/oauth/access_token" and method == "POST":
            return oauth.access_token(self, store, head.get("content-type", ""), body)
        if method == "POST" and place.path.startswith("/admin/api/") and place.path.endswith(GRAPHQL):
            return self._graphql(store, head, body)
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

    def prepared(self, text: str) -> tuple[DocumentNode | None, list[Node]]:
        """Parse and validate a document, once for each text."""
        known = self._documents.get(text)
        if known is None:
            try:
                document = parse(text, no_location=False)
                problems = [dict(error.formatted) for error in validate(self.schema, document)]
            except GraphQLError as error:
                document, problems = None, [dict(error.formatted)]
            if len(self._documents) > 2000:
                self._documents.clear()
            known = self._documents[text] = (document, problems)
        return known

    def _graphql(self, store: Store, head: dict[str, str], body: bytes) -> Response:
        grant, known = oauth.grant_for(store, head.get("x-shopify-access-token", ""), self.clock.now())
        if grant is None:
            return self.json(
                401, {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}
            )
        if known["until"] is None and grant.kind == "app":
            words = "[API] Non-expiring access tokens are no longer accepted for the Admin API. Start using expiring offline tokens"
            return self.json(403, {"errors": words})
        try:
            request = json.loads(body)
            text, variables, name = (
                str(request.get("query") or ""),
                request.get("variables") or {},
                request.get("operationName"),
            )
        except (ValueError, AttributeError):
            return self.json(400, {"errors": {"query": "Required parameter missing or invalid"}})
        fault = self.faults.take(store.domain, text)
        entry: Node = {
            "at": self.clock.iso(),
            "store": store.domain,
            "by": grant.kind,
            "operation": name,
            "variables": variables,
        }
        entry["fault"] = fault.mode if fault else None
        started = time.monotonic()
        status, answer_head, answer = self._spoiled(
            fault, lambda: self._run(store, grant, text, variables, name, fault, entry)
        )
        self.log.append(entry | {"status": status, "ms": round((time.monotonic() - started) * 1000, 1)})
        if status == 0:
            raise AnswerLost
        return status, answer_head, answer

    def _spoiled(self, fault: Fault | None, work: Callable[[], Response]) -> Response:
        mode = fault.mode if fault else ""
        if fault and mode == "http_429":
            return self.json(429, {"errors": "Too Many Requests"}, retry_after=f"{fault.seconds:.1f}")
        if mode == "http_500":
            return self.json(500, {"errors": "Internal Server Error"})
        if mode == "drop_before":
            return 0, {}, b""
        if fault and mode == "slow":
            time.sleep(fault.seconds)
        done = work()
        if mode == "drop_after":
            return 0, {}, b""
        return self.json(502, {"errors": "Bad Gateway"}) if mode == "http_502_after" else done

    def _run(
        self,
        store: Store,
        grant: Grant,
        text: str,
        variables: dict[str, Any],
        name: str | None,
        fault: Fault | None,
        entry: Node,
    ) -> Response:
        document, problems = self.prepared(text)
        if document is None or problems:
            return self.json(200, {"errors": problems})
        operation = chosen(document, name)
        if operation is None:
            return self.json(
                200,
                {
                    "errors": [
                        {"message": "An operation name is required" if name is None else f"No operation named {name}"}
                    ]
                },
            )
        entry["operation"] = operation.name.value if operation.name else None
        entry["fields"] = [one.name.value for one in operation.selection_set.selections if hasattr(one, "name")]
        price = cost(self.schema, document, operation, variables)
        with store.lock:
            bucket = self._bucket(store, grant)
            if price > DEAREST and operation.operation == OperationType.QUERY:
                words = f"Query cost is {price}, which exceeds the single query max cost limit ({DEAREST})."
                problem = {
                    "message": words,
                    "extensions": {"code": "MAX_COST_EXCEEDED", "cost": price, "maxCost": DEAREST},
                }
                return self.json(200, {"errors": [problem]})
            if price > bucket.left or (fault and fault.mode == "throttle"):
                return self.json(200, _throttled(price, bucket))
            call = Call(self, store, grant)
            result = run(call, document, variables, name)
            actual = price if operation.operation == OperationType.MUTATION else max(1, min(price, call.spent))
            bucket.left -= actual
            answer: Node = {"data": result.data}
            if result.errors:
                answer["errors"] = [_told(error) for error in result.errors]
            entry["cost"] = actual
            spent = {"requestedQueryCost": price, "actualQueryCost": actual, "throttleStatus": bucket.status()}
        return self.json(200, answer | {"extensions": {"cost": spent}})

    # --- inside -------------------------------------------------------------------------------------------------------
    def _bucket(self, store: Store, grant: Grant) -> Bucket:
        key = (grant.client, store.domain)
        bucket = self._buckets.setdefault(key, Bucket(store.shop["planName"], self.clock.now()))
        bucket.fill(self.clock.now())
        return bucket

    def _file(self, name: str) -> Response:
        body = self.archive.file(name)
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
            "email": facts["email"], "shopper_token": self.token(store.domain, "shopper"), "merchant_token": self.token(store.domain, "staff"),
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

    def _secret(self, domain: str, kind: str) -> str:
        return (
            hashlib.sha256(f"{domain}{kind}".encode()).hexdigest()[:32] if self.deterministic else secrets.token_hex(16)
        )

    def _end_subscriptions(self, store: Store, client: str) -> None:
        with store.writing():
            for one in store.all("WebhookSubscription"):
                if one["client"] == client:
                    store.remove(one)


def chosen(document: DocumentNode, name: str | None) -> OperationDefinitionNode | None:
    """Pick the operation of a document: the named one, or the only one."""
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    if name is not None:
        return next((one for one in operations if one.name and one.name.value == name), None)
    return operations[0] if len(operations) == 1 else None


def all_scopes(standin: StandIn) -> tuple[str, ...]:
    """Name every scope there is."""
    return every_scope(standin.access)


def _throttled(price: int, bucket: Bucket) -> Node:
    problem = {
        "message": "Throttled",
        "extensions": {"code": "THROTTLED", "documentation": "https://shopify.dev/api/usage/rate-limits"},
    }
    spent = {"requestedQueryCost": price, "actualQueryCost": None, "throttleStatus": bucket.status()}
    return {"errors": [problem], "extensions": {"cost": spent}}


def _told(error: GraphQLError) -> Node:
    told = dict(error.formatted)
    cause = error.original_error
    if cause is not None and not isinstance(cause, GraphQLError):
        told["extensions"] = {"code": "STANDIN_BROKEN", "exception": repr(cause)}
    return told
