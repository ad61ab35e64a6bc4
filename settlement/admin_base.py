"""What the back office's pages about the books share."""

from typing import Any

from django import forms
from django.http import HttpRequest

_BOX = "border border-base-200 bg-white rounded-default shadow-xs px-3 py-2 text-sm max-w-full dark:bg-base-900 dark:border-base-700"


class OfficeForm(forms.Form):
    """A form of the back office whose fields look like the others there."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if getattr(field.widget, "input_type", "") != "checkbox":
                field.widget.attrs.setdefault("class", _BOX)


class ReadOnly:
    """The books have verbs for writers, and they are not forms."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_write_permission(self, request: HttpRequest) -> bool:
        """Say whether this person may call the verbs behind the list's actions."""
        model: Any = getattr(self, "model")  # noqa: B009 - the admin it is mixed into has it
        return bool(request.user.has_perm(f"settlement.change_{model._meta.model_name}"))
