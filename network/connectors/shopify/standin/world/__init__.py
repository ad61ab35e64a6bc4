"""Worlds for the stand-in: the demo network of eight shops, and the tiny cast of three that tests use."""

from skuu.kit.errors import NotFound

from ..seeds import WorldSeed
from .demo import TrueVariant, build_demo
from .shops import SAME_COUNTRY_ROUTES, SOME_BLOCKED_CROSS_BORDER, SOME_OPEN_CROSS_BORDER, vat_route_open
from .tiny import build_tiny

WORLDS = ("demo", "tiny")


def build_world(name: str, *, seed: int = 7, scale: float = 1.0) -> WorldSeed:
    """Build a world by its name.

    The same name, seed and scale give the same world byte for byte; a larger demo begins with the same models.
    At scale 1 the demo has about 3,000 variants. "tiny" knows neither seed nor scale. Raises NotFound.
    """
    return build_world_with_truth(name, seed=seed, scale=scale)[0]


def build_world_with_truth(
    name: str, *, seed: int = 7, scale: float = 1.0
) -> tuple[WorldSeed, tuple[TrueVariant, ...]]:
    """Build a world, and which true item stands behind each of its variants, to measure matching against.

    Nothing in the seeds themselves tells the item. Raises NotFound.
    """
    if name == "demo":
        return build_demo(seed, scale)
    if name == "tiny":
        return build_tiny()
    raise NotFound(f"There is no world called {name!r}. Choose one of: {', '.join(WORLDS)}.", code="unknown_world")
