"""The merchant's page of notices: all that its shops were ever told, what still waits first."""

from django.db.models import Q
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from network.acting import MerchantRequest, back_to, merchant_page
from network.models import Notice
from network.notify import mark_notice
from network.paging import page_after, searched
from skuu.kit.errors import NotFound


@merchant_page()
def notices(request: MerchantRequest) -> HttpResponseBase:
    """List the notices that still wait, or those that are done; the newest first."""
    acting, asked = request.acting, request.GET
    mine = Notice.objects.for_merchant(acting.merchant)
    done = asked.get("state") == "done"
    rows = mine.filter(shop__in=acting.chosen_shops(asked.get("shop")), done_at__isnull=not done)
    if words := searched(request):
        rows = rows.filter(Q(subject__icontains=words) | Q(body__icontains=words))
    page = page_after(rows.select_related("shop"), asked.get("after"), of=mine, by="created_at", newest_first=True)
    facts = {"section": "notices", "page": page, "done": done, "words": words}
    return render(request, "portal/network/notices.html", facts)


@require_POST
@merchant_page()
def notice_done(request: MerchantRequest, pk: int) -> HttpResponseBase:
    """Tick off a notice; the same address with ``undo`` puts it back."""
    notice = Notice.objects.for_merchant(request.acting.merchant).select_related("shop").filter(pk=pk).first()
    if notice is None:
        raise NotFound("There is no such notice.")
    mark_notice(notice, done="undo" not in request.POST)
    if request.htmx:
        return render(request, "portal/network/_notice.html", {"notice": notice})
    return redirect(back_to(request))
