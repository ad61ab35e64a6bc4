"""The last place of a shipper's day: taken by one order, however many were decided at the same moment."""

from network.models import Shop
from orders.decide import Decided, booked_on
from skuu.kit.errors import Busy


class DayIsFull(Busy):
    """Another order took the last place of a day while this one was decided; it is decided anew."""

    code = "day_is_full"


def take_room(decided: Decided) -> None:
    """Prove that the shippers of a plan still have room on its days, and let nobody else take it until this commits.

    *Locks* the shippers whose days have limits, after the order and before any stock level. *Raises* DayIsFull.
    """
    days = {
        (shipment.shipper, shipment.leaves_on)
        for shipment in decided.shipments()
        if shipment.leaves_on and decided.sendings[shipment.shipper].capacity
    }
    if not days:
        return
    shippers = sorted({shipper for shipper, _ in days})
    list(Shop.everyone.select_for_update(no_key=True).filter(pk__in=shippers).order_by("pk").values_list("pk"))
    booked = booked_on(shippers)
    for shipper, day in days:
        capacity = decided.sendings[shipper].capacity
        if capacity and day and booked.get(shipper, {}).get(day, 0) >= capacity:
            raise DayIsFull(f"A shipper has no room left on {day}.")
