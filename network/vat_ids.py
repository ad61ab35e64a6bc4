"""VAT numbers are checked by their digits and by a register that can be plugged in; what nobody could ask is “not checked”."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.conf import settings
from django.utils.module_loading import import_string
from stdnum.ch import uid as swiss
from stdnum.eu import vat as european
from stdnum.exceptions import ValidationError
from stdnum.gb import vat as british

from network.models import TaxRegistration, VatCheck
from network.scoping import as_network

VALID, INVALID, NOT_CHECKED = "valid", "invalid", "not_checked"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a register said of a number; ``consultation`` is its own reference of the question, where it gives one."""

    answer: str
    source: str
    consultation: str = ""
    reason: str = ""


Checker = Callable[[str], Answer]


def ask_nobody(vat_id: str) -> Answer:
    """Say honestly that no register was asked: the checker of a network that has none."""
    return Answer(NOT_CHECKED, "nobody", reason="No register is connected.")


def has_right_digits(vat_id: str) -> bool:
    """Say whether a number could exist, by the check digits of its country (the Union, Great Britain, Switzerland)."""
    try:
        if vat_id.startswith("GB"):
            british.validate(vat_id)
        elif vat_id.startswith("CH"):
            swiss.validate(vat_id)
        else:
            european.validate(vat_id)
    except ValidationError:
        return False
    return True


def check_registration(registration: TaxRegistration, *, by: str) -> VatCheck:
    """Check a VAT number and keep the answer; whatever fails on the way is “not checked”, never “valid”.

    Asks the checker that ``VAT_ID_CHECKER`` names, outside of any transaction. *Again*: asked anew, kept beside the first.
    """
    vat_id = registration.vat_id.replace(" ", "").upper()
    if not has_right_digits(vat_id):
        found = Answer(INVALID, "checksum", reason="Its check digits are wrong.")
    else:
        checker: Checker = import_string(settings.VAT_ID_CHECKER)
        found = checker(vat_id)
    with as_network():
        return VatCheck.everyone.create(
            registration=registration,
            vat_id=vat_id,
            answer=found.answer,
            consultation=found.consultation[:40],
            source=found.source,
            reason=found.reason[:200],
            asked_by=by,
        )


def last_checks(registrations: Iterable[int]) -> dict[int, VatCheck]:
    """Tell the newest answer about each registration; who was never asked about is not in the answer."""
    rows = VatCheck.everyone.filter(registration__in=list(registrations))
    return {row.registration_id: row for row in rows.order_by("registration_id", "asked_at", "pk")}
