"""Remember what an edit would have changed about rows of other shops: it waits for staff, and is no drift.

A shop's edit may not bring two items of others together, nor cast doubt on a link between them (its mistake stays its own).
It may bring back what stood before: two items that its going parted.
"""

from collections.abc import Mapping

from catalog.models import HeldChange, MergeEvent

Held = Mapping[tuple[int, int], set[int]]


def keep_held(held: Held, *, by: str) -> set[int]:
    """Note what is held, once; returns the rows that may go all the same, because their items were one before."""
    if not held:
        return set()
    items = {item for pair in held for item in pair}
    splits = MergeEvent.objects.filter(kind="split", item__in=items, other__in=items).values_list("item_id", "other_id")
    parted = {*splits, *((other, item) for item, other in splits)}
    HeldChange.objects.bulk_create(
        (
            HeldChange(item_id=item, other_id=other, variants=sorted(variants), by=by)
            for (item, other), variants in sorted(held.items())
            if (item, other) not in parted
        ),
        ignore_conflicts=True,
    )
    return {pk for pair in held if pair in parted for pk in held[pair]}


def held_pairs() -> set[tuple[int, int]]:
    """Read which items are held apart, both ways round, and which are held together (an item with itself)."""
    pairs = set(HeldChange.objects.values_list("item_id", "other_id"))
    return pairs | {(other, item) for item, other in pairs}
