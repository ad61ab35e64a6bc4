"""A second look: a share of decided questions is shown again, blind, to somebody else; where they differ a third settles it.

The first verdict stands until then. What both said is kept, so that agreement can be measured at any time.
"""

import datetime as dt
import random
from typing import Any

from django.conf import settings
from django.db.models import Q

from catalog.card_steps import close_seconds, decide, reopen
from catalog.models import ReviewCard, ReviewCardChange
from catalog.reviewing.agreement import Agreement, measure_agreement
from skuu.kit.errors import NotAllowed, NotPossible
from skuu.kit.states import move

NONE_OF_THEM = -1


class DecidedItYourself(NotAllowed):
    """A second look belongs to somebody who has not judged the card before."""

    code = "decided_it_yourself"


def maybe_draw(card: ReviewCard) -> None:
    """Draw a decided question for a second look with the chance that settings name; a card is drawn once."""
    if 100 * random.random() < settings.REVIEW_TWICE_PERCENT:  # noqa: S311 - a sample, not a secret
        draw_second(card)


def draw_second(card: ReviewCard) -> ReviewCard | None:
    """Show a decided question again to somebody else, as if the machine asked for the first time. *Again*: None."""
    if ReviewCard.everyone.filter(first=card, kind="double").exclude(status="moot").exists():
        return None
    about = {
        "first": {"status": card.status, "product": card.chosen_product, "by": card.decided_by},
        "second": {"by": ""},
    }
    return _open(card, "double", about=about)


def say_second(card: ReviewCard, status: str, product: int | None, *, by: str, words: dict[str, Any]) -> bool:
    """Keep what the second person says; returns whether both say the same. If not, a dispute is opened for a third.

    Raises DecidedItYourself.
    """
    first = card.about["first"]
    if first["by"] == by:
        raise DecidedItYourself("You decided this card the first time; somebody else must look at it now.")
    agrees = (first["status"], first["product"]) == (status, product)
    decide(card, status, by=by, chosen=product, words=words, agrees=agrees)
    if not agrees:
        second = {"status": status, "product": product, "by": by}
        original = ReviewCard.everyone.get(pk=card.first_id or 0)
        _open(original, "dispute", about={"first": first, "second": second})
    return agrees


def unsay_second(card: ReviewCard, *, by: str) -> None:
    """Take a second person's word back. Raises NotPossible once the dispute it opened was settled."""
    disputes = ReviewCard.everyone.filter(first=card.first_id, kind="dispute")
    if disputes.filter(status__in=("approved", "rejected")).exists():
        raise NotPossible("The dispute about it is settled already.", code="dispute_is_settled")
    for dispute in disputes.filter(status__in=("open", "skipped")):
        move(dispute, "moot", by=by, reason="the second opinion was taken back")
    reopen(card, by=by)


def settle(card: ReviewCard, *, by: str) -> ReviewCard:
    """Return the decided card a dispute is about, for a third person. Raises DecidedItYourself, NotPossible."""
    if by in (card.about["first"]["by"], card.about["second"]["by"]):
        raise DecidedItYourself("You are one of the two who differ; a third person must settle it.")
    first = ReviewCard.everyone.select_for_update(of=("self",)).get(pk=card.first_id or 0)
    if first.status not in ("approved", "rejected"):
        close_seconds(first, by=by)
        raise NotPossible("The decision it is about was taken back.", code="nothing_in_dispute")
    return first


def not_by(by: str) -> Q:
    """Select the cards that this person may judge: no second look at their own decisions, no dispute they are part of."""
    own = Q(about__first__by=by) | Q(about__second__by=by)
    return Q(first=None) | ~own


def agreement(since: dt.datetime, until: dt.datetime) -> Agreement:
    """Measure how far first and second persons agree on questions whose second look fell between these times."""
    rows = ReviewCard.everyone.filter(kind="double", agrees__isnull=False, decided_at__gte=since, decided_at__lt=until)
    pairs = []
    for candidates, about, chosen in rows.values_list("candidates", "about", "chosen_product"):
        place = {one["product"]: number for number, one in enumerate(candidates)}
        pairs.append((place.get(about["first"]["product"], NONE_OF_THEM), place.get(chosen, NONE_OF_THEM)))
    return measure_agreement(pairs)


def _open(first: ReviewCard, kind: str, *, about: dict[str, Any]) -> ReviewCard:
    card = ReviewCard.everyone.create(
        product_id=first.product_id, kind=kind, reason=first.reason, evidence_class=first.evidence_class,
        candidates=first.candidates, money_minor=first.money_minor, first=first, about=about,
    )  # fmt: skip
    ReviewCardChange.objects.create(row=card, to_status="open", by="engine")
    return card
