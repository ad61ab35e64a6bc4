"""The page on which a customer follows a parcel: the selling shop's name, the carrier's words, and nobody else's."""

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_GET

from network.scoping import as_network
from orders.carriers import page_of
from orders.models import Parcel

SALT = "orders.tracking"


def tracking_path(parcel: Parcel) -> str:
    """Name the address of a parcel's page; whoever has it may look, it cannot be guessed and says no name or street."""
    return reverse("tracking", args=[signing.dumps(parcel.pk, salt=SALT)])


@require_GET
def tracking(request: HttpRequest, token: str) -> HttpResponse:
    """Show where a parcel is, in the selling shop's name; the shipper's is not said."""
    try:
        pk = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        raise Http404("There is no such parcel.") from None
    with as_network():
        rows = Parcel.everyone.select_related("internal_order__order__shop").filter(pk=pk, cancelled_at=None)
        parcel = rows.first()
        if parcel is None:
            raise Http404("There is no such parcel.")
        order = parcel.internal_order.order
        lines = parcel.lines.select_related("line__order_line").order_by("pk")
        facts = {
            "seller": order.shop.name,
            "order": order.name,
            "parcel": parcel,
            "link": parcel.tracking_url or page_of(parcel.carrier, parcel.tracking_number),
            "events": list(parcel.events.order_by("-at")),
            "lines": [(row.quantity, row.line.order_line.title) for row in lines],
        }
    answer = render(request, "tracking/parcel.html", facts)
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    add_never_cache_headers(answer)
    return answer
