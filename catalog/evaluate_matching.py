"""Compares two versions of the title model on frozen pairs and on what reviewers have decided so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np

from catalog.matching.title_model.measuring import RESAMPLES, Figures, interval, measure
from catalog.matching.title_model.model import SHIPPED, TitleModel, WeightsNotUsable, load_model
from catalog.matching.title_model.pairs import Pair
from catalog.train_titles import pairs_in, probabilities
from skuu.kit.errors import NotPossible


@dataclass(frozen=True, slots=True)
class Compared:
    """Two versions on one set; `gain` is the 95 % interval of the new F1 less the old one."""

    name: str
    old: Figures
    new: Figures
    old_interval: tuple[float, float]
    new_interval: tuple[float, float]
    gain: tuple[float, float]

    @property
    def better(self) -> str:
        """`new`, `old`, or `neither` while the interval of the difference holds zero."""
        if self.gain[0] > 0:
            return "new"
        return "old" if self.gain[1] < 0 else "neither"

    def row(self) -> Mapping[str, Any]:
        """As a program reads it."""
        return {
            "set": self.name, "old": self.old.rounded(), "new": self.new.rounded(),
            "old_f1_interval": _rounded(self.old_interval), "new_f1_interval": _rounded(self.new_interval),
            "gain_interval": _rounded(self.gain), "better": self.better,
        }  # fmt: skip


def evaluate_matching(
    files: Sequence[Path], *, old: Path = SHIPPED, new: Path = SHIPPED, verdicts: Sequence[Pair] = ()
) -> list[Compared]:
    """Measure both versions on each file and on the verdicts; changes nothing.

    *Raises* `NotPossible` when a file or a version cannot be read, or there is nothing to compare on.
    """
    try:
        models = load_model(old), load_model(new)
    except (WeightsNotUsable, OSError) as error:
        raise NotPossible(str(error)) from error
    sets = [(f"{path.resolve().parent.name}/{path.name}", pairs_in(path)) for path in files]
    if verdicts:
        sets.append(("verdicts", list(verdicts)))
    sets = [(name, pairs) for name, pairs in sets if pairs]
    if not sets:
        raise NotPossible("There is nothing to compare on: name files with --pairs, or have verdicts to use.")
    return [_compare(name, pairs, *models) for name, pairs in sets]


def _compare(name: str, pairs: Sequence[Pair], old: TitleModel, new: TitleModel) -> Compared:
    same = np.array([pair.same for pair in pairs])
    before = probabilities(old, pairs)
    after = before if new is old else probabilities(new, pairs)
    f1 = attrgetter("f1")
    return Compared(
        name, measure(same, before), measure(same, after), interval(same, before, f1), interval(same, after, f1),
        _gain(same, before, after),
    )  # fmt: skip


def _gain(same: np.ndarray, before: np.ndarray, after: np.ndarray) -> tuple[float, float]:
    drawn = np.random.default_rng(0)
    found = []
    for _ in range(RESAMPLES):
        picked = drawn.integers(0, len(same), len(same))
        found.append(measure(same[picked], after[picked]).f1 - measure(same[picked], before[picked]).f1)
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)


def _rounded(interval_: tuple[float, float]) -> list[float]:
    return [round(value, 4) for value in interval_]
