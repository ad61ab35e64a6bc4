"""What one of the staff wants moved in the books by hand, or shared otherwise from now on, and the second person who agreed or did not."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from network.models import Merchant
from orders.models import InternalOrder
from settlement.models.dispute import Dispute
from settlement.models.entry import Entry
from settlement.models.payment import BankLine, Payment
from skuu.kit.states import StateChange, Stateful, states_check


class Proposal(Stateful):
    """A move of money by hand that waits for a second person. Written only by settlement.propose.

    ``amount`` in minor units: what ``payer`` owes ``payee``, what ``payer`` is let off, what the selling shop of ``dispute`` need
    not pay, what ``bank_line`` booked, what ``payment`` is about, or what ``entry`` moved. A rate card moves nothing by itself:
    ``card`` has its rates and days.
    """

    STEPS: ClassVar = {"proposed": {"agreed", "refused", "withdrawn"}}
    STATUSES: ClassVar = {
        "proposed": "Waits for a second person",
        "agreed": "Done",
        "refused": "Refused",
        "withdrawn": "Taken back",
    }
    KINDS: ClassVar = {
        "penalty": "Penalty",
        "compensation": "Compensation",
        "write_off": "Debt written off",
        "dispute": "Decision of a dispute",
        "booking": "Booking out of suspense",
        "rate_card": "Rate card",
        "paid": "Payment booked as paid",
        "returned": "Payment booked as returned",
        "reversal": "Entry taken back",
    }

    number = models.CharField(max_length=20, unique=True)  # "H-000012"
    kind = models.CharField(max_length=12, choices=KINDS)
    payer = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    payee = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    internal_order = models.ForeignKey(InternalOrder, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="proposals", null=True, blank=True)
    bank_line = models.ForeignKey(BankLine, on_delete=models.PROTECT, related_name="proposals", null=True, blank=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    card = models.JSONField(
        null=True, blank=True
    )  # of a rate card: the fields of network.rate_cards.Rates, and its days
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.TextField(blank=True)
    status = models.CharField(max_length=10, choices=STATUSES, default="proposed")
    status_reason = models.TextField(blank=True)
    proposed_by = models.CharField(max_length=120)
    proposed_at = models.DateTimeField(default=timezone.now)
    decided_by = models.CharField(max_length=120, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            states_check("proposed", "agreed", "refused", "withdrawn", name="proposal_status_is_known"),
            models.CheckConstraint(
                condition=~Q(status="agreed") | (~Q(decided_by="") & ~Q(decided_by=F("proposed_by"))),
                name="who_proposes_a_move_of_money_does_not_agree_to_it",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["penalty", "compensation"], payer__isnull=False, payee__isnull=False)
                | Q(kind="write_off", payer__isnull=False, payee=None)
                | Q(kind="dispute", dispute__isnull=False)
                | Q(kind="booking", bank_line__isnull=False)
                | Q(kind="rate_card", card__isnull=False)
                | Q(kind__in=["paid", "returned"], payment__isnull=False, bank_line=None)
                | Q(kind="reversal", entry__isnull=False),
                name="a_proposal_says_whom_its_kind_concerns",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0) | Q(kind__in=["dispute", "rate_card"], amount=0) | Q(kind="booking"),
                name="a_proposal_is_about_an_amount",
            ),
            models.UniqueConstraint(
                fields=["dispute"], condition=Q(status="proposed"), name="a_dispute_has_one_proposed_decision"
            ),
            models.UniqueConstraint(
                fields=["bank_line"], condition=Q(status="proposed"), name="a_booking_has_one_proposed_name"
            ),
            models.UniqueConstraint(
                fields=["payment"],
                condition=Q(status="proposed", kind__in=["paid", "returned"]),
                name="a_payment_has_one_proposed_booking",
            ),
            models.UniqueConstraint(
                fields=["entry"], condition=Q(status="proposed"), name="an_entry_has_one_proposed_reversal"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class ProposalChange(StateChange):
    """One step of a proposal."""

    row = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="changes")
