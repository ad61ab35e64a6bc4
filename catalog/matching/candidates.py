"""Finds, for shop products that nothing links, the products they may be, by brand, rare words and title score."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from catalog.matching.blocking import MOST_PRODUCTS_OF_A_WORD, document_frequencies, rare_tokens, weights
from catalog.matching.normalising import Id, Normalised
from catalog.matching.scoring import WORTH_SHOWING, explain_titles
from catalog.matching.size import same_size

MOST_COMPARED, MOST_SHOWN = 60, 8
Unit = tuple[Id, str, str]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A product of another shop that a row may be; `row` is its variant of the same size, if there is one."""

    shop_id: Id
    product_ref: str
    style: str
    item: str
    row: Id | None
    probability: float
    reasons: tuple[str, ...]


def title_candidates(
    rows: Sequence[Normalised], linked: Collection[Id], styles: Mapping[Id, str], items: Mapping[Id, str]
) -> dict[Id, tuple[Candidate, ...]]:
    """List up to eight candidates for every row of a shop product that holds no linked row.

    Work is bounded: a word on more than 400 products of a brand is no way in, sixty products are compared at most.
    """
    units: dict[Unit, list[Normalised]] = defaultdict(list)
    for row in rows:
        if row.brand and row.tokens:
            units[row.shop_id, row.product_ref, row.colour.key].append(row)
    found: dict[Id, tuple[Candidate, ...]] = {}
    for own in _by_brand(units).values():
        df = document_frequencies(units[unit][0].tokens for unit in own)
        heavy = weights(df, len(own))
        index = _indexed(own, units, df)
        for unit in own:
            if not any(row.id in linked for row in units[unit]):
                near = _nearest(unit, units, index, df, heavy)
                for row in units[unit]:
                    found[row.id] = tuple(
                        _candidate(row, units[other], score, why, styles, items) for score, why, other in near
                    )
    return found


def _indexed(
    own: Sequence[Unit], units: Mapping[Unit, list[Normalised]], df: Mapping[str, int]
) -> dict[str, list[Unit]]:
    """Products by word, and by style number, which is the best word of all."""
    index: dict[str, list[Unit]] = defaultdict(list)
    for unit in own:
        for word in units[unit][0].tokens:
            if df[word] <= MOST_PRODUCTS_OF_A_WORD:
                index[word].append(unit)
        if style := units[unit][0].code.style:
            index[f"#{style}"].append(unit)
    return index


def _by_brand(units: Mapping[Unit, list[Normalised]]) -> dict[str, list[Unit]]:
    brands: dict[str, list[Unit]] = defaultdict(list)
    for unit in sorted(units, key=str):
        brands[units[unit][0].brand].append(unit)
    return brands


def _nearest(
    unit: Unit,
    units: Mapping[Unit, list[Normalised]],
    index: Mapping[str, list[Unit]],
    df: Mapping[str, int],
    heavy: Mapping[str, float],
) -> list[tuple[float, tuple[str, ...], Unit]]:
    row = units[unit][0]
    shared: Counter[Unit] = Counter()
    for word in rare_tokens(row.tokens, df):
        shared.update(other for other in index.get(word, ()) if other[0] != unit[0])
    if row.code.style:
        same = index.get(f"#{row.code.style}", ())[:MOST_PRODUCTS_OF_A_WORD]
        shared.update({other: MOST_SHOWN for other in same if other[0] != unit[0]})
    compared = heapq.nsmallest(MOST_COMPARED, shared, key=lambda other: (-shared[other], str(other)))
    scored = []
    for other in compared:
        judged = explain_titles(row, units[other][0], heavy)
        if judged.score >= WORTH_SHOWING:
            scored.append((judged.score, judged.reasons, other))
    return heapq.nsmallest(MOST_SHOWN, scored, key=lambda one: (-one[0], str(one[2])))


def _candidate(
    row: Normalised,
    others: Sequence[Normalised],
    score: float,
    why: tuple[str, ...],
    styles: Mapping[Id, str],
    items: Mapping[Id, str],
) -> Candidate:
    first = others[0]
    aligned = next((other for other in others if same_size(row.size, other.size)), None)
    item = items[aligned.id] if aligned else ""
    return Candidate(
        first.shop_id, first.product_ref, styles[first.id], item, aligned.id if aligned else None, score, why
    )
