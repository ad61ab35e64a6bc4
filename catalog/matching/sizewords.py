"""Reads the sizes that are more than one number: letters, waist and length, suits, bras, ages, ranges."""

import re

_LETTERS = {
    "XXS": "xxs 2xs xx-small", "XS": "xs x-small xsmall", "S": "s small sm", "M": "m medium med", "L": "l large lg",
    "XL": "xl x-large xlarge", "XXL": "xxl 2xl xx-large xxlarge 2x", "3XL": "3xl xxxl 3x xxx-large",
    "4XL": "4xl xxxxl 4x", "5XL": "5xl xxxxxl 5x", "6XL": "6xl 6x", "3XS": "3xs xxxs",
}  # fmt: skip
ALPHA = {spelling: letter for letter, spelled in _LETTERS.items() for spelling in spelled.split()}
ALPHA |= {
    "x small": "XS", "extra small": "XS", "x large": "XL", "extra large": "XL", "xx large": "XXL", "2x large": "XXL",
    "extra extra large": "XXL", "extra-large": "XL", "extra-small": "XS", "2x-large": "XXL", "3x-large": "3XL", "3x large": "3XL",
    "4x-large": "4XL", "4x large": "4XL", "xxx large": "3XL", "extra gross": "XL", "sehr gross": "XL", "tres grand": "XL",
}  # fmt: skip
# Small, medium and large in the other languages.
ALPHA |= dict.fromkeys("klein petit piccolo piccola pequeno pequena chico chica maly mala liten".split(), "S")
ALPHA |= dict.fromkeys("mittel moyen moyenne medio media mediano mediana middel sredni srednia mellan".split(), "M")
ALPHA |= dict.fromkeys("gross grand grande groot duzy duza stor".split(), "L")
_LETTERS_BY_GIRTH = ("3XS", "XXS", "XS", "S", "M", "L", "XL", "XXL", "3XL", "4XL", "5XL", "6XL")
GIRTH = {letter: place for place, letter in enumerate(_LETTERS_BY_GIRTH)}
ONE_SIZE = set(
    "os o/s onesize one-size osfa osfm tu t.u einheitsgrosse einheitsgroesse universal uni unica unisize ett onesz 1size unique "
    "eine uniwersalny unit tn ns one-size-fits-all einheits one u universell unitalla een jeden en nosize universale unico "
    "einheitsgr universalgrosse eenheidsmaat ein unitaille onestorlek uniw uniwersalna".split()
)
ONE_SIZE |= {
    *("one size", "one size fits all", "one size fits most", "1 size", "taglia unica", "taille unique", "talla unica"),
    *(
        "misura unica",
        "free size",
        "en one",
        "een maat",
        "one maat",
        "en storlek",
        "jeden rozmiar",
        "uniwersalny rozmiar",
    ),
    *(
        "one fits all",
        "one fits most",
        "tamano unico",
        "formato unico",
        "taglia unica adulto",
        "een grootte",
        "maat one",
    ),
    *("passar alla", "eine grosse", "ein grosse", "fits all", "storlek one", "talla universal", "taille universelle"),
}
NO_CHOICE = {
    "default title",
    "default",
    "title",
    "n/a",
    "na",
    "none",
    "-",
    "standard",
    "standardtitel",
    "titre par defaut",
}

_WAIST = re.compile(
    r"^w\s*(\d{2})(?:\s*[/x\s-]*\s*l\s*(\d{2}))?$|^(\d{2})\s*w?\s*x\s*(\d{2})\s*l?$|^(\d{2})w\s*[/\s]*(\d{2})l$"
)
_PAIR = re.compile(r"^(\d{2})\s*/\s*(\d{2})$")
_SUIT = re.compile(r"^(?:(eu|it|de|uk|us)\s*)?(\d{2})\s*-?\s*(r|s|l|xl|reg|regular|short|long)$")
_CUP_FIRST = re.compile(r"^([a-k]{1,3})\s*-?\s*(\d{2,3})$")
_BRA = re.compile(r"^(?:(eu|uk|us|fr|it)\s*)?(\d{2,3})\s*-?\s*(aa|a|b|c|d|dd|ddd|e|ee|f|ff|g|gg|h|hh|j|k)$")
_AGE = re.compile(
    r"^(\d{1,2})(?:\s*[-/]\s*(\d{1,2}))?\s*(y|yr|yrs|yo|years?|years? old|jahre?|ans?|a|anni|anos?|jaar|ar|lat"
    r"|m|mo|mos|mth|months?|monate?|mois|mesi|meses|maanden|mdr|t)$"
)
_RANGE = re.compile(
    r"^(?:(eu|eur|uk|us)\s*)?(\d{1,3}(?:\.\d{1,2})?)\s*(?:[-/]|to|bis|tot|till|do|au?)\s*"
    r"(\d{1,3}(?:\.\d{1,2})?)\s*(cm|eu|eur|uk|us)?$"
)
_AGED = re.compile(
    r"^(?:age|aged|alter|eta|edad|leeftijd|alder|wiek)\s*(\d{1,2})(?:\s*[-/]\s*(\d{1,2}))?\s*(years?|yrs?|y|)$"
)
_MONTHS = {"m", "mo", "mos", "mth", "month", "months", "monat", "monate", "mois", "mesi", "meses", "maanden", "mdr"}
FEWEST_FRENCH_BAND = 85
WIDEST_RANGE = 12
OLDEST_CHILD = 18
Found = tuple[str, str] | None


def read_waist(text: str, kind: str) -> Found:
    """Read waist and length: W32/L34, 32x34, and 32/34 where it cannot be a double size; W 10 on a shoe is a woman's."""
    if kind == "shoe":
        return None
    if found := _WAIST.match(text):
        waist, length = [part for part in found.groups() if part] + [""] * (2 - sum(map(bool, found.groups())))
        if int(waist) < 22:
            return None
        return "WL", waist + (f"/{length}" if length else "")
    pair = _PAIR.match(text)
    if pair and kind in ("trousers", "") and 23 <= int(pair[1]) <= 60 and int(pair[2]) in range(26, 40, 2):
        # 36/38 is also a double size of socks and dresses: only trousers may say it this way.
        if kind == "trousers" or int(pair[2]) <= int(pair[1]) or int(pair[1]) <= 34:
            return "WL", f"{pair[1]}/{pair[2]}"
    return None


def read_suit(text: str, kind: str) -> Found:
    """Read a chest with its cut, where S is short and not small; a continental chest counts ten more than a US one.

    Both are in use from 42 to 54: without its system such a chest is somebody's, nobody knows whose.
    """
    found = _SUIT.match(text)
    if not found or kind in ("bra", "shoe") or not 30 <= int(found[2]) <= 66:
        return None
    chest, system = int(found[2]), found[1] or ""
    cut = {"reg": "R", "regular": "R", "short": "S", "long": "L"}.get(found[3], found[3].upper())
    if system in ("eu", "it", "de") or not system and chest > 54:
        chest -= 10
    elif not system and chest >= 42:
        return "SU?", f"{chest}{cut}"
    return "SU", f"{chest}{cut}"


def read_bra(text: str, kind: str) -> Found:
    """Read band and cup; bands of 60 and above in fives are continental, French ones count fifteen more.

    From 85 on a band alone may be either.
    """
    said = [_BRA.match(_CUP_FIRST.sub(r"\2\1", part) if kind == "bra" else part) for part in re.split(r"\s*/\s*", text)]
    # "75B / 34B" names one size twice: the continental band decides.
    found = next((part for part in said if part and int(part[2]) >= 60), said[0]) if all(said) else None
    if not found or kind not in ("bra", "", "top"):
        return None
    band = int(found[2])
    if found[1] in ("fr", "it") or kind != "bra" and band < 60:
        return ("BRA-" + found[1].upper(), f"{band}{found[3].upper()}") if found[1] in ("fr", "it") else None
    if 60 <= band <= 130 and band % 5 == 0:
        # A French or Spanish shop writes 90B for what others call 75B: such a band is somebody's, nobody knows whose.
        european = band < FEWEST_FRENCH_BAND or found[1] == "eu" or len(said) > 1
        return "BRA" if european else "BRA?", f"{band}{found[3].upper()}"
    return ("BRA-UK", f"{band}{found[3].upper()}") if 28 <= band <= 56 and band % 2 == 0 else None


def read_age(text: str, kind: str) -> Found:
    """Read a child's age in years or months; on shoes 10C and 7Y are sizes."""
    found = _AGE.match(text) or _AGED.match(text)
    if not found or kind == "shoe" or (found[3] == "y" and not found[2] and not kind and int(found[1]) <= 7):
        return None
    if found[3] == "a" and (kind in ("", "bra") or int(found[1]) > OLDEST_CHILD):
        return None  # French for years, where nothing else is lettered
    unit = "M" if found[3] in _MONTHS else "T" if found[3] == "t" else "Y"
    if unit == "M" and int(found[1]) > 36:
        return None
    return "AGE", f"{found[1]}{'-' + found[2] if found[2] else ''}{unit}"


def read_range(text: str, kind: str) -> Found:
    """Read a double size: 39-42, 104/110, 16-18."""
    found = _RANGE.match(text)
    if not found:
        return None
    low, high = found[2], found[3]
    if float(high) <= float(low) or float(high) - float(low) > WIDEST_RANGE and found[4] != "cm":
        return None  # UK 7 / 41 is one size said twice
    trailed = "" if found[4] == "cm" else found[4]
    system = (found[1] or trailed or "").upper().replace("EUR", "EU")
    if system == "EU" and kind in ("shoe", "sock", ""):
        system = ""  # socks say 39-42 and mean EU
    if not system and (found[4] or float(low) >= 50):
        system = "CM"
    return f"{system or 'NR'}-R", f"{low}/{high}"
