"""Reduces a title to sorted model words: without brand, colour, size, code, gender and noise; numbers kept apart."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from typing import NamedTuple

from catalog.matching.article import compact
from catalog.matching.brand import brand_words
from catalog.matching.colour import PHRASES, bases_of
from catalog.matching.folding import folded, words_of
from catalog.matching.packs import without_pack
from catalog.matching.size_in_title import may_state_size, without_size
from catalog.matching.vocabulary import (
    COLOUR,
    COLOUR_PART,
    GENDER,
    JOINING,
    KIND,
    MEANINGS,
    NAME_OR_COLOUR,
    NUMBER,
    PACK_LEAD,
    SILENT,
    SIZE_LEAD,
    number_of,
)

_CHUNKS = re.compile(r"\s[-|]\s|\s-(?=[a-z])|[|()\":]")
_USED = re.compile(
    r"\b(?:second[ -]?hand|seconde main|pre[ -]?(?:owned|loved)|used|gebrauchte?[srn]?|refurb(?:ished)?|occasion|usat[oaei]"
    r"|segunda mano|vintage used|uzywan\w*|begagnade?|tweedehands|getragen\w{0,2}|neuwertig\w{0,2}|mangelexemplare?|defekte?[rsn]?"
    r"|b[ -]?(?:ware|stock)|ausstellungsstucke?"
    r"|vorfuhrmodelle?|musterschuhe?|musterstucke?|musterpaare?|reconditioned|reconditionnee?s?|ricondizionat[oaei]"
    r"|reacondicionad[oa]s?|display model|2nd hand|worn once|wie neu)\b"
)
_REPLICA = re.compile(
    r"\b(?:replicas?|replik(?:at)?|falschung|fake|copy|dupe|imitation|inspired by|aaa quality|aaa\+*|ua quality|1:1)(?![a-z0-9])"
)
# Not the thing itself: a part of it, its box, what belongs to it, or one that somebody wrote on.
_PART = re.compile(
    r"\b(?:(?:left|right) shoe only|nur (?:der )?(?:linker?|rechter?) schuh|single shoe|einzelschuh|box only|leerkarton|empty box"
    r"|(?:shoe)?laces for|schnursenkel fur|einlegesohlen?|insoles? for|gift card|gutschein|geschenkgutschein|signed|signiert)\b"
)


@dataclass(frozen=True, slots=True)
class TitleWords:
    """What a title says of the model; `pack` counts the pieces sold together, `condition` is empty for new goods."""

    tokens: tuple[str, ...]
    numbers: tuple[str, ...]
    pack: int
    condition: str


@lru_cache(maxsize=4096)
def read_title(title: str, brand: str = "", code: str = "") -> TitleWords:
    """Reduce a title to its model words.

    Sorting makes the order of words irrelevant; version numbers ("32", "2.2", "II") are kept apart so that they can
    contradict each other.
    """
    plain = folded(title)
    found = words_of(plain)
    seen = meanings_in(found)
    pack = 1
    if seen & PACK_LEAD:
        plain, found, pack = without_pack(plain, found)
    if may_state_size(found, bool(seen & SIZE_LEAD)):
        plain, found, _ = without_size(plain, found)
    colours = read_colours(plain, found, brand_words(brand) if brand else frozenset()) if seen & COLOUR else NO_COLOURS
    tokens, numbers = model_words(found, brand, code, colours.spent)
    return TitleWords(tokens, numbers, pack, condition_in(plain))


def meanings_in(found: Sequence[str]) -> int:
    """All meanings that the words of a title have, as one set of flags."""
    seen = 0
    for word in found:
        seen |= MEANINGS[word]
    return seen


def model_words(
    found: Sequence[str], brand: str, code: str, spent: Collection[str] = ()
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Sort the words that name the model, and the numbers of its version; the parts of its code are neither."""
    if code:
        found = _without_code(found, code)
    own = brand_words(brand) if brand else ()
    meanings = MEANINGS
    tokens = {word for word in found if not meanings[word] & SILENT and word not in own and word not in spent}
    numbers = {number_of(word) for word in found if meanings[word] & NUMBER}
    return tuple(sorted(tokens)), tuple(sorted(numbers))


def _without_code(found: Sequence[str], code: str) -> list[str]:
    """Drop the words that make up a code ("dd1391", "100"), and long words that are a part of it."""
    kept = list(found)
    for start in range(len(kept)):
        joined = ""
        for place in range(start, min(start + 4, len(kept))):
            joined += compact(kept[place])
            if joined == code:
                kept = kept[:start] + kept[place + 1 :]
                return [word for word in kept if len(word) < 3 or not code.endswith(word) and not code.startswith(word)]
            if not code.startswith(joined):
                break
    return [word for word in kept if len(word) <= 3 or compact(word) not in code]


class TitleColours(NamedTuple):
    """The base colours a title states, and the words it spends on them."""

    bases: tuple[str, ...]
    spent: frozenset[str]


NO_COLOURS = TitleColours((), frozenset())


def read_colours(plain: str, found: Sequence[str], own: Collection[str]) -> TitleColours:
    """Read the fullest run of colour words of a title, the last of equal ones: "Red Wing" is not red.

    A word that is a name as often as a colour (Moss, Stone, Jeans) counts only where titles put the colour: behind
    the kind or the gender, behind a dash, bracket or comma, beside a slash, or after "in" and "colour".
    """
    best = NO_COLOURS
    for run, before in _runs(found, own):
        chosen, spent = _colours_of(run, before, plain)
        bases = bases_of(chosen)
        if bases and len(bases) >= len(best.bases):
            best = TitleColours(bases, frozenset(spent))
    if "/" in plain:
        for listed in _between_slashes(plain, own):
            if not listed.bases:  # "Drizzle/Black": the main colour is one nobody knows
                best = NO_COLOURS if best.spent <= listed.spent else best
            elif len(listed.bases) >= len(best.bases):
                best = listed
    return best


def _between_slashes(plain: str, own: Collection[str]) -> Iterator[TitleColours]:
    """The colours of every list such as "Summit White/Racer Blue", whose words need not all be known."""
    for chunk in _CHUNKS.split(plain):
        first, slash, rest = chunk.partition("/")
        if not slash:
            continue
        lists = [[word for word in words_of(part) if word not in own] for part in rest.split("/")]
        before = [word for word in words_of(first) if word not in own]
        # "- Blue Yonder/White": few words between a dash and a slash are a colour's name as a whole.
        lead = before if len(before) <= 3 else list(takewhile(_may_colour, reversed(before)))[2::-1]
        spent = frozenset(word for words in (lead, *lists) for word in words[:4] if _may_colour(word))
        if not any(MEANINGS[word] & COLOUR for word in lead):
            if not first.endswith(" ") and any(bases_of(words[:3]) for words in lists):
                yield TitleColours((), spent)
                continue
            lead = []
        bases = list(bases_of(lead))
        for words in lists:
            bases += [base for base in bases_of(words[:3]) if base not in bases]
        if len(bases) > 1:
            yield TitleColours(tuple(bases), spent)


def _may_colour(word: str) -> bool:
    return bool(MEANINGS[word] & (COLOUR | COLOUR_PART))


def _runs(found: Sequence[str], own: Collection[str]) -> Iterator[tuple[list[str], str]]:
    """Neighbouring words that may be colours, with the word before them."""
    run: list[str] = []
    before, last = "", ""
    for word in found:
        meaning = 0 if word in own else MEANINGS[word]
        if meaning & (COLOUR | COLOUR_PART):
            before = before if run else last
            run.append(word)
        elif not meaning & JOINING:
            if run:
                yield run, before
            run = []
        last = word
    if run:
        yield run, before


def _colours_of(run: Sequence[str], before: str, plain: str) -> tuple[list[str], set[str]]:
    chosen: list[str] = []
    spent: set[str] = set()
    at_colour = bool(before) and bool(MEANINGS[before] & (KIND | GENDER))
    for place, word in enumerate(run):
        paired = place + 1 < len(run) and f"{word} {run[place + 1]}" in PHRASES
        ends_pair = place > 0 and f"{run[place - 1]} {word}" in PHRASES
        sure = not MEANINGS[word] & (NAME_OR_COLOUR | COLOUR_PART)
        if sure or paired or ends_pair or (at_colour and place == 0) or _stands_for_colour(word, plain):
            chosen.append(word)
            spent.add(word)
    return chosen, spent


@lru_cache(maxsize=1024)
def _position(word: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?:[/|,(:&+]\s*|(?:^|\s)-\s+|\b(?:in|color|colour|farbe|couleur|colore|kleur|farg|kolor)\s+){word}\b"
        rf"|\b{word}\s*[/|&+]"
    )


def _stands_for_colour(word: str, plain: str) -> bool:
    return bool(_position(word).search(plain))


def condition_in(plain: str) -> str:
    """Name the condition if it is not new and original."""
    if _USED.search(plain):
        return "used"
    if _PART.search(plain):
        return "part"
    return "replica" if _REPLICA.search(plain) else ""
