"""What came of matching a listing, in places of its columns."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from catalog.matching.grouping import Doubts
from catalog.matching.listing import Ints, Listing, Unit
from catalog.matching.size import Size

LINKED, ASKED, ALONE = "linked", "ask", "alone"
GTIN, CODE, ALIGNED, PERSON = "gtin", "code", "aligned", "person"


@dataclass(slots=True)
class Decided:
    """The outcome in places of a listing: each row's item (its first row, -1 for none) and method, each unit's style."""

    listing: Listing
    units: list[Unit]
    sizes: list[Size]
    size: Ints
    item: list[int]
    members: dict[int, list[int]]
    method: dict[int, str]
    style: list[int]
    doubts: Doubts
    gtin: Ints
    charts: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    levels: Mapping[tuple[str, str], str] = field(default_factory=dict)
