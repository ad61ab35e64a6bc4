"""What a whole network has taught, for matching a part of it as the whole would be."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

Charts = Mapping[tuple[str, str, str], str]  # (brand, system, value) → EU size; brand "": of all brands
Levels = Mapping[tuple[str, str], str]  # (brand, code or "~" and the shape of codes) → full, style
SHAPE = "~"


@dataclass(frozen=True, slots=True)
class Known:
    """Charts of sizes and levels of codes; `brands` are those looked at as a whole, of which a part teaches nothing more.

    The brands of rows are taken as read by what the network knows of names (`brand_names`).
    """

    charts: Charts = field(default_factory=dict)
    levels: Levels = field(default_factory=dict)
    brands: Collection[str] = frozenset()


NOTHING = Known()
