"""The merchant's page about its look: logo, colour and words on the slips that partners put into its customers' parcels."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from network.acting import MerchantRequest, merchant_page
from network.forms import PortalForm
from network.models import Shop
from network.scoping import as_network
from orders.look import change_look, forget_look, look_of
from orders.models import ShopLook
from orders.slip import sample_slip
from orders.slip_words import NAMES
from skuu.kit.errors import NotFound, NotPossible


class LookForm(PortalForm):
    """Logo, colour, address and a closing line; or none of it."""

    is_plain = forms.BooleanField(
        label=gettext_lazy("No look at all"),
        required=False,
        help_text=gettext_lazy("Black on white with your shop’s name, nothing else."),
    )
    colour = forms.CharField(
        label=gettext_lazy("Colour"), max_length=7, widget=forms.TextInput({"type": "color"}), initial="#1a1a1a"
    )
    logo = forms.FileField(
        label=gettext_lazy("Logo"),
        required=False,
        widget=forms.FileInput({"accept": "image/png,image/jpeg"}),
        help_text=gettext_lazy("PNG or JPEG, 300 kB at most; it stands in place of your shop’s name."),
    )
    no_logo = forms.BooleanField(label=gettext_lazy("Take the logo away"), required=False)
    shows_address = forms.BooleanField(label=gettext_lazy("Show my shop’s address"), required=False)
    closing_words = forms.CharField(
        label=gettext_lazy("Closing line"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Printed as you write it, in every language. For example your web address."),
    )

    def logo_bytes(self) -> bytes | None:
        """The new logo; empty takes it away, None leaves the one there is."""
        given = self.cleaned_data.get("logo")
        if given:
            return bytes(given.read())
        return b"" if self.cleaned_data.get("no_logo") else None


@merchant_page()
def look(request: MerchantRequest) -> HttpResponseBase:
    """Show how a shop's packing slips look, with a sample."""
    shops = request.acting.shops
    chosen = request.GET.get("shop")
    shop = request.acting.shop(chosen) if chosen else shops[0] if shops else None
    return _page(request, shop)


def _page(
    request: MerchantRequest, shop: Shop | None, *, form: LookForm | None = None, status: int = 200
) -> HttpResponse:
    facts: dict[str, Any] = {"section": "look", "shop": shop}
    if shop is not None:
        row = ShopLook.objects.for_shop(shop).first()
        names = ("is_plain", "colour", "shows_address", "closing_words")
        initial = {name: getattr(row, name) for name in names} if row else {}
        language = request.GET.get("language", "")
        facts |= {
            "row": row,
            "form": form or LookForm(initial=initial),
            "languages": list(NAMES.items()),
            "language": language if language in NAMES else "en",
            "version": int(row.changed_at.timestamp()) if row else 0,
        }
    return render(request, "portal/orders/look.html", facts, status=status)


@require_POST
@merchant_page()
def save_look(request: MerchantRequest, pk: int) -> HttpResponseBase:
    """Keep a look."""
    shop = request.acting.shop(pk)
    form = LookForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, shop, form=form, status=422)
    data = form.cleaned_data
    said = {name: data[name] for name in ("is_plain", "colour", "shows_address", "closing_words")}
    try:
        with as_network():
            change_look(shop, **said, logo=form.logo_bytes(), by=request.acting.by)
    except NotPossible as error:
        form.add_error("colour" if error.code == "bad_colour" else "logo", error.message)
        return _page(request, shop, form=form, status=422)
    messages.success(request, _("Saved; it holds for slips printed from now on."))
    return redirect(f"{reverse('portal:look')}?shop={shop.pk}")


@require_POST
@merchant_page()
def reset_look(request: MerchantRequest, pk: int) -> HttpResponseBase:
    """Go back to the neutral slip."""
    shop = request.acting.shop(pk)
    with as_network():
        forget_look(shop)
    messages.success(request, _("Your slips are neutral again."))
    return redirect(f"{reverse('portal:look')}?shop={shop.pk}")


@require_GET
@merchant_page()
def look_sample(request: MerchantRequest, pk: int, kind: str) -> HttpResponseBase:
    """Print a sample slip as it looks now, in a language."""
    shop = request.acting.shop(pk)
    if kind not in ("png", "pdf"):
        raise NotFound("A sample is a PNG or a PDF.")
    language = request.GET.get("language", "en")
    with as_network():
        content = sample_slip(shop.name, look_of(shop), language if language in NAMES else "en", kind=kind)
    return HttpResponse(content, content_type="image/png" if kind == "png" else "application/pdf")
