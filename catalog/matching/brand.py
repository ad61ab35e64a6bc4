"""Names the brand of a variant by one canonical id, whatever the shop writes into its vendor field."""

import csv
import re
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from importlib import resources

from catalog.matching.folding import slug, words

_COMPANY_WORDS = set(
    "gmbh inc ltd limited ag co kg srl spa bv nv ab sa sas as oy llc plc sl sarl corp official tm international".split()
)
_SHOP_WORDS = set(
    "boutique butik concept kaufhaus laden magasin modehaus negozio onlineshop outlet retail retailer schuhgeschaft "
    "schuhhaus shoeshop shop sklep sneakerstore sporthaus store stores tienda webshop winkel".split()
)
# The lines of a house are the house, whichever a shop names: "Nike Football", "Tommy Hilfiger Underwear".
_LINES = set(
    "football running sportswear originals performance kids women womens men mens training golf outdoor basketball tennis swim "
    "sport sports junior baby footwear shoes apparel accessories denim underwear bodywear kidswear teamsport lifestyle "
    "skateboarding sb fashion schuhe sneakers collection damen herren kinder jeans".split()
)
# What a maker adds to its name to say what it makes: "Northfell Footwear" is Northfell.
_TRADE = set(
    "footwear shoes schuhe chaussures calzature apparel clothing fashion group company brand brands sportswear".split()
)
_FORMS = (
    ("s", "r", "l"),
    ("s", "p", "a"),
    ("b", "v"),
    ("s", "a"),
    ("n", "v"),
    ("s", "a", "s"),
    ("sp", "z", "o", "o"),
    ("a", "s"),
)
_MARKS = str.maketrans("", "", "™®©")
_NOT_A_BRAND = {"", "no brand", "na", "n a", "my store"} | set(
    "unknown none diverse other others generic default vendor test unbranded nobrand divers sonstige marke brand null nan tbd".split()
)
# Names in the list that are ordinary words of titles: they count in the vendor field, never inside a title.
_ORDINARY = {"free people", "new yorker", "off white", "river island", "street one"} | set(
    "abc adam adler andre ara archive armani arthur atmosphere avenue away blue bonds bonita boss bristol brothers "
    "browns buckle burlington burton camper caprice carla carlo carol caroll carry carters cat celestino champion "
    "change ck classic cleo coach code colins columbia comma connor constance core cos craft delta diesel dim "
    "discovery dna dynamite eclipse ecru edwin emon exact express familia flannels flexi fox gap garage gate george "
    "globo globus golf guess head hermanos hh honeys hoodies hooks hope house hugo hunter identity index industrie "
    "inside jam jet jordan journeys jules justice kanzler kappa karen kari karl keen laura lee legend levi liberty "
    "lids life lifestyle live lloyd lola lucy luna mani maria marisa marks mascotte max medicine melissa melon "
    "metro mo monsoon morgan moss munich mustang nb next norah nova novo oasis olymp olympia on only open optima "
    "orchestra original originals outfit pablo pause peloton penti pep persona pink pompea poppy postie pure quill "
    "quiz rage rainbow raymond rebel refinery replay reserva respect rio rivers robel roman roots savage scarpa "
    "schuh seaside select selected selfast shone sidestep sirens smuggler soma soviet sportsgirl springfield "
    "sprinter stadium steps stitches story style subdued suburbia sugar sundance supre tall think trends triumph "
    "true ua upwest vans veritas vibs vince volt warehouse westside whistles xxl zebra zen zero".split()
)
_LEADS_A_TITLE = set("vans boss hugo jordan guess diesel keen lee champion kappa columbia".split())
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
    brand in the title counts. A family has one name ("Nike Sportswear", "Jordan" -> nike, "adidas Originals" ->
    adidas): shops do not agree on the line, and the article code keeps the lines apart. A vendor nobody has heard
    of is its own brand, a misspelt one too: only `aliases`, the reviewers' own, may say that it means another.
    """
    return aliased(brand_said(vendor, shop_names, words(title)), vendor, aliases)


def brand_said(
    vendor: str, shop_names: tuple[str, ...], tokens: Sequence[str], known: Collection[str] = frozenset()
) -> str:
    """Name the brand by vendor and words of the title, before the reviewers' aliases.

    A vendor nobody knows above a title that begins with a maker everybody knows is a shop. `known` are the brands
    that several shops of the network name as vendor: everybody there knows them.
    """
    brand, stranger = _vendor(vendor, shop_names)
    if not brand:
        return brand_in_words(tokens) or _maker_at_start(tokens, known)
    if stranger and tokens and brand not in known and brand.split()[0] != tokens[0]:
        return _maker_at_start(tokens, known) or brand
    return brand


@lru_cache(maxsize=16384)
def _vendor(vendor: str, shop_names: tuple[str, ...]) -> tuple[str, bool]:
    """The brand a vendor field says, and whether it is one that no list knows."""
    brand = brand_of_vendor(vendor, shop_names)
    return brand, bool(brand) and brand not in _families()


def _maker_at_start(tokens: Sequence[str], known: Collection[str]) -> str:
    own = _own_families()
    if not tokens or tokens[0] not in _own_first_words() and not known:
        return ""
    for length in range(min(LONGEST_NAME, len(tokens)), 0, -1):
        name = " ".join(tokens[:length])
        if (name in own or name in known) and len(name) > 2 and name not in _ORDINARY:
            return own.get(name, name)
    return ""


def aliased(brand: str, vendor: str, aliases: Mapping[str, str] | None) -> str:
    """Put the reviewers' name for a brand or vendor in place of ours."""
    if not aliases:
        return brand
    own = _by_slug(tuple(aliases.items()))
    return own.get(_spelling(vendor)) or own.get(brand, brand)


@lru_cache(maxsize=16384)
def brand_of_vendor(vendor: str, shop_names: tuple[str, ...] = ()) -> str:
    """Name the brand that a vendor field says, or give an empty string when it names the shop or nobody."""
    name = _spelling(vendor)
    if name in _NOT_A_BRAND or _is_code(name):
        return ""
    own = _own_families()
    if _is_shop(name):
        # "Nike Official Store" sells Nike; "Kicks Store" is a shop.
        return own.get(" ".join(word for word in name.split() if word not in _SHOP_WORDS | _COMPANY_WORDS), "")
    if name not in own and name in {_spelling(shop) for shop in shop_names}:
        return ""
    return _family_of(name)


def brand_in_words(tokens: Sequence[str]) -> str:
    """Find a known brand among the folded words of a title."""
    if not tokens:
        return ""
    firsts, table = _first_words()
    if tokens[0] in firsts:
        for length in range(min(LONGEST_NAME, len(tokens)), 0, -1):
            name = " ".join(tokens[:length])
            if name in table and len(name) > 2 and (name not in _ORDINARY or name in _LEADS_A_TITLE):
                return table[name]
        if tokens[0] == "on" and len(tokens) > 1 and tokens[1].startswith("cloud"):
            return "on"  # "On Sale" is no brand, "On Cloudmonster" is
    return _own_brand_inside(tokens)


def _own_brand_inside(tokens: Sequence[str]) -> str:
    own, firsts = _own_families(), _own_first_words()
    for start in range(1, len(tokens)):
        if tokens[start] in firsts:
            for length in range(min(4, len(tokens) - start), 0, -1):
                name = " ".join(tokens[start : start + length])
                if name in own and len(name) > 3 and name not in _ORDINARY:
                    return own[name]
    return ""


def is_known(brand: str) -> bool:
    """Tell whether a canonical brand stands in the packaged lists."""
    return brand in _families()


def without_brand(tokens: Sequence[str], brand: str) -> Sequence[str]:
    """Take a brand's name out of a title's words, once: "Once Upon a Child" is not for children, "Jeans Fritz" no jeans."""
    name = brand.split()
    if not brand or name[0] not in tokens:
        return tokens
    start = tokens.index(name[0])
    return [*tokens[:start], *tokens[start + len(name) :]] if tokens[start : start + len(name)] == name else tokens


@lru_cache(maxsize=16384)
def brand_words(brand: str) -> frozenset[str]:
    """The words that name the brand in a title, its aliases' included."""
    return _words_by_brand().get(brand) or frozenset(brand.split())


@lru_cache(maxsize=1)
def _first_words() -> tuple[frozenset[str], dict[str, str]]:
    table = _families()
    return frozenset(name.split()[0] for name in table), table


@lru_cache(maxsize=1)
def _own_first_words() -> frozenset[str]:
    return frozenset(name.split()[0] for name in _own_families())


@lru_cache(maxsize=64)
def _by_slug(aliases: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return {slug(alias): slug(brand) for alias, brand in aliases}


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
    for form in _FORMS:
        if len(parts) > len(form) and tuple(parts[-len(form) :]) == form:
            parts = parts[: -len(form)]
            break
    while len(parts) > 1 and parts[-1] in _COMPANY_WORDS:
        parts.pop()
    return " ".join(parts)


@lru_cache(maxsize=16384)
def _family_of(name: str) -> str:
    table = _families()
    if name in table:
        return table[name]
    joined = name.replace(" ", "")
    if joined in table:
        return table[joined]
    house = name.split()
    while len(house) > 1 and house[-1] in _LINES:
        house.pop()
    if (family := _own_families().get(" ".join(house), "")) and family:
        return family
    said = name.split()
    while len(said) > 1 and said[-1] in _TRADE:
        said.pop()
    return table.get(" ".join(said), " ".join(said))


def _is_shop(name: str) -> bool:
    return not _SHOP_WORDS.isdisjoint(re.findall(r"[a-z]+", name)) and name not in _own_families()


def _is_code(name: str) -> bool:
    """Whether a vendor is a number ("1024"), as feeds write that know their suppliers by one."""
    return name.replace(" ", "").isdigit()
