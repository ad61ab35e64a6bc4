"""The door to connect a Shopify store: leave for its consent page, and come back."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from network import connect
from network.models import Membership, Merchant
from skuu.kit.errors import SkuuError

IN_SESSION = "connect_shopify"
MAY_CONNECT = ("owner", "operations")
AFTER = "/connect/"


@login_required
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Leave for the consent page of the store that the form names."""
    merchant = _merchant(request)
    try:
        url, state = connect.begin_install(merchant, request.POST.get("shop", ""), by=request.user.get_username())
    except SkuuError as error:
        messages.error(request, error.message)
        return redirect(AFTER)
    request.session[IN_SESSION] = {"state": state, "merchant": merchant.pk}
    return redirect(url)


@never_cache
@login_required
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Come back from the consent page; the state is good once and only in the session that began."""
    begun = request.session.pop(IN_SESSION, None) or {}
    merchant = _merchant(request, begun.get("merchant"))
    params = {name: request.GET[name] for name in request.GET}
    try:
        by = request.user.get_username()
        shop = connect.complete_install(merchant, params, state=begun.get("state", ""), by=by)
    except SkuuError as error:
        messages.error(request, error.message)
    else:
        messages.success(
            request, f"{shop.name} is connected. Its shelf is being set up and its products are being read."
        )
    return redirect(AFTER)


def _merchant(request: HttpRequest, chosen: int | None = None) -> Merchant:
    """Find whom the signed-in person acts for; a chosen merchant must be one of theirs."""
    mine = Membership.everyone.filter(user=request.user.pk, role__in=MAY_CONNECT).select_related("merchant")
    if chosen is None and request.POST.get("merchant", "").isdigit():
        chosen = int(request.POST["merchant"])
    membership = mine.filter(**({"merchant": chosen} if chosen else {})).order_by("pk").first()
    if membership is None:
        raise PermissionDenied
    return membership.merchant
