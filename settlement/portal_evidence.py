"""The merchant's pages about the evidence behind VAT: which sales are proven, and the papers handed in for one."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from network.acting import BOOKKEEPERS, SEES_MONEY, MerchantRequest, merchant_page
from network.paging import page_after
from network.scoping import as_network
from network.taxing import country_name
from orders.models import InternalOrder
from settlement.documents.statement import harmless
from settlement.downloads import stream_csv
from settlement.evidence import is_proven, pieces_of
from settlement.forms import PaperForm
from settlement.hand_in import find_paper, hand_in, read_paper
from settlement.portal_money import download
from skuu.kit.errors import NotFound, SkuuError

PARTIES = ("shipper__merchant", "order__shop__merchant")
BATCH = 500  # sales of a file in memory at a time
COLUMNS = (
    "internal_order",
    "role",
    "partner",
    "arrives",
    "shipped_on",
    "proven",
    "kind",
    "issuer",
    "independent",
    "at",
    "sha256",
)


@require_GET
@merchant_page(see=SEES_MONEY, change=BOOKKEEPERS)
def evidence_list(request: MerchantRequest) -> HttpResponseBase:
    """List the sales that crossed a border of the Union with what proves their transport, as a page or as CSV."""
    merchant = request.acting.merchant
    mine = InternalOrder.objects.for_merchant(merchant, via=PARTIES)
    rows = mine.filter(vat__treatment="distance_sale", shipped_at__isnull=False)
    rows = rows.select_related("order__shop__merchant", "shipper__merchant")
    if "csv" in request.GET:
        return stream_csv("evidence.csv", COLUMNS, _lines(rows, merchant.pk))
    page = page_after(rows, request.GET.get("after"), of=mine, newest_first=True)
    facts = {"section": "documents", "page": page, "told": _told(page.rows, merchant.pk)}
    return render(request, "portal/settlement/evidence.html", facts)


@require_POST
@merchant_page(see=SEES_MONEY, change=BOOKKEEPERS)
def hand_in_paper(request: MerchantRequest, number: str) -> HttpResponseBase:
    """Take a paper about the transport of a sale that the merchant shipped."""
    ships = InternalOrder.objects.for_merchant(request.acting.merchant).filter(number=number)
    if not ships.exists():
        raise NotFound("There is no such order.")
    form = PaperForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            hand_in(number, form.paper(), merchant=request.acting.merchant, by=request.acting.by)
            messages.success(request, _("Kept. Your partner and the network can read it."))
        except SkuuError as error:
            messages.error(request, error.message)
    else:
        messages.error(request, " ".join(str(one) for said in form.errors.values() for one in said))
    return redirect("portal:explain_sale", number=number)


@require_GET
@merchant_page(see=SEES_MONEY, change=BOOKKEEPERS)
def paper(request: MerchantRequest, number: str, pk: int) -> HttpResponse:
    """Download a paper; always as a download, never shown inside our pages."""
    row = find_paper(number, pk, request.acting.merchant)
    return download(read_paper(row), row.facts["name"], row.facts["type"])


def _told(orders: list[InternalOrder], merchant: int) -> list[dict[str, Any]]:
    pieces = pieces_of([order.pk for order in orders])
    with as_network():
        return [
            {
                "order": order,
                "ships": order.shipper.merchant_id == merchant,
                "partner": order.order.shop.name if order.shipper.merchant_id == merchant else order.shipper.name,
                "arrives": country_name(order.order.country),
                "pieces": [one for one in pieces.get(order.pk, []) if one.kind != "standing"],
                "proven": is_proven(pieces.get(order.pk, [])),
            }
            for order in orders
        ]


def _lines(rows: QuerySet[InternalOrder], merchant: int) -> Iterator[list[str]]:
    """Tell every sale, the newest first, a line for each piece of evidence; reads a batch after the last key it told."""
    before: int | None = None
    while found := list((rows if before is None else rows.filter(pk__lt=before)).order_by("-pk")[:BATCH]):
        for one in _told(found, merchant):
            yield from _lines_of(one)
        before = found[-1].pk


def _lines_of(told: dict[str, Any]) -> Iterator[list[str]]:
    order = told["order"]
    head = [
        order.number,
        "shipped" if told["ships"] else "sold",
        harmless(told["partner"]),
        harmless(told["arrives"]),
        order.shipped_at.date().isoformat(),
        "yes" if told["proven"] else "no",
    ]
    for piece in told["pieces"] or [None]:
        yield [*head, *_cells(piece)]


def _cells(piece: Any) -> list[str]:
    if piece is None:
        return [""] * 5
    independent = "yes" if piece.is_independent else "no"
    return [
        piece.kind,
        harmless(piece.issuer),
        independent,
        piece.at.isoformat(),
        piece.facts.get("file", piece.digest),
    ]
