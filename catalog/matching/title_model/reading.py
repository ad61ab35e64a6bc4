"""Reads a title once into everything two titles are compared by."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from catalog.matching.article import NO_CODE, ArticleCode, code_in_text, compact
from catalog.matching.brand import canonical_brand
from catalog.matching.colour import bases_in
from catalog.matching.folding import fold, words
from catalog.matching.gender import gender_of
from catalog.matching.kind import kind_of
from catalog.matching.title_model.lexicon import PHRASES, Lexicon

LONGEST_TITLE = 400
MOST_WORDS = 48
_MARKUP = re.compile(r'"?@[a-zA-Z]{2}(?:-[a-zA-Z]{2,4})?(?=\s|$)|\bCOL \w+ VAL\b|["“”|]')
# Control characters and the marks that turn the direction of writing.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
_PHRASE = re.compile("|".join(sorted((rf"\b{phrase}\b" for phrase in PHRASES), key=len, reverse=True)))
_MODEL_CODE = re.compile(r"(?=[a-z0-9./-]*\d)(?=[a-z0-9./-]*[a-z])[a-z0-9]+(?:[-./][a-z0-9]+)*|\d{4,}(?:-\d+)*")
_NUMBER = re.compile(r"^v?\d{1,4}(?:\.\d+)?$")
_ROMAN = {
    "ii": "2",
    "iii": "3",
    "iv": "4",
    "vi": "6",
    "vii": "7",
    "viii": "8",
    "ix": "9",
    "xi": "11",
    "xii": "12",
    "xiii": "13",
}
_SPLIT = re.compile(r"[a-z]+|\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Reading:
    """A title as read: words by meaning, the facts among them, and its letters in overlapping threes."""

    text: str
    ordered: tuple[str, ...]
    bag: frozenset[str]
    weights: dict[str, float]
    weight: float
    numbers: frozenset[str]
    parts: frozenset[str]
    models: frozenset[str]
    code: ArticleCode
    brand: str
    colours: tuple[str, ...]
    gender: str
    kind: str
    grams: dict[str, float]
    grams_length: float
    joined: str
    sorted_words: str


def clean_title(title: str) -> str:
    """Cut markup, language tags and control characters; only the first 400 characters count."""
    return " ".join(_MARKUP.sub(" ", _UNSEEN.sub(" ", title[: 2 * LONGEST_TITLE])).split())[:LONGEST_TITLE]


def meanings_of(text: str, lexicon: Lexicon) -> tuple[str, ...]:
    """The words of a title by meaning, without fillers, in order, each once."""
    folded = _PHRASE.sub(lambda found: " " + PHRASES[found[0]][1:] + " ", fold(text))
    found: dict[str, None] = {}
    for word in words(folded)[: 2 * MOST_WORDS]:
        if word not in lexicon.fillers:
            word = _ROMAN.get(word, word)
            found[lexicon.meanings.get(word, word)] = None
    return tuple(found)[:MOST_WORDS]


def read(title: str, lexicon: Lexicon, brand: str = "") -> Reading:
    """Read one title; `brand` is what a field beside it says."""
    text = clean_title(title)
    said = canonical_brand(brand, title=text)
    if brand and fold(brand) not in fold(text):
        text = f"{brand} {text}"
    return read_as(text, said, lexicon)


def read_as(text: str, brand: str, lexicon: Lexicon) -> Reading:
    """Read a clean title whose canonical brand is known."""
    ordered = meanings_of(text, lexicon)
    folded = fold(text)
    weights = {word: lexicon.weight(word) for word in ordered}
    plain = [word for word in ordered if ":" not in word]
    spelled = " ".join(words(folded))
    grams = _weighed_grams(plain, lexicon)
    return Reading(
        text=spelled,
        ordered=ordered,
        bag=frozenset(ordered),
        weights=weights,
        weight=sum(weights.values()),
        numbers=frozenset(word.lstrip("v").lstrip("0") or "0" for word in plain if _NUMBER.match(word)),
        parts=frozenset(part for word in plain for part in _SPLIT.findall(word)),
        models=frozenset(compact(word) for word in _MODEL_CODE.findall(folded) if len(word) > 3),
        code=code_in_text(text, brand) if brand else NO_CODE,
        brand=brand,
        colours=bases_in(text),
        gender=gender_of(text),
        kind=kind_of(text),
        grams=grams,
        grams_length=math.sqrt(sum([weight * weight for weight in grams.values()])) or 1.0,
        joined=spelled.replace(" ", ""),
        sorted_words=" ".join(sorted(ordered)),
    )


def grams_of(plain: Iterable[str]) -> set[str]:
    """The overlapping threes of letters inside words, whose ends count as letters."""
    found: set[str] = set()
    for word in plain:
        padded = f" {word} "
        found.update([padded[place : place + 3] for place in range(len(word))])
    return found


def _weighed_grams(plain: Iterable[str], lexicon: Lexicon) -> dict[str, float]:
    rarity, rarest = lexicon.gram_rarity, lexicon.rarest_gram
    return {gram: rarity.get(gram, rarest) for gram in grams_of(plain)}
