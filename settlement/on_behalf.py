"""What a supplier told the network otherwise than in the portal, staff note for it: an agreement's end, an objection; it reads so."""

import datetime as dt

from django.db import transaction
from django.utils import timezone

from network.models import Merchant, Shop
from network.notify import give_notice
from network.scoping import as_network
from settlement.accept_documents import Received, object_to_document
from settlement.models import Document, DocumentObjection, SelfBilling
from settlement.self_billing import NOTICE, revoke_self_billing
from skuu.kit.errors import NotPossible

OBJECTED = "document_objection"
_MOST = 500


def revoke_on_behalf(agreement: SelfBilling, *, by: str, from_on: dt.date, reason: str) -> None:
    """Revoke a supplier's agreement for it, from today or a later day on; it is told, with the reason.

    *Locks* as revoke_self_billing. *Again*, from the same day: no change. Raises NotPossible without a reason, WrongState.
    """
    reason = _said(reason, "Say why, and how the merchant asked for it; it reads this.", "no_reason")
    with as_network(), transaction.atomic():
        revoke_self_billing(agreement, by=by, from_on=from_on, reason=reason)
        _tell(
            agreement.merchant,
            NOTICE,
            f"{NOTICE}:ended:{agreement.pk}",
            f"Your agreement to self-billing ends on {from_on:%-d %B %Y}",
            f"The network noted it for you: {reason} From that day on no invoice is drawn up in your name, and your sales wait for "
            "one. What you are owed is not touched by it. If you did not ask for this, agree again and tell us.",
            "/documents/self-billing/",
        )


def object_on_behalf(document: Document, *, by: str, reason: str, received_on: dt.date, how: str) -> DocumentObjection:
    """Note a supplier's objection to a document for it, of the day on which it had reached the network; the supplier is told.

    *Again*, with the same words: the objection that stands. Raises NotPossible, and what object_to_document raises.
    """
    how = _said(how, "Say how it reached the network: by which letter, mail or call, and from whom.", "no_source")
    if document.seller is None:
        raise NotPossible("The network objects to none of its own documents.", code="no_supplier")
    if not document.issued_on <= received_on <= timezone.localdate():
        raise NotPossible("It arrived between the day of the document and today.", code="bad_date")
    with as_network(), transaction.atomic():
        row = object_to_document(document.seller, document, reason=reason, by=by, received=Received(received_on, how))
        _tell(
            document.seller,
            OBJECTED,
            f"{OBJECTED}:{document.pk}",
            f"Your objection to {document.number} was noted",
            f"The network noted for you what arrived on {received_on:%-d %B %Y}: {row.reason} It answers there.",
            f"/documents/{document.pk}/object/",
        )
    return row


def _said(words: str, otherwise: str, code: str) -> str:
    words = words.strip()
    if not 3 <= len(words) <= _MOST:
        raise NotPossible(otherwise, code=code)
    return words


def _tell(merchant: Merchant, kind: str, key: str, subject: str, body: str, link: str) -> None:
    """Tell it to the merchant's first shop, as what waits for an agreement is told."""
    shop = Shop.everyone.filter(merchant=merchant).order_by("pk").first()
    if shop is not None:
        give_notice(shop, kind, key, subject, body, link)
