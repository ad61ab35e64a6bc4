"""Counts the pieces that a title sells together, in the words of eight languages."""

import re

from catalog.matching.folding import words_of

_COUNTED = {
    2: "two zwei deux due dos twee tva dwa dwie",
    3: "three drei trois tre tres drie trzy",
    4: "four vier quatre quattro cuatro fyra cztery",
    5: "five funf fuenf cinq cinque cinco vijf fem piec",
    6: "six sechs sei seis zes sex szesc",
    10: "ten zehn dix dieci diez tien tio dziesiec",
}
_COUNTS = {word: count for count, listed in _COUNTED.items() for word in listed.split()}
_NUMBER = rf"[1-9]|1\d|2[04]?|{'|'.join(_COUNTS)}"
_PIECES = (
    "packs?|paks?|pk|pcs|paar|pairs?|paires?|paia|pares|par|pary|pezzi|pz|pieces|stuck|stk|stuks|szt|sztuki|sztuk|st"
    "|unidades|uds|unites|pzs?"
)
_BOXES = (
    "pack|paquete|paket|packung|pak|pacco|set|lot|lote|juego|kit|bundle|case|caja|karton|kartong|carton|cartone|doos|boite"
    "|scatola|box|confezione|conf|zestaw|komplet|opakowanie|forpackning|verpakking"
)
_PACK = re.compile(
    rf"\b({_NUMBER})\s*-?\s*(?:er\s*-?\s*(?:pack|set|bundle|packung)|(?:{_PIECES})\b)"
    rf"|\b(?:{_BOXES})\.?\s*(?:of|de|da|di|von|mit|van|av|med|met|con|po|z|a|x)\s*({_NUMBER})\b(?!\s*[-/.,]?\d)"
    r"|\b(\d{1,2})\s?x(?=\s+[a-z]|\s*$|\s*[,)])|(?:(?<=\s)|(?<=\())x\s?(\d{1,2})(?=\s*$|\s*[,)])|\b([2-9]|10)p\b"
)
_NAMED = {
    2: "doppelpack zweierpack zweierset duopack bipack twinpack doublepack dubbelpack dubbelpak tvapack dwupak duoset",
    3: "dreierpack dreierset tripack tripak triplepack trepack trojpak trzypak trioset",
    4: "viererpack viererset fyrpack czteropak",
    5: "funferpack fuenferpack fempack pieciopak",
    6: "sechserpack sixpack sexpack szesciopak",
    10: "zehnerpack",
    0: "multipack multipak bundle combo sparpack vorteilspack voordeelpack voordeelverpakking valuepack familypack",
}
NAMED_PACKS = {word: count for count, listed in _NAMED.items() for word in listed.split()}
_NAME = re.compile(rf"\b(?:{'|'.join(NAMED_PACKS)})\b")
_PARTED = {
    2: "doppel zweier double twin duo dubbel dobbel podwojny",
    3: "dreier triple trio potrojny tripel",
    4: "vierer quad",
    0: "multi value family spar vorteils",
}
_PARTS = {word: count for count, listed in _PARTED.items() for word in listed.split()}
_PARTED_NAME = re.compile(rf"\b({'|'.join(_PARTS)})[\s-]+(?:packs?|paks?)\b")


def pack_in(plain: str) -> int:
    """Count the pieces a folded title sells together; a bundle of unknown count is 0, a single piece 1."""
    if found := _PACK.search(plain):
        said = next(part for part in found.groups() if part)
        return _COUNTS.get(said) or int(said)
    if named := _NAME.search(plain):
        return NAMED_PACKS[named[0]]
    parted = _PARTED_NAME.search(plain)
    return _PARTS[parted[1]] if parted else 1


def without_pack(plain: str, found: list[str]) -> tuple[str, list[str], int]:
    """Take the count of pieces out of a folded title, lest it pass for a version number."""
    pack = pack_in(plain)
    if pack == 1:
        return plain, found, 1
    rest = _PACK.sub(" ", plain)
    return rest, words_of(rest), pack
