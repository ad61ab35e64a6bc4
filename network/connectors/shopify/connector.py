"""Shopify as a connector: one store, one token, one job."""

from functools import cached_property
from typing import Any

from network import stops, tokens
from network.budgets import Budget
from network.connectors.base import AccessLost, ConnectorError, RemoteShop
from network.connectors.shopify import translate
from network.connectors.shopify.catalogue import Catalogue
from network.connectors.shopify.client import Client, Data
from network.connectors.shopify.documents import is_mutation
from network.connectors.shopify.internal_orders import InternalOrders
from network.connectors.shopify.orders import Orders
from network.connectors.shopify.parcels import Parcels
from network.connectors.shopify.returns import Returns
from network.connectors.shopify.rounds import Rounds
from network.connectors.shopify.shelves import Shelves
from network.connectors.shopify.stores import Stores

# What Shopify may refuse without the whole connection being lost: customers' data, which its own review grants.
FORGIVEN = {"Destination"}


class TokenClient(Client):
    """A client whose token is the shop's stored one; a store that refuses it for good is marked as broken."""

    def __init__(self, shop: Any) -> None:
        budget = Budget(shop.pk, shop.domain)
        super().__init__(shop.domain, tokens.token_for(shop), renew=lambda old: tokens.renew(shop, old), budget=budget)
        self.shop = shop

    def ask(self, operation: str, **variables: Any) -> Data:
        """Run an operation; a lost access is noted on the shop's credential before it is raised.

        A shop that staff have halted is read and never written to.
        """
        if is_mutation(operation) and stops.is_halted(self.shop):
            raise ConnectorError(
                f"{self.domain} is halted by the network's staff.", retryable=True, code="halted", retry_after=60.0
            )
        try:
            return super().ask(operation, **variables)
        except AccessLost as error:
            if operation not in FORGIVEN:
                tokens.mark_broken(self.shop, error.message)
            raise


class ShopifyConnector(Stores, Catalogue, Shelves, Rounds, Orders, InternalOrders, Parcels, Returns):
    """Everything the network asks of a Shopify store; the token is fetched with the first question."""

    can_push_shelf = True

    def __init__(self, shop: Any, client: Client | None = None) -> None:
        self.shop, self.domain = shop, shop.domain
        self.currency: str = shop.currency
        if client is not None:
            self.client = client

    @cached_property
    def client(self) -> Client:  # type: ignore[override]
        return TokenClient(self.shop)


def read_new_store(domain: str, token: str) -> RemoteShop:
    """Read the facts of a store that is not a shop of ours yet, with the token it has just given."""
    return translate.shop(Client(domain, token).ask("StoreFacts"))
