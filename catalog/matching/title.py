"""Reduces a title to sorted model words: without brand, colour, size, code, gender and noise; numbers kept apart."""

import re
from dataclasses import dataclass
from functools import lru_cache

from catalog.matching.article import compact
from catalog.matching.brand import brand_words
from catalog.matching.colour import COLOUR_WORDS
from catalog.matching.folding import fold, words
from catalog.matching.gender import GENDER_WORDS
from catalog.matching.kind import KIND_WORDS

_NOISE = set(
    "sale new original originals special offer the and for with of in by a an s t m w sneakers style fashion neu nuevo nouveau "
    "nuova nowe ny angebot soldes saldi rabatt promo outlet cheap replica hot best top quality free shipping buy online shop "
    "store official authentic exclusive limited edition und mit fur von der die das le la les et pour avec di da per con y de "
    "para en och med i na dla ankle running sport sports lifestyle casual classic women men size gr eu uk us eur collection".split()
)
_MODEL_WORDS_OF_KIND = {"ballerina", "boot", "boots", "mule", "slide", "clog", "sandal", "loafer"}
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
_VERSION = re.compile(r"^v\.?(\d{1,2}(?:\.\d)?)$")
_CODE_LIKE = re.compile(r"^(?:[a-z]{1,3}\d{4,}[a-z0-9]*|\d{5,})$")
_SIZE_IN_TITLE = re.compile(
    r"\b(eu|eur|uk|us|gr|grosse|groesse|size|taille|pointure|taglia|talla|maat|storlek|rozmiar)\.?\s*[:#]?\s*"
    r"(\d{1,2}(?:[.,]\d)?(?:\s*(?:1/2|1/3|2/3))?|[2-5]?x{0,3}[sml])\b(?!\s*-?\s*(?:pack|er))"
)
_PACK = re.compile(
    r"\b(\d{1,2})\s*-?\s*(?:er\s*-?\s*pack|pack|paar\b|pairs?\b|pezzi|pieces|stuck|szt)|\bpack\s*(?:of|de|da)\s*(\d{1,2})\b"
)
_SET = re.compile(r"\b(?:bundle|multipack|doppelpack|combo)\b")
_USED = re.compile(
    r"\b(?:second[ -]hand|pre[ -]?owned|used|gebraucht|refurbished|occasion|usato|segunda mano|vintage used|uzywan\w*|begagnad)\b"
)
_REPLICA = re.compile(r"\b(?:replica|fake|copy|aaa quality|1:1)\b")


@dataclass(frozen=True, slots=True)
class TitleWords:
    """What a title says of the model; `pack` counts the pieces sold together, `condition` is empty for new goods."""

    tokens: tuple[str, ...]
    numbers: tuple[str, ...]
    pack: int
    condition: str


@lru_cache(maxsize=65536)
def read_title(title: str, brand: str = "", code: str = "") -> TitleWords:
    """Reduce a title to its model words.

    Sorting makes the order of words irrelevant; version numbers ("32", "2.2", "II") are kept apart so that they can
    contradict each other.
    """
    folded = fold(title)
    without_size = _SIZE_IN_TITLE.sub(" ", folded)
    own = brand_words(brand) if brand else frozenset()
    tokens: set[str] = set()
    numbers: set[str] = set()
    for word in words(without_size):
        if number := _number(word):
            numbers.add(number)
        elif not _says_nothing(word, own, code):
            tokens.add(word)
    return TitleWords(tuple(sorted(tokens)), tuple(sorted(numbers)), pack_in(folded), condition_in(folded))


def size_in_title(title: str) -> str:
    """Find a size that a title states with its word or system ("EU 42", "Gr. 42"), else an empty string."""
    found = _SIZE_IN_TITLE.search(fold(title))
    if not found:
        return ""
    return f"{found[1]} {found[2]}" if found[1] in ("eu", "eur", "uk", "us") else found[2]


def pack_in(folded: str) -> int:
    """Count the pieces a folded title sells together; a bundle of unknown count is 0, a single piece 1."""
    if found := _PACK.search(folded):
        return int(found[1] or found[2])
    return 0 if _SET.search(folded) else 1


def condition_in(folded: str) -> str:
    """Name the condition if it is not new and original."""
    if _USED.search(folded):
        return "used"
    return "replica" if _REPLICA.search(folded) else ""


def _number(word: str) -> str:
    if word.replace(".", "", 1).isdigit() and len(word) <= 4:
        return word.lstrip("0") or "0"
    if found := _VERSION.match(word):
        return found[1]
    return _ROMAN.get(word, "")


def _says_nothing(word: str, own: frozenset[str], code: str) -> bool:
    if word in own or word in _NOISE or word in COLOUR_WORDS or word in GENDER_WORDS:
        return True
    if word in KIND_WORDS and word not in _MODEL_WORDS_OF_KIND:
        return True
    return bool(_CODE_LIKE.match(word)) or bool(code and len(word) > 2 and compact(word) in code)
