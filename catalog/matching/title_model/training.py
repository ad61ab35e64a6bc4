"""Trains a title model: a sparse regression over words, stacked under boosted trees, calibrated on products held out."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np

from catalog.matching.normalising import VariantIn, normalise
from catalog.matching.title_model import crosses, features
from catalog.matching.title_model.crosses import Hashed, Learnt, hash_pairs
from catalog.matching.title_model.lexicon import Lexicon, known_meanings, learn_rarity
from catalog.matching.title_model.measuring import Figures, measure
from catalog.matching.title_model.model import TitleModel
from catalog.matching.title_model.pairs import Offer, Pair
from catalog.matching.title_model.quick import DIRECTIONS, STRONGER, Sketch, quick_features, sketch
from catalog.matching.title_model.reading import Reading, grams_of, meanings_of, read
from catalog.matching.title_model.trees import Trees, trees_from_nodes

FOLDS = 4
PRIOR = 0.2  # the share of matches among the candidates that a shop's product meets
LEAST_GRAM = 5
REGRESSION = {"C": 0.3, "solver": "liblinear", "class_weight": "balanced", "max_iter": 400}
BOOSTING = {
    "max_iter": 300, "learning_rate": 0.05, "max_leaf_nodes": 12, "min_samples_leaf": 60,
    "l2_regularization": 10.0, "max_features": 0.5, "early_stopping": False,
}  # fmt: skip


class TrainingLibraryMissing(Exception):
    """scikit-learn is not installed; the message says how to get it."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Everything that training looks at: hashed words, features, labels, weights, and which products each pair touches."""

    table: np.ndarray
    hashed: Hashed
    same: np.ndarray
    weight: np.ndarray
    products: np.ndarray


@dataclass(frozen=True, slots=True)
class Trained:
    """A new model with its figures on pairs held out: per set, products that the words and trees never saw."""

    model: TitleModel
    unseen_products: tuple[Figures, ...]


def train(sets: Sequence[Sequence[Pair]], *, seed: int = 0) -> Trained:
    """Train on some sets of pairs; the same pairs and seed give the same model.

    Trees learn from two tables of held-out word weights: one of single pairs held out, as for products that are
    known, and one of whole products held out, as for new ones. A set with more matches than candidates usually hold
    is weighed down to that share, or every probability would be too high.
    *Raises* `TrainingLibraryMissing`, and `ValueError` when a set has no match or nothing but matches.
    """
    learn = _library()
    for one in sets:
        if len({pair.same for pair in one}) < 2:
            raise ValueError("Each set needs pairs that are the same and pairs that are not.")
    lexicon = _lexicon([pair for one in sets for pair in one])
    examples = _examples(sets, lexicon)
    by_pair, by_product = _folds(examples.products, seed)
    learnt = _regress(learn, examples.hashed, examples.same)
    stacked = [
        np.hstack([examples.table, _held_out_words(learn, examples, touched)]) for touched in (by_pair, by_product)
    ]
    table = np.vstack(stacked)
    same, weight = np.tile(examples.same, 2), np.tile(examples.weight, 2)
    trees = _boost(learn, table, same, weight, seed)
    odds = _held_out_odds(learn, table, same, weight, np.vstack([by_product, by_product]), seed)
    calibration = _calibrate(learn, odds, same, weight)
    model = TitleModel(
        lexicon, learnt, trees, calibration, _code_odds(examples), _quick(learn, sets, examples, lexicon), {}
    )
    unseen = model.settle(odds[len(examples.same) :], examples.table)
    edges = np.cumsum([0, *(len(one) for one in sets)])
    parts = [slice(start, end) for start, end in pairwise(edges)]
    return Trained(model, tuple(measure(examples.same[part], unseen[part]) for part in parts))


def _library() -> Any:
    try:
        modules = {name: import_module(f"sklearn.{name}") for name in ("linear_model", "ensemble", "isotonic")}
        modules["sparse"] = import_module("scipy.sparse")
    except ImportError as missing:
        raise TrainingLibraryMissing(
            "Training needs scikit-learn, which nothing else does: pip install -r requirements-train.txt"
        ) from missing
    return modules


def _reader(lexicon: Lexicon) -> Any:
    known: dict[tuple[str, str], Reading] = {}

    def reading(offer: Offer) -> Reading:
        key = (offer.title, offer.brand)
        if key not in known:
            known[key] = read(offer.title, lexicon, offer.brand)
        return known[key]

    return reading


def _lexicon(pairs: Sequence[Pair]) -> Lexicon:
    bare = Lexicon(known_meanings(), {}, 1.0)
    offers = sorted({(side.title, side.brand) for pair in pairs for side in (pair.left, pair.right)})
    bags = [meanings_of(f"{brand} {title}", bare) for title, brand in offers]
    rarity, rarest = learn_rarity(bags)
    grams, rarest_gram = learn_rarity((grams_of([word for word in bag if ":" not in word]) for bag in bags), LEAST_GRAM)
    return Lexicon(bare.meanings, rarity, rarest, grams, rarest_gram)


def price_apart(a: Offer, b: Offer) -> float:
    """|log ratio| of two prices of one currency, or -1 when they cannot be compared."""
    try:
        one, other = float(a.price), float(b.price)
    except ValueError:
        return features.MISSING
    if not a.currency or a.currency != b.currency or one <= 0 or other <= 0:
        return features.MISSING
    return abs(float(np.log(one / other)))


def _examples(sets: Sequence[Sequence[Pair]], lexicon: Lexicon) -> Examples:
    reading = _reader(lexicon)
    pairs = [pair for one in sets for pair in one]
    read_pairs = [(reading(pair.left), reading(pair.right)) for pair in pairs]
    table = features.features_of(read_pairs, [price_apart(pair.left, pair.right) for pair in pairs])
    same = np.array([pair.same for pair in pairs])
    weight = np.concatenate([_weights(np.array([pair.same for pair in one])) for one in sets])
    return Examples(table, hash_pairs(read_pairs), same, weight, _products(sets))


def _weights(same: np.ndarray) -> np.ndarray:
    """Weigh a set's pairs so that at most `PRIOR` of the weight is on matches, and the set's whole weight stays."""
    share = same.mean()
    if share <= PRIOR:
        return np.ones(len(same))
    weight = np.where(same, PRIOR / share, (1 - PRIOR) / (1 - share))
    return np.asarray(weight)


def _products(sets: Sequence[Sequence[Pair]]) -> np.ndarray:
    """Two product numbers per pair: named by the file, or what its matches tie together."""
    parent: dict[Any, Any] = {}

    def top(one: Any) -> Any:
        while parent.setdefault(one, one) != one:
            one = parent[one]
        return one

    named = [
        [tuple((number, side.product or (side.title, side.brand)) for side in (pair.left, pair.right)) for pair in one]
        for number, one in enumerate(sets)
    ]
    for one, names in zip(sets, named, strict=True):
        for pair, (left, right) in zip(one, names, strict=True):
            if pair.same:
                parent[top(left)] = top(right)
    numbers: dict[Any, int] = {}
    return np.array(
        [[numbers.setdefault(top(side), len(numbers)) for side in both] for names in named for both in names]
    )


def _folds(products: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two ways to hold out: single pairs, whose products stay known, and whole products; both as two folds per pair."""
    drawn = np.random.default_rng(seed)
    single = drawn.integers(0, FOLDS, len(products))
    of_product = drawn.integers(0, FOLDS, products.max() + 1)
    return np.stack([single, single], axis=1), of_product[products]


def _regress(learn: Any, hashed: Hashed, same: np.ndarray) -> Learnt:
    matrix = _matrix(learn, hashed)
    used = np.unique(matrix.indices)
    fitted = learn["linear_model"].LogisticRegression(**REGRESSION, random_state=0).fit(matrix[:, used], same)
    weights = np.zeros(1 << crosses.BITS, dtype=np.float32)
    weights[used] = fitted.coef_[0].astype(np.float16)
    return Learnt(weights, float(fitted.intercept_[0]))


def _matrix(learn: Any, hashed: Hashed) -> Any:
    shape = (len(hashed), 1 << crosses.BITS)
    return learn["sparse"].csr_matrix((np.ones(len(hashed.columns)), hashed.columns, hashed.starts), shape=shape)


def _held_out_words(learn: Any, examples: Examples, touched: np.ndarray) -> np.ndarray:
    """What a regression that never saw a fold says of each pair that touches it, averaged where two folds do."""
    total = np.zeros((len(touched), len(crosses.NAMES)), dtype=np.float32)
    times = np.zeros((len(touched), 1), dtype=np.float32)
    for fold in range(FOLDS):
        held = (touched == fold).any(axis=1)
        learnt = _regress(learn, examples.hashed.take(np.flatnonzero(~held)), examples.same[~held])
        total[held] += learnt.features(examples.hashed.take(np.flatnonzero(held)))
        times[held] += 1
    return total / times


def _quick(learn: Any, sets: Sequence[Sequence[Pair]], examples: Examples, lexicon: Lexicon) -> np.ndarray:
    """Fit the quick score to the same pairs, read by the normalisers."""
    sketches: dict[tuple[str, str], Sketch] = {}
    pairs = [pair for one in sets for pair in one]
    for offer in {(side.title, side.brand): side for pair in pairs for side in (pair.left, pair.right)}.values():
        row = normalise(VariantIn(0, 0, "", offer.title, vendor=offer.brand))
        sketches[offer.title, offer.brand] = sketch(row, lexicon)
    both = [tuple(sketches[side.title, side.brand] for side in (pair.left, pair.right)) for pair in pairs]
    table = np.array([quick_features(one, other, lexicon.rarest) for one, other in both])
    fitted = (
        learn["linear_model"]
        .LogisticRegression(max_iter=1000, C=1.0)
        .fit(table, examples.same, sample_weight=examples.weight)
    )
    towards = np.array(list(DIRECTIONS.values()))
    found = np.where(np.sign(fitted.coef_[0]) == towards, fitted.coef_[0], 0.0)
    stronger = np.array([STRONGER.get(name, np.inf) for name in DIRECTIONS])
    return np.concatenate([fitted.intercept_, np.minimum(found, stronger)])


def _boost(learn: Any, table: np.ndarray, same: np.ndarray, weight: np.ndarray, seed: int) -> Trees:
    boosted = learn["ensemble"].HistGradientBoostingClassifier(**BOOSTING, random_state=seed)
    boosted.fit(table, same, sample_weight=weight)
    trees = [
        [
            (bool(leaf), int(feature), float(threshold), int(yes), int(no), float(value))
            for leaf, feature, threshold, yes, no, value in predictor.nodes[
                ["is_leaf", "feature_idx", "num_threshold", "left", "right", "value"]
            ]
        ]
        for (predictor,) in boosted._predictors
    ]
    return trees_from_nodes(trees, float(np.ravel(boosted._baseline_prediction)[0]))


def _held_out_odds(
    learn: Any, table: np.ndarray, same: np.ndarray, weight: np.ndarray, touched: np.ndarray, seed: int
) -> np.ndarray:
    total, times = np.zeros(len(table)), np.zeros(len(table))
    for fold in range(FOLDS):
        held = (touched == fold).any(axis=1)
        trees = _boost(learn, table[~held], same[~held], weight[~held], seed)
        total[held] += trees.log_odds(table[held])
        times[held] += 1
    return total / times


def _calibrate(learn: Any, odds: np.ndarray, same: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A rising curve from log odds to probability, through at most sixty points, never quite 0 nor 1."""
    fitted = learn["isotonic"].IsotonicRegression(y_min=0.001, y_max=0.995, out_of_bounds="clip")
    fitted.fit(odds, same.astype(float), sample_weight=weight)
    grid = np.quantile(odds, np.linspace(0, 1, 400))
    points = np.unique(np.concatenate([grid, np.linspace(odds.min(), odds.max(), 60)]))
    smooth = np.convolve(np.pad(fitted.predict(points), 3, mode="edge"), np.ones(7) / 7, mode="valid")
    return points, np.maximum.accumulate(smooth)


def _code_odds(examples: Examples) -> tuple[float, float]:
    """How often pairs are one product when full codes of a brand differ, and when they agree, cautiously."""
    codes = examples.table[:, features.NAMES.index("codes_state")]
    differ, equal = (examples.same[codes == state] for state in (features.DIFFER, features.EQUAL))
    return float((differ.sum() + 1) / (len(differ) + 2)), float((equal.sum() + 1) / (len(equal) + 2))
