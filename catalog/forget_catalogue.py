"""The mirror of a shop that left and asked to be forgotten: its products are gone, its figures and prices erased.

Rows that orders and books stand on stay, without what they say of the shop's trade: what was sold keeps its own title and price.
"""

from typing import Any

from django.db import transaction

from catalog.mirror import delete_products
from catalog.models import Product, StockLevel, Variant

BATCH = 500


def forget_catalogue(shop: Any) -> int:
    """Erase the mirror of a shop that has left; returns how many products were still there.

    Matches are withdrawn by the sweep that deletions wake. *Again*: nothing is left to erase. A shop that takes part is left alone.
    """
    if shop.status != "left":
        return 0
    gone = 0
    rows = Product.everyone.filter(shop=shop, deleted_at=None).order_by("pk")
    while ids := list(rows.values_list("remote_id", flat=True)[:BATCH]):
        gone += delete_products(shop, ids)
    with transaction.atomic():
        Product.everyone.filter(shop=shop).update(image_url="", tags=[], handle="")
        Variant.everyone.filter(shop=shop).update(price_minor=0, compare_at_minor=None)
        StockLevel.everyone.filter(location__shop=shop).update(available=0, phantom=0, is_active=False)
    return gone
