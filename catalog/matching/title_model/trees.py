"""Evaluates boosted trees with numpy alone: all trees of all rows walk one level at a time."""

from dataclasses import dataclass

import numpy as np

ROWS_AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class Trees:
    """Boosted trees in flat arrays: a leaf points at itself, so that every walk takes `depth` steps."""

    roots: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    value: np.ndarray
    depth: int
    baseline: float

    def log_odds(self, features: np.ndarray) -> np.ndarray:
        """Sum the leaves that each row falls into; the work is rows x trees x depth."""
        parts = [self._walk(features[at : at + ROWS_AT_ONCE]) for at in range(0, len(features), ROWS_AT_ONCE)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _walk(self, rows: np.ndarray) -> np.ndarray:
        flat = np.ascontiguousarray(rows, dtype=np.float32).ravel()
        start = (np.arange(len(rows), dtype=np.int32) * rows.shape[1])[:, None]
        at = np.broadcast_to(self.roots, (len(rows), len(self.roots)))
        for _ in range(self.depth):
            goes_left = flat[start + self.feature[at]] <= self.threshold[at]
            at = np.where(goes_left, self.left[at], self.right[at])
        return self.baseline + self.value[at].sum(axis=1, dtype=np.float64)
