"""Staff settle a cycle after seeing what it would do, and see what another rate card would have changed."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate

from network.models import RateCard
from settlement.admin_base import OfficeForm
from settlement.close import close_cycle
from settlement.cycles import last_cycle_end
from settlement.models import Cycle
from settlement.preview_rates import Card, preview_card
from skuu.kit.errors import SkuuError
from skuu.kit.jobs import enqueue


class ThroughForm(OfficeForm):
    through = forms.DateField(label="Close the books through", widget=forms.DateInput({"type": "date"}))


@permission_required("settlement.add_cycle", raise_exception=True)
def settle_now(request: HttpRequest) -> HttpResponse:
    """Show what closing through a day would do; on a second word have a worker do it."""
    form = ThroughForm(request.POST or {"through": last_cycle_end(localdate())})
    closing = refused = None
    if form.is_valid():
        through: dt.date = form.cleaned_data["through"]
        if request.method == "POST" and "go" in request.POST:
            enqueue(close_by_staff, through.isoformat(), request.user.get_username())
            messages.success(request, f"The books are being closed through {through}.")
            return redirect("admin:settlement_cycle_changelist")
        try:
            closing = close_cycle(through, by=request.user.get_username(), dry_run=True)
        except SkuuError as error:
            refused = error.message
    facts: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Settle",
        "form": form,
        "closing": closing,
        "refused": refused,
        "opts": Cycle._meta,
    }
    return render(request, "admin/settlement/settle.html", facts)


def close_by_staff(through: str, by: str) -> int:
    """Close the books for somebody of the staff; returns how many statements were written. *Again* it closes what is open."""
    return len(close_cycle(dt.date.fromisoformat(through), by=by).statements)


class CardForm(OfficeForm):
    route = forms.ChoiceField(label="Route")
    origin = forms.DecimalField(label="Selling shop, %", min_value=0, max_value=90, decimal_places=2)
    network = forms.DecimalField(label="Network, %", min_value=0, max_value=20, decimal_places=2)
    days = forms.IntegerField(label="over the last days", min_value=1, max_value=365, initial=30)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        routes = RateCard.objects.order_by("origin_kind", "shipper_kind").values_list("origin_kind", "shipper_kind")
        choices = [(f"{origin}-{shipper}", f"{origin} sells, {shipper} ships") for origin, shipper in routes.distinct()]
        self.fields["route"].choices = choices  # type: ignore[attr-defined]


@permission_required("network.view_ratecard", raise_exception=True)
def preview_rates(request: HttpRequest) -> HttpResponse:
    """Show what the sales of some days would have paid to whom under other rates; nothing is changed."""
    form = CardForm(request.GET or None)
    found = None
    if form.is_valid():
        origin_kind, _, shipper_kind = form.cleaned_data["route"].partition("-")
        card = Card(int(form.cleaned_data["origin"] * 100), int(form.cleaned_data["network"] * 100))
        found = preview_card(
            origin_kind, shipper_kind, card, since=localdate() - dt.timedelta(days=form.cleaned_data["days"])
        )
    facts = {
        **admin.site.each_context(request),
        "title": "What other rates would change",
        "form": form,
        "found": found,
        "opts": Cycle._meta,
    }
    return render(request, "admin/settlement/rates.html", facts)
