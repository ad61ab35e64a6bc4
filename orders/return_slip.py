"""The return slip: where the parcel goes, its number to scan and what is in it, in the selling shop's name and nobody else's."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from qrcode import constants  # type: ignore[import-untyped]
from qrcode.main import QRCode  # type: ignore[import-untyped]

from orders.look import look_of
from orders.models import Return
from orders.restock import receiver_of
from orders.return_words import RETURNING
from orders.slip import printed
from orders.slip_words import LANGUAGES, language_of
from skuu.kit.errors import NotPossible, WrongState

TEMPLATE = Path(settings.BASE_DIR) / "templates" / "documents" / "return_slip.typ"


def return_slip(returned: Return) -> bytes:
    """Print the slip of a return on its way, in the customer's language; it holds nothing of the customer's.

    It is made anew each time, so that it shows where the goods go now. It is no postage: that is bought from a carrier. *Raises*
    WrongState once it arrived or ended, NotPossible ``no_address`` when nobody's street is known.
    """
    if not is_printable(returned):
        raise WrongState(f"{returned.number} is not on its way; there is no return slip for it.")
    contents = slip_contents(returned)
    return printed(contents, look_of(returned.internal_order.order.shop), template=TEMPLATE)


def is_printable(returned: Return) -> bool:
    """Say whether a customer still has the goods, so that a slip is of use."""
    return returned.status == "announced" and not returned.is_lost and returned.corrects_id is None


def address_of(returned: Return) -> list[str]:
    """Name where the parcel goes: the selling shop's name, care of a partner's street; never a partner's name."""
    origin, there = returned.internal_order.order.shop, receiver_of(returned)
    if returned.destination == "origin":
        first = [there.name, there.address1]
    else:
        first = [origin.name, f"c/o {there.address1}"]
    return [*first, f"{there.postcode} {there.city}", there.country]


def slip_contents(returned: Return) -> dict[str, Any]:
    """Gather what is printed; texts are data to the template, never markup. Raises NotPossible ``no_address``."""
    order = returned.internal_order.order
    there = receiver_of(returned)
    if not (there.address1 and there.city):
        raise NotPossible("The street these goods go to is not known yet.", code="no_address")
    language = language_of(order.locale, order.destination.get("country") or order.country)
    lines = returned.lines.select_related("line__order_line").order_by("pk")
    slip = LANGUAGES[language]
    common = {
        "order": slip.order,
        "units": slip.units,
        "item": slip.item,
        "questions": slip.questions.replace("{seller}", order.shop.name),
    }
    return {
        "seller": order.shop.name,
        "number": returned.number,
        # whoever takes the goods over reads nothing of the order they come from
        "order": "" if returned.destination == "taker" else order.name,
        "language": language,
        "words": asdict(RETURNING[language]) | common,
        "to": address_of(returned),
        "code": _code(returned.number),
        "lines": [{"units": line.quantity, "title": line.line.order_line.title} for line in lines],
    }


def _code(number: str) -> list[str]:
    """Draw a number as a QR code: rows of 1 for dark and 0."""
    code = QRCode(error_correction=constants.ERROR_CORRECT_M, border=0)
    code.add_data(number)
    code.make(fit=True)
    return ["".join("1" if dark else "0" for dark in row) for row in code.get_matrix()]
