"""Finds, for shop products that nothing links, the products they may be, by brand, rare words and title score."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rapidfuzz import fuzz, process

from catalog.matching.blocking import MOST_PRODUCTS_OF_A_WORD, document_frequencies, rare_tokens, weights
from catalog.matching.deciding import contradict
from catalog.matching.listing import Unit, listing_of
from catalog.matching.normalising import Id, Normalised
from catalog.matching.scoring import WORTH_SHOWING, Scorer
from catalog.matching.size import same_size
from catalog.matching.title_model.quick import Sketch

MOST_COMPARED, MOST_SHOWN = 60, 8
LEAST_SPELLED_ALIKE = 55
TELLING_STYLE = 6


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


class Near(NamedTuple):
    """A unit that another may be the same as, with its score and the reasons."""

    unit: int
    score: float
    reasons: tuple[str, ...]


def nearest_units(
    units: Sequence[Unit], asking: Iterable[int], style: Sequence[int], most: int = MOST_SHOWN
) -> dict[int, tuple[Near, ...]]:
    """List, for each asking unit, the units of other shops and styles that it may be, best first, one of each style.

    Work is bounded: a word on more than 400 products of a brand is no way in, sixty products are spelled against each
    other at most, and only what contradicts nothing and is spelled alike is scored.
    """
    by_brand: dict[str, list[int]] = defaultdict(list)
    for place, unit in enumerate(units):
        if unit.brand and unit.tokens:
            by_brand[unit.brand].append(place)
    wanted = set(asking)
    found: dict[int, tuple[Near, ...]] = {}
    for own in [*by_brand.values(), *_by_number(units, wanted)]:
        if not wanted.isdisjoint(own):
            block = _Block(units, own, style)
            for place in own:
                if place in wanted and place not in found and (near := block.nearest(place, most)):
                    found[place] = near
    return found


def _by_number(units: Sequence[Unit], wanted: Collection[int]) -> Iterable[list[int]]:
    """Gather the units that carry the long style number of one which says no brand: else nothing would find it."""
    numbers = {
        unit.code.style
        for place in wanted
        if not (unit := units[place]).brand and len(unit.code.style) >= TELLING_STYLE
    }
    gathered: dict[str, list[int]] = defaultdict(list)
    for place, unit in enumerate(units):
        if unit.tokens and unit.code.style in numbers:
            gathered[unit.code.style].append(place)
    return (own for own in gathered.values() if 1 < len(own) <= MOST_COMPARED)


class _Block:
    """The units of one brand, indexed by their rarer words and by style number, which is the best word of all."""

    def __init__(self, units: Sequence[Unit], own: Sequence[int], style: Sequence[int]) -> None:
        self.units, self.style = units, style
        self.df = document_frequencies(units[place].tokens for place in own)
        self.scorer, self.sketches = Scorer(weights(self.df, len(own))), dict[int, Sketch]()
        self.index: dict[str, list[int]] = defaultdict(list)
        self.spelled = {place: " ".join(units[place].tokens) for place in own}
        for place in own:
            for word in units[place].tokens:
                if self.df[word] <= MOST_PRODUCTS_OF_A_WORD:
                    self.index[word].append(place)
            if number := units[place].code.style:
                self.index[f"#{number}"].append(place)

    def nearest(self, place: int, most: int) -> tuple[Near, ...]:
        unit, numbered = self.units[place], set(self._of_number(place))
        alike = self._spelled_alike(place)
        best: dict[int, tuple[int, int]] = {}
        for other, score in [*((one, 101) for one in numbered), *alike]:
            kin = self.style[other]
            if kin != self.style[place] and (kin not in best or score > best[kin][1]):
                if not contradict(unit, self.units[other]):
                    best[kin] = other, score
        chosen = heapq.nsmallest(most, best.values(), key=lambda one: (-one[1], self.units[one[0]].name))
        scored = []
        for other, _ in chosen:
            judged = self.scorer.explain(self._sketch(place), self._sketch(other))
            if judged.score >= WORTH_SHOWING:
                scored.append(Near(other, judged.score, judged.reasons))
        return tuple(sorted(scored, key=lambda near: (-near.score, self.units[near.unit].name)))

    def _sketch(self, place: int) -> Sketch:
        found = self.sketches.get(place)
        if found is None:
            found = self.sketches[place] = self.scorer.prepare(self.units[place])
        return found

    def _of_number(self, place: int) -> list[int]:
        number = self.units[place].code.style
        same = self.index.get(f"#{number}", []) if number else []
        if len(same) > MOST_PRODUCTS_OF_A_WORD:
            return []
        return [other for other in same if self.units[other].shop != self.units[place].shop][:MOST_COMPARED]

    def _spelled_alike(self, place: int) -> list[tuple[int, int]]:
        shared: Counter[int] = Counter()
        for word in rare_tokens(self.units[place].tokens, self.df):
            shared.update(self.index.get(word, ()))
        shop = self.units[place].shop
        near = [(-count, other) for other, count in shared.items() if self.units[other].shop != shop]
        compared = [other for _, other in heapq.nsmallest(MOST_COMPARED, near)]
        if not compared:
            return []
        texts = [self.spelled[other] for other in compared]
        scores = process.extract(
            self.spelled[place], texts, scorer=fuzz.ratio, score_cutoff=LEAST_SPELLED_ALIKE, limit=None, processor=None
        )
        return [(compared[number], round(score)) for _, score, number in scores]


def title_candidates(
    rows: Sequence[Normalised], linked: Collection[Id], styles: Mapping[Id, str], items: Mapping[Id, str]
) -> dict[Id, tuple[Candidate, ...]]:
    """List up to eight candidates for every row of a shop product in one colour that holds no linked row."""
    listing = listing_of(rows)
    members: dict[int, list[Normalised]] = defaultdict(list)
    by_id = {row.id: row for row in rows}
    for place, id_ in zip(listing.unit.tolist(), listing.ids, strict=True):
        members[place].append(by_id[id_])
    names: dict[str, int] = {}
    style = [
        names.setdefault(styles[members[place][0].id] or unit.name, len(names))
        for place, unit in enumerate(listing.units)
    ]
    asking = [place for place, own in members.items() if not any(row.id in linked for row in own)]
    found: dict[Id, tuple[Candidate, ...]] = {}
    for place, near in nearest_units(listing.units, asking, style).items():
        for row in members[place]:
            found[row.id] = tuple(_candidate(row, members[one.unit], one, styles, items) for one in near)
    return found


def _candidate(
    row: Normalised, others: Sequence[Normalised], near: Near, styles: Mapping[Id, str], items: Mapping[Id, str]
) -> Candidate:
    first = others[0]
    aligned = next((other for other in others if same_size(row.size, other.size)), None)
    item = items[aligned.id] if aligned else ""
    twin = aligned.id if aligned else None
    return Candidate(first.shop_id, first.product_ref, styles[first.id], item, twin, near.score, near.reasons)
