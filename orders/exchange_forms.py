"""Forms of exchanges and objections."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.catalogue import size_label
from network.forms import PortalForm
from orders.models import InternalOrder, Return
from orders.object_grade import open_to_objection
from orders.returns_desk import Case

Swaps = list[tuple[Any, int, list[Any]]]  # internal line, units left, other sizes


class ExchangeForm(PortalForm):
    """What the customer sends back and which size they get instead."""

    swap = forms.ChoiceField(label=_("Instead of"))
    units = forms.IntegerField(label=_("Units"), min_value=1, initial=1)
    reason = forms.ChoiceField(
        label=_("Why"),
        choices=[(key, Return.REASONS[key]) for key in ("too_small", "too_large", "faulty", "wrong_item")],
    )
    words = forms.CharField(label=_("For the partner"), max_length=300, required=False)

    def __init__(self, *args: Any, swaps: Swaps, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.swaps = {
            f"{line.pk}:{variant.pk}": (line, variant) for line, _left, variants in swaps for variant in variants
        }
        self.fields["swap"].choices = [  # type: ignore[attr-defined]
            (key, f"{line.order_line.title} → {size_label(variant)}") for key, (line, variant) in self.swaps.items()
        ]

    def chosen(self) -> tuple[Any, Any]:
        """The internal line and the size given instead."""
        return self.swaps[self.cleaned_data["swap"]]


class ObjectionForm(PortalForm):
    """How many units should have got another grade, and why."""

    words = forms.CharField(
        label=_("Why this is wrong"), max_length=1000, widget=forms.Textarea({"rows": 3}),
        help_text=_("The partner and the network’s staff read it."),
    )  # fmt: skip

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.case = case
        self.asked: dict[str, tuple[int, str, str]] = {}
        found_as = {"worn": _("worn"), "faulty": _("faulty"), "missing": _("missing")}
        should_be = {"as_new": _("as new"), "faulty": _("faulty when sent")}
        for back in case.lines:
            for grade, may_be in open_to_objection(case.row).items():
                count = getattr(back.line, grade)
                for to in may_be if count else ():
                    name = f"{grade}_{to}_{back.line.line_id}"
                    self.asked[name] = (back.line.line_id, grade, to)
                    self.fields[name] = forms.IntegerField(
                        label=_("%(title)s: not %(found)s but %(said)s")
                        % {"title": back.title, "found": found_as[grade], "said": should_be[to]},
                        min_value=0, max_value=count, initial=0, required=False,
                    )  # fmt: skip

    def unit_fields(self) -> list[Any]:
        """The fields that ask for units."""
        return [self[name] for name in self.asked]

    def units(self) -> list[dict[str, Any]]:
        """What was asked, in the words of the verb."""
        found = []
        for name, (line, grade, to) in self.asked.items():
            if count := self.cleaned_data.get(name):
                found.append({"line": line, "from": grade, "to": to, "units": count})
        return found


def swaps_of(parts: list[tuple[InternalOrder, list[tuple[Any, int, str]]]]) -> Swaps:
    """List what of an order can be exchanged, with the sizes the shop could give instead."""
    from orders.exchange import sizes_to_give

    found = [(line, left, sizes_to_give(line)) for _row, lines in parts for line, left, _size in lines]
    return [one for one in found if one[2]]
