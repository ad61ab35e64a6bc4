"""Payments in the back office: approve, prepare anew, let leave in files, book by hand; and the files themselves."""

import functools
from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin

from settlement.admin_base import ReadOnly
from settlement.admin_by_hand import payment_by_hand
from settlement.models import Payment, PaymentFile
from settlement.pay import approve_payments, cancel_payment, renew_payments
from settlement.pay_books import owed_less
from settlement.pay_files import take_file, write_payment_files
from skuu.kit.errors import SkuuError
from skuu.kit.money import Money


def told(request: HttpRequest, verb: Callable[[], str]) -> None:
    """Call a verb for a list's action and tell what came of it."""
    try:
        messages.success(request, verb())
    except SkuuError as error:
        messages.error(request, error.message)


@admin.register(Payment)
class PaymentAdmin(ReadOnly, ModelAdmin):
    """What is to be paid. Who prepared or approved a payment does not take the next step with it."""

    list_display = (
        "number",
        "kind",
        "payer",
        "payee",
        "shown_amount",
        "due_on",
        "status",
        "prepared_by",
        "approved_by",
        "book_it",
    )
    list_filter = ("status", "kind", "currency", "due_on")
    search_fields = ("number", "payer__name", "payee__name")
    list_select_related = ("payer", "payee")
    ordering = ("-pk",)
    exclude = ("amount", "parts")

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Let the comparison of ledger, shops and bank ask for the payments between two merchants."""
        return lookup in {"payer__id__exact", "payee__id__exact"} or super().lookup_allowed(lookup, value, request)

    readonly_fields = ("shown_amount", "what_the_books_say")
    actions = ("approve", "let_leave", "renew", "cancel")

    @admin.display(description="Amount", ordering="amount")
    def shown_amount(self, row: Payment) -> str:
        return Money(row.amount, row.currency).format()

    @admin.display(description="")
    def book_it(self, row: Payment) -> str:
        if row.status not in ("instructed", "settled"):
            return ""
        return format_html('<a href="{}">book by hand</a>', reverse("admin:settlement_payment_by_hand", args=[row.pk]))

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(payment_by_hand)
        return [path("<int:pk>/by-hand/", view, name="settlement_payment_by_hand"), *super().get_urls()]

    @admin.display(description="What the books say")
    def what_the_books_say(self, row: Payment) -> str:
        if row.status not in ("prepared", "approved"):
            return "–"
        return owed_less([row]).get(row.pk, "It is owed as it was prepared.")

    @admin.action(description="Approve (a second person)", permissions=["write"])
    def approve(self, request: HttpRequest, rows: QuerySet[Payment]) -> None:
        by = request.user.get_username()
        told(request, lambda: f"Approved {approve_payments(list(rows), by=by)} payments.")

    @admin.action(description="Write the files for the banks", permissions=["write"])
    def let_leave(self, request: HttpRequest, rows: QuerySet[Payment]) -> None:
        files, stuck = write_payment_files(by=request.user.get_username(), payments=list(rows))
        if files:
            messages.success(request, f"Wrote {len(files)} files: {', '.join(file.message_id for file in files)}.")
        for number, reason in stuck.items():
            messages.warning(request, f"{number}: {reason}")

    @admin.action(description="Cancel and prepare anew", permissions=["write"])
    def renew(self, request: HttpRequest, rows: QuerySet[Payment]) -> None:
        told(request, lambda: _renewed(list(rows), request.user.get_username()))

    @admin.action(description="Cancel", permissions=["write"])
    def cancel(self, request: HttpRequest, rows: QuerySet[Payment]) -> None:
        for row in rows:
            told(request, functools.partial(_cancelled, row, request.user.get_username()))


def _renewed(rows: list[Payment], by: str) -> str:
    new = renew_payments(rows, by=by)
    told_of = ", ".join(f"{row.number} ({Money(row.amount, row.currency).format()})" for row in new)
    return f"Prepared anew: {told_of}." if new else "Cancelled; nothing is left that is worth a payment."


def _cancelled(row: Payment, by: str) -> str:
    cancel_payment(row, by=by, reason="cancelled in the back office")
    return f"{row.number} is cancelled."


@admin.register(PaymentFile)
class PaymentFileAdmin(ReadOnly, ModelAdmin):
    list_display = (
        "message_id",
        "merchant",
        "kind",
        "execution_on",
        "count",
        "shown_total",
        "made_by",
        "first_taken_at",
        "take",
    )
    list_filter = ("kind", "execution_on")
    search_fields = ("message_id", "merchant__name")
    list_select_related = ("merchant",)
    ordering = ("-pk",)
    exclude = ("content",)

    @admin.display(description="Total")
    def shown_total(self, row: PaymentFile) -> str:
        return Money(row.total, row.currency).format()

    @admin.display(description="File")
    def take(self, row: PaymentFile) -> str:
        return format_html('<a href="{}">take it</a>', reverse("admin:settlement_take_file", args=[row.pk]))

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.taken)
        return [path("<int:pk>/take/", view, name="settlement_take_file"), *super().get_urls()]

    def taken(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Hand out the network's own file; a merchant takes its own in the portal."""
        if not request.user.has_perm("settlement.change_paymentfile"):
            raise PermissionDenied
        row = get_object_or_404(PaymentFile.everyone, pk=pk, merchant=None)
        answer = HttpResponse(take_file(row, by=request.user.get_username()), content_type="application/octet-stream")
        answer["Content-Disposition"] = (
            f'attachment; filename="{row.message_id}.{"csv" if row.kind == "list" else "xml"}"'
        )
        return answer
