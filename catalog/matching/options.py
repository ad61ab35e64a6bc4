"""Tells which option of a variant is its size and which its colour, by option names of eight languages and by values."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from catalog.matching.colour import normalise_colour
from catalog.matching.folding import slug
from catalog.matching.size import normalise_size

_SIZE_WORDS = set(
    "size sizes grosse groesse grossen taille tailles pointure taglia taglie misura talla tallas numero maat maten schoenmaat "
    "storlek storlekar rozmiar rozmiary schuhgrosse schuhgroesse kleidergrosse konfektionsgrosse skostorlek numer sz gr "
    "dimensione talle".split()
)
_COLOUR_WORDS = set(
    "color colors colour colours farbe farben couleur couleurs colore colori colores kleur kleuren farg farger kolor kolory "
    "colorway colourway shade farve coloris barwa".split()
)
_WAIST_WORDS = {"waist", "bund", "bundweite", "weite", "vita", "cintura", "midja", "pas", "tour"}
_LENGTH_WORDS = {
    "length",
    "inseam",
    "lange",
    "laenge",
    "longueur",
    "lunghezza",
    "largo",
    "lengte",
    "langd",
    "dlugosc",
    "leg",
}
_SYSTEM = re.compile(r"\b(eu|eur|uk|us|fr|it|de)\b")


@dataclass(frozen=True, slots=True)
class OptionValues:
    """The size and colour texts of a variant, and every other option's value."""

    size: str = ""
    colour: str = ""
    others: tuple[str, ...] = ()


def read_options(options: Sequence[tuple[str, str]]) -> OptionValues:
    """Sort option values into size, colour and others.

    Names decide; values decide where names say nothing ("Title", "Option 1") or are plainly swapped.
    """
    return _read(tuple((name or "", value or "") for name, value in options))


@lru_cache(maxsize=65536)
def _read(options: tuple[tuple[str, str], ...]) -> OptionValues:
    roles: dict[str, str] = {}
    unnamed: list[str] = []
    for name, value in options:
        role = _role_of(slug(name))
        if role and role not in roles:
            roles[role] = _with_system(slug(name), value) if role == "size" else value
        else:
            unnamed.append(value)
    if "waist" in roles and "size" not in roles:
        roles["size"] = f"W{roles['waist']}" + (f"/L{roles['length']}" if "length" in roles else "")
    elif (
        "length" in roles and "size" in roles and roles["size"].strip().isdigit() and roles["length"].strip().isdigit()
    ):
        roles["size"] = f"W{roles['size']}/L{roles['length']}"
    return _by_values(roles, unnamed)


def _by_values(roles: dict[str, str], unnamed: list[str]) -> OptionValues:
    size, colour = roles.get("size", ""), roles.get("colour", "")
    if size and colour and _is_colour(size) and not _is_colour(colour) and _is_size(colour):
        size, colour = colour, size
    elif size and not colour and _is_colour(size) and not _is_size(size):
        size, colour = "", size
    elif colour and not size and _is_size(colour) and not _is_colour(colour):
        size, colour = colour, ""
    others = []
    for value in unnamed:
        for part in re.split(r"\s+/\s+|\s*\|\s*", value):
            if not size and _is_size(part):
                size = part
            elif not colour and _is_colour(part):
                colour = part
            else:
                others.append(part)
    if not size and not colour and others[:1] and normalise_size(others[0]).system == "default":
        size = others.pop(0)
    return OptionValues(size, colour, tuple(others))


def _role_of(name: str) -> str:
    tokens = set(name.split())
    if tokens & _WAIST_WORDS and not tokens & _SIZE_WORDS:
        return "waist"
    if tokens & _LENGTH_WORDS and not tokens & _SIZE_WORDS:
        return "length"
    if tokens & _SIZE_WORDS or tokens and tokens <= {"eu", "uk", "us", "eur", "shoe", "fr", "it"}:
        return "size"
    return "colour" if tokens & _COLOUR_WORDS else ""


def _with_system(name: str, value: str) -> str:
    """Carry a system that only the option's name states ("UK Size": "8") into the value."""
    found = _SYSTEM.search(name)
    if found and re.fullmatch(r"\s*\d{1,2}(?:[.,]\d+)?(?:\s*[½⅓⅔])?\s*", value):
        return f"{found[1].upper()} {value.strip()}"
    return value


def _is_size(text: str) -> bool:
    return normalise_size(text).system not in ("none", "RAW", "default")


def _is_colour(text: str) -> bool:
    return normalise_colour(text).known
