"""Reads article codes: style plus colour decides almost alone, style without colour decides nothing."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from catalog.matching.colour import bases_in, colours_conflict

FULL, STYLE, NONE = "full", "style", "none"
COLOUR_NAME = "colour-name"  # the pattern of codes that end in a colour's name, which every shop says in its own words
LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class ArticleCode:
    """An article code as read: `value` without separators, `style` its first part, `pattern` the rule that found it."""

    value: str = ""
    level: str = NONE
    pattern: str = ""
    style: str = ""


NO_CODE = ArticleCode()
_SEP = r"[-_ ./]?"
_SEP_WITHOUT_SPACE = r"[-_./]?"
# Model names that have the shape of a code: adidas ZX8000 is worn in fifty colours.
_MODEL_NAMES = re.compile(r"(?:ZX|SL|LX|GT|HD|AX|GEL)\d{1,2}00")
_ASICS = (
    (r"\d{4}[A-Z]\d{3}", r"\d{3}"),
    (r"[A-Z]\d[A-Z0-9]\d[A-Z0-9]|[A-Z]\d{3}[A-Z]|[A-Z]{2}\d[A-Z]\d|[A-Z]\d{2}[A-Z]{2}", r"\d{4}"),
)
# Brand -> (style, colour) expressions. An empty colour means that the code alone names the colourway.
_BRANDS: dict[str, tuple[tuple[str, str], ...]] = {
    "nike": ((r"[A-Z]{2}\d{4}", r"\d{3}"), (r"\d{6}", r"\d{3}")),
    "adidas": ((r"[A-Z]{2}\d{4}|[A-Z]\d{5}", ""),),
    "reebok": ((r"[A-Z]{2}\d{4}|[A-Z]\d{5}|100\d{6}", ""),),
    "puma": ((r"\d{6}", r"\d{2}"),),
    "asics": _ASICS,
    "onitsuka tiger": _ASICS,
    "new balance": ((r"[A-Z]{1,3}\d{3,4}V?\d{0,2}", r"[A-Z][A-Z0-9]{1,3}"),),
    "vans": ((r"VN0?[A-Z0-9]{6,7}", r"[A-Z0-9]{3}"),),
    "timberland": ((r"TB[A-Z0-9]{6,7}", r"[A-Z0-9]{3}"),),
    "the north face": ((r"NF0[A-Z0-9]{5,6}", r"[A-Z0-9]{3}"),),
    "converse": ((r"\d{6}C|M\d{4}C?|A\d{5}C", ""),),
    "skechers": ((r"\d{5,6}[A-Z]{0,2}", r"[A-Z]{2,4}"),),
    "salomon": ((r"L\d{8}|L\d{6}", ""),),
    "hoka": ((r"\d{7}", r"[A-Z]{3,5}"),),
    "ugg": ((r"\d{7}", r"[A-Z]{3,5}"),),
    "teva": ((r"\d{7}", r"[A-Z]{3,5}"),),
    "brooks": ((r"\d{6}[- ]?[1246][ABDE]", r"\d{3}"),),
    "under armour": ((r"[136]\d{6}", r"\d{3}"),),
    "columbia": ((r"\d{7}", r"\d{3}"),),
    "mizuno": ((r"[A-Z]\d[A-Z]{2}\d{4}", r"\d{2}"),),
    "palladium": ((r"\d{5}", r"\d{3}"),),
    "keen": ((r"10[0-3]\d{4}", ""),),
    "merrell": ((r"J\d{5,6}", ""),),
    "saucony": ((r"S\d{5}", r"\d{1,3}"),),
    "fila": ((r"\d{7}|FF[MWKU]\d{4}", r"[0-9A-Z]{3}|\d{5}"),),
    "dr martens": ((r"\d{8}", ""),),
    "birkenstock": ((r"\d{7}|0\d{6}", ""),),
    "ecco": ((r"\d{6}", r"\d{5}"),),
    "clarks": ((r"26\d{6}", ""),),
    "levis": ((r"\d{5}|[A-Z]\d{4}", r"\d{4}"),),
    "geox": ((r"[UDJB]\d{2}[A-Z0-9]{8}", r"C\d{4}"),),
    "tommy hilfiger": ((r"[A-Z]{2}0[A-Z]{2}\d{5}", r"[A-Z0-9]{3}"),),
    "calvin klein": ((r"[A-Z]{2}0[A-Z]{2}\d{5}|B\d[A-Z]\d{4,5}", r"[A-Z0-9]{3}"),),
}  # fmt: skip
_BRANDS["jordan"] = _BRANDS["nike"]
# Brands whose codes run together so freely that a style alone cannot be told from any other word.
_NEVER_STYLE_ALONE = {"levis", "geox", "birkenstock", "new balance", "fila", "columbia", "palladium", "under armour"}
# Brands whose codes are all known: five or seven digits with a colour beside them are a shop's own or a slip.
_KNOWN_THROUGHOUT = {"nike", "adidas", "puma", "asics"}
# Any brand: a style of letters and digits, a separator, a short colour. Seasons such as 2025-26 are none.
_GENERIC_FULL = re.compile(
    r"(?<![A-Z0-9])(?:"
    r"([A-Z]{1,4}\d{3,6}[A-Z]{0,2})[-_/.](\d{2,4}|[A-Z](?![A-Z0-9]))"
    r"|([A-Z]{2}\d{4,5})[ ](\d{3})"
    r"|(\d{6})[-_ /.](\d{3})"
    r"|(\d{5,7})[-_](\d{2,3})"
    r"|([A-Z]\d{3}[A-Z])[-_ ](\d{4})"
    r")(?![A-Z0-9])"
)
# A season and a number are a style ("SS26-2033"); what follows them is the colour.
_SEASON = re.compile(
    r"(?<![A-Z0-9])"
    r"((?:(?:SS|FW|AW|HW|FS|SP|SU|FA|HO|WI)(?:1[5-9]|2\d)[-_ /.]?|[SWFH](?:1[5-9]|2\d)[-_.])\d{3,5})"
    r"(?:[-_ /.]([A-Z]{2,4}\d?|\d{2,3}))?(?![A-Z0-9])"
)
_GENERIC_NAMED = re.compile(
    r"(?<![A-Z0-9])(?<![A-Z0-9][-_/.])([A-Z]{1,4}\d{3,6}[A-Z]{0,2}|\d{5,7})[-_/.]([A-Z]{3,20}(?:[-_/][A-Z]{3,20}){0,2})(?![A-Z0-9])"
)
_GENERIC_COMPACT = re.compile(r"(?<![A-Z0-9])([A-Z]{2}\d{4})(\d{3})(?![A-Z0-9])")
_FIELD = re.compile(r"^([A-Z0-9]*\d[A-Z0-9]*(?:[-_][A-Z0-9]{4,})*)[-_ /.]([A-Z0-9]{1,4})$")
_TAIL = re.compile(r"[-_ /]+([A-Z][A-Z\-_ /]{2,30})$")
_SIZE_TAIL = re.compile(
    r"[-_ /.]+(?:EU|EUR|UK|US|FR|IT|SIZE|SZ|GR)?[-_ ]?([0-9]{1,3}(?:[.,]\d)?|[2-6]?X{0,3}[SML]|OS|TU)$"
)
_NOT_A_COLOUR = frozenset(
    "MEN MENS NEW SALE BOOT SHOE KIDS WMNS GTX LOW MID HIGH PRO TEE POLO EU UK US XS XL XXL SET GS PS TD".split()
)
_LETTER_SIZES = frozenset("SMLX")
_YEAR = re.compile(r"(?:19|20)\d\d")
_DIGIT = re.compile(r"\d")
_JUNK = re.compile(r"[^A-Z0-9]")
_SEASON_ALONE = re.compile(r"(?:FW|SS|AW|HW|FS|SP|FA|SU|PE|AI|HS)(?:20)?\d{2}")
_LOOKALIKE = str.maketrans("OI", "01")


@lru_cache(maxsize=256)
def _searches(brand: str) -> tuple[tuple[re.Pattern[str], bool], ...]:
    """Compiled expressions of a brand with whether they name the colourway, full codes first."""
    full, style = [], []
    for model, colour in _BRANDS.get(brand, ()):
        if not colour:
            full.append((re.compile(rf"(?<![A-Z0-9])({model})()(?![A-Z0-9])"), True))
            continue
        # A colour of letters must not be a word of the title: "144083 MENS" carries no colour.
        between = _SEP_WITHOUT_SPACE if "A-Z" in colour else _SEP
        full.append((re.compile(rf"(?<![A-Z0-9])({model}){between}({colour})(?![A-Z0-9])"), True))
        if brand not in _NEVER_STYLE_ALONE:
            style.append((re.compile(rf"(?<![A-Z0-9])({model})()(?![A-Z0-9])"), False))
    return tuple(full + style)


def compact(text: str) -> str:
    """Drop everything from a code but its letters and digits, upper case."""
    return _JUNK.sub("", text.upper())


def looks_alike(one: str, other: str) -> bool:
    """Tell whether two codes differ only by letter O and zero, I and one, or leading zeros: ask, do not conclude."""
    return one.translate(_LOOKALIKE).lstrip("0") == other.translate(_LOOKALIKE).lstrip("0")


def strip_size(text: str, size_label: str) -> str:
    """Cut a size off the end of a code when it is the variant's own size ("DD1391-100-42" in size 42)."""
    label = compact(size_label)
    tail = _SIZE_TAIL.search(text.upper())
    if not tail or not label:
        return text
    own = {label, re.sub(r"^(EU|EUR|UK|US|FR|IT)", "", label), compact(size_label.replace(",", "."))}
    return text[: tail.start()] if compact(tail[1]) in own else text


def code_in_field(text: str, brand: str = "", size_label: str = "") -> ArticleCode:
    """Read a field that is meant to hold an article code, such as a part number or metafield.

    A code of a shape nobody knows is full when it has a colour part: a short one behind a separator
    ("1234-567", "G12345 A") or a colour's name ("230-069_WHITE-SILVER").
    """
    text = strip_size(text[:LONGEST_TEXT].strip().upper(), size_label)
    if _is_filler(compact(text)):
        return NO_CODE
    found = code_in_text(text, brand)
    if found.level == FULL and found.pattern == brand:
        return _with_colour_part(found, text)
    if found.level == FULL:
        return _with_colour_name(found, text)
    if found.pattern == "season":
        return found
    value = compact(text)
    if len(value) < 5 or sum(letter.isdigit() for letter in value) < 3 or len(value) > 30:
        return found
    parts = _FIELD.match(text)
    if parts and len(compact(parts[1])) >= 4 and not _says_only_style(found, parts[2]):
        return ArticleCode(value, FULL, "style-colour", compact(parts[1]))
    if found.level != NONE:
        return found
    return _with_colour_name(ArticleCode(value, STYLE, "plain", value), text)


def _says_only_style(found: ArticleCode, part: str) -> bool:
    """Whether a brand's known style is followed by what looks like a size rather than its colour ("352634-42")."""
    return found.level == STYLE and found.pattern != "style-colour" and part.isdigit() and 15 <= int(part) <= 60


def _with_colour_part(found: ArticleCode, text: str) -> ArticleCode:
    """A code that a brand writes without a colour, but this field with one, is a style: "DD1028-280" beside "DD1028"."""
    parts = _FIELD.match(text)
    if not parts or found.style != found.value or compact(parts[1]) != found.value or len(parts[2]) > 3:
        return found
    return ArticleCode(compact(text), FULL, "style-colour", found.value)


def _with_colour_name(found: ArticleCode, text: str) -> ArticleCode:
    """Take a colour's name at the end into the code; any other word there makes it a style that somebody extended."""
    tail = _TAIL.search(text)
    before = compact(text[: tail.start()]) if tail else ""
    if not tail or not before.endswith(found.value) and found.pattern != "plain" or not any(map(str.isdigit, before)):
        return found
    value = compact(text)
    return (
        ArticleCode(value, FULL, COLOUR_NAME, before)
        if bases_in(tail[1])
        else ArticleCode(value, STYLE, "style-colour", before)
    )


def code_in_sku(text: str, brand: str = "", size_label: str = "") -> ArticleCode:
    """Read a code from a stock keeping unit or barcode field: only shapes that are a code beyond doubt."""
    if not text or text.isdigit():
        return NO_CODE
    text = strip_size(text[:LONGEST_TEXT].strip(" '").upper(), size_label)
    found = code_in_text(text, brand)
    if found.level == FULL and found.pattern != brand:
        found = _with_colour_name(found, text)
        colour = found.value[len(found.style) :]
        if colour in _LETTER_SIZES or len(colour) == 2 and colour.isdigit() and 15 <= int(colour) <= 60:
            # "AC0809-39" in size UK 5.5: as likely the size as the colour.
            found = ArticleCode(found.style, STYLE, "plain", found.style)
    # Digits without a separator are a shop's own counter as often as a brand's code.
    return NO_CODE if found.level == FULL and found.value.isdigit() and found.value in text else found


def code_in_text(text: str, brand: str = "") -> ArticleCode:
    """Find a code inside free text by the brand's own shapes, then by the shape any brand uses."""
    upper = text[:LONGEST_TEXT].upper()
    found = code_in_upper(upper, brand) if _DIGIT.search(upper) else NO_CODE
    return NO_CODE if _is_filler(found.value) else found


def _is_filler(value: str) -> bool:
    """Whether a code is what people type to fill a field: one digit over and over, counting, or a season's name."""
    digits = [letter for letter in value if letter.isdigit()]
    counting = len(value) >= 9 and "12345678901234".startswith(value)
    if len(digits) == len(value) > 3 and (len(set(digits)) == 1 or counting):
        return True
    return bool(_SEASON_ALONE.fullmatch(value))


def code_in_upper(upper: str, brand: str) -> ArticleCode:
    """Find a code in upper-case text: a full one of the brand's, a full one of any brand's, a style of the brand's."""
    upper = upper[:LONGEST_TEXT]
    style = NO_CODE
    for expression, full in _searches(brand):
        found = expression.search(upper)
        if found and not _MODEL_NAMES.fullmatch(found[1]):
            level = FULL if full else STYLE
            style = ArticleCode(compact(found[1] + found[2]), level, brand, compact(found[1]))
            break
    if style.level == FULL:
        return style
    other = _any_brands_code(upper)
    if other.level == STYLE and style.level == NONE:
        return other
    if brand in _KNOWN_THROUGHOUT and other.style.isdigit() and len(other.style) != 6:
        return style
    return other if other.level == FULL else style


def _any_brands_code(upper: str) -> ArticleCode:
    if season := _SEASON.search(upper):
        style = compact(season[1])
        if season[2] and season[2] not in _NOT_A_COLOUR:
            return ArticleCode(style + season[2], FULL, "style-colour", style)
        return ArticleCode(style, STYLE, "season", style)
    found = _GENERIC_FULL.search(upper) or _GENERIC_COMPACT.search(upper)
    if not found:
        named = _GENERIC_NAMED.search(upper)
        if not named or not bases_in(named[2].replace("_", " ")):
            return NO_CODE
        return ArticleCode(compact(named[1] + named[2]), FULL, COLOUR_NAME, named[1])
    style, colour = (part for part in found.groups() if part is not None)
    return NO_CODE if _YEAR.fullmatch(style) else ArticleCode(style + colour, FULL, "style-colour", style)


def brand_shapes(brand: str) -> bool:
    """Tell whether the shapes of this brand's codes are known, so that another shape is not taken for a full code."""
    return brand in _BRANDS


def code_levels(codes_by_product: Mapping[str, Iterable[tuple[ArticleCode, tuple[str, ...]]]]) -> dict[str, str]:
    """Judge the codes of one brand by the company they keep: code value -> level.

    Takes, per shop product, its codes with the colours seen. A code is style level when it is the beginning of
    another code, or stands on colours that exclude each other; a code without separator is full when somebody
    writes the same with one.
    """
    seen: dict[str, set[str]] = defaultdict(set)
    colours: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for codes in codes_by_product.values():
        for code, bases in codes:
            if code.value:
                seen[code.value].add(code.level)
                colours[code.value].add(bases)
    ordered = sorted(seen)
    beginnings = {one for one, longer in zip(ordered, ordered[1:], strict=False) if _begins(one, longer)}
    levels = {}
    for value in ordered:
        worn = sorted(colours[value])
        clash = any(colours_conflict(one, other) for place, one in enumerate(worn) for other in worn[:place])
        levels[value] = FULL if FULL in seen[value] and value not in beginnings and not clash else STYLE
    return levels


def _begins(style: str, longer: str) -> bool:
    return longer.startswith(style) and len(longer) - len(style) <= 5
