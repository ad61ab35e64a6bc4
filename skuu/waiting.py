"""The back office's first page: what waits for a person, how much of it and since when, for who may see it."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Min, QuerySet
from django.http import HttpRequest
from django.urls import reverse

from catalog.models import AliasProposal, HeldChange, MatchReport, ReviewCard
from network.models import InboundEvent, Leaving
from network.stops import open_stops
from orders.models import InternalOrder, Objection, Parcel, StrayParcel
from settlement.models import BankLine, Dispute, DocumentObjection, Payment, Proposal, Unbilled
from settlement.unbilled import told_of_amounts
from skuu.alarms import alarms


@dataclass(frozen=True)
class Kind:
    """One kind of thing that waits: where it is decided, who may look at it, and which rows it is."""

    title: str
    why: str
    permission: str
    page: str
    asked: str
    rows: Callable[[], QuerySet]
    since: str
    amount: Callable[[], str] = str  # how much of it, in words; nothing for most


@dataclass(frozen=True)
class Waiting:
    """So many of a kind wait, the oldest since then."""

    title: str
    why: str
    link: str
    count: int
    oldest: dt.datetime | dt.date | None


KINDS = [
    Kind(
        "Matches to decide", "Two shops' products that may be the same; nothing is sold through them until somebody says so.",
        "catalog.view_reviewcard", "review", "", lambda: ReviewCard.everyone.filter(status="open"), "created_at",
    ),
    Kind(
        "Reported matches", "A merchant says that a match is wrong; nothing is offered through it meanwhile.",
        "catalog.view_matchreport", "catalog_matchreport_changelist", "status__exact=open",
        lambda: MatchReport.everyone.filter(status="open"), "created_at",
    ),
    Kind(
        "Held changes", "What an edit would change between other shops.",
        "catalog.view_heldchange", "catalog_heldchange_changelist", "", lambda: HeldChange.objects.all(), "at",
    ),
    Kind(
        "Words to learn", "Another name of a brand or a colour, guessed from decisions.",
        "catalog.view_aliasproposal", "catalog_aliasproposal_changelist", "status__exact=open",
        lambda: AliasProposal.objects.filter(status="open"), "seen_at",
    ),
    Kind(
        "Objections to grades", "A selling shop says that what came back is in another state than its shipper wrote.",
        "orders.view_objection", "orders_objection_changelist", "status__exact=open",
        lambda: Objection.everyone.filter(status="open"), "raised_at",
    ),
    Kind(
        "Parcels of orders taken away", "They left all the same: a customer may hold the goods twice, or for nothing.",
        "orders.view_strayparcel", "orders_strayparcel_changelist", "seen=no",
        lambda: StrayParcel.everyone.filter(seen_at=None), "at",
    ),
    Kind(
        "Orders that failed in a store", "An internal order that its shipper's store did not take.",
        "orders.view_internalorder", "operations", "section=internal-orders",
        lambda: InternalOrder.everyone.exclude(error="").filter(status="planned"), "created_at",
    ),
    Kind(
        "Parcels that failed in a store", "Tracking that the selling shop's store did not take.",
        "orders.view_parcel", "operations", "section=parcels", lambda: Parcel.everyone.exclude(error=""), "shipped_at",
    ),
    Kind(
        "Messages nobody could handle", "Tried three times by themselves; read why, mend it, replay them.",
        "network.view_inboundevent", "operations", "section=events&status=dead",
        lambda: InboundEvent.everyone.filter(status="dead"), "received_at",
    ),
    Kind(
        "Payments to approve", "Prepared from the books by one person; another approves.",
        "settlement.view_payment", "settlement_payment_changelist", "status__exact=prepared",
        lambda: Payment.everyone.filter(status="prepared"), "prepared_at",
    ),
    Kind(
        "Moves of money to agree to", "Proposed by one person; another agrees.",
        "settlement.view_proposal", "settlement_proposal_changelist", "status__exact=proposed",
        lambda: Proposal.objects.filter(status="proposed"), "proposed_at",
    ),
    Kind(
        "Bookings in suspense", "Money that came or went and that nobody has named.",
        "settlement.view_bankline", "settlement_bankline_changelist", "status__exact=suspense",
        lambda: BankLine.everyone.filter(status="suspense"), "booked_on",
    ),
    Kind(
        "Open disputes", "An amount is held until the network decides.",
        "settlement.view_dispute", "settlement_dispute_changelist", "status__exact=open",
        lambda: Dispute.everyone.filter(status="open"), "opened_at",
    ),
    Kind(
        "Invoices without an agreement", "Their supplier has not agreed to self-billing; they are drawn up once it has.",
        "settlement.view_selfbilling", "settlement_self_billing_missing", "", lambda: Unbilled.everyone.all(), "since",
        told_of_amounts,
    ),
    Kind(
        "Objections to documents", "A supplier says what is wrong with what was drawn up in its name; correct it, and answer.",
        "settlement.view_documentobjection", "settlement_documentobjection_changelist", "answered=no",
        lambda: DocumentObjection.everyone.filter(answered_at=None), "made_at",
    ),
    Kind(
        "Shops that leave", "What is open is finished first; then somebody lets them go.",
        "network.view_leaving", "network_leaving_changelist", "", lambda: Leaving.everyone.filter(ended_at=None), "asked_at",
    ),
]  # fmt: skip


def what_waits(may: Callable[[str], bool]) -> list[Waiting]:
    """Count what waits, one indexed query a kind, for the kinds that somebody may see."""
    found = []
    for kind in KINDS:
        if not may(kind.permission):
            continue
        told = kind.rows().aggregate(count=Count("pk"), oldest=Min(kind.since))
        if told["count"]:
            link = reverse(f"admin:{kind.page}") + (f"?{kind.asked}" if kind.asked else "")
            why = f"{amount}. {kind.why}" if (amount := kind.amount()) else kind.why
            found.append(Waiting(kind.title, why, link, told["count"], told["oldest"]))
    return found


def add_what_waits(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add what waits, alarms and halts to the back office's first page."""
    may = request.user.has_perm
    context["waiting"] = what_waits(may)
    if may("network.view_shop"):
        context |= {"alarms": alarms(), "halts": open_stops().count()}
    return context
