"""Reads for whom a product is made from the words of eight languages."""

from collections.abc import Iterable
from functools import lru_cache

from catalog.matching.folding import words

MEN, WOMEN, KIDS, UNISEX, UNSAID = "m", "w", "k", "u", ""
_WORDS = {
    MEN: "men mens man male herren herr herrar homme hommes masculin uomo uomini hombre hombres caballero heren meski "
    "meska meskie mezczyzna",
    WOMEN: "women womens woman wmns wmn female ladies lady damen dame dames dam femme femmes feminin donna donne mujer "
    "mujeres senora damski damska damskie kobieta wms",
    KIDS: "kids kid junior jr juniors gs ps td boys boy girls girl youth toddler infant infants baby babies kinder kind "
    "jungen jungs madchen maedchen enfant enfants fille garcon bebe bambino bambina bambini ninos ninas nino nina infantil "
    "kinderen jongens meisjes barn pojke flicka dzieci dzieciece dzieciecy chlopiec dziewczynka children child tdv psv",
    UNISEX: "unisex adult adults",
}
GENDER_WORDS = {word: gender for gender, listed in _WORDS.items() for word in listed.split()}


@lru_cache(maxsize=4096)
def gender_of(text: str) -> str:
    """Read one text: a word for children wins, men and women together are unisex, no word at all is unsaid."""
    return gender_among(words(text))


def gender_among(tokens: Iterable[str]) -> str:
    """Read the gender from folded words."""
    said = {word: GENDER_WORDS[word] for word in tokens if word in GENDER_WORDS}
    if len(said) > 1:
        said.pop("barn", None)  # Swedish children, or the shop "Boot Barn"
    found = set(said.values())
    if KIDS in found:
        return KIDS
    if UNISEX in found or {MEN, WOMEN} <= found:
        return UNISEX
    return found.pop() if found else UNSAID


def first_gender(texts: Iterable[str]) -> str:
    """Take the first text that says it: title before type before tags."""
    return next((gender for text in texts if (gender := gender_of(text))), UNSAID)


def genders_conflict(one: str, other: str) -> bool:
    """Tell whether two genders exclude each other; unisex fits any adult."""
    if not one or not other or one == other:
        return False
    return KIDS in (one, other) or UNISEX not in (one, other)
