"""Clusters units into styles: one model in one colour, whatever the shops call it; nobody in a style contradicts another."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from catalog.matching.deciding import beyond_shades, compatible_products
from catalog.matching.listing import Unit

Barcodes = Mapping[str, int]


@dataclass(slots=True)
class Cluster:
    """Units taken for one style: their shops, their different descriptions, and which barcode each size carries."""

    units: list[int]
    shops: set[int]
    faces: list[int]
    barcodes: dict[str, set[int] | int] = field(default_factory=dict)


class Styles:
    """The styles of one run while they grow."""

    def __init__(
        self,
        units: Sequence[Unit],
        shops: Sequence[int],
        barcodes: Sequence[Barcodes],
        enemies: Mapping[int, set[int]],
    ) -> None:
        """Start with every unit in a style of its own; `enemies` are units that a person told apart."""
        self.units = units
        self.enemies = enemies
        self.of = [
            Cluster([unit], {shop}, [unit], dict(own))
            for unit, (shop, own) in enumerate(zip(shops, barcodes, strict=True))
        ]

    def join(self, one: int, other: int, *, checked: bool = True) -> tuple[str, ...]:
        """Put two units' styles into one; gives the reasons when they contradict each other, and changes nothing then."""
        here, there = self.of[one], self.of[other]
        if here is there:
            return ()
        if (len(here.units), -here.units[0]) < (len(there.units), -there.units[0]):
            here, there = there, here
        if checked and (against := self._against(here, there)):
            return against
        here.units += there.units
        here.shops |= there.shops
        here.faces += [face for face in there.faces if not self._known(here, face)]
        for size, number in there.barcodes.items():
            _note(here.barcodes, size, number)
        for unit in there.units:
            self.of[unit] = here
        return ()

    def clusters(self) -> Iterable[Cluster]:
        """Give every style once, in the order of its first unit."""
        seen: set[int] = set()
        for cluster in self.of:
            if id(cluster) not in seen:
                seen.add(id(cluster))
                yield cluster

    def _known(self, cluster: Cluster, face: int) -> bool:
        return any(_alike(self.units[face], self.units[known]) for known in cluster.faces)

    def _against(self, here: Cluster, there: Cluster) -> tuple[str, ...]:
        if self.enemies and any(self.enemies.get(unit, frozenset()) & set(there.units) for unit in here.units):
            return ("A person said that these are not the same.",)
        if not here.shops.isdisjoint(there.shops):
            return ("One shop would stand in the item twice.",)
        for one in here.faces:
            for other in there.faces:
                if beyond_shades(self.units[one], self.units[other]):
                    return tuple(found.sentence for found in compatible_products(self.units[one], self.units[other]))
        if barcodes_differ(here.barcodes, there.barcodes):
            return ("Their barcodes differ.",)
        return ()


def barcodes_differ(one: Mapping[str, set[int] | int], other: Mapping[str, set[int] | int]) -> bool:
    """Tell whether too many sizes that both have carry different barcodes: more than half as many as agree."""
    if len(one) > len(other):
        one, other = other, one
    agreeing = differing = 0
    for size, mine in one.items():
        theirs = other.get(size)
        if theirs is None:
            continue
        if mine == theirs or not _all(mine).isdisjoint(_all(theirs)):
            agreeing += 1
        else:
            differing += 1
    return 2 * differing > agreeing


def enemies_of(pairs: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    """Index pairs by either end."""
    found: dict[int, set[int]] = defaultdict(set)
    for one, other in pairs:
        found[one].add(other)
        found[other].add(one)
    return found


def _all(number: set[int] | int) -> set[int]:
    return number if isinstance(number, set) else {number}


def _note(barcodes: dict[str, set[int] | int], size: str, number: set[int] | int) -> None:
    known = barcodes.get(size)
    if known is None:
        barcodes[size] = number
    elif known != number:
        barcodes[size] = _all(known) | _all(number)


def _alike(one: Unit, other: Unit) -> bool:
    return (
        one.brand == other.brand
        and one.colour.bases == other.colour.bases
        and one.gender == other.gender
        and one.code == other.code
        and one.pack == other.pack
        and one.condition == other.condition
    )
