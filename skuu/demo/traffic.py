"""Shoppers who buy and shopkeepers who ship, a few a minute, so that a demo has something to look at."""

import random
import threading
import time
from collections.abc import Callable, Sequence

import requests

from skuu.demo.shopfront import Storefront

PAUSE_SECONDS = (4.0, 12.0)


def start_traffic(stores: Sequence[Storefront], stopping: Callable[[], bool]) -> None:
    """Let shoppers in, in a thread of its own, until the demo stops; a store that is away is tried again later."""
    threading.Thread(target=_trade, args=(stores, stopping), name="traffic", daemon=True).start()


def _trade(stores: Sequence[Storefront], stopping: Callable[[], bool]) -> None:
    chance = random.Random()  # noqa: S311 - which shoe somebody fancies is no secret
    while not stopping():
        try:
            _buy_something(chance.choice(stores), chance)
            _ship_something(chance.choice(stores), chance)
        except (requests.RequestException, RuntimeError):
            time.sleep(2)
        time.sleep(chance.uniform(*PAUSE_SECONDS))


def _buy_something(store: Storefront, chance: random.Random) -> None:
    """Buy one unit: mostly of what only the shelf has, sometimes of the shop's own."""
    stands = [stand for stand in store.variants() if stand.own + stand.shelf > 0]
    shelf_only = [stand for stand in stands if stand.own <= 0 < stand.shelf]
    choice = shelf_only if shelf_only and chance.random() < 0.7 else stands
    if choice:
        store.sell(chance.choice(choice).variant_id)


def _ship_something(store: Storefront, chance: random.Random) -> None:
    """Ship the network's orders that wait here."""
    for order in store.internal_orders(tag="skuu-internal"):
        waiting = [fo for fo in order["fulfillmentOrders"]["nodes"] if fo["status"] in ("OPEN", "IN_PROGRESS")]
        if waiting:
            store.ship(order, "PostNL", f"3SDEMO{chance.randrange(10**9):09d}")
