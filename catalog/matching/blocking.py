"""Picks the few words of a title under which its candidates are looked up, so that blocks stay small."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

MOST_PRODUCTS_OF_A_WORD = 400


def rare_tokens(
    tokens: Sequence[str], df: Mapping[str, int], n: int = 3, cap: int = MOST_PRODUCTS_OF_A_WORD
) -> tuple[str, ...]:
    """Pick the n rarest words; a word on more than `cap` products of the brand finds nobody and is left out."""
    ranked = sorted((df.get(word, 0), word) for word in set(tokens) if df.get(word, 0) <= cap)
    return tuple(word for _, word in ranked[:n])


def document_frequencies(products: Iterable[Sequence[str]]) -> Counter[str]:
    """Count on how many products each word stands."""
    counts: Counter[str] = Counter()
    for tokens in products:
        counts.update(set(tokens))
    return counts


class Weights(dict[str, float]):
    """How much each word weighs, with the weight of the rarest."""

    rarest: float = 0.0


def weights(df: Mapping[str, int], products: int) -> Weights:
    """Turn document frequencies into weights: the rarer, the heavier."""
    found = Weights({word: math.log((products + 1) / (count + 0.5)) for word, count in df.items()})
    found.rarest = max(found.values(), default=0.0)
    return found
