"""Tells apart how a model is built (membrane, width, height, lining) by the words that only one of two titles says."""

from collections.abc import Collection
from functools import lru_cache

from rapidfuzz.distance import OSA

from catalog.matching.size import Size

_WORDS = {
    "GTX": "gtx goretex gore",
    "waterproof": "waterproof wp wasserdicht impermeable impermeabile waterdicht vattentat wodoodporne wodoodporny",
    "wide": "wide xwide extrawide weit breed bred szeroki 2e 4e",
    "low": "low lo ox",
    "mid": "mid",
    "high": "high hi hightop",
    "platform": "platform plateau plateforme plataforma platforma plattform flatform",
    "lined": "lined gefuttert gefutterte gefutterter warmfutter fourre fourree fourres foderato foderata forrado forrada "
    "gevoerd gevoerde fodrad fodrade ocieplane ocieplany fleece fleecelined sherpa fellfutter lammfell",
}
_BUILDS = {word: build for build, listed in _WORDS.items() for word in listed.split()}
FEWEST_GROWN = 35.0
_OF_CHILDREN = ("KID", "US-k", "UK-k", "AGE", "CM", "CM-R")


@lru_cache(maxsize=65536)
def builds_of(tokens: tuple[str, ...]) -> frozenset[str]:
    """Name the builds that the words of a title say."""
    return frozenset(_BUILDS[word] for word in tokens if word in _BUILDS)


@lru_cache(maxsize=65536)
def builds_apart(one: tuple[str, ...], other: tuple[str, ...]) -> str:
    """Say which builds only one of two titles names, or nothing; a shop may have left the word out, so ask.

    A slip of the pen is the word all the same: "plaftorm", "fleec".
    """
    mine, theirs = builds_of(one), builds_of(other)
    if mine == theirs:
        return ""
    alone = {build for build in mine - theirs if not _misspelt(build, other)}
    alone |= {build for build in theirs - mine if not _misspelt(build, one)}
    return f"Only one title says {' and '.join(sorted(alone))}." if alone else ""


def _misspelt(build: str, tokens: tuple[str, ...]) -> bool:
    wanted = _WORDS[build].split()
    return any(
        OSA.distance(word, token, score_cutoff=1) <= 1
        for token in tokens
        if token not in _BUILDS and len(token) > 1
        for word in wanted
        if len(word) > 2
    )


def beyond_children(sizes: Collection[Size]) -> bool:
    """Tell whether the sizes of a product that says for nobody may be grown people's and none is a child's."""
    if any(size.system in _OF_CHILDREN or 0 < _eu(size) < FEWEST_GROWN for size in sizes):
        return False
    return any(_eu(size) >= FEWEST_GROWN for size in sizes)


def _eu(size: Size) -> float:
    return float(size.eu) if size.eu else 0.0
