"""The world matching was first tried on: known brands, five languages of colour, one size chart, 2.4 % systematic faults."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from random import Random

from benches._networks.parts import (
    PLACEHOLDERS,
    SHOPS,
    Numbers,
    Row,
    any_of,
    damaged,
    misspell,
    plain,
    popularity,
    with_check_digit,
    without_a_word,
    words,
)

LEADING = (
    "Nike", "adidas", "Puma", "New Balance", "Asics", "Reebok", "Converse", "Vans", "Timberland", "Dr. Martens",
    "Skechers", "Birkenstock", "Salomon", "The North Face", "Levi's", "Tommy Hilfiger", "Calvin Klein", "Ecco", "Gabor",
    "Rieker", "Tamaris", "Geox", "Clarks", "UGG", "Lacoste", "Ellesse", "Fila", "Hoka", "On", "Saucony",
)  # fmt: skip
COLOURS = {
    "Black": "BLK|Schwarz|Core Black|Nero|Noir|001",
    "White": "WHT|Weiß|Ftwr White|Bianco|Cloud White|100",
    "Navy": "NVY|Marine|Dunkelblau|Collegiate Navy|Dark Blue",
    "Red": "Rot|Scarlet|University Red|Rosso",
    "Grey": "Gray|Grau|GRY|Wolf Grey|Grigio",
    "Blue": "Blau|Royal|BLU|Game Royal",
    "Green": "Grün|GRN|Verde|Pine",
    "Beige": "Sand|Tan|Stone",
    "Brown": "Braun|Cognac|BRN|Cuoio",
    "Pink": "Rosa|Rose|PNK",
    "Olive": "Khaki|Army Green",
    "Yellow": "Gelb|Volt",
    "Orange": "Arancio|Total Orange",
    "Purple": "Lila|Violet",
    "Silver": "Silber|Metallic Silver",
    "Gold": "Metallic Gold",
    "Burgundy": "Bordeaux|Maroon",
    "Cream": "Off White|Sail|Ivory",
}
OTHER_WORDS = {colour: tuple(other.split("|")) for colour, other in COLOURS.items()}
NAMES = tuple(COLOURS)
FOOTWEAR = ("Sneaker", "Running Shoe", "Boot", "Sandal", "Loafer", "Ankle Boot")
CATEGORIES = (*FOOTWEAR, "T-Shirt", "Hoodie", "Jacket", "Jeans", "Dress", "Polo Shirt", "Shorts", "Sweatshirt")
GENDERS = {
    "m": ("Men's", "Mens", "Men", "Herren", "Homme", "M"),
    "w": ("Women's", "Womens", "Wmns", "Damen", "Femme", "Ladies"),
    "k": ("Kids", "Junior", "GS", "Kinder", "Youth"),
    "u": ("Unisex", "", ""),
}
EU = {
    "m": (40, 40.5, 41, 42, 42.5, 43, 44, 44.5, 45, 46),
    "w": (36, 36.5, 37.5, 38, 38.5, 39, 40, 40.5, 41),
    "k": (28, 29, 30, 31, 32, 33, 34, 35),
    "u": (36, 37, 38, 39, 40, 41, 42, 43, 44, 45),
}
US = {
    "m": dict(zip(EU["m"], (7, 7.5, 8, 8.5, 9, 9.5, 10, 10.5, 11, 12), strict=True)),
    "w": dict(zip(EU["w"], (5.5, 6, 6.5, 7, 7.5, 8, 8.5, 9, 9.5), strict=True)),
}
UK_BELOW_US = {"m": 1, "w": 2.5}
LETTERS = {
    "XS": ("XS", "X-Small"),
    "S": ("S", "Small"),
    "M": ("M", "Medium"),
    "L": ("L", "Large"),
    "XL": ("XL", "X-Large"),
    "XXL": ("XXL", "2XL"),
}
NOISE = ("SALE", "NEW", "- Original", "*", "2025", "Special Offer")


@dataclass(frozen=True, slots=True)
class Colourway:
    """One model in one colour, with the barcode of each size."""

    number: int
    brand: str
    model: str
    category: str
    gender: str
    colours: tuple[str, ...]
    style_code: str
    colour_code: str
    barcodes: dict[str, str]
    price: float


def list_rows(seed: int) -> Iterator[Row]:
    """List rows without end: model after model, colour after colour, in every shop that carries it."""
    dice = Random(seed)
    ranks = popularity(SHOPS, 2, 0.5)
    row_numbers, in_store = count(1), count(1)
    for one in _colourways(dice):
        carriers = min(30, 1 + int(dice.expovariate(1 / 2.6)))
        for shop in sorted(set(dice.choices(range(1, SHOPS + 1), cum_weights=ranks, k=carriers))):
            yield from _listing(dice, one, shop, row_numbers, in_store)


def _colourways(dice: Random) -> Iterator[Colourway]:
    names = tuple(dict.fromkeys((*LEADING, *dice.sample(words("brand_names"), 170))))
    ranks, numbers = popularity(len(names), 3, 0.8), Numbers(dice)
    style, number = 1000, 0
    while True:
        brand = dice.choices(names, cum_weights=ranks)[0]
        style += dice.randrange(1, 4)
        category = any_of(dice, CATEGORIES)
        gender = dice.choices("mwku", (4, 4, 1.5, 0.7))[0]
        model = " ".join(dice.sample(words("model_words"), any_of(dice, (1, 2, 2, 3))))
        if dice.random() < 0.35:
            model += f" {dice.randrange(1, 99)}"
        price = round(dice.uniform(20, 220))
        sizes = tuple(map(plain, EU[gender])) if category in FOOTWEAR else tuple(LETTERS)
        for colour_number in dice.sample(range(1, 999), dice.choices((1, 2, 3, 4, 6), (3, 3, 2, 1, 0.6))[0]):
            number += 1
            first = any_of(dice, NAMES)
            colours = (first, any_of(dice, NAMES)) if dice.random() < 0.35 else (first,)
            codes = _codes(names.index(brand), style, colour_number)
            barcodes = {size: numbers.next_for(brand) for size in sizes}
            yield Colourway(number, brand, model, category, gender, colours, *codes, barcodes, price)


def _codes(brand: int, style: int, colour: int) -> tuple[str, str]:
    """Write style and colour number in the shape this brand uses."""
    shape = brand * 131 % 1_000_003 % 4
    if shape == 0:
        return f"{style:06d}", f"{colour:03d}"
    if shape == 1:
        return (f"DD{style:04d}" if style < 10_000 else f"FQ{style % 100_000:05d}"), f"{colour:03d}"
    if shape == 2:
        return f"G{style % 100_000:05d}", chr(65 + colour % 26)
    return f"M{style}", f"{colour % 100:02d}"


def _listing(dice: Random, one: Colourway, shop: int, row_numbers: count, in_store: count) -> Iterator[Row]:
    """List one colourway as one product of one shop, with the sizes it has."""
    kind = dice.choices(("gtin", "code", "title"), (70, 20, 10))[0]
    colour, full = _colour_words(dice, one.colours), f"{one.style_code}-{one.colour_code}"
    title = _title(dice, one, colour, full if kind != "title" else "")
    vendors = (one.brand, one.brand.lower(), one.brand.upper(), f"{one.brand} GmbH", "", f"Shop {shop}")
    vendor = dice.choices(vendors, (70, 8, 8, 3, 6, 5))[0]
    shown = any_of(dice, (colour, colour, "", one.colour_code))
    sizes = [size for size in one.barcodes if dice.random() < 0.75] or list(one.barcodes)[:1]
    fault = dice.random()
    for size in sizes:
        row, barcode, code = next(row_numbers), "", ""
        if kind == "gtin":
            barcode = _barcode(dice, one, size, sizes[0], fault, in_store)
            code = any_of(dice, (full, full, full.replace("-", ""), one.style_code)) if dice.random() < 0.5 else ""
        elif kind == "code":
            shapes = (full, full.replace("-", ""), full.replace("-", " "), full.lower(), one.style_code)
            code = dice.choices(shapes, (55, 20, 12, 8, 5))[0]
        yield Row(
            str(row),
            str(shop),
            f"{shop}-{one.number}",
            title,
            vendor,
            shown,
            _size(dice, one, size),
            f"{shop:03d}{row}",
            code,
            barcode,
            f"{one.price * dice.uniform(0.7, 1.15):.2f}",
            f"{one.number}-{size}",
            str(one.number),
            kind,
        )


def _colour_words(dice: Random, colours: tuple[str, ...]) -> str:
    first = any_of(dice, (colours[0], colours[0], any_of(dice, OTHER_WORDS[colours[0]])))
    if len(colours) < 2 or dice.random() >= 0.85:
        return first
    second = colours[1] if dice.random() < 0.7 else any_of(dice, OTHER_WORDS[colours[1]])
    return f"{first}/{second}"


def _title(dice: Random, one: Colourway, colour: str, code: str) -> str:
    """Name the product as a shop does: brand, gender, category, colour and code each only sometimes."""
    model = one.model if dice.random() < 0.9 else misspell(dice, one.model)
    if dice.random() < 0.12:
        model = without_a_word(dice, model)
    brand = one.brand if dice.random() < 0.8 else ""
    gender = any_of(dice, GENDERS[one.gender]) if dice.random() < 0.5 else ""
    parts = [brand, gender, model]
    parts += [one.category] if dice.random() < 0.6 else []
    parts += [colour] if dice.random() < 0.45 else []
    if code and dice.random() < 0.3:
        parts.append(any_of(dice, (code, code.replace("-", " "), code.replace("-", ""))))
    if dice.random() < 0.15:
        dice.shuffle(parts)
    if dice.random() < 0.1:
        parts.append(any_of(dice, NOISE))
    title = " ".join(part for part in parts if part)
    return title.upper() if dice.random() < 0.1 else title


def _barcode(dice: Random, one: Colourway, size: str, first: str, fault: float, in_store: count) -> str:
    """Read the size's own number, unless the shop is systematically wrong about this product."""
    if fault < 0.008:
        return one.barcodes[first]
    if fault < 0.012:
        return any_of(dice, PLACEHOLDERS)
    if fault < 0.020:
        return with_check_digit(f"2{next(in_store) % 400:011d}")
    if fault < 0.024:
        return any_of(dice, tuple(one.barcodes.values()))
    return damaged(dice, one.barcodes[size])


def _size(dice: Random, one: Colourway, size: str) -> str:
    if one.category not in FOOTWEAR:
        return any_of(dice, LETTERS[size])
    system = dice.random()
    if system < 0.55 or one.gender in "ku":
        halves = (size, f"EU {size}", size.replace(".", ","), f"{size} EU", size.replace(".5", " ½"))
        return any_of(dice, halves if "." in size else (size, f"EU {size}", f"EUR {size}"))
    us = US[one.gender][float(size)]
    return f"US {plain(us)}" if system < 0.8 else f"UK {plain(us - UK_BELOW_US[one.gender])}"
