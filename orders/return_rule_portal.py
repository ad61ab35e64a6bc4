"""The merchant's page about where its customers send goods back to."""

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


@merchant_page()
def return_rule(request: MerchantRequest) -> HttpResponseBase:
    """Show the rule that holds and its versions; take another, as a new version."""
    merchant = request.acting.merchant
    with as_network():
        stands = rule_of(merchant)
    form = RuleForm(request.POST or None, initial={"rule": stands.rule})
    status = 200
    if request.method == "POST":
        if form.is_valid():
            with as_network():
                made = choose_rule(
                    merchant, form.cleaned_data["rule"], takes_over=stands.takes_over, by=request.acting.by
                )
            said = _("Saved; it holds for returns announced from now on.") if made else _("Nothing was changed.")
            messages.success(request, said)
            return redirect("portal:return_rule")
        status = 422
    versions = [
        (row, RULE_WORDS[row.rule])
        for row in ReturnRule.objects.for_merchant(merchant, via="merchant").order_by("-version")[:8]
    ]
    facts = {
        "section": "returns",
        "form": form,
        "stands": stands,
        "words": RULE_WORDS[stands.rule],
        "versions": versions,
    }
    return render(request, "portal/orders/return_rule.html", facts, status=status)
