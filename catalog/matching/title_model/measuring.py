"""Measures probabilities against labels: F1, precision, recall, calibration, with bootstrap intervals."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

BINS = 10
RESAMPLES = 400


@dataclass(frozen=True, slots=True)
class Figures:
    """How well probabilities fit labels; `ece` is the expected calibration error over ten bins of equal width."""

    pairs: int
    matches: int
    f1: float
    precision: float
    recall: float
    ece: float
    log_loss: float

    def rounded(self) -> dict[str, float]:
        """As a dictionary of figures with four digits."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


def measure(same: np.ndarray, probability: np.ndarray) -> Figures:
    """Measure at probability 0.5 or more."""
    said = probability >= 0.5
    hits = int((said & same).sum())
    precision = hits / max(1, int(said.sum()))
    recall = hits / max(1, int(same.sum()))
    f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    right = np.clip(np.where(same, probability, 1 - probability), 1e-4, 1.0)
    return Figures(
        len(same), int(same.sum()), f1, precision, recall, calibration_error(same, probability), float(-np.log(right).mean())
    )  # fmt: skip


def calibration_error(same: np.ndarray, probability: np.ndarray) -> float:
    """The mean distance between what is promised and what comes true, over ten bins of equal width."""
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    apart = 0.0
    for number in range(BINS):
        mine = bins == number
        if mine.any():
            apart += abs(float(probability[mine].mean() - same[mine].mean())) * float(mine.mean())
    return apart


def interval(
    same: np.ndarray, probability: np.ndarray, figure: Callable[[Figures], float], seed: int = 0
) -> tuple[float, float]:
    """The 95 % bootstrap interval of one figure."""
    drawn = np.random.default_rng(seed)
    values = []
    for _ in range(RESAMPLES):
        picked = drawn.integers(0, len(same), len(same))
        values.append(figure(measure(same[picked], probability[picked])))
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)
