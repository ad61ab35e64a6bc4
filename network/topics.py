"""Who answers which kind of news, in the network's words; handlers enter themselves, each topic has one."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from network.connectors.shopify import payloads as shopify
from network.models import Shop

TOPICS = frozenset(shopify.NEUTRAL.values())


@dataclass(frozen=True)
class Received:
    """One message of a shop, opened; ``topic`` is the platform's own word. Times are UTC."""

    id: int
    topic: str
    payload: dict[str, Any]
    triggered_at: dt.datetime | None
    received_at: dt.datetime


Handler = Callable[[Shop, list[Received]], None]
Together = Callable[[list[tuple[int, Received]]], None]
_handlers: dict[str, Handler] = {}
_together: dict[str, Together] = {}


class ClaimedTwice(Exception):
    """Two handlers want the same topic; only one could know that it was done."""


def handles(topic: str) -> Callable[[Handler], Handler]:
    """Enter a handler for a neutral topic; it gets a shop and a batch of its messages, outside any transaction.

    Handlers tolerate duplicates and any order. What a handler raises keeps the batch for another try.
    """
    if topic not in TOPICS:
        raise ValueError(f"“{topic}” is no topic of the network: {', '.join(sorted(TOPICS))}")

    def enter(handler: Handler) -> Handler:
        present = _handlers.get(topic)
        if present is not None and (present.__module__, present.__qualname__) != (
            handler.__module__,
            handler.__qualname__,
        ):
            raise ClaimedTwice(f"“{topic}” is handled by {present.__module__} and by {handler.__module__}")
        _handlers[topic] = handler
        return handler

    return enter


def handles_together(topic: str) -> Callable[[Together], Together]:
    """Enter who takes messages of all shops at once, as (shop id, message), inside the transaction that settles them.

    Such a handler asks no store and locks rows in the house's order. Its topic has an ordinary handler too, which gets what
    failed together, one by one.
    """
    if topic not in TOPICS:
        raise ValueError(f"“{topic}” is no topic of the network: {', '.join(sorted(TOPICS))}")

    def enter(handler: Together) -> Together:
        _together[topic] = handler
        return handler

    return enter


def together_of(topic: str) -> Together | None:
    """Find who takes a neutral topic's messages of all shops at once."""
    return _together.get(topic)


def handler_of(topic: str) -> Handler | None:
    """Find who answers a platform's topic; None when nobody does."""
    return _handlers.get(neutral(topic) or "")


def neutral(topic: str) -> str | None:
    """Say a platform's topic in the network's words; None when we know no such topic."""
    return shopify.NEUTRAL.get(topic)


# --- what a message is about: ids as the platform has them, empty or None when the message does not say --------------------
def order_id_of(event: Received) -> str:
    """Name the order; empty for messages that name only fulfilment orders (see ``fulfilment_orders_of``)."""
    return shopify.order_id_of(event.topic, event.payload)


def fulfilment_orders_of(event: Received) -> list[str]:
    """Name the fulfilment orders; ``Connector.orders_of`` finds their orders."""
    return shopify.fulfilment_orders_of(event.payload)


def product_id_of(event: Received) -> str:
    """Name the product."""
    return shopify.product_id_of(event.payload)


def level_of(event: Received) -> shopify.Level | None:
    """Read (inventory item, location, available units or None, when it was so or None)."""
    return shopify.level_of(event.payload)


def fulfilment_of(event: Received) -> tuple[str, str]:
    """Name the parcel and its order."""
    return shopify.fulfilment_of(event.topic, event.payload)


def return_of(event: Received) -> tuple[str, str]:
    """Name the return and its order; ``Connector.orders_of_returns`` finds the order of one that names none."""
    return shopify.return_of(event.payload)


def read_id_of(event: Received) -> str:
    """Name the large read that has finished."""
    return shopify.read_id_of(event.payload)


def scopes_of(event: Received) -> tuple[str, ...] | None:
    """Read the scopes the store grants now."""
    return shopify.scopes_of(event.payload)
