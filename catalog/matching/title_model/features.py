"""Compares two read titles by the features that trees decide on; the same whichever title comes first."""

from collections.abc import Sequence

import numpy as np
from rapidfuzz import fuzz, process
from rapidfuzz.distance import JaroWinkler

from catalog.matching.article import FULL, looks_alike
from catalog.matching.colour import colours_conflict
from catalog.matching.gender import genders_conflict
from catalog.matching.title_model.reading import Reading

NAMES = (
    "sorted_ratio", "set_ratio", "sort_ratio", "partial_ratio", "jaro_winkler", "gram_cosine",
    "shared_share", "shared_of_smaller", "shared_of_larger", "word_share", "shared_weight",
    "rarest_apart_less", "rarest_apart_more", "apart_less", "apart_more",
    "rarest_odd_less", "rarest_odd_more", "odd_less", "odd_more", "near_count",
    "numbers_shared", "numbers_apart_less", "numbers_apart_more", "part_share",
    "models_shared", "models_apart_less", "models_apart_more", "model_near",
    "codes_state", "brands_state", "first_word_same", "run_weight",
    "colour_state", "colour_share", "colours_less", "colours_more", "gender_state", "kind_state",
    "length_share", "words_less", "words_more", "equal_text", "price_apart",
)  # fmt: skip
EQUAL, UNKNOWN, DIFFER = 1.0, 0.0, -1.0
MISSING = -1.0
NEAR_WORD = 82.0


def pair_features(one: Reading, other: Reading, price_apart: float = MISSING) -> list[float]:
    """List the features of one pair in the order of `NAMES`; `price_apart` is |log ratio| of prices of one currency."""
    a, b = (one, other) if (one.text, one.brand) <= (other.text, other.brand) else (other, one)
    shared = a.bag & b.bag
    return [
        *_spelling(a, b),
        *_sharing(a, b, shared),
        *_odd_words(a, b, shared),
        *_sets(a.numbers, b.numbers),
        len(a.parts & b.parts) / max(1, len(a.parts | b.parts)),
        *_sets(a.models, b.models),
        _model_near(a, b),
        codes_state(a, b),
        _state(a.brand, b.brand),
        float(a.ordered[:1] == b.ordered[:1]),
        _run_weight(a, b),
        *_colours(a, b),
        DIFFER if genders_conflict(a.gender, b.gender) else _agree(a.gender, b.gender),
        _state(a.kind, b.kind),
        *_lengths(a, b),
        float(a.text == b.text),
        price_apart,
    ]


def codes_state(a: Reading, b: Reading) -> float:
    """Say whether full codes of one brand agree, in a shape it is known to use, or exclude each other."""
    if a.code.level != FULL or b.code.level != FULL or a.brand != b.brand:
        return UNKNOWN
    if a.code.value == b.code.value:
        return EQUAL if a.code.pattern == a.brand else UNKNOWN
    apart = a.code.pattern == b.code.pattern and not looks_alike(a.code.value, b.code.value)
    return DIFFER if apart else UNKNOWN


def _spelling(a: Reading, b: Reading) -> list[float]:
    return [
        fuzz.ratio(a.sorted_words, b.sorted_words),
        fuzz.token_set_ratio(a.text, b.text),
        fuzz.token_sort_ratio(a.text, b.text),
        fuzz.partial_ratio(a.text, b.text),
        100 * JaroWinkler.similarity(a.text, b.text),
        _cosine(a, b),
    ]


def _cosine(a: Reading, b: Reading) -> float:
    shared = a.grams.keys() & b.grams.keys()
    return sum([a.grams[gram] * b.grams[gram] for gram in shared]) / (a.grams_length * b.grams_length)


def _sharing(a: Reading, b: Reading, shared: frozenset[str]) -> list[float]:
    together = sum([a.weights[word] for word in shared])
    apart = [[side.weights[word] for word in side.bag - shared] for side in (a, b)]
    rarest = sorted([max(side, default=0.0) for side in apart])
    sums = sorted([a.weight - together, b.weight - together])
    small, large = sorted((a.weight, b.weight))
    return [
        together / max(1e-9, a.weight + b.weight - together),
        together / max(1e-9, small),
        together / max(1e-9, large),
        len(shared) / max(1, len(a.bag | b.bag)),
        together,
        *rarest,
        *sums,
    ]


def _odd_words(a: Reading, b: Reading, shared: frozenset[str]) -> list[float]:
    """What stays unmatched after words that are spelled nearly alike, or run together, have found each other."""
    odd_mine = [word for word in a.ordered if word not in shared and (len(word) < 4 or word not in b.joined)]
    odd_theirs = [word for word in b.ordered if word not in shared and (len(word) < 4 or word not in a.joined)]
    near_mine, near_theirs = _near(odd_mine, odd_theirs)
    weights = [
        [a.weights[word] for word in odd_mine if word not in near_mine],
        [b.weights[word] for word in odd_theirs if word not in near_theirs],
    ]
    near = len(near_mine) + len(near_theirs)
    return [*sorted([max(w, default=0.0) for w in weights]), *sorted([sum(w) for w in weights]), near]


def _near(mine: list[str], theirs: list[str]) -> tuple[set[str], set[str]]:
    """The words of both sides that are spelled nearly alike and hold the same digits."""
    found: tuple[set[str], set[str]] = set(), set()
    if mine and theirs:
        alike = process.cdist(mine, theirs, scorer=fuzz.ratio, score_cutoff=NEAR_WORD, dtype=np.uint8)
        for row, column in zip(*alike.nonzero(), strict=True):
            if _digits(mine[row]) == _digits(theirs[column]):
                found[0].add(mine[row])
                found[1].add(theirs[column])
    return found


def _digits(word: str) -> str:
    return "".join([letter for letter in word if letter.isdigit()])


def _sets(a: frozenset[str], b: frozenset[str]) -> list[float]:
    return [len(a & b), *sorted((len(a - b), len(b - a)))]


def _model_near(a: Reading, b: Reading) -> float:
    """How alike the unlike model numbers are at most; -1 where a side has none."""
    if not a.models or not b.models:
        return MISSING
    if a.models & b.models:
        return 100.0
    return float(process.cdist(sorted(a.models), sorted(b.models), scorer=fuzz.partial_ratio).max())


def _state(a: str, b: str) -> float:
    if not a or not b:
        return UNKNOWN
    return EQUAL if a == b else DIFFER


def _agree(a: str, b: str) -> float:
    return EQUAL if a and b else UNKNOWN


def _run_weight(a: Reading, b: Reading) -> float:
    """The heaviest run of words that stand in the same order in both titles: the model's name, mostly."""
    best = 0.0
    before: dict[int, float] = {}
    places: dict[str, int] = {word: place for place, word in enumerate(b.ordered)}
    for word in a.ordered:
        place = places.get(word)
        now: dict[int, float] = {}
        if place is not None:
            now[place] = before.get(place - 1, 0.0) + a.weights[word]
            best = max(best, now[place])
        before = now
    return best


def _colours(a: Reading, b: Reading) -> list[float]:
    less, more = sorted((len(a.colours), len(b.colours)))
    if not a.colours or not b.colours:
        return [UNKNOWN, -1.0, less, more]
    state = DIFFER if colours_conflict(a.colours, b.colours) else EQUAL
    mine, theirs = set(a.colours), set(b.colours)
    return [state, len(mine & theirs) / len(mine | theirs) + 0.5 * (a.colours == b.colours), less, more]


def _lengths(a: Reading, b: Reading) -> list[float]:
    short, long = sorted((len(a.text), len(b.text)))
    return [short / max(1, long), *sorted((len(a.bag), len(b.bag)))]


def features_of(pairs: Sequence[tuple[Reading, Reading]], prices: Sequence[float] | None = None) -> np.ndarray:
    """Compare many pairs: one row each, in float32."""
    apart = prices or [MISSING] * len(pairs)
    rows = [pair_features(a, b, price) for (a, b), price in zip(pairs, apart, strict=True)]
    return np.array(rows, dtype=np.float32).reshape(len(rows), len(NAMES))
