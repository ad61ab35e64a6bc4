"""Evaluates boosted trees with numpy alone: every question of every tree at once, then the leaf whose questions all agree."""

from dataclasses import dataclass

import numpy as np

ROWS_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Trees:
    """Boosted trees as tables: T trees of at most Q questions and L leaves.

    `paths[t, l, q]` is 1 where leaf l lies on the yes side of question q, -1 on its no side, 0 elsewhere; a leaf is
    reached when its row of `paths` times the answers equals `yeses[t, l]`.
    """

    feature: np.ndarray  # T x Q
    threshold: np.ndarray  # T x Q
    paths: np.ndarray  # T x L x Q
    yeses: np.ndarray  # T x L
    value: np.ndarray  # T x L
    baseline: float

    def log_odds(self, features: np.ndarray) -> np.ndarray:
        """Sum the leaves that each row falls into."""
        parts = [self._ask(features[at : at + ROWS_AT_ONCE]) for at in range(0, len(features), ROWS_AT_ONCE)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _ask(self, rows: np.ndarray) -> np.ndarray:
        trees, questions = self.feature.shape
        columns = np.ascontiguousarray(rows.T, dtype=np.float32)
        answers = columns[self.feature.ravel()] <= self.threshold.ravel()[:, None]
        agreed = self.paths @ answers.astype(np.float32).reshape(trees, questions, len(rows))
        reached = (agreed == self.yeses[:, :, None]).reshape(-1, len(rows)).astype(np.float32)
        return self.baseline + (self.value.ravel() @ reached).astype(np.float64)


NOWHERE = 99.0


def trees_from_nodes(trees: list[list[tuple[bool, int, float, int, int, float]]], baseline: float) -> Trees:
    """Turn trees of nodes (is leaf, feature, threshold, yes, no, value), root first, into tables."""
    most = max(sum(node[0] for node in nodes) for nodes in trees)
    questions = max(1, most - 1)
    shape = (len(trees), most)
    found = Trees(
        np.zeros((len(trees), questions), dtype=np.int32), np.full((len(trees), questions), np.inf, dtype=np.float32),
        np.zeros((*shape, questions), dtype=np.float32), np.full(shape, NOWHERE, dtype=np.float32),
        np.zeros(shape, dtype=np.float32), baseline,
    )  # fmt: skip
    for number, nodes in enumerate(trees):
        _fill(found, number, nodes)
    return found


def _fill(found: Trees, number: int, nodes: list[tuple[bool, int, float, int, int, float]]) -> None:
    asked = leaf = 0
    waiting: list[tuple[int, dict[int, float]]] = [(0, {})]
    while waiting:
        at, path = waiting.pop()
        is_leaf, feature, threshold, yes, no, value = nodes[at]
        if is_leaf:
            for question, side in path.items():
                found.paths[number, leaf, question] = side
            found.yeses[number, leaf] = sum(side > 0 for side in path.values())
            found.value[number, leaf] = value
            leaf += 1
        else:
            found.feature[number, asked], found.threshold[number, asked] = feature, threshold
            waiting += [(no, path | {asked: -1.0}), (yes, path | {asked: 1.0})]
            asked += 1
