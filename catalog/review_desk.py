"""The desk where staff judge match questions: one card at a time, by keyboard, the next one at once."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, Min, OuterRef, Subquery, Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog import review
from catalog.models import MatchReport, Product, ReviewCard, ReviewCardChange, Variant
from catalog.review import DECIDED, QueueFilter, waiting
from catalog.review_table import size_table
from catalog.sight import CLASSES, KINDS, Sight, see_card
from catalog.weighing import show_money
from network.models import Shop
from skuu.kit.errors import SkuuError

AGES = {
    1: gettext_lazy("older than a day"),
    7: gettext_lazy("older than a week"),
    30: gettext_lazy("older than a month"),
}
PILES = {
    "": gettext_lazy("Everything open"),
    "question": gettext_lazy("Questions only"),
    "audit": gettext_lazy("Audits"),
    "report": gettext_lazy("Merchants’ reports"),
    "dispute": gettext_lazy("Disputed"),
    "skipped": gettext_lazy("Skipped"),
}
SKIP_REASONS = (
    gettext_lazy("Pictures are missing"),
    gettext_lazy("Not enough facts to tell"),
    gettext_lazy("Needs somebody who knows the brand"),
    gettext_lazy("Looks wrong at the shop"),
)


class Wording(NamedTuple):
    """What a kind of card asks, and the words on its two buttons."""

    question: Any
    yes: Any
    no: Any
    no_of_many: Any


_ASKED = Wording(
    gettext_lazy("Is this the same product?"), gettext_lazy("Same product"), gettext_lazy("Not the same"),
    gettext_lazy("None of these"),
)  # fmt: skip
_LINKED = Wording(
    gettext_lazy("These are linked. Are they really the same?"), gettext_lazy("The same"), gettext_lazy("Not the same"),
    gettext_lazy("Not the same"),
)  # fmt: skip
WORDINGS = {"audit": _LINKED, "report": _LINKED}
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


def may_decide(request: HttpRequest) -> bool:
    """Tell whether this person may judge cards; seeing them takes less."""
    return bool(request.user.has_perm("catalog.change_reviewcard"))


def _by(request: HttpRequest) -> str:
    return str(request.user.get_username())


def reader(view: View) -> View:
    """Let in who may see review cards; deciding needs more."""

    @functools.wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not (may_decide(request) or request.user.has_perm("catalog.view_reviewcard")):
            raise PermissionDenied(_("You may not see review cards."))
        return view(request, *args, **kwargs)

    return page


def decision(view: Callable[..., tuple[str, ReviewCard | None]]) -> View:
    """Let in who may decide, take only POST, and answer with what happened and the next card; a refusal shows the same card."""

    @functools.wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may_decide(request):
            raise PermissionDenied(_("You may see review cards, but not decide on them."))
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
    if card.status in ("open", "skipped") and may_decide(request) and review.take_card(card, by=_by(request)):
        card.refresh_from_db()
    where = _filter(request.GET)
    return _page(request, where, _shown(request, where, card))


@decision
def approve(request: HttpRequest, pk: int) -> tuple[str, ReviewCard | None]:
    """Say that the product is the candidate shown."""
    card = _card(pk)
    number = whole(request.POST.get("candidate"))
    linked = review.approve_card(card, candidate=number, by=_by(request), digest=request.POST.get("digest", ""))
    words = {"count": linked, "title": card.product.title}
    if card.kind in WORDINGS or card.kind == "double":
        return _("Said to be the same: “%(title)s”.") % words, None
    sentence = ngettext(
        "Approved: %(count)d size of “%(title)s” linked.", "Approved: %(count)d sizes of “%(title)s” linked.", linked
    )
    return sentence % words, None


@decision
def reject(request: HttpRequest, pk: int) -> tuple[str, ReviewCard | None]:
    """Say that the product is none of the candidates."""
    card = _card(pk)
    review.reject_card(card, by=_by(request), digest=request.POST.get("digest", ""))
    return _("Rejected: “%(title)s” is none of them.") % {"title": card.product.title}, None


@decision
def skip(request: HttpRequest, pk: int) -> tuple[str, ReviewCard | None]:
    """Leave the card for somebody else, with the reason."""
    card = _card(pk)
    review.skip_card(card, by=_by(request), reason=request.POST.get("reason", "").strip()[:200])
    return _("Skipped “%(title)s”.") % {"title": card.product.title}, None


@decision
def undo(request: HttpRequest, pk: int) -> tuple[str, ReviewCard | None]:
    """Take back what was decided on this card, whoever did, and show it again."""
    card = _card(pk)
    review.undo_card(card, by=_by(request))
    return _undone(card), _card(pk)


@decision
def undo_last(request: HttpRequest) -> tuple[str, ReviewCard | None]:
    """Take back this person's latest decision, and show its card again."""
    card = review.undo_last(_by(request))
    return _undone(card), card


def _undone(card: ReviewCard) -> str:
    return _("Undone: “%(title)s” is a question again.") % {"title": card.product.title}


@reader
def history(request: HttpRequest) -> HttpResponse:
    """List decisions, newest first, of everybody or one person; those that still stand can be undone."""
    later = ReviewCardChange.objects.filter(row=OuterRef("row"), pk__gt=OuterRef("pk"))
    chosen = Product.everyone.filter(pk=OuterRef("row__chosen_product"))
    steps = ReviewCardChange.objects.exclude(from_status="").exclude(by="engine").exclude(to_status="moot")
    steps = steps.defer("seen")
    people = list(steps.order_by("by").values_list("by", flat=True).distinct()[:200])
    who, before = request.GET.get("by", ""), whole(request.GET.get("before"))
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
    return render(request, "admin/review/history.html", site_facts(request, _("Decisions")) | facts)


def _page(request: HttpRequest, where: QueueFilter, shown: dict[str, Any]) -> HttpResponse:
    facts = site_facts(request, _("Match review")) | shown | card_choices(where)
    return render(request, "admin/review/queue.html", facts)


def site_facts(request: HttpRequest, title: str) -> dict[str, Any]:
    """Gather what every page of the desk needs of the site around it."""
    return {**admin.site.each_context(request), "title": title, "may_decide": may_decide(request)}


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
    if may_decide(request):
        return review.take_next(_by(request), where)
    return waiting(where).first()


def _shown(request: HttpRequest, where: QueueFilter, card: ReviewCard | None) -> dict[str, Any]:
    """Gather what the desk shows: the card as a person sees it, and how much still waits."""
    left = waiting(where).order_by().aggregate(cards=Count("pk"), money=Sum("money_minor"), oldest=Min("created_at"))
    held = card is not None and _still_mine(request, card)
    return {
        **_card_facts(request, card, held=held),
        "held": held,
        "left": left["cards"],
        "left_money": show_money(left["money"] or 0, "EUR"),
        "oldest": left["oldest"],
        "skipped": ReviewCard.everyone.filter(status="skipped").count(),
        "today": _decided_today(_by(request)),
        "query": _as_query(where),
        "skip_reasons": SKIP_REASONS,
    }


def _card_facts(request: HttpRequest, card: ReviewCard | None, *, held: bool) -> dict[str, Any]:
    if card is None:
        return {"sight": None}
    sight = review.show_card(card, by=_by(request)) if held else see_card(card)
    return {
        "sight": sight,
        "options": [(option, size_table(option, linked=card.kind in WORDINGS)) for option in sight.options],
        "kind": KINDS[card.kind],
        "wording": WORDINGS.get(card.kind, _ASKED),
        "words": _reporters_words(card) if card.kind == "report" else [],
        "opinions": _opinions(card, sight) if card.kind == "dispute" else [],
    }


def _reporters_words(card: ReviewCard) -> list[dict[str, Any]]:
    """What a merchant said when it reported the link on this card, oldest first."""
    return [
        {
            "shop": card.about.get("shop", ""),
            "reason": MatchReport.REASONS.get(said.get("reason", ""), ""),
            "note": said.get("note", ""),
        }
        for said in card.about.get("words", [])
    ]


def _opinions(card: ReviewCard, sight: Sight) -> list[tuple[str, str]]:
    """What the two who differ said, by name."""
    shops = {option.theirs.product.pk: option.theirs.shop for option in sight.options}
    found = []
    for one in (card.about["first"], card.about["second"]):
        if one["status"] == "approved":
            said = _("the same as the product of %(shop)s") % {
                "shop": shops.get(one["product"], _("a deleted product"))
            }
        else:
            said = _("none of them")
        found.append((one["by"], said))
    return found


def _still_mine(request: HttpRequest, card: ReviewCard) -> bool:
    waits = card.status in ("open", "skipped")
    return waits and may_decide(request) and card.taken_by in ("", _by(request))


def _decided_today(by: str) -> int:
    begin = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    mine = ReviewCard.everyone.filter(decided_by=by, decided_at__gte=begin, status__in=("approved", "rejected"))
    return mine.count()


def card_choices(where: QueueFilter) -> dict[str, Any]:
    """Count what each filter would show, of the cards of the chosen pile."""
    pile = waiting(QueueFilter(status=where.status, kind=where.kind)).order_by()
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
        "piles": PILES.items(),
        "pile": _pile(where),
    }


def _filter(asked: Any) -> QueueFilter:
    """Read the filters of an address or form; what cannot be read is no filter."""
    shop, days, pile = whole(asked.get("shop")), whole(asked.get("days")), asked.get("pile", "")
    return QueueFilter(
        brand=asked.get("brand", "").replace("\x00", "")[:120],
        shop=shop if shop > 0 else None,
        evidence_class=asked.get("class", "").replace("\x00", "")[:20],
        days=days if days in AGES else 0,
        status="skipped" if pile == "skipped" else "open",
        kind=pile if pile in PILES and pile != "skipped" else "",
    )


def _pile(where: QueueFilter) -> str:
    return "skipped" if where.status == "skipped" else where.kind


def _as_query(where: QueueFilter) -> dict[str, str]:
    """Write filters the way ``_filter`` reads them; only those that are set."""
    said = {
        "brand": where.brand,
        "shop": str(where.shop or ""),
        "class": where.evidence_class,
        "days": str(where.days or ""),
        "pile": _pile(where),
    }
    return {name: value for name, value in said.items() if value}


def whole(text: Any) -> int:
    """Read a whole number; anything else is -1, which names nothing."""
    text = str(text or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1


def _card(pk: int) -> ReviewCard:
    card = ReviewCard.everyone.select_related("product__shop").filter(pk=pk).first()
    if card is None:
        raise Http404(_("There is no such card."))
    return card
