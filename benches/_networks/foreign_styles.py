"""What the foreign world's makers make: brands with charts and code shapes of their own, models with twins, colourways."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from benches._networks.foreign_charts import CHART_FAMILIES, Size, sizes_of
from benches._networks.foreign_words import LEADING, NEAR, SHADES, invent_name
from benches._networks.parts import Numbers, any_of, popularity, words

CODE_SHAPES = (
    "letters-digits", "dotted", "season", "eight", "two-letters", "two-letters-colour", "six-two", "worded",
    "letters-digits-letters",
)  # fmt: skip
SEASONS = ("SS25", "FW25", "SS26", "FW26", "S26", "W25")
CATEGORY_NAMES = (
    "sneaker", "running", "boot", "sandal", "shirt", "hoodie", "jacket", "jeans", "dress", "suit", "socks", "bag",
)  # fmt: skip
_OFTEN = (9, 4, 3, 2, 4, 3, 3, 2, 1.5, 0.7, 0.8, 0.6)
_TAILS = ("", "", "", "", "", " Low", " Mid", " High", " GTX", " II", " Pro", " Wide", " Lite")
_ALL = tuple(SHADES)
_NO_MAKER = re.compile("|".join((*LEADING, "shop", "store", "outlet", "shoe", "schuh", "kids", "factory")), re.I)


@dataclass(frozen=True, slots=True)
class Brand:
    """A maker: the size table it cuts by, the shape of its codes, and the letters in them."""

    name: str
    chart: str
    shape: str
    letters: str


@dataclass(frozen=True, slots=True)
class Colourway:
    """One model in one colour. A size may have two numbers: new packaging, or another continent."""

    number: int
    shades: tuple[str, ...]
    own_name: str
    style_code: str
    joint: str
    colour_code: str
    barcodes: dict[str, tuple[str, ...]]

    @property
    def full_code(self) -> str:
        """The code as its maker prints it."""
        return self.style_code + self.joint + self.colour_code


@dataclass(frozen=True, slots=True)
class Model:
    """A model as its maker names it, with its colourways."""

    brand: Brand
    name: str
    category: str
    gender: str
    sizes: tuple[Size, ...]
    price: float
    colourways: tuple[Colourway, ...] = ()


class Makers:
    """Invents models one after the other; every colourway's number and codes are its own."""

    def __init__(self, dice: Random) -> None:
        """Found the brands: a few of the known, some from a list, most made up."""
        self._dice = dice
        self._numbers = Numbers(dice)
        self._style = 2000
        self._colourways = 0
        self._used: list[tuple[str, str]] = []  # (brand, barcode), a sample of what was issued, for numbers used again
        self._brands = self._found()
        self._ranks = popularity(len(self._brands), 6, 0.6)

    def models(self) -> Iterator[Model]:
        """Bring out models without end; some are followed by a twin that differs in its version or its kind alone."""
        while True:
            model = self._invent()
            yield self._coloured(model)
            if self._dice.random() < 0.18:
                yield self._coloured(self._twin_of(model))

    def _found(self) -> tuple[Brand, ...]:
        dice = self._dice
        listed = [name for name in dice.sample(words("brand_names"), 90) if not _NO_MAKER.search(name)][:60]
        made_up = [name for name in dict.fromkeys(invent_name(dice) for _ in range(120)) if len(name) > 4]
        others = listed + made_up
        dice.shuffle(others)
        known = [self._brand(name, *habits) for name, habits in LEADING.items()]
        unknown = [self._brand(name, any_of(dice, CHART_FAMILIES), any_of(dice, CODE_SHAPES)) for name in others]
        for at, brand in enumerate(known):
            unknown.insert(at * 4, brand)
        return tuple(unknown)

    def _brand(self, name: str, chart: str, shape: str) -> Brand:
        letters = "".join(letter for letter in name.upper() if "A" <= letter <= "Z")
        return Brand(name, chart, shape, (letters + "XQZK")[:4])

    def _invent(self) -> Model:
        dice = self._dice
        brand = dice.choices(self._brands, cum_weights=self._ranks)[0]
        category = dice.choices(CATEGORY_NAMES, _OFTEN)[0]
        gender = dice.choices("mwku", (4, 4, 1.5, 0.8))[0]
        gender = {"dress": "w", "suit": "m", "bag": "u", "socks": "u"}.get(category, gender)
        parts = dice.sample(words("model_words"), 1) if dice.random() < 0.6 else []
        name = " ".join([*parts, invent_name(dice)] if dice.random() < 0.7 or not parts else parts)
        if dice.random() < 0.4:
            name += any_of(
                dice, (f" {dice.randrange(2, 40)}", f" {dice.randrange(1, 9)}.0", f" v{dice.randrange(2, 9)}")
            )
        sizes = sizes_of(category, brand.chart, gender)
        return Model(brand, name + any_of(dice, _TAILS), category, gender, sizes, float(dice.randrange(15, 240)))

    def _twin_of(self, model: Model) -> Model:
        """Make the successor, the other cut, or the same model for somebody else."""
        parts = model.name.split()
        for at, part in enumerate(parts):
            if part.isdigit():
                return replace(model, name=" ".join([*parts[:at], str(int(part) + 1), *parts[at + 1 :]]))
        if model.gender in "mw" and model.category not in ("dress", "suit"):
            other = "w" if model.gender == "m" else "m"
            return replace(model, gender=other, sizes=sizes_of(model.category, model.brand.chart, other))
        return replace(model, name=f"{model.name} {any_of(self._dice, ('2', 'II', 'GTX', 'Mid', 'Plus'))}")

    def _coloured(self, model: Model) -> Model:
        """Bring the model out in one to eight colours; every other time two of them are shades of one another."""
        dice = self._dice
        self._style += dice.randrange(1, 5)
        several = dice.choices((1, 2, 3, 4, 6, 8), (3, 3, 2, 1.5, 1, 0.4))[0]
        schemes = dict.fromkeys(self._scheme() for _ in range(several))
        if several > 1 and dice.random() < 0.5:
            first = next(iter(schemes))
            schemes[(any_of(dice, NEAR[first[0]]), *first[1:])] = None
        season, made = any_of(dice, SEASONS), []
        colour_codes: set[str] = set()
        for shades in schemes:
            codes = self._codes(model, shades, season, colour_codes)
            colour_codes.add(codes[2])
            made.append(self._colourway(model, shades, codes))
        return replace(model, colourways=tuple(_sharing(dice, made)))

    def _scheme(self) -> tuple[str, ...]:
        dice = self._dice
        shades = dict.fromkeys(
            any_of(dice, _ALL if dice.random() < 0.6 else _ALL[:8])
            for _ in range(dice.choices((1, 2, 3), (60, 34, 6))[0])
        )
        return tuple(shades)

    def _colourway(self, model: Model, shades: tuple[str, ...], codes: tuple[str, str, str]) -> Colourway:
        dice, brand = self._dice, model.brand.name
        self._colourways += 1
        own = "/".join(any_of(dice, SHADES[shade].own) for shade in shades)
        barcodes = {size.key: (self._numbers.next_for(brand),) for size in model.sizes}
        fate = dice.random()
        if fate < 0.02:  # new packaging, or the number of another continent
            barcodes = {size: (*old, self._numbers.next_for(brand)) for size, old in barcodes.items()}
        elif fate < 0.03 and any(
            maker != brand for maker, _ in self._used
        ):  # numbers of something long sold out, given out again
            barcodes[model.sizes[0].key] = (any_of(dice, [number for maker, number in self._used if maker != brand]),)
        if dice.random() < 0.05:
            self._remember(brand, barcodes[model.sizes[0].key][0])
        return Colourway(self._colourways, shades, own, *codes, barcodes)

    def _remember(self, brand: str, barcode: str) -> None:
        if len(self._used) < 500:
            self._used.append((brand, barcode))
        else:
            self._used[self._dice.randrange(500)] = brand, barcode

    def _codes(self, model: Model, shades: tuple[str, ...], season: str, taken: set[str]) -> tuple[str, str, str]:
        """Write style code, joint and colour code as this maker does; no two colours of a model share one."""
        style, letters = self._style, model.brand.letters
        colour = next(code for code in iter(lambda: f"{self._dice.randrange(1, 999):03d}", "") if code not in taken)
        abbreviated = _letters_of(shades, taken)
        short = next(code for code in iter(lambda: f"{self._dice.randrange(1, 99):02d}", "") if code not in taken)
        return {
            "letters-digits": (f"{letters}{style % 10_000:04d}", "-", colour),
            "dotted": (f"{style % 100_000:05d}", ".", colour),
            "season": (f"{season}-{style % 100_000:04d}", "-", abbreviated),
            "eight": (f"{style % 1_000_000:06d}", "", short),
            "two-letters": (_two_letters(style, len(taken)), "", ""),
            "two-letters-colour": (f"{letters[:2]}{style % 10_000:04d}", "-", colour),
            "six-two": (f"{300_000 + style % 700_000}", "-", short),
            "worded": (f"{model.name.split()[0][:5].upper()}{style}", "-", abbreviated),
            "letters-digits-letters": (f"{letters[0]}L{style % 10_000}", "", abbreviated),
            "four-letter-three": (f"10{style // 1000 % 90 + 10}A{style % 1000:03d}", "-", colour),
        }[model.brand.shape]  # fmt: skip


def _letters_of(shades: tuple[str, ...], taken: set[str]) -> str:
    letters = shades[0] if len(shades) == 1 else "".join(shade[:2] for shade in shades[:2])
    return letters if letters not in taken else f"{letters[:2]}{len(taken)}"


def _two_letters(style: int, colour: int) -> str:
    """Number every colourway alone, as some makers do: neighbours are siblings, the code does not say so."""
    number = style * 9 + colour
    return f"{chr(65 + number // 260_000 % 26)}{chr(65 + number // 10_000 % 26)}{number % 10_000:04d}"


def _sharing(dice: Random, colourways: list[Colourway]) -> list[Colourway]:
    """Let a maker print one colourway's numbers on another's boxes, in a few sizes: it happens, once in eighty models."""
    if len(colourways) < 2 or dice.random() >= 0.0125:
        return colourways
    first, second = colourways[:2]
    shared = dict(list(first.barcodes.items())[:3])
    return [first, replace(second, barcodes={**second.barcodes, **shared}), *colourways[2:]]
