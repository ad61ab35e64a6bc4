"""Reads what reviewers have decided as labelled pairs of offers, for training and for comparing models."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from catalog.matching.title_model.pairs import Offer, Pair, offer_fields
from catalog.models import Match, Variant, Verdict

VERDICTS_AT_ONCE = 1000
MEMBERS_OF_AN_ITEM = 3


def verdict_pairs() -> list[Pair]:
    """Pair each variant that a person decided on with up to three other shops' variants of that item, oldest first.

    A verdict that was undone does not count, nor one about an item that nobody else is linked to.
    """
    return list(_pairs())


def export_verdicts(path: Path) -> int:
    """Write the verdicts so far as JSON lines of left, right and label; returns how many."""
    pairs = verdict_pairs()
    lines = (
        json.dumps(
            {"left": offer_fields(pair.left), "right": offer_fields(pair.right), "label": int(pair.same)},
            ensure_ascii=False,
        )
        for pair in pairs
    )
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return len(pairs)


def _pairs() -> Iterator[Pair]:
    last = 0
    while batch := _batch(last):
        last = batch[-1].pk
        members = _members({verdict.item_id for verdict in batch})
        for verdict in batch:
            others = [v for v in members[verdict.item_id] if v.shop_id != verdict.variant.shop_id]
            for other in others[:MEMBERS_OF_AN_ITEM]:
                yield Pair(_offer(verdict.variant), _offer(other), verdict.same)


def _batch(last: int) -> list[Verdict]:
    standing = Verdict.objects.filter(undone_at=None, pk__gt=last).select_related("variant__product", "variant__shop")
    return list(standing.order_by("pk")[:VERDICTS_AT_ONCE])


def _members(items: Sequence[int] | set[int]) -> dict[int, list[Variant]]:
    linked = Match.objects.filter(item__in=items, status="linked").select_related("variant__product", "variant__shop")
    found: dict[int, list[Variant]] = defaultdict(list)
    for match in linked.order_by("item", "variant"):
        found[match.item_id].append(match.variant)
    return found


def _offer(variant: Any) -> Offer:
    colour = " ".join(value for name, value in variant.options if "colo" in name.lower())
    title = f"{variant.product.title} {colour}".strip()
    price = str(variant.price_minor / 100) if variant.price_minor else ""
    return Offer(title, variant.product.vendor, price, variant.shop.currency)
