"""The desk where staff judge match questions: one card at a time, by keyboard, the next one at once."""

import functools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, F, Min, OuterRef, Subquery, Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from catalog import review
from catalog.models import Product, ReviewCard, ReviewCardChange, Variant
from catalog.review import DECIDED, QueueFilter, waiting
from catalog.sight import CLASSES, see_card
from network.models import Shop
from skuu.kit.errors import SkuuError
from skuu.kit.money import Money

AGES = {1: "older than a day", 7: "older than a week", 30: "older than a month"}
SKIP_REASONS = (
    "Pictures are missing",
    "Not enough facts to tell",
    "Needs somebody who knows the brand",
    "Looks wrong at the shop",
)
HISTORY_PAGE = 50
View = Callable[..., HttpResponse]


def desk_urls(site: admin.AdminSite) -> list[URLPattern]:
    """List the desk's addresses, behind the admin site's own door (staff, second factor, never cached)."""
    door = site.admin_view
    return [
        path("review/", door(queue), name="review"),
        path("review/history/", door(history), name="review_history"),
        path("review/undo/", door(undo_last), name="review_undo_last"),
        path("review/<int:pk>/", door(one_card), name="review_card"),
        path("review/<int:pk>/approve/", door(approve), name="review_approve"),
        path("review/<int:pk>/reject/", door(reject), name="review_reject"),
        path("review/<int:pk>/skip/", door(skip), name="review_skip"),
        path("review/<int:pk>/undo/", door(undo), name="review_undo"),
    ]


def _may_decide(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("catalog.change_reviewcard"))


def _by(request: HttpRequest) -> str:
    return str(request.user.get_username())


def reader(view: View) -> View:
    """Let in who may see review cards; deciding needs more."""

    @functools.wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not (_may_decide(request) or request.user.has_perm("catalog.view_reviewcard")):
            raise PermissionDenied("You may not see review cards.")
        return view(request, *args, **kwargs)

    return page


def decision(view: Callable[..., tuple[str, ReviewCard | None]]) -> View:
    """Let in who may decide, take only POST, and answer with what happened and the next card; a refusal shows the same card."""

    @functools.wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not _may_decide(request):
            raise PermissionDenied("You may see review cards, but not decide on them.")
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            said, card = view(request, *args, **kwargs)
        except SkuuError as error:
            same = ReviewCard.everyone.filter(pk=kwargs.get("pk", 0)).first()
            return _answer(request, refused=error, card=same if same and _still_mine(request, same) else None)
        return _answer(request, said=said, card=card)

    return page


@reader
def queue(request: HttpRequest) -> HttpResponse:
    """Show the next card of the queue under the chosen filters, taken for whoever may decide."""
    where = _filter(request.GET)
    card = _next(request, where)
    return _page(request, where, _shown(request, where, card))


@reader
def one_card(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one card, whoever holds it and whatever became of it."""
    card = _card(pk)
    if card.status in ("open", "skipped") and _may_decide(request) and review.take_card(card, by=_by(request)):
        card.refresh_from_db()
    where = _filter(request.GET)
    return _page(request, where, _shown(request, where, card))


@decision
def approve(request: HttpRequest, pk: int) -> tuple[str, ReviewCard | None]:
    card = _card(pk)
    number = _whole(request.POST.get("candidate"))
    linked = review.approve_card(card, candidate=number, by=_by(request), digest=request.POST.get("digest", ""))
    sizes = "1 size" if linked == 1 else f"{linked} sizes"
    return f"Approved: {sizes} of “{card.product.title}” linked.", None


@decision
def reject(request: HttpRequest, pk: int) -> tuple[str, ReviewCard | None]:
    card = _card(pk)
    review.reject_card(card, by=_by(request), digest=request.POST.get("digest", ""))
    return f"Rejected: “{card.product.title}” is none of them.", None


@decision
def skip(request: HttpRequest, pk: int) -> tuple[str, ReviewCard | None]:
    card = _card(pk)
    review.skip_card(card, by=_by(request), reason=request.POST.get("reason", "").strip()[:200])
    return f"Skipped “{card.product.title}”.", None


@decision
def undo(request: HttpRequest, pk: int) -> tuple[str, ReviewCard | None]:
    card = _card(pk)
    review.undo_card(card, by=_by(request))
    return f"Undone: “{card.product.title}” is a question again.", _card(pk)


@decision
def undo_last(request: HttpRequest) -> tuple[str, ReviewCard | None]:
    card = review.undo_last(_by(request))
    return f"Undone: “{card.product.title}” is a question again.", card


@reader
def history(request: HttpRequest) -> HttpResponse:
    """List decisions, newest first, of everybody or one person; those that still stand can be undone."""
    later = ReviewCardChange.objects.filter(row=OuterRef("row"), pk__gt=OuterRef("pk"))
    chosen = Product.everyone.filter(pk=OuterRef("row__chosen_product"))
    steps = ReviewCardChange.objects.exclude(by="engine").exclude(to_status="moot")
    people = list(steps.order_by("by").values_list("by", flat=True).distinct()[:200])
    who, before = request.GET.get("by", ""), _whole(request.GET.get("before"))
    if who:
        steps = steps.filter(by=who)
    if before > 0:
        steps = steps.filter(pk__lt=before)
    rows = list(
        steps.select_related("row__product__shop")
        .annotate(
            standing=~Exists(later), chosen_title=Subquery(chosen.values("title")[:1]),
            chosen_shop=Subquery(chosen.values("shop__name")[:1]),
        )
        .order_by("-pk")[: HISTORY_PAGE + 1]
    )  # fmt: skip
    more = rows[HISTORY_PAGE - 1].pk if len(rows) > HISTORY_PAGE else None
    facts = {"rows": rows[:HISTORY_PAGE], "more": more, "people": people, "who": who, "decided": DECIDED}
    return render(request, "admin/review/history.html", _site(request, "Decisions") | facts)


def _page(request: HttpRequest, where: QueueFilter, shown: dict[str, Any]) -> HttpResponse:
    facts = _site(request, "Match review") | shown | _choices(where)
    return render(request, "admin/review/queue.html", facts)


def _site(request: HttpRequest, title: str) -> dict[str, Any]:
    return {**admin.site.each_context(request), "title": title, "may_decide": _may_decide(request)}


def _answer(
    request: HttpRequest, *, said: str = "", refused: SkuuError | None = None, card: ReviewCard | None = None
) -> HttpResponse:
    """Answer a decision: HTMX gets the desk with the next card, a plain form is sent back to where it came from."""
    where = _filter(request.POST)
    if not request.htmx:  # type: ignore[attr-defined]
        messages.add_message(
            request, messages.ERROR if refused else messages.SUCCESS, refused.message if refused else said
        )
        if request.POST.get("back") == "history":
            return redirect("admin:review_history")
        return redirect(f"{reverse('admin:review')}?{urlencode(_as_query(where))}")
    if card is None:
        card = _next(request, where)
    facts = _shown(request, where, card) | {"said": said, "refused": refused, "may_decide": True}
    return render(request, "admin/review/_desk.html", facts, status=refused.status if refused else 200)


def _next(request: HttpRequest, where: QueueFilter) -> ReviewCard | None:
    if _may_decide(request):
        return review.take_next(_by(request), where)
    return waiting(where).first()


def _shown(request: HttpRequest, where: QueueFilter, card: ReviewCard | None) -> dict[str, Any]:
    """Gather what the desk shows: the card as a person sees it, and how much still waits."""
    if card is not None:
        card = _card(card.pk)
    left = waiting(where).order_by().aggregate(cards=Count("pk"), money=Sum("money_minor"), oldest=Min("created_at"))
    return {
        "sight": see_card(card) if card else None,
        "held": card is not None and _still_mine(request, card),
        "left": left["cards"],
        "left_money": Money(left["money"] or 0, "EUR").format(),
        "oldest": left["oldest"],
        "skipped": ReviewCard.everyone.filter(status="skipped").count(),
        "today": _decided_today(_by(request)),
        "query": _as_query(where),
        "skip_reasons": SKIP_REASONS,
    }


def _still_mine(request: HttpRequest, card: ReviewCard) -> bool:
    waits = card.status in ("open", "skipped")
    return waits and _may_decide(request) and card.taken_by in ("", _by(request))


def _decided_today(by: str) -> int:
    begin = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    mine = ReviewCardChange.objects.filter(by=by, to_status__in=("approved", "rejected"), at__gte=begin)
    return mine.filter(row__status=F("to_status")).count()


def _choices(where: QueueFilter) -> dict[str, Any]:
    """Count what each filter would show, of the cards of the chosen pile."""
    pile = ReviewCard.everyone.filter(status=where.status).order_by()
    first = Variant.everyone.filter(product=OuterRef("product"), deleted_at=None).order_by("pk").values("brand_key")
    brands = pile.annotate(brand=Subquery(first[:1])).exclude(brand="").exclude(brand=None)
    shops = dict(pile.values_list("product__shop").annotate(count=Count("pk")))
    names = Shop.everyone.filter(pk__in=shops).order_by("name", "pk")
    classes = pile.values_list("evidence_class").annotate(count=Count("pk")).order_by("-count", "evidence_class")
    return {
        "where": where,
        "brands": list(brands.values_list("brand").annotate(count=Count("pk")).order_by("-count", "brand")[:300]),
        "shops": [(shop.pk, f"{shop.name} ({shop.country})", shops[shop.pk]) for shop in names],
        "classes": [(name, CLASSES.get(name, name), count) for name, count in classes],
        "ages": AGES.items(),
    }


def _filter(asked: Any) -> QueueFilter:
    """Read the filters of an address or form; what cannot be read is no filter."""
    shop, days = _whole(asked.get("shop")), _whole(asked.get("days"))
    return QueueFilter(
        brand=asked.get("brand", "").replace("\x00", "")[:120],
        shop=shop if shop > 0 else None,
        evidence_class=asked.get("class", "").replace("\x00", "")[:20],
        days=days if days in AGES else 0,
        status="skipped" if asked.get("pile") == "skipped" else "open",
    )


def _as_query(where: QueueFilter) -> dict[str, str]:
    """Write filters the way ``_filter`` reads them; only those that are set."""
    said = {
        "brand": where.brand,
        "shop": str(where.shop or ""),
        "class": where.evidence_class,
        "days": str(where.days or ""),
        "pile": "skipped" if where.status == "skipped" else "",
    }
    return {name: value for name, value in said.items() if value}


def _whole(text: Any) -> int:
    """Read a whole number; anything else is -1, which names nothing."""
    text = str(text or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1


def _card(pk: int) -> ReviewCard:
    card = ReviewCard.everyone.select_related("product__shop").filter(pk=pk).first()
    if card is None:
        raise Http404("There is no such card.")
    return card
