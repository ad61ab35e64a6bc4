"""What portal templates need beside Django's own: money, states in words and colour, the current query with one thing changed."""

import functools
from typing import Any

from babel import Locale
from django import template
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from lucide.templatetags.lucide import lucide

from skuu.kit.money import Money

register = template.Library()

# what a state means to the reader: good (done or running), busy (somebody is at it), bad (needs a person), quiet (over)
TONES = {
    "live": "good",
    "linked": "good",
    "delivered": "good",
    "shipped": "good",
    "accepted": "busy",
    "placed": "busy",
    "planned": "busy",
    "routed": "busy",
    "waiting": "busy",
    "installing": "busy",
    "shadow": "busy",
    "ask": "busy",
    "pending": "busy",
    "prepared": "busy",
    "approved": "busy",
    "instructed": "busy",
    "payable": "good",
    "paid": "good",
    "settled": "good",
    "bounced": "bad",
    "open": "bad",
    "paused": "bad",
    "held": "bad",
    "handed_back": "bad",
    "declined": "bad",
    "failed": "bad",
    "expired": "bad",
}
WORDS = {
    "live": _("Live"),
    "shadow": _("Shadow mode"),
    "installing": _("Installing"),
    "paused": _("Paused"),
    "left": _("Left"),
    "waiting": _("Waiting"),
    "held": _("Held"),
    "routed": _("With a partner"),
    "planned": _("New"),
    "placed": _("Placed"),
    "accepted": _("Accepted"),
    "shipped": _("Shipped"),
    "delivered": _("Delivered"),
    "declined": _("Declined"),
    "expired": _("Expired"),
    "failed": _("Failed"),
    "cancelled": _("Cancelled"),
    "handed_back": _("Handed back"),
    "returned": _("Returned"),
    "announced": _("Announced"),
    "received": _("Arrived"),
    "closed": _("Closed"),
    "linked": _("Matched"),
    "ask": _("Waiting for review"),
    "rejected": _("Not the same"),
    "withdrawn": _("Withdrawn"),
}


@register.filter
def money(minor: int | None, currency: str) -> str:
    """Show minor units as the reader's locale writes them."""
    if minor is None:
        return "–"
    return Money(int(minor), currency).format(get_language() or "en")


@register.filter
def tone(status: str) -> str:
    """Name the colour of a state: good, busy, bad or quiet."""
    return TONES.get(status, "quiet")


@register.filter
def in_words(status: str) -> Any:
    """Say a state in a word people use."""
    return WORDS.get(status, status.replace("_", " ").capitalize())


@register.filter
def country(code: str) -> str:
    """Name a country in the reader's language."""
    return str(Locale.parse(get_language() or "en", sep="-").territories.get(code, code)) if code else "–"


@register.filter
def percent(basis_points: int) -> str:
    """Show basis points as a percentage without needless zeros: 1000 is "10 %"."""
    return f"{basis_points / 100:g} %"


@register.simple_tag(takes_context=True)
def query_with(context: dict[str, Any], **changes: Any) -> str:
    """Repeat the current query string with some parameters changed; None or an empty text drops one."""
    request: HttpRequest = context["request"]
    query = request.GET.copy()
    for name, value in changes.items():
        if value in (None, ""):
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}"


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """Draw a lucide icon that means nothing to a screen reader; the text beside it does."""
    return _drawn(name, f"icon {extra}".strip())


@functools.lru_cache(maxsize=256)
def _drawn(name: str, classes: str) -> SafeString:
    return lucide(name, size=18, **{"class": classes, "aria-hidden": "true", "focusable": "false"})  # type: ignore[return-value]


@register.filter
def bootstrapped(form: Any) -> Any:
    """Give the widgets of a form that is not ours the classes our style sheet knows."""
    kinds = {"select": "form-select", "checkbox": "form-check-input", "radio": "form-check-input"}
    for field in form.fields.values():
        kind = getattr(field.widget, "input_type", "")
        field.widget.attrs.setdefault("class", kinds.get(kind, "form-control"))
        field.widget.attrs.pop("placeholder", None)
    return form
