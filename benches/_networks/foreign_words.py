"""Words of the foreign world: shades, genders and categories in eight languages, brands nobody has heard of, shops' names."""

from dataclasses import dataclass
from random import Random

from benches._networks.parts import any_of

LANGUAGES = ("en", "de", "fr", "it", "es", "nl", "sv", "pl")


@dataclass(frozen=True, slots=True)
class Shade:
    """One colour a maker distinguishes: its word in each language, makers' own names for it, and its letters in codes."""

    letters: str
    words: dict[str, str]
    own: tuple[str, ...]


# letters | en | de | fr | it | es | nl | sv | pl | makers' own names; a blank line ends a family of shades taken for each other
_SHADES = """
BLK|Black|Schwarz|Noir|Nero|Negro|Zwart|Svart|Czarny|Core Black,Jet Black,Caviar
ANT|Anthracite|Anthrazit|Anthracite|Antracite|Antracita|Antraciet|Antracit|Antracytowy|Asphalt,Phantom

WHT|White|Weiß|Blanc|Bianco|Blanco|Wit|Vit|Biały|Cloud White,Bright White,Optic White
OFW|Off White|Wollweiß|Blanc cassé|Bianco sporco|Blanco roto|Gebroken wit|Benvit|Złamana biel|Sail,Chalk
CRM|Cream|Creme|Crème|Crema|Crema|Crème|Kräm|Kremowy|Eggnog,Oat Milk

NVY|Navy|Marine|Bleu marine|Blu navy|Azul marino|Marine|Marinblå|Granatowy|Obsidian,Midnight Navy,Eclipse
DBL|Dark Blue|Dunkelblau|Bleu foncé|Blu scuro|Azul oscuro|Donkerblauw|Mörkblå|Ciemnoniebieski|Insignia Blue,Deep Ocean
BLU|Blue|Blau|Bleu|Blu|Azul|Blauw|Blå|Niebieski|Game Royal,True Blue,Cobalt
LBL|Light Blue|Hellblau|Bleu clair|Azzurro|Azul claro|Lichtblauw|Ljusblå|Jasnoniebieski|Sky,Glacier

GRY|Grey|Grau|Gris|Grigio|Gris|Grijs|Grå|Szary|Wolf Grey,Quarry
LGR|Light Grey|Hellgrau|Gris clair|Grigio chiaro|Gris claro|Lichtgrijs|Ljusgrå|Jasnoszary|Vapor,Pearl Grey
SLV|Silver|Silber|Argent|Argento|Plata|Zilver|Silver|Srebrny|Metallic Silver,Reflective

RED|Red|Rot|Rouge|Rosso|Rojo|Rood|Röd|Czerwony|University Red,Chili
BUR|Burgundy|Bordeaux|Bordeaux|Bordeaux|Burdeos|Bordeaux|Vinröd|Bordowy|Maroon,Merlot
PNK|Pink|Pink|Rose|Fucsia|Fucsia|Roze|Rosa|Różowy|Hyper Pink,Flamingo
ROS|Rose|Rosé|Vieux rose|Rosa antico|Rosa palo|Oudroze|Gammelrosa|Pudrowy róż|Dusty Rose,Blush

GRN|Green|Grün|Vert|Verde|Verde|Groen|Grön|Zielony|Pine,Clover
DGN|Dark Green|Dunkelgrün|Vert foncé|Verde scuro|Verde oscuro|Donkergroen|Mörkgrön|Ciemnozielony|Forest,Scarab
OLV|Olive|Oliv|Olive|Verde oliva|Oliva|Olijf|Oliv|Oliwkowy|Army,Moss
KHK|Khaki|Khaki|Kaki|Cachi|Caqui|Kaki|Khaki|Khaki|Field,Neutral Olive

BRN|Brown|Braun|Marron|Marrone|Marrón|Bruin|Brun|Brązowy|Chestnut,Mocha
COG|Cognac|Cognac|Cognac|Cuoio|Cuero|Cognac|Konjak|Koniakowy|Saddle,Caramel
TPE|Taupe|Taupe|Taupe|Tortora|Topo|Taupe|Taupe|Szarobeżowy|Mushroom,Walnut
BGE|Beige|Beige|Beige|Beige|Beige|Beige|Beige|Beżowy|Shell,Wheat
SND|Sand|Sand|Sable|Sabbia|Arena|Zand|Sand|Piaskowy|Desert,Dune

YEL|Yellow|Gelb|Jaune|Giallo|Amarillo|Geel|Gul|Żółty|Volt,Lemon
MUS|Mustard|Senf|Moutarde|Senape|Mostaza|Mosterd|Senap|Musztardowy|Ochre,Amber
ORG|Orange|Orange|Orange|Arancione|Naranja|Oranje|Orange|Pomarańczowy|Total Orange,Clementine
GLD|Gold|Gold|Or|Oro|Dorado|Goud|Guld|Złoty|Metallic Gold,Brass

PUR|Purple|Lila|Violet|Viola|Morado|Paars|Lila|Fioletowy|Court Purple,Grape
LIL|Lilac|Flieder|Lilas|Lilla|Lila|Lila|Ljuslila|Liliowy|Wisteria,Orchid
TUR|Turquoise|Türkis|Turquoise|Turchese|Turquesa|Turquoise|Turkos|Turkusowy|Aqua,Lagoon
"""


def _read_shades() -> tuple[tuple[Shade, ...], ...]:
    families = []
    for block in _SHADES.strip().split("\n\n"):
        lines = [line.split("|") for line in block.splitlines()]
        families.append(
            tuple(Shade(at[0], dict(zip(LANGUAGES, at[1:9], strict=True)), tuple(at[9].split(","))) for at in lines)
        )
    return tuple(families)


FAMILIES = _read_shades()
SHADES = {shade.letters: shade for family in FAMILIES for shade in family}
NEAR = {
    shade.letters: tuple(other.letters for other in family if other != shade) for family in FAMILIES for shade in family
}
COLOUR_SEPARATORS = ("/", "/", "/", " / ", " - ", ", ", " & ", "-")


def _by_language(text: str) -> dict[str, tuple[str, ...]]:
    return dict(zip(LANGUAGES, (tuple(part.split(",")) for part in text.split("|")), strict=True))


GENDERS = {
    "m": _by_language("Men's,Mens,Men|Herren|Homme|Uomo|Hombre|Heren|Herr|Męskie"),
    "w": _by_language("Women's,Wmns,Ladies|Damen|Femme,pour femme|Donna|Mujer,para mujer|Dames|Dam|Damskie,dla kobiet"),
    "k": _by_language("Kids,Junior,GS,Youth|Kinder,Junior|Enfant|Bambino|Niños|Kinderen|Barn|Dziecięce"),
    "u": _by_language("Unisex|Unisex|Unisexe|Unisex|Unisex|Unisex|Unisex|Unisex"),
}
CATEGORIES = {
    "sneaker": _by_language(
        "Sneaker,Trainers,Shoes|Sneaker,Schuhe|Baskets|Sneakers,Scarpe|Zapatillas|Sneakers|Sneakers,Skor|Sneakersy,Buty"
    ),
    "running": _by_language(
        "Running Shoe|Laufschuh|Chaussures de running|Scarpe da corsa|Zapatillas de running|"
        "Hardloopschoenen|Löparskor|Buty do biegania"
    ),
    "boot": _by_language("Boots|Stiefel,Boots|Bottines|Stivali|Botas|Laarzen|Kängor|Kozaki"),
    "sandal": _by_language("Sandals|Sandalen|Sandales|Sandali|Sandalias|Sandalen|Sandaler|Sandały"),
    "shirt": _by_language("T-Shirt,Tee|T-Shirt|T-shirt|T-shirt,Maglietta|Camiseta|T-shirt|T-shirt|Koszulka"),
    "hoodie": _by_language(
        "Hoodie|Kapuzenpullover|Sweat à capuche|Felpa con cappuccio|Sudadera|Hoodie|Huvtröja|Bluza z kapturem"
    ),
    "jacket": _by_language("Jacket|Jacke|Veste|Giacca|Chaqueta|Jas|Jacka|Kurtka"),
    "jeans": _by_language("Jeans|Jeans|Jean|Jeans|Vaqueros|Jeans|Jeans|Jeansy"),
    "dress": _by_language("Dress|Kleid|Robe|Vestito|Vestido|Jurk|Klänning|Sukienka"),
    "suit": _by_language("Blazer|Sakko|Veste de costume|Giacca|Americana|Colbert|Kavaj|Marynarka"),
    "socks": _by_language("Socks|Socken|Chaussettes|Calzini|Calcetines|Sokken|Strumpor|Skarpety"),
    "bag": _by_language("Backpack|Rucksack|Sac à dos|Zaino|Mochila|Rugzak|Ryggsäck|Plecak"),
}
PACKS = _by_language("2-Pack|2er-Pack,Doppelpack|Lot de 2|2 pezzi|Pack de 2|2-pack|2-pack|2-pak")
CASES = _by_language(
    "Case of 12|Karton 12 Stück|Carton de 12|Cartone da 12|Caja de 12|Doos van 12|Kartong 12 st|Karton 12 szt."
)
NOISE = ("SALE", "NEW", "*", "NEU", "-20%", "Online Only", "🔥", "&amp; more", "FW26", "Outlet", "Soldes", "2026")
# Makers whose own charts and code shapes the package may know; all others of this world it has to take as they come.
LEADING = {
    "adidas": ("thirds", "two-letters"),
    "Nike": ("swoosh", "two-letters-colour"),
    "Puma": ("leap", "six-two"),
    "New Balance": ("balance", "letters-digits-letters"),
    "Asics": ("balance", "four-letter-three"),
    "Reebok": ("leap", "two-letters"),
    "Salomon": ("thirds", "eight"),
    "Gabor": ("leap", "dotted"),
}
_ONSETS = ("Br", "D", "F", "Gl", "H", "K", "L", "M", "N", "P", "Qu", "R", "S", "Sk", "T", "V", "W", "Z", "Ch", "Tr")
_VOWELS = ("a", "e", "i", "o", "u", "ae", "io", "y", "ö", "é")
_ENDS = ("", "n", "r", "s", "l", "x", "ck", "sen", "tto", "vik", "lle", "nda", "mark", "berg")


def invent_name(dice: Random) -> str:
    """Make up a name of two or three syllables."""
    syllables = "".join(any_of(dice, _ONSETS) + any_of(dice, _VOWELS) for _ in range(1 + int(dice.random() * 2)))
    return (syllables + any_of(dice, _ENDS)).capitalize()


def invent_shop(dice: Random) -> str:
    """Make up what a shop calls itself."""
    pattern = ("{} Shoes", "Schuhhaus {}", "{} Store", "Maison {}", "Calzature {}", "{}", "{} & Co", "{}-shop")
    return any_of(dice, pattern).format(invent_name(dice))
