"""The merchant's pages about its customers' privacy: what they asked for, and the file with the answer."""

import json

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from network.acting import OPERATORS, OWNERS, MerchantRequest, merchant_page
from network.paging import page_after
from network.scoping import as_network
from orders.models import DataRequest, Order
from orders.redact import answer_data_request, erase_customer, read_answer
from skuu.kit.errors import NotFound


@require_GET
@merchant_page(see=OPERATORS)
def privacy(request: MerchantRequest) -> HttpResponseBase:
    """List the requests of my shops' customers, the newest first, and say what is kept of them for how long."""
    mine = DataRequest.objects.for_merchant(request.acting.merchant)
    rows = mine.filter(shop__in=request.acting.chosen_shops(request.GET.get("shop"))).select_related("shop")
    facts = {
        "section": "privacy",
        "page": page_after(rows, request.GET.get("after"), of=mine, newest_first=True),
        "answers_kept": settings.PRIVACY_ANSWER_DAYS,
        "addresses_kept": settings.PRIVACY_ADDRESS_DAYS,
    }
    return render(request, "portal/orders/privacy.html", facts)


@require_GET
@merchant_page(see=OPERATORS)
def privacy_file(request: MerchantRequest, pk: int) -> HttpResponseBase:
    """Hand over the file with what the network holds of a customer."""
    row = DataRequest.objects.for_merchant(request.acting.merchant).filter(pk=pk).first()
    if row is None:
        raise NotFound("There is no such request.")
    with as_network():
        contents = read_answer(row)
    answer = HttpResponse(json.dumps(contents, indent=2, ensure_ascii=False), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="data-request-{row.pk}.json"'
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@merchant_page(see=OWNERS, change=OWNERS)
def data_file(request: MerchantRequest, pk: int) -> HttpResponseBase:
    """Make the file with what the network holds of an order's customer, who asked this shop for it; once a day."""
    row = _own(request, pk)
    with as_network():
        answer_data_request(row.shop, f"order {row.pk} on {timezone.localdate():%Y-%m-%d}", [row.remote_id])
    messages.success(request, _("The file is ready; pass it on to your customer."))
    return redirect("portal:privacy")


@require_POST
@merchant_page(see=OWNERS, change=OWNERS)
def erase(request: MerchantRequest, pk: int) -> HttpResponseBase:
    """Erase what the network holds of an order's customer, who asked this shop for it."""
    row = _own(request, pk)
    with as_network():
        erased = erase_customer(row, by=request.acting.by)
    said = _("What the network held of the customer of %(name)s is erased.")
    if not erased:
        said = _("The network held nothing of the customer of %(name)s any more.")
    messages.success(request, said % {"name": row.name})
    return redirect("portal:order", pk)


def _own(request: MerchantRequest, pk: int) -> Order:
    row = Order.objects.for_merchant(request.acting.merchant).select_related("shop").filter(pk=pk).first()
    if row is None:
        raise NotFound("There is no such order.")
    return row
