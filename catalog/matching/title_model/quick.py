"""Scores normalised rows by a dozen cheap facts, tens of thousands a second: what orders candidates before anyone looks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz

from catalog.matching.article import FULL, NONE, looks_alike
from catalog.matching.blocking import Weights
from catalog.matching.colour import colours_conflict
from catalog.matching.deciding import Titled
from catalog.matching.gender import genders_conflict
from catalog.matching.title_model.lexicon import Lexicon

# Each name with the direction in which it may count: a weight that training turned the other way becomes zero.
DIRECTIONS = {
    "shared_share": 1, "shared_of_smaller": 1, "rarest_apart_less": -1, "rarest_apart_more": -1, "ratio": 1, "all_shared": 1,
    "numbers_equal": 1, "numbers_differ": -1, "numbers_on_one_side": -1, "colours_agree": 1, "colours_differ": -1,
    "genders_differ": -1, "brands_equal": 1, "brands_differ": -1, "codes_equal": 1, "codes_differ": -1,
}  # fmt: skip
NAMES = tuple(DIRECTIONS)
# Scraped pages are full of stray numbers and colours, which teaches too little of what they mean in a catalogue's own titles.
STRONGER = {"numbers_differ": -3.5, "colours_differ": -4.5, "brands_differ": -3.0}
# Labelled titles hardly ever name a pack or a condition, so this is ours: the odds of selling the same thing so.
ODDS_OF_ANOTHER_PACK = 0.03


@dataclass(frozen=True, slots=True)
class Sketch:
    """What of a normalised row is compared quickly."""

    row: Titled
    words: frozenset[str]
    weights: dict[str, float]
    weight: float
    text: str


def sketch(row: Titled, lexicon: Lexicon, rarity: Mapping[str, float] | None = None) -> Sketch:
    """Prepare a row once for many comparisons; `rarity` replaces the lexicon's own weights of words."""
    if rarity:
        rarest = rarity.rarest if isinstance(rarity, Weights) else max(rarity.values())
        weights = {word: rarity.get(word, rarest) for word in row.tokens}
    else:
        weights = {word: lexicon.weight(word) for word in (lexicon.meanings.get(w, w) for w in row.tokens)}
    words = frozenset(weights)
    return Sketch(row, words, weights, sum(weights.values()), " ".join(row.tokens))


def quick_features(one: Sketch, other: Sketch, rarest: float) -> tuple[float, ...]:
    """List the features of one pair in the order of `NAMES`; the same whichever row comes first."""
    a, b = one.row, other.row
    shared = one.words & other.words
    together = sum([one.weights[word] for word in shared])
    less, more = _rarest_apart(one, other, shared)
    numbers = a.numbers == b.numbers
    brands = bool(a.brand and b.brand)
    codes = _codes(a, b)
    return (
        together / (one.weight + other.weight - together or 1.0),
        together / (min(one.weight, other.weight) or 1.0),
        less / rarest,
        more / rarest,
        fuzz.ratio(one.text, other.text) / 100,
        1.0 if one.words == other.words else 0.0,
        1.0 if numbers and a.numbers else 0.0,
        1.0 if not numbers and a.numbers and b.numbers else 0.0,
        1.0 if not numbers and not (a.numbers and b.numbers) else 0.0,
        *_colours(a, b),
        1.0 if genders_conflict(a.gender, b.gender) else 0.0,
        1.0 if brands and a.brand == b.brand else 0.0,
        1.0 if brands and a.brand != b.brand else 0.0,
        1.0 if codes > 0 else 0.0,
        1.0 if codes < 0 else 0.0,
    )


def _rarest_apart(one: Sketch, other: Sketch, shared: frozenset[str]) -> tuple[float, float]:
    mine = max([one.weights[word] for word in one.words if word not in shared], default=0.0)
    theirs = max([other.weights[word] for word in other.words if word not in shared], default=0.0)
    return (mine, theirs) if mine <= theirs else (theirs, mine)


def _colours(a: Titled, b: Titled) -> tuple[float, float]:
    if not a.colour.bases or not b.colour.bases:
        return 0.0, 0.0
    return (0.0, 1.0) if colours_conflict(a.colour.bases, b.colour.bases) else (1.0, 0.0)


def _codes(a: Titled, b: Titled) -> int:
    if a.code.level == NONE or b.code.level == NONE or a.brand != b.brand or not a.brand:
        return 0
    if a.code.value == b.code.value:
        return 1
    full = a.code.level == FULL == b.code.level and a.code.pattern == b.code.pattern
    return -1 if full and not looks_alike(a.code.value, b.code.value) else 0


def quick_chances(
    pairs: Sequence[tuple[Sketch, Sketch]], lexicon: Lexicon, coefficients: np.ndarray, intercept: float
) -> np.ndarray:
    """The probability that each pair is one product, by a logistic curve through the features."""
    if not pairs:
        return np.zeros(0)
    table = np.array([quick_features(one, other, lexicon.rarest) for one, other in pairs])
    odds = np.exp(np.clip(table @ coefficients + intercept, -30, 30))
    packs = np.array([a.row.pack != b.row.pack or a.row.condition != b.row.condition for a, b in pairs])
    odds = np.where(packs, odds * ODDS_OF_ANOTHER_PACK, odds)
    return odds / (1 + odds)
