"""Staff move money by hand: somebody proposes and sees what it would do, somebody else agrees."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.timezone import localdate
from unfold.admin import ModelAdmin, TabularInline

from network.models import Merchant
from network.rate_cards import cards_overruled
from orders.models import InternalOrder
from settlement.admin_base import OfficeForm, ReadOnly
from settlement.models import Mandate, Proposal, ProposalChange
from settlement.preview_rates import preview_card
from settlement.propose import Move, agree_to_move, move_of, preview_move, propose_move, rates_of, refuse_move
from settlement.rates import rate_on
from skuu.kit.errors import NotPossible, SkuuError
from skuu.kit.money import Money, parse_minor

BY_HAND = ("penalty", "compensation", "write_off")
RECKONED_DAYS = 30


class ChangeInline(ReadOnly, TabularInline):
    model = ProposalChange
    extra = 0
    fields = ("at", "from_status", "to_status", "by", "reason")
    readonly_fields = fields


@admin.register(Proposal)
class ProposalAdmin(ReadOnly, ModelAdmin):
    """What waits for a second person, and what became of the rest."""

    list_display = (
        "number",
        "kind",
        "payer",
        "payee",
        "shown_amount",
        "reason",
        "status",
        "proposed_by",
        "decided_by",
        "look",
    )
    list_filter = ("status", "kind", "currency", "proposed_at")
    search_fields = ("number", "payer__name", "payee__name", "internal_order__number", "dispute__number", "proposed_by")
    list_select_related = ("payer", "payee")
    ordering = ("-pk",)
    exclude = ("amount",)
    readonly_fields = ("shown_amount",)
    inlines = (ChangeInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Proposal]:
        return super().get_queryset(request).select_related("payer", "payee", "dispute", "bank_line", "internal_order")

    @admin.display(description="Amount", ordering="amount")
    def shown_amount(self, row: Proposal) -> str:
        if row.card is not None:
            return "–"
        return Money(row.amount, row.currency).format()

    @admin.display(description="")
    def look(self, row: Proposal) -> str:
        if row.status != "proposed":
            return ""
        return format_html('<a href="{}">decide</a>', reverse("admin:settlement_proposal_decide", args=[row.pk]))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("settlement.add_proposal"))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return propose_by_hand(request)

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/decide/", wrap(decide_proposal), name="settlement_proposal_decide"),
            *super().get_urls(),
        ]


class MoveForm(OfficeForm):
    kind = forms.ChoiceField(label="What", choices=[(kind, Proposal.KINDS[kind]) for kind in BY_HAND])
    payer = forms.ModelChoiceField(Merchant.everyone.none(), label="Who pays, or whose debt it is")
    payee = forms.ModelChoiceField(Merchant.everyone.none(), label="Who is paid (nobody, for a debt)", required=False)
    amount = forms.CharField(label="Amount, like 12.50", max_length=20)
    currency = forms.RegexField("^[A-Z]{3}$", label="Currency", initial="EUR", max_length=3)
    order = forms.CharField(label="Internal order, if it is about one (like N-000012)", required=False, max_length=20)
    reason = forms.CharField(
        label="Why; both merchants read it", widget=forms.Textarea(attrs={"rows": 3}), max_length=500
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("payer", "payee"):
            self.fields[name].queryset = Merchant.everyone.order_by("name")  # type: ignore[attr-defined]

    def move(self) -> Move:
        """Read the move. Raises NotPossible."""
        data = self.cleaned_data
        order = None
        if data["order"].strip():
            order = InternalOrder.everyone.filter(number=data["order"].strip()).first()
            if order is None:
                raise NotPossible("There is no such internal order.", code="no_order")
        if data["kind"] != "write_off" and data["payee"] is None:
            raise NotPossible("Say who is paid.", code="no_payee")
        payee = None if data["kind"] == "write_off" else data["payee"]
        if payee is not None:
            rate_on(data["currency"], localdate())  # what cannot be converted would never be paid
        amount = parse_minor(data["amount"].strip().replace(",", "."), data["currency"])
        return Move(data["kind"], amount, data["currency"], data["reason"], data["payer"], payee, order)


@permission_required("settlement.add_proposal", raise_exception=True)
def propose_by_hand(request: HttpRequest) -> HttpResponse:
    """Take a penalty, a compensation or a write-off; show what it would do, and propose it on a second word."""
    form = MoveForm(request.POST or None)
    preview = refused = None
    if request.method == "POST" and form.is_valid():
        try:
            wanted = form.move()
            if "propose" in request.POST:
                row = propose_move(wanted, by=request.user.get_username())
                messages.success(request, f"{row.number} waits for a second person.")
                return redirect("admin:settlement_proposal_changelist")
            preview = preview_move(wanted)
        except SkuuError as error:
            refused = error.message
    facts = {
        **admin.site.each_context(request),
        "title": "Penalty, compensation or write-off",
        "form": form,
        "preview": preview,
        "refused": refused,
        "opts": Proposal._meta,
    }
    status = 422 if refused or (request.method == "POST" and not form.is_valid()) else 200
    return render(request, "admin/settlement/propose.html", facts, status=status)


def decide_proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a proposal would do now; take the second person's word, or the first one's retreat."""
    if not request.user.has_perm("settlement.change_proposal"):
        raise PermissionDenied
    rows = Proposal.objects.select_related(
        "payer", "payee", "internal_order", "dispute", "bank_line", "payment", "entry"
    )
    row = get_object_or_404(rows, pk=pk)
    by = request.user.get_username()
    refused = preview = None
    if request.method == "POST":
        try:
            messages.success(request, _decided(row, by, request.POST))
            return redirect("admin:settlement_proposal_changelist")
        except SkuuError as error:
            refused = error.message
    if row.status == "proposed":
        try:
            preview = preview_move(move_of(row))
        except SkuuError as error:
            refused = refused or f"This cannot be done any more: {error.message}"
    facts = {
        **admin.site.each_context(request),
        "title": f"{row.number}: {row.get_kind_display()}",
        "row": row,
        "own": by == row.proposed_by,
        "preview": preview,
        "refused": refused,
        "rates": _rates_told(row),
        "opts": Proposal._meta,
    }
    return render(request, "admin/settlement/decide.html", facts, status=422 if request.method == "POST" else 200)


def _rates_told(row: Proposal) -> dict[str, Any] | None:
    """Tell proposed rates beside those they overrule, with what the sales of the last days would have paid under them."""
    if row.card is None:
        return None
    rates, starts_on, ends_on = rates_of(row.card)
    return {
        "rates": rates,
        "starts_on": starts_on,
        "ends_on": ends_on,
        "overruled": cards_overruled(rates, starts_on, ends_on),
        "found": preview_card(rates, since=localdate() - dt.timedelta(days=RECKONED_DAYS)),
        "days": RECKONED_DAYS,
    }


def _decided(row: Proposal, by: str, said: Any) -> str:
    if "agree" in said:
        agree_to_move(row, by=by)
        return f"{row.number} is done."
    refuse_move(row, by=by, reason=str(said.get("reason", ""))[:500])
    return f"{row.number} is off; nothing has moved."


@admin.register(Mandate)
class MandateAdmin(ReadOnly, ModelAdmin):
    """Direct debit mandates; merchants enter, sign and revoke them in the portal."""

    list_display = ("reference", "merchant", "account", "status", "signed_by", "signed_on", "revoked_at")
    list_filter = ("status", "signed_on")
    search_fields = ("reference", "merchant__name", "signed_by")
    list_select_related = ("merchant", "account")
    ordering = ("-pk",)
