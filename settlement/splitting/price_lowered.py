"""What the items of a sale still stand for when units came back or its price was lowered, and how a lower price is shared by them."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from settlement.splitting.rounding import divide_half_away, share_by_weight
from settlement.splitting.shipment import GOODS, SHIPPING, Item


class Left(NamedTuple):
    """What of an item is still sold: units, net price between the two shops and the VAT on it, in minor units."""

    units: int
    supply: int
    vat: int

    @property
    def gross(self) -> int:
        """Return what the selling shop pays for it."""
        return self.supply + self.vat


def what_is_left(items: Sequence[Item], sent: Sequence[int], moved: Iterable[tuple[int, int, int, int]]) -> list[Left]:
    """Tell what each item of a sale still stands for, given (place, units, supply, VAT) of all that was posted since, as posted."""
    left = [Left(units, item.supply, item.vat) for item, units in zip(items, sent, strict=True)]
    for place, units, supply, vat in moved:
        was = left[place]
        left[place] = Left(was.units + units, was.supply + supply, was.vat + vat)
    return left


def lower_price(items: Sequence[Item], left: Sequence[Left], gross: int) -> list[tuple[int, Item]]:
    """Share a reduction of a sale's price (gross, minor units) by its items, negated; gives each with its place.

    Goods bear it first, each by what it still stands for; only what is more than they are worth is taken off the shipping. Its VAT
    is reckoned once on the sum, as the sale's was. Nobody's fee changes: what was sold stays sold. Raises ValueError for more than
    the sale stands for.
    """
    if not 0 < gross <= sum(max(0, one.gross) for one in left):
        raise ValueError(f"{gross} cannot be taken off what the sale stands for")
    found: list[tuple[int, Item]] = []
    for kind in (GOODS, SHIPPING):
        places = [place for place, item in enumerate(items) if item.kind == kind and left[place].gross > 0]
        found += _shared(kind, places, [left[place] for place in places], gross - _gross(found))
    return sorted(found, key=lambda pair: pair[0])


def _gross(lowered: Sequence[tuple[int, Item]]) -> int:
    return -sum(item.supply + item.vat for _, item in lowered)


def _shared(kind: str, places: Sequence[int], left: Sequence[Left], most: int) -> list[tuple[int, Item]]:
    """Share as much of a reduction as items of one kind can bear."""
    worth = sum(one.gross for one in left)
    off = min(most, worth)
    if not off:
        return []
    vat = divide_half_away(sum(one.vat for one in left) * off, worth)
    supplies = share_by_weight(off - vat, [one.supply for one in left])
    vats = share_by_weight(vat, [one.vat for one in left])
    shares = zip(places, supplies, vats, strict=True)
    return [(place, Item(kind, 0, 0, 0, -supply, -tax, 0)) for place, supply, tax in shares if supply or tax]
