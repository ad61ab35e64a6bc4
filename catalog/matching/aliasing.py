"""Other names: those that people have confirmed, of brands and of colours nobody could read, and those the network knows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from catalog.matching.article import FULL, ArticleCode
from catalog.matching.colour import Colour
from catalog.matching.folding import slug


@dataclass(frozen=True, slots=True)
class Names:
    """Vendors that are their shop's own name; brands that titles name; the brand of a code, with the words of its titles."""

    shops: frozenset[tuple[object, str]] = frozenset()  # (shop, vendor)
    titles: frozenset[str] = frozenset()
    codes: Mapping[str, tuple[str, frozenset[str]]] = field(default_factory=dict)
    by_word: Mapping[str, tuple[tuple[str, frozenset[str]], ...]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, shops: Iterable[tuple[object, str]], titles: Iterable[str], codes: Mapping[str, tuple[str, frozenset[str]]]
    ) -> "Names":
        """Put names together; brands are looked up in titles by their longest word."""
        titles = frozenset(titles)
        by_word: dict[str, list[tuple[str, frozenset[str]]]] = defaultdict(list)
        for brand in sorted(titles):
            by_word[max(brand.split(), key=len)].append((brand, frozenset(brand.split())))
        return cls(frozenset(shops), titles, codes, {word: tuple(own) for word, own in by_word.items()})

    def brand_in(self, tokens: Iterable[str]) -> str:
        """The one brand that a title's words name, if it is one."""
        if not self.by_word:
            return ""
        said = frozenset(tokens)
        found = {brand for word in said for brand, own in self.by_word.get(word, ()) if own <= said}
        return next(iter(found)) if len(found) == 1 else ""

    def brand_of_code(self, code: ArticleCode, tokens: Iterable[str]) -> str:
        """The brand whose full code this is, where the titles share a word."""
        brand, told = self.codes.get(code.value, ("", frozenset()))
        return brand if code.level == FULL and not told.isdisjoint(tokens) else ""


NO_NAMES = Names()


@dataclass(frozen=True, slots=True)
class Aliases:
    """Brand by other name; base colours, in order, by a colour's folded words; what the network knows of names."""

    brands: Mapping[str, str] = field(default_factory=dict)
    colours: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    names: Names = NO_NAMES


NO_ALIASES = Aliases()


def aliased_colour(colour: Colour, aliases: Mapping[str, tuple[str, ...]]) -> Colour:
    """Read a colour that nobody could read by what people said its words mean, in the order they stand; else as it is."""
    if not aliases or colour.known or not colour.raw:
        return colour
    text = f" {slug(colour.raw)} "
    found = sorted((text.find(f" {word} "), -len(word), word) for word in aliases if f" {word} " in text)
    bases: list[str] = []
    read_to = 0
    for place, length, word in found:
        if place >= read_to:
            bases += [base for base in aliases[word] if base not in bases]
            read_to = place - length
    return Colour(tuple(bases), "/".join(bases), colour.raw) if bases else colour
