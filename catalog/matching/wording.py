"""Shows where two titles differ: splits one into its words and marks those the other product does not say in any way."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from catalog.matching.colour import bases_in, colours_conflict
from catalog.matching.folding import words
from catalog.matching.gender import GENDER_WORDS
from catalog.matching.kind import KIND_WORDS

LONGEST_SHOWN = 300
_PIECES = re.compile(r"(\s+)")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a title as written; `differs` when the other product says nothing like it, `weighty` when it holds a digit."""

    text: str
    differs: bool
    weighty: bool = False


def mark_title(title: str, other: Iterable[str]) -> tuple[Piece, ...]:
    """Split a title into pieces that join to it again, each with whether the other product's texts lack it.

    A colour, a gender and a kind agree across languages ("Damen" and "women"); spaces never differ.
    """
    texts = list(other)
    said = {word for text in texts for word in words(text)}
    meanings = {meaning for word in said for meaning in _meanings(word)}
    colours = bases_in(" ".join(texts))
    pieces = []
    for text in _PIECES.split(title[:LONGEST_SHOWN]):
        if not text:
            continue
        strange = [word for word in words(text) if not _known(word, said, meanings, colours)]
        pieces.append(Piece(text, bool(strange), any(letter.isdigit() for word in strange for letter in word)))
    return tuple(pieces)


def _known(word: str, said: set[str], meanings: set[str], colours: tuple[str, ...]) -> bool:
    if word in said or any(meaning in meanings for meaning in _meanings(word)):
        return True
    bases = bases_in(word)
    return bool(bases) and any(not colours_conflict(bases, (colour,)) for colour in colours)


def _meanings(word: str) -> Iterable[str]:
    if word in GENDER_WORDS:
        yield f"gender {GENDER_WORDS[word]}"
    if word in KIND_WORDS:
        yield f"kind {KIND_WORDS[word]}"
