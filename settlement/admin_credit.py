"""Credit limits in the back office: set on a page of their own, listed with every earlier one, shown with the merchant."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.admin import ModelAdmin, TabularInline

from network.admin import MerchantAdmin
from network.models import Merchant
from settlement.admin_base import OfficeForm, ReadOnly
from settlement.admin_pay import ask
from settlement.credit import credits_of, limit_credit
from settlement.models import CreditLimit
from skuu.kit.money import Money, parse_minor


class LimitForm(OfficeForm):
    merchant = forms.ModelChoiceField(Merchant.everyone.none(), label="Who")
    currency = forms.RegexField("^[A-Z]{3}$", label="Currency", initial="EUR", max_length=3)
    amount = forms.CharField(
        label="What it may owe, like 5000.00; empty: no limit any more", max_length=20, required=False
    )
    reason = forms.CharField(
        label="Why; the merchant reads it", widget=forms.Textarea(attrs={"rows": 3}), max_length=500
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["merchant"].queryset = Merchant.everyone.order_by("name")  # type: ignore[attr-defined]


def shown(row: CreditLimit) -> str:
    return "none any more" if row.amount is None else Money(row.amount, row.currency).format()


@admin.register(CreditLimit)
class CreditLimitAdmin(ReadOnly, ModelAdmin):
    """What merchants may owe, the newest first: of each merchant and currency the newest counts, the others are history."""

    list_display = ("merchant", "currency", "shown_amount", "reason", "set_by", "set_at")
    list_filter = ("currency", "set_at")
    search_fields = ("merchant__name", "merchant__legal_name", "reason", "set_by")
    list_select_related = ("merchant",)
    ordering = ("-pk",)
    exclude = ("amount",)
    readonly_fields = ("shown_amount", "used")

    @admin.display(description="Limit", ordering="amount")
    def shown_amount(self, row: CreditLimit) -> str:
        return shown(row)

    @admin.display(description="How much is used now")
    def used(self, row: CreditLimit) -> str:
        found = [one for one in credits_of(row.merchant) if one.currency == row.currency]
        return found[0].told() if found else "–"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("settlement.add_creditlimit"))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Take a limit with its reason."""

        def verb(data: dict[str, Any]) -> str:
            text, currency = data["amount"].strip().replace(",", "."), data["currency"]
            amount = parse_minor(text, currency) if text else None
            row = limit_credit(
                data["merchant"], currency, amount, by=request.user.get_username(), reason=data["reason"]
            )
            return f"{data['merchant'].name}: {shown(row)} in {currency}."

        form = LimitForm(request.POST or None, initial={"merchant": request.GET.get("merchant")})
        after = reverse("admin:settlement_creditlimit_changelist")
        return ask(request, CreditLimit, "What a merchant may owe", form, verb, after)


class CreditLimitInline(ReadOnly, TabularInline):
    """A merchant's limits, as they were set."""

    model = CreditLimit
    extra = 0
    fields = ("currency", "shown_amount", "reason", "set_by", "set_at")
    readonly_fields = fields
    ordering = ("-pk",)

    @admin.display(description="Limit")
    def shown_amount(self, row: CreditLimit) -> str:
        return shown(row)


# the merchant's page is the network's, which knows no money
MerchantAdmin.inlines = (*MerchantAdmin.inlines, CreditLimitInline)  # type: ignore[assignment]
