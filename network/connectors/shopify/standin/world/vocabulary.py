"""The words of the demo world: invented brands, kinds of goods, colours and sizes in the languages of its shops."""

from collections.abc import Mapping
from dataclasses import dataclass

LANGUAGES = ("en", "de", "nl", "fr", "pl")

OPTION_WORDS = {
    "colour": {"en": "Colour", "de": "Farbe", "nl": "Kleur", "fr": "Couleur", "pl": "Kolor"},
    "size": {"en": "Size", "de": "Größe", "nl": "Maat", "fr": "Taille", "pl": "Rozmiar"},
    "waist": {"en": "Waist", "de": "Weite", "nl": "Taille", "fr": "Tour de taille", "pl": "Pas"},
    "length": {"en": "Length", "de": "Länge", "nl": "Lengte", "fr": "Longueur", "pl": "Długość"},
}


@dataclass(frozen=True)
class Colour:
    """One colour: the number in article codes, the letters in own SKUs, the drawing's hex, and its name by language."""

    number: int
    letters: str
    hex: str
    names: dict[str, str]


def _colour(number: int, letters: str, hex_: str, *names: str) -> Colour:
    return Colour(number, letters, hex_, dict(zip(LANGUAGES, names, strict=True)))


COLOURS = (
    _colour(1, "BLK", "#23252b", "Black", "Schwarz", "Zwart", "Noir", "Czarny"),
    _colour(10, "WHT", "#f2efe8", "White", "Weiß", "Wit", "Blanc", "Biały"),
    _colour(41, "NVY", "#22304f", "Navy", "Dunkelblau", "Donkerblauw", "Bleu marine", "Granatowy"),
    _colour(45, "BLU", "#3f6ea8", "Blue", "Blau", "Blauw", "Bleu", "Niebieski"),
    _colour(60, "RED", "#b5382f", "Red", "Rot", "Rood", "Rouge", "Czerwony"),
    _colour(66, "BUR", "#6e2434", "Burgundy", "Bordeaux", "Bordeauxrood", "Bordeaux", "Bordowy"),
    _colour(30, "GRN", "#3f6b4a", "Green", "Grün", "Groen", "Vert", "Zielony"),
    _colour(33, "OLV", "#6b6b3a", "Olive", "Oliv", "Olijfgroen", "Olive", "Oliwkowy"),
    _colour(20, "BRN", "#6f4a32", "Brown", "Braun", "Bruin", "Marron", "Brązowy"),
    _colour(23, "TAN", "#b98555", "Tan", "Hellbraun", "Lichtbruin", "Marron clair", "Jasnobrązowy"),
    _colour(26, "BEI", "#d9c7a6", "Beige", "Beige", "Beige", "Beige", "Beżowy"),
    _colour(3, "GRY", "#8a8d92", "Grey", "Grau", "Grijs", "Gris", "Szary"),
    _colour(70, "PNK", "#d98fa0", "Pink", "Rosa", "Roze", "Rose", "Różowy"),
    _colour(80, "YEL", "#e0b23c", "Yellow", "Gelb", "Geel", "Jaune", "Żółty"),
)

LETTERS = ("XS", "S", "M", "L", "XL", "XXL")
WOMEN_SHOES = ("36", "37", "38", "39", "40", "41")
MEN_SHOES = ("40", "41", "42", "43", "44", "45", "46")
KIDS_SHOES = ("25", "26", "27", "28", "29", "30", "31", "32")
DRESSES = ("34", "36", "38", "40", "42", "44")
SUITS = ("46", "48", "50", "52", "54", "56")
JEANS = ("W28 L30", "W29 L32", "W30 L32", "W31 L32", "W32 L32", "W32 L34", "W33 L32", "W34 L32", "W34 L34", "W36 L34")
ONE_SIZE = ("",)

UK_SHOES = {
    "men": {"40": "6", "41": "7", "42": "8", "43": "9", "44": "10", "45": "11", "46": "12"},
    "women": {"36": "3", "37": "4", "38": "5", "39": "6", "40": "7", "41": "8"},
    "kids": {"25": "8", "26": "9", "27": "9.5", "28": "10", "29": "11", "30": "12", "31": "12.5", "32": "13"},
}


@dataclass(frozen=True)
class Kind:
    """One kind of goods: what it is called, how it is sized, drawn, weighed and declared."""

    name: str
    shape: str
    family: str  # shoes, letters, dresses, suits, jeans, bags: decides how a shop writes sizes
    sizes: Mapping[str, tuple[str, ...]]  # by gender
    nouns: dict[str, str]
    category: dict[str, str]
    grams: int
    hs_code: str
    euros: tuple[int, int]
    names: tuple[str, ...]


def _kind(
    name: str,
    shape: str,
    family: str,
    sizes: Mapping[str, tuple[str, ...]],
    nouns: str,
    category: str,
    facts: tuple[int, str, int, int],
    names: str,
) -> Kind:
    grams, hs_code, least, most = facts
    return Kind(
        name=name,
        shape=shape,
        family=family,
        sizes=sizes,
        nouns=dict(zip(LANGUAGES, nouns.split("|"), strict=True)),
        category=dict(zip(LANGUAGES, category.split("|"), strict=True)),
        grams=grams,
        hs_code=hs_code,
        euros=(least, most),
        names=tuple(names.split()),
    )


_SHOES = {"men": MEN_SHOES, "women": WOMEN_SHOES}
_LETTER_SIZES = {"men": LETTERS[1:], "women": LETTERS[:5]}
_SHOE_WORDS = "Shoes|Schuhe|Schoenen|Chaussures|Buty"

KINDS = {
    kind.name: kind
    for kind in (
        _kind("sneaker", "shoe", "shoes", _SHOES, "Sneaker|Sneaker|Sneaker|Baskets|Sneakersy", _SHOE_WORDS,
              (820, "640411", 89, 169),
              "Ravn Stride Kite Lund Pacer Tern Orbit Vela Drift Skim Plover Arc"),
        _kind("boot", "boot", "shoes", _SHOES, "Boots|Stiefel|Laarzen|Bottines|Botki", _SHOE_WORDS,
              (1450, "640391", 149, 289),
              "Fell Harbour Tundra Cairn Moss Ridge Skerry Brandt Holm Torv Peat Heath"),
        _kind("sandal", "sandal", "shoes", {"women": WOMEN_SHOES, "men": MEN_SHOES},
              "Sandals|Sandalen|Sandalen|Sandales|Sandały", _SHOE_WORDS,
              (540, "640299", 59, 129),
              "Lido Duna Marea Costa Salina Brisa Riva Isola Onda Playa Faro Lena"),
        _kind("kids shoe", "shoe", "shoes", {"kids": KIDS_SHOES},
              "Kids' Shoe|Kinderschuh|Kinderschoen|Chaussure enfant|But dziecięcy",
              "Kids' Shoes|Kinderschuhe|Kinderschoenen|Chaussures enfant|Buty dziecięce",
              (430, "640419", 39, 79),
              "Hopp Uhu Kiesel Pips Murmel Fips Nuss Wolke Igel Purzel Flitz Mika"),
        _kind("shirt", "shirt", "letters", _LETTER_SIZES, "Shirt|Hemd|Overhemd|Chemise|Koszula",
              "Shirts|Hemden|Overhemden|Chemises|Koszule",
              (310, "620520", 59, 119),
              "Oxford Avery Linden Calder Marlow Jonas Ellis Merrin Vos Piet Otis Noor"),
        _kind("knit", "knit", "letters", _LETTER_SIZES, "Sweater|Pullover|Trui|Pull|Sweter",
              "Knitwear|Strick|Truien|Mailles|Swetry",
              (520, "611011", 79, 179),
              "Aran Tarn Iver Signe Wella Bergen Loden Halka Giewont Rysy Dove Embla"),
        _kind("jeans", "trousers", "jeans", {"men": JEANS, "women": JEANS[:8]}, "Jeans|Jeans|Jeans|Jean|Jeansy",
              "Jeans|Jeans|Jeans|Jeans|Jeansy",
              (780, "620342", 89, 159),
              "Polder Sluis Dijk Kreek Haven Meer Duin Veld Terp Wad Kade Molen"),
        _kind("dress", "dress", "dresses", {"women": DRESSES}, "Dress|Kleid|Jurk|Robe|Sukienka",
              "Dresses|Kleider|Jurken|Robes|Sukienki",
              (420, "620442", 79, 219),
              "Aube Colline Sauge Mirabelle Iris Garance Lune Nuance Verveine Ondine Clair Alba"),
        _kind("jacket", "jacket", "letters", _LETTER_SIZES, "Jacket|Jacke|Jas|Veste|Kurtka",
              "Jackets|Jacken|Jassen|Vestes|Kurtki",
              (980, "620193", 129, 329),
              "Storm Squall Gale Mistral Zephyr Fjord Alder Rowan Bora Halny Vind Frost"),
        _kind("suit", "jacket", "suits", {"men": SUITS}, "Suit|Anzug|Kostuum|Costume|Garnitur",
              "Suits|Anzüge|Kostuums|Costumes|Garnitury",
              (1600, "620311", 349, 649),
              "Marwell Ashby Stratton Hadley Corwin Belford Denholm Lisle Ferris Alcott Wex Hollis"),
        _kind("bag", "bag", "bags", {"women": ONE_SIZE}, "Bag|Tasche|Tas|Sac|Torba",
              "Bags|Taschen|Tassen|Sacs|Torby",
              (690, "420222", 79, 259),
              "Cabas Nomade Satchel Tote Bucket Messenger Panier Hobo Folio Cargo Duffle Mini"),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Brand:
    """One invented label: what it makes, how dear it is, how it numbers its articles, which shops carry it."""

    name: str
    letters: str
    kinds: tuple[str, ...]
    dearness: float
    coding: str  # dash AB1234-100, digits 352634-05, short GZ9256 (one code per colour), dotted 501.041
    home: tuple[str, ...]  # the brand's own shops carry everything
    stockists: tuple[str, ...]
    origin_country: str


BRANDS = (
    Brand("Nordvik", "NV", ("sneaker", "boot", "jacket", "knit"), 1.1, "dash", ("nordvik",),
          ("atelier-nord", "grachtengoed", "grachtengoed-de", "moda-wisla", "maison-lavigne"), "PT"),
    Brand("Lowland", "LD", ("jeans", "shirt", "jacket", "jeans"), 1.0, "dotted", ("lowland-denim", "lowland-werk"),
          ("atelier-nord", "grachtengoed", "grachtengoed-de", "maison-lavigne", "moda-wisla"), "TR"),
    Brand("Vesterly", "VE", ("sneaker", "sandal", "boot"), 0.95, "dash", (),
          ("atelier-nord", "grachtengoed", "grachtengoed-de", "moda-wisla", "maison-lavigne"), "VN"),
    Brand("Kaldera", "KA", ("sneaker", "boot"), 1.05, "digits", (),
          ("atelier-nord", "grachtengoed", "grachtengoed-de", "moda-wisla"), "IT"),
    Brand("Ombrelune", "OM", ("dress", "bag", "shirt"), 1.2, "short", (),
          ("maison-lavigne", "grachtengoed", "grachtengoed-de", "atelier-nord"), "FR"),
    Brand("Sorella Mira", "SM", ("dress", "sandal", "bag"), 1.0, "dash", (),
          ("maison-lavigne", "moda-wisla", "grachtengoed", "grachtengoed-de"), "IT"),
    Brand("Kleine Eule", "KE", ("kids shoe",), 1.0, "digits", (),
          ("grachtengoed", "grachtengoed-de", "moda-wisla", "atelier-nord"), "DE"),
    Brand("Tarnica", "TA", ("knit", "jacket"), 0.9, "short", (),
          ("moda-wisla", "atelier-nord", "grachtengoed-de", "maison-lavigne"), "PL"),
    Brand("Marwick Row", "MR", ("suit", "shirt"), 1.1, "dash", (),
          ("atelier-nord", "grachtengoed", "grachtengoed-de", "moda-wisla"), "RO"),
)  # fmt: skip
