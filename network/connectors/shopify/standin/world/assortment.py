"""The real things of the demo world: models in colours and sizes with their codes, before any shop writes."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from .identifiers import gtin13
from .shops import SHOPS
from .vocabulary import BRANDS, COLOURS, KINDS, Brand, Colour, Kind

MOST_COLOURS = 4
ITEMS_OF_A_MODEL = 100  # numbers set aside for each model: up to four colours of twenty-five sizes


@dataclass(frozen=True)
class Model:
    """One model of one brand; every colour in every size of it is one true item."""

    index: int
    brand: Brand
    kind: Kind
    gender: str
    name: str
    stem: str
    colours: tuple[Colour, ...]
    cents: int

    @property
    def sizes(self) -> tuple[str, ...]:
        """Give the whole size run."""
        return self.kind.sizes[self.gender]

    def code(self, colour: Colour) -> str:
        """Write the full article code: it names the model and the colour."""
        coding = self.brand.coding
        if coding == "dash":
            return f"{self.stem}-{colour.number:03d}"
        if coding == "digits":
            return f"{self.stem}-{colour.number:02d}"
        if coding == "dotted":
            return f"{self.stem}.{colour.number:03d}"
        return f"{self.brand.letters[0]}Z{self.index * MOST_COLOURS + self.colours.index(colour) + 1000:04d}"

    def item(self, colour: Colour, size: str) -> int:
        """Give the number of the true item, the same in every world built from the same seed."""
        return 1000 + self.index * ITEMS_OF_A_MODEL + self.colours.index(colour) * 25 + self.sizes.index(size)

    def gtin(self, colour: Colour, size: str) -> str:
        """Give the true GTIN-13 of one size."""
        return gtin13(self.item(colour, size))


def models(seed: int) -> Iterator[Model]:
    """Make one model after another, without end; a larger world begins with the same models as a smaller one."""
    index = 0
    while True:
        yield _model(index, Random(f"model {seed} {index}"))  # noqa: S311  a world must repeat, not be secret
        index += 1


def carriers(model: Model, seed: int) -> tuple[str, ...]:
    """Choose the one to five shops that carry a model, in the order of the world's shops."""
    dice = Random(f"carriers {seed} {model.index}")  # noqa: S311
    wanted = dice.choices((1, 2, 3, 4, 5), weights=(12, 30, 30, 18, 10))[0]
    brand = model.brand
    others = max(0 if brand.home else 1, min(wanted - len(brand.home), len(brand.stockists)))
    chosen = {*brand.home, *dice.sample(brand.stockists, others)}
    return tuple(shop.key for shop in SHOPS if shop.key in chosen)


def _model(index: int, dice: Random) -> Model:
    brand = BRANDS[index % len(BRANDS)]
    turn = index // len(BRANDS)
    kind = KINDS[brand.kinds[turn % len(brand.kinds)]]
    genders = sorted(kind.sizes)
    count = 1 if kind.name == "suit" else dice.choices((1, 2, 3, 4), weights=(25, 40, 25, 10))[0]
    euros = dice.randint(*kind.euros) * brand.dearness
    return Model(
        index=index,
        brand=brand,
        kind=kind,
        gender=genders[dice.randrange(len(genders))],
        name=_name(kind, turn // len(brand.kinds), index),
        stem=_stem(brand, index),
        colours=tuple(dice.sample(COLOURS, count)),
        cents=round(euros) * 100 - 5,
    )


def _name(kind: Kind, turn: int, index: int) -> str:
    words = kind.names
    word = words[(turn + index) % len(words)]
    lap = turn // len(words)
    return f"{word} {lap + 2}" if lap else word


def _stem(brand: Brand, index: int) -> str:
    if brand.coding == "digits":
        return f"{350000 + index * 7}"
    if brand.coding == "dotted":
        return f"{500 + index}"
    return f"{brand.letters}{1200 + index * 3}"
