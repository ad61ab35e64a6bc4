"""Finds orders by what people have in their hands: a name, our number, a SKU, the number on a parcel; reads only."""

from typing import Any

from django.db.models import Q

from network.models import Merchant
from orders.models import InternalOrder, OrderLine, Parcel

BUYS = "order__shop__merchant"


def sold_as(merchant: Merchant, words: str) -> Q:
    """Match a selling merchant's orders: by part of their name, else by a whole number or SKU.

    Our numbers and those of parcels are looked up by index; names and SKUs among the merchant's own rows.
    """
    numbers = InternalOrder.objects.for_merchant(merchant, via=BUYS).filter(number__in=_ways(words))
    parcels = Parcel.objects.for_merchant(merchant, via=f"internal_order__{BUYS}")
    lines = OrderLine.objects.for_merchant(merchant).filter(sku__iexact=words)
    return (
        Q(name__icontains=words)
        | Q(pk__in=numbers.values("order_id"))
        | Q(pk__in=_sent(parcels, words).values("internal_order__order_id"))
        | Q(pk__in=lines.values("order_id"))
    )


def shipped_as(merchant: Merchant, words: str) -> Q:
    """Match a shipping merchant's internal orders: by part of our number or of their own name, or by a parcel's whole number."""
    parcels = _sent(Parcel.objects.for_merchant(merchant), words)
    return Q(number__icontains=words) | Q(remote_name__icontains=words) | Q(pk__in=parcels.values("internal_order_id"))


def _sent(parcels: Any, words: str) -> Any:
    return parcels.filter(tracking_number__in=_ways(words))


def _ways(words: str) -> list[str]:
    """Write a number as it is typed, in capitals, and without the gaps that labels print."""
    whole = "".join(words.split())
    return list(dict.fromkeys([words, whole, whole.upper()]))
