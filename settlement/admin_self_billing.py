"""Self-billing in the back office: who has agreed, who has not and what waits for it, and objections to answer."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.timezone import localdate
from unfold.admin import ModelAdmin

from network.models import Merchant, Shop
from settlement.accept_documents import MOST, answer_objection
from settlement.admin_base import OfficeForm, ReadOnly
from settlement.admin_pay import ask
from settlement.documents.agreement_pdf import agreement_pdf
from settlement.models import Document, DocumentObjection, SelfBilling, Unbilled
from settlement.on_behalf import object_on_behalf, revoke_on_behalf
from settlement.portal_money import download, second_factor_is_fresh
from settlement.self_billing import suppliers_that_agreed
from skuu.kit.money import Money


class RevokeForm(OfficeForm):
    from_on = forms.DateField(label="From which day on", widget=forms.DateInput({"type": "date"}))
    reason = forms.CharField(
        label="Why, and how the merchant asked for it; it reads this",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=500,
    )


@admin.register(SelfBilling)
class SelfBillingAdmin(ReadOnly, ModelAdmin):
    """Who agreed to which text, when, and until when; merchants agree and revoke in the portal, staff revoke on their word."""

    list_display = ("merchant", "version", "name", "agreed_by", "agreed_at", "ends_on", "ended_by", "text", "step")
    list_filter = ("version", "agreed_on", "ends_on")
    search_fields = ("merchant__name", "merchant__legal_name", "name", "digest")
    list_select_related = ("merchant",)
    ordering = ("-pk",)

    @admin.display(description="Text")
    def text(self, row: SelfBilling) -> str:
        address = reverse("admin:settlement_self_billing_text", args=[row.pk])
        return format_html('<a href="{}">Text</a> <a href="{}?as=pdf">PDF</a>', address, address)

    @admin.display(description="Next step")
    def step(self, row: SelfBilling) -> str:
        if row.ends_on is not None:
            return "–"
        return format_html('<a href="{}">Revoke</a>', reverse("admin:settlement_self_billing_revoke", args=[row.pk]))

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            path("missing/", wrap(missing), name="settlement_self_billing_missing"),
            path("<int:pk>/text/", wrap(agreed_text), name="settlement_self_billing_text"),
            path("<int:pk>/revoke/", wrap(revoke_for_merchant), name="settlement_self_billing_revoke"),
            *super().get_urls(),
        ]


@permission_required("settlement.view_selfbilling", raise_exception=True)
def agreed_text(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand out the text that a merchant agreed to."""
    row = get_object_or_404(SelfBilling.everyone, pk=pk)
    if request.GET.get("as") == "pdf":
        return download(agreement_pdf(row), f"self-billing-{row.version}-{row.pk}.pdf", "application/pdf")
    return download(row.words.encode(), f"self-billing-{row.version}-{row.pk}.txt", "text/plain; charset=utf-8")


def revoke_for_merchant(request: HttpRequest, pk: int) -> HttpResponse:
    """Revoke an agreement on its merchant's word; like an owner's own signature, only right after a second factor."""
    row = get_object_or_404(SelfBilling.everyone.select_related("merchant"), pk=pk)
    if not second_factor_is_fresh(request):
        return _show_second_factor(request)

    def verb(data: dict[str, Any]) -> str:
        revoke_on_behalf(row, by=request.user.get_username(), from_on=data["from_on"], reason=data["reason"])
        return f"{row.merchant.name}'s agreement ends on {data['from_on']}; it is told."

    form = RevokeForm(request.POST or None, initial={"from_on": localdate()})
    after = reverse("admin:settlement_selfbilling_changelist")
    return ask(request, SelfBilling, f"Revoke {row.merchant.name}'s agreement to self-billing", form, verb, after)


def _show_second_factor(request: HttpRequest) -> HttpResponse:
    return redirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': request.path})}")


@permission_required("settlement.view_selfbilling", raise_exception=True)
def missing(request: HttpRequest) -> HttpResponse:
    """List the merchants with a shop in the network that have not agreed, with what of their sales waits."""
    facts: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Self-billing: who has not agreed",
        "waiting": Unbilled.everyone.select_related("supplier", "buyer").order_by("since", "pk")[:500],
        "merchants": _without_agreement()[:500],
        "opts": SelfBilling._meta,
    }
    return render(request, "admin/settlement/self_billing_missing.html", facts)


def _without_agreement() -> QuerySet[Merchant]:
    here = Shop.everyone.filter(merchant=OuterRef("pk")).exclude(status__in=["installing", "left"])
    return Merchant.everyone.filter(Exists(here)).exclude(pk__in=suppliers_that_agreed()).order_by("name", "pk")


@admin.register(Unbilled)
class UnbilledAdmin(ReadOnly, ModelAdmin):
    """Sales that stand on no document because their supplier has not agreed, as of the last run."""

    list_display = ("supplier", "buyer", "month", "is_credit", "sales", "shown_net", "shown_gross", "since", "noted_at")
    list_filter = ("month", "currency", "is_credit")
    search_fields = ("supplier__name", "buyer__name")
    list_select_related = ("supplier", "buyer")
    ordering = ("since", "pk")
    exclude = ("net", "vat")
    readonly_fields = ("shown_net", "shown_gross")

    @admin.display(description="Net", ordering="net")
    def shown_net(self, row: Unbilled) -> str:
        return Money(row.net, row.currency).format()

    @admin.display(description="Total")
    def shown_gross(self, row: Unbilled) -> str:
        return Money(row.gross, row.currency).format()


class AnswerForm(OfficeForm):
    answer = forms.CharField(widget=forms.Textarea(attrs={"rows": 4}), max_length=2_000)


class NoteForm(OfficeForm):
    reason = forms.CharField(
        label="What the supplier says is wrong, in its words",
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=MOST,
    )
    received_on = forms.DateField(
        label="The day on which it reached the network", widget=forms.DateInput({"type": "date"})
    )
    how = forms.CharField(label="By which letter, mail or call, and from whom", max_length=500)


class IsAnswered(admin.SimpleListFilter):
    title = "answer"
    parameter_name = "answered"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "None yet"), ("yes", "Answered")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(answered_at__isnull=self.value() == "no") if self.value() in ("no", "yes") else queryset


@admin.register(DocumentObjection)
class DocumentObjectionAdmin(ReadOnly, ModelAdmin):
    """What suppliers object to documents drawn up in their name. Correct what is wrong first, then answer."""

    list_display = ("document", "merchant", "reason", "made_at", "made_by", "received_on", "answered_at", "step")
    list_filter = (IsAnswered, "made_at")
    search_fields = ("document__number", "merchant__name", "reason")
    list_select_related = ("document", "merchant")
    ordering = ("-pk",)

    @admin.display(description="Next step")
    def step(self, row: DocumentObjection) -> str:
        if row.answered_at is not None:
            return "–"
        return format_html('<a href="{}">Answer</a>', reverse("admin:settlement_objection_answer", args=[row.pk]))

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.answer)
        note = self.admin_site.admin_view(self.note)
        return [
            path("<int:pk>/answer/", view, name="settlement_objection_answer"),
            path("of/<int:document>/", note, name="settlement_objection_note"),
            *super().get_urls(),
        ]

    def note(self, request: HttpRequest, document: int) -> HttpResponse:
        """Note what a supplier objected by letter, mail or telephone; only right after a second factor."""
        row = get_object_or_404(Document.everyone.select_related("seller"), pk=document, seller__isnull=False)
        if not second_factor_is_fresh(request):
            return _show_second_factor(request)

        def verb(data: dict[str, Any]) -> str:
            object_on_behalf(row, by=request.user.get_username(), **data)
            return f"Noted; {row.seller} is told. Correct what is wrong, then answer."

        form = NoteForm(request.POST or None, initial={"received_on": localdate()})
        after = reverse("admin:settlement_documentobjection_changelist")
        return ask(request, DocumentObjection, f"Note {row.seller}'s objection to {row.number}", form, verb, after)

    def answer(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take the answer to an objection; what was said stands above the form."""
        row = get_object_or_404(DocumentObjection.everyone.select_related("document", "merchant"), pk=pk)
        said = [{"author": row.merchant, "said_at": row.made_at, "text": row.reason}]

        def verb(data: dict[str, Any]) -> str:
            answer_objection(row, answer=data["answer"], by=request.user.get_username())
            return f"{row.merchant.name} reads your answer about {row.document.number}."

        form = AnswerForm(request.POST or None)
        after = reverse("admin:settlement_documentobjection_changelist")
        return ask(
            request, DocumentObjection, f"Answer the objection to {row.document.number}", form, verb, after, said
        )
