"""Words that two titles share, words only one has, and which word stands in for which: hashed, for a sparse regression."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

import numpy as np

from catalog.matching.title_model.reading import Reading

BITS = 20
MOST_CROSSED = 7
_MASK = (1 << BITS) - 1
KINDS = 3  # shared, alone, crossed
NAMES = (
    "learnt_shared", "learnt_alone", "learnt_crossed", "learnt", "learnt_alone_least", "learnt_crossed_least",
    "learnt_crossed_most", "shared_known", "alone_known", "crossed_known",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hashed:
    """The hashed words of many pairs: row `i` owns `columns[starts[i]:starts[i + 1]]`, each of a kind."""

    starts: np.ndarray
    columns: np.ndarray
    kinds: np.ndarray

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def rows(self) -> np.ndarray:
        """The row that each column belongs to."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    def take(self, rows: np.ndarray) -> "Hashed":
        """Pick some rows."""
        lengths = np.diff(self.starts)[rows]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        index = np.arange(starts[-1]) + np.repeat(self.starts[rows] - starts[:-1], lengths)
        return Hashed(starts, self.columns[index], self.kinds[index])


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a regression learnt of each hashed word: one weight per column, zero where it was never seen."""

    weights: np.ndarray
    intercept: float

    def features(self, hashed: Hashed) -> np.ndarray:
        """Sum the learnt weights by kind, and say how much of a pair was ever seen: columns as in `NAMES`."""
        count, rows, kinds = len(hashed), hashed.rows, hashed.kinds
        weights = self.weights[hashed.columns].astype(np.float64)
        found = np.zeros((count, len(NAMES)), dtype=np.float32)
        for kind in range(KINDS):
            mine = kinds == kind
            found[:, kind] = np.bincount(rows[mine], weights[mine], minlength=count)
            known = np.bincount(rows[mine], weights[mine] != 0, minlength=count)
            found[:, 7 + kind] = known / np.maximum(1, np.bincount(rows[mine], minlength=count))
        found[:, 3] = found[:, :KINDS].sum(axis=1) + self.intercept
        np.minimum.at(found[:, 4], rows[kinds == 1], weights[kinds == 1])
        np.minimum.at(found[:, 5], rows[kinds == 2], weights[kinds == 2])
        np.maximum.at(found[:, 6], rows[kinds == 2], weights[kinds == 2])
        return found


def hash_pairs(pairs: Sequence[tuple[Reading, Reading]]) -> Hashed:
    """Hash each pair's shared words, the words of one side only, and each two words that could stand for each other."""
    starts, columns, kinds = [0], [], []
    for one, other in pairs:
        for kind, found in enumerate(crosses(one, other)):
            columns += found
            kinds += [kind] * len(found)
        starts.append(len(columns))
    return Hashed(np.array(starts), np.array(columns, dtype=np.int64), np.array(kinds, dtype=np.int8))


def crosses(one: Reading, other: Reading) -> tuple[list[int], list[int], list[int]]:
    """Hash one pair; the same whichever title comes first."""
    shared = one.bag & other.bag
    mine, theirs = one.bag - shared, other.bag - shared
    rare_mine = sorted(mine, key=lambda word: (-one.weights[word], word))[:MOST_CROSSED]
    rare_theirs = sorted(theirs, key=lambda word: (-other.weights[word], word))[:MOST_CROSSED]
    crossed = _crossed([_hash(word) for word in rare_mine], [_hash(word) for word in rare_theirs])
    return (
        [_hash(f"s {word}") & _MASK for word in sorted(shared)],
        [_hash(f"a {word}") & _MASK for word in sorted(mine ^ theirs)],
        sorted(crossed),
    )


@lru_cache(maxsize=65536)
def _hash(text: str) -> int:
    return crc32(text.encode())


def _crossed(mine: list[int], theirs: list[int]) -> set[int]:
    """Mix every two hashes in a way that does not know which came first."""
    return {((a + b) * 0x9E3779B1 ^ a * b) >> 8 & _MASK for a in mine for b in theirs}
