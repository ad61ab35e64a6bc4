"""The back office's page on which staff decide what a selling shop objects to in an inspection."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from network.scoping import as_network
from orders.models import Objection, ReturnLine
from orders.object_grade import decide_objection
from orders.restock import receiver_of
from skuu.kit.errors import SkuuError
from skuu.kit.money import Money

FIELD = "border border-base-200 rounded-default px-3 py-2 w-full dark:bg-base-900 dark:border-base-700"


class DecisionForm(forms.Form):
    """Upheld or rejected, and why."""

    decision = forms.ChoiceField(
        choices=[("upheld", "The selling shop is right: the units get the grades it asks for"), ("rejected", "The inspection stands")],
        widget=forms.Select({"class": FIELD}),
    )  # fmt: skip
    answer = forms.CharField(
        label="Why (both shops read it)", max_length=1000, widget=forms.Textarea({"rows": 4, "class": FIELD})
    )


def decide_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an objection with what the return says, and decide it."""
    if not request.user.has_perm("orders.change_objection"):
        raise PermissionDenied
    with as_network():
        rows = Objection.everyone.select_related(
            "returned__internal_order__shipper", "returned__internal_order__order__shop", "returned__receiver"
        )
        row = get_object_or_404(rows, pk=pk)
        form = DecisionForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            upheld = form.cleaned_data["decision"] == "upheld"
            try:
                decide_objection(row, upheld=upheld, answer=form.cleaned_data["answer"], by=request.user.get_username())
            except SkuuError as error:
                form.add_error(None, error.message)
            else:
                messages.success(request, f"{row.returned.number}: decided. Both shops are told.")
                return redirect("admin:orders_objection_changelist")
        facts = {
            **admin.site.each_context(request),
            "title": f"Objection to {row.returned.number}",
            "row": row,
            "asked": _asked(row),
            "inspector": receiver_of(row.returned),
            "held": Money(row.held_minor, row.returned.internal_order.currency).format() if row.held_minor else "",
            "form": form,
            "opts": Objection._meta,
            "after": reverse("admin:orders_objection_changelist"),
        }
        return render(request, "admin/orders/objection.html", facts, status=422 if request.method == "POST" else 200)


def _asked(row: Objection) -> list[dict[str, Any]]:
    lines = {
        line.line_id: line for line in ReturnLine.everyone.filter(row=row.returned).select_related("line__order_line")
    }
    return [
        {
            "title": lines[one["line"]].line.order_line.title,
            "units": one["units"],
            "found": ReturnLine.GRADES[one["from"]][0],
            "wanted": ReturnLine.GRADES[one["to"]][0],
        }
        for one in row.asked
    ]
