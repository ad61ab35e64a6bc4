"""VAT numbers are checked by their digits and by a register that can be plugged in; what nobody could ask is “not checked”."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.module_loading import import_string
from stdnum.ch import uid as swiss
from stdnum.eu import vat as european
from stdnum.exceptions import ValidationError
from stdnum.gb import vat as british

from network.models import Shop, TaxRegistration, VatCheck
from network.notify import give_notice
from network.scoping import as_network

NOBODY = "network.vat_ids.ask_nobody"
AGREED, SILENCE = dt.timedelta(days=30), dt.timedelta(hours=20)
VALID, INVALID, NOT_CHECKED = "valid", "invalid", "not_checked"
GRACE = dt.timedelta(days=14)  # for a number that was valid before: registers err, and numbers are renewed


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

    Asks the checker that ``VAT_ID_CHECKER`` names, outside of any transaction. Of a no the number counts no more: at once when it
    was never valid, ``GRACE`` later when it was; a yes makes it count again. *Again*: asked anew, kept beside the first.
    """
    vat_id = registration.vat_id.replace(" ", "").upper()
    if not has_right_digits(vat_id):
        found = Answer(INVALID, "checksum", reason="Its check digits are wrong.")
    else:
        checker: Checker = import_string(settings.VAT_ID_CHECKER)
        found = checker(vat_id)
    with as_network():
        row = VatCheck.everyone.create(
            registration=registration,
            vat_id=vat_id,
            answer=found.answer,
            consultation=found.consultation[:40],
            source=found.source,
            reason=found.reason[:200],
            asked_by=by,
        )
        if row.answer == INVALID:
            _refuse(registration, row)
            _tell(registration, row)
        elif row.answer == VALID and registration.refused_from is not None:
            registration.refused_id, registration.refused_from = "", None
            registration.save(update_fields=["refused_id", "refused_from"])
    return row


def in_force(on: dt.date) -> Q:
    """Select registrations that count on a day: begun, not ended, and not refused by their register."""
    refused = Q(refused_from__lte=on, refused_id=F("vat_id"))
    return Q(valid_from__lte=on) & (Q(valid_to=None) | Q(valid_to__gte=on)) & ~refused


def doubted(merchants: Iterable[int]) -> list[TaxRegistration]:
    """List the merchants' numbers of which their register said no, whether they count still or not, oldest first."""
    rows = TaxRegistration.everyone.filter(
        merchant__in=list(merchants), refused_from__isnull=False, refused_id=F("vat_id")
    )
    return list(rows.order_by("refused_from", "pk"))


def _refuse(registration: TaxRegistration, check: VatCheck) -> None:
    if registration.is_doubted:
        return  # the first no counts
    earlier = VatCheck.everyone.filter(registration=registration, vat_id=check.vat_id, answer=VALID)
    today = timezone.localdate(check.asked_at)
    registration.refused_id = registration.vat_id
    registration.refused_from = today + GRACE if earlier.exists() else today
    registration.save(update_fields=["refused_id", "refused_from"])


def check_due_registrations(limit: int = 50) -> int:
    """Ask anew about numbers in force whose last answer is old; run daily. Returns how many were asked about.

    An answer is good for ``AGREED``, silence for a day. Without a register connected nobody is asked. *Again*: only what is due.
    """
    if settings.VAT_ID_CHECKER == NOBODY:
        return 0
    now = timezone.now()
    with as_network():
        today = timezone.localdate()
        rows = TaxRegistration.everyone.filter(Q(valid_to=None) | Q(valid_to__gte=today), valid_from__lte=today)
        answered = VatCheck.everyone.filter(registration=OuterRef("pk")).exclude(answer=NOT_CHECKED)
        asked = VatCheck.everyone.filter(registration=OuterRef("pk"), asked_at__gt=now - SILENCE)
        agreed = Exists(answered.filter(asked_at__gt=now - AGREED)) & Q(refused_from=None)  # a no is asked about daily
        due = rows.exclude(agreed).exclude(Exists(asked))
        found = list(due.select_related("merchant").order_by("pk")[:limit])
    for registration in found:
        check_registration(registration, by="schedule")
    return len(found)


def _tell(registration: TaxRegistration, check: VatCheck) -> None:
    """Tell a merchant's people that a number of theirs is not valid, once, however often its register repeats it."""
    shop = Shop.everyone.filter(merchant=registration.merchant_id).order_by("pk").first()
    if shop is not None:
        give_notice(
            shop,
            "vat_id_invalid",
            f"vat:{registration.pk}:{registration.refused_from}",
            f"The VAT number {check.vat_id} is not valid",
            f"Asked on {check.asked_at:%d.%m.%Y} ({check.source}). {check.reason} From {registration.refused_from:%d.%m.%Y} it counts "
            "no more: routes that need it are closed, and invoices do not bear it. Tell us the right one, or have it mended there.",
            "/partner-countries/",
        )


def last_checks(registrations: Iterable[int]) -> dict[int, VatCheck]:
    """Tell the newest answer about each registration; who was never asked about is not in the answer."""
    rows = VatCheck.everyone.filter(registration__in=list(registrations))
    return {row.registration_id: row for row in rows.order_by("registration_id", "asked_at", "pk")}
