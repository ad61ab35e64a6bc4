"""What leaves the holds of a sale when goods of it come back: nothing is held, and decided on, that was given back already."""

from collections.abc import Sequence
from typing import NamedTuple


class Hold(NamedTuple):
    """An amount of a sale that is held, gross in minor units, and because of what."""

    what: str  # "dispute" or "objection"
    pk: int
    minor: int
    of_goods: bool = False  # it is about the goods themselves: once they came back nobody asks for their price
    correction: int | None = None  # the return by which an upheld objection takes effect


def take_out(holds: Sequence[Hold], *, gross: int, owed: int, returned: int) -> list[int]:
    """Tell how much leaves each hold when a return gives ``gross`` back and ``owed`` is what the sale stands for after it.

    First what is held because of those very goods, then, from hold to hold, what more is held than is owed.
    """
    out = [0] * len(holds)
    for at in sorted(range(len(holds)), key=lambda at: holds[at].correction != returned):
        if holds[at].of_goods or holds[at].correction == returned:
            out[at] = min(holds[at].minor, gross - sum(out))
    over = sum(hold.minor for hold in holds) - sum(out) - owed
    for at, hold in enumerate(holds):
        more = max(0, min(over, hold.minor - out[at]))
        out[at], over = out[at] + more, over - more
    return out
