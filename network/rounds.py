"""Calls to many stores in one round: what they need is read beforehand, what they teach is written afterwards.

Reading and writing are a few statements for any number of stores, made by one thread. The calls between them touch no
database, so that other threads may make them and a slow store holds nobody and no connection.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from network.budgets import Purse, cost_of, set_aside_for_all, settle_all
from network.connectors.base import Connector, connector_for
from network.connectors.shopify.auth import keep_alive_session
from network.connectors.shopify.client import Client
from network.connectors.shopify.connector import ShopifyConnector
from network.tokens import good_tokens

OPERATIONS = {"write": "WriteShelf", "activate": "ActivateOnShelf", "read": "LevelsOfItems"}


@dataclass
class Round:
    """Connectors that any thread may use; ``waits``: seconds until a store has points; ``alone``: whose token must be looked after.

    A store of ``alone`` is asked through an ordinary connector, which renews tokens and marks those that are refused.
    """

    ready: dict[int, Connector] = field(default_factory=dict)
    waits: dict[int, float] = field(default_factory=dict)
    alone: set[int] = field(default_factory=set)
    purses: dict[int, Purse] = field(default_factory=dict)

    def settle(self, shop_ids: Collection[int]) -> None:
        """Write down what these shops' stores taught us, once their calls have ended."""
        settle_all([self.purses.pop(shop) for shop in shop_ids if shop in self.purses])


def open_round(asked: Mapping[int, Mapping[str, int]], shops: Mapping[int, Any]) -> Round:
    """Prepare so many calls of each kind (write, activate, read) to these shops' stores; their points are set aside.

    The caller sees to it that none of the shops is halted, and settles every shop that is ``ready``.
    """
    tokens = good_tokens(list(asked))
    points = {
        shop: sum(cost_of(OPERATIONS[kind]) * count for kind, count in kinds.items() if count)
        for shop, kinds in asked.items()
        if shop in tokens
    }
    found = Round(waits=set_aside_for_all(points) if points else {})
    for shop_id in asked:
        shop = shops[shop_id]
        if shop.platform != "shopify":
            found.ready[shop_id] = connector_for(shop)
        elif shop_id not in tokens:
            found.alone.add(shop_id)
        elif shop_id not in found.waits:
            purse = found.purses[shop_id] = Purse(shop_id, points[shop_id])
            client = Client(shop.domain, tokens[shop_id], budget=purse, session=keep_alive_session())
            found.ready[shop_id] = ShopifyConnector(shop, client)
    return found
