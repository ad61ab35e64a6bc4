"""Turns a shop's variant as received into the few comparable facts that every decision rests on."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from catalog.matching.article import NO_CODE, NONE, STYLE, ArticleCode, code_in_field, code_in_sku, code_in_text
from catalog.matching.brand import canonical_brand
from catalog.matching.colour import COLOUR_WORDS, NO_COLOUR, PARTS_OF_COLOURS, Colour, bases_in, normalise_colour
from catalog.matching.folding import slug
from catalog.matching.gender import first_gender
from catalog.matching.gtin import CLEAN, EMPTY, Gtin, normalise_gtin
from catalog.matching.kind import KIND_WORDS, kind_of
from catalog.matching.options import OptionValues, read_options
from catalog.matching.size import NO_SIZE, Size, normalise_size
from catalog.matching.title import read_title, size_in_title

# Raised whenever any normaliser may answer differently: rows of an older version are normalised again.
NORM_VERSION = 1
Id = int | str


@dataclass(frozen=True, slots=True)
class VariantIn:
    """A variant as a shop writes it; `colour`, `size`, `gender`, `article_code` where a source has fields of their own."""

    id: Id
    shop_id: Id
    product_ref: str
    title: str
    vendor: str = ""
    options: tuple[tuple[str, str], ...] = ()
    sku: str = ""
    barcode: str = ""
    tags: tuple[str, ...] = ()
    product_type: str = ""
    price_minor: int = 0
    currency: str = ""
    article_code: str = ""
    colour: str = ""
    size: str = ""
    gender: str = ""
    shop_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Normalised:
    """The comparable facts of one variant."""

    id: Id
    shop_id: Id
    product_ref: str
    gtin: Gtin = field(default_factory=lambda: Gtin("", EMPTY, ""))
    brand: str = ""
    code: ArticleCode = NO_CODE
    size: Size = NO_SIZE
    colour: Colour = NO_COLOUR
    gender: str = ""
    kind: str = ""
    tokens: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    pack: int = 1
    condition: str = ""
    price_minor: int = 0
    currency: str = ""
    version: int = NORM_VERSION


_JOINING = {"and", "und", "et", "e", "y", "en", "och", "i", "mit", "with"}
_CODE_TAG = re.compile(
    r"^\s*(?:mpn|style(?:[ _-]?code)?|article(?:[ _-]?(?:no|number|code))?|artikel\w*|sku|ref)\s*[:=#]\s*(\S+)", re.I
)


def normalise(variant: VariantIn, *, brand_aliases: Mapping[str, str] | None = None) -> Normalised:
    """Normalise one variant; the same input gives the same facts for as long as `NORM_VERSION` stands."""
    chosen = read_options(variant.options)
    brand = canonical_brand(variant.vendor, title=variant.title, shop_names=variant.shop_names, aliases=brand_aliases)
    gender = first_gender((variant.gender, variant.title, variant.product_type, " ".join(variant.tags)))
    kind = kind_of(variant.product_type) or kind_of(variant.title)
    size_text = variant.size or chosen.size
    size = _size_of(size_text, variant.title, brand, gender, kind)
    code = _code_of(variant, brand, size.label)
    title = read_title(variant.title, brand, code.value)
    return Normalised(
        id=variant.id,
        shop_id=variant.shop_id,
        product_ref=variant.product_ref,
        gtin=_gtin_of(variant),
        brand=brand,
        code=code,
        size=size,
        colour=_colour_of(variant, chosen, brand),
        gender=gender,
        kind=kind,
        tokens=title.tokens,
        numbers=title.numbers,
        pack=title.pack,
        condition=title.condition,
        price_minor=variant.price_minor,
        currency=variant.currency,
    )


def with_gender(row_size: Size, brand: str, gender: str, kind: str) -> Size:
    """Read a size again for a gender learnt elsewhere, such as from another variant with the same full code."""
    return normalise_size(row_size.label, brand=brand, gender=gender, kind=kind)


def _gtin_of(variant: VariantIn) -> Gtin:
    """The barcode field's number; a whole one in the SKU field counts when the barcode field holds none."""
    gtin = normalise_gtin(variant.barcode)
    if not gtin.value and variant.sku:
        digits = sum(letter.isdigit() for letter in variant.sku)
        if 12 <= digits <= 14:
            other = normalise_gtin(variant.sku)
            if other.status == CLEAN:
                return other
    return gtin


def _size_of(text: str, title: str, brand: str, gender: str, kind: str) -> Size:
    size = normalise_size(text, brand=brand, gender=gender, kind=kind)
    if not size.key and (stated := size_in_title(title)):
        return normalise_size(stated, brand=brand, gender=gender, kind=kind)
    return size


def _code_of(variant: VariantIn, brand: str, size_label: str) -> ArticleCode:
    """The first full code among the fields in order of trust, else the first style."""
    best = NO_CODE
    for found in _codes(variant, brand, size_label):
        if found.level not in (NONE, STYLE):
            return found
        if best.level == NONE:
            best = found
    return best


def _codes(variant: VariantIn, brand: str, size_label: str) -> Iterator[ArticleCode]:
    if variant.article_code:
        yield code_in_field(variant.article_code, brand, size_label)
    for tag in variant.tags:
        if said := _CODE_TAG.match(tag):
            yield code_in_field(said[1], brand, size_label)
    if variant.sku:
        yield code_in_sku(variant.sku, brand, size_label)
    if variant.barcode and not variant.barcode.isdigit():
        yield code_in_sku(variant.barcode, brand, size_label)
    yield code_in_text(variant.title, brand)


def _colour_of(variant: VariantIn, chosen: OptionValues, brand: str) -> Colour:
    """The colour field or option; where it names no colour ("001"), the title's colour words."""
    said = normalise_colour(variant.colour or chosen.colour)
    if said.known:
        return said
    if bases := _colours_of_title(variant.title, brand):
        return Colour(bases, "/".join(bases), said.raw or variant.title)
    return said


@lru_cache(maxsize=65536)
def _colours_of_title(title: str, brand: str) -> tuple[str, ...]:
    """The last run of colour words in a title: "Red Wing" is not red, jeans are not blue, and "Sage Runner Black" is black."""
    text = slug(title).replace(brand, " ") if brand else slug(title)
    runs: list[list[str]] = [[]]
    for word in text.split():
        if word in KIND_WORDS:
            continue
        if word in COLOUR_WORDS or word in PARTS_OF_COLOURS:
            runs[-1].append(word)
        elif word not in _JOINING:
            runs.append([])
    return next((bases for run in reversed(runs) if (bases := bases_in(" ".join(run)))), ())
