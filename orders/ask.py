"""Asking shippers that want to be asked whether they will ship: once, and only for an order that is paid."""

from network.notify import give_notice
from orders.models import InternalOrder, Order


def ask_shipper(internal_order: InternalOrder) -> None:
    """Ask a shipper whether it will ship; its answer is awaited for a day from the payment on. *Again*: the first question stands."""
    give_notice(
        internal_order.shipper,
        kind="order_to_answer",
        key=f"order_to_ship:{internal_order.number}",
        subject=f"{internal_order.number}: can you ship this?",
        body="Please accept or decline it within 24 hours; after that another partner is asked.",
        link=f"/to-ship/{internal_order.number}/",
    )


def ask_shippers(order: Order) -> None:
    """Ask everybody whose answer an order waits for, because it is paid now. Call it with the order locked. *Again*: no change."""
    rows = order.internal_orders.select_related("shipper").filter(status="planned", asks=True, agreed_at=None)
    for row in rows.filter(cancel_wanted_at=None).order_by("pk"):
        ask_shipper(row)
