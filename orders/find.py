"""Finds orders by what people have in their hands: a name, our number, a SKU, the number on a parcel; reads only."""

from typing import Any

from django.db.models import Q, QuerySet

from network.models import Merchant
from orders.models import InternalOrder, OrderLine, Parcel

BUYS = "order__shop__merchant"
MOST = 1000  # sales of one SKU: the newest


def sold_as(merchant: Merchant, words: str) -> Q:
    """Match a selling merchant's orders: by our number, a parcel's or a SKU, whole and looked up by index; else by part of a name."""
    ways = _ways(words)
    numbers = InternalOrder.objects.for_merchant(merchant, via=BUYS).filter(number__in=ways)
    parcels = Parcel.objects.for_merchant(merchant, via=f"internal_order__{BUYS}").filter(tracking_number__in=ways)
    lines = OrderLine.objects.for_merchant(merchant).filter(sku__in=ways)
    found = {*_ids(numbers, "order_id"), *_ids(parcels, "internal_order__order_id"), *_ids(lines, "order_id")}
    return Q(pk__in=found) if found else Q(name__icontains=words)


def shipped_as(merchant: Merchant, words: str) -> Q:
    """Match a shipping merchant's internal orders: by a parcel's whole number; else by part of our number or of their own name."""
    parcels = Parcel.objects.for_merchant(merchant).filter(tracking_number__in=_ways(words))
    found = _ids(parcels, "internal_order_id")
    return Q(pk__in=found) if found else Q(number__icontains=words) | Q(remote_name__icontains=words)


def _ids(rows: "QuerySet[Any]", name: str) -> list[int]:
    return list(rows.order_by("-pk").values_list(name, flat=True)[:MOST])


def _ways(words: str) -> list[str]:
    """Write a number as it is typed, in capitals, and without the gaps that labels print."""
    whole = "".join(words.split())
    return list(dict.fromkeys([words, whole, whole.upper()]))
