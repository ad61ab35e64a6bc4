"""Reads what reviewers have decided as labelled pairs of offers, for training and for comparing models."""

import json
from pathlib import Path
from typing import Any

from catalog.matching.title_model.pairs import Offer, Pair, offer_fields
from catalog.verdict_pairs import verdict_pairs as standing_pairs


def verdict_pairs() -> list[Pair]:
    """Pair each variant that a person decided on with another shop's variant of that item, oldest first.

    A verdict that was undone does not count, nor one about an item that nobody else is linked to, nor an open report.
    """
    return [Pair(_offer(row["left"]), _offer(row["right"]), row["label"]) for row in standing_pairs()]


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


def _offer(side: dict[str, Any]) -> Offer:
    colour = " ".join(value for name, value in side["options"] if "colo" in name.lower())
    price = str(float(side["price"])) if float(side["price"]) else ""
    return Offer(f"{side['title']} {colour}".strip(), side["vendor"], price, side["currency"])
