"""The merchant's page about where its customers send goods back to, and whether it takes over what others' customers send back."""

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network.acting import MerchantRequest, merchant_page
from network.forms import PortalForm
from network.scoping import as_network
from orders.direct import choose_rule, rule_of
from orders.models import ReturnRule
from orders.returning import RULE_WORDS


class RuleForm(PortalForm):
    """One choice among the rules."""

    rule = forms.ChoiceField(
        label=gettext_lazy("Where your customers send goods back to"), choices=list(RULE_WORDS.items())
    )


class TakeOverForm(PortalForm):
    """Whether we take goods over, and for how much at most."""

    takes_over = forms.BooleanField(
        label=gettext_lazy("We take over what other shops’ customers send back"),
        required=False,
        help_text=gettext_lazy("Only what you sell yourself, as new, in your country and currency."),
    )
    percent = forms.IntegerField(
        label=gettext_lazy("For at most so many percent of our own price"),
        min_value=1,
        max_value=100,
        help_text=gettext_lazy("Both without VAT. What would cost more is not sent to you."),
    )


@merchant_page()
def return_rule(request: MerchantRequest) -> HttpResponseBase:
    """Show the rule that holds and its versions; take another, or begin or end to take goods over, as a new version."""
    merchant, form, status = request.acting.merchant, None, 200
    with as_network():
        stands = rule_of(merchant)
    if request.method == "POST":
        form = TakeOverForm(request.POST) if request.POST.get("about") == "taking_over" else RuleForm(request.POST)
        if form.is_valid():
            with as_network():
                made = choose_rule(merchant, **form.cleaned_data, by=request.acting.by)
            said = _("Saved; it holds for returns announced from now on.") if made else _("Nothing was changed.")
            messages.success(request, said)
            return redirect("portal:return_rule")
        status = 422
    versions = [
        (row, RULE_WORDS[row.rule])
        for row in ReturnRule.objects.for_merchant(merchant, via="merchant").order_by("-version")[:8]
    ]
    taking = {"takes_over": stands.takes_over, "percent": stands.takes_over_percent}
    facts = {
        "section": "returns",
        "form": form if isinstance(form, RuleForm) else RuleForm(initial={"rule": stands.rule}),
        "taking": form if isinstance(form, TakeOverForm) else TakeOverForm(initial=taking),
        "stands": stands,
        "words": RULE_WORDS[stands.rule],
        "versions": versions,
    }
    return render(request, "portal/orders/return_rule.html", facts, status=status)
