"""Words for the states and kinds that the review desk shows."""

from typing import Any

from django import template
from django.utils.translation import gettext_lazy as _

from catalog.sight import KINDS

register = template.Library()
STATES = {
    "open": _("open"),
    "approved": _("approved"),
    "rejected": _("rejected"),
    "skipped": _("skipped"),
    "moot": _("moot"),
    "provisional": _("on probation"),
    "proven": _("proven"),
    "stopped": _("stopped"),
    "active": _("active"),
    "draft": _("draft"),
    "archived": _("archived"),
}


@register.filter
def state_words(status: str) -> Any:
    """Say the state of a card, a class of evidence or a product in the reader's language."""
    return STATES.get(status, status)


@register.filter
def kind_words(kind: str) -> Any:
    """Say what kind of card it is in the reader's language; a second look is told apart here, where it is history."""
    return _("Second look") if kind == "double" else KINDS.get(kind, kind)
