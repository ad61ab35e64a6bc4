"""The words a title model was trained with: which mean the same in another language, and how rare each one is."""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from catalog.matching.colour import COLOUR_WORDS
from catalog.matching.gender import GENDER_WORDS
from catalog.matching.kind import KIND_WORDS

# What shop titles say besides colour, gender and kind, in the languages shops write; first word is what the others mean.
_SAME_MEANING = """
leather leder cuir pelle piel leer skora skorzane skinn couro lth
suede wildleder daim scamosciata ante camoscio zamsz mocka nubuck
canvas toile tela
synthetic synthetik synthetique sintetico synthetisch syntetyczny
running laufen corsa hardlopen hardloop bieganie lopning laufschuh correr
football soccer futbol voetbal calcio fussball piłka pilka fotboll futebol
basketball koszykowka baloncesto basket
indoor interno salle sala halle zaal hala
wireless kabellos draadloos inalambrico bezprzewodowy
low niedrig basse bassa bajo bajas laag
high hi hoch haute alta alto hoog
mid medium mittel
bag tasche borsa sac bolsa bolso tas torba vaska
""".strip().splitlines()
_PHRASES_OF_GROUND = {
    "fg": ("firm ground", "terreni compatti", "terrain sec", "terrenos firmes", "ferme grond", "fester boden"),
    "sg": ("soft ground", "terreni morbidi", "terrain gras", "terrenos blandos", "zachte grond", "weicher boden"),
    "ag": ("artificial grass", "artificial ground", "erba artificiale", "cesped artificial", "kunstgras", "kunstrasen"),
    "tf": ("artificial turf", "astro turf", "terrain synthetique", "campi sintetici"),
    "ic": ("indoor court", "indoor football"),
}
# Words every shop adds and none means: they would only make two titles look alike or unlike.
_FILLERS = (
    "the and for with of in by a an und mit fur von der die das le la les et pour avec di da per con y de para en och med "
    "na dla el los las del al au aux een het voor i w z new sale cheap buy online shop store official free shipping title col "
    "val com www co"
)
PHRASES = {phrase: f"~{short}" for short, phrases in _PHRASES_OF_GROUND.items() for phrase in phrases}
LEAST_SEEN = 3


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Word -> meaning, and the weight of each meaning (inverse document frequency); unknown words weigh the most."""

    meanings: Mapping[str, str]
    rarity: Mapping[str, float]
    rarest: float
    gram_rarity: Mapping[str, float] = field(default_factory=dict)
    rarest_gram: float = 8.0
    fillers: frozenset[str] = field(default=frozenset(_FILLERS.split()))

    def weight(self, word: str) -> float:
        """Weigh one word by how few titles carry it."""
        return self.rarity.get(word, self.rarest)


def known_meanings() -> dict[str, str]:
    """Gather what the normalisers know: colours, genders and kinds of many languages, grounds and materials."""
    table: dict[str, str] = {}
    for line in _SAME_MEANING:
        first, *others = line.split()
        table.update(dict.fromkeys((first, *others), f"~{first}"))
    table.update({word: f"kind:{kind}" for word, kind in KIND_WORDS.items()})
    table.update({word: f"for:{gender}" for word, gender in GENDER_WORDS.items()})
    table.update({word: f"colour:{base}" for word, base in COLOUR_WORDS.items()})
    table.update({short: f"~{short}" for short in _PHRASES_OF_GROUND})
    return table


def learn_rarity(bags: Iterable[Collection[str]], least: int = LEAST_SEEN) -> tuple[dict[str, float], float]:
    """Count in how many titles each word stands; a word of fewer than `least` titles counts as never seen."""
    seen: Counter[str] = Counter()
    total = 0
    for bag in bags:
        seen.update(set(bag))
        total += 1
    rarity = {word: _exact(math.log((1 + total) / (1 + count)) + 1) for word, count in seen.items() if count >= least}
    return dict(sorted(rarity.items())), _exact(math.log((1 + total) / least) + 1)


def _exact(weight: float) -> float:
    """Round to a sixty-fourth, so that sums and products come out the same in any order of words."""
    return round(64 * weight) / 64
