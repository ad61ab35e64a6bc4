"""The neutral packing slip: the selling shop's look, the customer's language, no price, and not a word of who shipped."""

import datetime as dt
import json
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typst
from babel.dates import format_date
from django.conf import settings
from django.utils import timezone

from orders.look import Look, look_of
from orders.models import InternalOrder
from orders.one_parcel import sent_together
from orders.slip_words import LANGUAGES, language_of
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
    return printed(_contents(internal_order, order.destination), look_of(order.shop))


def sample_slip(seller: str, look: Look, language: str, *, kind: str = "pdf") -> bytes:
    """Print a slip of an invented order, so that a shop sees its look before a customer does; ``kind`` is pdf or png."""
    contents = {
        "seller": seller,
        "order": "#1001",
        "number": "N-000000",
        "language": language,
        "words": _words(language, seller),
        "date": _date(timezone.localdate(), language),
        "to": ["Marie Example", "Sample Street 12", "1017 GA Amsterdam", "NL"],
        "sender": [seller, "c/o Warehouse Lane 1", "3012 BP Rotterdam", "NL"],
        "lines": [
            {"units": 1, "title": "Trail Runner - 42", "sku": "TR-42"},
            {"units": 2, "title": "Wool Socks - 39/42", "sku": "WS-39"},
        ],
    }
    return printed(contents, look, kind=kind)


def printed(contents: dict[str, Any], look: Look, *, kind: str = "pdf", template: Path = TEMPLATE) -> bytes:
    """Typeset a slip. Raises NotPossible ``bad_logo`` when the logo is no picture."""
    told = contents | {"look": look.told(contents["seller"])}
    with tempfile.TemporaryDirectory(prefix="slip-") as folder:
        main = Path(shutil.copy(template, folder))
        if look.logo:
            Path(folder, f"logo.{look.logo_kind}").write_bytes(look.logo)
        asked: dict[str, Any] = {"sys_inputs": {"slip": json.dumps(told)}, "ignore_system_fonts": True}
        if kind == "png":
            asked |= {"format": "png", "ppi": 110}
        try:
            made = typst.compile(main, root=folder, **asked)
        except RuntimeError as error:
            if look.logo and "image" in str(error):
                raise NotPossible(
                    "The logo cannot be read as a picture; save it as PNG or JPEG again.", code="bad_logo"
                ) from None
            raise
    return bytes(made)


def _contents(internal_order: InternalOrder, address: dict[str, str]) -> dict[str, Any]:
    order, shipper = internal_order.order, internal_order.shipper
    lines = internal_order.lines.select_related("order_line").order_by("pk")
    language = language_of(order.locale, address.get("country") or order.country)
    together = sent_together(shipper.merchant_id, [internal_order]).get(internal_order.pk, [])
    return {
        "seller": order.shop.name,
        "order": order.name,
        "number": " + ".join([internal_order.number, *together]),  # all that goes into this parcel
        "language": language,
        "words": _words(language, order.shop.name),
        "date": _date(timezone.localdate(order.placed_at), language),
        "to": _label(address),
        # the sender line: the seller's name, care of the street the parcel leaves from; never the shipper's name
        "sender": [order.shop.name, f"c/o {shipper.address1}", f"{shipper.postcode} {shipper.city}", shipper.country],
        "lines": [
            {"units": line.quantity, "title": line.order_line.title, "sku": line.order_line.sku} for line in lines
        ],
    }


def _words(language: str, seller: str) -> dict[str, str]:
    words = asdict(LANGUAGES[language])
    return words | {"questions": words["questions"].replace("{seller}", seller)}


def _date(day: dt.date, language: str) -> str:
    return format_date(day, "long", locale=language)


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
