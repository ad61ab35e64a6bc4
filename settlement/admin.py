"""The books in the back office: everything findable, nothing changeable."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline

from settlement import admin_credit, admin_documents, admin_pay, admin_payments, admin_proposals, admin_self_billing
from settlement.admin_base import ReadOnly
from settlement.admin_by_hand import reverse_by_hand
from settlement.admin_compare import three_ways
from settlement.admin_cycle import settle_now
from settlement.admin_rates import rate_cards
from settlement.by_hand import is_reversible
from settlement.explain import steps_of
from settlement.models import Account, Cycle, Entry, Line, Period, Statement, StatementLine
from skuu.kit.money import Money


class LineInline(ReadOnly, TabularInline):
    model = Line
    extra = 0
    hide_title = True
    fields = ("n", "account", "shown_amount", "tag", "counterparty", "item")
    readonly_fields = fields
    ordering = ("n",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Line]:
        return super().get_queryset(request).select_related("account__merchant", "counterparty")

    @admin.display(description="Amount (+ owes)")
    def shown_amount(self, line: Line) -> str:
        return Money(line.amount, line.currency).format()


@admin.register(Account)
class AccountAdmin(ReadOnly, ModelAdmin):
    list_display = ("__str__", "merchant", "kind", "currency", "shown_balance", "max_owed", "entries")
    list_filter = ("kind", "currency")
    search_fields = ("merchant__name", "merchant__legal_name")
    list_select_related = ("merchant", "balance")
    ordering = ("merchant__name", "kind", "currency")

    @admin.display(description="Balance (+ owes)", ordering="balance__amount")
    def shown_balance(self, account: Account) -> str:
        balance = getattr(account, "balance", None)
        return Money(balance.amount, account.currency).format() if balance else "summed when asked"

    @admin.display(description="")
    def entries(self, account: Account) -> str:
        address = reverse("admin:settlement_entry_changelist")
        return format_html('<a href="{}?lines__account={}">its entries</a>', address, account.pk)


@admin.register(Entry)
class EntryAdmin(ReadOnly, ModelAdmin):
    list_display = ("key", "kind", "internal_order", "effective_on", "posted_at", "period", "line_count")
    list_filter = ("kind", "effective_on")
    search_fields = ("key", "ref", "internal_order__number", "internal_order__order__name")
    list_select_related = ("internal_order", "period")
    date_hierarchy = "effective_on"
    ordering = ("-pk",)
    show_full_result_count = False
    inlines = (LineInline,)
    fields = (
        "key",
        "kind",
        "internal_order",
        "effective_on",
        "posted_at",
        "period",
        "reverses",
        "take_back",
        "explained",
        "facts",
    )
    readonly_fields = ("explained", "take_back")

    @admin.display(description="If it is wrong")
    def take_back(self, entry: Entry) -> str:
        if not is_reversible(entry):
            return "–"
        return format_html('<a href="{}">take it back</a>', reverse("admin:settlement_reverse_entry", args=[entry.pk]))

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(reverse_by_hand)
        return [path("<int:pk>/take-back/", view, name="settlement_reverse_entry"), *super().get_urls()]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        return lookup == "lines__account" or super().lookup_allowed(lookup, value, request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        rows = super().get_queryset(request)
        return rows.distinct() if "lines__account" in request.GET else rows

    @admin.display(description="How it was reckoned, as the shipping shop reads it")
    def explained(self, entry: Entry) -> SafeString:
        """Say step by step how the amounts came about; who posted nothing to explain shows its reason."""
        currency = entry.lines.values_list("currency", flat=True).first() or "EUR"
        steps = steps_of(entry.facts, entry.facts.get("shipper", {}).get("merchant", 0), currency)
        told = [(one.words, Money(one.amount, currency).format() if one.amount is not None else "") for one in steps]
        return format_html_join("", "<div>{} <strong>{}</strong></div>", told) or SafeString("–")


class PeriodInline(ReadOnly, TabularInline):
    model = Period
    extra = 0
    fields = ("day", "part", "opened_at", "closed_at")
    readonly_fields = fields


@admin.register(Cycle)
class CycleAdmin(ReadOnly, ModelAdmin):
    list_display = ("__str__", "through", "kind", "closed_at", "by", "stated_at")
    list_filter = ("kind", "through")
    search_fields = ("by",)
    ordering = ("-pk",)
    inlines = (PeriodInline,)

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            path("settle/", wrap(settle_now), name="settlement_settle"),
            path("three-ways/", wrap(three_ways), name="settlement_three_ways"),
            path("rate-cards/", wrap(rate_cards), name="settlement_rate_preview"),
            *super().get_urls(),
        ]


@admin.register(Period)
class PeriodAdmin(ReadOnly, ModelAdmin):
    list_display = ("__str__", "day", "part", "opened_at", "closed_at", "cycle")
    list_filter = ("day", ("closed_at", admin.EmptyFieldListFilter))
    search_fields = ("=day",)
    list_select_related = ("cycle",)
    ordering = ("-day", "-part")


class StatementLineInline(ReadOnly, TabularInline):
    model = StatementLine
    extra = 0
    fields = ("n", "entry", "item", "shown_amount")
    readonly_fields = fields
    ordering = ("n",)
    per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[StatementLine]:
        return super().get_queryset(request).select_related("entry", "statement")

    @admin.display(description="Amount (+ is owed to the merchant)")
    def shown_amount(self, line: StatementLine) -> str:
        return Money(line.amount, line.statement.currency).format()


@admin.register(Statement)
class StatementAdmin(ReadOnly, ModelAdmin):
    list_display = (
        "number",
        "merchant_name",
        "currency",
        "through",
        "shown_opening",
        "shown_activity",
        "shown_closing",
        "line_count",
    )
    list_filter = ("currency", "cycle__through")
    search_fields = ("number", "merchant_name", "merchant__legal_name")
    list_select_related = ("cycle", "merchant")
    ordering = ("-cycle", "merchant_name", "currency")
    inlines = (StatementLineInline,)

    @admin.display(description="Through", ordering="cycle__through")
    def through(self, statement: Statement) -> str:
        return statement.cycle.through.isoformat()

    @admin.display(description="Opening")
    def shown_opening(self, statement: Statement) -> str:
        return Money(statement.opening, statement.currency).format()

    @admin.display(description="Activity")
    def shown_activity(self, statement: Statement) -> str:
        return Money(statement.activity, statement.currency).format()

    @admin.display(description="Closing (+ is owed to the merchant)", ordering="closing")
    def shown_closing(self, statement: Statement) -> str:
        return Money(statement.closing, statement.currency).format()


__all__ = ["admin_credit", "admin_documents", "admin_pay", "admin_payments", "admin_proposals", "admin_self_billing"]
