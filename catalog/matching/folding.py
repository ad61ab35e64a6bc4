"""Folds text to plain lower-case letters and digits, so that languages, apostrophes, emoji and markup compare equal."""

import html
import re
import unicodedata
from functools import lru_cache

LONGEST_TEXT = 600
_MARKUP = re.compile(r"<[^>]{0,200}>")
# Signs nobody sees (NUL, soft hyphen, zero width, direction) must not cut a word in two.
_UNSEEN = [0x00, 0xAD, 0x061C, 0x180E, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A)]
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "ae", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "œ": "oe", "ı": "i"}
    | dict.fromkeys("'’‘`´ʼ′", "'")
    | dict.fromkeys("‐‑‒–—―−", "-")
    | dict.fromkeys(map(chr, _UNSEEN), "")
)
_ACCENTS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]+")
_FRACTION = re.compile(r"(?<=\d)([½⅓⅔¼¾])")  # 42½ is 42 1/2, not 421/2
_WORD = re.compile(r"[a-z0-9]+(?:[.,][0-9]+)?")


def folded(text: str) -> str:
    """Fold case, accents, markup, dashes and apostrophes away, without remembering the answer.

    Only the first 600 characters count: a title that is longer is not a title.
    """
    if len(text) > LONGEST_TEXT:
        text = text[:LONGEST_TEXT]
    if "<" in text or "&" in text:
        text = _MARKUP.sub(" ", html.unescape(text))
    if text.isascii():
        return text.replace("\x00", "").lower()
    plain = unicodedata.normalize("NFKD", _FRACTION.sub(r" \1", text.translate(_LETTERS))).replace("\u2044", "/")
    return _ACCENTS.sub("", plain).lower()


@lru_cache(maxsize=16384)
def fold(text: str) -> str:
    """Fold a text as `folded` does; short fields such as vendors and colours come again and again."""
    return folded(text)


def words_of(plain: str) -> list[str]:
    """Split folded text into words; an apostrophe joins ("men's" -> "mens"), a decimal stays whole ("2.2")."""
    if "'" in plain:
        plain = plain.replace("'", "")
    found = _WORD.findall(plain)
    return [word.replace(",", ".") for word in found] if "," in plain else found


@lru_cache(maxsize=16384)
def words(text: str) -> tuple[str, ...]:
    """Split any text into folded words."""
    return tuple(words_of(fold(text)))


def slug(text: str) -> str:
    """Fold text to words joined by single spaces."""
    return " ".join(words(text))
