"""Aliases as a file: what this network's people have confirmed, written out, and read again by the commands that work on files."""

import json
from pathlib import Path
from typing import Any

from catalog.matching.aliasing import Aliases
from catalog.matching.colour import COLOUR_WORDS
from catalog.matching.folding import slug
from catalog.models import BrandAlias, ColourAlias
from skuu.kit.errors import SkuuError

BASES = frozenset(COLOUR_WORDS.values())


class AliasesNotReadable(SkuuError):
    """The file is not there, or it is no file of aliases."""

    code = "aliases_not_readable"


def export_aliases() -> dict[str, Any]:
    """Name every alias in force: brands by other name, base colours in order by word. The same aliases, the same text."""
    brands = BrandAlias.objects.order_by("alias").values_list("alias", "brand_key")
    colours = ColourAlias.objects.order_by("word").values_list("word", "bases")
    return {"brands": dict(brands), "colours": {word: list(bases) for word, bases in colours}}


def read_aliases(source: Path) -> Aliases:
    """Read what export_aliases wrote; words are folded as the normalisers fold them. Raises AliasesNotReadable with the reason."""
    try:
        said = json.loads(source.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise AliasesNotReadable(f"{source} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise AliasesNotReadable(f"{source} is not JSON: {error}.") from error
    if not isinstance(said, dict) or not set(said) <= {"brands", "colours"}:
        raise AliasesNotReadable(f'{source} is not an object with "brands" and "colours".')
    brands, colours = said.get("brands", {}), said.get("colours", {})
    if not isinstance(brands, dict) or not all(isinstance(name, str) and slug(name) for name in brands.values()):
        raise AliasesNotReadable(f'{source}: "brands" holds a brand for each other name.')
    if not isinstance(colours, dict) or not all(_are_bases(bases) for bases in colours.values()):
        known = ", ".join(sorted(BASES))
        raise AliasesNotReadable(f'{source}: "colours" holds a list of base colours for each word: {known}.')
    return Aliases(
        {slug(word): slug(name) for word, name in brands.items()},
        {slug(word): tuple(bases) for word, bases in colours.items()},
    )


def _are_bases(bases: Any) -> bool:
    return isinstance(bases, list) and bool(bases) and all(isinstance(one, str) and one in BASES for one in bases)
