"""Rate cards in the back office: reckon other rates on the sales there were, then propose them to a second person for later sales."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate

from network.models import Merchant, RateCard
from network.rate_cards import Rates, cards_overruled
from settlement.admin_base import OfficeForm
from settlement.models import Cycle, Proposal
from settlement.preview_rates import preview_card
from settlement.propose import move_to_rates, propose_move
from skuu.kit.errors import SkuuError
from skuu.kit.money import parse_minor

ROUTES = [
    (f"{origin}-{shipper}", f"{Merchant.KINDS[origin]} sells, {Merchant.KINDS[shipper].lower()} ships")
    for origin in Merchant.KINDS
    for shipper in Merchant.KINDS
]


class CardForm(OfficeForm):
    route = forms.ChoiceField(label="Route", choices=ROUTES)
    origin = forms.DecimalField(label="Selling shop, %", min_value=0, max_value=90, decimal_places=2)
    network = forms.DecimalField(label="Network, %", min_value=0, max_value=20, decimal_places=2)
    fixed = forms.CharField(label="Network, fixed per order", required=False, max_length=12)
    least = forms.CharField(label="Network, at least", required=False, max_length=12)
    most = forms.CharField(label="Network, at most", required=False, max_length=12)
    currency = forms.RegexField("^[A-Z]{3}$", label="Currency of these", initial="EUR", max_length=3)
    starts_on = forms.DateField(label="From", widget=forms.DateInput({"type": "date"}))
    ends_on = forms.DateField(label="Through (a promotion)", widget=forms.DateInput({"type": "date"}), required=False)
    days = forms.IntegerField(label="Reckon over the last days", min_value=1, max_value=365, initial=30)
    reason = forms.CharField(label="Why, when you propose it", required=False, max_length=500)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] += " w-full"

    def rates(self) -> Rates:
        """Read the rates. Raises NotPossible."""
        data = self.cleaned_data
        origin_kind, _, shipper_kind = data["route"].partition("-")
        fixed, least, most = (
            parse_minor(data[name].strip().replace(",", "."), data["currency"]) if data[name].strip() else None
            for name in ("fixed", "least", "most")
        )
        return Rates(
            origin_kind,
            shipper_kind,
            int(data["origin"] * 100),
            int(data["network"] * 100),
            data["currency"],
            fixed or 0,
            least or 0,
            most,
        )


@permission_required("network.view_ratecard", raise_exception=True)
def rate_cards(request: HttpRequest) -> HttpResponse:
    """Show what the sales of some days would have paid to whom under other rates; propose them to a second person."""
    given = request.POST if request.method == "POST" else request.GET
    form = CardForm(given or None, initial={"starts_on": localdate() + dt.timedelta(days=1)})
    found = refused = overruled = None
    if form.is_valid():
        data = form.cleaned_data
        try:
            rates = form.rates()
            if request.method == "POST":
                return _proposed(request, rates, data)
            found = preview_card(rates, since=localdate() - dt.timedelta(days=data["days"]))
            overruled = cards_overruled(rates, data["starts_on"], data["ends_on"])
        except SkuuError as error:
            refused = error.message
    facts: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Rate cards: what other rates would change",
        "form": form,
        "found": found,
        "refused": refused,
        "overruled": overruled,
        "cards": RateCard.objects.order_by("origin_kind", "shipper_kind", "-version")[:60],
        "today": localdate(),
        "may_propose": request.user.has_perm("network.add_ratecard"),
        "waiting": Proposal.objects.filter(kind="rate_card", status="proposed").order_by("-pk"),
        "opts": Cycle._meta,
    }
    return render(request, "admin/settlement/rates.html", facts, status=422 if request.method == "POST" else 200)


def _proposed(request: HttpRequest, rates: Rates, data: dict[str, Any]) -> HttpResponse:
    if not request.user.has_perm("network.add_ratecard"):
        raise PermissionDenied
    wanted = move_to_rates(rates, starts_on=data["starts_on"], ends_on=data["ends_on"], reason=data["reason"])
    row = propose_move(wanted, by=request.user.get_username())
    messages.success(request, f"{row.number} waits for a second person; nothing has changed yet.")
    return redirect(reverse("admin:settlement_rate_preview"))
