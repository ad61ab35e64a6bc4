"""Doubts about a link: the card that shows it beside those it is linked with, and what an answer does to it.

Audits and merchants' reports share it: the one asks whether a class can be trusted, the other whether one link is right.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db import OperationalError
from django.utils import timezone

from catalog.catalogue import size_label
from catalog.links import save_links
from catalog.mark import mark_items
from catalog.match import lock_matching
from catalog.models import Match, ReviewCard, Variant
from network.rates import convert_minor
from skuu.kit.errors import Busy, NotPossible
from skuu.kit.states import move

MOST_SHOWN = 8


def wait_for_matcher() -> None:
    """Let one matcher or one person's decision work at a time. Raises Busy when a long run holds it."""
    try:
        lock_matching()
    except OperationalError as error:
        raise Busy("Matching is at work on a large batch; try again in a moment.", code="matching_at_work") from error


def candidates_about(matches: Sequence[Match]) -> dict[int, list[dict[str, Any]]]:
    """Write, for each link, a card's candidates: everybody else who stands for its item, sizes side by side. One query.

    Products of other shops come in the order of their ids; a link that stands alone gets none.
    """
    items = {match.item_id for match in matches}
    rows = Match.everyone.filter(item__in=items, status="linked", variant__deleted_at=None)
    members: dict[int, list[Match]] = defaultdict(list)
    for row in rows.select_related("variant").order_by("variant__product_id", "variant_id"):
        members[row.item_id].append(row)
    return {match.pk: _others(match, members[match.item_id]) for match in matches}


def _others(match: Match, members: Sequence[Match]) -> list[dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for other in members:
        if other.shop_id == match.shop_id:
            continue
        score = 1.0 if match.probability is None else match.probability
        candidate = {
            "product": other.variant.product_id,
            "score": round(score, 3),
            "why": list(match.evidence),
            "read_on": match.decided_at.date().isoformat(),
        }
        aligned = {
            "mine": match.variant_id,
            "theirs": other.variant_id,
            "label": _label(match.variant),
            "theirs_label": _label(other.variant),
        }
        found.setdefault(other.variant.product_id, candidate | {"sizes": []})["sizes"].append(aligned)
    return list(found.values())[:MOST_SHOWN]


def _label(variant: Variant) -> str:
    return variant.size_label or size_label(variant)


def price_in_cents(variant: Variant, currency: str) -> int:
    """Say what one unit costs, in EUR cents, for the order of the queue; roughly, without a rate for the currency."""
    try:
        return convert_minor(variant.price_minor, currency, "EUR")
    except NotPossible:
        return variant.price_minor


def hold_doubt(card: ReviewCard, kind: str, *, by: str) -> ReviewCard:
    """Lock a card for its answer. Raises NotPossible when it is of another kind or answered, Busy when another holds it."""
    card = ReviewCard.everyone.select_for_update().get(pk=card.pk)
    if card.kind != kind:
        raise NotPossible(f"This card is no {kind}.", code="another_kind")
    if card.status not in ("open", "skipped"):
        raise NotPossible(f"This card was {card.status} already.", code="already_decided")
    if card.taken_by not in ("", by) and card.taken_until and card.taken_until > timezone.now():
        raise Busy(f"{card.taken_by} is looking at this card now.", code="taken_by_another")
    return card


def close_doubt(card: ReviewCard, *, same: bool, by: str) -> None:
    """Write the answer on the card and let go of it."""
    done: dict[str, Any] = {"decided_by": by, "decided_at": timezone.now(), "taken_by": "", "taken_until": None}
    move(card, "approved" if same else "rejected", by=by, **done)


def reopen_doubt(card: ReviewCard, *, by: str, lease: dt.timedelta) -> ReviewCard:
    """Open an answered card again for whoever takes the answer back. Raises NotPossible when it is not answered."""
    card = ReviewCard.everyone.select_for_update().get(pk=card.pk)
    if card.status not in ("approved", "rejected"):
        raise NotPossible("Only a decided card can be undone.", code="not_decided")
    held = {"taken_by": by, "taken_until": timezone.now() + lease}
    move(card, "open", by=by, reason="undone", decided_by="", decided_at=None, chosen_product=None, **held)
    return card


def let_go(match: Match, *, by: str, reason: str) -> None:
    """Take a variant out of its item for good, and have it matched anew without that item. *Again*: no change."""
    if match.status in ("linked", "ask"):
        move(match, "rejected", by=by, reason=reason)
    Variant.everyone.filter(pk=match.variant_id).update(match_due_at=timezone.now())
    mark_items({match.item_id})


def link_again(match: Match, *, by: str, reason: str, **also: Any) -> bool:
    """Let a variant stand for its item again, or for the one that item went into; it leaves any other. Says whether it does.

    Where another variant of its shop took the place meanwhile, that one keeps it and this one is matched anew.
    """
    Variant.everyone.filter(pk=match.variant_id).update(match_due_at=timezone.now())
    item = match.item.merged_into_id or match.item_id
    sitting = Match.everyone.filter(item=item, shop=match.shop_id, status="linked")
    if sitting.exclude(variant=match.variant_id).exists():
        return False
    touched = {item}
    for other in Match.everyone.filter(variant=match.variant_id, status="linked").exclude(item=item):
        move(other, "withdrawn", by=by, reason="a person said it is another item")
        touched.add(other.item_id)
    if item != match.item_id:
        _link_to_heir(match, item, by=by, **also)
    elif match.status != "linked":
        move(match, "linked", by=by, reason=reason, **also)
    mark_items(touched)
    return True


def _link_to_heir(match: Match, item: int, *, by: str, **also: Any) -> None:
    """Link to the item that the match's own went into; the match itself ends with it."""
    told = {name: also.get(name, getattr(match, name)) for name in ("method", "evidence", "probability")}
    heir = Match(variant_id=match.variant_id, shop_id=match.shop_id, item_id=item, status="linked", **told)
    save_links([heir], by=by)
    if match.status == "ask":
        move(match, "withdrawn", by=by, reason="its item went into another")
