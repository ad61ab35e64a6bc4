"""Scores how probable it is that two rows are one product, to order candidates for a person; a score never links anything."""

import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass

from catalog.matching.blocking import Weights
from catalog.matching.colour import colours_conflict
from catalog.matching.deciding import Titled, codes_conflict
from catalog.matching.gender import genders_conflict
from catalog.matching.title_model.model import load_model
from catalog.matching.title_model.quick import ODDS_OF_ANOTHER_PACK, Sketch, quick_features, sketch

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
    """Score two titles by the trained model's quick curve and say why; see Scorer, which is faster for many pairs."""
    scorer = Scorer(weights)
    return scorer.explain(scorer.prepare(a), scorer.prepare(b))


class Scorer:
    """Scores pairs of titles by the trained model's quick curve; each title is prepared once, however many it meets.

    `weights` says how rare each word is among the brand's products (inverse document frequency); without it the
    model's own count of words is used. For the few pairs that are shown `title_model.ordering.score_candidates` is better.
    """

    def __init__(self, weights: Mapping[str, float] | None = None) -> None:
        model = load_model()
        self.lexicon, self.weights = model.lexicon, weights
        self.intercept, *self.coefficients = model.quick_terms
        self.rarest = model.lexicon.rarest
        if weights:
            self.rarest = weights.rarest if isinstance(weights, Weights) else max(weights.values())

    def prepare(self, title: Titled) -> Sketch:
        """Prepare a title for comparisons."""
        return sketch(title, self.lexicon, self.weights)

    def explain(self, one: Sketch, other: Sketch) -> TitleScore:
        """Score two prepared titles and say why."""
        a, b = one.row, other.row
        if not a.tokens or not b.tokens:
            return TitleScore(0.0, ("One title says nothing of the model.",))
        score = self._chance(one, other)
        reasons = [f"Model words agree to {round(100 * _agreement(a, b))} %."]
        if a.brand and a.brand == b.brand and a.code.style and a.code.style == b.code.style:
            score = max(score, SAME_STYLE_NUMBER)
            reasons.append(f"Both carry the style number {a.code.style}.")
        for factor, sentence in _facts(a, b):
            score *= factor
            reasons.append(sentence)
        return TitleScore(round(min(score, _MOST), 4), tuple(reasons))

    def _chance(self, one: Sketch, other: Sketch) -> float:
        row = quick_features(one, other, self.rarest)
        odds = math.exp(self.intercept + sum(map(operator.mul, self.coefficients, row)))
        if one.row.pack != other.row.pack or one.row.condition != other.row.condition:
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
