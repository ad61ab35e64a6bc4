"""Finds the size that a title states, behind its word or system or at the title's very end."""

import re

from catalog.matching.folding import words_of
from catalog.matching.vocabulary import COLOUR, COLOUR_PART, GENDER, KIND, MEANINGS

_FRACTION = r"(?:[.,]\d|\s*(?:1/2|1/3|2/3))?"
_LETTER = r"(?:[2-5]x{1,2}|x{0,4})[sml]"
_STATED = re.compile(
    rf"\b(eu|eur|uk|us|fr|gr|grosse|groesse|schuhgrosse|size|taille|pointure|taglia|talla|maat|storlek|rozmiar)\.?\s*[:#]?\s*"
    rf"(\d{{1,2}}{_FRACTION}|{_LETTER})\b(?!\s*-?\s*(?:pack|er))"
    rf"|\b(?:rozm|stl|strl|storl|tg|mt|sz|str)(?:\b\.?\s*[:#]?\s*)?((?:1[6-9]|[2-6]\d){_FRACTION}|(?<!\w){_LETTER})\b"
    rf"|(?<![\w.,/-])((?:1[6-9]|[2-5]\d){_FRACTION}\s*eur?|(?:[3-9]|1[0-5]){_FRACTION}\s*(?:uk|us))\b(?!\s*\d)"
    r"|\bw\s?(\d{2})\s*[/x-]?\s*l\s?(\d{2})\b"
)
_SYSTEMS = ("eu", "eur", "uk", "us", "fr")
# A bare number or letter ends a title as its size where something sets it off, or a colour, gender or kind stands before it.
_LAST = re.compile(rf"(\s[-|]\s*|[,(/]\s*|\s)((?:1[6-9]|[2-5]\d){_FRACTION}|{_LETTER})\)?\s*$")
_LAST_WORDS = frozenset(
    [f"{number}{half}" for number in range(16, 60) for half in ("", ".5")]
    + "2 3 xs s m l xl xxl xxs xxxl 2xl 3xl 4xl 5xl".split()
)
_CHILDS = 34  # below it, only a colour or a separator makes a number a size: "Nimbus Women 25"


def may_state_size(found: list[str], leads: bool) -> bool:
    """Tell whether it is worth looking for a size: a word leads to one (`leads`), or the last word may be one."""
    return leads or bool(found) and found[-1] in _LAST_WORDS


def without_size(plain: str, found: list[str]) -> tuple[str, list[str], str]:
    """Take the size that a folded title states out of it; gives the rest, its words and the size."""
    stated = _STATED.search(plain)
    if not stated:
        return _without_last(plain, found)
    lead, led, marked, trailed, waist, length = stated.groups()
    if waist:
        size = f"W{waist}/L{length}"
    elif lead in _SYSTEMS:
        size = f"{lead} {led}"
    else:
        size = led or marked or trailed
    rest = _STATED.sub(" ", plain)
    return rest, words_of(rest), size


def _without_last(plain: str, found: list[str]) -> tuple[str, list[str], str]:
    last = _LAST.search(plain)
    if not last or not (last[1].strip() or _set_off(plain[: last.start()], last[2])):
        return plain, found, ""
    rest = plain[: last.start()]
    return rest, words_of(rest), last[2]


def _set_off(before: str, size: str) -> bool:
    """Whether the word before a size is one that a model's number does not follow."""
    words = words_of(before)
    meaning = MEANINGS[words[-1]] if words else 0
    if meaning & (COLOUR | COLOUR_PART):
        return True
    return bool(meaning & (KIND | GENDER)) and size[0].isdigit() and int(size[:2]) >= _CHILDS
