"""The forms of trade: a stock room enters a parcel, announces what comes back, and counts what came."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from network.forms import PortalForm
from orders.carriers import doubt_of
from orders.desk import Task
from orders.models import InternalOrder, Return
from orders.returns_desk import Case


class TrackingForm(PortalForm):
    """Carrier and tracking number, asked about once when they do not fit together."""

    carrier = forms.CharField(
        label=_("Carrier"), max_length=60, widget=forms.TextInput({"list": "carriers", "autocomplete": "off"})
    )
    number = forms.CharField(
        label=_("Tracking number"),
        max_length=120,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    url = forms.URLField(label=_("Tracking link"), max_length=500, required=False, assume_scheme="https")
    sure = forms.BooleanField(label=_("The number is right as it is"), required=False)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        doubt = doubt_of(data.get("carrier", ""), data.get("number", ""))
        if doubt and not data.get("sure"):
            self.asks_sure = True
            self.add_error("number", doubt)
        return data

    asks_sure = False


class ShipForm(TrackingForm):
    """A parcel: its tracking and, when several units are left, what it holds."""

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


Parts = list[tuple[InternalOrder, list[tuple[Any, int, str]]]]


class AnnounceReturnForm(PortalForm):
    """Which units come back, why and where to; one field for each line of each partner."""

    reason = forms.ChoiceField(
        label=_("Why"), choices=[(key, text) for key, text in Return.REASONS.items() if key != "lost"]
    )
    destination = forms.ChoiceField(
        label=_("Where to"),
        choices=list(Return.CHOICES.items()),
        initial="rule",
        help_text=_(
            "What the partner takes back as new or faulty is taken off your account; what you keep stays bought."
        ),
    )
    tracking_number = forms.CharField(label=_("Tracking number"), max_length=120, required=False)
    words = forms.CharField(label=_("For the partner"), max_length=300, required=False)

    def __init__(self, *args: Any, parts: Parts, **kwargs: Any) -> None:
        self.parts = parts
        super().__init__(*args, **kwargs)
        for _row, lines in parts:
            for line, left, size in lines:
                self.fields[_name(line.pk)] = forms.IntegerField(
                    label=f"{line.order_line.title}, {size}",
                    min_value=0,
                    max_value=left,
                    initial=0,
                    help_text=_("of %(left)d sent") % {"left": left},
                )

    def unit_fields(self, row: InternalOrder) -> list[Any]:
        """The fields of one partner's lines."""
        return [self[_name(line.pk)] for part, lines in self.parts if part == row for line, _left, _size in lines]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        chosen = [pk for pk, lines in self.parts for line, _left, _size in lines if data.get(_name(line.pk))]
        if not self.errors and not chosen:
            raise forms.ValidationError(_("Say how many units come back."))
        return data

    def by_order(self) -> list[tuple[InternalOrder, list[tuple[int, int]]]]:
        """The units chosen, as (internal line id, units) for each internal order."""
        found = []
        for row, lines in self.parts:
            units = [(line.pk, self.cleaned_data.get(_name(line.pk)) or 0) for line, _left, _size in lines]
            found.append((row, [one for one in units if one[1]]))
        return found


class InspectForm(PortalForm):
    """How many units of each line came in which state."""

    verdict = forms.CharField(label=_("Note for the selling shop"), max_length=300, required=False)

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        self.case = case
        super().__init__(*args, **kwargs)
        for back in case.lines:
            for place, (grade, words) in enumerate(case.grades):
                self.fields[f"{grade}_{back.line.line_id}"] = forms.IntegerField(
                    label=words,
                    min_value=0,
                    max_value=back.line.quantity,
                    initial=0 if place else back.line.quantity,
                )

    def rows(self) -> list[tuple[Any, list[Any]]]:
        """Each line of the return with its fields."""
        return [
            (back, [self[f"{grade}_{back.line.line_id}"] for grade, _words in self.case.grades])
            for back in self.case.lines
        ]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            for back in self.case.lines:
                counted = sum(self.grades()[back.line.line_id].values())
                if counted != back.line.quantity:
                    raise forms.ValidationError(
                        _("%(title)s: %(counted)d units are counted, %(announced)d were announced.")
                        % {"title": back.title, "counted": counted, "announced": back.line.quantity}
                    )
        return data

    def grades(self) -> dict[int, dict[str, int]]:
        """What was counted, by internal line id and grade."""
        return {
            back.line.line_id: {
                grade: self.cleaned_data.get(f"{grade}_{back.line.line_id}") or 0 for grade, _words in self.case.grades
            }
            for back in self.case.lines
        }
