"""The page on which a customer follows a parcel: the selling shop's name and look, the carrier's words, and nobody else's."""

import datetime as dt
import hashlib
from dataclasses import asdict
from typing import Any

from babel.dates import format_date, format_datetime
from django.core import signing
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers, patch_cache_control
from django.views.decorators.http import require_GET

from network.scoping import as_network
from orders.carriers import page_of
from orders.look import Look, ink_on, look_of
from orders.models import Order, Parcel, Return
from orders.return_slip import return_slip
from orders.return_words import RETURNING
from orders.slip_words import language_of
from orders.tracking_words import TRACKING, TrackingWords, event_words

SALT = "orders.tracking"
TYPES = {"png": "image/png", "jpg": "image/jpeg"}


def tracking_path(parcel: Parcel) -> str:
    """Name the address of a parcel's page; whoever has it may look, it cannot be guessed and says no name or street."""
    return reverse("tracking", args=[signing.dumps(parcel.pk, salt=SALT)])


@require_GET
def tracking(request: HttpRequest, token: str) -> HttpResponse:
    """Show where a parcel is, in the selling shop's name, look and the customer's language; the shipper's name is not said."""
    parcel = _find(token)
    with as_network():
        order = parcel.internal_order.order
        look = look_of(order.shop)
        language = language_of(order.locale, order.destination.get("country") or order.country)
        lines = parcel.lines.select_related("line__order_line").order_by("pk")
        facts = _told(parcel, order, language) | {
            "seller": order.shop.name,
            "parcel": parcel,
            "language": language,
            "token": token,
            "look": _version(look),
            "has_colour": not look.is_plain,
            "has_logo": bool(look.logo) and not look.is_plain,
            "closing": "" if look.is_plain else look.closing_words,
            "link": parcel.tracking_url or page_of(parcel.carrier, parcel.tracking_number),
            "slips": [row.number for row in _returns(parcel)],
            "print_slip": RETURNING[language].print_it,
            "lines": [(row.quantity, row.line.order_line.title) for row in lines],
        }
    answer = render(request, "tracking/parcel.html", facts)
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    add_never_cache_headers(answer)
    return answer


@require_GET
def tracking_return(request: HttpRequest, token: str, number: str) -> HttpResponse:
    """Print the slip of a return of this parcel's goods, for the customer who sends them back."""
    parcel = _find(token)
    with as_network():
        returned = _returns(parcel).filter(number=number).first()
        if returned is None:
            raise Http404("There is no such return.")
        content = return_slip(returned)
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{returned.number}.pdf"'
    answer["X-Robots-Tag"] = "noindex"
    add_never_cache_headers(answer)
    return answer


@require_GET
def tracking_look(request: HttpRequest, token: str) -> HttpResponse:
    """Serve the selling shop's colour as a stylesheet of its own, so that the page needs no style inside."""
    look = _look(token)
    colour = "#000000" if look.is_plain else look.colour
    css = f":root {{ --look: {colour}; --look-ink: {ink_on(colour)}; }}\n"
    return _kept(HttpResponse(css, content_type="text/css; charset=utf-8"))


@require_GET
def tracking_logo(request: HttpRequest, token: str) -> HttpResponse:
    """Serve the selling shop's logo."""
    look = _look(token)
    if look.is_plain or not look.logo:
        raise Http404("There is no logo.")
    return _kept(HttpResponse(look.logo, content_type=TYPES[look.logo_kind]))


def _find(token: str) -> Parcel:
    try:
        pk = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        raise Http404("There is no such parcel.") from None
    with as_network():
        rows = Parcel.everyone.select_related("internal_order__order__shop").filter(pk=pk, cancelled_at=None)
        parcel = rows.first()
    if parcel is None:
        raise Http404("There is no such parcel.")
    return parcel


def _returns(parcel: Parcel) -> QuerySet[Return]:
    """Select the returns of what was in a parcel for which the customer still needs a slip."""
    rows = Return.everyone.filter(status="announced", is_lost=False, corrects=None)
    rows = rows.filter(internal_order=parcel.internal_order_id, lines__line__in=parcel.lines.values("line"))
    return (
        rows.select_related("internal_order__order__shop", "internal_order__shipper", "receiver")
        .distinct()
        .order_by("pk")
    )


def _look(token: str) -> Look:
    parcel = _find(token)
    with as_network():
        return look_of(parcel.internal_order.order.shop)


def _version(look: Look) -> str:
    """Name this look, so that a browser keeps it and asks anew when it changes."""
    return hashlib.sha256(repr((look.is_plain, look.colour, look.logo_kind)).encode() + look.logo).hexdigest()[:12]


def _kept(answer: HttpResponse) -> HttpResponse:
    patch_cache_control(answer, private=True, max_age=3600)
    answer["X-Robots-Tag"] = "noindex"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _told(parcel: Parcel, order: Order, language: str) -> dict[str, Any]:
    """Say the page's words with their names and days put in."""
    words = TRACKING[language]
    known = {"order": order.name, "seller": order.shop.name}
    said = {name: text.format(**known, day="") for name, text in asdict(words).items() if name != "events"}
    return {"words": said, "state": _state(parcel, words, language), "events": _events(parcel, words, language)}


def _state(parcel: Parcel, words: TrackingWords, language: str) -> str:
    seen = parcel.delivered_at if not parcel.delivery_presumed else None
    text, at = (words.delivered, seen) if seen else (words.on_its_way, parcel.shipped_at)
    return text.format(day=_day(at, language))


def _events(parcel: Parcel, words: TrackingWords, language: str) -> list[dict[str, Any]]:
    return [
        {
            "words": event_words(words, row.status),
            "at": row.at,
            "day": format_datetime(timezone.localtime(row.at), "d MMM, HH:mm", locale=language),
            "message": row.message,
        }
        for row in parcel.events.order_by("-at")
    ]


def _day(at: dt.datetime, language: str) -> str:
    return format_date(timezone.localdate(at), "d MMMM", locale=language)
