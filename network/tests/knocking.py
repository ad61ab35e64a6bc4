"""What tests of messages share: the shop that sends them, and handlers that note what they got."""

from typing import Any

from network import topics
from network.connectors.base import ConnectorError
from network.models import Merchant, Shop

DOMAIN = "bruno-schoenen.myshopify.com"
DOOR = "/webhooks/shopify/"


def open_bruno() -> Shop:
    """Open the shop that sends."""
    merchant = Merchant.everyone.create(name="Bruno", legal_name="Bruno BV", country="NL")
    return Shop.everyone.create(
        merchant=merchant, domain=DOMAIN, name="Bruno", country="NL", currency="EUR", status="live"
    )


def note_handled(monkeypatch: Any) -> list[list[str]]:
    """Register handlers for two topics; returns the batches they get from now on. A payload can ask to fail."""
    batches: list[list[str]] = []

    def note(shop: Shop, events: list[topics.Received]) -> None:
        batches.append([str(event.payload.get("n")) for event in events])
        for event in events:
            if event.payload.get("poison"):
                raise ValueError(event.payload["poison"])
            if event.payload.get("down"):
                raise ConnectorError("The store does not answer.", retryable=True)

    monkeypatch.setattr(topics, "_handlers", {"stock.changed": note, "order.changed": note})
    monkeypatch.setattr(topics, "_together", {})
    return batches
