"""The page "Matching": how much waits, how fast it is decided, how far people and the machine can be trusted."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog import figures, gates
from catalog.models import ReviewCard
from catalog.review_desk import reader, site_facts, whole
from catalog.reviewing import plotting
from catalog.second_look import agreement
from catalog.weighing import show_money

RANGES = {
    1: gettext_lazy("Last 24 hours"),
    7: gettext_lazy("Last 7 days"),
    30: gettext_lazy("Last 30 days"),
    90: gettext_lazy("Last 90 days"),
}
DEFAULT = 7
MOST_DRAWN = 5  # reviewers with a colour of their own; the others are drawn together
FLOORS = (0.98, 0.95, 0.9, 0.8, 0.5, 0.0)
LOOKS = {"proven": "proven", "stopped": "stopped"}


def matching_urls(site: admin.AdminSite) -> list[URLPattern]:
    """List the page's address, behind the admin site's own door."""
    return [path("matching/", site.admin_view(matching), name="matching")]


@reader
def matching(request: HttpRequest) -> HttpResponse:
    """Show the figures of a stretch of time as charts, with a table beside each."""
    asked = whole(request.GET.get("days"))
    days = asked if asked in RANGES else DEFAULT
    span = figures.last(days)
    facts = {
        "ranges": RANGES.items(),
        "days": days,
        **_backlog(span, days),
        **_people(span, days),
        "agreement": agreement(span.begin, span.end),
        "disputes": ReviewCard.everyone.filter(kind="dispute", status="open").count(),
        **_classes(),
        **_exchange(),
    }
    return render(request, "admin/matching/page.html", site_facts(request, _("Matching")) | facts)


def _labels(span: figures.Span, days: int) -> list[str]:
    style = "H:i" if days == 1 else "D H:i" if days == 7 else "j M"
    return [date_format(timezone.localtime(at), style) for at in span.slices]


def _backlog(span: figures.Span, days: int) -> dict[str, Any]:
    counts = figures.backlog_over(span)
    ages = figures.backlog_ages(timezone.now())
    points = list(zip(_labels(span, days), counts, strict=True))
    return {
        "backlog": points,
        "backlog_picture": plotting.draw_curve(points) if any(counts) else None,
        "ages": [(row, show_money(row.money, "EUR")) for row in ages],
        "waiting": sum(row.cards for row in ages),
        "waiting_money": show_money(sum(row.money for row in ages), "EUR"),
    }


def _people(span: figures.Span, days: int) -> dict[str, Any]:
    rows, slices = figures.reviewers(span)
    drawn = [row.name for row in rows[:MOST_DRAWN]]
    others = [row.name for row in rows[MOST_DRAWN:]]
    series = [slices.get(name, []) for name in drawn]
    if others:
        series.append([sum(parts) for parts in zip(*(slices[name] for name in others if name in slices), strict=True)])
        drawn.append(_("others"))
    labels = _labels(span, days)
    columns = [(label, [one[place] if one else 0 for one in series]) for place, label in enumerate(labels)]
    busy = sum(row.decided for row in rows)
    return {
        "reviewers": rows,
        "decided": busy,
        "people": list(enumerate(drawn)),
        "people_picture": plotting.stack_bars(columns, drawn) if busy else None,
    }


def _classes() -> dict[str, Any]:
    rows = gates.class_figures()
    checked = [row for row in rows if row.checked]
    lowest = min((row.lower for row in checked), default=1.0)
    floor = next(floor for floor in FLOORS if floor <= lowest or floor == FLOORS[-1])
    drawn = [(row.title, row.lower, row.precision, row.upper, LOOKS.get(row.status, "provisional")) for row in checked]
    return {
        "classes": [(row, _percent(row.precision), _percent(row.lower), _percent(row.upper)) for row in rows],
        "aim": 100 * gates.AIM,
        "classes_picture": plotting.draw_bounds(drawn, gates.AIM, floor) if checked else None,
    }


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.2f} %"


def _exchange() -> dict[str, Any]:
    rows = figures.exchangeable_shares()
    drawn = [(row.shop, row.share, f"{100 * row.share:.1f} %") for row in rows]
    return {
        "exchange": [(row, f"{100 * row.share:.1f} %") for row in rows],
        "exchange_picture": plotting.draw_shares(drawn) if rows else None,
    }
