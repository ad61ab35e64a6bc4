"""What the bank says, in the back office: read its statements, name what waits in suspense; and decide disputes."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin, TabularInline

from network.models import Merchant
from network.scoping import as_network
from settlement.admin_base import OfficeForm, ReadOnly
from settlement.bank_details import accounts_in_use
from settlement.dispute import say
from settlement.models import (
    BankAccount,
    BankFile,
    BankLine,
    Dispute,
    DisputeMessage,
    Payment,
)
from settlement.propose import Move, decide_dispute, propose_move
from settlement.reconcile import read_bank_file
from skuu.kit.errors import SkuuError
from skuu.kit.money import Money, parse_minor

Verb = Callable[[dict[str, Any]], str]


def ask(
    request: HttpRequest, model: Any, title: str, form: forms.Form, verb: Verb, after: str, said: Any = ()
) -> HttpResponse:
    """Show a form of the back office, under what was ``said`` before, and call a verb; its refusal is told on the page."""
    if not request.user.has_perm(f"settlement.change_{model._meta.model_name}"):
        raise PermissionDenied
    if request.method == "POST" and form.is_valid():
        try:
            messages.success(request, verb(form.cleaned_data))
            return redirect(after)
        except SkuuError as error:
            form.add_error(None, error.message)
    facts = {
        **admin.site.each_context(request),
        "title": title,
        "form": form,
        "opts": model._meta,
        "after": after,
        "said": said,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "admin/settlement/ask.html", facts, status=status)


@admin.register(BankAccount)
class BankAccountAdmin(ReadOnly, ModelAdmin):
    list_display = ("merchant", "holder", "tail", "bic", "added_by", "added_at", "usable_from", "in_use")
    list_filter = ("usable_from",)
    search_fields = ("merchant__name", "holder", "tail")
    list_select_related = ("merchant",)
    exclude = ("iban",)

    @admin.display(boolean=True, description="In use")
    def in_use(self, row: BankAccount) -> bool:
        with as_network():
            used = accounts_in_use([row.merchant_id]).get(row.merchant_id)
        return used is not None and used.pk == row.pk


class ReadForm(OfficeForm):
    file = forms.FileField(label="Statement of the network's account (camt.053 or MT940)")


@admin.register(BankFile)
class BankFileAdmin(ReadOnly, ModelAdmin):
    """The bank's statements; a new one is read on the page “Add”."""

    list_display = ("pk", "merchant", "kind", "lines", "known", "read_at", "read_by")
    list_filter = ("kind",)
    search_fields = ("merchant__name", "digest")
    list_select_related = ("merchant",)
    ordering = ("-pk",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser or request.user.has_perm("settlement.add_bankfile"))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            return super().add_view(request)
        form = ReadForm(request.POST or None, request.FILES or None)

        def read(data: dict[str, Any]) -> str:
            file = read_bank_file(data["file"].read(), merchant=None, by=request.user.get_username())
            waiting = BankLine.everyone.filter(file=file, status="suspense").count()
            return f"Read {file.lines} bookings, {file.known} of them known already; {waiting} wait in suspense."

        after = reverse("admin:settlement_bankline_changelist")
        return ask(request, BankFile, "Read a bank statement", form, read, after)


class NameForm(OfficeForm):
    payment = forms.CharField(label="It is this payment (like P-000012)", required=False)
    merchant = forms.ModelChoiceField(Merchant.everyone.all(), label="or this merchant's money", required=False)
    reason = forms.CharField(label="Why (also when it is not the network's at all)", required=False, max_length=300)


@admin.register(BankLine)
class BankLineAdmin(ReadOnly, ModelAdmin):
    """Bookings; those in suspense wait for somebody who can name them."""

    list_display = ("booked_on", "shown_amount", "end_to_end", "text", "return_code", "payment", "status", "name_it")
    list_filter = ("status", "booked_on", "currency")
    search_fields = ("end_to_end", "bank_ref", "payment__number")
    exclude = ("amount",)
    readonly_fields = ("shown_amount",)
    list_select_related = ("payment",)
    ordering = ("-pk",)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Let the comparison of ledger, shops and bank ask for the bookings of payments between two merchants."""
        allowed = {"payment__payer__id__exact", "payment__payee__id__exact"}
        return lookup in allowed or super().lookup_allowed(lookup, value, request)

    @admin.display(description="Amount")
    def shown_amount(self, row: BankLine) -> str:
        return Money(row.amount, row.currency).format()

    @admin.display(description="")
    def name_it(self, row: BankLine) -> str:
        if row.status != "suspense":
            return ""
        return format_html('<a href="{}">name it</a>', reverse("admin:settlement_name_booking", args=[row.pk]))

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.named)
        return [path("<int:pk>/name/", view, name="settlement_name_booking"), *super().get_urls()]

    def named(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = get_object_or_404(BankLine.everyone, pk=pk)
        by = request.user.get_username()

        def name(data: dict[str, Any]) -> str:
            payment = None
            if data["payment"]:
                payment = Payment.everyone.filter(number=data["payment"].strip()).first()
                if payment is None:
                    raise SkuuError("There is no such payment.")
            wanted = Move(
                "booking",
                row.amount,
                row.currency,
                data["reason"],
                payee=None if payment else data["merchant"],
                bank_line=row,
                payment=payment,
            )
            return f"{propose_move(wanted, by=by).number} waits for a second person."

        title = f"{row.booked_on}: {Money(row.amount, row.currency).format()} {row.text}"
        after = reverse("admin:settlement_bankline_changelist")
        return ask(request, BankLine, title, NameForm(request.POST or None), name, after)


class MessageInline(ReadOnly, TabularInline):
    model = DisputeMessage
    extra = 0
    hide_title = True
    fields = ("said_at", "author", "by", "text", "evidence")
    readonly_fields = fields

    @admin.display(description="Evidence")
    def evidence(self, row: DisputeMessage) -> str:
        if not row.file_name:
            return "–"
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:settlement_evidence_file", args=[row.pk]), row.file_name
        )


@permission_required("settlement.view_dispute", raise_exception=True)
def evidence_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand out a file from a dispute; always as a download, never shown inside our pages."""
    row = get_object_or_404(DisputeMessage.everyone.exclude(file=None), pk=pk)
    answer = HttpResponse(bytes(row.file or b""), content_type=row.file_type)
    safe = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_.") else "-" for sign in row.file_name)
    answer["Content-Disposition"] = f'attachment; filename="{safe}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


class DecideForm(OfficeForm):
    to_origin = forms.CharField(label="The selling shop need not pay (VAT included)", required=False)
    text = forms.CharField(
        label="Decision, or only a message", widget=forms.Textarea(attrs={"rows": 4}), max_length=4_000
    )
    decide = forms.BooleanField(label="This ends the dispute", required=False)


@admin.register(Dispute)
class DisputeAdmin(ReadOnly, ModelAdmin):
    list_display = (
        "number",
        "internal_order",
        "opened_by",
        "reason",
        "shown_amount",
        "status",
        "opened_at",
        "decide_it",
    )
    list_filter = ("status", "reason", "opened_at")
    search_fields = ("number", "internal_order__number", "opened_by__name")
    list_select_related = ("internal_order", "opened_by")
    ordering = ("status", "-pk")
    inlines = (MessageInline,)
    exclude = ("amount", "to_origin")
    readonly_fields = ("shown_amount", "need_not_pay")

    @admin.display(description="Held")
    def shown_amount(self, row: Dispute) -> str:
        return Money(row.amount, row.currency).format()

    @admin.display(description="The selling shop need not pay")
    def need_not_pay(self, row: Dispute) -> str:
        return "–" if row.to_origin is None else Money(row.to_origin, row.currency).format()

    @admin.display(description="")
    def decide_it(self, row: Dispute) -> str:
        if row.status != "open":
            return ""
        return format_html('<a href="{}">decide</a>', reverse("admin:settlement_decide", args=[row.pk]))

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.decided)
        file = self.admin_site.admin_view(evidence_file)
        return [
            path("<int:pk>/decide/", view, name="settlement_decide"),
            path("files/<int:pk>/", file, name="settlement_evidence_file"),
            *super().get_urls(),
        ]

    def decided(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = get_object_or_404(Dispute.everyone.select_related("internal_order"), pk=pk)
        by = request.user.get_username()

        def decide(data: dict[str, Any]) -> str:
            if not data["decide"]:
                say(row, merchant=None, text=data["text"], by=by)
                return "Both parties can read it."
            amount = parse_minor(data["to_origin"] or "0", row.currency)
            proposal = decide_dispute(row, to_origin=amount, by=by, reason=data["text"])
            if proposal is not None:
                return f"So much is held that a second person decides with you: {proposal.number} waits."
            return f"{row.number} is decided."

        title = f"{row.number}: {row.get_reason_display()}, {Money(row.amount, row.currency).format()} held"
        after = reverse("admin:settlement_dispute_change", args=[row.pk])
        said = DisputeMessage.everyone.filter(dispute=row).select_related("author").defer("file").order_by("pk")
        return ask(request, Dispute, title, DecideForm(request.POST or None), decide, after, said)
