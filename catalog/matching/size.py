"""Reads a size into a key that equals another shop's key only when both certainly mean the same size."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from catalog.matching.charts import by_brand_chart, by_common_chart, plain, states_european
from catalog.matching.colour import normalise_colour
from catalog.matching.folding import fold
from catalog.matching.gender import GENDER_WORDS
from catalog.matching.overlapping import overlap
from catalog.matching.size_said_twice import size_to_read
from catalog.matching.sizewords import (
    ALPHA,
    GIRTH,
    NO_CHOICE,
    ONE_SIZE,
    read_age,
    read_bra,
    read_range,
    read_suit,
    read_waist,
)

LONGEST_LABEL = 60


@dataclass(frozen=True, slots=True)
class Size:
    """A size as read.

    `key` is empty when there is none. `sure` says that an equal key of another shop is the same size; `eu` is the
    EU size where known or estimated.
    """

    key: str
    system: str
    value: str
    eu: str
    label: str
    sure: bool


NO_SIZE = Size("", "none", "", "", "", False)
_OF_CHILDREN = ("US-k", "UK-k", "KID")
_FRACTIONS = (("1/2", ".5"), ("1/3", ".33"), ("2/3", ".67"))
_SYSTEMS = {"eu": "EU", "eur": "EU", "euro": "EU", "uk": "UK", "gb": "UK", "us": "US", "usa": "US"}
_SYSTEMS |= {
    "fr": "FR",
    "it": "IT",
    "de": "DE",
    "d": "DE",
    "f": "FR",
    "i": "IT",
    "es": "ES",
    "jp": "JP",
    "cm": "CM",
    "au": "AU",
}
_FILLER = re.compile(
    r"\b(?:size|sizes|grosse|groesse|gr|taille|pointure|taglia|numero|talla|maat|storlek|rozmiar|sz|no|nr|rozm|stl|strl|tg|mt"
    r"|storrelse|schuhgrosse|schoenmaat|skostorlek|num|numer|n°|t(?=[.\s]*\d))(?![a-z])[.:\s]*|[)\]#:]"
)
_NUMBER = r"(\d{1,3}(?:\.\d{1,2})?)"
_TAGGED = re.compile(
    rf"(?<![a-z])(eur|euro|eu|uk|gb|usa|us|fr|it|de|es|jp|au)[\s\-]*([mwky]?)\s*{_NUMBER}\s*([cyk]?)(?![\da-z.])"
    r"(?!\s*-\s*\d+(?:\.\d+)?\s*(?:/|$))"  # EU 36-38 / S is more than EU 36
)
_TRAILED = re.compile(
    rf"(?<![\d.])(?<!\d-)(?<!\d - ){_NUMBER}\s*([cyk]?)\s*(eur|euro|eu|uk|gb|usa|us|fr|it|de|es|jp|au|cm)\b"
)
_LEADING = re.compile(rf"^{_NUMBER}\s*[/|-]")
_BARE = re.compile(rf"^{_NUMBER}$")
_BOTH_GENDERS = re.compile(
    rf"\bm(?:en)?'?s?\s*{_NUMBER}\s*[/|,-]\s*w(?:omen)?'?s?\s*{_NUMBER}|\bw(?:omen)?'?s?\s*{_NUMBER}\s*[/|,-]\s*m(?:en)?'?s?\s*{_NUMBER}"
)
_M_OR_W = re.compile(rf"^(?:us\s*)?([mw])\s*{_NUMBER}$")
_SMALL_SHOE = re.compile(rf"^(?:us\s*)?{_NUMBER}\s*([cy])$")
_GENDERED = re.compile(r"\b(men|mens|m|women|womens|wmns|w|kids|junior)\b")
_GENDER_OF = {
    "men": "m",
    "mens": "m",
    "m": "m",
    "women": "w",
    "womens": "w",
    "wmns": "w",
    "w": "w",
    "kids": "k",
    "junior": "k",
}
# M (42), XS (34-36), XS (UK 6-8), L/XL (95-105cm)
_LETTER_AND_NUMBER = re.compile(
    r"^([a-z0-9/-]*[a-z])\s*(?:/|\s-\s)\s*(?:(?:eur?|uk|us|it|de|fr)\s*)?\d{1,3}(?:\s*[-/]\s*\d{1,3})?(?:\s*cm)?$"
)
_DOTLESS_HALF = re.compile(r"^(\d{2})5$")
_COLOUR_BESIDE = re.compile(r"\s*[/|;]\s*|\s+-\s+|,\s+|\s+")
_SHOE_WIDTH = re.compile(rf"^((?:(?:eu|uk|us)\s*)?{_NUMBER})\s*(?:/\s*)?(wide|narrow|w|[2468]?e|ee|[defgh])$")


def normalise_size(text: str, *, brand: str = "", gender: str = "", kind: str = "") -> Size:
    """Read one size label.

    Conversions to EU use the brand's chart; without one the key keeps its system, so that UK 8 never equals EU 42
    by guess. A bare number below 16 has no system and is never sure.
    """
    return _normalise(text.strip(), brand, gender, kind)


@lru_cache(maxsize=65536)
def _normalise(text: str, brand: str, gender: str, kind: str) -> Size:
    label = text[:LONGEST_LABEL]
    plain_text = _plain_text(label)
    if not plain_text:
        return NO_SIZE
    if plain_text in NO_CHOICE:
        return (
            Size("ONE", "one", "ONE", "", label, True)
            if kind == "accessory"
            else Size("", "default", "", "", label, False)
        )
    if _is_one_size(plain_text):
        return Size("ONE", "one", "ONE", "", label, True)
    plain_text = size_to_read(plain_text, kind)
    found = _lettered(plain_text, label, kind) or _numbered(plain_text, label, brand, gender, kind)
    if found.system == "RAW" and (alone := split_size(label)[0]) != label:
        return replace(_normalise(alone, brand, gender, kind), label=label)
    return found


def _is_one_size(text: str) -> bool:
    """Read "One Size", and "One Size / Unisex" alike."""
    first, *others = text.split(" / ")
    return first in ONE_SIZE and all(other in ONE_SIZE or other in GENDER_WORDS for other in others)


@lru_cache(maxsize=16384)
def split_size(text: str) -> tuple[str, str]:
    """Part a value that holds a size and a colour ("42 / White", "Black - XL"); any other text is all size.

    The words of a colour stay together, the size is one word or what stands between two separators.
    """
    text = text.strip()[:LONGEST_LABEL]
    cuts = list(_COLOUR_BESIDE.finditer(text))
    found = []
    for cut in (*(one for one in cuts if one[0].strip()), *cuts[:1], *cuts[-1:]):
        one, other = text[: cut.start()].strip(), text[cut.end() :].strip()
        for size, colour in ((one, other), (other, one)):
            if _says_colour(colour) and not _says_colour(size) and _says_size(size):
                found.append((size, colour))
    return min(found, key=lambda parts: len(parts[0]), default=(text, ""))


def _says_colour(text: str) -> bool:
    return bool(re.fullmatch(r"[^\W\d_][^\d]{2,}", text)) and normalise_colour(text).known


def _says_size(text: str) -> bool:
    return normalise_size(text).system not in ("none", "RAW", "default")


@lru_cache(maxsize=16384)
def _plain_text(label: str) -> str:
    """Fold a label, write fractions and decimal commas as points, drop the word for size."""
    text = re.sub(r"(\d)([½⅓⅔])", r"\1 \2", label)
    text = fold(text).replace("⁄", "/").replace("_", " ").replace("'", "")
    text = re.sub(r"(\d),(\d{1,2})(?!\d)", r"\1.\2", text)
    for fraction, decimal in _FRACTIONS:
        text = re.sub(rf"(?<=\d)[\s\-]+{fraction}(?!\d)", decimal, text)
    text = _FILLER.sub(" ", re.sub(r"\s*[(\[]\s*", " / ", text))
    return re.sub(r"\s+", " ", text).strip(" .-'*/")


@lru_cache(maxsize=16384)
def _lettered(text: str, label: str, kind: str) -> Size | None:
    """Read sizes that are not one number: letters, waist and length, suits, bras, ages, ranges."""
    for read in (_read_letters, read_waist, read_suit, read_bra, read_age, read_range):
        if found := read(text, kind):
            return _of(found[0], found[1], label)
    return None


def _read_letters(text: str, kind: str) -> tuple[str, str] | None:
    """Read S, XS/S, M Tall, L (Large); US and Asian letters are cut differently and stay apart."""
    text = _LETTER_AND_NUMBER.sub(r"\1", text) if kind != "shoe" else text
    for tag in ("eu ", "int "):
        text = text.removeprefix(tag) if text.removeprefix(tag) in ALPHA else text
    words = [ALPHA.get(word, word) for word in text.split()]
    if text in ALPHA:
        return "AL", ALPHA[text]
    if words[0] in ALPHA.values() and set(words) <= {words[0], "/"}:
        return "AL", words[0]
    pair = re.fullmatch(r"(\w[\w-]*)\s*[/-]\s*(\w[\w-]*)", text)
    if pair and pair[1] in ALPHA and pair[2] in ALPHA:
        return "AL", "/".join(sorted({ALPHA[pair[1]], ALPHA[pair[2]]}, key=GIRTH.__getitem__))
    cut = re.fullmatch(r"(\w+)[\s-]+(tall|long|short|petite|regular|slim|plus)", text)
    if cut and cut[1] in ALPHA:
        return "AL", ALPHA[cut[1]] + ("" if cut[2] == "regular" else "-" + cut[2].upper())
    abroad = re.fullmatch(r"(us|uk|asia|asian)\s+(\w+)", text)
    return (f"AL-{abroad[1].upper()}", ALPHA[abroad[2]]) if abroad and abroad[2] in ALPHA else None


def _of(system: str, value: str, label: str) -> Size:
    return Size(f"{system}:{value}", system, value, "", label, not system.endswith("?"))


def _numbered(text: str, label: str, brand: str, gender: str, kind: str) -> Size:
    """Read a size that is a number, with or without its system."""
    width = ""
    if (wide := _SHOE_WIDTH.match(text)) and kind in ("shoe", ""):
        width, text = wide[3].upper(), wide[1]
    if small := _SMALL_SHOE.match(text):
        return _with_width(_small_shoe(small[1], small[2], label, brand, kind), width)
    if both := _BOTH_GENDERS.search(text):
        return _converted("US", plain(float(both[1] or both[4])), label, brand, "m")
    if (whose := _M_OR_W.match(text)) and kind in ("shoe", "") and 3 <= float(whose[2]) <= 16:
        return _converted("US", plain(float(whose[2])), label, brand, whose[1])
    said = _tagged(text, kind)
    if "EU" in said:
        return _with_width(_european(said["EU"], label), width)
    gender = _gender_in(text) or gender
    for system in ("UK", "US", "DE", "FR", "IT", "ES", "JP", "CM", "AU"):
        if system in said:
            return _with_width(_in_system(system, said[system], label, brand, gender, kind), width)
    if bare := _BARE.match(re.sub(r"^[ef](?=\d)|\s*(?:mens?|womens?|herren|damen|kids)\s*", "", text)):
        return _with_width(_unstated(float(bare[1]), label, brand, gender, kind), width)
    if kind == "ring" and (around := re.fullmatch(_NUMBER + r"\s*mm", text)) and 40 <= float(around[1]) <= 76:
        return _unstated(float(around[1]), label, brand, gender, kind)
    return Size(f"RAW:{text}", "RAW", text, "", label, False)


def _tagged(text: str, kind: str) -> dict[str, str]:
    """Every system the label names, with its value, first mention first; "42 EU / 8 UK" and "EU 42 (UK 8)" alike."""
    found: dict[str, str] = {}
    trailed = [(tag, number, age) for number, age, tag in _TRAILED.findall(text)]
    tagged = [(tag, number, age) for tag, _, number, age in _TAGGED.findall(text)]
    # "42 EU - 8 UK" must not be read as "EU - 8": a label that starts with its number names the system after it.
    for tag, number, age in trailed if text[0].isdigit() and trailed else tagged or trailed:
        found.setdefault(_SYSTEMS[tag], plain(float(number)) + age.upper().replace("K", "C"))
    lead = _LEADING.match(text) if found and "EU" not in found and kind in ("shoe", "") else None
    if lead and 16 <= float(lead[1]) <= 52:
        found["EU"] = plain(float(lead[1]))  # "42 / UK 8"
    return found


def _gender_in(text: str) -> str:
    found = _GENDERED.search(text) or re.search(r"\b(m|w)(?=\d)", text)
    return _GENDER_OF[found[1]] if found else ""


def _in_system(system: str, value: str, label: str, brand: str, gender: str, kind: str) -> Size:
    if system in ("DE", "FR", "ES") and (kind == "shoe" or (not kind and "." in value)):
        return _european(value, label)
    if system in ("UK", "US"):
        if kind in ("shoe", "") and value[-1] in "CY":
            return _small_shoe(value[:-1], value[-1].lower(), label, brand, kind, system)
        if kind in ("shoe", ""):
            return _converted(system, value, label, brand, gender)
        who = "-k" if gender == "k" else ""
        return Size(f"{system}{who}:{value}", system + who, value, "", label, True)
    if system == "CM" and kind == "shoe":
        system = "JP"
    if system == "DE":
        return _european(value, label)
    return Size(f"{system}:{value}", system, value, "", label, True)


def _european(value: str, label: str) -> Size:
    return Size(f"EU:{value}", "EU", value, value, label, value[-1].isdigit() and float(value) >= 14)


def _converted(system: str, value: str, label: str, brand: str, gender: str) -> Size:
    """A UK or US shoe size: EU where the brand's chart says it, else itself.

    US sizes count differently for men, women and children, so a US size of nobody in particular is not sure.
    """
    if gender == "k" and system == "US":
        value = _child(value)
    if eu := by_brand_chart(system, value, brand, gender):
        return Size(f"EU:{eu}", "EU", eu, eu, label, True)
    who = f"-{gender}" if gender == "k" or gender in ("m", "w") and system == "US" else ""
    sure = system == "UK" or (bool(who) and (gender != "k" or value[-1] in "CY"))
    return Size(
        f"{system}{who}:{value}", system + who, value, by_common_chart(system, value, gender, brand), label, sure
    )


def _child(value: str) -> str:
    """US children's sizes run 8C ... 13.5C, then 1Y again; below 8 nobody can tell which."""
    return value + "C" if value[-1].isdigit() and 8 <= float(value) <= 13.5 else value


def _small_shoe(number: str, mark: str, label: str, brand: str, kind: str, system: str = "US") -> Size:
    value = plain(float(number)) + mark.upper()
    if kind not in ("shoe", "") or (kind == "" and mark == "y"):
        return Size(f"KID:{value}", "KID", value, "", label, True)
    if eu := by_brand_chart(system, value, brand, "k"):
        return Size(f"EU:{eu}", "EU", eu, eu, label, True)
    return Size(f"{system}-k:{value}", f"{system}-k", value, by_common_chart(system, value, "k", brand), label, True)


def _unstated(number: float, label: str, brand: str, gender: str, kind: str) -> Size:
    """A bare number: EU on shoes from 16 to 52, a label size on clothes, nothing certain below 16.

    A dress of size 38 is another one in Paris, Milan and Munich; men's clothes count alike in all three.
    """
    value = plain(number)
    if kind in ("shoe", "") and 16 <= number <= 52:
        return _european(value, label)
    if kind == "shoe" and (half := _DOTLESS_HALF.match(value)):
        return _dotless(f"{half[1]}.5", value, label, brand)
    if kind == "glove" and 4 <= number <= 13 or kind == "ring" and 40 <= number <= 76:
        return Size(f"NR:{value}", "NR", value, "", label, True)  # one scale all over Europe
    if number < 16 and kind not in ("top", "trousers", "suit"):
        return Size(f"?:{value}", "?", value, "", label, False)
    if number > 52 and kind != "shoe" and (gender != "m" or kind == "accessory"):
        return Size(f"CM:{value}", "CM", value, "", label, True)  # children's clothes by height, belts by length
    of_a_country = kind != "sock" and 32 <= number <= 52 and gender != "m"
    return Size(f"NR:{value}", "NR", value, "", label, number >= 26 and not of_a_country)  # 16 may be UK, US or an age


def _dotless(half: str, value: str, label: str, brand: str) -> Size:
    """Read 425 as 42.5 where a chart has that size; certain only where the brand's own has it."""
    if not states_european(half):
        return Size(f"RAW:{value}", "RAW", value, "", label, False)
    return Size(f"EU:{half}", "EU", half, half, label, states_european(half, brand))


def _with_width(size: Size, width: str) -> Size:
    if not width:
        return size
    # A lone W may mean wide or women's.
    return Size(
        f"{size.key}/{width}", size.system, f"{size.value}/{width}", size.eu, size.label, size.sure and width != "W"
    )


def same_size(one: Size, other: Size) -> bool:
    """Tell whether two sizes are certainly the same."""
    return one.sure and other.sure and bool(one.key) and one.key == other.key


def sizes_conflict(one: Size, other: Size) -> bool:
    """Tell whether two sizes are certainly different.

    Rounded thirds (42.5 for 42 2/3) do not contradict; an estimated EU size contradicts from one size on. Sizes that
    overlap (S/M and M) are neither the same nor different.
    """
    if not one.key or not other.key or one.key == other.key:
        return False
    if one.eu and other.eu:
        apart = abs(float(one.eu) - float(other.eu))
        return apart > (0.34 if one.system == other.system == "EU" else 1)
    if one.system != other.system:
        return False
    if one.system in _OF_CHILDREN and one.value.rstrip("CY") != other.value.rstrip("CY"):
        return True  # 13.5 and 1 are neighbours, whichever kind of 1 it is
    return one.sure and other.sure and not sizes_overlap(one, other)


def sizes_overlap(one: Size, other: Size) -> bool:
    """Tell whether two different sizes have something in common: S/M and M, W32 and W32/L34, 39-42 and 40."""
    if not one.key or not other.key or one.key == other.key:
        return False
    return overlap(one.system, one.value, other.system, other.value)
