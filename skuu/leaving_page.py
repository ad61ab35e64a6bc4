"""The merchant's page about leaving the network: what is still open, who finishes it, what is owed, and what is kept."""

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from network.acting import OWNERS, MerchantRequest, merchant_page
from network.models import Shop
from network.scoping import as_network
from skuu import leaving
from skuu.kit.errors import NotFound


@merchant_page(change=OWNERS)
def leave(request: MerchantRequest, pk: int) -> HttpResponseBase:
    """Show the exit plan of one shop, or how it ended."""
    shop = Shop.objects.for_merchant(request.acting.merchant).filter(pk=pk).first()
    if shop is None:
        raise NotFound("There is no such shop.")
    with as_network():
        plan = leaving.plan_exit(shop)
    is_leaving = plan.leaving is not None and plan.leaving.ended_at is None
    facts = {"section": "shops", "shop": shop, "plan": plan, "is_leaving": is_leaving}
    open_orders = ("to_ship", "sold", "parcels", "returns")
    facts["is_nearly_clear"] = all(step.is_done for step in plan.steps if step.key in open_orders)
    return render(request, "portal/network/leave.html", facts)


@require_POST
@merchant_page(change=OWNERS)
def leave_step(request: MerchantRequest, pk: int, step: str) -> HttpResponseBase:
    """Begin to leave, or stay after all."""
    shop = request.acting.shop(pk)
    if step not in ("ask", "stay"):
        raise NotFound("There is no such step.")
    with as_network():
        if step == "ask":
            reason = request.POST.get("reason", "").replace("\x00", "")
            leaving.ask_to_leave(shop, by=request.acting.by, reason=reason)
            messages.success(
                request,
                _("%(name)s is leaving: nothing new is sold, what is open is finished first.") % {"name": shop.name},
            )
        else:
            leaving.stay(shop, by=request.acting.by)
            messages.success(request, _("%(name)s stays and goes on where it was.") % {"name": shop.name})
    return redirect("portal:leave", pk=shop.pk)
