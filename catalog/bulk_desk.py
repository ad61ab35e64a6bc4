"""The desk for many cards at once: name a pattern, look at what it would link, say yes, watch it, take it back."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog import bulk
from catalog.bulk_pattern import DIFFERENCES, Pattern
from catalog.models import BulkCard, BulkDecision, ReviewCard
from catalog.review import QueueFilter
from catalog.review_desk import View, card_choices, may_decide, site_facts, whole
from catalog.sight import CLASSES, see_cards
from catalog.weighing import show_money
from network.models import Shop
from skuu.kit.errors import SkuuError

STATUSES = {
    "preview": gettext_lazy("preview"),
    "deciding": gettext_lazy("deciding"),
    "decided": gettext_lazy("decided"),
    "undoing": gettext_lazy("taking back"),
    "undone": gettext_lazy("taken back"),
}
SAMPLE = 20
LATEST = 20


def bulk_urls(site: admin.AdminSite) -> list[URLPattern]:
    """List the addresses of bulk decisions, behind the admin site's own door."""
    door = site.admin_view
    return [
        path("review/bulk/", door(page), name="review_bulk"),
        path("review/bulk/preview/", door(preview), name="review_bulk_preview"),
        path("review/bulk/<int:pk>/", door(one), name="review_bulk_one"),
        path("review/bulk/<int:pk>/confirm/", door(confirm), name="review_bulk_confirm"),
        path("review/bulk/<int:pk>/drop/", door(drop), name="review_bulk_drop"),
        path("review/bulk/<int:pk>/go/", door(go), name="review_bulk_go"),
        path("review/bulk/<int:pk>/undo/", door(undo), name="review_bulk_undo"),
    ]


def decider(view: View, method: str = "POST") -> View:
    """Let in who may decide on cards, by one method."""

    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may_decide(request):
            raise PermissionDenied(_("You may see review cards, but not decide on them."))
        if request.method != method:
            return HttpResponseNotAllowed([method])
        return view(request, *args, **kwargs)

    return page


def _page(request: HttpRequest) -> HttpResponse:
    pattern = _pattern(request.GET)
    latest = BulkDecision.objects.exclude(status="dropped").order_by("-pk")[:LATEST]
    facts = {
        **card_choices(QueueFilter(kind="question")),
        "pattern": pattern,
        "differences": DIFFERENCES.items(),
        "every_shop": list(Shop.everyone.order_by("name", "pk").values_list("pk", "name")),
        "latest": [(row, _words(row), STATUSES[row.status]) for row in latest],
    }
    return render(request, "admin/review/bulk.html", site_facts(request, _("Decide many cards")) | facts)


def _preview(request: HttpRequest) -> HttpResponse:
    try:
        made = bulk.preview_bulk(_pattern(request.POST), by=_by(request))
    except SkuuError as error:
        messages.error(request, error.message)
        return redirect("admin:review_bulk")
    return redirect("admin:review_bulk_one", made.pk)


def _one(request: HttpRequest, pk: int) -> HttpResponse:
    row = _row(pk)
    facts = site_facts(request, _("Bulk decision %(number)d") % {"number": row.pk}) | _shown(row)
    if row.status == "preview":
        facts |= {"sample": _sample(row), "mine": row.by == _by(request)}
    return render(request, "admin/review/bulk_one.html", facts)


def _confirm(request: HttpRequest, pk: int) -> HttpResponse:
    row = _row(pk)
    try:
        bulk.confirm_bulk(row, digest=request.POST.get("digest", ""), by=_by(request))
    except SkuuError as error:
        messages.error(request, error.message)
    return redirect("admin:review_bulk_one", pk)


def _drop(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        bulk.drop_bulk(_row(pk), by=_by(request))
    except SkuuError as error:
        messages.error(request, error.message)
        return redirect("admin:review_bulk_one", pk)
    return redirect("admin:review_bulk")


def _go(request: HttpRequest, pk: int) -> HttpResponse:
    """Do the next few cards and answer with the progress, which asks again while there is more."""
    row, said = _row(pk), ""
    try:
        bulk.go_on(row)
    except SkuuError as error:
        said = error.message
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("admin:review_bulk_one", pk)
    return render(request, "admin/review/_bulk_progress.html", _shown(_row(pk)) | {"said": said, "may_decide": True})


def _undo(request: HttpRequest, pk: int) -> HttpResponse:
    row = _row(pk)
    if request.POST.get("sure") != "yes":
        messages.error(request, _("Tick the box to say that you mean it."))
        return redirect("admin:review_bulk_one", pk)
    try:
        bulk.begin_undo(row, by=_by(request))
    except SkuuError as error:
        messages.error(request, error.message)
    return redirect("admin:review_bulk_one", pk)


page, preview, one = decider(_page, "GET"), decider(_preview), decider(_one, "GET")
confirm, drop, go, undo = decider(_confirm), decider(_drop), decider(_go), decider(_undo)


def _by(request: HttpRequest) -> str:
    return str(request.user.get_username())


def _row(pk: int) -> BulkDecision:
    row = BulkDecision.objects.filter(pk=pk).first()
    if row is None:
        raise Http404(_("There is no such bulk decision."))
    return row


def _pattern(asked: Any) -> Pattern:
    """Read a pattern from an address or a form; what cannot be read is not asked for."""
    shop, other = whole(asked.get("shop")), whole(asked.get("other_shop"))
    least, most = whole(asked.get("least")), whole(asked.get("most"))
    return Pattern(
        evidence_class=asked.get("class", "").replace("\x00", "")[:20],
        brand=asked.get("brand", "").replace("\x00", "")[:120],
        shop=shop if shop > 0 else None,
        other_shop=other if other > 0 else None,
        code_equal=asked.get("code_equal") == "on",
        colour_equal=asked.get("colour_equal") == "on",
        least_percent=least if 50 <= least <= 100 else 90,
        rejects=asked.get("decision") == "reject",
        differs=asked["differs"] if asked.get("differs") in DIFFERENCES else "",
        most_percent=most if 0 <= most <= 100 else 40,
    )


def _sample(row: BulkDecision) -> list[Any]:
    """Choose cards evenly over the whole decision, and show of each what would be linked."""
    frozen = list(row.cards.order_by("pk").values_list("card_id", "candidate"))
    step = max(1, len(frozen) // SAMPLE)
    chosen = dict(frozen[::step][:SAMPLE])
    cards = ReviewCard.everyone.filter(pk__in=chosen).order_by("-money_minor", "pk")
    shown = []
    for sight in see_cards(list(cards)):
        option = next((one for one in sight.options if one.number == chosen[sight.card.pk]), None)
        if option is not None:
            shown.append((sight, option))
    return shown


def _shown(row: BulkDecision) -> dict[str, Any]:
    done = row.cards.order_by().aggregate(
        all=Count("pk"),
        decided=Count("pk", filter=Q(status__in=("decided", "undone"))),
        undone=Count("pk", filter=Q(status="undone")),
        left=Count("pk", filter=Q(status="left")),
        waiting=Count("pk", filter=Q(status="waiting")),
        sizes=Sum("sizes", filter=Q(status="decided")),
    )
    through = done["all"] - done["waiting"] if row.status == "deciding" else done["undone"] + done["left"]
    left = BulkCard.objects.filter(bulk=row, status="left").select_related("card__product").order_by("pk")
    return {
        "bulk": row,
        "words": _words(row),
        "money": show_money(row.counts.get("money", 0), "EUR"),
        "done": done,
        "through": through,
        "left_alone": left[: bulk.MOST_NAMED],
    }


def _words(row: BulkDecision) -> list[str]:
    """Say a pattern in words."""
    said = row.pattern
    words = [_("Reject") if row.rejects else _("Approve")]
    words.append(str(CLASSES.get(said["evidence_class"], said["evidence_class"])))
    names = dict(Shop.everyone.filter(pk__in=[said["shop"] or 0, said["other_shop"] or 0]).values_list("pk", "name"))
    if said["brand"]:
        words.append(_("brand %(brand)s") % {"brand": said["brand"].title()})
    if said["shop"]:
        words.append(_("asked by %(shop)s") % {"shop": names.get(said["shop"], "?")})
    if said["other_shop"]:
        words.append(_("candidate of %(shop)s") % {"shop": names.get(said["other_shop"], "?")})
    return words + (_words_of_no(said) if row.rejects else _words_of_yes(said))


def _words_of_no(said: dict[str, Any]) -> list[str]:
    words = [str(DIFFERENCES[said["differs"]])] if said["differs"] in DIFFERENCES else []
    return [*words, _("at most %(most)d %%") % {"most": said["most_percent"]}]


def _words_of_yes(said: dict[str, Any]) -> list[str]:
    words = []
    if said["code_equal"]:
        words.append(_("article codes agree"))
    if said["colour_equal"]:
        words.append(_("colours agree"))
    words.append(_("at least %(least)d %%") % {"least": said["least_percent"]})
    return words
