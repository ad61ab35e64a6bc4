"""The merchant's page about sending: whom my orders go to, how my parcels leave and what they cost, how I kept my word."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from catalog.trust import trust_of
from network.acting import MerchantRequest, merchant_page
from network.models import SendingTerms, Shop
from network.scoping import as_network
from network.sending import change_sending, sending_of
from network.tariffs import BANDS
from orders.prefer import policy_of, prefer_policy
from orders.shipping_forms import PolicyChoice, SendingForm, is_default
from skuu.kit.errors import NotPossible


@merchant_page()
def shipping(request: MerchantRequest) -> HttpResponseBase:
    """Show how a shop's orders find a partner, how it sends for others, and what its record says."""
    shops = request.acting.shops
    chosen = request.GET.get("shop")
    shop = request.acting.shop(chosen) if chosen else shops[0] if shops else None
    if shop is None:
        return render(request, "portal/orders/shipping.html", {"section": "shipping", "shop": None})
    return _page(request, shop)


def _page(request: MerchantRequest, shop: Shop, *, form: SendingForm | None = None, status: int = 200) -> HttpResponse:
    with as_network():
        sending = sending_of([shop])[shop.pk]
        policy, version = policy_of(shop)
        trust = trust_of([shop.pk])[shop.pk]
    versions = SendingTerms.objects.for_shop(shop).order_by("-version")
    facts: dict[str, Any] = {
        "section": "shipping",
        "shop": shop,
        "sending": sending,
        "by_default": is_default(sending),
        "form": form or SendingForm.of(sending),
        "weights": [f"{band / 1000:g}" for band in BANDS],
        "policy": PolicyChoice(initial={"policy": policy}),
        "policy_version": version,
        "trust": trust,
        "counted": [(words, trust.counts.get(kind, 0)) for kind, words in _counted()],
        "versions": versions[:8],
    }
    return render(request, "portal/orders/shipping.html", facts, status=status)


def _counted() -> list[tuple[str, str]]:
    return [
        ("on_time", _("Sent in time")),
        ("late", _("Sent late")),
        ("not_found", _("Units not found")),
        ("declined", _("Declined")),
        ("expired", _("Left unanswered")),
        ("failed", _("Failed in your store")),
    ]


@require_POST
@merchant_page()
def shipping_policy(request: MerchantRequest, pk: int) -> HttpResponseBase:
    """Choose how partners are chosen for a shop's orders."""
    shop = request.acting.shop(pk)
    with as_network():
        prefer_policy(shop, request.POST.get("policy", ""), by=request.acting.by)
    messages.success(request, _("Saved; it holds for orders from now on."))
    return redirect(f"{reverse('portal:shipping')}?shop={shop.pk}")


@require_POST
@merchant_page()
def shipping_terms(request: MerchantRequest, pk: int) -> HttpResponseBase:
    """Write how a shop sends, as a new version."""
    shop = request.acting.shop(pk)
    form = SendingForm(request.POST, country=shop.country)
    if not form.is_valid():
        return _page(request, shop, form=form, status=422)
    try:
        with as_network():
            row = change_sending(shop, **form.changes(), by=request.acting.by)
    except NotPossible as error:
        form.add_error(None, error.message)
        return _page(request, shop, form=form, status=422)
    said = _("Saved as version %(n)d; orders already placed keep their terms.") % {"n": row.version} if row else None
    messages.success(request, said or _("Nothing was changed."))
    return redirect(f"{reverse('portal:shipping')}?shop={shop.pk}")
