"""Knows what every single word of a title can mean, so that a title is walked through once."""

import re

from catalog.matching.colour import COLOUR_WORDS, PARTS_OF_COLOURS
from catalog.matching.gender import GENDER_WORDS
from catalog.matching.kind import kind_of_word
from catalog.matching.packs import NAMED_PACKS

# What a word may be. A word without any of these is a word of the model's name.
SILENT, GENDER, KIND, COLOUR, NAME_OR_COLOUR, COLOUR_PART = 1, 2, 4, 8, 16, 32
NUMBER, SIZE_LEAD, PACK_LEAD, CONDITION_LEAD, CODE_LIKE, JOINING = 64, 128, 256, 512, 1024, 2048
MOST_REMEMBERED = 200_000

_NOISE = set(
    "sale new original originals special offer the and for with of in by a an s t m w sneakers style fashion neu nuevo nouveau "
    "nuova nowe ny angebot soldes saldi rabatt promo outlet cheap replica hot best top quality free shipping buy online shop "
    "store official authentic exclusive limited edition und mit fur von der die das le la les et pour avec di da per con y de "
    "para en och med i na dla ankle running sport sports lifestyle casual classic women men size gr eu uk us eur collection".split()
)
_MODEL_WORDS_OF_KIND = {"ballerina", "boot", "boots", "mule", "slide", "clog", "sandal", "loafer"}
_JOINING = {"and", "und", "et", "e", "y", "en", "och", "i", "mit", "with"}
# Colours that are as often names of models: "Moss Runner" is not green, "Men's Shoes Moss" and "Runner - Moss" are.
_NAMES_TOO = set(
    "alga apricot aqua arena army asfalto ash avena azure bei bone camel caramel carbon celeste champagne charcoal "
    "cherry chestnut chili chilli chocolate cobalt coffee concord coral crimson cyan denim emerald forest granat "
    "grape graphite guava indigo ivory jade jeans khaki lava lave lavender lemon lila lilac lima lime mango mangue "
    "marine marino midnight militar military mint mocha moro moss multi mustard nude oat obsidian olive onyx peach "
    "peacoat peru pesca pine platinum rainbow rod roda rode rosa rose royal roze ruby sage sail salmon sand "
    "sapphire scarlet seaweed senf shark slate snow stone tan uva viola violet violeta violett violette vit vita "
    "volt wheat wine".split()
)
_ROMAN = {
    "ii": "2",
    "iii": "3",
    "iv": "4",
    "vi": "6",
    "vii": "7",
    "viii": "8",
    "ix": "9",
    "xi": "11",
    "xii": "12",
    "xiii": "13",
}
_VERSION = re.compile(r"v\.?(\d{1,2}(?:\.\d)?)")
_NUMBER = re.compile(r"\d{1,3}|\d{4}|\d\.\d{1,2}|\d\d\.\d")
_CODE_LIKE = re.compile(r"[a-z]{1,4}\d{4,}[a-z0-9]*|\d{5,}[a-z]{0,3}|\d{4}[a-z]\d{3}|[a-z]{2}\d[a-z]{2}\d{5}")
# Models named like codes, worn in many colours: adidas ZX8000, Nike P6000, Saucony JAZZ2000.
_NAMED_LIKE_A_CODE = re.compile(r"[a-z]{1,4}\d{1,2}00")
_SIZE_LEADS = set(
    "eu eur uk us fr gr grosse groesse schuhgrosse size taille pointure taglia talla maat storlek rozmiar rozm stl strl storl tg mt sz "
    "str".split()
)
_SIZE_LEAD = re.compile(
    r"(?:\d{1,2}(?:\.\d)?)?(?:eu|eur|uk|us|fr)|(?:eu|eur|uk|us|gr|fr|tg|mt|stl|strl|rozm)(?:\d{1,2}(?:\.\d)?|[2-5]?x{0,3}[sml])"
    r"|w(?:\d{2})?(?:[/x-]?l\d{2})?"
)
_PACK_LEADS = set(
    "boite box bundle caja carton cartone case combo doos doppelpack dreierpack karton kartong kit lot multipack "
    "paar pack packs pair pairs pak paket paks paquete pcs pezzi piece pieces scatola set st stuck szt conf confezione forpackning "
    "juego komplet lote opakowanie pacco packung paia paires par pares pary pk pz stk stuks sztuk sztuki uds unidades unites "
    "verpakking x zestaw".split()
)
_PACK_LEAD = re.compile(
    r"\d{1,2}(?:er)?(?:p|pack|pak|pk|paar|pairs?|pcs|pezzi|szt|stuck|st)|\d{1,2}er|x\d{1,2}|\d{1,2}x"
)
_CONDITION_LEADS = set(
    "1 2nd aaa ausstellungsstuck ausstellungsstucke b bstock bware begagnad begagnade copy defekt defekte defekter display dupe "
    "einlegesohle einlegesohlen einzelschuh empty falschung fake getragen getragene getragener getragenes gift gutschein "
    "geschenkgutschein insole insoles laces leerkarton linke linker mangelexemplar mangelexemplare neu neuwertig neuwertige "
    "neuwertiger only rechte rechter replik replikat schnursenkel shoelaces signed signiert single worn "
    "gebraucht gebrauchte gebrauchten gebrauchter gebrauchtes imitation "
    "inspired occasion pre preloved preowned refurb refurbished replica replicas second seconde secondhand segunda "
    "musterpaar musterpaare musterschuh musterschuhe musterstuck musterstucke reacondicionada reacondicionado reconditioned "
    "reconditionne reconditionnee reconditionnees reconditionnes ricondizionata ricondizionate ricondizionati ricondizionato "
    "vorfuhrmodell vorfuhrmodelle tweedehands ua usata usate usati usato used uzywana uzywane uzywany vintage".split()
)


class Vocabulary(dict[str, int]):
    """What words mean, as flags; each word is worked out once."""

    def __missing__(self, word: str) -> int:
        """Work out a word that was never seen; a flood of nonsense cannot fill the memory."""
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        flags = self[word] = _flags_of(word)
        return flags


MEANINGS = Vocabulary()


def number_of(word: str) -> str:
    """The version number a word says ("32", "2.2", "v2", "ii"), or an empty string."""
    if word[0].isdigit():
        return (word.lstrip("0") or "0") if _NUMBER.fullmatch(word) else ""
    if found := _VERSION.fullmatch(word):
        return found[1]
    return _ROMAN.get(word, "")


def _flags_of(word: str) -> int:
    flags = _meaning(word) | _leads(word)
    if number_of(word):
        flags |= NUMBER | SILENT
    if sum(letter.isdigit() for letter in word) >= 3:
        flags |= CODE_LIKE
    if _CODE_LIKE.fullmatch(word) and not _NAMED_LIKE_A_CODE.fullmatch(word):
        flags |= SILENT
    return flags


def _meaning(word: str) -> int:
    flags = SILENT if word in _NOISE else 0
    flags |= JOINING if word in _JOINING else 0
    if word in GENDER_WORDS:
        flags |= GENDER | SILENT
    if kind_of_word(word):
        flags |= KIND | (0 if word in _MODEL_WORDS_OF_KIND else SILENT)
    elif word in COLOUR_WORDS:
        flags |= COLOUR | (NAME_OR_COLOUR if word in _NAMES_TOO else SILENT)
    elif word in PARTS_OF_COLOURS:
        flags |= COLOUR_PART
    return flags


def _leads(word: str) -> int:
    """Whether a word makes it worth looking for a size, a pack or a condition in the title."""
    flags = SIZE_LEAD if word in _SIZE_LEADS or _SIZE_LEAD.fullmatch(word) else 0
    flags |= PACK_LEAD if word in _PACK_LEADS or word in NAMED_PACKS or _PACK_LEAD.fullmatch(word) else 0
    return flags | (CONDITION_LEAD if word in _CONDITION_LEADS else 0)
