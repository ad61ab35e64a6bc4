"""Forms of the portal: Bootstrap's classes on every widget, errors tied to their fields for a screen reader."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from network.models import Membership

CLASSES = {"select": "form-select", "checkbox": "form-check-input", "radio": "form-check-input"}


class PortalForm(forms.Form):
    """A form in the portal's look."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)

    def __getitem__(self, name: str) -> Any:
        """Dress the widget when it is asked for: by then a form has its fields, and its errors if it was validated."""
        field = super().__getitem__(name)
        attrs = field.field.widget.attrs
        attrs["class"] = CLASSES.get(getattr(field.field.widget, "input_type", ""), "form-control")
        if self.is_bound and name in self.errors:
            attrs["class"] += " is-invalid"
            attrs["aria-describedby"] = f"{field.auto_id}_error"
        return field


class InviteForm(PortalForm):
    """Who shall join the team, and as what."""

    email = forms.EmailField(label=_("E-mail"), max_length=254, widget=forms.EmailInput({"autocomplete": "off"}))
    role = forms.ChoiceField(label=_("Role"), choices=list(Membership.ROLES.items()), initial="operations")


class KeyForm(PortalForm):
    """A name for a new API key and the shop it acts for."""

    name = forms.CharField(label=_("Name"), max_length=60, help_text=_("Which program will use it, e.g. “ERP”."))
    shop = forms.ChoiceField(label=_("Shop"))

    def __init__(self, *args: Any, shops: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shop"].choices = [(shop.pk, shop.name) for shop in shops]  # type: ignore[attr-defined]
