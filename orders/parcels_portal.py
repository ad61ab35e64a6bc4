"""The shipper's pages about many orders and single parcels: what to fetch from where, and tracking set right."""

from itertools import groupby

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from network.acting import MerchantRequest, merchant_page
from network.paging import page_after
from network.scoping import as_network
from orders.correct import correct_tracking
from orders.desk import tasks_of
from orders.forms import TrackingForm
from orders.insights import orders_to_ship
from orders.models import InternalOrder, Parcel
from skuu.kit.errors import NotFound, SkuuError

AT_ONCE = 200  # orders on one list: more than anybody carries; the next page holds the others


@require_GET
@merchant_page()
def pick_list(request: MerchantRequest) -> HttpResponseBase:
    """List what to fetch for orders that wait to be sent, the oldest first, place by place, the same goods together; to be printed."""
    acting = request.acting
    shops = acting.chosen_shops(request.GET.get("shop"))
    rows = orders_to_ship(acting.merchant, shops).filter(status__in=("placed", "accepted"), cancel_wanted_at=None)
    mine = InternalOrder.objects.for_merchant(acting.merchant)
    wanted = rows.select_related("order__shop", "shipper")
    page = page_after(wanted, request.GET.get("after"), of=mine, size=AT_ONCE)
    tasks = tasks_of(acting.merchant, page.rows)
    picks = [(picking, task.order.number) for task in tasks for picking in task.lines if picking.left]
    picks.sort(key=lambda pick: (pick[0].place, pick[0].line.variant.product.title, pick[0].size, pick[1]))
    places = [
        (place, [_together(list(same)) for _key, same in groupby(mine, key=lambda pick: pick[0].line.variant_id)])
        for place, mine in groupby(picks, key=lambda pick: pick[0].place)
    ]
    facts = {"section": "to_ship", "places": places, "today": timezone.localdate(), "orders": len(tasks), "page": page}
    facts["waiting"] = rows.count()
    return render(request, "portal/orders/pick_list.html", facts)


def _together(picks: list) -> dict[str, object]:
    """Sum the units of one variant and name the orders that want them."""
    return {
        "line": picks[0][0].line,
        "size": picks[0][0].size,
        "units": sum(picking.left for picking, _number in picks),
        "orders": [(number, picking.left) for picking, number in picks],
    }


@require_POST
@merchant_page()
def correct(request: MerchantRequest, number: str, pk: int) -> HttpResponseBase:
    """Correct the tracking of a parcel of ours; both shops follow."""
    rows = Parcel.objects.for_merchant(request.acting.merchant).filter(internal_order__number=number, pk=pk)
    parcel = rows.first()
    if parcel is None:
        raise NotFound("There is no such parcel.")
    form = TrackingForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(one) for errors in form.errors.values() for one in errors))
        return redirect("portal:internal_order", number)
    data = form.cleaned_data
    try:
        with as_network():
            correct_tracking(
                parcel, carrier=data["carrier"], number=data["number"], url=data["url"], by=request.acting.by
            )
    except SkuuError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The tracking is corrected; both shops follow."))
    return redirect("portal:internal_order", number)
