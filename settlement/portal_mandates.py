"""The owner's page about direct debits: a mandate is entered, read and signed with a fresh second factor, revoked with a click."""

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from network.acting import OWNERS, MerchantRequest, merchant_page
from settlement.mandates import enter_mandate, find_mandate, revoke_mandate, sign_mandate
from settlement.portal_money import second_factor_is_fresh
from skuu.kit.errors import SkuuError


@require_POST
@merchant_page(see=OWNERS, change=OWNERS)
def enter(request: MerchantRequest) -> HttpResponseBase:
    """Write a mandate for the account in use, to be read and signed."""
    try:
        enter_mandate(request.acting.merchant, by=request.acting.by)
    except SkuuError as error:
        messages.error(request, error.message)
    return redirect("portal:bank")


@require_POST
@merchant_page(see=OWNERS, change=OWNERS)
def sign(request: MerchantRequest, number: str) -> HttpResponseBase:
    """Sign a mandate that was read; only right after a second factor was shown."""
    row = find_mandate(request.acting.merchant, number)
    if not second_factor_is_fresh(request):
        messages.error(request, _("Show your second factor first, then sign."))
        return redirect("portal:bank")
    try:
        sign_mandate(row, by=request.acting.by, name=request.POST.get("name", ""))
        messages.success(request, _("Signed. Give your bank a copy before the first debit."))
    except SkuuError as error:
        messages.error(request, error.message)
    return redirect("portal:bank")


@require_POST
@merchant_page(see=OWNERS, change=OWNERS)
def revoke(request: MerchantRequest, number: str) -> HttpResponseBase:
    """Revoke a mandate: from now on nothing is fetched by it."""
    row = find_mandate(request.acting.merchant, number)
    revoke_mandate(row, by=request.acting.by, reason=_("revoked in the portal"))
    messages.success(request, _("Revoked. Nothing is fetched by it any more; what is on its way is not stopped."))
    return redirect("portal:bank")
