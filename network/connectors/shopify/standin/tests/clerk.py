"""What the stand-in's tests share: a small world, a client on real HTTP, and a receiver of webhooks."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import requests

from network.connectors.shopify.standin.seeds import LocationSeed, ProductSeed, StoreSeed, VariantSeed
from network.connectors.shopify.standin.server import Running

ALMA, BRUNO = "alma.myshopify.com", "bruno.myshopify.com"
SECRET = "standin-secret"
SCOPES = [
    "read_products", "write_inventory", "read_locations", "write_orders", "write_fulfillments", "write_assigned_fulfillment_orders",
    "write_merchant_managed_fulfillment_orders", "write_third_party_fulfillment_orders", "write_shipping",
]  # fmt: skip


def shoe(sku: str, *stock: int, policy: bool = False) -> VariantSeed:
    return VariantSeed(
        options=(sku[-2:],), price="49.95", sku=sku, barcode=f"9520000{sku[-2:]}", stock=stock, continue_selling=policy
    )


STORES = (
    StoreSeed(
        ALMA, "Alma", "Alma BV", "brand", "NL", "EUR", plan="Plus",
        locations=(LocationSeed("Depot", "Kade 1", "Utrecht", "3511AA", "NL"), LocationSeed("Shop", "Markt 2", "Gouda", "2801AB", "NL")),
        products=(ProductSeed("Air & “Runner” 🎉", "Nike/Co", ("Size",), (shoe("RUN-41", 2, 1), shoe("RUN-42", 0, 0), shoe("RUN-43", 1,
        0))),),
    ),
    StoreSeed(
        BRUNO, "Bruno", "Bruno BV", "retailer", "BE", "EUR",
        locations=(LocationSeed("Gent", "Korenmarkt 1", "Gent", "9000", "BE"),),
        products=(ProductSeed("Runner", "Nike/Co", ("Size",), (shoe("RUN-41", 0), shoe("RUN-42", 0), shoe("RUN-43", 5))),),
    ),
)  # fmt: skip


@dataclass
class Clerk:
    """A client of one store with one token."""

    base_url: str
    store: str
    token: str
    session: requests.Session = field(default_factory=requests.Session)

    def post(self, query: str, **variables: Any) -> requests.Response:
        head = {"Host": self.store, "X-Shopify-Access-Token": self.token}
        url = f"{self.base_url}/admin/api/2026-10/graphql.json"
        return self.session.post(url, json={"query": query, "variables": variables}, headers=head, timeout=20)

    def whole(self, query: str, **variables: Any) -> dict[str, Any]:
        answer = self.post(query, **variables)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def __call__(self, query: str, **variables: Any) -> dict[str, Any]:
        answer = self.whole(query, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def variant(self, sku: str) -> dict[str, Any]:
        find = """query($q:String){productVariants(first:5,query:$q){nodes{
        id inventoryQuantity sellableOnlineQuantity product{id} inventoryItem{id}}}}"""
        return self(find, q=f"sku:{sku}")["productVariants"]["nodes"][0]

    def stock(self, sku: str) -> dict[str, tuple[int, int, int]]:
        """Available, committed and on hand of a code, by the place's name."""
        levels = self(
            """query($id:ID!){inventoryItem(id:$id){inventoryLevels(first:9,includeInactive:true){nodes{
            location{name} quantities(names:["available","committed","on_hand"]){quantity}}}}}""",
            id=self.variant(sku)["inventoryItem"]["id"],
        )["inventoryItem"]["inventoryLevels"]["nodes"]
        return {one["location"]["name"]: tuple(state["quantity"] for state in one["quantities"]) for one in levels}

    def buy(self, sku: str, quantity: int = 1, **more: Any) -> dict[str, Any]:
        options = more.pop("options", None)
        order = {
            "lineItems": [{"variantId": self.variant(sku)["id"], "quantity": quantity, "requiresShipping": True}],
            **more,
        }
        return self(
            """mutation($order:OrderCreateOrderInput!,$options:OrderCreateOptionsInput){orderCreate(order:$order,options:$options){
            order{id name} userErrors{field message code}}}""",
            order=order, options=options,
        )["orderCreate"]  # fmt: skip

    def fulfillment_orders(self, order: str) -> list[dict[str, Any]]:
        return self(
            """query($id:ID!){order(id:$id){fulfillmentOrders(first:9){nodes{id status requestStatus supportedActions{action}
            assignedLocation{name location{id isFulfillmentService}} lineItems(first:9){nodes{id remainingQuantity sku}}}}}}""",
            id=order,
        )["order"]["fulfillmentOrders"]["nodes"]


def app(running: Running, store: str = ALMA, scopes: list[str] | None = None) -> Clerk:
    return Clerk(running.base_url, store, running.standin.install(store, scopes or SCOPES)["access_token"])


def shopper(running: Running, store: str = ALMA) -> Clerk:
    return Clerk(running.base_url, store, running.shopper_token(store))


def staff(running: Running, store: str = ALMA) -> Clerk:
    return Clerk(running.base_url, store, running.merchant_token(store))


def shelve(clerk: Clerk, sku: str, available: int, name: str = "Shelf") -> str:
    """Open the shelf if need be, put units on it, and give the place's id."""
    services = clerk("{shop{fulfillmentServices{serviceName location{id}}}}")["shop"]["fulfillmentServices"]
    place = next((one["location"]["id"] for one in services if one["serviceName"] == name), None)
    if place is None:
        made = clerk(
            """mutation($n:String!){fulfillmentServiceCreate(name:$n,inventoryManagement:true){
            fulfillmentService{location{id}} userErrors{message}}}""",
            n=name,
        )["fulfillmentServiceCreate"]
        place = made["fulfillmentService"]["location"]["id"]
    done = clerk(
        """mutation($i:ID!,$l:ID!,$a:Int,$k:String!){inventoryActivate(inventoryItemId:$i,locationId:$l,available:$a) @idempotent(key:$k){
        inventoryLevel{isActive} userErrors{message}}}""",
        i=clerk.variant(sku)["inventoryItem"]["id"], l=place, a=available, k=str(uuid4()),
    )["inventoryActivate"]  # fmt: skip
    assert done == {"inventoryLevel": {"isActive": True}, "userErrors": []}
    return place


def until(true: Callable[[], Any], seconds: float = 10.0) -> Any:
    """Wait for something that happens in the background."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = true()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError("it did not happen")


@dataclass
class Receiver:
    """What a little server was sent, in order; it answers with ``status``."""

    url: str = ""
    status: int = 200
    got: list[dict[str, Any]] = field(default_factory=list)

    def topics(self) -> list[str]:
        return [one["topic"] for one in self.got]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Mailbox(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            digest = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
            receiver.got.append(
                {
                    "topic": self.headers["X-Shopify-Topic"], "shop": self.headers["X-Shopify-Shop-Domain"],
                    "webhook": self.headers["X-Shopify-Webhook-Id"],
                    "event": self.headers["X-Shopify-Event-Id"], "version": self.headers["X-Shopify-API-Version"],
                    "signed": hmac.compare_digest(digest, self.headers["X-Shopify-Hmac-Sha256"]), "payload": json.loads(body),
                }
            )  # fmt: skip
            self.send_response(receiver.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Mailbox)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hooks"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


def subscribe(clerk: Clerk, url: str, *topics: str) -> None:
    for topic in topics:
        done = clerk(
            """mutation($t:WebhookSubscriptionTopic!,$u:String!){webhookSubscriptionCreate(topic:$t,webhookSubscription:{uri:$u}){
            userErrors{message}}}""",
            t=topic, u=url,
        )  # fmt: skip
        assert done["webhookSubscriptionCreate"]["userErrors"] == []
