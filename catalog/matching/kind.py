"""Tells what kind of thing a product is, as far as its size depends on it."""

from collections.abc import Iterable
from functools import lru_cache

from catalog.matching.folding import words

_WORDS = {
    "bra": "bra bras bh bhs bustier soutien soutiengorge reggiseno sujetador biustonosz beha",
    "sock": "sock socks socken strumpf strumpfe chaussette chaussettes calze calzini calcetines sokken strumpor skarpety",
    "shoe": "shoe shoes sneaker sneakers trainer trainers boot boots bootie booties sandal sandals loafer loafers slipper "
    "slippers mule mules clog clogs heel heels pump pumps slide slides footwear moccasin moccasins schuh schuhe stiefel "
    "stiefelette stiefeletten sandale sandalen halbschuh halbschuhe turnschuh turnschuhe laufschuh laufschuhe chaussure "
    "chaussures basket baskets botte bottes bottines mocassin mocassins scarpa scarpe stivale stivali sandalo sandali "
    "zapato zapatos zapatilla zapatillas bota botas sandalia sandalias schoen schoenen laarzen sko skor stovlar kangor "
    "buty buty trampki sandaly kozaki espadrilles ballerina ballerinas ballerines cleats spikes football-boot hausschuhe",
    "trousers": "jeans jean trousers trouser chino chinos denim hose hosen pantalon pantalons pantaloni pantalones broek "
    "byxor spodnie",
    "suit": "suit suits blazer tuxedo sakko sakkos anzug anzuge costume abito traje pak kostym garnitur smoking",
    "accessory": "bag bags backpack tote cap caps hat hats beanie scarf scarves wallet belt sunglasses watch jewellery "
    "necklace earrings bracelet umbrella tasche taschen rucksack mutze kappe schal geldborse sac casquette bonnet echarpe "
    "borsa zaino cappello sciarpa bolso mochila gorra bufanda tas muts sjaal vaska mossa halsduk torba czapka szalik "
    "handbag clutch keyring belts gurtel ledergurtel ceinture ceintures cintura cinture cinturon cinturones riem riemen ceintuur "
    "balte balten skarp pasek paski",
    "glove": "glove gloves mitten mittens handschuh handschuhe lederhandschuhe gants guanto guanti guante guantes handschoen "
    "handschoenen handskar handske rekawiczki rekawice",
    "ring": "ring rings anello anelli bague bagues anillo anillos sortija fingerring pierscionek pierscionki",
    "top": "shirt shirts tshirt tee tees t-shirt hoodie hoodies sweatshirt sweater jumper cardigan jacket jackets coat coats "
    "dress dresses skirt skirts blouse croptop shorts leggings jersey tank cami bodysuit jumpsuit parka vest pullover "
    "hemd bluse kleid kleider jacke mantel robe jupe veste chemise manteau maglia camicia vestito gonna giacca "
    "felpa camisa camiseta vestido falda chaqueta abrigo sudadera jurk trui jas klanning jacka troja kjol sukienka "
    "bluza kurtka spodnica koszula windbreaker bikini swimsuit",
}
_ENDINGS = {
    "glove": ("handschuh", "handschuhe", "handskar", "handschoenen"),
    "shoe": (
        "schuh",
        "schuhe",
        "schuhen",
        "schoen",
        "schoenen",
        "skor",
        "stiefel",
        "stiefeletten",
        "laarzen",
        "sneaker",
    ),
    "sock": ("socken", "sokken", "strumpfe", "strumpor"),
    "trousers": ("hose", "hosen", "broek", "byxor"),
    "accessory": ("tasche", "taschen", "mutze", "vaska", "mossa", "gurtel"),
    "top": ("jacke", "jacka", "kleid", "hemd", "pullover", "tshirt", "jurk", "klanning"),
}
KIND_WORDS = {word: kind for kind, listed in _WORDS.items() for word in listed.split()}
_STRENGTH = ("bra", "sock", "shoe", "suit", "trousers", "glove", "accessory", "top", "ring")


@lru_cache(maxsize=4096)
def kind_of(text: str) -> str:
    """Read the kind from a product type or title, or give an empty string; footwear words beat a jacket's."""
    return kind_among(words(text))


def kind_among(tokens: Iterable[str]) -> str:
    """Read the kind from folded words."""
    found = {kind for word in tokens if (kind := kind_of_word(word))}
    return next((kind for kind in _STRENGTH if kind in found), "")


@lru_cache(maxsize=65536)
def kind_of_word(word: str) -> str:
    """Read the kind from one folded word; German, Dutch and Swedish put it at the end of a longer one."""
    if word in KIND_WORDS or len(word) < 8:
        return KIND_WORDS.get(word, "")
    return next((kind for kind, endings in _ENDINGS.items() if word.endswith(endings)), "")
