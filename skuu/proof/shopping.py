"""People in a running network: they buy, pay, cancel, ship, sell over the counter and send back, as fast as the stores answer."""

import random
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
from django.db import DatabaseError, connection

from network.models import Shop
from orders.direct import choose_rule
from orders.models import InternalOrder, Return
from orders.return_goods import announce_return, inspect_return
from orders.tests.make import CANCEL
from skuu.demo.shopfront import Storefront
from skuu.kit.errors import SkuuError
from skuu.proof.judge import Facts, Key
from skuu.proof.town import REFUND

OPEN_LINES = (
    "query($id: ID!) { order(id: $id) { cancelledAt lineItems(first: 5) { nodes { id unfulfilledQuantity } } } }"
)


@dataclass
class People:
    """Everybody who acts in the stores; ``till`` keeps what no order shows, ``done`` counts."""

    stores: Mapping[str, Storefront]
    began: Mapping[str, Facts]
    sell_at_till: Callable[[str, Key, int], None]
    chance: random.Random
    done: Counter[str] = field(default_factory=Counter)
    till: dict[tuple[str, Key], int] = field(default_factory=dict)
    sold: list[tuple[str, str]] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def live(self) -> None:
        """Act until told to stop; what a store refuses, or cannot answer just now, is given up."""
        rare = [self._cancel, self._refund, self._at_till, self._send_back, self._choose_way_back]
        acts = [self._buy] * 6 + [self._ship] * 4 + rare
        while not self.stopping.wait(self.chance.uniform(0.05, 0.4)):
            act = self.chance.choice(acts)
            try:
                act()
                self.done[act.__name__.strip("_")] += 1
            except (requests.RequestException, RuntimeError, SkuuError, ValueError):
                continue
            except DatabaseError:
                connection.close()
        connection.close()

    def ship_all(self) -> int:
        """Ship whatever waits anywhere; returns how many parcels."""
        return sum(self._ship_from(store, most=1000) for store in self.stores.values())

    def _store(self) -> Storefront:
        return self.stores[self.chance.choice(sorted(self.stores))]

    def _buy(self) -> None:
        store = self._store()
        stands = [one for one in store.variants() if one.tracked and one.own + one.shelf > 0]
        gaps = [one for one in stands if one.own <= 0]
        chosen = self.chance.choice(gaps if gaps and self.chance.random() < 0.8 else stands)
        self.sold.append((store.domain, store.sell(chosen.variant_id, self.chance.choice((1, 1, 1, 2)))))

    def _ship(self) -> None:
        self._ship_from(self._store(), most=2)

    def _ship_from(self, store: Storefront, *, most: int) -> int:
        sent = 0
        for order in store.internal_orders(tag="skuu-internal"):
            if sent < most and any(
                one["status"] in ("OPEN", "IN_PROGRESS") for one in order["fulfillmentOrders"]["nodes"]
            ):
                store.ship(order, "PostNL", f"3SSOAK{self.chance.randrange(10**9):09d}")
                sent += 1
        return sent

    def _some_sale(self) -> tuple[Storefront, str]:
        domain, order = self.chance.choice(self.sold[-40:] or [("", "")])
        if not order:
            raise RuntimeError("nothing was sold yet")
        return self.stores[domain], order

    def _cancel(self) -> None:
        store, order = self._some_sale()
        store.ask(CANCEL, {"id": order})

    def _refund(self) -> None:
        store, order = self._some_sale()
        seen: dict[str, Any] = store.ask(OPEN_LINES, {"id": order})["order"]
        lines = [one for one in seen["lineItems"]["nodes"] if one["unfulfilledQuantity"]]
        if lines and not seen["cancelledAt"]:
            row = {"lineItemId": lines[0]["id"], "quantity": 1, "restockType": "CANCEL"}
            store.ask(REFUND, {"input": {"orderId": order, "refundLineItems": [row]}, "key": uuid.uuid4().hex})

    def _at_till(self) -> None:
        domain = self._store().domain
        key = self.chance.choice(sorted(self.began[domain].own))
        self.sell_at_till(domain, key, 1)  # stock comes in: what goes out over the counter may not be there any more
        self.till[domain, key] = self.till.get((domain, key), 0) + 1

    def _send_back(self) -> None:
        open_ones = list(Return.everyone.filter(status="announced")[:20])
        if open_ones and self.chance.random() < 0.5:
            returned = self.chance.choice(open_ones)
            grade = self.chance.choice(("as_new", "faulty", "worn"))
            counts = {line.line_id: {grade: line.quantity} for line in returned.lines.all()}
            inspect_return(returned, counts, by="soak")
            return
        sent = list(InternalOrder.everyone.filter(status="shipped").order_by("-pk")[:30])
        if sent:
            row = self.chance.choice(sent)
            line = row.lines.order_by("pk").first()
            if line:
                announce_return(row, [(line.pk, 1)], reason="not_liked", destination="rule", by="soak")

    def _choose_way_back(self) -> None:
        shop = Shop.everyone.select_related("merchant").get(domain=self._store().domain)
        way = self.chance.choice(("shipper", "next_seller", "next_seller", "nearest"))
        choose_rule(shop.merchant, way, takes_over=self.chance.random() < 0.7, by="soak")
