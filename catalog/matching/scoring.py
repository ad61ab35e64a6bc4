"""Scores how probable it is that two rows are one product, to order candidates for a person; a score never links anything."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from catalog.matching.blocking import Weights
from catalog.matching.colour import colours_conflict
from catalog.matching.deciding import Titled, codes_conflict
from catalog.matching.gender import genders_conflict
from catalog.matching.title_model.model import load_model
from catalog.matching.title_model.quick import ODDS_OF_ANOTHER_PACK, quick_features, sketch

WORTH_SHOWING = 0.1
SAME_STYLE_NUMBER = 0.9
_MOST = 0.95
# What training pairs of titles cannot teach: there, a colour that is not said is seldom another one.
_UNKNOWN_COLOUR = 0.5


@dataclass(frozen=True, slots=True)
class TitleScore:
    """A score between 0 and 1 with the reasons that moved it."""

    score: float
    reasons: tuple[str, ...]


def explain_titles(a: Titled, b: Titled, weights: Mapping[str, float] | None = None) -> TitleScore:
    """Score two titles by the trained model's quick curve and say why.

    `weights` says how rare each word is among the brand's products (inverse document frequency); without it the
    model's own count of words is used. For many pairs `title_model.ordering.score_batch` is faster, for the few that
    are shown `score_candidates` is better.
    """
    if not a.tokens or not b.tokens:
        return TitleScore(0.0, ("One title says nothing of the model.",))
    score = _chance(a, b, weights)
    reasons = [f"Model words agree to {round(100 * _agreement(a, b))} %."]
    if a.brand and a.brand == b.brand and a.code.style and a.code.style == b.code.style:
        score = max(score, SAME_STYLE_NUMBER)
        reasons.append(f"Both carry the style number {a.code.style}.")
    for factor, sentence in _facts(a, b):
        score *= factor
        reasons.append(sentence)
    return TitleScore(round(min(score, _MOST), 4), tuple(reasons))


def _chance(a: Titled, b: Titled, weights: Mapping[str, float] | None) -> float:
    model = load_model()
    one, other = sketch(a, model.lexicon, weights), sketch(b, model.lexicon, weights)
    rarest = model.lexicon.rarest
    if weights:
        rarest = weights.rarest if isinstance(weights, Weights) else max(weights.values())
    intercept, *coefficients = model.quick_terms
    row = quick_features(one, other, rarest)
    odds = math.exp(intercept + sum([weight * fact for weight, fact in zip(coefficients, row, strict=True)]))
    if a.pack != b.pack or a.condition != b.condition:
        odds *= ODDS_OF_ANOTHER_PACK
    return odds / (1 + odds)


def _agreement(a: Titled, b: Titled) -> float:
    mine, theirs = set(a.tokens), set(b.tokens)
    return len(mine & theirs) / len(mine | theirs)


def _facts(a: Titled, b: Titled) -> list[tuple[float, str]]:
    """Facts in words, with what they count beside the model, which knows most of them already."""
    found = []
    if codes_conflict(a, b):
        found.append((0.02, f"Article codes differ: {a.code.value} and {b.code.value}."))
    if a.brand and b.brand and a.brand != b.brand:
        found.append((0.1, f"Brands differ: {a.brand} and {b.brand}."))
    if a.numbers != b.numbers and a.numbers and b.numbers:
        found.append((0.5, f"Version numbers differ: {' '.join(a.numbers)} and {' '.join(b.numbers)}."))
    elif a.numbers != b.numbers:
        found.append((1.0, "Only one title has a version number."))
    if colours_conflict(a.colour.bases, b.colour.bases):
        found.append((0.1, f"Colours differ: {a.colour.key} and {b.colour.key}."))
    elif a.colour.bases and b.colour.bases:
        found.append((1.0, f"Both are {a.colour.key}."))
    else:
        found.append((_UNKNOWN_COLOUR, "The colour is unknown on one side."))
    if genders_conflict(a.gender, b.gender):
        found.append((0.15, "Made for different people."))
    if a.pack != b.pack or a.condition != b.condition:
        found.append((1.0, "Pack or condition differs."))
    return found
