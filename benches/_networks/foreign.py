"""A world matching was not tuned on: other brands, codes, charts and languages, shops with habits, more and other faults."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from random import Random

from benches._networks.foreign_charts import Size
from benches._networks.foreign_styles import Colourway, Makers, Model
from benches._networks.foreign_words import (
    CASES,
    CATEGORIES,
    COLOUR_SEPARATORS,
    GENDERS,
    LANGUAGES,
    NEAR,
    NOISE,
    PACKS,
    SHADES,
    invent_shop,
)
from benches._networks.parts import (
    PLACEHOLDERS,
    SHOPS,
    Row,
    any_of,
    damaged,
    misspell,
    popularity,
    with_check_digit,
    without_a_word,
)

CASE = (0.032, 0.035)  # faults of products that are cases; up to 0.038 they only carry the number of one


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop with its habits; a shop is wrong in the same way again and again."""

    number: int
    name: str
    language: str
    system: str  # of sizes; "any" mixes
    vendor: str  # brand, own or blank
    sku: str  # counter, style, code or code-size
    colour: str  # words, own, code or blank
    code: str  # full, style or none
    barcodes: float  # share of its products with barcodes
    several_colours: bool  # lists a model once, its colours as variants
    says_brand: float
    says_colour: float
    says_code: float


@dataclass(frozen=True, slots=True)
class Listing:
    """One product of one shop: what all its rows share."""

    shop: Shop
    model: Model
    reference: str
    title: str
    vendor: str
    kind: str
    pack: str  # what it is more than a single, as the truth says it
    fault: float
    price: float


def list_rows(seed: int) -> Iterator[Row]:
    """List rows without end: model after model, in every shop that carries it, in the colours that shop has."""
    dice = Random(seed)
    shops = [_open_shop(dice, number) for number in range(1, SHOPS + 1)]
    ranks, row_numbers = popularity(SHOPS, 2, 0.5), count(1)
    for model in Makers(dice).models():
        carriers = dice.choices(range(SHOPS), cum_weights=ranks, k=min(25, 1 + int(dice.expovariate(1 / 3))))
        for at in sorted(set(carriers)):
            carried = [one for one in model.colourways if dice.random() < 0.6] or [model.colourways[0]]
            groups = [carried] if shops[at].several_colours else [[one] for one in carried]
            for group in groups:
                for reference in _references(dice, at + 1, group[0].number):
                    listing = _list(dice, shops[at], model, group, reference)
                    for one in group:
                        yield from _rows(dice, listing, one, row_numbers)


def _references(dice: Random, shop: int, number: int) -> tuple[str, ...]:
    """Name a product in its shop; one in eighty is listed twice."""
    once = f"{shop}-{number}"
    return (once, f"{once}-b") if dice.random() < 0.0125 else (once,)


def _open_shop(dice: Random, number: int) -> Shop:
    return Shop(
        number,
        invent_shop(dice),
        any_of(dice, LANGUAGES),
        dice.choices(("eu", "uk", "us", "any"), (60, 12, 12, 16))[0],
        dice.choices(("brand", "own", "blank"), (72, 22, 6))[0],
        dice.choices(("counter", "style", "code", "code-size"), (50, 22, 16, 12))[0],
        dice.choices(("words", "own", "code", "blank"), (50, 26, 10, 14))[0],
        dice.choices(("full", "style", "none"), (44, 21, 35))[0],
        dice.choices((0.95, 0.7, 0.25), (60, 25, 15))[0],
        dice.random() < 0.3,
        any_of(dice, (0.95, 0.8, 0.2)),
        any_of(dice, (0.9, 0.3, 0.0)),
        any_of(dice, (0.0, 0.0, 0.5)),
    )


def _list(dice: Random, shop: Shop, model: Model, group: list[Colourway], reference: str) -> Listing:
    kind = "gtin" if dice.random() < shop.barcodes else "code" if dice.random() < 0.65 else "title"
    brand = model.brand.name
    spelt = dice.choices((brand, brand.upper(), brand.lower(), f"{brand} AB", f"{brand} Footwear"), (82, 7, 5, 3, 3))[0]
    vendor = {"brand": spelt, "own": shop.name, "blank": ""}[shop.vendor] if dice.random() < 0.94 else spelt
    pack = "-pack" if model.category in ("shirt", "socks") and dice.random() < 0.06 else ""
    fault = dice.random()
    if kind == "gtin" and not pack and CASE[0] <= fault < CASE[1]:
        pack = "-case"
    title = _title(dice, shop, model, group, kind != "title")
    if pack:
        title = f"{title} {any_of(dice, (PACKS if pack == '-pack' else CASES)[shop.language])}"
    price = model.price * dice.uniform(0.7, 1.15) * {"": 1, "-pack": 1.8, "-case": 11}[pack]
    return Listing(shop, model, reference, title, vendor, kind, pack, fault, price)


def _title(dice: Random, shop: Shop, model: Model, group: list[Colourway], may_tell_code: bool) -> str:
    name = model.name if dice.random() < 0.92 else misspell(dice, model.name)
    name = without_a_word(dice, name) if dice.random() < 0.06 else name
    parts = [model.brand.name if dice.random() < shop.says_brand else "", name]
    if dice.random() < 0.5:
        parts.insert(any_of(dice, (1, 2)), any_of(dice, GENDERS[model.gender][shop.language]))
    if dice.random() < 0.6:
        parts.append(any_of(dice, CATEGORIES[model.category][shop.language]))
    if len(group) == 1 and dice.random() < shop.says_colour:
        parts.append(_colour(dice, shop, group[0]))
    if may_tell_code and dice.random() < shop.says_code:
        code = group[0].full_code if len(group) == 1 else group[0].style_code
        parts.append(any_of(dice, (code, code, code.replace("-", " "), f"({code})")))
    if dice.random() < 0.1:
        dice.shuffle(parts)
    if dice.random() < 0.08:
        parts.append(any_of(dice, NOISE))
    title = " ".join(part for part in parts if part)
    return title.upper() if dice.random() < 0.08 else title


def _colour(dice: Random, shop: Shop, one: Colourway) -> str:
    """Name a colour in the shop's language or as its maker does; once in twelve by the word of a shade near it."""
    if shop.colour == "own" or dice.random() < 0.1:
        return one.own_name
    shades = list(one.shades)
    if dice.random() < 0.08:
        shades[0] = any_of(dice, NEAR[shades[0]])
    if len(shades) > 1 and dice.random() < 0.12:
        shades.pop()
    text = any_of(dice, COLOUR_SEPARATORS).join(SHADES[shade].words[shop.language] for shade in shades)
    return text.lower() if dice.random() < 0.1 else text


def _rows(dice: Random, listing: Listing, one: Colourway, row_numbers: count) -> Iterator[Row]:
    """List one colourway in the sizes the shop has."""
    shop, model = listing.shop, listing.model
    colour = _colour_field(dice, shop, one)
    code = _code_field(dice, listing, one)
    sizes = [at for at in range(len(model.sizes)) if dice.random() < 0.7] or [0]
    for at in sizes:
        row, size = next(row_numbers), model.sizes[at]
        sku, barcode = _stock_number(listing, one, size, row), ""
        if listing.kind == "gtin":
            barcode = _barcode(dice, listing, one, at, sizes[0], row)
            if 0.060 <= listing.fault < 0.072:
                sku, barcode = barcode, ""
        written = size.written(dice, shop.system, shop.language) if dice.random() < 0.985 else ""
        yield Row(
            str(row),
            str(shop.number),
            listing.reference,
            listing.title,
            listing.vendor,
            colour,
            written,
            sku,
            code,
            barcode,
            f"{listing.price:.2f}",
            f"{one.number}-{size.key}{listing.pack}",
            f"{one.number}",
            listing.kind,
        )


def _colour_field(dice: Random, shop: Shop, one: Colourway) -> str:
    """Fill the colour column; a shop that tells colours apart inside a product must fill it."""
    if shop.several_colours:
        return _colour(dice, shop, one)
    if shop.colour == "blank" or dice.random() < 0.08:
        return ""
    return one.colour_code if shop.colour == "code" else _colour(dice, shop, one)


def _code_field(dice: Random, listing: Listing, one: Colourway) -> str:
    habit = listing.shop.code
    if listing.kind == "title" or habit == "none" and (listing.kind == "gtin" or dice.random() < 0.5):
        return ""
    if habit == "style" or dice.random() < 0.06:
        return one.style_code
    full = one.full_code
    shapes = (
        full,
        full.replace("-", "").replace(".", ""),
        full.replace("-", " "),
        full.lower(),
        full.replace("-", "_"),
    )
    return dice.choices(shapes, (60, 16, 9, 8, 7))[0]


def _stock_number(listing: Listing, one: Colourway, size: Size, row: int) -> str:
    habit = listing.shop.sku
    if habit == "counter" or listing.kind == "title":
        return str(1000 + row) if listing.shop.number % 3 else f"{listing.shop.number:03d}-{row}"
    if habit == "style":
        return one.style_code
    return one.full_code if habit == "code" else f"{one.full_code}-{size.key}"


def _barcode(dice: Random, listing: Listing, one: Colourway, at: int, first: int, row: int) -> str:
    """Read the number of this size, unless the shop is wrong about this product in one of nine ways."""
    sizes, fault = listing.model.sizes, listing.fault
    own = any_of(dice, one.barcodes[sizes[at].key])
    if listing.pack == "-pack":
        return own if fault < 0.5 else ""
    if fault < 0.010:
        return one.barcodes[sizes[first].key][0]
    if fault < 0.016:
        return any_of(dice, PLACEHOLDERS)
    if fault < 0.028:
        return with_check_digit(f"{any_of(dice, ('2', '02', '04')):0<2}{row % 700:010d}")
    if fault < 0.032:  # one line too far down in the price list, for every size
        return one.barcodes[sizes[(at + 1) % len(sizes)].key][0]
    if fault < 0.038:  # of singles too: the number on the case they came in
        return with_check_digit("1" + own[:-1])
    if fault < 0.050:
        return one.full_code
    if fault < 0.056:
        return f"'{930_000_000_000_000 + row * 7}"
    if dice.random() < 0.005:
        return any_of(dice, one.barcodes[sizes[max(0, at - 1)].key])
    return damaged(dice, own)
