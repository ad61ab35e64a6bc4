"""The back office's page that holds ledger, both shops' orders and the bank against each other."""

import datetime as dt
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.timezone import localdate

from network.models import Merchant
from settlement.admin_base import OfficeForm
from settlement.compare import QUESTIONS, Wanted, compare_three, compared_rows
from settlement.documents.statement import harmless
from settlement.downloads import stream_csv
from settlement.models import Document
from skuu.kit.money import major

DAYS = 30
COLUMNS = (
    "internal_order", "question", "selling_shop", "its_order", "customer_payment", "shipping_shop", "its_order_there",
    "shipped_on", "currency", "goods_by_shops", "goods_by_ledger", "difference", "owed_by_ledger",
    "order_refunded_gross", "order_came_back_gross",
)  # fmt: skip


class CompareForm(OfficeForm):
    since = forms.DateField(label="Shipped from", widget=forms.DateInput({"type": "date"}), required=False)
    until = forms.DateField(label="through", widget=forms.DateInput({"type": "date"}), required=False)
    merchant = forms.ModelChoiceField(Merchant.everyone.none(), label="Merchant, on either side", required=False)
    currency = forms.CharField(label="Currency", max_length=3, required=False)
    question = forms.ChoiceField(label="What differs", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["merchant"].queryset = Merchant.everyone.order_by("name")  # type: ignore[attr-defined]
        self.fields["merchant"].empty_label = "Everybody"  # type: ignore[attr-defined]
        self.fields["question"].choices = [  # type: ignore[attr-defined]
            ("", "All sales, those that differ first"),
            ("any", "Only those that differ"),
            *QUESTIONS.items(),
        ]

    def wanted(self) -> Wanted:
        """Read what is compared; days left out are the last thirty."""
        data = self.cleaned_data if self.is_valid() else {}
        until = data.get("until") or localdate()
        since = data.get("since") or until - dt.timedelta(days=DAYS)
        merchant = data.get("merchant")
        return Wanted(
            since,
            max(since, until),
            merchant.pk if merchant else None,
            (data.get("currency") or "").strip().upper(),
            data.get("question") or "",
        )


@permission_required("settlement.view_entry", raise_exception=True)
def three_ways(request: HttpRequest) -> HttpResponseBase:
    """Show sales whose ledger, shops and bank do not tell the same story first, then those that agree; or all as CSV."""
    form = CompareForm(request.GET or None)
    wanted = form.wanted()
    if "csv" in request.GET:
        return stream_csv(f"compared-{wanted.since}-{wanted.until}.csv", COLUMNS, _lines(wanted))
    chosen = {
        "since": wanted.since.isoformat(),
        "until": wanted.until.isoformat(),
        "merchant": wanted.merchant or "",
        "currency": wanted.currency,
        "question": wanted.question,
    }
    after = request.GET.get("after", "")
    facts = {
        **admin.site.each_context(request),
        "title": "Ledger, shops and bank",
        "form": CompareForm(chosen),
        "errors": form.errors if form.is_bound else {},
        "found": compare_three(wanted, after=after),
        "wanted": wanted,
        "chosen": urlencode(chosen),
        "is_first": not after,
        "is_narrowed": bool(wanted.merchant or wanted.currency or wanted.question),
        "opts": Document._meta,
    }
    return render(request, "admin/settlement/three_ways.html", facts)


def _lines(wanted: Wanted) -> Iterator[list[str]]:
    for row in compared_rows(wanted):
        texts = (
            row.internal_order,
            row.words,
            row.origin,
            row.origin_order,
            row.status,
            row.shipper,
            row.shipper_order,
        )
        amounts = (row.shops, row.ledger, row.difference, row.owed)
        refunded = "" if row.refunded is None else major(row.refunded, row.currency)
        day = localdate(row.shipped_at).isoformat()
        told = (*(major(one, row.currency) for one in amounts), refunded, major(row.back, row.currency))
        yield [*map(harmless, texts), day, row.currency, *told]
