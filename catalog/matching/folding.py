"""Folds text to plain lower-case letters and digits, so that languages, apostrophes, emoji and markup compare equal."""

import html
import re
import unicodedata
from functools import lru_cache

LONGEST_TEXT = 600
_MARKUP = re.compile(r"<[^>]{0,200}>")
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "ae", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "œ": "oe", "ı": "i"}
    | dict.fromkeys("'’‘`´ʼ′", "'")
)
_WORD = re.compile(r"[a-z0-9]+(?:[.,][0-9]+)?")


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """Fold case, accents, markup and apostrophes away.

    Only the first 600 characters count: a title that is longer is not a title.
    """
    text = text[:LONGEST_TEXT]
    if "<" in text or "&" in text:
        text = _MARKUP.sub(" ", html.unescape(text))
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS)).replace("\u2044", "/")
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).lower()


@lru_cache(maxsize=65536)
def words(text: str) -> tuple[str, ...]:
    """Split folded text into words; an apostrophe joins ("men's" -> "mens"), a decimal stays whole ("2.2")."""
    return tuple(word.replace(",", ".") for word in _WORD.findall(fold(text).replace("'", "")))


def slug(text: str) -> str:
    """Fold text to words joined by single spaces."""
    return " ".join(words(text))
