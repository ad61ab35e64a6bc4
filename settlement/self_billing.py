"""A supplier agrees that the network draws up its invoices, and revokes it; without its agreement none is drawn up."""

import datetime as dt
import hashlib

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from network.models import Merchant, Notice
from network.scoping import as_network
from settlement.agreement_texts import CURRENT
from settlement.models import SelfBilling
from skuu.kit.errors import NotFound, NotPossible, WrongState

NOTICE = "self_billing"


class NoAgreement(NotPossible):
    """The supplier has not agreed that the network draws up its invoices."""

    code = "no_agreement"


def words_for(merchant: Merchant) -> str:
    """Write the present version of the agreement with a supplier's name and the network's in it."""
    network = (
        f"{settings.NETWORK_ADDRESS}, {settings.NETWORK_POSTCODE} {settings.NETWORK_CITY}, {settings.NETWORK_COUNTRY}"
    )
    own = (merchant.address1, f"{merchant.postcode} {merchant.city}".strip(), merchant.country)
    return CURRENT.words.format(
        version=CURRENT.version,
        days=CURRENT.days,
        supplier=merchant.legal_name,
        supplier_place=", ".join(part for part in own if part),
        network=settings.NETWORK_LEGAL_NAME,
        network_place=network,
    )


def digest_of(words: str) -> str:
    """Tell the SHA-256 of a text's UTF-8."""
    return hashlib.sha256(words.encode()).hexdigest()


def agree_self_billing(merchant: Merchant, *, by: str, name: str, digest: str) -> SelfBilling:
    """Agree for a supplier to the present version; ``digest`` is of the text that was read, ``name`` who agrees for it.

    It stands from today on; an agreement to another version ends today. *Locks* the merchant. *Again*: the one that stands, with
    its name. Raises NotPossible, WrongState when the text is another one than what was read.
    """
    name = name.strip()
    if len(name) < 2:
        raise NotPossible("Write the name of who agrees for the merchant.", code="no_name")
    with as_network(), transaction.atomic():
        supplier = Merchant.everyone.select_for_update().get(pk=merchant.pk)
        standing = SelfBilling.everyone.select_for_update().filter(merchant=supplier, ends_on=None).first()
        # not before the locks: what was drawn up meanwhile bears its day
        today, now = timezone.localdate(), timezone.now()
        if standing is not None and standing.version == CURRENT.version:
            return standing
        words = words_for(supplier)
        if digest != digest_of(words):
            raise WrongState("The text is another one now; read it again, then agree.", code="another_text")
        if standing is not None:
            _end(standing, today, by)
        Notice.everyone.filter(shop__merchant=supplier, kind=NOTICE, done_at=None).update(done_at=now)
        return SelfBilling.everyone.create(
            merchant=supplier,
            version=CURRENT.version,
            words=words,
            digest=digest,
            days_to_object=CURRENT.days,
            name=name[:120],
            agreed_by=by,
            agreed_at=now,
            agreed_on=today,
        )


def revoke_self_billing(agreement: SelfBilling, *, by: str, from_on: dt.date, reason: str = "") -> None:
    """Revoke an agreement from a day on, today at the earliest; what was drawn up until then stays.

    *Locks* the agreement: what is being drawn up is finished first. *Again*, from the same day: no change. Raises NotPossible,
    WrongState for one that ends on another day already.
    """
    with as_network(), transaction.atomic():
        row = SelfBilling.everyone.select_for_update().get(pk=agreement.pk)
        if row.ends_on == from_on:
            return
        # not before the lock: a midnight may have passed, and a document been drawn up
        if from_on < timezone.localdate():
            raise NotPossible("An agreement is revoked from today or a later day on.", code="past_date")
        if row.ends_on is not None:
            raise WrongState(f"This agreement ends on {row.ends_on} already.")
        _end(row, from_on, by, reason)


def standing_agreement(merchant: Merchant | int, on: dt.date | None = None) -> SelfBilling | None:
    """Find the agreement of a supplier that stands on a day, today unless another is named."""
    with as_network():
        return _standing(on).filter(merchant=merchant).order_by("-pk").first()


def suppliers_that_agreed(on: dt.date | None = None) -> list[int]:
    """Name the merchants, by number, whose agreement stands on a day, today unless another is named."""
    return list(_standing(on).order_by("merchant").values_list("merchant", flat=True).distinct())


def lock_agreement(merchant_id: int, day: dt.date) -> SelfBilling:
    """Lock the agreement by which a supplier's document of a day is drawn up: it is not revoked meanwhile. Raises NoAgreement.

    Who revokes waits for the document; who waits here for a revocation reads what became of it.
    """
    row = _standing(day).select_for_update().filter(merchant=merchant_id).order_by("-pk").first()
    if row is None:
        raise NoAgreement("The supplier has not agreed that the network draws up its invoices.")
    return row


def find_agreement(merchant: Merchant, pk: int) -> SelfBilling:
    """Find a merchant's agreement. Raises NotFound for a stranger's."""
    row: SelfBilling | None = SelfBilling.objects.for_merchant(merchant).filter(pk=pk).first()
    if row is None:
        raise NotFound("There is no such agreement.")
    return row


def _standing(on: dt.date | None) -> QuerySet[SelfBilling]:
    day = on or timezone.localdate()
    return SelfBilling.everyone.filter(Q(ends_on=None) | Q(ends_on__gt=day), agreed_on__lte=day)


def _end(row: SelfBilling, on: dt.date, by: str, reason: str = "") -> None:
    row.ends_on, row.ended_by, row.ended_at, row.ended_reason = on, by, timezone.now(), reason
    row.save(update_fields=["ends_on", "ended_by", "ended_at", "ended_reason"])
