"""Decides whether two variants are the same item: surely, surely not, or by asking a person; never by title."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from catalog.matching.article import COLOUR_NAME, FULL, ArticleCode, looks_alike
from catalog.matching.builds import beyond_children, builds_apart, builds_of
from catalog.matching.colour import Colour, colours_conflict, colours_far_apart, numbers_differ, shades_differ
from catalog.matching.gender import KIDS, genders_conflict
from catalog.matching.gtin import CLEAN
from catalog.matching.normalising import Normalised, with_gender
from catalog.matching.size import Size, same_size, sizes_conflict, sizes_overlap

RULE_VERSION = 4
SAME, ASK, DIFFERENT = "same", "ask", "different"
MOST_BRANDS = 3
# What is believed of each evidence class until the audits of a network have measured it.
PROBABILITY = {
    "gtin": 0.997,
    "code": 0.995,
    "aligned": 0.995,
    "gtin_guarded": 0.5,
    "code_guarded": 0.5,
    "aligned_guarded": 0.5,
    "code_style": 0.35,
    "code_differs": 0.002,
    "size_differs": 0.001,
    "title": 0.3,
    "none": 0.05,
}
_CLOTHES = {"top", "trousers", "bra", "suit"}
_WORDS_FOR_STATUS = {
    "restricted": "is an in-store number, which another shop may use for something else",
    "coupon": "is a coupon or serial number, not a product's",
    "placeholder": "is a placeholder",
    "bad_check": "fails its check digit",
    "case": "stands for a case of goods, not for one piece",
    "not_a_gtin": "is not a barcode number",
    "empty": "is missing",
}


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided on two variants, and why: `evidence` in sentences for merchants, `guards` by name."""

    outcome: str
    evidence_class: str
    evidence: tuple[str, ...]
    guards: tuple[str, ...]
    probability: float


@dataclass(frozen=True, slots=True)
class Conflict:
    """One fact on which two variants contradict each other."""

    fact: str
    sentence: str


class Described(Protocol):
    """What decides whether two products may be one: a variant's facts, or those of a shop's product in one colour."""

    @property
    def brand(self) -> str: ...  # noqa: D102
    @property
    def code(self) -> ArticleCode: ...  # noqa: D102
    @property
    def colour(self) -> Colour: ...  # noqa: D102
    @property
    def gender(self) -> str: ...  # noqa: D102
    @property
    def pack(self) -> int: ...  # noqa: D102
    @property
    def condition(self) -> str: ...  # noqa: D102


class Titled(Described, Protocol):
    """What a title is scored by: the words and numbers of the model beside the facts that decide."""

    @property
    def tokens(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def numbers(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def kind(self) -> str: ...  # noqa: D102


def titles_apart(a: Titled, b: Titled) -> str:
    """Say why two titles cannot be one model's, or nothing: other version numbers, shoes beside clothes.

    Weak beside several barcodes, strong enough beside a single key.
    """
    if a.numbers and b.numbers and set(a.numbers).isdisjoint(b.numbers):
        return f"Version numbers differ: {' '.join(a.numbers)} and {' '.join(b.numbers)}."
    if a.kind != b.kind and "shoe" in (a.kind, b.kind) and {a.kind, b.kind} & _CLOTHES:
        return "One is footwear, the other is not."
    return ""


def compatible(a: Normalised, b: Normalised) -> tuple[Conflict, ...]:
    """List every fact on which two variants contradict each other; a missing fact contradicts nothing."""
    found = list(compatible_products(a, b))
    one, other = aligned_sizes(a, b)
    if sizes_conflict(one, other):
        place = 1 if found and found[0].fact == "brand" else 0
        found.insert(place, Conflict("size", f"Sizes differ: {one.label} and {other.label}."))
    return tuple(found)


def contradict(a: Described, b: Described) -> bool:
    """Tell whether two products contradict each other on anything, as `compatible_products` would list it."""
    return (
        (a.brand != b.brand and bool(a.brand) and bool(b.brand))
        or (a.colour.bases != b.colour.bases and colours_conflict(a.colour.bases, b.colour.bases))
        or shades_differ(a.colour, b.colour)
        or colour_numbers_differ(a, b)
        or (a.gender != b.gender and genders_conflict(a.gender, b.gender))
        or codes_conflict(a, b)
        or a.pack != b.pack
        or a.condition != b.condition
    )


def beyond_shades(a: Described, b: Described) -> bool:
    """Tell whether two products contradict each other even if neighbouring shades are one colour to different shops."""
    return contradict(a, b) and (
        colours_far_apart(a.colour.bases, b.colour.bases)
        or (a.brand != b.brand and bool(a.brand) and bool(b.brand))
        or genders_conflict(a.gender, b.gender)
        or codes_conflict(a, b)
        or a.pack != b.pack
        or a.condition != b.condition
    )


def compatible_products(a: Described, b: Described) -> tuple[Conflict, ...]:
    """List every fact but the size on which two products contradict each other."""
    found = []
    if a.brand and b.brand and a.brand != b.brand:
        found.append(Conflict("brand", f"Brands differ: {a.brand} and {b.brand}."))
    if colours_conflict(a.colour.bases, b.colour.bases) or shades_differ(a.colour, b.colour):
        found.append(Conflict("colour", f"Colours differ: {a.colour.key} and {b.colour.key}."))
    elif colour_numbers_differ(a, b):
        found.append(Conflict("colour", f"Colour numbers differ: {a.colour.number} and {b.colour.number}."))
    if genders_conflict(a.gender, b.gender):
        found.append(Conflict("gender", f"Made for different people: {_people(a.gender)} and {_people(b.gender)}."))
    if codes_conflict(a, b):
        found.append(Conflict("code", f"Article codes differ: {a.code.value} and {b.code.value}."))
    if a.pack != b.pack:
        found.append(Conflict("pack", "One is sold as a pack or bundle, the other is not."))
    if a.condition != b.condition:
        found.append(Conflict("condition", "One is not described as new and original, the other is."))
    return tuple(found)


def colour_numbers_differ(a: Described, b: Described) -> bool:
    """Tell whether one brand numbers two colours differently; a number that ends the full code is compared with it."""
    if not a.colour.number or not b.colour.number or not a.brand or a.brand != b.brand:
        return False
    in_code = any(one.code.level == FULL and one.code.value.endswith(one.colour.number) for one in (a, b))
    return not in_code and numbers_differ(a.colour, b.colour)


def codes_conflict(a: Described, b: Described) -> bool:
    """Tell whether two full codes of one brand name different colourways."""
    if a.code.level != FULL or b.code.level != FULL or a.code.value == b.code.value or a.brand != b.brand:
        return False
    if a.code.pattern == b.code.pattern == COLOUR_NAME and a.code.style == b.code.style:
        # AB1234_WHITE and AB1234_BLANC: their colours say it, where both are known.
        return not (a.colour.known and b.colour.known) or colours_conflict(a.colour.bases, b.colour.bases)
    return a.code.pattern == b.code.pattern and not looks_alike(a.code.value, b.code.value)


def aligned_sizes(a: Normalised, b: Normalised) -> tuple[Size, Size]:
    """The sizes of two variants, each read with the gender that only the other one states."""
    one, other = a.size, b.size
    if one.key == other.key or (a.gender and b.gender):
        return one, other
    gender, brand = a.gender or b.gender, a.brand or b.brand
    if gender:
        one = one if a.gender else with_gender(one, brand, gender, a.kind or b.kind)
        other = other if b.gender else with_gender(other, brand, gender, b.kind or a.kind)
    return one, other


def sure_gtin(
    a: Normalised, b: Normalised, *, gtin_unique_in_shop: bool = True, ambiguous: Collection[str] = frozenset()
) -> Decision:
    """Decide by barcode: the same clean GTIN, once per shop, with nothing against it.

    The caller says whether the number stands once in each of the two shops, and which numbers are on the
    ambiguous list. A size missing on one side always asks.
    """
    if not a.gtin.value or a.gtin.value != b.gtin.value:
        return _no_agreement("barcode")
    evidence = [f"Both carry the barcode {a.gtin.value.lstrip('0').zfill(13)}."]
    guards = []
    for status in sorted({a.gtin.status, b.gtin.status} - {CLEAN}):
        guards.append(status)
        evidence.append(f"The barcode {_WORDS_FOR_STATUS[status]}.")
    if not gtin_unique_in_shop:
        guards.append("not_unique_in_shop")
        evidence.append("One of the shops uses this barcode on several variants.")
    if a.gtin.value in ambiguous:
        guards.append("ambiguous")
        evidence.append("This barcode is on the list of ambiguous ones.")
    guards += _common_guards(a, b, evidence, sizes_must_be_known=True)
    return _decided("gtin", evidence, guards)


def sure_code(a: Normalised, b: Normalised, *, levels: Mapping[tuple[str, str], str] | None = None) -> Decision:
    """Decide by article code: same brand, same full code, same certain size, nothing against it.

    `levels` gives (brand, code) pairs a level learnt from the brand's other codes; a style-level code never decides.
    """
    if not a.brand or a.brand != b.brand or not a.code.value or a.code.value != b.code.value:
        return _no_agreement("article code")
    evidence = [f"Both are {a.brand} with the article code {a.code.value}."]
    guards = []
    learnt = (levels or {}).get((a.brand, a.code.value))
    if (learnt or a.code.level) != FULL or (learnt or b.code.level) != FULL:
        guards.append("style_level")
        evidence.append("The code names the model without its colour.")
    if a.gtin.key and b.gtin.key and a.gtin.key != b.gtin.key:
        guards.append("gtins_differ")
        evidence.append("Their barcodes differ.")
    guards += _common_guards(a, b, evidence, sizes_must_be_known=False)
    one, other = aligned_sizes(a, b)
    if "size" not in guards and not same_size(one, other):
        guards.append("size_unsure")
        evidence.append(f"Sizes cannot be compared for certain: {one.label or 'none'} and {other.label or 'none'}.")
    if not guards:
        evidence.append(f"Both are size {one.label}." if one.label == other.label else f"{one.label} is {other.label}.")
    return _decided("code", evidence, guards)


def decide_pair(
    a: Normalised,
    b: Normalised,
    *,
    gtin_unique_in_shop: bool = True,
    ambiguous: Collection[str] = frozenset(),
    levels: Mapping[tuple[str, str], str] | None = None,
    title_score: float | None = None,
) -> Decision:
    """Decide two variants by everything known; a title score only orders the questions."""
    by_gtin = sure_gtin(a, b, gtin_unique_in_shop=gtin_unique_in_shop, ambiguous=ambiguous)
    by_code = sure_code(a, b, levels=levels)
    for decision in (by_gtin, by_code):
        if decision.outcome == SAME and "gtins_differ" not in by_code.guards:
            return decision
    if by_gtin.evidence_class != "none":
        return by_gtin
    if by_code.evidence_class != "none":
        return by_code
    against = compatible(a, b)
    facts = {conflict.fact for conflict in against}
    sentences = tuple(conflict.sentence for conflict in against)
    if "code" in facts:
        return Decision(DIFFERENT, "code_differs", sentences, ("code",), PROBABILITY["code_differs"])
    if "size" in facts and "brand" not in facts:
        return Decision(DIFFERENT, "size_differs", sentences, ("size",), PROBABILITY["size_differs"])
    if title_score is None:
        return Decision(ASK, "none", sentences, tuple(sorted(facts)), PROBABILITY["none"])
    chance = title_score * 0.6 ** len(against)
    return Decision(ASK, "title", (*sentences, "Only the titles speak for it."), tuple(sorted(facts)), chance)


def _common_guards(a: Normalised, b: Normalised, evidence: list[str], *, sizes_must_be_known: bool) -> list[str]:
    guards = []
    if a.shop_id == b.shop_id:
        guards.append("same_shop")
        evidence.append("Both stand in the same shop.")
    for conflict in compatible(a, b):
        guards.append(conflict.fact)
        evidence.append(conflict.sentence)
    if apart := titles_apart(a, b):
        guards.append("title")
        evidence.append(apart)
    elif (apart := _built_apart(a, b)) and not _two_keys(a, b):
        guards.append("title")
        evidence.append(apart)
    if sizes_must_be_known and not sizes_speak(a, b):
        guards.append("size_missing")
        evidence.append("The size is missing on one side.")
    if sizes_must_be_known and sizes_overlap(*aligned_sizes(a, b)):
        guards.append("size_unsure")
        evidence.append(f"One size may be the other or only a part of it: {a.size.label} and {b.size.label}.")
    return guards


def _built_apart(a: Normalised, b: Normalised) -> str:
    """Say what only one of two variants is, or nothing: its build, a child's."""
    childs, silent = (a, b) if a.gender else (b, a)
    if childs.gender == KIDS and not silent.gender and beyond_children([silent.size]):
        return "Only one is said to be a child's."
    return builds_apart(a.tokens, b.tokens)


def _two_keys(a: Normalised, b: Normalised) -> bool:
    """Whether a full code agrees, and a barcode with it or the brand's own shape: then a word left out says little.

    A brand's own code tells heights and membranes apart, but not always widths.
    """
    if not a.brand or a.brand != b.brand or not a.code.level == FULL == b.code.level or a.code.value != b.code.value:
        return False
    known = a.code.pattern == a.brand and "wide" not in builds_of(a.tokens) ^ builds_of(b.tokens)
    return known or bool(a.gtin.key) and a.gtin.key == b.gtin.key


def sizes_speak(a: Normalised, b: Normalised) -> bool:
    """Tell whether both state a size, or neither has one to choose (a bag, sold as it is)."""
    if a.size.key and b.size.key:
        return True
    chooses = {a.size.system, b.size.system}
    return chooses <= {"default", "one"}


def _decided(evidence_class: str, evidence: list[str], guards: list[str]) -> Decision:
    if not guards:
        return Decision(SAME, evidence_class, tuple(evidence), (), PROBABILITY[evidence_class])
    kind = f"{evidence_class}_guarded" if "style_level" not in guards else "code_style"
    chance = PROBABILITY[kind] * 0.7 ** (len(guards) - 1)
    return Decision(ASK, kind, tuple(evidence), tuple(dict.fromkeys(guards)), chance)


def _no_agreement(what: str) -> Decision:
    return Decision(ASK, "none", (f"No {what} in common.",), (), PROBABILITY["none"])


def _people(gender: str) -> str:
    return {"m": "men", "w": "women", "k": "children", "u": "adults"}[gender]
