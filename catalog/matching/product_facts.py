"""Reads what a shop's product says as a whole, walking through its title once."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from catalog.matching.article import NO_CODE, ArticleCode, code_in_upper
from catalog.matching.brand import aliased, brand_said, brand_words, without_brand
from catalog.matching.folding import folded, words_of
from catalog.matching.gender import first_gender, gender_among
from catalog.matching.kind import kind_among, kind_of
from catalog.matching.packs import without_pack
from catalog.matching.size_in_title import may_state_size, without_size
from catalog.matching.title import (
    NO_COLOURS,
    condition_in,
    meanings_in,
    model_words,
    read_colours,
)
from catalog.matching.vocabulary import CODE_LIKE, COLOUR, CONDITION_LEAD, GENDER, KIND, PACK_LEAD, SIZE_LEAD


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """What vendor, title, type and tags say of all variants of a product.

    `colours`, `code` and `size` are what the title states, for variants whose own fields are silent; `pack` and
    `condition` are as in `TitleWords`.
    """

    brand: str
    gender: str
    kind: str
    colours: tuple[str, ...]
    code: ArticleCode
    size: str
    tokens: tuple[str, ...]
    numbers: tuple[str, ...]
    pack: int
    condition: str


def read_product(
    title: str,
    vendor: str,
    product_type: str = "",
    tags: Iterable[str] = (),
    shop_names: tuple[str, ...] = (),
    *,
    aliases: Mapping[str, str] | None = None,
    known_brands: Collection[str] = frozenset(),
) -> ProductFacts:
    """Read a product.

    Pure and without memory: call it once for every distinct product; `normalise` of its variants gives the same facts.
    `known_brands` are canonical names that several shops give as vendor: a title that begins with one, under a vendor
    nobody else names, is of that brand. The gender is the title's before the type's before the tags', the kind the
    type's before the title's.
    """
    plain = folded(title)
    found = words_of(plain)
    seen = meanings_in(found)
    brand = aliased(brand_said(vendor, shop_names, found, known_brands), vendor, aliases)
    named = without_brand(found, brand) if seen & (GENDER | KIND) else found
    gender = gender_among(named) if seen & GENDER else ""
    kind = (kind_of(product_type) if product_type else "") or (kind_among(named) if seen & KIND else "")
    code = code_in_upper(plain.upper(), brand) if seen & CODE_LIKE else NO_CODE
    condition = condition_in(plain) if seen & CONDITION_LEAD else ""
    size, colours, pack = "", NO_COLOURS, 1
    if seen & PACK_LEAD:
        plain, found, pack = without_pack(plain, found)
    if may_state_size(found, bool(seen & SIZE_LEAD)):
        plain, found, size = without_size(plain, found)
    if seen & COLOUR:
        colours = read_colours(plain, found, brand_words(brand) if brand else ())
    tokens, numbers = model_words(found, brand, code.value, colours.spent)
    if not gender and (product_type or tags):
        gender = first_gender((product_type, " ".join(tags)))
    return ProductFacts(brand, gender, kind, colours.bases, code, size, tokens, numbers, pack, condition)
