"""Scores how alike two titles are, to order candidates for a person; a score never links anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from catalog.matching.colour import colours_conflict
from catalog.matching.deciding import codes_conflict
from catalog.matching.gender import genders_conflict
from catalog.matching.normalising import Normalised

WORTH_SHOWING = 0.25
SAME_STYLE_NUMBER = 0.9
_UNKNOWN_WORD = 8.0


@dataclass(frozen=True, slots=True)
class TitleScore:
    """A score between 0 and 1 with the reasons that moved it."""

    score: float
    reasons: tuple[str, ...]


def score_titles(a: Normalised, b: Normalised, weights: Mapping[str, float] | None = None) -> float:
    """Score two variants or products by their model words, numbers, brand and colour."""
    return explain_titles(a, b, weights).score


def explain_titles(a: Normalised, b: Normalised, weights: Mapping[str, float] | None = None) -> TitleScore:
    """Score two titles and say why.

    `weights` gives rare words more say (inverse document frequency); without it all words count the same.
    """
    if not a.tokens or not b.tokens:
        return TitleScore(0.0, ("One title says nothing of the model.",))
    spelled = fuzz.ratio(" ".join(a.tokens), " ".join(b.tokens)) / 100
    shared = _shared_weight(a.tokens, b.tokens, weights)
    score = 0.6 * spelled + 0.4 * shared
    reasons = [f"Model words agree to {round(100 * score)} %."]
    if a.brand and a.brand == b.brand and a.code.style and a.code.style == b.code.style:
        score = max(score, SAME_STYLE_NUMBER)
        reasons.append(f"Both carry the style number {a.code.style}.")
    for factor, sentence in _features(a, b):
        score *= factor
        reasons.append(sentence)
    return TitleScore(round(min(score, 0.95), 4), tuple(reasons))


def _features(a: Normalised, b: Normalised) -> list[tuple[float, str]]:
    found = []
    if codes_conflict(a, b):
        found.append((0.02, f"Article codes differ: {a.code.value} and {b.code.value}."))
    if a.brand and b.brand and a.brand != b.brand:
        found.append((0.1, f"Brands differ: {a.brand} and {b.brand}."))
    if a.numbers != b.numbers and a.numbers and b.numbers:
        found.append((0.2, f"Version numbers differ: {' '.join(a.numbers)} and {' '.join(b.numbers)}."))
    elif a.numbers != b.numbers:
        found.append((0.8, "Only one title has a version number."))
    if colours_conflict(a.colour.bases, b.colour.bases):
        found.append((0.1, f"Colours differ: {a.colour.key} and {b.colour.key}."))
    elif a.colour.bases and b.colour.bases:
        found.append((1.0, f"Both are {a.colour.key}."))
    else:
        found.append((0.4, "The colour is unknown on one side."))
    if genders_conflict(a.gender, b.gender):
        found.append((0.15, "Made for different people."))
    if a.pack != b.pack or a.condition != b.condition:
        found.append((0.3, "Pack or condition differs."))
    return found


def _shared_weight(one: Sequence[str], other: Sequence[str], weights: Mapping[str, float] | None) -> float:
    mine, theirs = set(one), set(other)
    if weights is None:
        return len(mine & theirs) / len(mine | theirs)
    total = sum(weights.get(word, _UNKNOWN_WORD) for word in mine | theirs)
    return sum(weights.get(word, _UNKNOWN_WORD) for word in mine & theirs) / total if total else 0.0
