"""The selling shop's pages about exchanges and objections."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from network.acting import MerchantRequest, merchant_page
from network.scoping import as_network
from orders.exchange import exchange_units
from orders.exchange_forms import ExchangeForm, ObjectionForm, swaps_of
from orders.models import Objection, Order
from orders.object_grade import object_grade, withdraw_objection
from orders.returns_desk import Case, find_case, returnable
from skuu.kit.errors import NotFound, SkuuError


@merchant_page()
def exchange(request: MerchantRequest, pk: int) -> HttpResponseBase:
    """Give a customer another size: what comes back is announced, what goes out is claimed at once."""
    acting = request.acting
    order = Order.objects.for_merchant(acting.merchant).select_related("shop").filter(pk=pk).first()
    if order is None:
        raise NotFound("There is no such order.")
    with as_network():
        swaps = swaps_of(returnable(acting.merchant, order.pk))
    form = ExchangeForm(request.POST or None, swaps=swaps)
    refused, status = "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            line, wanted = form.chosen()
            data = form.cleaned_data
            try:
                with as_network():
                    done = exchange_units(
                        line, data["units"], wanted, reason=data["reason"], words=data["words"], by=acting.by
                    )
            except SkuuError as error:
                refused, status = error.message, error.status
            else:
                said = _("%(number)s is announced and %(title)s is on its way to your customer.")
                messages.success(request, said % {"number": done.returned.number, "title": done.line.title})
                return redirect("portal:order", order.pk)
    facts = {"section": "orders", "order": order, "form": form, "swaps": swaps, "refused": refused}
    return render(request, "portal/orders/exchange.html", facts, status=status)


@merchant_page()
def objection(request: MerchantRequest, number: str) -> HttpResponseBase:
    """Object to what an inspection of a return of ours found."""
    case = find_case(request.acting.merchant, number)
    if not case.may_object:
        raise NotFound("There is nothing to object to.")
    if request.method != "POST":
        return _page(request, case, ObjectionForm(case=case))
    form = ObjectionForm(request.POST, case=case)
    if not form.is_valid():
        return _page(request, case, form, status=422)
    try:
        with as_network():
            object_grade(case.row, form.units(), form.cleaned_data["words"], by=request.acting.by)
    except SkuuError as error:
        form.add_error(None, error.message)
        return _page(request, case, form, status=error.status)
    messages.success(request, _("The network’s staff looks at it; you are told what they decide."))
    return redirect("portal:return", number)


def _page(request: MerchantRequest, case: Case, form: ObjectionForm, *, status: int = 200) -> HttpResponse:
    facts = {"section": "returns", "case": case, "form": form}
    return render(request, "portal/orders/objection.html", facts, status=status)


@require_POST
@merchant_page()
def withdraw(request: MerchantRequest, number: str) -> HttpResponseBase:
    """Take an objection of ours back."""
    row = Objection.objects.for_merchant(request.acting.merchant).filter(returned__number=number, status="open").first()
    if row is None:
        raise NotFound("There is no objection to take back.")
    with as_network():
        withdraw_objection(row, by=request.acting.by)
    messages.success(request, _("The objection is withdrawn."))
    return redirect("portal:return", number)
