"""Judges pairs of offers by everything known of them: sure rules first, then the title model, which never says "same"."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from catalog.matching.aliasing import NO_ALIASES, Aliases
from catalog.matching.article import brand_shapes
from catalog.matching.colour import colours_conflict
from catalog.matching.deciding import ASK, DIFFERENT, SAME, Decision, decide_pair, sure_code, sure_gtin
from catalog.matching.folding import fold
from catalog.matching.gender import genders_conflict
from catalog.matching.gtin import CLEAN
from catalog.matching.normalising import Normalised, VariantIn, normalise
from catalog.matching.options import read_options
from catalog.matching.title_model import features
from catalog.matching.title_model.model import TitleModel
from catalog.matching.title_model.reading import LONGEST_TITLE, Reading, clean_title, read_as
from catalog.matching.title_model.reasoning import heights_apart, reasons_of

# At or below this probability titles alone are answered "different": it loses the share of matches given in figures.json.
SURELY_NOT = 0.03
LONGEST_FIELD = 200
OFFERS_REMEMBERED = 5_000  # a few dozen megabytes
# What a barcode or code that agrees is still worth when something speaks against it: factors on its odds.
_AGAINST = {"size": 0.01, "brand": 0.05, "colour": 0.1, "gender": 0.1, "pack": 0.02, "condition": 0.1}
_AGAINST_OTHERS = 0.3
_GUARDED_ODDS = 9.0
# What fields beside the title add to its odds when they contradict each other.
_COLOURS_DIFFER, _GENDERS_DIFFER, _BARCODES_DIFFER, _PACKS_DIFFER = 0.02, 0.1, 0.3, 0.4
_HEIGHTS_DIFFER = 0.05
_MOST_BY_TITLE = 0.97


@dataclass(frozen=True, slots=True)
class Offer:
    """One side of a pair as a program writes it; every field may be empty."""

    title: str = ""
    brand: str = ""
    article_code: str = ""
    sku: str = ""
    barcode: str = ""
    size: str = ""
    colour: str = ""
    gender: str = ""
    price: float | None = None
    currency: str = ""
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """What is answered about a pair: `same`, `ask` or `different`, how probable it is, and why, in sentences."""

    probability: float
    decision: str
    evidence: tuple[str, ...]


def judge_pairs(pairs: Sequence[tuple[Offer, Offer]], model: TitleModel, aliases: Aliases = NO_ALIASES) -> list[Judged]:
    """Judge many pairs at once; the order of two sides changes nothing but the order of words in sentences."""
    reader = _reader(model)
    brands, colours = tuple(aliases.brands.items()), tuple(aliases.colours.items())
    facts = [(_facts(one, 1, brands, colours), _facts(other, 2, brands, colours)) for one, other in pairs]
    read = [
        (reader(_text_of(one), a.brand), reader(_text_of(other), b.brand))
        for (one, other), (a, b) in zip(pairs, facts, strict=True)
    ]
    chances = model.probabilities(read, [_price_apart(one, other) for one, other in pairs])
    return [
        _judge(*pair, *both, readings, float(chance))
        for pair, both, readings, chance in zip(pairs, facts, read, chances, strict=True)
    ]


@lru_cache(maxsize=4)
def _reader(model: TitleModel) -> Callable[[str, str], Reading]:
    """A model's own memory of what it has read."""

    @lru_cache(maxsize=OFFERS_REMEMBERED)
    def reading(text: str, brand: str) -> Reading:
        return read_as(text, brand, model.lexicon)

    return reading


@lru_cache(maxsize=OFFERS_REMEMBERED)
def _text_of(offer: Offer) -> str:
    """The title with what its fields say besides it, so that a colour in a field counts like one in the title."""
    text = clean_title(offer.title)
    said = fold(text)
    colour = offer.colour or read_options(offer.options).colour
    extra = [field for field in (colour, offer.gender) if field and fold(field) not in said]
    before = [offer.brand] if offer.brand and fold(offer.brand) not in said else []
    return " ".join([*before, text, *extra])[:LONGEST_TITLE]


@lru_cache(maxsize=OFFERS_REMEMBERED)
def _facts(
    offer: Offer, side: int, brands: tuple[tuple[str, str], ...], colours: tuple[tuple[str, tuple[str, ...]], ...]
) -> Normalised:
    return normalise(
        VariantIn(
            side, side, str(side), clean_title(offer.title), vendor=offer.brand, options=offer.options, sku=offer.sku,
            barcode=offer.barcode, article_code=offer.article_code, colour=offer.colour, size=offer.size, gender=offer.gender,
        ),
        brand_aliases=dict(brands), colour_aliases=dict(colours),
    )  # fmt: skip


def _judge(
    one: Offer, other: Offer, a: Normalised, b: Normalised, readings: tuple[Reading, Reading], chance: float
) -> Judged:
    decision = decide_pair(a, b)
    if decision.outcome == SAME or decision.outcome == DIFFERENT:
        return Judged(decision.probability, decision.outcome, decision.evidence)
    if sure := _same_product(a, b):
        return sure
    if decision.evidence_class in ("code_guarded", "code_style") and "size" in decision.guards:
        return Judged(0.01, DIFFERENT, decision.evidence)  # the same model in another size
    if decision.evidence_class in ("gtin_guarded", "code_guarded", "code_style"):
        return _guarded(decision, readings, chance)
    return _by_title(one, other, a, b, readings, chance)


def _same_product(a: Normalised, b: Normalised) -> Judged | None:
    """Two products without sizes are compared as products: the only guard that may be missing is the size itself."""
    if a.size.key or b.size.key:
        return None
    for found, missing in ((sure_gtin(a, b), "size_missing"), (sure_code(a, b), "size_unsure")):
        if found.guards == (missing,) and (missing == "size_missing" or _surely_a_code(a, b)):
            sentences = (*found.evidence[:1], "Neither states a size: compared as products.")
            return Judged(0.99, SAME, sentences)
    return None


def _surely_a_code(a: Normalised, b: Normalised) -> bool:
    """A shape that the brand is known to use: any other word with digits in a title may be a machine's name."""
    return brand_shapes(a.brand) and a.code.pattern == b.code.pattern == a.brand


def _guarded(decision: Decision, readings: tuple[Reading, Reading], chance: float) -> Judged:
    """A barcode or code agrees and something speaks against it: a question, whatever the probability."""
    odds = _GUARDED_ODDS if decision.evidence_class != "code_style" else 1.0
    for guard in decision.guards:
        odds *= _AGAINST.get(guard, _AGAINST_OTHERS if guard != "style_level" else 1.0)
    odds *= math.sqrt(_odds(chance))
    probability = min(0.97, max(0.02, odds / (1 + odds)))
    return Judged(round(probability, 4), ASK, _each_once(*decision.evidence, *reasons_of(*readings)))


def _by_title(
    one: Offer, other: Offer, a: Normalised, b: Normalised, readings: tuple[Reading, Reading], chance: float
) -> Judged:
    if not readings[0].bag or not readings[1].bag:
        return Judged(0.05, ASK, ("One side says nothing that could be compared.",))
    odds, sentences = _odds(chance), []
    if heights_apart(*readings):
        odds *= _HEIGHTS_DIFFER
    for factor, sentence in _fields_against(one, other, a, b):
        odds *= factor
        sentences.append(sentence)
    probability = round(min(_MOST_BY_TITLE, odds / (1 + odds)), 4)
    state = features.codes_state(*readings)
    decision = DIFFERENT if probability <= SURELY_NOT else ASK
    if decision == ASK and state != features.EQUAL:
        sentences.append("Only the titles speak for it, so a person decides.")
    return Judged(probability, decision, _each_once(*reasons_of(*readings), *sentences))


def _fields_against(one: Offer, other: Offer, a: Normalised, b: Normalised) -> list[tuple[float, str]]:
    found = []
    if (_says_colour(one) and _says_colour(other)) and colours_conflict(a.colour.bases, b.colour.bases):
        found.append((_COLOURS_DIFFER, f"Colours differ: {a.colour.key} and {b.colour.key}."))
    if one.gender and other.gender and genders_conflict(a.gender, b.gender):
        found.append((_GENDERS_DIFFER, "Made for different people."))
    if a.gtin.status == CLEAN == b.gtin.status and a.gtin.value != b.gtin.value:
        found.append((_BARCODES_DIFFER, "Their barcodes differ."))
    if a.pack != b.pack:
        found.append((_PACKS_DIFFER, "One is sold as a pack or bundle, the other is not."))
    if a.condition != b.condition:
        found.append((_PACKS_DIFFER, "One is not described as new and original, the other is."))
    return found


def _each_once(*sentences: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(sentences))


def _says_colour(offer: Offer) -> bool:
    return bool(offer.colour or offer.options)


def _odds(chance: float) -> float:
    return chance / max(1e-6, 1 - chance)


def _price_apart(one: Offer, other: Offer) -> float:
    if not one.price or not other.price or not one.currency or one.currency.upper() != other.currency.upper():
        return features.MISSING
    return abs(math.log(one.price / other.price)) if one.price > 0 and other.price > 0 else features.MISSING


def offer_from(fields: Mapping[str, object]) -> Offer:
    """Build an offer from loose fields; unknown ones are ignored, numbers count as their digits.

    *Raises* `ValueError` in words when a field is neither text, number nor missing.
    """
    text = {name: _text(fields, name) for name in _TEXTS}
    price = _price(fields.get("price"))
    return Offer(
        title=text["title"], brand=text["brand"] or text["vendor"], article_code=text["article_code"], sku=text["sku"],
        barcode=text["barcode"], size=text["size"], colour=text["colour"] or text["color"], gender=text["gender"],
        price=price, currency=text["currency"], options=_options(fields.get("options")),
    )  # fmt: skip


_TEXTS = (
    "title", "brand", "vendor", "article_code", "sku", "barcode", "size", "colour", "color", "gender", "currency",
)  # fmt: skip


def _text(fields: Mapping[str, object], name: str) -> str:
    value = _plain(fields.get(name), name)
    return value[: 2 * LONGEST_TITLE if name == "title" else LONGEST_FIELD]


def _plain(value: object, name: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"{name} is neither text nor a number")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).replace("\x00", "")


def _price(value: object) -> float | None:
    said = _plain(value, "price").strip().replace(",", ".")
    try:
        price = float(said) if said else None
    except ValueError:
        return None
    return price if price is not None and 0 < price < 1e9 else None


def _options(value: object) -> tuple[tuple[str, str], ...]:
    """Options as a list of {"name", "value"}, a list of pairs, or an object."""
    if value is None:
        return ()
    if isinstance(value, Mapping):
        listed: list[object] = [list(pair) for pair in value.items()]
    elif isinstance(value, list):
        listed = value
    else:
        raise ValueError("options are neither a list nor an object")
    return tuple(_option(one) for one in listed[:20])


def _option(one: object) -> tuple[str, str]:
    if isinstance(one, Mapping):
        name, value = one.get("name"), one.get("value")
    elif isinstance(one, list) and len(one) == 2:
        name, value = one
    else:
        raise ValueError("an option is neither a name with a value nor a pair of them")
    return _plain(name, "an option's name")[:LONGEST_FIELD], _plain(value, "an option's value")[:LONGEST_FIELD]
