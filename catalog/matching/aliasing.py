"""Other names that people have confirmed: of brands, and of colours that nobody could read."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from catalog.matching.colour import Colour
from catalog.matching.folding import slug


@dataclass(frozen=True, slots=True)
class Aliases:
    """Brand by other name; base colours, in order, by a colour's folded words."""

    brands: Mapping[str, str] = field(default_factory=dict)
    colours: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


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
