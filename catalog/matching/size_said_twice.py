"""Finds the half to read in a size that says the same thing twice, or in an order of its own."""

import re

_SYSTEM_LAST = re.compile(r"^(\d{1,3}(?:\.\d{1,2})?)-(eur?|uk|us|it|fr|de|es|jp)$")
# "9 D(M) US" and "8 B(M) US": the usual width of men's shoes is D, of women's B, and M says that it is the usual one.
_MEDIUM_WIDTH = re.compile(r"^(\d{1,2}(?:\.5)?)\s*([bd]?)\s*/?\s*m\s+us$")
_USUAL_WIDTH_OF = {"b": "w", "d": "m", "": ""}
_OTHER_WIDTH = re.compile(r"^(\d{1,2}(?:\.5)?)\s*([2-8]?e|ee)(?:\s*/\s*w)?\s+us$")
_HEIGHT = r"(\d{2,3}(?:\s*[-/]\s*\d{2,3})?)\s*(?:cm)?"
_AGE = (
    r"(?:age\s*)?\d{1,2}(?:\s*[-/]\s*\d{1,2})?\s*"
    r"(?:y|yrs?|years?|jahre?|ans?|a|anni|anos?|jaar|ar|lat|m|mo|mths?|months?|monate?|mois|mesi|meses)"
)
_HEIGHT_THEN_AGE = re.compile(rf"^{_HEIGHT}\s*(?:/|\s-\s)\s*{_AGE}$")
_AGE_THEN_HEIGHT = re.compile(rf"^{_AGE}\s*(?:/|\s-\s|,)\s*{_HEIGHT}$")
_LOWEST_HEIGHT, _HIGHEST_HEIGHT = 44, 188
_NUMBER_THEN_LETTER = re.compile(r"^\d{2}(?:\s*[-/]\s*\d{2})?\s*(?:/|\s-\s)\s*([1-6]?x*[sml]|[2-6]xl)$")
_TWO_NUMBERS = re.compile(r"^(\d{1,2}(?:\.\d{1,2})?)\s*/\s*(\d{1,2}(?:\.\d{1,2})?)$")
_SMALLEST_EUROPEAN, _BIGGEST_EUROPEAN = 16, 52
_KINDS_WITHOUT_LETTERS = ("shoe", "trousers", "suit", "bra", "")


def size_to_read(text: str, kind: str) -> str:
    """Answer the part of a folded size that says it best; any other text comes back as it is.

    A child's height says more than its age, a letter more than a number whose country is missing, a European shoe
    size more than a small number beside it that may be British or American.
    """
    if found := _SYSTEM_LAST.match(text):
        return f"{found[2]} {found[1]}"
    if kind in ("shoe", "") and (found := _MEDIUM_WIDTH.match(text)):
        return f"us {_USUAL_WIDTH_OF[found[2]]}{found[1]}"
    if kind in ("shoe", "") and (found := _OTHER_WIDTH.match(text)):
        return f"us {found[1]} {found[2]}"
    if kind != "shoe" and (found := _HEIGHT_THEN_AGE.match(text) or _AGE_THEN_HEIGHT.match(text)):
        return f"{found[1]} cm" if _is_height(found[1]) else text
    if kind not in _KINDS_WITHOUT_LETTERS and (found := _NUMBER_THEN_LETTER.match(text)):
        return found[1]
    if kind == "shoe" and (found := _TWO_NUMBERS.match(text)):
        small, big = sorted((found[1], found[2]), key=float)
        if float(small) < _SMALLEST_EUROPEAN <= float(big) <= _BIGGEST_EUROPEAN:
            return f"eu {big}"
    return text


def _is_height(text: str) -> bool:
    return all(_LOWEST_HEIGHT <= int(number) <= _HIGHEST_HEIGHT for number in re.findall(r"\d+", text))
