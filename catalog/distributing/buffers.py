"""How many units of a size stay off partners' shelves because the shipper may sell them before we hear of it: pure.

While a sale travels to us, the shop goes on selling. With so many sales a day and so long a way, the number of units sold
meanwhile is a Poisson variable; the buffer is the smallest number that it exceeds once in fifty.
"""

import math
from bisect import bisect_left

RISK = 0.02
MOST = 5  # a shop that sells faster than this is heard of too late whatever we keep back
USUAL_DELAY = 300.0  # seconds; the sweep asks every shop that often
_DAY = 86_400.0


def _chance_of_more(units: int, expected: float) -> float:
    term = total = math.exp(-expected)
    for sold in range(1, units + 1):
        term *= expected / sold
        total += term
    return 1 - total


def _most_expected(units: int) -> float:
    """Find the highest expectation at which so many units are exceeded no more often than the risk allows."""
    low, high = 0.0, float(units + 1)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _chance_of_more(units, middle) <= RISK else (low, middle)
    return low


# expected sales while a figure is on its way, up to which 0, 1, 2 … units suffice
THRESHOLDS = tuple(_most_expected(units) for units in range(MOST))


def units_kept(per_day: float, delay_seconds: float) -> int:
    """Reckon the buffer of a size that sells so often a day in a shop whose figures take so long to reach us."""
    return bisect_left(THRESHOLDS, max(per_day, 0.0) * max(delay_seconds, 0.0) / _DAY)


def say_kept(units: int, per_day: float, delay_seconds: float) -> str:
    """Say it as its merchant reads it; empty when nothing is kept back."""
    if not units:
        return ""
    pace = f"{per_day:.0f}" if per_day >= 10 else f"{per_day:.1f}"
    way = f"{delay_seconds / 60:.0f} minutes" if delay_seconds >= 90 else f"{delay_seconds:.0f} seconds"
    return f"{_stays(units)}: you sell about {pace} a day and your figures reach the network within {way}."


def say_record(units: int) -> str:
    """Say that the shop's record as shipper keeps units of each size back."""
    return f"{_stays(units)}: too often one was not there when a partner’s customer had bought it."


def say_own_buffer(units: int) -> str:
    """Say that the shop itself asked for it."""
    return f"{_stays(units)}: your settings say so for every size."


def _stays(units: int) -> str:
    return ("1 unit stays" if units == 1 else f"{units} units stay") + " off partners’ shelves"
