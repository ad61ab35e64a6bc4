"""Turns a shop's variant as received into the few comparable facts that every decision rests on."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from catalog.matching.aliasing import aliased_colour
from catalog.matching.article import NO_CODE, NONE, STYLE, ArticleCode, code_in_field, code_in_sku
from catalog.matching.colour import NO_COLOUR, Colour, normalise_colour
from catalog.matching.gender import gender_of
from catalog.matching.gtin import CLEAN, EMPTY, Gtin, normalise_gtin
from catalog.matching.options import OptionValues, read_options
from catalog.matching.product_facts import ProductFacts, read_product
from catalog.matching.size import NO_SIZE, Size, normalise_size, split_size

# Raised whenever any normaliser may answer differently: rows of an older version are normalised again.
NORM_VERSION = 5
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


_CODE_TAG = re.compile(
    r"^\s*(?:mpn|style(?:[ _-]?code)?|article(?:[ _-]?(?:no|number|code))?|artikel\w*|sku|ref)\s*[:=#]\s*(\S+)", re.I
)


def normalise(
    variant: VariantIn,
    *,
    brand_aliases: Mapping[str, str] | None = None,
    colour_aliases: Mapping[str, tuple[str, ...]] | None = None,
) -> Normalised:
    """Normalise one variant; the same input gives the same facts for as long as `NORM_VERSION` stands."""
    product = _product(
        variant.title,
        variant.vendor,
        variant.product_type,
        variant.tags,
        variant.shop_names,
        tuple((brand_aliases or {}).items()),
    )
    chosen = read_options(variant.options) if variant.options else OptionValues()
    gender = (gender_of(variant.gender) if variant.gender else "") or product.gender
    said_size, said_colour = variant.size or chosen.size, variant.colour or chosen.colour
    if not said_colour:
        said_size, said_colour = split_size(said_size)
    size = size_of(said_size, product, gender)
    return Normalised(
        id=variant.id,
        shop_id=variant.shop_id,
        product_ref=variant.product_ref,
        gtin=gtin_of(variant.barcode, variant.sku),
        brand=product.brand,
        code=_code_of(variant, product, size.label),
        size=size,
        colour=aliased_colour(colour_of(said_colour, product.colours, variant.title), colour_aliases or {}),
        gender=gender,
        kind=product.kind,
        tokens=product.tokens,
        numbers=product.numbers,
        pack=product.pack,
        condition=product.condition,
        price_minor=variant.price_minor,
        currency=variant.currency,
    )


@lru_cache(maxsize=4096)
def _product(
    title: str,
    vendor: str,
    product_type: str,
    tags: tuple[str, ...],
    shop_names: tuple[str, ...],
    aliases: tuple[tuple[str, str], ...],
) -> ProductFacts:
    """A product's facts, remembered for its other variants."""
    return read_product(title, vendor, product_type, tags, shop_names, aliases=dict(aliases))


def with_gender(row_size: Size, brand: str, gender: str, kind: str) -> Size:
    """Read a size again for a gender learnt elsewhere, such as from another variant with the same full code."""
    return normalise_size(row_size.label, brand=brand, gender=gender, kind=kind)


def gtin_of(barcode: str, sku: str) -> Gtin:
    """Read the barcode field's number; a whole one in the SKU field counts when the barcode field holds none."""
    gtin = normalise_gtin(barcode)
    if not gtin.value and len(sku) >= 12 and 12 <= sum(letter.isdigit() for letter in sku) <= 14:
        other = normalise_gtin(sku)
        if other.status == CLEAN:
            return other
    return gtin


def size_of(text: str, product: ProductFacts, gender: str) -> Size:
    """Read a size field; where it holds none, the size that the title states."""
    size = normalise_size(text, brand=product.brand, gender=gender, kind=product.kind)
    if not size.key and product.size:
        return normalise_size(product.size, brand=product.brand, gender=gender, kind=product.kind)
    return size


def colour_of(text: str, in_title: tuple[str, ...], title: str = "") -> Colour:
    """Read a colour field or option; where it names no colour ("001"), the colours that the title states."""
    said = normalise_colour(text)
    if in_title and not said.known:
        return Colour(in_title, "/".join(in_title), said.raw or title)
    return said


def _code_of(variant: VariantIn, product: ProductFacts, size_label: str) -> ArticleCode:
    """The first full code among the fields in order of trust, else the first style."""
    best = NO_CODE
    for found in _codes(variant, product, size_label):
        if found.level not in (NONE, STYLE):
            return found
        if best.level == NONE:
            best = found
    return best


def _codes(variant: VariantIn, product: ProductFacts, size_label: str) -> Iterator[ArticleCode]:
    brand = product.brand
    if variant.article_code:
        yield code_in_field(variant.article_code, brand, size_label)
    for tag in variant.tags:
        if said := _CODE_TAG.match(tag):
            yield code_in_field(said[1], brand, size_label)
    if variant.sku:
        yield code_in_sku(variant.sku, brand, size_label)
    if variant.barcode and not variant.barcode.isdigit():
        yield code_in_sku(variant.barcode, brand, size_label)
    yield product.code
