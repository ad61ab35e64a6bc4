"""Internal orders of one customer's order that leave one place together: parted by the VAT they bear, one parcel with one postage."""

from collections import defaultdict
from collections.abc import Iterable

from network.models import Merchant
from orders.models import InternalOrder

_WAITS = ("planned", "placed", "accepted")


def sent_together(merchant: Merchant | int, internal_orders: Iterable[InternalOrder]) -> dict[int, list[str]]:
    """Tell for each internal order of a shipper, by its key, the numbers of those that belong into the same parcel.

    They are of the same customer's order and leave the same place, bear another VAT, and none has left or is called back. What
    goes alone is not in the answer. Reads only, one query.
    """
    asked = [row for row in internal_orders if row.status in _WAITS]
    rows = (
        InternalOrder.objects.for_merchant(merchant)
        .filter(order__in={row.order_id for row in asked}, status__in=_WAITS, cancel_wanted_at=None)
        .values_list("pk", "number", "order", "shipper", "vat", "lines__claim__level__location")
        .order_by("pk")
        .distinct()
    )
    by_place: defaultdict[tuple[int, int, int], dict[int, tuple[str, tuple[int, int]]]] = defaultdict(dict)
    for pk, number, order, shipper, vat, place in rows:
        by_place[order, shipper, place][pk] = number, _rates(vat)
    found: dict[int, list[str]] = {}
    wanted = {row.pk for row in asked}
    for parcel in by_place.values():
        for pk in wanted & parcel.keys():
            rates = parcel[pk][1]
            others = [number for number, bears in parcel.values() if bears != rates]
            found[pk] = sorted({*found.get(pk, []), *others})
    return {pk: numbers for pk, numbers in found.items() if numbers}


def _rates(vat: dict[str, int]) -> tuple[int, int]:
    return vat.get("supply_rate_bp", 0), vat.get("consumer_rate_bp", 0)
