"""Staff book a payment without a bank's paper, or take an entry back: one of them says why, a second one agrees."""

from typing import Any

from django import forms
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from settlement.admin_base import OfficeForm
from settlement.admin_pay import ask
from settlement.by_hand import moved_by
from settlement.models import Entry, Payment, Proposal
from settlement.propose import Move, propose_move
from skuu.kit.money import Money


class ByHandForm(OfficeForm):
    what = forms.ChoiceField(
        label="What happened", choices=[(kind, Proposal.KINDS[kind]) for kind in ("paid", "returned")]
    )
    reason = forms.CharField(label="How you know, without a bank statement", max_length=300)


class ReverseForm(OfficeForm):
    reason = forms.CharField(
        label="Why it is taken back, in full; both merchants read it",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=500,
    )


@permission_required("settlement.add_proposal", raise_exception=True)
def payment_by_hand(request: HttpRequest, pk: int) -> HttpResponse:
    """Take what happened to a payment and propose to book it."""
    row = get_object_or_404(Payment.everyone, pk=pk)

    def propose(data: dict[str, Any]) -> str:
        wanted = Move(data["what"], row.amount, row.currency, data["reason"], payment=row)
        return f"{propose_move(wanted, by=request.user.get_username()).number} waits for a second person."

    title = f"{row.number}: {Money(row.amount, row.currency).format()}, booked by hand"
    after = reverse("admin:settlement_proposal_changelist")
    return ask(request, Payment, title, ByHandForm(request.POST or None), propose, after)


@permission_required("settlement.add_proposal", raise_exception=True)
def reverse_by_hand(request: HttpRequest, pk: int) -> HttpResponse:
    """Take why an entry was wrong and propose to take it back; the proposal shows what that would do."""
    row = get_object_or_404(Entry, pk=pk)
    amount, currency = moved_by(row)

    def propose(data: dict[str, Any]) -> str:
        wanted = Move("reversal", amount, currency, data["reason"], internal_order=row.internal_order, entry=row)
        return f"{propose_move(wanted, by=request.user.get_username()).number} waits for a second person."

    title = f"Take back {row.key}, {Money(amount, currency).format()}"
    after = reverse("admin:settlement_proposal_changelist")
    return ask(request, Proposal, title, ReverseForm(request.POST or None), propose, after)
