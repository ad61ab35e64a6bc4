"""Ways to cut a total into whole parts that add up again, and the one rule by which parts are rounded."""

from collections.abc import Sequence


def divide_half_away(numerator: int, denominator: int) -> int:
    """Divide whole numbers and round half away from zero: kit.money's rule, without making a fraction for each of a million.

    Raises ValueError unless ``denominator`` is positive.
    """
    if denominator <= 0:
        raise ValueError(f"{denominator} divides no amount")
    half = (2 * abs(numerator) + denominator) // (2 * denominator)
    return -half if numerator < 0 else half


def share_by_weight(total: int, weights: Sequence[int]) -> list[int]:
    """Spread an amount over lines by largest remainder; ties go to the lowest index.

    Lines of weight 0 get nothing; when all weigh 0 they share equally. The parts always add up to ``total``.
    Raises ValueError for a negative weight or no line at all.
    """
    if not weights or min(weights) < 0:
        raise ValueError("an amount is shared by at least one line, by weights that are not negative")
    if len(weights) - weights.count(0) == 1:  # most often: one line of goods, no fee on the shipping
        return [total if weight else 0 for weight in weights]
    effective = weights if any(weights) else [1] * len(weights)
    amount, whole = abs(total), sum(effective)
    parts = [amount * weight // whole for weight in effective]
    if left := amount - sum(parts):
        by_remainder = sorted(range(len(parts)), key=lambda index: (-(amount * effective[index] % whole), index))
        for index in by_remainder[:left]:
            parts[index] += 1
    return parts if total >= 0 else [-part for part in parts]


def part_of_total(total: int, units_before: int, units_now: int, units: int) -> int:
    """Take the share of ``units_now`` more units out of a total by cumulative difference.

    In whatever portions the units are taken, the shares of all of them add up to exactly ``total``.
    Raises ValueError when more units are taken than there are.
    """
    if not 0 <= units_before <= units_before + units_now <= units or units < 1:
        raise ValueError(f"{units_before} + {units_now} of {units} units cannot be taken")
    until = divide_half_away(total * (units_before + units_now), units)
    return until - divide_half_away(total * units_before, units)
