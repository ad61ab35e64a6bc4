"""Row locks of this stage in their one order: Order before InternalOrder before StockLevel."""

from catalog.models import StockLevel
from orders.models import InternalOrder, InternalOrderLine, Order


def lock_order(order_id: int) -> Order:
    """Lock a customer's order; every verb that moves one of its lines or internal orders holds this."""
    return Order.everyone.select_for_update(of=("self",)).select_related("shop").get(pk=order_id)


def lock_internal_order(internal_order_id: int) -> InternalOrder:
    """Lock the customer's order, then the internal order."""
    lock_order(InternalOrder.everyone.values_list("order_id", flat=True).get(pk=internal_order_id))
    rows = InternalOrder.everyone.select_for_update(of=("self",)).select_related("shipper", "order__shop")
    return rows.get(pk=internal_order_id)


def lock_units(order_id: int) -> None:
    """Lock the levels at which units of an order are or were held, in the order of their ids.

    For whoever gives back units of several lines, which come in no such order: nobody who does the same meets them half-way.
    Call it with the order locked, before anything is given back.
    """
    levels = StockLevel.objects.filter(
        pk__in=InternalOrderLine.everyone.filter(internal_order__order=order_id).values("claim__level")
    )
    list(levels.select_for_update().order_by("pk").values_list("pk"))
