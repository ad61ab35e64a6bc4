"""Bulk decisions: approve or reject many cards of one pattern after a preview that freezes them; nothing beyond it is decided.

A preview names every card with the candidate and the very sight it was judged by. A card that shows something else by the
time it is decided, or that somebody holds, is left alone and says why. The whole decision can be taken back as one.
"""

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.bulk_pattern import Pattern, cards_of, fitting, refuse_wide, sizes_of
from catalog.card_steps import NOBODY
from catalog.models import BulkCard, BulkDecision, BulkDecisionChange, ReviewCard
from catalog.review import approve_card, reject_card, undo_card
from catalog.sight import Option, Sight, see_cards
from skuu.kit.errors import NotAllowed, NotPossible, SkuuError, WrongState
from skuu.kit.states import move

MOST_CARDS = 500
AT_ONCE = 10
CHUNK = 100
MOST_NAMED = 60
GOOD_FOR = dt.timedelta(hours=1)


class PreviewIsOld(WrongState):
    """What was previewed is not what would be decided."""

    code = "preview_is_old"


def preview_bulk(pattern: Pattern, *, by: str) -> BulkDecision:
    """Freeze the cards that fit a pattern, at most 500 with the most at stake, with what each would link or keep apart.

    Decides nothing. Cards that fit the wide part of the pattern but not the narrow one are counted by reason.
    Raises PatternTooWide.
    """
    refuse_wide(pattern)
    rows = cards_of(pattern)
    more = max(0, rows.count() - MOST_CARDS)
    kept: list[tuple[Sight, Sequence[Option]]] = []
    left: Counter[str] = Counter()
    named: list[dict[str, Any]] = []
    for sight in _sights(list(rows[:MOST_CARDS])):
        options, why = fitting(sight, pattern, by)
        if options:
            kept.append((sight, options))
            continue
        left[why] += 1
        if len(named) < MOST_NAMED:
            named.append({"card": sight.card.pk, "title": sight.card.product.title, "why": why})
    if more:
        left[_("more than one bulk decision may hold; preview again afterwards")] += more
    return _freeze(pattern, kept, {"left": dict(left.most_common()), "named": named}, by=by)


def _sights(cards: list[ReviewCard]) -> Iterator[Sight]:
    for start in range(0, len(cards), CHUNK):
        yield from see_cards(cards[start : start + CHUNK])


def _freeze(
    pattern: Pattern, kept: list[tuple[Sight, Sequence[Option]]], counts: dict[str, Any], *, by: str
) -> BulkDecision:
    frozen = [
        BulkCard(
            card_id=sight.card.pk, candidate=options[0].number, sight=sight.digest, sizes=sizes_of(pattern, options)
        )
        for sight, options in kept
    ]
    shops = {side.product.shop_id for _s, options in kept for one in options for side in (one.mine, one.theirs)}
    counts |= {
        "cards": len(kept),
        "sizes": sum(card.sizes for card in frozen),
        "shops": len(shops),
        "money": sum(sight.card.money_minor for sight, _options in kept),
    }
    digest = _digest([(card.card_id, card.candidate, card.sight) for card in frozen])
    with transaction.atomic():
        bulk = BulkDecision.objects.create(pattern=asdict(pattern), digest=digest, counts=counts, by=by)
        BulkDecisionChange.objects.create(row=bulk, to_status="preview", by=by)
        for card in frozen:
            card.bulk = bulk
        BulkCard.objects.bulk_create(frozen)
    return bulk


def confirm_bulk(bulk: BulkDecision, *, digest: str, by: str) -> None:
    """Say yes to exactly what was previewed; the cards are decided in batches afterwards (go_on).

    *Again*: no change. Raises NotAllowed for another person, PreviewIsOld, NotPossible when nothing is in it.
    """
    with transaction.atomic():
        bulk = BulkDecision.objects.select_for_update().get(pk=bulk.pk)
        if bulk.by != by:
            raise NotAllowed(_("Only %(who)s may confirm what they previewed.") % {"who": bulk.by}, code="not_yours")
        if bulk.status in ("deciding", "decided"):
            return
        if not bulk.counts.get("cards"):
            raise NotPossible(_("There is nothing in it to decide."), code="nothing_to_decide")
        frozen = list(bulk.cards.order_by("pk").values_list("card_id", "candidate", "sight"))
        if digest != bulk.digest or _digest(frozen) != bulk.digest or bulk.created_at < timezone.now() - GOOD_FOR:
            raise PreviewIsOld(_("This preview is too old or another one; preview again."))
        move(bulk, "deciding", by=by, confirmed_at=timezone.now())


def drop_bulk(bulk: BulkDecision, *, by: str) -> None:
    """Forget a preview; nothing of it is decided. *Again*: no change."""
    move(bulk, "dropped", by=by)


def begin_undo(bulk: BulkDecision, *, by: str) -> None:
    """Begin to take a whole bulk decision back; go_on does it in batches. *Again*: no change."""
    with transaction.atomic():
        bulk = BulkDecision.objects.select_for_update().get(pk=bulk.pk)
        if bulk.status not in ("undoing", "undone"):
            move(bulk, "undoing", by=by)


def go_on(bulk: BulkDecision) -> int:
    """Decide, or take back, the next few cards of a bulk decision; returns how many. 0: it is through.

    Each card is a transaction of its own; may be killed at any line and called by many at once.
    """
    bulk.refresh_from_db()
    if bulk.status not in ("deciding", "undoing"):
        return 0
    wanted = "waiting" if bulk.status == "deciding" else "decided"
    rows = list(bulk.cards.filter(status=wanted).order_by("pk" if wanted == "waiting" else "-pk")[:AT_ONCE])
    done = sum((_decide_one if wanted == "waiting" else _undo_one)(bulk, row) for row in rows)
    if not bulk.cards.filter(status=wanted).exists():
        with transaction.atomic():
            fresh = BulkDecision.objects.select_for_update().get(pk=bulk.pk)
            if fresh.status == bulk.status:
                move(fresh, "decided" if wanted == "waiting" else "undone", by=bulk.by)
    return done


def go_on_with_all() -> int:
    """Go on with bulk decisions whose page was closed; returns how many cards were looked at."""
    return sum(go_on(bulk) for bulk in BulkDecision.objects.filter(status__in=("deciding", "undoing")).order_by("pk"))


def _decide_one(bulk: BulkDecision, row: BulkCard) -> bool:
    with transaction.atomic():
        held = BulkCard.objects.select_for_update(skip_locked=True).filter(pk=row.pk, status="waiting").first()
        state = BulkDecision.objects.select_for_update(no_key=True).get(pk=bulk.pk).status
        if held is None or state != "deciding":
            return False
        try:
            with transaction.atomic():
                sizes = _say(bulk, held)
        except SkuuError as error:
            if error.code == "matching_at_work":
                raise
            BulkCard.objects.filter(pk=held.pk).update(status="left", reason=error.message)
            return True
        decided = ReviewCard.everyone.values_list("decided_at", flat=True).get(pk=held.card_id)
        BulkCard.objects.filter(pk=held.pk).update(status="decided", sizes=sizes, decided_at=decided)
    return True


def _say(bulk: BulkDecision, held: BulkCard) -> int:
    """Say of one card what the whole decision says; returns how many sizes it is about."""
    card = ReviewCard(pk=held.card_id)
    if not bulk.rejects:
        return approve_card(card, candidate=held.candidate, by=bulk.by, digest=held.sight)
    reject_card(card, by=bulk.by, digest=held.sight)
    return held.sizes


def _undo_one(bulk: BulkDecision, row: BulkCard) -> bool:
    with transaction.atomic():
        held = BulkCard.objects.select_for_update(skip_locked=True).filter(pk=row.pk, status="decided").first()
        if held is None:
            return False
        said = "rejected" if bulk.rejects else "approved"
        stands = Q(pk=held.card_id, status=said, decided_by=bulk.by, decided_at=held.decided_at)
        if not ReviewCard.everyone.filter(stands).exists():
            why = _("it was decided anew since")
            BulkCard.objects.filter(pk=held.pk).update(status="left", reason=why)
            return True
        undo_card(ReviewCard(pk=held.card_id), by=bulk.by)
        ReviewCard.everyone.filter(pk=held.card_id).update(**NOBODY)
        BulkCard.objects.filter(pk=held.pk).update(status="undone")
    return True


def _digest(frozen: list[tuple[int, int, str]]) -> str:
    return hashlib.sha256(json.dumps([list(one) for one in sorted(frozen)]).encode()).hexdigest()
