"""The merchant's buttons on a match of its own: this is not the same product, and: it is after all."""

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from catalog.models import Match
from catalog.reports import report_match, withdraw_report
from network.acting import Acting, MerchantRequest, merchant_page
from network.scoping import as_network
from skuu.kit.errors import NotFound


@require_POST
@merchant_page()
def report(request: MerchantRequest, pk: int) -> HttpResponseBase:
    """Report an own match as wrong, with a reason and what was seen."""
    acting = request.acting
    match = _own(acting, pk)
    with as_network():
        report_match(match, acting.merchant, request.POST.get("reason", ""), request.POST.get("note", ""), by=acting.by)
    messages.success(request, _("Thank you. Nothing moves through this match until a person has compared the two."))
    return _back(match)


@require_POST
@merchant_page()
def withdraw(request: MerchantRequest, pk: int) -> HttpResponseBase:
    """Take the open report of an own match back."""
    acting = request.acting
    match = _own(acting, pk)
    with as_network():
        withdraw_report(match, acting.merchant, by=acting.by)
    messages.success(request, _("Your report is taken back. The match stands as before."))
    return _back(match)


def _own(acting: Acting, pk: int) -> Match:
    match = Match.objects.for_merchant(acting.merchant).select_related("variant").filter(pk=pk).first()
    if match is None:
        raise NotFound("There is no such match.")
    return match


def _back(match: Match) -> HttpResponseBase:
    return redirect(f"{reverse('portal:product', args=[match.variant.product_id])}#size-{match.variant_id}")
