"""A round of calls to many Shopify stores: tokens read and points set aside for all at once, costs written down together."""

from collections.abc import Collection, Mapping
from typing import Any

from network.budgets import Purse, cost_of, set_aside_for_all, settle_all
from network.connectors.base import Connector
from network.connectors.round import Round
from network.connectors.shopify.auth import keep_alive_session
from network.connectors.shopify.client import Client
from network.tokens import good_tokens

OPERATIONS = {"write": "WriteShelf", "activate": "ActivateOnShelf", "read": "LevelsOfItems"}


class Rounds:
    """Opens rounds for the connector that it is a part of."""

    @classmethod
    def open_round(cls, asked: Mapping[int, Mapping[str, int]], shops: Mapping[int, Any]) -> Round:
        """Prepare so many calls of each kind to these shops' stores; their points are set aside in one statement."""
        tokens = good_tokens(list(asked))
        points = {
            shop_id: sum(cost_of(OPERATIONS[kind]) * count for kind, count in kinds.items() if count)
            for shop_id, kinds in asked.items()
            if shop_id in tokens
        }
        waits = set_aside_for_all(points) if points else {}
        purses = {shop_id: Purse(shop_id, spent) for shop_id, spent in points.items() if shop_id not in waits}
        ready = {shop_id: cls._with(shops[shop_id], tokens[shop_id], purse) for shop_id, purse in purses.items()}

        def settle(shop_ids: Collection[int]) -> None:
            settle_all([purses.pop(shop_id) for shop_id in shop_ids if shop_id in purses])

        return Round(ready, waits, set(asked) - tokens.keys(), settle)

    @classmethod
    def _with(cls, shop: Any, token: str, purse: Purse) -> Connector:
        """Make a connector that touches no database."""
        client = Client(shop.domain, token, budget=purse, session=keep_alive_session())
        connector: Connector = cls(shop, client)  # type: ignore[call-arg, assignment]
        return connector
