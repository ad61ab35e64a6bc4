"""Steps every card takes whatever it asks: decided with what was seen, and open again."""

import datetime as dt
from typing import Any

from django.db.models import Subquery
from django.utils import timezone

from catalog.models import CardSight, ReviewCard, ReviewCardChange
from skuu.kit.states import move

LEASE = dt.timedelta(minutes=5)
NOBODY: dict[str, Any] = {"taken_by": "", "taken_until": None}


def decide(card: ReviewCard, status: str, *, by: str, chosen: int | None, words: dict[str, Any], **also: Any) -> None:
    """Write a decision on a card with what was seen; a question of the same product that came later is moot by it."""
    was = card.status
    move(card, status, by=by, chosen_product=chosen, decided_by=by, decided_at=timezone.now(), **NOBODY, **also)
    keep_seen(card, words)
    if card.kind == "question" and was == "skipped":
        for twin in ReviewCard.everyone.filter(product=card.product_id, kind="question", status="open"):
            move(twin, "moot", by=by, reason="the product's earlier question was answered")


def keep_seen(card: ReviewCard, words: dict[str, Any]) -> None:
    """Keep what was seen with the card's last step; the screens that showed it are done with."""
    last = ReviewCardChange.objects.filter(row=card).order_by("-pk").values("pk")[:1]
    ReviewCardChange.objects.filter(pk=Subquery(last)).update(seen=words)
    CardSight.objects.filter(card=card).delete()


def reopen(card: ReviewCard, *, by: str) -> None:
    """Open a decided card again, held by whoever does; questions about its product and second looks at it are moot by it."""
    if card.kind == "question":
        for other in ReviewCard.everyone.filter(product=card.product_id, kind="question", status="open"):
            move(other, "moot", by=by, reason="an earlier question is open again")
        close_seconds(card, by=by)
    held = {"taken_by": by, "taken_until": timezone.now() + LEASE}
    move(card, "open", by=by, reason="undone", decided_by="", decided_at=None, chosen_product=None, agrees=None, **held)


def close_seconds(card: ReviewCard, *, by: str) -> None:
    """Close second looks and disputes about a decision that stands no more."""
    for second in ReviewCard.everyone.filter(first=card, status__in=("open", "skipped")):
        move(second, "moot", by=by, reason="the first decision was taken back")
