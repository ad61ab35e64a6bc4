"""What people said of a variant and an item, written the same way whoever asked them: review, audit or report."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from catalog.models import ReviewCard, Verdict


def say_all(said: Mapping[tuple[int, int], dict[str, Any]], *, same: bool, by: str) -> None:
    """Keep a person's verdicts on pairs of variant and item, each with what was seen; opposite ones are ended by them.

    *Again*: a pair about which the same stands already keeps its first verdict.
    """
    variants, items = {variant for variant, _ in said}, {item for _, item in said}
    standing = Verdict.objects.filter(variant__in=variants, item__in=items, undone_at=None)
    known = {(one.variant_id, one.item_id): one for one in standing.only("variant", "item", "same")}
    ended = [one.pk for pair, one in known.items() if pair in said and one.same != same]
    Verdict.objects.filter(pk__in=ended).update(undone_at=timezone.now())
    Verdict.objects.bulk_create(
        Verdict(variant_id=pair[0], item_id=pair[1], same=same, by=by, seen=seen)
        for pair, seen in said.items()
        if pair not in known or known[pair].same != same
    )


def unsay_card(card: ReviewCard) -> set[tuple[int, int]]:
    """End the verdicts that a card's decision left; names the pairs of which it said that they are the same. *Again*: none."""
    named = {row[side] for one in card.candidates for row in one["sizes"] for side in ("mine", "theirs")} - {None}
    said = Verdict.objects.filter(variant__in=named, seen__card=card.pk, undone_at=None)
    pairs = set(said.filter(same=True).values_list("variant_id", "item_id"))
    said.update(undone_at=timezone.now())
    return pairs
