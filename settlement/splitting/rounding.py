"""Two ways to cut a total into whole parts that add up again: by weights, and unit after unit."""

from collections.abc import Sequence
from fractions import Fraction

from skuu.kit.money import round_half_away


def share_by_weight(total: int, weights: Sequence[int]) -> list[int]:
    """Spread an amount over lines by largest remainder; ties go to the lowest index.

    Lines of weight 0 get nothing; when all weigh 0 they share equally. The parts always add up to ``total``.
    Raises ValueError for a negative weight or no line at all.
    """
    if not weights or any(weight < 0 for weight in weights):
        raise ValueError("an amount is shared by at least one line, by weights that are not negative")
    effective = list(weights) if any(weights) else [1] * len(weights)
    sign, amount, whole = (-1 if total < 0 else 1), abs(total), sum(effective)
    parts = [amount * weight // whole for weight in effective]
    by_remainder = sorted(range(len(parts)), key=lambda index: (-(amount * effective[index] % whole), index))
    for index in by_remainder[: amount - sum(parts)]:
        parts[index] += 1
    return [sign * part for part in parts]


def part_of_total(total: int, units_before: int, units_now: int, units: int) -> int:
    """Take the share of ``units_now`` more units out of a total by cumulative difference.

    In whatever portions the units are taken, the shares of all of them add up to exactly ``total``.
    Raises ValueError when more units are taken than there are.
    """
    if not 0 <= units_before <= units_before + units_now <= units or units < 1:
        raise ValueError(f"{units_before} + {units_now} of {units} units cannot be taken")
    return _until(total, units_before + units_now, units) - _until(total, units_before, units)


def _until(total: int, taken: int, units: int) -> int:
    return round_half_away(Fraction(total * taken, units))
