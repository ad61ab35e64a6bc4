"""The neutral packing slip: the selling shop's look, no price, and not a word of who shipped."""

import json
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.utils.formats import date_format

from orders.models import InternalOrder
from skuu.kit.errors import NotPossible, WrongState

TEMPLATE = Path(settings.BASE_DIR) / "templates" / "documents" / "packing_slip.typ"
VISIBLE = ("placed", "accepted", "shipped", "delivered")


def packing_slip(internal_order: InternalOrder) -> bytes:
    """Print the packing slip of an internal order as PDF; texts are data to the template, never markup.

    *Raises* WrongState before it is placed, NotPossible once the address is erased.
    """
    if internal_order.status not in VISIBLE:
        raise WrongState(f"{internal_order.number} is not to be shipped; there is no packing slip for it.")
    order = internal_order.order
    if not order.destination:
        raise NotPossible("The address of this order has been erased; its purpose is over.", code="address_erased")
    data = json.dumps(_contents(internal_order, order.destination))
    return bytes(typst.compile(TEMPLATE, root=TEMPLATE.parent, sys_inputs={"slip": data}, ignore_system_fonts=True))


def _contents(internal_order: InternalOrder, address: dict[str, str]) -> dict[str, Any]:
    order, shipper = internal_order.order, internal_order.shipper
    lines = internal_order.lines.select_related("order_line").order_by("pk")
    return {
        "seller": order.shop.name,
        "order": order.name,
        "number": internal_order.number,
        "date": date_format(order.placed_at, "j F Y"),
        "to": _label(address),
        # the sender line: the seller's name, care of the street the parcel leaves from; never the shipper's name
        "sender": [order.shop.name, f"c/o {shipper.address1}", f"{shipper.postcode} {shipper.city}", shipper.country],
        "lines": [
            {"units": line.quantity, "title": line.order_line.title, "sku": line.order_line.sku} for line in lines
        ],
    }


def _label(address: dict[str, str]) -> list[str]:
    rows = [
        address.get("name", ""),
        address.get("company", ""),
        address.get("address1", ""),
        address.get("address2", ""),
        f"{address.get('zip', '')} {address.get('city', '')}".strip(),
        address.get("province", ""),
        address.get("country", ""),
    ]
    return [row for row in rows if row]
