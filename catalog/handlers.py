"""What the catalog does with news from a shop: products are read again, stock figures compared, places looked at."""

from catalog import reading, stock_news, sync
from network.models import Shop
from network.topics import Received, handles, handles_together, level_of, product_id_of, read_id_of

GONE = ("installing", "left")


@handles("product.changed")
def on_product_changed(shop: Shop, events: list[Received]) -> None:
    """Read the products again; the message only says that there is something to read."""
    if shop.status not in GONE:
        sync.refresh_products(shop, [product_id_of(event) for event in events])


@handles("product.deleted")
def on_product_deleted(shop: Shop, events: list[Received]) -> None:
    """Look whether the products are really gone: the message may be late."""
    if shop.status not in GONE:
        sync.refresh_products(shop, [product_id_of(event) for event in events])


@handles("stock.changed")
def on_stock_changed(shop: Shop, events: list[Received]) -> None:
    """Apply newer figures and have all of them confirmed."""
    told = [level for event in events if (level := level_of(event))]
    if shop.status not in GONE:
        sync.apply_stock_events(shop, [sync.StockEvent(*level) for level in told])


@handles_together("stock.changed")
def on_stock_of_all(events: list[tuple[int, Received]]) -> None:
    """Apply newer figures of all shops at once and have all of them confirmed."""
    stock_news.apply_stock_news(
        (shop_id, sync.StockEvent(*level)) for shop_id, event in events if (level := level_of(event))
    )


@handles("location.changed")
def on_location_changed(shop: Shop, events: list[Received]) -> None:
    """Read the shop's places again."""
    if shop.status not in GONE:
        sync.apply_locations(shop)


@handles("read.finished")
def on_read_finished(shop: Shop, events: list[Received]) -> None:
    """Take up the read that has finished."""
    for event in events:
        reading.note_finished(shop, read_id_of(event))
