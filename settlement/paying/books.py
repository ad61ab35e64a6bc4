"""What is payable between every two, and what payments under way pay of it already."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Part = tuple[int, int | None, int]  # merchant, counterparty (None: the network), minor units its account moves
Place = tuple[int, int | None, str]  # merchant, counterparty, currency


@dataclass(frozen=True, slots=True)
class Books:
    """What each merchant owes each other and the network, minor units, + owes; beside it what is under way.

    ``lowered`` is what payments under way pay of a debt, ``raised`` what they pay of what a merchant is owed; both positive.
    """

    owed: Mapping[Place, int]
    lowered: Mapping[Place, int]
    raised: Mapping[Place, int]
    others: Mapping[tuple[int, str], tuple[int | None, ...]]  # by merchant and currency, in the order of the books

    def debt(self, place: Place) -> int:
        """Tell what a merchant owes."""
        return max(0, self.owed.get(place, 0))

    def credit(self, place: Place) -> int:
        """Tell what a merchant is owed."""
        return max(0, -self.owed.get(place, 0))

    def paid_in(self, place: Place) -> int:
        """Tell what a merchant is owed and its counterparty does not owe any more, because it was collected."""
        merchant, other, currency = place
        unpaid = self.debt((other, merchant, currency)) if other is not None else 0
        return max(0, self.credit(place) - unpaid)

    def fee(self, merchant: int, currency: str) -> int:
        """Tell what a merchant owes the network and no payment under way pays."""
        return max(0, self.debt((merchant, None, currency)) - self.lowered.get((merchant, None, currency), 0))


def open_books(owed: Mapping[Place, int], under_way: Iterable[tuple[str, Iterable[Part]]]) -> Books:
    """Put together what is owed and the parts of the payments under way, each with its currency."""
    lowered: dict[Place, int] = {}
    raised: dict[Place, int] = {}
    for currency, parts in under_way:
        for merchant, other, amount in parts:
            side, place = (raised if amount > 0 else lowered), (merchant, other, currency)
            side[place] = side.get(place, 0) + abs(amount)
    others: dict[tuple[int, str], list[int | None]] = {}
    for merchant, other, currency in owed:
        others.setdefault((merchant, currency), []).append(other)
    return Books(owed, lowered, raised, {key: tuple(found) for key, found in others.items()})
