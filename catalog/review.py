"""Review: who looks at which card, and what a person decides about it, kept for ever and undone without a trace on any shelf."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from catalog.answers import answering_of
from catalog.card_steps import LEASE, NOBODY, reopen
from catalog.match import lock_matching
from catalog.models import CardSight, ReviewCard, ReviewCardChange, Variant
from catalog.second_look import not_by
from catalog.sight import Sight, basis_of, see_card
from skuu.kit.errors import Busy, NotPossible, WrongState
from skuu.kit.states import move

DECIDED = ("approved", "rejected", "skipped")


class NoSuchCandidate(NotPossible):
    """The card does not show a candidate of that number; it was renewed in the meantime."""

    code = "no_such_candidate"


class CardWasRenewed(WrongState):
    """What the person was shown is not what stands on the card now."""

    code = "card_was_renewed"


class TakenByAnother(Busy):
    """Another reviewer looks at the card now."""

    code = "taken_by_another"


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which cards a reviewer wants: by the machine's name of the brand, shop, evidence class, least age in days, and kind.

    Disputes are a pile of their own: only who asks for them by kind gets them.
    """

    brand: str = ""
    shop: int | None = None
    evidence_class: str = ""
    days: int = 0
    status: str = "open"
    kind: str = ""


EVERYTHING = QueueFilter()


def waiting(where: QueueFilter, by: str = "") -> QuerySet[ReviewCard]:
    """Select the cards that wait for a decision, most money first; with ``by``, only those this person may judge."""
    rows = ReviewCard.everyone.filter(status=where.status)
    rows = rows.filter(kind=where.kind) if where.kind else rows.exclude(kind="dispute")
    if by:
        rows = rows.filter(not_by(by))
    if where.brand:
        rows = rows.filter(Exists(Variant.everyone.filter(product=OuterRef("product"), brand_key=where.brand)))
    if where.shop is not None:
        rows = rows.filter(product__shop=where.shop)
    if where.evidence_class:
        rows = rows.filter(evidence_class=where.evidence_class)
    if where.days:
        rows = rows.filter(created_at__lt=timezone.now() - dt.timedelta(days=where.days))
    return rows.order_by("-money_minor", "pk")


def take_next(by: str, where: QueueFilter = EVERYTHING) -> ReviewCard | None:
    """Take the oldest report of a merchant, else the card with the most at stake, that nobody else looks at; None when none is left.

    It is held for five minutes. *Locks* the card, passing by those others hold. *Again*: the same card, until it is decided,
    skipped or given back.
    """
    now = timezone.now()
    with transaction.atomic():
        rows = waiting(where, by).select_for_update(skip_locked=True, of=("self",))
        card = rows.filter(taken_by=by, taken_until__gt=now).first()
        free = rows.filter(Q(taken_until=None) | Q(taken_until__lte=now))
        card = card or free.filter(kind="report").order_by("pk").first() or free.first()
        others = ReviewCard.everyone.filter(taken_by=by, taken_until__gt=now).exclude(pk=card.pk if card else 0)
        others.update(**NOBODY)
        if card is not None:
            card.taken_by, card.taken_until = by, now + LEASE
            ReviewCard.everyone.filter(pk=card.pk).update(taken_by=by, taken_until=card.taken_until)
    return card


def take_card(card: ReviewCard, *, by: str) -> bool:
    """Take this very card if nobody else looks at it; says whether it is taken now."""
    now = timezone.now()
    free = Q(taken_until=None) | Q(taken_until__lte=now) | Q(taken_by__in=("", by))
    won = ReviewCard.everyone.filter(free, pk=card.pk, status__in=("open", "skipped"))
    return bool(won.update(taken_by=by, taken_until=now + LEASE))


def approve_card(card: ReviewCard, *, candidate: int = 0, by: str, digest: str = "") -> int:
    """Say that the product is this candidate. Returns how many sizes it is about: those linked, or looked at.

    A question links all aligned sizes; an audit or a report keeps its link; a second look only writes down what was said.
    ``digest`` names what the person was shown (sight.Sight.digest); the card's history keeps it in words.
    *Locks* matching. *Again* on a decided card: NotPossible. Sizes whose shop already stands in the item are left out.
    Raises CardWasRenewed, TakenByAnother, NoSuchCandidate; nothing is changed then.
    """
    with transaction.atomic():
        _lock()
        card = _open(card, by)
        chosen = _chosen(card, candidate)
        words = _as_shown(card, by, digest)
        return answering_of(card).approve(card, candidate, chosen, by=by, words=words)


def reject_card(card: ReviewCard, *, by: str, digest: str = "") -> None:
    """Say that the product is none of the candidates; of a question the machine will not ask about these pairs again.

    *Locks* and *Raises* as approve_card does.
    """
    with transaction.atomic():
        _lock()
        card = _open(card, by)
        words = _as_shown(card, by, digest)
        answering_of(card).reject(card, by=by, words=words)


def skip_card(card: ReviewCard, *, by: str, reason: str = "") -> None:
    """Leave the question for somebody else or later; one skipped again rests for as long as a card may be held."""
    with transaction.atomic():
        card = _open(card, by)
        if card.status == "skipped":
            card.changes.create(from_status="skipped", to_status="skipped", by=by, reason=reason)
            ReviewCard.everyone.filter(pk=card.pk).update(taken_by="", taken_until=timezone.now() + LEASE)
        else:
            move(card, "skipped", by=by, reason=reason, **NOBODY)


def undo_last(by: str) -> ReviewCard:
    """Take back this person's latest decision that still stands, and hand the card back to them.

    *Again* takes back the one before. Raises NotPossible when there is none.
    """
    later = ReviewCardChange.objects.filter(row=OuterRef("row"), pk__gt=OuterRef("pk"))
    mine = ReviewCardChange.objects.filter(~Exists(later), by=by, to_status__in=DECIDED, row__status=F("to_status"))
    last = mine.select_related("row").order_by("-pk").first()
    if last is None:
        raise NotPossible("You have decided nothing that could be undone.", code="nothing_to_undo")
    undo_card(last.row, by=by)
    return ReviewCard.everyone.get(pk=last.row_id)


def undo_card(card: ReviewCard, *, by: str) -> None:
    """Take a decision back: its verdicts fall, its links and their placements are withdrawn, the card is open again.

    Whoever undoes it holds the card. *Locks* matching. Raises NotPossible when it is not decided.
    """
    with transaction.atomic():
        _lock()
        card = ReviewCard.everyone.select_for_update(of=("self",)).get(pk=card.pk)
        if card.status not in DECIDED:
            raise NotPossible("Only a decided card can be undone.", code="not_decided")
        if card.status == "skipped":
            reopen(card, by=by)
        else:
            answering_of(card).undo(card, by=by)


def _lock() -> None:
    """Wait for the matcher's own lock, and say so instead of failing when a long run holds it."""
    try:
        lock_matching()
    except OperationalError as error:
        raise Busy("Matching is at work on a large batch; try again in a moment.", code="matching_at_work") from error


def _open(card: ReviewCard, by: str) -> ReviewCard:
    card = ReviewCard.everyone.select_for_update().get(pk=card.pk)
    if card.status not in ("open", "skipped"):
        raise NotPossible(f"This card was {card.status} already.", code="already_decided")
    if card.taken_by not in ("", by) and card.taken_until and card.taken_until > timezone.now():
        raise TakenByAnother(f"{card.taken_by} is looking at this card now.")
    return card


def _chosen(card: ReviewCard, candidate: int) -> dict[str, Any]:
    if not 0 <= candidate < len(card.candidates):
        raise NoSuchCandidate("This card shows no such candidate; open it again.")
    chosen: dict[str, Any] = card.candidates[candidate]
    return chosen


def show_card(card: ReviewCard, *, by: str) -> Sight:
    """Draw a card for a person and remember what their screen shows, so that deciding need not draw it again."""
    basis = basis_of(card)
    sight = see_card(card)
    fresh = CardSight(card=card, by=by, digest=sight.digest, basis=basis, words=_words(sight))
    CardSight.objects.bulk_create(
        [fresh], update_conflicts=True, unique_fields=["card", "by"], update_fields=["digest", "basis", "words"]
    )
    return sight


def _as_shown(card: ReviewCard, by: str, digest: str) -> dict[str, Any]:
    """Find the words this person was shown. Raises CardWasRenewed when the products say something else by now."""
    known = CardSight.objects.filter(card=card, by=by, digest=digest).first() if digest else None
    if known is not None and known.basis == basis_of(card):
        words: dict[str, Any] = known.words
        return words
    sight = see_card(card)
    if digest and digest != sight.digest:
        raise CardWasRenewed("One of these products changed while you looked. This is how the card stands now.")
    return _words(sight)


def _words(sight: Sight) -> dict[str, Any]:
    """What was shown of each candidate, by its number on the card."""
    return {str(option.number): option.seen for option in sight.options}
