"""The selling shop's form on an order that it told us itself: call off units that have not shipped."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from network.acting import MerchantRequest, merchant_page
from network.forms import PortalForm
from network.scoping import as_network
from orders.call_off import call_off_units
from orders.desk import Sale, sales_of
from orders.lines import Cover, cover_of
from orders.models import Order
from orders.sell import OVER
from skuu.kit.errors import NotFound, SkuuError


class CallOffForm(PortalForm):
    """How many units of each open line the customer still wants."""

    def __init__(self, *args: Any, sale: Sale, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        covers = cover_of(line.pk for line in sale.lines)
        for line in sale.lines:
            shipped = covers.get(line.pk, Cover()).shipped
            if line.status not in OVER and line.exchange_of_id is None and line.quantity > shipped:
                self.fields[line.remote_id] = forms.IntegerField(
                    label=line.title,
                    min_value=shipped,
                    max_value=line.quantity,
                    initial=line.quantity,
                    help_text=_("of %(n)d; %(shipped)d shipped") % {"n": line.quantity, "shipped": shipped}
                    if shipped
                    else _("of %(n)d") % {"n": line.quantity},
                )

    def kept(self) -> list[tuple[str, int]]:
        """Say what is still wanted, line by line."""
        return [(name, self.cleaned_data[name]) for name in self.fields]


def call_off_form(sale: Sale) -> CallOffForm | None:
    """Make the form for an order of a shop that tells us its sales; None when nothing of it can be called off here."""
    if sale.order.shop.platform != "api" or sale.order.cancelled_at:
        return None
    form = CallOffForm(sale=sale)
    return form if form.fields else None


@require_POST
@merchant_page()
def call_off(request: MerchantRequest, pk: int) -> HttpResponseBase:
    """Call off units of an order of ours, or with ``all`` whatever has not shipped."""
    merchant = request.acting.merchant
    row = Order.objects.for_merchant(merchant).select_related("shop").filter(pk=pk).first()
    sale = sales_of(merchant, [row])[0] if row else None
    if row is None or sale is None or call_off_form(sale) is None:
        raise NotFound("There is nothing to call off.")
    form = CallOffForm(request.POST, sale=sale)
    everything = "all" in request.POST
    if not everything and not form.is_valid():
        messages.error(request, " ".join(str(one) for errors in form.errors.values() for one in errors))
        return redirect("portal:order", pk)
    kept = (
        [(name, getattr(field, "min_value", 0)) for name, field in form.fields.items()] if everything else form.kept()
    )
    try:
        with as_network():
            call_off_units(row.shop, row.remote_id, kept, by=request.acting.by)
    except SkuuError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Called off. What partners still hold of it is called back from them."))
    return redirect("portal:order", pk)
