"""Names the brand of a variant by one canonical id, whatever the shop writes into its vendor field."""

import csv
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources

from catalog.matching.folding import slug, words

_COMPANY_WORDS = {
    "gmbh",
    "inc",
    "ltd",
    "ag",
    "co",
    "kg",
    "srl",
    "spa",
    "bv",
    "ab",
    "sa",
    "llc",
    "official",
    "tm",
}
_SHOP_WORDS = {
    "shop",
    "store",
    "stores",
    "outlet",
    "boutique",
    "butik",
    "laden",
    "negozio",
    "tienda",
    "sklep",
    "webshop",
}
_MARKS = str.maketrans("", "", "™®©")
_NOT_A_BRAND = {
    "",
    "unknown",
    "no brand",
    "none",
    "na",
    "n a",
    "diverse",
    "other",
    "generic",
    "default",
    "vendor",
    "test",
}
# Names in the list that are ordinary words of titles: they count in the vendor field, never inside a title.
_ORDINARY = {
    *(
        "on",
        "only",
        "boss",
        "hugo",
        "next",
        "gap",
        "pink",
        "change",
        "house",
        "legend",
        "archive",
        "guess",
        "diesel",
        "champion",
    ),
    *(
        "hunter",
        "craft",
        "think",
        "caprice",
        "triumph",
        "burlington",
        "lee",
        "cos",
        "ck",
        "nb",
        "ua",
        "hh",
        "cat",
        "columbia",
    ),
    *(
        "mustang",
        "camper",
        "replay",
        "kappa",
        "shone",
        "discovery",
        "express",
        "original",
        "originals",
        "classic",
        "new yorker",
    ),
    *(
        "olymp",
        "zebra",
        "nova",
        "novo",
        "mani",
        "mo",
        "core",
        "pure",
        "street one",
        "dynamite",
        "jordan",
        "levi",
        "armani",
    ),
    *(
        "keen",
        "ara",
        "vans",
        "lloyd",
        "melissa",
        "true",
        "free people",
        "off white",
        "monsoon",
        "oasis",
        "quiz",
        "river island",
        "warehouse",
    ),
}
_LEADS_A_TITLE = {
    "on",
    "vans",
    "boss",
    "hugo",
    "jordan",
    "guess",
    "diesel",
    "keen",
    "lee",
    "champion",
    "kappa",
    "columbia",
}
LONGEST_NAME = 5


@lru_cache(maxsize=1)
def _families() -> dict[str, str]:
    """Alias -> canonical brand: our own families first, then every name of the packaged list for itself."""
    folder = resources.files("catalog.matching") / "data"
    table: dict[str, str] = {}
    with (folder / "brand_aliases.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            for alias in (row["brand"], *row["aliases"].split("|")):
                if key := slug(alias):
                    table.setdefault(key, row["brand"])
    with (folder / "brands.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            key = _spelling(row["brand"])
            if len(key) > 1:
                table.setdefault(key, key)
    return table


def canonical_brand(
    vendor: str, *, title: str = "", shop_names: tuple[str, ...] = (), aliases: Mapping[str, str] | None = None
) -> str:
    """Name the brand, or give an empty string when nobody says it.

    The vendor decides; a vendor that is the shop's own name or reads like a shop says nothing, and then a known
    brand in the title counts. A vendor nobody has heard of is its own brand. `aliases` are the reviewers' own.
    """
    if not aliases:
        return _canonical(vendor, title, shop_names)
    own = {slug(alias): slug(brand) for alias, brand in aliases.items()}
    found = _canonical(vendor, title, shop_names)
    return own.get(_spelling(vendor)) or own.get(found, found)


@lru_cache(maxsize=65536)
def _canonical(vendor: str, title: str, shop_names: tuple[str, ...]) -> str:
    name = _spelling(vendor)
    says_nothing = name in _NOT_A_BRAND or _is_shop(name) or name in {_spelling(shop) for shop in shop_names}
    if not says_nothing or (name in _own_families() and name not in _NOT_A_BRAND and not _is_shop(name)):
        return _family_of(name)
    return brand_in_title(title)


def brand_in_title(title: str) -> str:
    """Find a known brand in a title: any at its start, an unmistakable one anywhere."""
    tokens = words(title)
    table, own = _families(), _own_families()
    for length in range(min(LONGEST_NAME, len(tokens)), 0, -1):
        name = " ".join(tokens[:length])
        if name in table and (name not in _ORDINARY or name in _LEADS_A_TITLE) and len(name) > 2 or name in ("on",):
            return table.get(name, name)
    for start in range(1, len(tokens)):
        for length in range(min(4, len(tokens) - start), 0, -1):
            name = " ".join(tokens[start : start + length])
            if name in own and len(name) > 3 and name not in _ORDINARY:
                return own[name]
    return ""


def is_known(brand: str) -> bool:
    """Tell whether a canonical brand stands in the packaged lists."""
    return brand in _families()


def brand_words(brand: str) -> frozenset[str]:
    """The words that name the brand in a title, its aliases' included."""
    return _words_by_brand().get(brand) or frozenset(brand.split())


@lru_cache(maxsize=1)
def _own_families() -> dict[str, str]:
    with (resources.files("catalog.matching") / "data" / "brand_aliases.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    pairs = ((alias, row["brand"]) for row in rows for alias in (row["brand"], *row["aliases"].split("|")))
    return {slug(alias): brand for alias, brand in pairs if slug(alias)}


@lru_cache(maxsize=1)
def _words_by_brand() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for alias, brand in _own_families().items():
        # "Air Jordan" must not take "air" from every model; a sub-brand's own words stay model words.
        if alias == brand or alias.split()[0] == brand.split()[0] or len(alias.split()) == 1:
            found.setdefault(brand, set()).update(alias.split())
    for brand, spelled in found.items():
        spelled -= {"running", "golf", "kids", "classic", "classics", "sport", "jeans", "original", "performance"} - {
            brand
        }
        spelled -= {"jordan", "core", "neo", "swim", "football", "select", "tiger", "gel", "comfort", "cloud", "terrex"}
    return {brand: frozenset(spelled | set(brand.split())) for brand, spelled in found.items()}


@lru_cache(maxsize=16384)
def _spelling(vendor: str) -> str:
    """The words of a vendor without trade marks and without the company form at its end."""
    parts = list(words(vendor.translate(_MARKS)))
    while len(parts) > 1 and parts[-1] in _COMPANY_WORDS:
        parts.pop()
    return " ".join(parts)


@lru_cache(maxsize=16384)
def _family_of(name: str) -> str:
    table = _families()
    if name in table:
        return table[name]
    joined = name.replace(" ", "")
    return table.get(joined, name)


def _is_shop(name: str) -> bool:
    parts = re.findall(r"[a-z]+", name)
    return bool(set(parts) & _SHOP_WORDS) and name not in _own_families()
