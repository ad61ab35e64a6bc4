"""The merchant's pages about returns: announced by the selling shop, inspected by who gets the goods."""

from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from network.acting import MerchantRequest, merchant_page
from network.paging import page_after, searched
from network.scoping import as_network
from orders.decline_takeover import decline_takeover
from orders.forms import AnnounceReturnForm, InspectForm
from orders.misled import find_misled, take_in_here
from orders.models import InternalOrder, Order, Return
from orders.return_goods import (
    announce_return,
    cancel_return,
    inspect_return,
    receive_return,
    report_lost,
)
from orders.return_slip import return_slip
from orders.returnable import return_until
from orders.returns_desk import Case, cases_of, find_case, returnable, returns_of
from skuu.kit.errors import NotFound, SkuuError


@merchant_page()
def returns(request: MerchantRequest) -> HttpResponseBase:
    """List returns, open ones or closed ones, the newest first: what comes to us, what we take over, what our customers send back."""
    acting, asked = request.acting, request.GET
    shops = acting.chosen_shops(asked.get("shop"))
    mine = returns_of(acting.merchant)
    closed = asked.get("state") == "closed"
    rows = mine.filter(
        Q(internal_order__shipper__in=shops) | Q(internal_order__order__shop__in=shops) | Q(receiver__in=shops)
    )
    rows = rows.filter(status__in=("closed", "cancelled") if closed else Return.OPEN)
    if words := searched(request):
        theirs = Q(
            destination="taker", receiver__merchant=acting.merchant
        )  # who takes over is told nothing of the order
        rows = rows.filter(
            Q(number__icontains=words)
            | Q(internal_order__number__icontains=words) & ~theirs
            | Q(tracking_number__icontains=words)
            | Q(internal_order__order__name__icontains=words, internal_order__order__shop__merchant=acting.merchant)
        )
    page = page_after(rows, asked.get("after"), of=mine, newest_first=True)
    facts = {"section": "returns", "page": page, "cases": cases_of(acting.merchant, page.rows), "closed": closed}
    if words and not page.rows:
        with as_network():
            facts["misled"] = find_misled(shops, words)
    return render(request, "portal/orders/returns.html", facts)


@require_POST
@merchant_page()
def arrived_here(request: MerchantRequest, number: str) -> HttpResponseBase:
    """Say that goods arrived which an old slip led to a shop of ours that had declined them."""
    acting = request.acting
    with as_network():
        misled = find_misled(list(acting.shops), number)
    if misled is None:
        raise NotFound("There is no such return.")
    try:
        with as_network():
            take_in_here(misled, by=acting.by)
    except SkuuError as error:
        messages.error(request, error.message)
        return redirect(f"{reverse('portal:returns')}?q={misled.number}")
    messages.success(
        request, _("%(number)s has arrived. Say in which state when you have looked.") % {"number": number}
    )
    return redirect("portal:return", misled.number)


@merchant_page()
def one_return(request: MerchantRequest, number: str) -> HttpResponseBase:
    """Show one return: what, why, where it goes, in which state it came."""
    return _show(request, find_case(request.acting.merchant, number))


def _show(
    request: MerchantRequest, case: Case, *, refused: str = "", form: InspectForm | None = None, status: int = 200
) -> HttpResponse:
    facts = {
        "section": "returns",
        "case": case,
        "form": (form or InspectForm(case=case)) if case.inspects else None,
        "refused": refused,
        "history": case.row.changes.order_by("pk"),
    }
    return render(request, "portal/orders/return.html", facts, status=status)


@require_GET
@merchant_page()
def slip(request: MerchantRequest, number: str) -> HttpResponseBase:
    """Print the slip our customer puts on and into the parcel."""
    case = find_case(request.acting.merchant, number)
    if not case.is_origin:
        raise NotFound("There is no such return.")
    with as_network():
        content = return_slip(case.row)
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{case.row.number}.pdf"'
    return answer


@merchant_page()
def announce(request: MerchantRequest, pk: int) -> HttpResponseBase:
    """Announce that units of an order of ours come back, or report that its parcel never arrived."""
    acting = request.acting
    order = Order.objects.for_merchant(acting.merchant).select_related("shop").filter(pk=pk).first()
    if order is None:
        raise NotFound("There is no such order.")
    parts = returnable(acting.merchant, order.pk)
    form = AnnounceReturnForm(request.POST or None, parts=parts)
    refused, status = "", 200
    if request.method == "POST":
        if not form.is_valid():
            status = 422
        else:
            try:
                with as_network(), transaction.atomic():  # of several partners: all of them or none
                    made = [_announce(row, form, acting.by) for row, units in form.by_order() if units]
                messages.success(
                    request, _("%(number)s is announced.") % {"number": ", ".join(one.number for one in made)}
                )
                return redirect("portal:return", made[0].number)
            except SkuuError as error:
                refused, status = error.message, error.status
    facts = {
        "section": "returns",
        "order": order,
        "parts": [(row, return_until(row), form.unit_fields(row)) for row, _units in parts],
        "form": form,
        "refused": refused,
    }
    return render(request, "portal/orders/announce_return.html", facts, status=status)


def _announce(row: InternalOrder, form: AnnounceReturnForm, by: str) -> Return:
    data = form.cleaned_data
    return announce_return(
        row,
        dict(form.by_order())[row],
        reason=data["reason"],
        destination=data["destination"],
        words=data["words"],
        tracking_number=data["tracking_number"],
        by=by,
    )


@require_POST
@merchant_page()
def lost(request: MerchantRequest, number: str) -> HttpResponseBase:
    """Report that what a partner shipped for an order of ours never arrived."""
    acting = request.acting
    rows = InternalOrder.objects.for_merchant(acting.merchant, via="order__shop__merchant")
    row = rows.filter(number=number).first()
    if row is None:
        raise NotFound("There is no such order.")
    try:
        with as_network():
            made = report_lost(row, by=acting.by)
    except SkuuError as error:
        messages.error(request, error.message)
        return redirect("portal:order", row.order_id)
    messages.success(request, _("%(number)s: the partner is asked where the parcel is.") % {"number": made.number})
    return redirect("portal:return", made.number)


@require_POST
@merchant_page()
def receive(request: MerchantRequest, number: str) -> HttpResponseBase:
    """Say that the goods arrived."""
    case = find_case(request.acting.merchant, number)
    if not case.inspects:
        return _show(request, case, refused=_("The goods of this return do not come to you."), status=409)
    try:
        with as_network():
            receive_return(case.row, by=request.acting.by)
    except SkuuError as error:
        return _show(request, case, refused=error.message, status=error.status)
    messages.success(
        request, _("%(number)s has arrived. Say in which state when you have looked.") % {"number": number}
    )
    return redirect("portal:return", number)


@require_POST
@merchant_page()
def decline(request: MerchantRequest, number: str) -> HttpResponseBase:
    """Decline to take the goods of one return over."""
    case = find_case(request.acting.merchant, number)
    if not case.is_taker:
        return _show(request, case, refused=_("You do not take these goods over."), status=409)
    try:
        with as_network():
            decline_takeover(case.row, request.POST.get("reason", ""), by=request.acting.by)
    except SkuuError as error:
        return _show(request, case, refused=error.message, status=error.status)
    messages.success(request, _("%(number)s does not come to you. The selling shop is told why.") % {"number": number})
    return redirect("portal:returns")


@require_POST
@merchant_page()
def inspect(request: MerchantRequest, number: str) -> HttpResponseBase:
    """Say of every unit in which state it came, and close the return."""
    case = find_case(request.acting.merchant, number)
    if not case.inspects:
        return _show(request, case, refused=_("There is nothing to inspect for you."), status=409)
    form = InspectForm(request.POST, case=case)
    if not form.is_valid():
        return _show(request, case, form=form, status=422)
    try:
        with as_network():
            inspect_return(case.row, form.grades(), verdict=form.cleaned_data["verdict"], by=request.acting.by)
    except SkuuError as error:
        return _show(request, case, refused=error.message, form=form, status=error.status)
    messages.success(request, _("%(number)s is closed; both shops’ statements follow.") % {"number": number})
    return redirect("portal:return", number)


@require_POST
@merchant_page()
def cancel(request: MerchantRequest, number: str) -> HttpResponseBase:
    """Take an announced return of ours back."""
    case = find_case(request.acting.merchant, number)
    if not case.may_cancel:
        return _show(request, case, refused=_("This return cannot be cancelled any more."), status=409)
    try:
        with as_network():
            cancel_return(case.row, by=request.acting.by)
    except SkuuError as error:
        return _show(request, case, refused=error.message, status=error.status)
    messages.success(request, _("%(number)s is cancelled.") % {"number": number})
    return redirect("portal:return", number)
