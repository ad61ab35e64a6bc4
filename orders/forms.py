"""The form with which a stock room enters a parcel."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from network.forms import PortalForm
from orders.desk import Task

CARRIERS = ("bpost", "Correos", "DHL", "DPD", "FedEx", "GLS", "InPost", "La Poste", "PostNL", "PostNord", "UPS")


class ShipForm(PortalForm):
    """Carrier, tracking number and, when several units are left, what the parcel holds."""

    carrier = forms.CharField(
        label=_("Carrier"), max_length=60, widget=forms.TextInput({"list": "carriers", "autocomplete": "off"})
    )
    number = forms.CharField(
        label=_("Tracking number"),
        max_length=120,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    url = forms.URLField(label=_("Tracking link"), max_length=500, required=False, assume_scheme="https")

    def __init__(self, *args: Any, task: Task, **kwargs: Any) -> None:
        self.left = {picking.line.pk: picking.left for picking in task.lines if picking.left}
        self.asks_units = sum(self.left.values()) > 1
        self.pickings = [picking for picking in task.lines if picking.left]
        super().__init__(*args, **kwargs)
        if self.asks_units:
            for picking in self.pickings:
                self.fields[_name(picking.line.pk)] = _units_field(picking)

    def unit_fields(self) -> list[Any]:
        """The fields that ask how many units of each line are in the parcel."""
        return [self[_name(pk)] for pk in self.left] if self.asks_units else []

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if self.asks_units and not self.errors and not any(data.get(_name(pk)) for pk in self.left):
            raise forms.ValidationError(_("The parcel holds nothing. Enter how many units are in it."))
        return data

    def units(self) -> list[tuple[int, int]] | None:
        """The parcel's contents as (internal line id, units); None means everything not sent yet."""
        if not self.asks_units:
            return None
        found = ((pk, self.cleaned_data.get(_name(pk)) or 0) for pk in self.left)
        return [(pk, units) for pk, units in found if units]


def _name(line_id: int) -> str:
    return f"units_{line_id}"


def _units_field(picking: Any) -> forms.IntegerField:
    product = picking.line.variant.product.title
    return forms.IntegerField(
        label=f"{product}, {picking.size}",
        min_value=0,
        max_value=picking.left,
        initial=picking.left,
        required=False,
        help_text=_("of %(left)d left") % {"left": picking.left},
    )
