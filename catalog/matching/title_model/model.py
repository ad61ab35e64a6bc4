"""Holds a trained title model and turns read pairs into calibrated probabilities."""

import gzip
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from catalog.matching.title_model import crosses, features, quick
from catalog.matching.title_model.crosses import Learnt, hash_pairs
from catalog.matching.title_model.lexicon import Lexicon
from catalog.matching.title_model.reading import Reading, read
from catalog.matching.title_model.trees import Trees

FORMAT = 2
WEIGHTS, FIGURES = "weights.npz", "figures.json"
SHIPPED = Path(__file__).parent / "weights"
NAMES = features.NAMES + crosses.NAMES


class WeightsNotUsable(Exception):
    """The file is no title model that this version can read; the message says what to do."""


@dataclass(frozen=True, slots=True, eq=False)
class TitleModel:
    """A trained model: lexicon, learnt words, trees and calibration; equal only to itself."""

    lexicon: Lexicon
    learnt: Learnt
    trees: Trees
    calibration: tuple[np.ndarray, np.ndarray]
    code_odds: tuple[float, float]  # probability when full codes differ, and when they agree
    quick: np.ndarray  # intercept and coefficients of the quick score, in the order of quick.NAMES
    figures: Mapping[str, Any]

    @property
    def quick_terms(self) -> list[float]:
        """Intercept and coefficients of the quick score as plain numbers."""
        return _plain(self)

    def read(self, title: str, brand: str = "") -> Reading:
        """Read a title in this model's words."""
        return read(title, self.lexicon, brand)

    def features(self, pairs: Sequence[tuple[Reading, Reading]], prices: Sequence[float] | None = None) -> np.ndarray:
        """Every feature of many pairs, columns as in `NAMES`."""
        return np.hstack([features.features_of(pairs, prices), self.learnt.features(hash_pairs(pairs))])

    def probabilities(
        self, pairs: Sequence[tuple[Reading, Reading]], prices: Sequence[float] | None = None
    ) -> np.ndarray:
        """The calibrated probability that each pair is one product; the order of the two titles changes nothing."""
        if not pairs:
            return np.zeros(0)
        return self.probabilities_of(self.features(pairs, prices))

    def probabilities_of(self, table: np.ndarray) -> np.ndarray:
        """The calibrated probability of each row of features; full codes overrule the trees."""
        return self.settle(self.trees.log_odds(table), table)

    def settle(self, odds: np.ndarray, table: np.ndarray) -> np.ndarray:
        """Turn log odds into probabilities, and let full codes overrule them."""
        found = np.interp(odds, *self.calibration)
        codes = table[:, features.NAMES.index("codes_state")]
        found = np.where(codes == features.EQUAL, np.maximum(found, self.code_odds[1]), found)
        return np.asarray(np.where(codes == features.DIFFER, np.minimum(found, self.code_odds[0]), found))


@lru_cache(maxsize=4)
def _plain(model: TitleModel) -> list[float]:
    return [float(value) for value in model.quick]


def save_model(model: TitleModel, folder: Path) -> None:
    """Write weights and figures into a folder, byte for byte the same for the same model."""
    folder.mkdir(parents=True, exist_ok=True)
    words = {
        "meanings": dict(model.lexicon.meanings),
        "rarity": dict(model.lexicon.rarity),
        "rarest": model.lexicon.rarest,
        "gram_rarity": dict(model.lexicon.gram_rarity),
        "rarest_gram": model.lexicon.rarest_gram,
        "names": [*NAMES, *quick.NAMES],
    }
    trees = model.trees
    columns = np.flatnonzero(model.learnt.weights)
    arrays: dict[str, Any] = {
        "format": np.array([FORMAT]),
        "words": np.frombuffer(
            gzip.compress(json.dumps(words, ensure_ascii=False).encode(), 9, mtime=0), dtype=np.uint8
        ),
        "learnt_columns": columns.astype(np.uint32),
        "learnt_weights": model.learnt.weights[columns].astype(np.float16),
        "feature": trees.feature.astype(np.uint8),
        "threshold": trees.threshold.astype(np.float32),
        "paths": trees.paths.astype(np.int8),
        "yeses": trees.yeses.astype(np.int8),
        "value": trees.value.astype(np.float32),
        "scalars": np.array([trees.baseline, model.learnt.intercept, *model.code_odds]),
        "quick": model.quick,
        "calibration_x": model.calibration[0],
        "calibration_y": model.calibration[1],
    }
    np.savez_compressed(folder / WEIGHTS, **arrays)
    (folder / FIGURES).write_text(json.dumps(model.figures, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def load_model(folder: Path = SHIPPED) -> TitleModel:
    """Load weights and figures from a folder, once per process and folder.

    *Raises* `WeightsNotUsable` when there is none, or one of another format.
    """
    return _load(folder if folder is SHIPPED else folder.resolve())


@lru_cache(maxsize=4)
def _load(folder: Path) -> TitleModel:
    path = folder / WEIGHTS
    if not path.exists():
        raise WeightsNotUsable(f"There is no {WEIGHTS} in {folder}. Train one: python manage.py train_title_model.")
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except (ValueError, OSError, EOFError) as error:
        raise WeightsNotUsable(f"{path} is not a weights file: {error}") from error
    found = int(arrays["format"][0]) if "format" in arrays else 0
    if found != FORMAT:
        raise WeightsNotUsable(
            f"{path} has format {found}, this version reads format {FORMAT}. Train it anew: python manage.py train_title_model."
        )
    return _model_of(arrays, folder)


def _model_of(arrays: Mapping[str, np.ndarray], folder: Path) -> TitleModel:
    words = json.loads(gzip.decompress(arrays["words"].tobytes()))
    if words["names"] != [*NAMES, *quick.NAMES]:
        raise WeightsNotUsable(
            f"The weights in {folder} were trained on other features than this version computes. Train them anew."
        )
    baseline, intercept, differ, equal = (float(value) for value in arrays["scalars"])
    learnt = np.zeros(1 << crosses.BITS, dtype=np.float32)
    learnt[arrays["learnt_columns"]] = arrays["learnt_weights"]
    lexicon = Lexicon(words["meanings"], words["rarity"], words["rarest"], words["gram_rarity"], words["rarest_gram"])
    trees = Trees(
        arrays["feature"].astype(np.int32),
        arrays["threshold"],
        arrays["paths"].astype(np.float32),
        arrays["yeses"].astype(np.float32),
        arrays["value"],
        baseline,
    )
    beside = folder / FIGURES
    figures = json.loads(beside.read_text(encoding="utf-8")) if beside.exists() else {}
    calibration = (arrays["calibration_x"], arrays["calibration_y"])
    return TitleModel(lexicon, Learnt(learnt, intercept), trees, calibration, (differ, equal), arrays["quick"], figures)
