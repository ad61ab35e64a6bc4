"""How each shop of the demo world writes a model down: titles, options, codes, barcodes, prices, and the usual mess."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from ..seeds import ProductSeed, VariantSeed
from .assortment import Model
from .identifiers import PLACEHOLDERS, mistyped, written
from .shops import Habits, Shop
from .stocking import stock
from .vocabulary import OPTION_WORDS, UK_SHOES, Colour


@dataclass(frozen=True)
class Listing:
    """One product page of one shop, with the true item behind each of its variants in the same order."""

    product: ProductSeed
    items: tuple[int, ...]


@dataclass(frozen=True)
class Page:
    """What one product page is about, before it is written."""

    shop: Shop
    model: Model
    colours: tuple[Colour, ...]
    sizes: tuple[str, ...]
    dice: Random


# Mess that must be there at every scale falls on every n-th model of one shop, not on a throw of the dice.
PLACEHOLDER_AT = ("maison-lavigne", 18, 7)
ONE_BARCODE_AT = ("grachtengoed-de", 39, 5)
NEIGHBOUR_AT = ("moda-wisla", 17, 7)
MISTYPED_AT = ("moda-wisla", 19, 2)
CONTINUE_AT = ("maison-lavigne", 25, 7)
UNTRACKED_AT = ("grachtengoed-de", 27, 13)
DRAFT_AT = ("grachtengoed", 14, 6)
ARCHIVED_AT = ("atelier-nord", 46, 6)
EMOJI_AT = ("maison-lavigne", 12, 1)
SALE_AT = ("grachtengoed-de", 6, 2)


def listings(shop: Shop, model: Model, seed: int) -> Iterator[Listing]:
    """Write every page that a shop has about a model: one for all colours, or one for each."""
    dice = Random(f"page {seed} {model.index} {shop.key}")  # noqa: S311  a world must repeat, not be secret
    colours = _colours_kept(shop, model, dice)
    groups = [colours] if shop.habits.colours_on_one_page else [(colour,) for colour in colours]
    sizes = _sizes_kept(shop, model, dice)
    for group in groups:
        yield _write(Page(shop, model, group, sizes, dice))


def _colours_kept(shop: Shop, model: Model, dice: Random) -> tuple[Colour, ...]:
    if shop.key in model.brand.home or dice.random() < 0.6:
        return model.colours
    count = dice.randint(1, len(model.colours))
    return tuple(dice.sample(model.colours, count))


def _sizes_kept(shop: Shop, model: Model, dice: Random) -> tuple[str, ...]:
    run = model.sizes
    if shop.key in model.brand.home or len(run) < 4 or dice.random() < 0.6:
        return run
    return run[1:] if dice.random() < 0.5 else run[:-1]


def _write(page: Page) -> Listing:
    shop, model = page.shop, page.model
    names = _option_names(page)
    price, compare_at = _prices(page)
    variants = []
    items = []
    for colour in page.colours:
        barcodes = _barcodes(page, colour)
        for size, barcode in zip(page.sizes, barcodes, strict=True):
            items.append(model.item(colour, size))
            variants.append(_variant(page, colour, size, barcode, price, compare_at))
    title = _title(page)
    product = ProductSeed(
        title=title,
        vendor=model.brand.name.upper() if shop.habits.vendor_upper else model.brand.name,
        option_names=names,
        variants=tuple(variants),
        product_type=model.kind.category[shop.habits.language],
        tags=_tags(page),
        handle=_handle(page),
        body_html=_body(page),
        status=_status(page),
        colour_hex=page.colours[0].hex,
        shape=model.kind.shape,
    )
    return Listing(product, tuple(items))


def _variant(page: Page, colour: Colour, size: str, barcode: str, price: str, compare_at: str | None) -> VariantSeed:
    kind = page.model.kind
    return VariantSeed(
        options=_options(page, colour, size),
        price=price,
        sku=_sku(page, colour, size),
        barcode=barcode,
        compare_at=compare_at,
        grams=kind.grams,
        hs_code=kind.hs_code,
        origin_country=page.model.brand.origin_country,
        tracked=not _falls(page, UNTRACKED_AT),
        continue_selling=_falls(page, CONTINUE_AT),
        stock=stock(page.shop, page.dice),
    )


def _falls(page: Page, at: tuple[str, int, int]) -> bool:
    shop, every, offset = at
    return page.shop.key == shop and page.model.index % every == offset


# What is written about a page


def _title(page: Page) -> str:
    habits, model, colour = page.shop.habits, page.model, page.colours[0]
    title = habits.title.format(
        brand=model.brand.name,
        name=model.name,
        noun=model.kind.nouns[habits.language],
        colour=colour.names[habits.language],
        code=model.code(colour),
    )
    if habits.upper:
        return title.upper()
    return f"✨ {title}" if _falls(page, EMOJI_AT) else title


def _handle(page: Page) -> str:
    words = f"{page.model.brand.name} {page.model.name} {page.model.kind.name}"
    code = page.model.stem if len(page.colours) > 1 else page.model.code(page.colours[0])
    plain = unicodedata.normalize("NFKD", f"{words} {code}").encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def _tags(page: Page) -> tuple[str, ...]:
    habits, model = page.shop.habits, page.model
    tags = [model.kind.name, model.gender]
    if habits.code_in_tags:
        tags.extend(model.code(colour) for colour in page.colours)
    return tuple(tags)


def _body(page: Page) -> str:
    noun = page.model.kind.nouns[page.shop.habits.language]
    return f"<p><strong>{page.model.brand.name} {page.model.name}</strong></p><p>{noun}, {page.model.kind.grams} g.</p>"


def _status(page: Page) -> str:
    if _falls(page, DRAFT_AT):
        return "DRAFT"
    return "ARCHIVED" if _falls(page, ARCHIVED_AT) else "ACTIVE"


def _prices(page: Page) -> tuple[str, str | None]:
    shop = page.shop
    shift = 1.0 if shop.key in page.model.brand.home else page.dice.uniform(0.96, 1.04)
    full = _rounded(page.model.cents * shop.units_per_euro * shift, shop.habits.rounding)
    if _falls(page, SALE_AT):
        return _text(_rounded(full * 0.8, shop.habits.rounding)), _text(full)
    return _text(full), None


def _rounded(cents: float, ending: int) -> int:
    """Round to a price a shop would print: ending in these cents, or at 0 a whole amount ending in 9."""
    if ending:
        return round(cents / 100) * 100 - 100 + ending
    return round(cents / 1000) * 1000 - 100


def _text(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


# What is written about a variant


def _option_names(page: Page) -> tuple[str, ...]:
    habits, model = page.shop.habits, page.model
    language = habits.language
    names = []
    if _has_colour_option(page):
        names.append(OPTION_WORDS["colour"][language])
    if model.kind.family == "jeans" and habits.jeans == "two":
        names += [OPTION_WORDS["waist"][language], OPTION_WORDS["length"][language]]
    elif model.kind.family != "bags":
        names.append(OPTION_WORDS["size"][language])
    return tuple(names) or ("Title",)


def _has_colour_option(page: Page) -> bool:
    return page.shop.habits.colours_on_one_page or "{colour}" not in page.shop.habits.title


def _options(page: Page, colour: Colour, size: str) -> tuple[str, ...]:
    habits = page.shop.habits
    options = [colour.names[habits.language]] if _has_colour_option(page) else []
    if page.model.kind.family == "jeans" and habits.jeans == "two":
        waist, length = size.split()
        options += [waist[1:], length[1:]]
    elif page.model.kind.family != "bags":
        options.append(_size(page.model, habits, size))
    return tuple(options) or ("Default Title",)


def _size(model: Model, habits: Habits, size: str) -> str:
    family = model.kind.family
    if family == "shoes":
        return habits.shoes.format(UK_SHOES[model.gender][size] if habits.uk else size)
    if family == "dresses":
        return habits.dresses.format(size)
    if family == "jeans":
        waist, length = size.split()
        return f"{waist[1:]}/{length[1:]}" if habits.jeans == "slash" else f"{waist}/{length}"
    return habits.double_x if size == "XXL" else size


def _sku(page: Page, colour: Colour, size: str) -> str:
    model, way = page.model, page.shop.habits.sku
    written_size = size.replace(" ", "").replace("W", "").replace("L", "-") if model.kind.family == "jeans" else size
    tail = f"-{written_size}" if size else ""
    if way == "code_size":
        return f"{model.code(colour)}{tail}"
    if way == "brand_code_colour_size":
        return f"{model.brand.letters}-{model.stem}-{colour.letters}{tail}"
    if way == "style":
        return model.stem
    return f"{page.shop.key[0].upper()}{page.shop.country}{model.item(colour, size):06d}"


def _barcodes(page: Page, colour: Colour) -> tuple[str, ...]:
    """Write the barcodes of one colour's sizes, spoilt where this page's turn has come."""
    model, habits = page.model, page.shop.habits
    true = [model.gtin(colour, size) for size in page.sizes]
    if model.brand.name in habits.no_barcode_for:
        return ("",) * len(true)
    if _falls(page, PLACEHOLDER_AT):
        return (PLACEHOLDERS[model.index // PLACEHOLDER_AT[1] % len(PLACEHOLDERS)],) * len(true)
    if _falls(page, ONE_BARCODE_AT):
        return (true[0],) * len(true)
    if _falls(page, NEIGHBOUR_AT) and len(true) > 1:
        true[1] = true[0]
    if _falls(page, MISTYPED_AT):
        true[-1] = mistyped(true[-1])
    way = habits.barcode[model.index % len(habits.barcode)]
    return tuple(written(gtin, way) for gtin in true)
