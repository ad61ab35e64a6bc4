"""Keeps the members of one item coherent: one row per shop, one size, one full code, nothing contradicting."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from catalog.matching.deciding import Key, compatible, keys
from catalog.matching.normalising import Id, Normalised

MOST_MEMBERS_COMPARED = 60
Pair = frozenset[Id]


def fits(
    item_members: Sequence[Normalised],
    new: Normalised,
    *,
    cannot: frozenset[Pair] = frozenset(),
) -> list[str]:
    """Say in sentences why a row may not join an item; an empty list says that it may.

    Holds one active variant per shop, one size, one full code, and every "not the same" a person has said.
    """
    against: list[str] = []
    for member in item_members[:MOST_MEMBERS_COMPARED]:
        if member.id == new.id:
            continue
        if member.shop_id == new.shop_id:
            against.append("The shop already has another variant of this item.")
        if frozenset((member.id, new.id)) in cannot:
            against.append("A person said that these two are not the same.")
        against += [conflict.sentence for conflict in compatible(member, new)]
    return list(dict.fromkeys(against))


def place(
    members_by_item: Mapping[Any, Sequence[Normalised]],
    new: Normalised,
    *,
    level: str | None = None,
    cannot: frozenset[Pair] = frozenset(),
) -> tuple[Any, tuple[str, ...]]:
    """Choose the item a row joins by its keys: the item that shares the strongest key and that it fits.

    Gives (None, reasons) when several items share equally strong keys, or when it fits none of them.
    """
    mine = [key for key in keys(new, level=level) if key.kind != "style"]
    reasons: list[str] = []
    for key in mine:
        sharing = [item for item, members in members_by_item.items() if any(key in keys(row) for row in members)]
        fitting = []
        for item in sorted(sharing, key=str):
            against = fits(members_by_item[item], new, cannot=cannot)
            reasons += against
            if not against:
                fitting.append(item)
        if len(fitting) == 1:
            return fitting[0], (_sentence(key),)
        if len(fitting) > 1:
            return None, (f"{_sentence(key)} It stands on {len(fitting)} items.",)
    return None, tuple(dict.fromkeys(reasons))


def item_key(members: Iterable[Normalised]) -> str:
    """Derive an id from the smallest member, so that neither order nor later members change it."""
    return stable_key(min(row_key(row) for row in members))


def row_key(row: Normalised) -> str:
    """Name a row by shop and id, in a form that sorts the same everywhere."""
    return f"{row.shop_id}:{row.id}"


def stable_key(text: str) -> str:
    """Shorten any text to 16 hexadecimal letters."""
    return blake2b(text.encode(), digest_size=8).hexdigest()


def _sentence(key: Key) -> str:
    return f"Shares the {'barcode' if key.kind == 'gtin' else 'article code and size'} {key.value}."
