"""What the network stage itself does with news from a store: it left, it changed, it grants other scopes."""

from network import connect
from network.models import Shop
from network.topics import Received, handles, scopes_of


@handles("shop.left")
def on_shop_left(shop: Shop, events: list[Received]) -> None:
    """Let the shop go when its store confirms it."""
    times = [event.triggered_at or event.received_at for event in events]
    connect.note_uninstalled(shop, since=max(times))


@handles("shop.changed")
def on_shop_changed(shop: Shop, events: list[Received]) -> None:
    """Read the store's facts again."""
    if shop.status != "left":
        connect.refresh_facts(shop)


@handles("scopes.changed")
def on_scopes_changed(shop: Shop, events: list[Received]) -> None:
    """Keep the newest list of scopes and check the shop."""
    newest = max(events, key=lambda event: event.triggered_at or event.received_at)
    scopes = scopes_of(newest)
    if scopes is not None and shop.status != "left":
        connect.note_scopes(shop, scopes)
