"""Row locks of this stage in their one order: Order before InternalOrder before StockLevel before Item."""

from catalog.models import Item, Match, StockLevel
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
    """Lock the levels at which units of an order are or were held, then the items they stand for, each by id.

    For whoever gives back units of several lines, which come in no such order: nobody who does the same meets them half-way.
    Call it with the order locked, before anything is given back.
    """
    levels = StockLevel.objects.filter(
        pk__in=InternalOrderLine.everyone.filter(internal_order__order=order_id).values("claim__level")
    )
    goods = list(levels.select_for_update().order_by("pk").values_list("inventory_item", flat=True))
    if len(goods) > 1:
        linked = Match.everyone.filter(variant__inventory_item__in=goods, status="linked")
        items = Item.objects.select_for_update(no_key=True).filter(pk__in=linked.values("item"))
        list(items.order_by("pk").values_list("pk"))
