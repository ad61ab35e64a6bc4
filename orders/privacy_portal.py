"""The merchant's pages about its customers' privacy: what they asked for, and the file with the answer."""

import json

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from network.acting import OPERATORS, MerchantRequest, merchant_page
from network.paging import page_after
from network.scoping import as_network
from orders.models import DataRequest
from orders.redact import ANSWERS_KEPT, KEPT_AFTER_DELIVERY, read_answer
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
        "answers_kept": ANSWERS_KEPT.days,
        "addresses_kept": KEPT_AFTER_DELIVERY.days,
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
