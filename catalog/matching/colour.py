"""Reads a colour name of eight languages into an ordered tuple of base colours."""

import colorsys
import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from catalog.matching.folding import fold, slug, words

_NAMES = {
    "black": "black blk schwarz nero nera noir noire negro negra zwart svart czarny czarna czarne onyx "
    "anthrazitschwarz nere neri noirs noires negros negras schwarze schwarzer schwarzes zwarte svarta "
    "czarni carbon carbone",
    "white": "white wht weiss bianco bianca blanc blanche blanco blanca wit vit bialy biala biale weisse weisser "
    "weisses bianchi bianche blancs blanches blancos blancas witte vita snow whitesmoke ghostwhite",
    "navy": "navy nvy marine dunkelblau marino marinblau marinbla donkerblauw morkbla granatowy granat obsidian "
    "midnight obsidienne obsidiana ossidiana obsydian peacoat dunkelmarine granatowe granatowa "
    "midnightblue",
    "blue": "blue blu blau bleu azul blauw bla niebieski niebieska royal cobalt azure denim indigo azzurro "
    "celeste hellblau skyblue sapphire lichtblauw ljusbla jeans bleue bleus bleues blaue blauer blaues "
    "azules blauwe blaa niebieskie cobalto kobalt kobaltblau steelblue concord",
    "red": "red rot rosso rossa rouge rojo roja rood rod czerwony czerwona szkarlatny scarlet crimson karminrot "
    "ruby cherry rote roter rossi rosse rouges rojos rojas rode roda czerwone carmin firebrick chili "
    "chilli lava lave",
    "grey": "grey gray gry grau grigio grigia gris grijs gra szary szara anthracite anthrazit charcoal graphite "
    "antracite antraciet antracit shark ash slate hellgrau dunkelgrau grise graue grauer graues grigi "
    "grigie grises grijze szare antracita antracyt antracide anthracide grafito graffite grafit grafitowy "
    "asfalto dimgray gainsboro slategray",
    "green": "green grn grun gruen verde vert verte groen gron zielony zielona pine emerald moss mint teal sage "
    "forest jade verdi verdes verts vertes grune gruner groene grona zielone giada alga algue lime "
    "limonka limoen seaweed",
    "olive": "olive khaki army oliv caqui kaki kakhi military militare oliwkowy olijf",
    "beige": "beige sand tan stone nude camel taupe bezowy bei ecru oat wheat sabbia sable arena bone hueso avena "
    "piaskowy",
    "brown": "brown brn braun marrone marron brun bruin brazowy cognac cuoio chocolate chestnut coffee mocha "
    "caramel moro castano mocca schoko bruna bruine braune marroni marrones brazowe sienna saddlebrown "
    "peru bronze bronzo bronce",
    "pink": "pink pnk rosa rose roze rozowy rosado fuchsia fuxia fucsia magenta coral salmon hotpink rosas rozowe "
    "lightpink deeppink deepink palevioletred guava",
    "yellow": "yellow gelb giallo gialla jaune amarillo geel gul zolty volt lemon mustard senf ocra gelbe gialli "
    "amarilla amarillos gele gula zolte goldenrod lightyellow",
    "orange": "orange arancio arancione naranja oranje pomaranczowy apricot pesca peach arancioni naranjas "
    "pomaranczowe pomarancz mango mangue orangered",
    "purple": "purple lila violet violett viola violeta morado paars fiolet fioletowy lavender lilac mauve violetto "
    "violette morada paarse lilla fioletowe grape uva darkmagenta",
    "silver": "silver silber argento argent plata zilver srebrny metallicsilver plateado plateada argente argentee "
    "silberne zilveren srebrne srebro platinum platino platine platin",
    "gold": "gold oro doree dore dorado goud guld zloty dorada goldene gouden zlote",
    "burgundy": "burgundy bordeaux maroon burdeos weinrot bordowy oxblood vinrod bordo wine granate cabernet",
    "cream": "cream creme ivory sail offwhite elfenbein crema crudo avorio gebrochenweiss kremowy champagne "
    "antiquewhite",
    "turquoise": "turquoise turkis tuerkis turchese turquesa aqua turkos turkusowy petrol cyan turkoois turq",
    "multi": "multi multicolor multicolour multicolore mehrfarbig bunt multicoloured wielokolorowy rainbow flerfargad",
}
PHRASES = {
    "off white": "cream", "collegiate navy": "navy", "dark blue": "navy", "dark navy": "navy", "bleu marine": "navy",
    "blu scuro": "navy", "blu navy": "navy", "azul marino": "navy", "midnight blue": "navy", "midnight navy": "navy",
    "army green": "olive", "game royal": "blue", "university red": "red", "wolf grey": "grey", "total orange": "orange",
    "metallic silver": "silver", "metallic gold": "gold", "ftwr white": "white", "cloud white": "white", "dark green": "green",
    "core black": "black", "core white": "white", "triple black": "black", "triple white": "white", "sky blue": "blue",
    "royal blue": "blue", "rose gold": "gold", "burnt orange": "orange", "hot pink": "pink", "bleu roi": "blue",
    "gum": "", "dark brown": "brown", "dark grey": "grey", "light blue": "blue", "light grey": "grey", "military green": "olive",
    "khaki green": "olive", "olive green": "olive", "sage green": "green", "deep red": "red", "wine red": "burgundy",
    "rosso scuro": "burgundy", "gebrochenes weiss": "cream", "coffee brown": "brown", "team gold": "gold",
    "fuchsia pink": "pink", "cobalt blue": "blue", "rose pink": "pink", "stone grey": "grey", "sand beige": "beige",
    "grey heather": "grey", "heather gray": "grey", "heather grey": "grey", "grau meliert": "grey", "denim blue": "blue",
    "navy blue": "navy", "marine blue": "navy", "olive night": "olive", "slate grey": "grey", "ash grey": "grey",
    "mint green": "green", "forest green": "green", "pine green": "green", "camel brown": "brown", "rot violett": "purple",
    "vin rouge": "burgundy", "dark red": "burgundy", "petrol blue": "turquoise", "aqua blue": "turquoise",
}  # fmt: skip
# What one shop calls by the narrow name another calls by the wide one: related colours never contradict.
_WIDER = {
    "navy": {"blue"},
    "olive": {"green", "beige"},
    "burgundy": {"red"},
    "cream": {"white", "beige"},
    "silver": {"grey"},
    "gold": {"yellow"},
    "turquoise": {"blue", "green"},
    "beige": {"brown"},
}
_NEIGHBOURS = (
    {"black", "grey", "navy"},
    {"grey", "silver", "white"},
    {"grey", "blue", "navy", "purple"},
    {"white", "cream", "beige", "silver"},
    {"beige", "brown", "gold", "grey", "olive"},
    {"red", "pink", "burgundy", "purple"},
    {"red", "orange", "brown", "burgundy"},
    {"yellow", "gold", "orange"},
)
_SHADES = {
    "dark light deep medium pale bright hot": "blue red grey gray green brown pink yellow orange purple violet beige khaki olive cyan "
    "turquoise skyblue steelblue",
    "dunkel hell mittel": "blau rot grau grun gruen braun rosa gelb lila beige oliv",
    "donker licht": "blauw rood grijs groen bruin roze geel paars beige",
    "ciemno jasno": "niebieski niebieska niebieskie zielony zielona zielone szary szara szare czerwony czerwona brazowy brazowe "
    "rozowy rozowe zolty zolte fioletowy bezowy",
    "mork ljus": "bla rod gra gron brun rosa gul lila beige",
}
COLOUR_WORDS = {word: base for base, listed in _NAMES.items() for word in listed.split()}
_DARK_BLUE = {
    "ciemnoniebieski",
    "ciemnoniebieska",
    "ciemnoniebieskie",
    "darkblue",
    "dunkelblau",
    "donkerblauw",
    "morkbla",
}
COLOUR_WORDS |= {
    shade + name: "navy" if shade + name in _DARK_BLUE else COLOUR_WORDS[name]
    for shades, names in _SHADES.items()
    for shade in shades.split()
    for name in names.split()
}
PARTS_OF_COLOURS = frozenset(word for phrase in PHRASES for word in phrase.split())
_FIRST_OF_PHRASE = {phrase.split()[0] for phrase in PHRASES}
_PARTS = re.compile(r"\s*(?:[/|,;+&]|\s-\s|-(?=[a-z])|_|\bund\b|\band\b|\bet\b|\by\b|\bmit\b|\bwith\b)\s*")


_WORD_ONLY = re.compile(r"^\W*[a-z][a-z' ]{2,}\W*$")


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour as read: base colours in the order the shop names them; a name nobody knows keeps its raw key."""

    bases: tuple[str, ...]
    key: str
    raw: str

    @property
    def known(self) -> bool:
        """Whether the words mean a colour to us."""
        return bool(self.bases)

    @property
    def number(self) -> str:
        """The number a brand gives its colour ("001"), where the field holds nothing else."""
        return self.raw if self.raw.isdecimal() and len(self.raw) > 1 else ""


NO_COLOUR = Colour((), "", "")


@lru_cache(maxsize=65536)
def normalise_colour(text: str) -> Colour:
    """Read a colour field; order is kept, because black/white and white/black are different shoes."""
    raw = text.strip()
    if not raw:
        return NO_COLOUR
    bases: list[str] = []
    for part in _PARTS.split(fold(raw).replace("off-white", "off white")):
        found = bases_in(part) or ((_named(part),) if _named(part) else ())
        if not found and not bases and _WORD_ONLY.search(part):
            break  # the main colour is one nobody knows: the others alone would name another colourway
        bases += [base for base in found if base not in bases]
    key = "/".join(bases) or "raw:" + slug(raw)
    return Colour(tuple(bases), key, raw)


@lru_cache(maxsize=16384)
def bases_in(text: str) -> tuple[str, ...]:
    """Find the base colours among the words of any text, first mention first."""
    return bases_of(words(text))


def bases_of(tokens: Sequence[str]) -> tuple[str, ...]:
    """Find the base colours among folded words, first mention first; two words may name one colour."""
    found: list[str] = []
    place = 0
    while place < len(tokens):
        base, length = COLOUR_WORDS.get(tokens[place], ""), 1
        if tokens[place] in _FIRST_OF_PHRASE:
            pair = " ".join(tokens[place : place + 2])
            if pair in PHRASES:
                base, length = PHRASES[pair], 2
        place += length
        if base and base not in found:
            found.append(base)
    return tuple(found)


def colours_conflict(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Tell whether two ordered colour tuples describe different colourways.

    A shorter list may leave out the secondary colours, never the first; narrow and wide names agree.
    """
    if not one or not other:
        return False
    if "multi" in one or "multi" in other:
        # Several colours are not one; two of them may be meant.
        return (one == ("multi",) and len(other) == 1 or other == ("multi",) and len(one) == 1) and one != other
    if not _related(one[0], other[0]):
        return True
    short, long = sorted((one, other), key=len)
    return not all(any(_related(base, candidate) for candidate in long) for base in short)


def numbers_differ(one: Colour, other: Colour) -> bool:
    """Tell whether two fields of one brand give the colour different numbers of the same length ("001" and "002")."""
    return one.number != other.number and len(one.number) == len(other.number)


_LIGHT = frozenset("light hell clair claire chiaro chiara claro clara licht ljus ljust jasny jasna jasne".split())
_DARK = frozenset(
    "dark dunkel fonce foncee scuro scura oscuro oscura donker mork morkt ciemny ciemna ciemne navy marine".split()
)


@lru_cache(maxsize=65536)
def _shade(raw: str) -> str:
    """Whether a colour's name says light or dark; German, Dutch and Swedish write it and the colour as one word."""
    said = words(raw)
    if any(word in _LIGHT or word.startswith(("hell", "licht", "ljus", "jasno")) for word in said):
        return "light"
    return (
        "dark" if any(word in _DARK or word.startswith(("dunkel", "donker", "mork", "ciemno")) for word in said) else ""
    )


def shades_differ(one: Colour, other: Colour) -> bool:
    """Tell whether one name of a single colour says a light shade of it and the other a dark one."""
    if one.raw == other.raw or len(one.bases) != 1 or len(other.bases) != 1:
        return False
    return {_shade(one.raw), _shade(other.raw)} == {"light", "dark"}


@lru_cache(maxsize=65536)
def colours_far_apart(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Tell whether two colour tuples cannot be two names of one colourway even with neighbouring shades allowed.

    What one shop calls anthracite, black or dark blue another may call grey. Where several barcodes agree that two
    products are one, only colours that nobody confuses speak against it.
    """
    if not colours_conflict(one, other):
        return False
    return not any(_neighbours(one[0], candidate) for candidate in other) or not any(
        _neighbours(other[0], candidate) for candidate in one
    )


def _neighbours(one: str, other: str) -> bool:
    return (
        "multi" in (one, other)
        or _related(one, other)
        or any(one in shades and other in shades for shades in _NEIGHBOURS)
    )


def _related(one: str, other: str) -> bool:
    return one == other or other in _WIDER.get(one, ()) or one in _WIDER.get(other, ())


def _named(part: str) -> str:
    """The base colour of a fancy name ("Aegean Sea") by the tone the packaged list gives for it."""
    tone = _tones().get(slug(part))
    return _base_of_tone(tone) if tone else ""


@lru_cache(maxsize=1)
def _tones() -> dict[str, str]:
    with (resources.files("catalog.matching") / "data" / "colour_names.csv").open(encoding="utf-8") as file:
        return {slug(row["name"]): row["hex"] for row in csv.DictReader(file)}


def _base_of_tone(tone: str) -> str:
    """Name a tone only where nobody would argue: strong hues, and greys from black to white."""
    red, green, blue = (int(tone[place : place + 2], 16) / 255 for place in (1, 3, 5))
    hue, light, strength = colorsys.rgb_to_hls(red, green, blue)
    if light < 0.08:
        return "black"
    if light > 0.95:
        return "white"
    if strength < 0.08:
        return "grey"
    if strength < 0.35 or light < 0.2 or light > 0.85:
        return ""
    degrees = hue * 360
    if degrees < 12 or degrees > 345:
        return "red" if light < 0.6 else "pink"
    limits = ((48, 68, "yellow"), (85, 155, "green"), (195, 250, "blue"), (265, 295, "purple"), (310, 345, "pink"))
    return next((base for low, high, base in limits if low <= degrees <= high), "")
