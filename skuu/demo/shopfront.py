"""Speak to the stand-in as shoppers and shop staff do: plain GraphQL with a store's own tokens."""

import json
import time
from dataclasses import dataclass
from typing import Any

import requests

ORDER = """mutation($order: OrderCreateOrderInput!) {
  orderCreate(order: $order) { order { id name } userErrors { field message code } } }"""
SHIP = """mutation($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) { fulfillment { id } userErrors { field message } } }"""
SHELF = """query($after: String) { productVariants(first: 100, after: $after) {
  nodes { id title sku price product { title }
    inventoryItem { id tracked inventoryLevels(first: 10) { nodes {
      quantities(names: ["available"]) { quantity } location { id isFulfillmentService } } } } }
  pageInfo { hasNextPage endCursor } } }"""
INTERNAL = """query($query: String!) { orders(first: 5, query: $query) { nodes {
  id name email phone customer { id } sourceIdentifier
  fulfillmentOrders(first: 5) { nodes { id status assignedLocation { location { isFulfillmentService } } } } } } }"""
TRACKING = """query($id: ID!) { order(id: $id) { name
  fulfillments { trackingInfo { company number url } } } }"""


@dataclass(frozen=True)
class Storefront:
    """One store of the stand-in with the tokens of its shoppers and its staff."""

    base: str
    domain: str
    country: str
    currency: str
    shopper_token: str
    merchant_token: str

    def ask(self, query: str, variables: dict[str, Any] | None = None, *, as_shopper: bool = False) -> dict[str, Any]:
        """Send one operation; top-level errors raise."""
        token = self.shopper_token if as_shopper else self.merchant_token
        answer = requests.post(
            f"{self.base}/admin/api/2026-10/graphql.json",
            data=json.dumps({"query": query, "variables": variables or {}}),
            headers={"Host": self.domain, "X-Shopify-Access-Token": token, "Content-Type": "application/json"},
            timeout=20,
        ).json()
        if answer.get("errors"):
            raise RuntimeError(f"{self.domain}: {answer['errors']}")
        data: dict[str, Any] = answer["data"]
        return data

    def sell(self, variant_id: str, units: int = 1, *, address: dict[str, str] | None = None) -> str:
        """Buy as a shopper; returns the order's id. Raises RuntimeError when the store refuses."""
        buyer = address or ADDRESSES.get(self.country, ADDRESSES["NL"])
        order = {
            "lineItems": [{"variantId": variant_id, "quantity": units, "requiresShipping": True}],
            "email": "shopper@example.com",
            "phone": "+31600000000",
            "shippingAddress": buyer,
            "financialStatus": "PAID",
        }
        answer = self.ask(ORDER, {"order": order}, as_shopper=True)["orderCreate"]
        if answer["userErrors"]:
            raise RuntimeError(f"{self.domain} refused the order: {answer['userErrors']}")
        return str(answer["order"]["id"])

    def internal_orders(self, number: str = "", *, tag: str = "") -> list[dict[str, Any]]:
        """Find the network's orders in this store by identifier."""
        query = f"source_identifier:'{number}'" if number else f"tag:{tag}"
        nodes: list[dict[str, Any]] = self.ask(INTERNAL, {"query": query})["orders"]["nodes"]
        return nodes

    def ship(self, order: dict[str, Any], carrier: str, number: str) -> None:
        """Ship everything of an order, as this shop's staff do."""
        open_ones = [fo for fo in order["fulfillmentOrders"]["nodes"] if fo["status"] in ("OPEN", "IN_PROGRESS")]
        parcel = {
            "lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": fo["id"]} for fo in open_ones],
            "trackingInfo": {"company": carrier, "number": number, "url": f"https://track.example/{number}"},
        }
        answer = self.ask(SHIP, {"fulfillment": parcel})["fulfillmentCreate"]
        if answer["userErrors"]:
            raise RuntimeError(f"{self.domain} could not ship: {answer['userErrors']}")

    def tracking_numbers(self, order_id: str) -> list[str]:
        """List the tracking numbers the order shows its customer."""
        order = self.ask(TRACKING, {"id": order_id})["order"]
        return [info["number"] for parcel in order["fulfillments"] for info in parcel["trackingInfo"]]

    def variants(self) -> "list[Stand]":
        """Read every variant with its own and its shelf quantity."""
        found, after = [], None
        while True:
            page = self.ask(SHELF, {"after": after})["productVariants"]
            found += [Stand.of(node) for node in page["nodes"]]
            if not page["pageInfo"]["hasNextPage"]:
                return found
            after = page["pageInfo"]["endCursor"]


@dataclass(frozen=True)
class Stand:
    """What a shopper could buy of one variant: from the shop's own places, and from its shelf."""

    variant_id: str
    title: str
    tracked: bool
    own: int
    shelf: int

    @classmethod
    def of(cls, node: dict[str, Any]) -> "Stand":
        own = shelf = 0
        for level in node["inventoryItem"]["inventoryLevels"]["nodes"]:
            units = sum(q["quantity"] for q in level["quantities"])
            if level["location"]["isFulfillmentService"]:
                shelf += units
            else:
                own += units
        title = f"{node['product']['title']}, {node['title']}"
        return cls(node["id"], title, node["inventoryItem"]["tracked"], own, shelf)


def wait_until(what: str, ready: Any, *, seconds: float = 60.0, every: float = 0.2) -> Any:
    """Ask ``ready`` until it answers something true; raises TimeoutError that names what was waited for."""
    end = time.monotonic() + seconds
    while True:
        answer = ready()
        if answer:
            return answer
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: nothing after {seconds:.0f} s")
        time.sleep(every)


ADDRESSES = {
    "NL": {
        "firstName": "Sam",
        "lastName": "Visser",
        "address1": "Oudegracht 12",
        "city": "Utrecht",
        "zip": "3511 AP",
        "countryCode": "NL",
    },
    "BE": {
        "firstName": "Noor",
        "lastName": "Peeters",
        "address1": "Meir 40",
        "city": "Antwerpen",
        "zip": "2000",
        "countryCode": "BE",
    },
    "DE": {
        "firstName": "Kim",
        "lastName": "Brandt",
        "address1": "Torstraße 8",
        "city": "Berlin",
        "zip": "10119",
        "countryCode": "DE",
    },
    "FR": {
        "firstName": "Lou",
        "lastName": "Martin",
        "address1": "Rue de Bretagne 5",
        "city": "Paris",
        "zip": "75003",
        "countryCode": "FR",
    },
    "SE": {
        "firstName": "Alva",
        "lastName": "Lind",
        "address1": "Götgatan 21",
        "city": "Stockholm",
        "zip": "116 46",
        "countryCode": "SE",
    },
    "PL": {
        "firstName": "Ola",
        "lastName": "Nowak",
        "address1": "Nowy Świat 3",
        "city": "Warszawa",
        "zip": "00-001",
        "countryCode": "PL",
    },
    "DK": {
        "firstName": "Mads",
        "lastName": "Holm",
        "address1": "Nørrebrogade 9",
        "city": "København",
        "zip": "2200",
        "countryCode": "DK",
    },
    "AT": {
        "firstName": "Toni",
        "lastName": "Gruber",
        "address1": "Neubaugasse 7",
        "city": "Wien",
        "zip": "1070",
        "countryCode": "AT",
    },
    "IT": {
        "firstName": "Ale",
        "lastName": "Ricci",
        "address1": "Via Savona 4",
        "city": "Milano",
        "zip": "20144",
        "countryCode": "IT",
    },
    "ES": {
        "firstName": "Alex",
        "lastName": "Ruiz",
        "address1": "Calle Pez 6",
        "city": "Madrid",
        "zip": "28004",
        "countryCode": "ES",
    },
}
