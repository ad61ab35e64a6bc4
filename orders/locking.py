"""Row locks of this stage in their one order: Order before InternalOrder before StockLevel."""

from orders.models import InternalOrder, Order


def lock_order(order_id: int) -> Order:
    """Lock a customer's order; every verb that moves one of its lines or internal orders holds this."""
    return Order.everyone.select_for_update(of=("self",)).select_related("shop").get(pk=order_id)


def lock_internal_order(internal_order_id: int) -> InternalOrder:
    """Lock the customer's order, then the internal order."""
    lock_order(InternalOrder.everyone.values_list("order_id", flat=True).get(pk=internal_order_id))
    rows = InternalOrder.everyone.select_for_update(of=("self",)).select_related("shipper", "order__shop")
    return rows.get(pk=internal_order_id)
