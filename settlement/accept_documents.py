"""A supplier accepts each self-billed document by not objecting in time; an objection is answered by people and holds nothing."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from network.models import Merchant
from network.scoping import as_network
from settlement.models import Document, DocumentObjection
from skuu.kit.errors import NotFound, NotPossible, WrongState

OPEN, ACCEPTED, OBJECTED, ANSWERED = "open", "accepted", "objected", "answered"
MOST = 2_000


class NotObjectable(WrongState):
    """There is nothing left to object to, or it was said before."""

    code = "not_objectable"


@dataclass(frozen=True, slots=True)
class Received:
    """When an objection that staff note for a supplier had reached the network, and how: by which letter, mail or call."""

    on: dt.date
    how: str


@dataclass(frozen=True, slots=True)
class Acceptance:
    """How it stands with a self-billed document: open through a day, accepted on one, or objected to.

    ``state`` is empty where no acceptance is agreed: the network's own documents, and those from before.
    """

    state: str = ""
    until: dt.date | None = None
    on: dt.date | None = None  # the day from which it counts as accepted
    objection: DocumentObjection | None = None


def object_to_document(
    merchant: Merchant, document: Document, *, reason: str, by: str, received: Received | None = None
) -> DocumentObjection:
    """Object, as its supplier, to a self-billed document within the days agreed; nothing is held, people of the network answer.

    What reached the network otherwise counts from the day on which it was ``received``. *Again*, with the same words: the
    objection that stands. Raises NotFound for who is not the supplier, NotPossible without words, NotObjectable.
    """
    reason = reason.strip()
    if document.seller_id != merchant.pk:
        raise NotFound("There is no such document.")
    if not 3 <= len(reason) <= MOST:
        raise NotPossible("Say what is wrong with it, in 3 to 2,000 characters.", code="no_reason")
    try:
        with as_network(), transaction.atomic():
            standing = DocumentObjection.everyone.filter(document=document).first()
            if standing is not None and standing.reason == reason:
                return standing
            if standing is not None:
                raise NotObjectable("You have objected to this document already; the network answers.")
            if document.object_until is None:
                raise NotObjectable("This document was drawn up without days to object; open a dispute at the sale.")
            if (received.on if received else timezone.localdate()) > document.object_until:
                raise NotObjectable(f"The days to object ended on {document.object_until}; it counts as accepted.")
            return DocumentObjection.everyone.create(
                document=document,
                merchant=merchant,
                reason=reason,
                made_by=by,
                received_on=received.on if received else None,
                received_how=received.how if received else "",
            )
    except IntegrityError as error:
        raise NotObjectable("You have objected to this document already; the network answers.") from error


def answer_objection(objection: DocumentObjection, *, answer: str, by: str) -> None:
    """Tell the supplier what became of its objection, once; a correction is a document of its own.

    *Locks* the objection. *Again*, with the same words: no change. Raises NotPossible, WrongState.
    """
    answer = answer.strip()
    if not 3 <= len(answer) <= MOST:
        raise NotPossible("Write the answer, in 3 to 2,000 characters.", code="no_answer")
    with as_network(), transaction.atomic():
        row = DocumentObjection.everyone.select_for_update().get(pk=objection.pk)
        if row.answered_at is not None and row.answer == answer:
            return
        if row.answered_at is not None:
            raise WrongState("This objection was answered already.")
        row.answer, row.answered_by, row.answered_at = answer, by, timezone.now()
        row.save(update_fields=["answer", "answered_by", "answered_at"])


def acceptances(documents: Iterable[Document]) -> dict[int, Acceptance]:
    """Tell how it stands with each document, by its number in the database; reads only."""
    rows = list(documents)
    with as_network():
        said = {
            one.document_id: one
            for one in DocumentObjection.everyone.filter(document__in=[row.pk for row in rows]).order_by("pk")
        }
    today = timezone.localdate()
    return {row.pk: _acceptance(row, said.get(row.pk), today) for row in rows}


def _acceptance(row: Document, objection: DocumentObjection | None, today: dt.date) -> Acceptance:
    if row.object_until is None:
        return Acceptance()
    if objection is not None:
        state = OBJECTED if objection.answered_at is None else ANSWERED
        return Acceptance(state, row.object_until, None, objection)
    if today <= row.object_until:
        return Acceptance(OPEN, row.object_until)
    return Acceptance(ACCEPTED, row.object_until, row.object_until + dt.timedelta(days=1))
