"""What the tests do in the stores of the stand-in, and how they have the network follow."""

import datetime as dt
import time
from dataclasses import dataclass
from typing import Any

import requests
from django.utils import timezone

from catalog import sync
from catalog.distribute import distribute_due
from catalog.match import match_due
from catalog.models import Placement, StockLevel, Variant
from catalog.push import push_due
from network import connect, tokens
from network.connectors.base import connector_for
from network.connectors.shopify.auth import API_VERSION, OPTIONAL_SCOPES, REQUIRED_SCOPES, Grant
from network.connectors.shopify.standin.server import Running
from network.connectors.shopify.standin.world.tiny import ALMA, BRUNO, CARA
from network.models import Merchant, Shop, SyncRun, TaxRegistration

BUY = """mutation($order: OrderCreateOrderInput!) { orderCreate(order: $order) { order { id } userErrors { message } } }"""
UPDATE = "mutation($product: ProductUpdateInput!) { productUpdate(product: $product) { userErrors { message } } }"
CREATE = """mutation($product: ProductCreateInput!) { productCreate(product: $product) { product { id variants(first: 5) {
  nodes { id inventoryItem { id } } } } userErrors { message } } }"""
VARIANTS = """mutation($id: ID!, $variants: [ProductVariantsBulkInput!]!) {
  productVariantsBulkUpdate(productId: $id, variants: $variants) { userErrors { message } } }"""
DELETE = "mutation($id: ID!) { productDelete(input: {id: $id}) { deletedProductId userErrors { message } } }"


@dataclass
class Stores:
    """The three shops of the cast in a running stand-in."""

    standin: Running
    alma: Shop
    bruno: Shop
    cara: Shop

    # --- what people do in the stores ---------------------------------------------------------------------------------
    def ask(self, shop: Shop, query: str, *, token: str = "", **variables: Any) -> dict[str, Any]:
        answer = requests.post(
            f"{self.standin.base_url}/admin/api/{API_VERSION}/graphql.json",
            json={"query": query, "variables": variables},
            headers={"Host": shop.domain, "X-Shopify-Access-Token": token or self.standin.merchant_token(shop.domain)},
            timeout=10,
        ).json()
        assert "errors" not in answer, answer
        for payload in answer["data"].values():
            assert not payload.get("userErrors"), payload
        return answer["data"]

    def till(self, shop: Shop, sku: str, **change: Any) -> None:
        self.standin.standin.till_sale(shop.domain, sku, **change)

    def buy(self, shop: Shop, sku: str, units: int = 1) -> None:
        order = {"lineItems": [{"variantId": self.variant(shop, sku).remote_id, "quantity": units}]}
        self.ask(shop, BUY, token=self.standin.shopper_token(shop.domain), order=order)

    # --- what the network does ----------------------------------------------------------------------------------------
    def read(self, *shops: Shop) -> None:
        for shop in shops or (self.alma, self.bruno, self.cara):
            sync.start_first_read(shop)
        self.finish_reads()

    def finish_reads(self) -> None:
        end = time.monotonic() + 20
        while SyncRun.objects.filter(status__in=["waiting", "reading"]).exists():
            assert time.monotonic() < end, list(SyncRun.objects.values())
            SyncRun.objects.update(next_attempt_at=timezone.now())
            sync.continue_reads()
            time.sleep(0.02)

    def settle(self) -> None:
        for step in (match_due, distribute_due, push_due):
            while step():
                pass

    # --- what can be seen ---------------------------------------------------------------------------------------------
    def variant(self, shop: Shop, sku: str) -> Variant:
        return Variant.objects.get(shop=shop, sku=sku, deleted_at=None)

    def level(self, shop: Shop, sku: str) -> StockLevel:
        return StockLevel.objects.get(inventory_item=self.variant(shop, sku).inventory_item)

    def placed(self, shop: Shop, sku: str) -> Placement:
        return Placement.objects.get(shop=shop, inventory_item=self.variant(shop, sku).inventory_item)

    def figures(self, shop: Shop, sku: str) -> tuple[int, int | None]:
        """Read in the store itself: units at its own location, units on its shelf."""
        item = self.variant(shop, sku).inventory_item.remote_id
        found = {one.location_id: one.available for one in connector_for(shop).read_levels([item])}
        shelf = found.pop(shop.shelf_location_id, None)
        return sum(found.values()), shelf

    def own_figures(self, shop: Shop) -> dict[tuple[str, str], tuple[int, dt.datetime | None]]:
        """Read every own figure of a store, with its time, as the store has it."""
        items = list(shop_items(shop))
        rows = connector_for(shop).read_levels(items)
        return {
            (row.inventory_item_id, row.location_id): (row.available, row.updated_at)
            for row in rows
            if row.location_id != shop.shelf_location_id
        }


def shop_items(shop: Shop) -> list[str]:
    since = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
    return [one.inventory_item_id for product in connector_for(shop).products_since(since) for one in product.variants]


def connect_stores(standin: Running) -> Stores:
    """Connect the stores as an install would, with their shelves, and let them be live."""
    return Stores(standin, *(connect_store(standin, domain) for domain in (ALMA, BRUNO, CARA)))


def connect_store(standin: Running, domain: str) -> Shop:
    facts = standin.stores[domain]
    merchant = Merchant.objects.create(name=facts["name"], legal_name=facts["merchant"], country=facts["country"])
    TaxRegistration.objects.create(
        merchant=merchant, country=facts["country"], vat_id=facts["vat_ids"][0], valid_from=dt.date(2024, 1, 1)
    )
    shop = Shop.objects.create(
        merchant=merchant,
        domain=domain,
        name=facts["name"],
        country=facts["country"],
        currency=facts["currency"],
        status="live",
        installed_at=timezone.now(),
        **{"NL": {"postcode": "2011 SK"}, "FR": {"postcode": "44000"}}[facts["country"]],
    )
    grant = standin.standin.install(domain, [*REQUIRED_SCOPES, *OPTIONAL_SCOPES])
    scopes = tuple(grant["scope"].split(","))
    tokens.store_grant(
        shop, Grant(grant["access_token"], grant["refresh_token"], grant["expires_in"], 7_776_000, scopes)
    )
    connect.provision_shelf(shop)
    return shop
