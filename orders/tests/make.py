"""A small market in a stand-in: Alma and Dora supply the same shoes, Bruno and Cara sell them without a pair of their own."""

import datetime as dt
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import requests
from django.db import connection
from django.utils import timezone

from catalog.mirror import apply_products
from catalog.models import Claim, InventoryItem, Item, Match, Placement, StockLevel, Style, Variant
from catalog.stocktake import apply_levels
from network import connect
from network.connectors.base import RemoteShelf, connector_for
from network.connectors.shopify.auth import API_VERSION, REQUIRED_SCOPES
from network.connectors.shopify.standin.seeds import LocationSeed, ProductSeed, StoreSeed, VariantSeed
from network.connectors.shopify.standin.server import Running
from network.connectors.shopify.standin.state import Store
from network.models import Location, Merchant, Shop, ShopCredential, TaxRegistration
from orders.accept import note_order_changed, read_due, sweep_orders
from orders.cancel import cancel_due
from orders.events import tell_events_due
from orders.fulfil import push_parcels_due, read_fulfilments_due
from orders.hand_back import tell_handed_back
from orders.mirror import mirror_due
from orders.models import InternalOrder, Order
from orders.place import accept_requests_due, place_due
from orders.route import route_due

ALMA, DORA = "alma-studio.myshopify.com", "dora-laden.myshopify.com"
BRUNO, CARA = "bruno-schoenen.myshopify.com", "cara-mode.myshopify.com"
SIZES = ("41", "42", "43")
STOCK = {ALMA: (1, 3, 2), DORA: (0, 2, 2), BRUNO: (0, 0, 0), CARA: (0, 0, 0)}
PLACES = {
    ALMA: LocationSeed("Rotterdam", "Witte de Withstraat 20", "Rotterdam", "3012 BP", "NL"),
    DORA: LocationSeed("Groningen", "Herestraat 5", "Groningen", "9711 LC", "NL"),
    BRUNO: LocationSeed("Haarlem", "Grote Houtstraat 81", "Haarlem", "2011 SK", "NL"),
    CARA: LocationSeed("Utrecht", "Oudegracht 7", "Utrecht", "3511 AB", "NL"),
}
SHIP_TO = {
    "firstName": "Marie", "lastName": "Peeters", "address1": "Kerkstraat 12", "city": "Amsterdam", "zip": "1017 GA",
    "countryCode": "NL", "phone": "+31612345678",
}  # fmt: skip
SWEEPS = (
    read_due,
    route_due,
    place_due,
    accept_requests_due,
    cancel_due,
    read_fulfilments_due,
    push_parcels_due,
    read_fulfilments_due,
    mirror_due,
    tell_events_due,
    tell_handed_back,
)

BUY = """mutation($order: OrderCreateOrderInput!, $options: OrderCreateOptionsInput) {
  orderCreate(order: $order, options: $options) { order { id name } userErrors { message } } }"""
SHIP = """mutation($one: FulfillmentInput!) { fulfillmentCreate(fulfillment: $one) { fulfillment { id } userErrors { message } } }"""
ORDER = """query($id: ID!) { order(id: $id) { id name cancelledAt email phone customer { id } sourceIdentifier tags
  shippingAddress { name address1 zip phone }
  lineItems(first: 20) { nodes { id quantity variant { id sku } } }
  fulfillmentOrders(first: 20) { nodes { id status requestStatus assignedLocation { location { id } }
    lineItems(first: 20) { nodes { id remainingQuantity lineItem { id } } } } }
  fulfillments(first: 20) { id status trackingInfo { company number url } } } }"""
ORDERS = "{ orders(first: 50) { nodes { id name cancelledAt sourceIdentifier } } }"
CANCEL = """mutation($id: ID!) { orderCancel(orderId: $id, restock: true, reason: CUSTOMER, notifyCustomer: false) {
  orderCancelUserErrors { message } } }"""


def stores() -> Iterator[StoreSeed]:
    """Four Dutch shops of the same shoe."""
    for domain, stock in STOCK.items():
        name = domain.partition(".")[0]
        variants = tuple(
            VariantSeed((size,), "89.95", sku=f"{name}-{size}", barcode=f"952000000{index}", grams=700, stock=(units,))
            for index, (size, units) in enumerate(zip(SIZES, stock, strict=True))
        )
        shoe = ProductSeed("Strand Sneaker", "Oever", ("Size",), variants, "Shoes")
        yield StoreSeed(
            domain, name, f"{name} BV", "retailer", "NL", "EUR", (), False, "", "Basic", (PLACES[domain],), (shoe,)
        )


@dataclass
class Market:
    """The shops of a running stand-in, connected, mirrored, matched and live."""

    standin: Running
    alma: Shop
    dora: Shop
    bruno: Shop
    cara: Shop
    items: dict[str, Item] = field(default_factory=dict)

    # --- what people do in the stores ----------------------------------------------------------------------------------
    def ask(self, shop: Shop, query: str, *, token: str = "", **variables: Any) -> dict[str, Any]:
        answer = requests.post(
            f"{self.standin.base_url}/admin/api/{API_VERSION}/graphql.json",
            json={"query": query, "variables": variables},
            headers={"Host": shop.domain, "X-Shopify-Access-Token": token or self.standin.merchant_token(shop.domain)},
            timeout=10,
        ).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def buy(self, shop: Shop, *wants: tuple[str, int], paid: bool = True, note: bool = True, **more: Any) -> str:
        """Check out as a customer and, as the webhook would, note the order; returns its id."""
        order = {
            "lineItems": [
                {"variantId": self.variant(shop, size).remote_id, "quantity": units} for size, units in wants
            ],
            "email": "marie@example.com",
            "shippingAddress": SHIP_TO,
            "financialStatus": "PAID" if paid else "PENDING",
            **more,
        }
        made = self.ask(shop, BUY, token=self.standin.shopper_token(shop.domain), order=order)["orderCreate"]
        assert made["userErrors"] == []
        if note:
            note_order_changed(shop, made["order"]["id"])
        return str(made["order"]["id"])

    def ship(self, internal_order: InternalOrder, number: str = "3STEST1", units: int | None = None) -> None:
        """Pack a parcel in the shipper's own store."""
        shop = internal_order.shipper
        answers = self.order(shop, internal_order.remote_id)["fulfillmentOrders"]["nodes"]
        parts = []
        for answer in answers:
            lines = [
                {"id": one["id"], "quantity": units or one["remainingQuantity"]}
                for one in answer["lineItems"]["nodes"]
                if one["remainingQuantity"]
            ]
            if lines and answer["status"] in ("OPEN", "IN_PROGRESS"):
                parts.append({"fulfillmentOrderId": answer["id"], "fulfillmentOrderLineItems": lines})
        one = {
            "lineItemsByFulfillmentOrder": parts,
            "trackingInfo": {"company": "PostNL", "number": number, "url": f"https://track.example/{number}"},
            "notifyCustomer": False,
        }
        made = self.ask(shop, SHIP, one=one)["fulfillmentCreate"]
        assert made["userErrors"] == []

    def cancel(self, shop: Shop, order_id: str) -> None:
        made = self.ask(shop, CANCEL, id=order_id)["orderCancel"]
        assert made["orderCancelUserErrors"] == []
        self.let_jobs_end(shop)

    def let_jobs_end(self, shop: Shop) -> None:
        """Wait until the store has done what it only promised: an order is cancelled a moment after the answer."""
        store, patience = self.standin.standin.stores[shop.domain], time.monotonic() + 20
        while self._working(store):
            assert time.monotonic() < patience, "the store never finished its job"
            time.sleep(0.01)

    def _working(self, store: Store) -> bool:
        with store.lock:
            return any(not job["done"] for job in store.all("Job"))

    # --- what can be seen ----------------------------------------------------------------------------------------------
    def order(self, shop: Shop, order_id: str) -> dict[str, Any]:
        return dict(self.ask(shop, ORDER, id=order_id)["order"])

    def orders_at(self, shop: Shop, *, alive: bool = True) -> list[dict[str, Any]]:
        found = self.ask(shop, ORDERS)["orders"]["nodes"]
        return [one for one in found if not (alive and one["cancelledAt"])]

    def available(self, shop: Shop, size: str) -> int:
        """Read the units at the shop's real location, from the store itself."""
        item = self.variant(shop, size).inventory_item.remote_id
        place = Location.everyone.get(shop=shop).remote_id
        return next(one.available for one in connector_for(shop).read_levels([item]) if one.location_id == place)

    def variant(self, shop: Shop, size: str) -> Variant:
        return Variant.everyone.select_related("inventory_item").get(
            shop=shop, sku=f"{shop.domain.partition('.')[0]}-{size}"
        )

    def level(self, shop: Shop, size: str) -> StockLevel:
        return StockLevel.everyone.get(location__shop=shop, inventory_item=self.variant(shop, size).inventory_item)

    def calls(self, shop: Shop) -> list[dict[str, Any]]:
        return [row for row in self.standin.standin.log if row["store"] == shop.domain]

    # --- the network at work -------------------------------------------------------------------------------------------
    def settle(self) -> None:
        """Run every sweep until nothing is left to do now."""
        for _ in range(12):
            if not sum(sweep() for sweep in SWEEPS):
                return

    def sweep(self, *shops: Shop) -> None:
        """Look for changed orders without any webhook, then settle."""
        for shop in shops or (self.alma, self.dora, self.bruno, self.cara):
            sweep_orders(Shop.everyone.get(pk=shop.pk))
        self.settle()

    def take_stock(self, shop: Shop) -> None:
        """Read all figures of a shop, as its sync does."""
        keys = list(InventoryItem.everyone.filter(shop=shop).values_list("remote_id", flat=True))
        apply_levels(shop, connector_for(shop).read_levels(keys))

    def known(self, shop: Shop, order_id: str) -> Order:
        return Order.everyone.select_related("shop").get(shop=shop, remote_id=order_id)


def open_market(standin: Running) -> Market:
    """Connect the four shops, mirror what they have, match it, and put the partners' pairs on the sellers' shelves."""
    shops = {domain: _join(standin, domain) for domain in STOCK}
    market = Market(standin, shops[ALMA], shops[DORA], shops[BRUNO], shops[CARA])
    for shop in shops.values():
        connector = connector_for(shop)
        apply_products(shop, list(connector.products_since(dt.datetime(2000, 1, 1, tzinfo=dt.UTC))))
        keys = list(InventoryItem.everyone.filter(shop=shop).values_list("remote_id", flat=True))
        apply_levels(shop, connector.read_levels(keys))
    style = Style.objects.create(title="Strand Sneaker")
    for size in SIZES:
        item = market.items[size] = Item.objects.create(style=style, size_label=size)
        for shop in shops.values():
            Match.everyone.create(
                variant=market.variant(shop, size), shop=shop, item=item, method="gtin", decided_by="test"
            )
        for shop in (market.bruno, market.cara):
            _put_on_shelf(
                shop, market.variant(shop, size), item, sum(stock[SIZES.index(size)] for stock in STOCK.values())
            )
    return market


def _join(standin: Running, domain: str) -> Shop:
    name, place = domain.partition(".")[0], PLACES[domain]
    merchant = Merchant.everyone.create(name=name, legal_name=f"{name} BV", country="NL", email=f"{name}@example.com")
    TaxRegistration.everyone.create(
        merchant=merchant, country="NL", vat_id="NL000099998B57", valid_from=dt.date(2024, 1, 1)
    )
    shop = Shop.everyone.create(
        merchant=merchant,
        domain=domain,
        name=name,
        status="live",
        country="NL",
        currency="EUR",
        postcode=place.zip,
        city=place.city,
        address1=place.address1,
        installed_at=timezone.now(),
    )
    given = standin.standin.install(domain, [*REQUIRED_SCOPES])
    ShopCredential.objects.create(shop=shop, access_token=given["access_token"], scopes=[*REQUIRED_SCOPES])
    connect.provision_shelf(shop)
    _know_locations(shop)
    return shop


def _know_locations(shop: Shop) -> None:
    for one in connector_for(shop).list_locations():
        if not one.is_service:
            Location.everyone.update_or_create(
                shop=shop,
                remote_id=one.id,
                defaults={"name": one.name, "country": one.country, "postcode": one.postcode, "city": one.city},
            )


def _put_on_shelf(shop: Shop, variant: Variant, item: Item, units: int) -> None:
    shelf = RemoteShelf(shop.shelf_service_id, shop.shelf_location_id)
    key = variant.inventory_item.remote_id
    connector_for(shop).activate_on_shelf(shelf, key, units, f"test-{variant.pk}")
    Placement.everyone.create(
        shop=shop,
        inventory_item=variant.inventory_item,
        variant=variant,
        item=item,
        wanted=units,
        pushed=units,
        activated=True,
    )


def live_units(level: StockLevel) -> int:
    """Count the units of a level that claims hold."""
    return sum(Claim.everyone.filter(level=level, status="live").values_list("quantity", flat=True))


def hurry() -> None:
    """Make every postponed row due now: the clock has moved on."""
    with connection.cursor() as cursor:
        for table, column in (
            ("orders_ordertoread", "due_at"),
            ("orders_internalorder", "next_attempt_at"),
            ("orders_parcel", "next_attempt_at"),
            ("orders_orderline", "route_due_at"),
            ("orders_orderline", "accept_due_at"),
            ("orders_orderline", "hand_back_due_at"),
            ("orders_internalorder", "fulfilments_due_at"),
            ("orders_parcel", "push_due_at"),
            ("orders_internalorder", "attempted_at"),
        ):
            cursor.execute(f"update {table} set {column} = {column} - interval '10 minutes' where {column} is not null")  # noqa: S608
